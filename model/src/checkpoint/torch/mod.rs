//! `pytorch_model.bin`: where each tensor of a `torch.save` archive lies, found without running anything.
//!
//! Every step of many public runs is stored so. The archive's entries are uncompressed, so tensors are read in place as those of
//! safetensors are; the pickle that describes them is read as data ([`pickle`]). candle-core's own reader is not used: it leaves out
//! storages that it does not know without an error, and opens the archive anew for each tensor.

mod pickle;
mod zip;

use crate::error::{Error, Result};
use std::path::Path;

/// A pickle larger than this describes no state dict.
const LARGEST_PICKLE: u64 = 1 << 28;
const COPY_AGAIN: &str = "the file is damaged or was cut short; copy it again";
const SAVE_AGAIN: &str = "save it once more with Python: `torch.save(torch.load(file, map_location=\"cpu\"), file)`";
const STATE_DICT: &str =
    "save the state dict alone: `torch.save(model.state_dict(), \"pytorch_model.bin\")`, or use `save_pretrained`";

/// Where one tensor of an archive lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredTensor {
    pub(crate) name: String,
    /// As safetensors calls it: `F32`, `BF16`, `U8` …
    pub(crate) dtype: &'static str,
    pub(crate) shape: Vec<usize>,
    /// Bytes from the beginning of the file.
    pub(crate) start: u64,
    /// Elements between neighbours of each dimension, where they do not lie row by row.
    pub(crate) strides: Option<Vec<usize>>,
}

/// Bytes of one element.
pub(crate) fn width(dtype: &str) -> u64 {
    match dtype {
        "F64" | "I64" => 8,
        "F32" | "I32" => 4,
        "F16" | "BF16" | "I16" => 2,
        _ => 1,
    }
}

/// The tensors of the archive in `path`, in its order; everything that it says is held against the file.
///
/// # Errors
/// No archive of `torch.save`, one that is damaged, compressed or of another byte order, a pickle that asks for more than tensors, a
/// tensor that lies outside its storage.
pub(crate) fn read(path: &Path) -> Result<Vec<StoredTensor>> {
    let broken = |problem: String, mend: &str| Error::Torch { file: path.into(), problem, mend: mend.into() };
    let mut file = fs_err::File::open(path).map_err(Error::io(path))?;
    let size = file.metadata().map_err(Error::io(path))?.len();
    let mut first = [0; 4];
    if size >= 4 {
        read_span(&mut file, 0, &mut first).map_err(Error::io(path))?;
    }
    if &first != b"PK\x03\x04" {
        return Err(not_an_archive(path, first));
    }
    let entries = zip::directory(&mut file, size).map_err(|problem| broken(problem, COPY_AGAIN))?;
    let pickle =
        entries.keys().find_map(|name| name.strip_suffix("data.pkl").filter(|root| root.matches('/').count() == 1));
    let root = pickle.ok_or_else(|| broken("there is no `data.pkl` in it".into(), STATE_DICT))?.to_owned();
    if let Some(span) = entries.get(&format!("{root}byteorder")) {
        let mut order = vec![0; (span.end - span.start).min(16) as usize];
        read_span(&mut file, span.start, &mut order).map_err(Error::io(path))?;
        if order != b"little" {
            return Err(broken(format!("its byte order is `{}`", String::from_utf8_lossy(&order)), SAVE_AGAIN));
        }
    }
    let span = &entries[&format!("{root}data.pkl")];
    if span.end - span.start > LARGEST_PICKLE {
        return Err(broken("its pickle is too large for a state dict".into(), STATE_DICT));
    }
    let mut text = vec![0; (span.end - span.start) as usize];
    read_span(&mut file, span.start, &mut text).map_err(Error::io(path))?;
    let tensors = pickle::tensors(&text).map_err(|problem| broken(problem, STATE_DICT))?;
    let mut found = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let place = entries.get(&format!("{root}data/{}", tensor.key)).ok_or_else(|| {
            broken(format!("tensor `{name}`: its storage `data/{}` is missing", tensor.key), COPY_AGAIN)
        })?;
        let placed = place_of(&name, &tensor, place);
        found.push(placed.map_err(|problem| broken(format!("tensor `{name}`: {problem}"), COPY_AGAIN))?);
    }
    let mut names: Vec<&str> = found.iter().map(|tensor| tensor.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(broken(format!("tensor `{}` is there twice", pair[0]), STATE_DICT)),
        None => Ok(found),
    }
}

/// Where a tensor lies in the entry that stores it; all of it must.
fn place_of(name: &str, tensor: &pickle::Rebuilt, entry: &std::ops::Range<u64>) -> Result<StoredTensor, String> {
    let bytes = entry.end - entry.start;
    let unsigned = |values: &[i64]| values.iter().map(|&value| u64::try_from(value).ok()).collect::<Option<Vec<u64>>>();
    let (Some(shape), Some(strides), Ok(offset), Ok(stored)) = (
        unsigned(&tensor.shape),
        unsigned(&tensor.strides),
        u64::try_from(tensor.offset),
        u64::try_from(tensor.stored),
    ) else {
        return Err("a size of it is negative".into());
    };
    if shape.len() != strides.len() {
        return Err(format!("{} sides, but {} strides", shape.len(), strides.len()));
    }
    let width = width(tensor.dtype);
    if stored.checked_mul(width).is_none_or(|needed| needed > bytes) {
        return Err(format!("its storage should hold {stored} elements, but has {bytes} bytes"));
    }
    let empty = shape.contains(&0);
    let count = shape.iter().try_fold(1_u64, |count, side| count.checked_mul(*side));
    if count.is_none_or(|count| count > stored) {
        return Err(format!("its shape {shape:?} has more elements than the {stored} that are stored"));
    }
    let reach = shape
        .iter()
        .zip(&strides)
        .try_fold(0_u64, |reach, (&side, &stride)| reach.checked_add(side.saturating_sub(1).checked_mul(stride)?));
    let last = reach.and_then(|reach| reach.checked_add(offset));
    if !empty && last.is_none_or(|last| last >= stored) {
        return Err("it reaches beyond its storage".into());
    }
    let mut next = 1;
    let row_by_row = shape.iter().zip(&strides).rev().all(|(&side, &stride)| {
        let fits = side <= 1 || stride == next;
        next = u64::saturating_mul(next, side.max(1));
        fits
    });
    let sizes = |values: Vec<u64>| values.into_iter().map(|value| value as usize).collect::<Vec<_>>();
    Ok(StoredTensor {
        name: name.into(),
        dtype: tensor.dtype,
        start: if empty { entry.start } else { entry.start + offset * width },
        strides: (!row_by_row && !empty).then(|| sizes(strides)),
        shape: sizes(shape),
    })
}

fn not_an_archive(path: &Path, first: [u8; 4]) -> Error {
    let problem = match first {
        [0x80, ..] => "it is in the form of torch before 1.6, a bare pickle",
        [b'v', b'e', b'r', b's'] => "it is a pointer of Git LFS, not the weights",
        _ => "it is not an archive of `torch.save`",
    };
    let mend = if first[0] == b'v' { "fetch the file itself: `git lfs pull`" } else { SAVE_AGAIN };
    Error::Torch { file: path.into(), problem: problem.into(), mend: mend.into() }
}

fn read_span(file: &mut fs_err::File, start: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests;
