//! Checkpoint files: headers first and distrusted, then one tensor at a time, straight to where it will live.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use serde_json::{Map, Value};

use super::tensors::Slot;
use super::{gguf, quantised, torch};
use crate::error::{Error, Result};
use crate::text::python_json;

/// The forms of weights, the first that is there counts: the single file, and the index of shards.
pub const WEIGHT_FORMS: [(&str, &str); 2] =
    [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];
/// The format's own bound on a header.
const LARGEST_HEADER: u64 = 100_000_000;
const COPY_AGAIN: &str = "the file is damaged or was cut short; copy it again";

/// How the numbers of a tensor are stored, in little-endian order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dtype {
    F64,
    F32,
    Bf16,
    F16,
    /// Blocks of few bits.
    Blocks(GgmlDType),
}

/// How a format stores a tensor otherwise than it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    AsItIs,
    /// Of each head, so many rows, the two of a turning pair lie side by side.
    Pairs(usize),
    /// −exp of what is asked for.
    Decay,
}

/// Where one tensor lies: what every format of weights is read into.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) file: PathBuf,
    /// Its name in the file; the key it is found under is the current layout's.
    pub(super) name: String,
    /// How the format calls its numbers.
    pub(super) stored: String,
    /// What they are, of the kinds that weights come in.
    pub(super) dtype: Option<Dtype>,
    pub(super) shape: Vec<usize>,
    /// Bytes from the beginning of the file.
    pub(super) start: u64,
    /// Numbers between neighbours along each side, where they do not lie row after row.
    pub(super) strides: Option<Vec<usize>>,
    pub(super) form: Form,
}

/// The tensors of a checkpoint, their names, shapes and types checked; no data read yet.
#[derive(Debug)]
pub(crate) struct Weights {
    /// The file that a missing tensor is missed in.
    home: PathBuf,
    entries: HashMap<String, Entry>,
}

/// The files that hold the weights of the checkpoint in `dir`: `model.safetensors`, or the shards that its index names, sorted; else
/// `pytorch_model.bin` or its shards. Of a checkpoint in one `.gguf` file that file.
///
/// # Errors
/// No weights, weights in another format, an index that is broken or points outside the folder, a shard that is missing; a
/// single file beside other shards that are there as well.
pub fn weight_files(dir: &Path) -> Result<Vec<PathBuf>> {
    Ok(find(dir)?.0)
}

/// The files, and the index that names them where there are shards.
fn find(dir: &Path) -> Result<(Vec<PathBuf>, Option<PathBuf>)> {
    if gguf::is_gguf(dir) {
        return Ok((vec![dir.to_owned()], None));
    }
    for (one, index) in WEIGHT_FORMS.map(|(one, index)| (dir.join(one), dir.join(index))) {
        if one.is_file() {
            return match other_shard(&one, &index) {
                None => Ok((vec![one], None)),
                Some(shard) => {
                    let name = one.file_name().unwrap_or_default().display();
                    let problem = format!(
                        "it names `{shard}`, and {name} lies here too: which of them are this checkpoint's weights?"
                    );
                    let mend = "remove the one that is left over, index and shards or the single file (which transformers would read)";
                    Err(broken(&index, problem, mend))
                }
            };
        }
        if index.is_file() {
            let mut files: Vec<PathBuf> = read_index(&index)?.into_values().map(|name| dir.join(name)).collect();
            files.sort();
            files.dedup();
            return Ok((files, Some(index)));
        }
    }
    Err(no_weights(dir))
}

impl Weights {
    /// Reads and checks all headers. `current_name` gives the name that the architecture asks for by the one in the file, or `None` for what
    /// is not a weight and is left where it is.
    pub(crate) fn open(dir: &Path, current_name: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let (files, index) = find(dir)?;
        let map = index.as_deref().map(read_index).transpose()?;
        let home = index.unwrap_or_else(|| files[0].clone());
        let mut entries: HashMap<String, Entry> = HashMap::new();
        let mut left_out = HashSet::new();
        for file in &files {
            for (found, entry) in entries_of(file)? {
                // a shard may hold what the index takes from another one; what the index does not know is an error below
                let elsewhere =
                    map.as_ref().and_then(|map| map.get(&entry.name)).is_some_and(|name| &dir.join(name) != file);
                if elsewhere {
                    continue;
                }
                let Some(name) = current_name(&found) else {
                    left_out.insert(entry.name);
                    continue;
                };
                if let Some(other) = entries.get(&name) {
                    let problem = format!("tensor `{}` is there twice, also as `{}`", entry.name, other.name);
                    return Err(broken(file, problem, "keep one of the two layouts"));
                }
                entries.insert(name, entry);
            }
        }
        if let Some(map) = &map {
            let found: HashSet<&str> = entries.values().map(|entry| entry.name.as_str()).collect();
            let there = |name: &String| found.contains(name.as_str()) || left_out.contains(name);
            if let Some((name, shard)) = map.iter().find(|(name, _)| !there(name)) {
                let problem = format!("the index says that tensor `{name}` is here, and it is not");
                return Err(broken(
                    &dir.join(shard),
                    problem,
                    "the index belongs to other shards; copy all files of the checkpoint again",
                ));
            }
        }
        Ok(Self { home, entries })
    }

    /// Compares with what the model asks for.
    pub(crate) fn compare(&self, slots: &BTreeMap<String, Slot>) -> Result<()> {
        let mut names: Vec<&String> = self.entries.keys().collect();
        names.sort();
        // A packed weight has another shape; what it is packed for says more than that.
        let packed = names.iter().find_map(|name| {
            let entry = &self.entries[*name];
            quantised::sign(&entry.name, &entry.stored, slots.contains_key(*name)).map(|sign| (entry, sign))
        });
        if let Some((entry, sign)) = packed {
            let problem = format!("tensor `{}`: weights quantised as `{sign}` are not read", entry.name);
            return Err(broken(&entry.file, problem, quantised::UNQUANTISED));
        }
        for name in names {
            let entry = &self.entries[name];
            let (file, tensor, found) = (entry.file.clone(), entry.name.clone(), entry.shape.clone());
            match slots.get(name) {
                None => return Err(Error::UnknownTensor { file, tensor, found }),
                Some(slot) if slot.shape != found => {
                    return Err(Error::Shape { file, tensor, found, expected: slot.shape.clone() });
                }
                Some(_) if entry.dtype.is_none() => {
                    return Err(Error::Dtype { file, tensor, found: entry.stored.clone() });
                }
                Some(_) => {}
            }
        }
        match slots.iter().find(|(name, slot)| slot.required && !self.entries.contains_key(*name)) {
            Some((name, slot)) => Err(self.missing(name, &slot.shape)),
            None => Ok(()),
        }
    }

    /// Whether there is a tensor called `name`.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Where tensor `name` lies; it must be of `shape`.
    pub(super) fn entry(&self, name: &str, shape: &[usize]) -> Result<&Entry> {
        let entry = self.entries.get(name).ok_or_else(|| self.missing(name, shape))?;
        if entry.shape == shape {
            return Ok(entry);
        }
        let (file, tensor) = (entry.file.clone(), entry.name.clone());
        Err(Error::Shape { file, tensor, found: entry.shape.clone(), expected: shape.to_vec() })
    }

    /// The file a tensor lies in.
    pub(crate) fn file_of(&self, name: &str) -> PathBuf {
        self.entries.get(name).map_or_else(|| self.home.clone(), |entry| entry.file.clone())
    }

    fn missing(&self, name: &str, shape: &[usize]) -> Error {
        Error::MissingTensor { file: self.home.clone(), tensor: name.into(), expected: shape.to_vec() }
    }
}

/// The index's map from tensors to file names, each a plain name in the same folder.
fn read_index(index: &Path) -> Result<BTreeMap<String, String>> {
    let dir = index.parent().unwrap_or(Path::new(""));
    let text = fs_err::read_to_string(index).map_err(Error::io(index))?;
    let value: Value = python_json::read(&text).map_err(Error::json(index))?;
    let map: Option<BTreeMap<String, String>> = value
        .get("weight_map")
        .and_then(Value::as_object)
        .and_then(|map| map.iter().map(|(name, file)| Some((name.clone(), file.as_str()?.to_owned()))).collect());
    let map = map.filter(|map| !map.is_empty()).ok_or_else(|| {
        broken(
            index,
            "there is no `weight_map` from tensors to files".into(),
            "copy the index again from where it came",
        )
    })?;
    for (tensor, file) in &map {
        let plain = !file.is_empty() && file != "." && file != ".." && !file.contains(['/', '\\', ':', '\0']);
        if !plain {
            let problem = format!("tensor `{tensor}` is said to be in `{file}`, which is not a file of this folder");
            return Err(broken(
                index,
                problem,
                "an index names files beside it and nothing else; do not trust this checkpoint",
            ));
        }
        if !dir.join(file).is_file() {
            let problem = format!("the shard `{file}`, which the index names, is missing");
            return Err(broken(index, problem, "copy the missing shard into the folder"));
        }
    }
    Ok(map)
}

/// A shard beside the single file `one` that the index names. One that is broken or whose shards are gone is left over, and no matter.
fn other_shard(one: &Path, index: &Path) -> Option<String> {
    let map = index.is_file().then(|| read_index(index).ok()).flatten()?;
    map.into_values().find(|file| !one.ends_with(file))
}

fn no_weights(dir: &Path) -> Error {
    let mut names: Vec<String> = fs_err::read_dir(dir).map_or_else(
        |_| Vec::new(),
        |list| list.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
    );
    names.sort();
    let ending = |ends: &[&str]| names.iter().find(|name| ends.iter().any(|end| name.ends_with(end)));
    let (problem, mend) = if let Some(name) = ending(&[".safetensors", ".bin"]) {
        let [files, indices] =
            [WEIGHT_FORMS.map(|(one, _)| one), WEIGHT_FORMS.map(|(_, index)| index)].map(|names| names.join(" or "));
        (
            format!("there is `{name}`, but no {files}, and no index that names it"),
            format!("copy {indices} into the folder, or give a single file its usual name"),
        )
    } else if let Some(name) = ending(&[".pt", ".pth", ".ckpt"]) {
        (
            format!("the weights are `{name}`, which is not read"),
            "convert it once with Python: `AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder, safe_serialization=True)`".into(),
        )
    } else {
        (
            format!("there is no {} and no {}", WEIGHT_FORMS[0].0, WEIGHT_FORMS[0].1),
            "copy the weights into the folder; pytorch_model.bin and its shards are read, too".into(),
        )
    };
    Error::Folder { path: dir.to_owned(), problem, mend }
}

/// The tensors of a file of any form, each with the name that it has in a folder.
fn entries_of(path: &Path) -> Result<Vec<(String, Entry)>> {
    if gguf::is_gguf(path) {
        return gguf::entries(&gguf::Header::read(path)?);
    }
    let named = |entry: Entry| (entry.name.clone(), entry);
    if path.extension().is_none_or(|form| form != "bin") {
        return Ok(read_header(path)?.into_iter().map(named).collect());
    }
    let entry = |found: torch::StoredTensor| Entry {
        file: path.into(),
        dtype: Dtype::named(found.dtype),
        stored: found.dtype.into(),
        name: found.name,
        shape: found.shape,
        start: found.start,
        strides: found.strides,
        form: Form::AsItIs,
    };
    Ok(torch::read(path)?.into_iter().map(entry).map(named).collect())
}

/// Reads and checks a file's header: lengths against the file's size, types, shapes, and that the tensors lie side by side.
fn read_header(path: &Path) -> Result<Vec<Entry>> {
    let damaged = |problem: String| broken(path, problem, COPY_AGAIN);
    let mut file = fs_err::File::open(path).map_err(Error::io(path))?;
    let size = file.metadata().map_err(Error::io(path))?.len();
    if size < 8 {
        return Err(damaged(format!("the file is {size} bytes long, too short for a header")));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(Error::io(path))?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER || length > size - 8 {
        return Err(damaged(format!("the header is said to be {length} bytes long, the file is {size}")));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text).map_err(Error::io(path))?;
    let header: Map<String, Value> =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("the header is not JSON: {error}")))?;
    let data = 8 + length;
    let mut spans = Vec::new();
    let mut entries = Vec::new();
    for (name, value) in &header {
        if name == "__metadata__" {
            continue;
        }
        let (entry, begin, end) = read_entry(path, name, value, data)?;
        spans.push((begin, end, name));
        entries.push(entry);
    }
    spans.sort();
    let mut at = 0;
    for (begin, end, name) in spans {
        if begin < at {
            return Err(damaged(format!("tensor `{name}` overlaps the one before it")));
        }
        if begin > at {
            return Err(damaged(format!("{} bytes before tensor `{name}` belong to none", begin - at)));
        }
        at = end;
    }
    let there = size - data;
    match at.cmp(&there) {
        std::cmp::Ordering::Greater => {
            Err(damaged(format!("truncated: the tensors need {at} bytes, {there} are there")))
        }
        std::cmp::Ordering::Less => Err(damaged(format!("{} bytes at the end belong to no tensor", there - at))),
        std::cmp::Ordering::Equal => Ok(entries),
    }
}

fn read_entry(path: &Path, name: &str, value: &Value, data: u64) -> Result<(Entry, u64, u64)> {
    let damaged = |problem: &str| broken(path, format!("tensor `{name}`: {problem}"), COPY_AGAIN);
    let numbers = |key: &str| -> Option<Vec<u64>> { value.get(key)?.as_array()?.iter().map(Value::as_u64).collect() };
    let stored = value.get("dtype").and_then(Value::as_str).ok_or_else(|| damaged("the header gives no `dtype`"))?;
    let shape = numbers("shape").ok_or_else(|| damaged("the header gives no `shape`"))?;
    let offsets = numbers("data_offsets").filter(|offsets| offsets.len() == 2 && offsets[0] <= offsets[1]);
    let offsets = offsets.ok_or_else(|| damaged("the header gives no sound `data_offsets`"))?;
    let bytes = |width: u64| shape.iter().try_fold(width, |bytes: u64, &side| bytes.checked_mul(side));
    if width(stored).is_some_and(|width| bytes(width) != Some(offsets[1] - offsets[0])) {
        return Err(damaged("its shape and type do not fit the bytes it is given"));
    }
    let start = data.checked_add(offsets[0]).ok_or_else(|| damaged("it lies beyond any file"))?;
    let shape = shape.into_iter().map(|side| side as usize).collect();
    let dtype = Dtype::named(stored);
    let entry = Entry {
        file: path.into(),
        name: name.into(),
        stored: stored.into(),
        dtype,
        shape,
        start,
        strides: None,
        form: Form::AsItIs,
    };
    Ok((entry, offsets[0], offsets[1]))
}

/// Bytes of a number, for the types that a file may hold; tensors of others are not weights.
fn width(stored: &str) -> Option<u64> {
    match stored {
        "F64" | "I64" | "U64" => Some(8),
        "F32" | "I32" | "U32" => Some(4),
        "F16" | "BF16" | "I16" | "U16" => Some(2),
        "BOOL" | "I8" | "U8" | "F8_E4M3" | "F8_E5M2" => Some(1),
        _ => None,
    }
}

fn broken(file: &Path, problem: String, mend: &str) -> Error {
    Error::Safetensors { file: file.to_owned(), problem, mend: mend.into() }
}
