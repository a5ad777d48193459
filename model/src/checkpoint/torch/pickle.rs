//! The pickle inside a torch archive, read as data: a whitelist of opcodes and of the few globals that rebuild tensors. Nothing is
//! executed; a pickle that asks for anything else is refused by that name.
//!
//! Source of the opcodes: Python's `pickletools`; of the globals: `torch/_utils.py`, `torch/serialization.py`.

use super::zip::Cursor;

/// A value of the pickle; containers hold places in [`Machine::values`], so that what is shared is shared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A float or bytes: nothing that a tensor needs.
    Other,
    Text(String),
    /// A tuple, or a list.
    Sequence(Vec<usize>),
    /// Keys and values in turn, in order.
    Dict(Vec<(usize, usize)>),
    /// One of [`KNOWN`].
    Global(&'static str),
    /// Bytes of an entry `data/KEY`, of this type where the storage has one.
    Storage {
        key: String,
        dtype: Option<&'static str>,
        count: i64,
    },
    Tensor(Rebuilt),
}

/// A tensor as the pickle describes it; offset and strides in elements.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rebuilt {
    pub(super) key: String,
    pub(super) dtype: &'static str,
    pub(super) stored: i64,
    pub(super) offset: i64,
    pub(super) shape: Vec<i64>,
    pub(super) strides: Vec<i64>,
}

/// The globals that may be asked for, by module and name.
const KNOWN: [&str; 32] = [
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._tensor._rebuild_from_type_v2",
    "torch.nn.parameter.Parameter",
    "torch.Tensor",
    "torch.Size",
    "torch.storage.UntypedStorage",
    "torch.FloatStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.DoubleStorage",
    "torch.ByteStorage",
    "torch.CharStorage",
    "torch.ShortStorage",
    "torch.IntStorage",
    "torch.LongStorage",
    "torch.BoolStorage",
    "torch.float32",
    "torch.float16",
    "torch.bfloat16",
    "torch.float64",
    "torch.uint8",
    "torch.int8",
    "torch.int16",
    "torch.int32",
    "torch.int64",
    "torch.bool",
    "torch.float8_e4m3fn",
    "torch.float8_e5m2",
];

/// The element type of a storage's class or a `torch.dtype`, as safetensors calls it.
fn dtype(global: &str) -> Option<&'static str> {
    Some(match global {
        "torch.FloatStorage" | "torch.float32" => "F32",
        "torch.HalfStorage" | "torch.float16" => "F16",
        "torch.BFloat16Storage" | "torch.bfloat16" => "BF16",
        "torch.DoubleStorage" | "torch.float64" => "F64",
        "torch.ByteStorage" | "torch.uint8" => "U8",
        "torch.CharStorage" | "torch.int8" => "I8",
        "torch.ShortStorage" | "torch.int16" => "I16",
        "torch.IntStorage" | "torch.int32" => "I32",
        "torch.LongStorage" | "torch.int64" => "I64",
        "torch.BoolStorage" | "torch.bool" => "BOOL",
        "torch.float8_e4m3fn" => "F8_E4M3",
        "torch.float8_e5m2" => "F8_E5M2",
        _ => return None,
    })
}

/// The tensors of the state dict that the pickle `bytes` holds, by name, in its order.
///
/// # Errors
/// In words: an opcode or a global that no state dict needs, a damaged stream, something at the top that is not a dict of tensors.
pub(super) fn tensors(bytes: &[u8]) -> Result<Vec<(String, Rebuilt)>, String> {
    let mut machine = Machine {
        input: Cursor { bytes, at: 0 },
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
    };
    let top = machine.run()?;
    let Value::Dict(pairs) = &machine.values[top] else {
        return Err("it holds no dict of tensors at its top".into());
    };
    let tensor = |&(key, value): &(usize, usize)| match (&machine.values[key], &machine.values[value]) {
        (Value::Text(name), Value::Tensor(tensor)) => Ok((name.clone(), tensor.clone())),
        (Value::Text(name), _) => Err(format!("`{name}` is not a tensor: it is more than a state dict")),
        _ => Err("a key of its dict is not a text".into()),
    };
    pairs.iter().map(tensor).collect()
}

/// The stack machine that a pickle is written for.
struct Machine<'b> {
    input: Cursor<'b>,
    values: Vec<Value>,
    stack: Vec<usize>,
    marks: Vec<usize>,
    memo: Vec<Option<usize>>,
}

const CUT_SHORT: &str = "its pickle is cut short or damaged";

impl Machine<'_> {
    fn run(&mut self) -> Result<usize, String> {
        loop {
            let opcode = self.byte()?;
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), String> {
        match opcode {
            0x80 => _ = self.byte()?,  // PROTO
            0x95 => _ = self.take(8)?, // FRAME
            b'(' => self.marks.push(self.stack.len()),
            b'0' | b'b' => _ = self.pop()?, // BUILD (`b`): a state dict's `_metadata`, nothing that tensors need
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => self.int(1)?,
            b'M' => self.int(2)?,
            b'J' => {
                let bytes = self.take(4)?;
                self.push(Value::Int(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into()));
            }
            0x8A => self.long()?,
            b'G' => self.skip(8)?,
            b'C' | b'U' => self.skip_counted(1)?,
            b'B' | b'T' => self.skip_counted(4)?,
            b'X' => self.text(4)?,
            0x8C => self.text(1)?,
            0x8D => self.text(8)?,
            b')' | b']' => self.push(Value::Sequence(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b't' => {
                let items = self.marked()?;
                self.push(Value::Sequence(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or(CUT_SHORT)?;
                let items = self.stack.split_off(from);
                self.push(Value::Sequence(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.marked()?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.marked()?;
                self.set(&items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (module, name) = (self.text_of(module)?.to_owned(), self.text_of(name)?.to_owned());
                self.global(&module, &name)?;
            }
            b'Q' => self.storage()?,
            b'R' => self.reduce()?,
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => self.memo.push(self.stack.last().copied()),
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            other => return Err(format!("its pickle uses opcode {other:#04x}, which no state dict needs")),
        }
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<usize, String> {
        self.stack.pop().ok_or_else(|| CUT_SHORT.into())
    }

    fn marked(&mut self) -> Result<Vec<usize>, String> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len()).ok_or(CUT_SHORT)?;
        Ok(self.stack.split_off(mark))
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<Vec<u8>, String> {
        self.input.take(count).map(<[u8]>::to_vec).ok_or_else(|| CUT_SHORT.into())
    }

    /// An unsigned number of `width` bytes.
    fn number(&mut self, width: usize) -> Result<u64, String> {
        Ok(self.take(width)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn int(&mut self, width: usize) -> Result<(), String> {
        let value = self.number(width)?;
        self.push(Value::Int(value as i64));
        Ok(())
    }

    /// LONG1: two's complement of so many bytes.
    fn long(&mut self) -> Result<(), String> {
        let width = usize::from(self.byte()?);
        let bytes = self.take(width)?;
        if width > 8 {
            return Err("its pickle holds a number of more than 64 bits".into());
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut all = [if negative { 0xFF } else { 0 }; 8];
        all[..width].copy_from_slice(&bytes);
        self.push(Value::Int(i64::from_le_bytes(all)));
        Ok(())
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        self.take(count)?;
        self.push(Value::Other);
        Ok(())
    }

    fn skip_counted(&mut self, width: usize) -> Result<(), String> {
        let count = self.number(width)? as usize;
        self.skip(count)
    }

    fn text(&mut self, width: usize) -> Result<(), String> {
        let count = self.number(width)? as usize;
        let bytes = self.take(count)?;
        let text = String::from_utf8(bytes).map_err(|_| "a text in its pickle is not UTF-8")?;
        self.push(Value::Text(text));
        Ok(())
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.input.bytes[self.input.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or(CUT_SHORT)?;
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.input.at += end + 1;
        Ok(line)
    }

    fn text_of(&self, place: usize) -> Result<&str, String> {
        match &self.values[place] {
            Value::Text(text) => Ok(text),
            _ => Err(CUT_SHORT.into()),
        }
    }

    fn append(&mut self, more: Vec<usize>) -> Result<(), String> {
        let list = *self.stack.last().ok_or(CUT_SHORT)?;
        match &mut self.values[list] {
            Value::Sequence(items) => items.extend(more),
            _ => return Err(CUT_SHORT.into()),
        }
        Ok(())
    }

    /// Keys and values in turn, into the dict on the stack.
    fn set(&mut self, items: &[usize]) -> Result<(), String> {
        let dict = *self.stack.last().ok_or(CUT_SHORT)?;
        let Value::Dict(pairs) = &mut self.values[dict] else { return Err(CUT_SHORT.into()) };
        let whole = items.chunks_exact(2);
        if !whole.remainder().is_empty() {
            return Err(CUT_SHORT.into());
        }
        pairs.extend(whole.map(|pair| (pair[0], pair[1])));
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), String> {
        let full = format!("{module}.{name}");
        let known = KNOWN.iter().find(|known| **known == full);
        let known = known.ok_or_else(|| format!("its pickle asks for `{full}`, which no state dict needs"))?;
        self.push(Value::Global(known));
        Ok(())
    }

    fn remember(&mut self, width: usize) -> Result<(), String> {
        let slot = self.number(width)? as usize;
        if slot > self.input.bytes.len() {
            return Err(CUT_SHORT.into()); // each slot takes bytes to name, so a larger one is not an honest writer's
        }
        if slot >= self.memo.len() {
            self.memo.resize(slot + 1, None);
        }
        self.memo[slot] = self.stack.last().copied();
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<(), String> {
        let slot = self.number(width)? as usize;
        let place = self.memo.get(slot).copied().flatten().ok_or(CUT_SHORT)?;
        self.stack.push(place);
        Ok(())
    }

    /// BINPERSID: `("storage", class, key, device, count)`.
    fn storage(&mut self) -> Result<(), String> {
        let place = self.pop()?;
        let parts = self.sequence(place)?;
        let [kind, class, key, _device, count] = parts[..] else { return Err(CUT_SHORT.into()) };
        let (Value::Text(kind), Value::Global(class), Value::Text(key), Value::Int(count)) =
            (&self.values[kind], &self.values[class], &self.values[key], &self.values[count])
        else {
            return Err(CUT_SHORT.into());
        };
        if kind != "storage" {
            return Err(format!("its pickle holds a `{kind}`, not a storage"));
        }
        let storage = Value::Storage { key: key.clone(), dtype: dtype(class), count: *count };
        self.push(storage);
        Ok(())
    }

    fn sequence(&self, place: usize) -> Result<Vec<usize>, String> {
        match &self.values[place] {
            Value::Sequence(items) => Ok(items.clone()),
            _ => Err(CUT_SHORT.into()),
        }
    }

    fn reduce(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Global(function) = self.values[function] else {
            return Err("its pickle calls something that is not a function".into());
        };
        let arguments = self.sequence(arguments)?;
        let made = self.call(function, &arguments)?;
        match made {
            Made::New(value) => self.push(value),
            Made::There(place) => self.stack.push(place),
        }
        Ok(())
    }

    fn call(&self, function: &str, arguments: &[usize]) -> Result<Made, String> {
        match (function, arguments) {
            ("collections.OrderedDict", []) => Ok(Made::New(Value::Dict(Vec::new()))),
            ("torch._utils._rebuild_parameter", [tensor, ..]) | ("torch.Size", [tensor]) => Ok(Made::There(*tensor)),
            ("torch._tensor._rebuild_from_type_v2", [inner, _class, arguments, _state]) => match self.values[*inner] {
                // one level: a rebuilt type inside a rebuilt type is not a state dict's
                Value::Global(inner) if inner.starts_with("torch._utils._rebuild_") => {
                    self.call(inner, &self.sequence(*arguments)?)
                }
                _ => Err(CUT_SHORT.into()),
            },
            (
                "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
                [storage, offset, shape, strides, ..],
            ) => self.tensor(*storage, [*offset, *shape, *strides], None).map(Made::New),
            ("torch._utils._rebuild_tensor_v3", [storage, offset, shape, strides, _grad, _hooks, class, ..]) => {
                let class = match self.values[*class] {
                    Value::Global(class) => dtype(class),
                    _ => None,
                };
                self.tensor(*storage, [*offset, *shape, *strides], class).map(Made::New)
            }
            _ => Err(format!("its pickle calls `{function}` with {} arguments", arguments.len())),
        }
    }

    fn tensor(&self, storage: usize, place: [usize; 3], told: Option<&'static str>) -> Result<Value, String> {
        let Value::Storage { key, dtype, count } = &self.values[storage] else { return Err(CUT_SHORT.into()) };
        let dtype = told.or(*dtype).ok_or("a tensor in its pickle has no type")?;
        let [offset, shape, strides] = place;
        let Value::Int(offset) = self.values[offset] else { return Err(CUT_SHORT.into()) };
        // an untyped storage counts bytes
        let bytes = if told.is_some() { super::width(dtype) as i64 } else { 1 };
        Ok(Value::Tensor(Rebuilt {
            key: key.clone(),
            dtype,
            stored: count / bytes,
            offset,
            shape: self.ints(shape)?,
            strides: self.ints(strides)?,
        }))
    }

    fn ints(&self, place: usize) -> Result<Vec<i64>, String> {
        let int = |item: usize| match self.values[item] {
            Value::Int(value) => Ok(value),
            _ => Err(CUT_SHORT.to_owned()),
        };
        self.sequence(place)?.into_iter().map(int).collect()
    }
}

/// What a call gives: a new value, or one that is there already.
enum Made {
    New(Value),
    There(usize),
}
