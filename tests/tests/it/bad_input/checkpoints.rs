//! Checkpoints that are damaged, or whose files do not fit together.

use std::path::Path;

use serde_json::{Value, json};

use super::{check, refused, spoilt};
use crate::program::RunFolder;

/// Rewrites a safetensors file's header; offsets in it stay as `edit` leaves them.
fn edit_header(folder: &Path, edit: impl Fn(&mut Value)) {
    let file = folder.join("model.safetensors");
    let bytes = fs_err::read(&file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    edit(&mut header);
    let text = serde_json::to_vec(&header).unwrap();
    let mut edited = (text.len() as u64).to_le_bytes().to_vec();
    edited.extend(text);
    edited.extend(&bytes[8 + length..]);
    fs_err::write(&file, edited).unwrap();
}

pub(crate) fn edit_json(file: &Path, edit: impl Fn(&mut Value)) {
    let mut value: Value = serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap();
    edit(&mut value);
    fs_err::write(file, value.to_string()).unwrap();
}

const NORM: &str = "model.final_layernorm.weight";

#[test]
fn weights_that_are_missing_or_damaged() {
    spoilt(&["model.safetensors", "copy the weights"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
    });
    spoilt(&["model.safetensors", "header", "bytes long"], |folder| {
        let file = folder.join("model.safetensors");
        let mut bytes = fs_err::read(&file).unwrap();
        bytes[..8].copy_from_slice(&(1_u64 << 60).to_le_bytes());
        fs_err::write(&file, bytes).unwrap();
    });
    spoilt(&["overlaps"], |folder| {
        edit_header(folder, |header| {
            let names: Vec<String> =
                header.as_object().unwrap().keys().filter(|name| *name != "__metadata__").cloned().collect();
            let same = names.iter().flat_map(|a| names.iter().map(move |b| (a, b))).find(|(a, b)| {
                header[*a]["data_offsets"][0].as_u64() > header[*b]["data_offsets"][0].as_u64()
                    && header[*a]["shape"] == header[*b]["shape"]
                    && header[*a]["dtype"] == header[*b]["dtype"]
            });
            let (a, b) = same.unwrap();
            header[a]["data_offsets"] = header[b]["data_offsets"].clone();
        });
    });
    spoilt(&["model-00002-of-00002.safetensors", "missing"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "model-00002-of-00002.safetensors"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
    spoilt(&["model.safetensors.index.json", "`other.safetensors`", "model.safetensors lies here too"], |folder| {
        fs_err::copy(folder.join("model.safetensors"), folder.join("other.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "other.safetensors"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
    spoilt(&["../../tasks/pilot_letters.yaml", "not a file of this folder"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "../../tasks/pilot_letters.yaml"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
}

#[test]
fn tensors_that_are_not_as_they_should_be() {
    for (bits, name) in [([0xc0, 0x7f], "NaN"), ([0x80, 0x7f], "inf")] {
        spoilt(&[NORM, name, "expected finite numbers"], |folder| {
            let file = folder.join("model.safetensors");
            let mut bytes = fs_err::read(&file).unwrap();
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
            let at = 8 + length + header[NORM]["data_offsets"][0].as_u64().unwrap() as usize;
            bytes[at..at + 2].copy_from_slice(&bits); // the pilot is saved in bf16
            fs_err::write(&file, bytes).unwrap();
        });
    }
    spoilt(&["model.embed_tokens.weight", "[480, 64]", "config.json asks for"], |folder| {
        edit_json(&folder.join("config.json"), |config| config["hidden_size"] = 128.into());
    });
    spoilt(&[NORM, "U16", "F32, BF16, F16"], |folder| {
        edit_header(folder, |header| header[NORM]["dtype"] = "U16".into());
    });
    spoilt(&["model.extra.weight"], |folder| {
        edit_header(folder, |header| {
            let entry = header.as_object_mut().unwrap().remove(NORM).unwrap();
            header["model.extra.weight"] = entry;
        });
    });
}

#[test]
fn configs_and_tokenizers_that_do_not_fit() {
    for size in [json!(0), json!(-1), json!(1_000_000_000_000_u64)] {
        spoilt(&["config.json", "`hidden_size`"], |folder| {
            edit_json(&folder.join("config.json"), |config| config["hidden_size"] = size.clone());
        });
    }
    spoilt(&["`zamba3`", "the nearest known one is `zamba2`", "llama"], |folder| {
        edit_json(&folder.join("config.json"), |config| config["model_type"] = "zamba3".into());
    });
    spoilt(&["config.json", "line 1"], |folder| fs_err::write(folder.join("config.json"), "{").unwrap());
    spoilt(&["the tokenizer has", "embedding"], |folder| {
        edit_json(&folder.join("tokenizer.json"), |tokenizer| {
            tokenizer["model"]["vocab"]["a-word-too-many"] = 100_000.into();
        });
    });
    spoilt(&["tokenizer.json"], |folder| fs_err::remove_file(folder.join("tokenizer.json")).unwrap());
}

#[test]
fn checkpoint_folders() {
    refused("checkpoints: [{path: nowhere}]\n", &["nowhere", "is not there", "relative to the run file"]);
    let folder = RunFolder::small();
    fs_err::create_dir(folder.path("empty")).unwrap();
    folder.write("empty.yaml", "checkpoints: [{path: empty}]\n");
    check(&folder.run(&["sweep", "empty.yaml"]), 2, &["nothing here is named `checkpoint-{step}`"]);
    // A half-written checkpoint is left alone, and said so.
    fs_err::create_dir(folder.path("trunk/checkpoint-999999")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &["checkpoint-999999", "left alone"]);
    // Two folders of one step.
    let twin = folder.checkpoint().file_name().unwrap().to_str().unwrap().replace("checkpoint-", "checkpoint-0");
    fs_err::remove_dir(folder.path("trunk/checkpoint-999999")).unwrap();
    crate::program::copy(&folder.checkpoint(), &folder.path("trunk").join(twin));
    check(&folder.run(&["sweep", "run.yaml"]), 2, &["are both step", "variant"]);
}
