//! What is wrong with a model, in the words of the file it lies in: beside a `.gguf` file there is no config.json, and tensors have names of its own.

use std::path::Path;

use super::names::Names;
use super::{CONVERT_AGAIN, Header, is_gguf};
use crate::error::Error;

const OTHER_SIZES: &str = "the file is incomplete, or a size in its header is wrong: convert the model again with llama.cpp's \
                           `convert_hf_to_gguf.py`, in one file";
/// Keys of a config.json, and what the header says them by below the architecture's name.
const KEYS: [(&str, &str); 22] = [
    ("hidden_size", "embedding_length"),
    ("num_hidden_layers", "block_count"),
    ("num_attention_heads", "attention.head_count"),
    ("num_key_value_heads", "attention.head_count_kv"),
    ("head_dim", "attention.key_length"),
    ("intermediate_size", "feed_forward_length"),
    ("max_position_embeddings", "context_length"),
    ("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
    ("layer_norm_epsilon", "attention.layer_norm_rms_epsilon"),
    ("clip_qkv", "attention.clamp_kqv"),
    ("sliding_window", "attention.sliding_window"),
    ("partial_rotary_factor", "rope.dimension_count"),
    ("rope_theta", "rope.freq_base"),
    ("rope_type", "rope.scaling.type"),
    ("factor", "rope.scaling.factor"),
    ("original_max_position_embeddings", "rope.scaling.original_context_length"),
    ("expand", "ssm.inner_size"),
    ("state_size", "ssm.state_size"),
    ("conv_kernel", "ssm.conv_kernel"),
    ("num_heads", "ssm.time_step_rank"),
    ("time_step_rank", "ssm.time_step_rank"),
    ("n_groups", "ssm.group_count"),
];
/// Keys that the header has no word for, since tensors say them.
const BY_TENSORS: [(&str, &str); 2] = [("vocab_size", "token_embd.weight"), ("factors", "rope_freqs.weight")];

/// `error`, which speaks of a folder's config.json and its names, in the words of `checkpoint` where that is a `.gguf` file.
pub(crate) fn told(checkpoint: &Path, error: Error) -> Error {
    let speaks_of_a_folder = matches!(
        error,
        Error::Config { .. } | Error::Shape { .. } | Error::MissingTensor { .. } | Error::UnknownTensor { .. }
    );
    if !speaks_of_a_folder || !is_gguf(checkpoint) {
        return error;
    }
    let Ok(header) = Header::read(checkpoint) else { return error };
    let Ok(names) = Names::of(&header) else { return error };
    match error {
        Error::Config { key, problem, .. } => {
            header.error(in_its_keys(names.architecture, &key, problem), CONVERT_AGAIN)
        }
        Error::Shape { tensor, found, expected, .. } => {
            header.error(format!("tensor `{tensor}` is {found:?}, its header asks for {expected:?}"), OTHER_SIZES)
        }
        Error::MissingTensor { tensor, expected, .. } => {
            let tensor = names.of_folder(&tensor);
            header.error(format!("tensor `{tensor}` is missing, {expected:?} expected"), OTHER_SIZES)
        }
        Error::UnknownTensor { tensor, found, .. } => {
            let problem = format!("tensor `{tensor}` {found:?} is not part of the model that its header describes");
            header.error(problem, OTHER_SIZES)
        }
        other => other,
    }
}

/// What is wrong with `key` of a config.json, by the key of the header that it was made of.
fn in_its_keys(architecture: &str, key: &str, problem: String) -> String {
    if let Some((_, tensor)) = BY_TENSORS.iter().find(|(known, _)| *known == key) {
        return format!("tensor `{tensor}`: its size {problem}");
    }
    let own = |name: &str| format!("`{architecture}.{name}`");
    let known = KEYS.iter().find(|(known, _)| *known == key);
    let problem = KEYS.iter().fold(problem, |text, (known, name)| text.replace(&format!("`{known}`"), &own(name)));
    format!("{} {problem}", known.map_or_else(|| format!("`{key}`"), |(_, name)| own(name)))
}
