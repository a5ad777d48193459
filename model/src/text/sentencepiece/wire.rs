//! Google's protocol buffers, as far as `tokenizer.model` needs them: fields by number, of four kinds.

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// A whole number, a truth value or an enum's.
    Varint(u64),
    Bytes(&'a [u8]),
    Float(f32),
    /// Eight bytes, which no field that is read here has.
    Double,
}

impl<'a> Value<'a> {
    pub(super) fn number(self) -> Result<u64, String> {
        if let Self::Varint(number) = self { Ok(number) } else { Err("a number is not written as one".into()) }
    }

    /// Ids are signed: -1 stands for none.
    pub(super) fn id(self) -> Result<Option<usize>, String> {
        Ok(usize::try_from(self.number()? as i64).ok())
    }

    pub(super) fn float(self) -> Result<f32, String> {
        if let Self::Float(number) = self { Ok(number) } else { Err("a score is not written as one".into()) }
    }

    pub(super) fn bytes(self) -> Result<&'a [u8], String> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err("a text is not written as one".into()) }
    }

    pub(super) fn text(self) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes()?).map_err(|_| "a text in it is no UTF-8".into())
    }
}

/// The fields of a message in order, each with its number; ends after the first that cannot be read.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or("it ends in the middle")?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number in it has no end".into())
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], String> {
        let count = usize::try_from(count).ok().filter(|&count| count <= self.rest.len());
        let (taken, rest) = self.rest.split_at(count.ok_or("it ends in the middle")?);
        self.rest = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), String> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Double)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Float(f32::from_le_bytes(self.take(4)?.try_into().expect("four bytes were taken"))),
            kind => return Err(format!("a field of it has the unknown kind {kind}")),
        };
        Ok((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order_and_broken_ones_end_them() {
        let message = [0x08, 0xac, 0x02, 0x12, 0x02, b'h', b'i', 0x1d, 0, 0, 0xc0, 0xbf, 0x21, 1, 2, 3, 4, 5, 6, 7, 8];
        let fields: Result<Vec<_>, _> = Fields::of(&message).collect();
        let wanted = [(1, Value::Varint(300)), (2, Value::Bytes(b"hi")), (3, Value::Float(-1.5)), (4, Value::Double)];
        assert_eq!(fields.unwrap(), wanted);
        assert_eq!(Value::Varint(u64::MAX).id(), Ok(None), "-1 is no id");
        for broken in [
            &[0x12, 0x03, b'h'][..],
            &[0x08],
            &[0x08, 0x80],
            &[0x1d, 0],
            &[0x0b],
            &[0x80; 12],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            let fields: Vec<_> = Fields::of(broken).collect();
            assert!(matches!(fields.as_slice(), [Err(_)]), "{broken:?}: {fields:?}");
        }
    }
}
