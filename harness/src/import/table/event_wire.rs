//! TensorBoard's records: protocol buffers, read field by field.

/// A field of a protocol buffer.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers; `None` where it ends within one.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, Field::Number(varint(&mut bytes)?)));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (field, rest) = bytes.split_at_checked(length)?;
        found.push((key >> 3, Field::Bytes(field)));
        bytes = rest;
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The finite scalars of an event: tag, step and value. Events of other kinds (versions, graphs, texts) hold none.
pub(super) fn scalars(event: &[u8]) -> Option<Vec<(String, u64, f64)>> {
    let event = fields(event)?;
    let step = event.iter().find_map(|(number, field)| match field {
        Field::Number(step) if *number == 2 => Some(*step),
        _ => None,
    });
    let mut found = Vec::new();
    for (_, summary) in event.iter().filter(|(number, _)| *number == 5) {
        let Field::Bytes(summary) = summary else { continue };
        for (_, value) in fields(summary)?.iter().filter(|(number, _)| *number == 1) {
            let Field::Bytes(value) = value else { continue };
            let (mut tag, mut told) = (None, None);
            for (number, field) in fields(value)? {
                match (number, field) {
                    (1, Field::Bytes(text)) => tag = Some(String::from_utf8_lossy(text).into_owned()),
                    (2, Field::Bytes(bits)) => told = Some(f64::from(f32::from_le_bytes(bits.try_into().ok()?))),
                    (8, Field::Bytes(tensor)) => told = told.or(tensor_scalar(tensor)),
                    _ => {}
                }
            }
            if let (Some(tag), Some(value)) = (tag, told.filter(|value: &f64| value.is_finite())) {
                found.push((tag, step.unwrap_or(0), value));
            }
        }
    }
    Some(found)
}

/// The one number of a `TensorProto` (tensorflow/core/framework/tensor.proto): newer writers put scalars there.
fn tensor_scalar(tensor: &[u8]) -> Option<f64> {
    let fields = fields(tensor)?;
    let dtype = fields.iter().find_map(|(number, field)| match field {
        Field::Number(dtype) if *number == 1 => Some(*dtype),
        _ => None,
    })?;
    let bytes = |wanted: u64| {
        fields.iter().find_map(|(number, field)| match field {
            Field::Bytes(bytes) if *number == wanted => Some(*bytes),
            _ => None,
        })
    };
    // 1 is f32, 2 is f64; the values stand as raw bytes (4) or as a list of their kind (5, 6).
    match dtype {
        1 => bytes(4).or_else(|| bytes(5)).and_then(|raw| Some(f64::from(f32::from_le_bytes(raw.try_into().ok()?)))),
        2 => bytes(4).or_else(|| bytes(6)).and_then(|raw| Some(f64::from_le_bytes(raw.try_into().ok()?))),
        _ => None,
    }
}
