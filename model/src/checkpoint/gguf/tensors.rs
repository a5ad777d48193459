//! Where the tensors of a file lie, under the names that a folder of the model would have.

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::TensorInfo;

use super::super::weights::{Dtype, Entry, Form};
use super::names::Naming;
use super::{CONVERT_AGAIN, COPY_AGAIN, Header};
use crate::error::Result;

/// All tensors that are weights; everything that the header says of them is held against the file.
///
/// # Errors
/// A tensor beyond the end of the file or within another one, one of a type that is not read, one whose rows are no whole blocks.
pub(crate) fn entries(header: &Header) -> Result<Vec<(String, Entry)>> {
    let naming = Naming::of(header)?;
    let mut infos: Vec<(&String, &TensorInfo)> = header.content.tensor_infos.iter().collect();
    infos.sort_by_key(|(name, info)| (info.offset, name.as_str()));
    let mut found = Vec::with_capacity(infos.len());
    let (alignment, mut free) = (header.alignment()?, 0);
    for (name, info) in infos {
        let entry = entry(header, name, info)?;
        let problem = match info.offset {
            offset if offset < free => Some(("within the one before it".to_owned(), COPY_AGAIN)),
            offset if !offset.is_multiple_of(alignment) => Some((format!("no multiple of {alignment}"), CONVERT_AGAIN)),
            _ => None,
        };
        if let Some((problem, mend)) = problem {
            let problem = format!("tensor `{name}`: it begins at byte {} of the numbers, {problem}", info.offset);
            return Err(header.error(problem, mend));
        }
        free = info.offset + entry.bytes() as u64;
        let Some((folder_name, form)) = naming.of_tensor(name) else { continue };
        let entry = Entry { shape: naming.shape(&folder_name, entry.shape), form, ..entry };
        found.push((folder_name, entry));
    }
    Ok(found)
}

/// The numbers of a small tensor called `name`, where there is one.
///
/// # Errors
/// As [`entries`]; it cannot be read.
pub(super) fn small(header: &Header, name: &str) -> Result<Option<Vec<f32>>> {
    let info = header.content.tensor_infos.get(name);
    info.map(|info| entry(header, name, info)?.read()).transpose()
}

/// Rows of tensor `name`.
pub(super) fn rows(header: &Header, name: &str) -> Option<usize> {
    header.content.tensor_infos.get(name).and_then(|info| info.shape.dims().first().copied())
}

/// Whether there is a tensor `name`.
pub(super) fn contains(header: &Header, name: &str) -> bool {
    header.content.tensor_infos.contains_key(name)
}

fn entry(header: &Header, name: &str, info: &TensorInfo) -> Result<Entry> {
    let wrong = |problem: String, mend: &str| header.error(format!("tensor `{name}`: {problem}"), mend);
    let shape = info.shape.dims();
    let kind = info.ggml_dtype;
    let dtype = match kind {
        GgmlDType::F32 => Dtype::F32,
        GgmlDType::F16 => Dtype::F16,
        GgmlDType::BF16 => Dtype::Bf16,
        GgmlDType::Q8_1 | GgmlDType::Q8K => {
            let problem = format!("is of type {kind:?}, which is for sums on the way and no weight");
            return Err(wrong(problem, CONVERT_AGAIN));
        }
        kind => Dtype::Blocks(kind),
    };
    if shape.last().is_some_and(|side| !side.is_multiple_of(kind.block_size())) {
        let problem = format!("its shape {shape:?} is no whole blocks of {kind:?}");
        return Err(wrong(problem, COPY_AGAIN));
    }
    let count = shape.iter().try_fold(1_u64, |count, &side| count.checked_mul(side as u64));
    let bytes = count.and_then(|count| (count / kind.block_size() as u64).checked_mul(kind.type_size() as u64));
    let start = header.content.tensor_data_offset.checked_add(info.offset);
    let end = start.zip(bytes).and_then(|(start, bytes)| start.checked_add(bytes));
    match (start, end) {
        (Some(start), Some(end)) if end <= header.size => Ok(Entry {
            file: header.file.clone(),
            name: name.to_owned(),
            stored: format!("{kind:?}"),
            dtype: Some(dtype),
            shape: shape.to_vec(),
            start,
            strides: None,
            form: Form::AsItIs,
        }),
        _ => Err(wrong(
            format!("with its shape {shape:?} it ends beyond the file, which is {} bytes long", header.size),
            COPY_AGAIN,
        )),
    }
}
