//! Whether all of a checkpoint is there.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::Value;
use spyglass_model::{ModelConfig, gguf_header, has_tokenizer, is_gguf, weight_files};

use crate::checkpoint::Settings;
use crate::{Error, Result};

/// A zip archive, as which torch saves, ends with this, a comment of at most 64 KiB behind it.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_TAIL: u64 = 22 + 65535;

/// What is missing of the checkpoint in `folder`, which may be a `.gguf` file; `None` where it is complete: its marker is there where one is asked for, all files
/// that its index names are there, and each is as long as its header says.
pub(super) fn missing(folder: &Path, marker: Option<&Path>, settings: &Settings) -> Option<String> {
    if let Some(marker) = marker.filter(|marker| !folder.join(marker).exists()) {
        return Some(format!("`{}` is not there yet", marker.display()));
    }
    let looked = || -> Result<Option<String>> {
        ModelConfig::read(folder)?;
        for file in weight_files(folder)? {
            if let Some(what) = cut_short(&file)? {
                let name = file.file_name().unwrap_or_default().display();
                return Ok(Some(format!("`{name}` {what}")));
            }
        }
        Ok((!has_tokenizer(settings.tokenizer_folder(folder))).then(|| "it has no tokenizer yet".into()))
    };
    looked().unwrap_or_else(|error| Some(first_line(&error)))
}

fn first_line(error: &Error) -> String {
    error.in_full().lines().next().unwrap_or_default().to_owned()
}

/// What is wrong with the length of a file of weights.
fn cut_short(path: &Path) -> Result<Option<String>> {
    let mut file = match fs_err::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Some("is not there yet".into())),
        Err(error) => return Err(error.into()),
    };
    let length = file.metadata()?.len();
    if is_gguf(path) {
        gguf_header(path)?; // held against the length of the file
        return Ok(None);
    }
    if path.extension().is_some_and(|end| end == "safetensors") {
        let wanted = safetensors_length(&mut file, length)?;
        return Ok((wanted != Some(length)).then(|| match wanted {
            Some(wanted) => format!("has {length} of its {wanted} bytes"),
            None => "has no whole header yet".into(),
        }));
    }
    let mut start = [0; 2];
    if length < 2 {
        return Ok(Some("is empty".into()));
    }
    file.read_exact(&mut start)?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(ZIP_TAIL)))?;
    file.read_to_end(&mut tail)?;
    let is_open = &start == b"PK" && !tail.windows(ZIP_END.len()).any(|window| window == ZIP_END);
    Ok(is_open.then(|| "has no end yet".into()))
}

/// How long a safetensors file is when it is whole; `None` while not even its header is.
fn safetensors_length(file: &mut fs_err::File, length: u64) -> Result<Option<u64>> {
    let mut size = [0; 8];
    if length < 8 {
        return Ok(None);
    }
    file.read_exact(&mut size)?;
    let header = u64::from_le_bytes(size);
    if header > length - 8 {
        return Ok(None);
    }
    let mut text = Vec::new();
    Read::by_ref(file).take(header).read_to_end(&mut text)?;
    let Ok(Value::Object(tensors)) = serde_json::from_slice(&text) else { return Ok(None) };
    let end = |tensor: &Value| tensor["data_offsets"][1].as_u64();
    Ok(Some(8 + header + tensors.values().filter_map(end).max().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `.gguf` file of one tensor: eight numbers.
    fn gguf() -> Vec<u8> {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let counts = [1_u64, 1].map(u64::to_le_bytes).concat();
        let key = [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("qwen2")].concat();
        let shape = [&1_u32.to_le_bytes()[..], &8_u64.to_le_bytes(), &[0; 12]].concat(); // f32, from the first byte on
        let mut file = [b"GGUF\x03\0\0\0".to_vec(), counts, key, text("output_norm.weight"), shape].concat();
        file.resize(file.len().next_multiple_of(32) + 32, 0);
        file
    }

    #[test]
    fn a_file_of_weights_is_whole_at_its_very_last_byte() {
        let dir = tempfile::tempdir().unwrap();
        let header = br#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}}"#;
        let safetensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat();
        let zip = [b"PK\x03\x04 weights ", ZIP_END, &[0; 18]].concat();
        for (name, whole, cuts) in [
            ("model.safetensors", &safetensors, vec![0, 5, 8, 40, safetensors.len() - 1]),
            ("pytorch_model.bin", &zip, vec![0, 1, 9, 15]),
        ] {
            let path = dir.path().join(name);
            fs_err::write(&path, whole).unwrap();
            assert_eq!(cut_short(&path).unwrap(), None, "{name}");
            for cut in cuts {
                fs_err::write(&path, &whole[..cut]).unwrap();
                assert!(cut_short(&path).unwrap().is_some(), "{name} at {cut}");
            }
        }
        let (path, whole) = (dir.path().join("model.gguf"), gguf());
        for length in [4, 60, whole.len() - 1, whole.len()] {
            fs_err::write(&path, &whole[..length]).unwrap();
            assert_eq!(cut_short(&path).is_ok(), length == whole.len(), "{length}");
        }
        assert!(cut_short(&dir.path().join("model-00002.safetensors")).unwrap().unwrap().contains("not there"));
    }
}
