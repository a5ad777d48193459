//! What GGUF calls things: architectures and tensors, beside the names of the folder that a file was converted from.
//!
//! llama.cpp's converter stores the rows of queries and keys of some architectures otherwise: of each head the two of a turning pair side
//! by side, where a folder has all first ones, then all second ones.

use super::super::weights::Form;
use super::Header;
use crate::error::{Error, Result};

/// An architecture in the names of both.
#[derive(Debug)]
pub(super) struct Names {
    /// `general.architecture`.
    pub(super) architecture: &'static str,
    /// `model_type` of config.json.
    pub(super) model_type: &'static str,
    /// What stands before a layer's number in a folder.
    layer: &'static str,
    /// Tensors without `.weight`, outside layers and in them.
    outside: &'static [(&'static str, &'static str)],
    inside: &'static [(&'static str, &'static str)],
    /// Whether pairs of queries and keys lie side by side.
    pairs: bool,
}

const OUTSIDE: &[(&str, &str)] =
    &[("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];
const INSIDE: &[(&str, &str)] = &[
    ("attn_norm", "input_layernorm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_qkv", "self_attn.qkv_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];
/// Phi-3's gate lies with what is gated.
const INSIDE_STACKED: &[(&str, &str)] = &[
    ("attn_norm", "input_layernorm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("attn_qkv", "self_attn.qkv_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_up", "mlp.gate_up_proj"),
    ("ffn_down", "mlp.down_proj"),
];
const OUTSIDE_SSM: &[(&str, &str)] =
    &[("token_embd", "backbone.embeddings"), ("output_norm", "backbone.norm_f"), ("output", "lm_head")];
const INSIDE_SSM: &[(&str, &str)] = &[
    ("attn_norm", "norm"),
    ("ssm_in", "mixer.in_proj"),
    ("ssm_conv1d", "mixer.conv1d"),
    ("ssm_x", "mixer.x_proj"),
    ("ssm_dt", "mixer.dt_proj"),
    ("ssm_a", "mixer.A_log"),
    ("ssm_d", "mixer.D"),
    ("ssm_norm", "mixer.norm"),
    ("ssm_out", "mixer.out_proj"),
];

const LLAMA: Names = Names {
    architecture: "llama",
    model_type: "llama",
    layer: "model.layers.",
    outside: OUTSIDE,
    inside: INSIDE,
    pairs: true,
};
const MAMBA: Names = Names {
    architecture: "mamba",
    model_type: "mamba",
    layer: "backbone.layers.",
    outside: OUTSIDE_SSM,
    inside: INSIDE_SSM,
    pairs: false,
};
/// The architectures that are read from such a file.
const KNOWN: [Names; 9] = [
    LLAMA,
    Names { architecture: "qwen2", model_type: "qwen2", pairs: false, ..LLAMA },
    Names { architecture: "qwen3", model_type: "qwen3", pairs: false, ..LLAMA },
    Names { architecture: "smollm3", model_type: "smollm3", ..LLAMA },
    Names { architecture: "olmo", model_type: "olmo", ..LLAMA },
    Names { architecture: "olmo2", model_type: "olmo2", pairs: false, ..LLAMA },
    Names { architecture: "phi3", model_type: "phi3", inside: INSIDE_STACKED, pairs: false, ..LLAMA },
    MAMBA,
    Names { architecture: "mamba2", model_type: "mamba2", ..MAMBA },
];

impl Names {
    /// The architecture of a file.
    ///
    /// # Errors
    /// None is named, or one that is not read.
    pub(super) fn of(header: &Header) -> Result<&'static Self> {
        let found = header.text("general.architecture")?;
        let said = match found.map(str::trim) {
            None => "missing".to_owned(),
            Some("") => "empty".to_owned(),
            Some(other) => format!("{other}, which is not read"),
        };
        let all = || KNOWN.iter().map(|names| names.architecture).collect::<Vec<_>>().join(", ");
        KNOWN.iter().find(|names| Some(names.architecture) == found).ok_or_else(|| Error::Gguf {
            file: header.file.clone(),
            problem: format!("its `general.architecture` is {said}"),
            mend: format!(
                "of a GGUF file these are read: {}; of others take the folder in the Hugging Face format",
                all()
            ),
        })
    }
}

impl Names {
    /// What the file calls the tensor that a folder calls `name`.
    pub(super) fn of_folder(&self, name: &str) -> String {
        if self.model_type == "mamba2"
            && let Some(prefix) = name.strip_suffix(".mixer.dt_bias")
        {
            return format!("{}.ssm_dt.bias", prefix.replace(self.layer, "blk."));
        }
        let (known, prefix, inner) = match name.strip_prefix(self.layer).and_then(|rest| rest.split_once('.')) {
            Some((number, inner)) => (self.inside, format!("blk.{number}."), inner),
            None => (self.outside, String::new(), name),
        };
        let end = [".weight", ".bias"].into_iter().find(|end| inner.ends_with(end)).unwrap_or_default();
        let base = inner.strip_suffix(end).unwrap_or(inner);
        let mut own = known.iter().filter(|(_, folder)| *folder == base).map(|(own, _)| own);
        // OLMo 2 has no norm before its feed-forward layer, and calls the one behind attention as others call that
        let own = if self.architecture == "olmo2" { own.next_back() } else { own.next() };
        own.map_or_else(|| name.to_owned(), |own| format!("{prefix}{own}{end}"))
    }
}

/// How the tensors of one file are called.
pub(super) struct Naming {
    names: &'static Names,
    /// Rows of a head of queries or keys.
    head: Option<usize>,
}

impl Naming {
    pub(super) fn of(header: &Header) -> Result<Self> {
        let names = Names::of(header)?;
        let head = if names.pairs { Some(super::config::head_width(header, names.architecture)?) } else { None };
        Ok(Self { names, head })
    }

    /// What a folder calls the tensor, and how it is stored here; `None` for the frequencies of a rotation, which the config takes. A name
    /// that is not known stays.
    pub(super) fn of_tensor(&self, found: &str) -> Option<(String, Form)> {
        if matches!(found, "rope_freqs.weight") || found.ends_with(".attn_rot_embd.weight") {
            return None;
        }
        let (known, prefix, inner) = match found.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
            Some((number, inner)) => (self.names.inside, format!("{}{number}.", self.names.layer), inner),
            None => (self.names.outside, String::new(), found),
        };
        if self.names.model_type == "mamba2" && inner == "ssm_dt.bias" {
            return Some((format!("{prefix}mixer.dt_bias"), Form::AsItIs));
        }
        let (base, end) = inner.split_once('.').map_or((inner, String::new()), |(base, end)| (base, format!(".{end}")));
        let form = match (base, self.head) {
            ("attn_q" | "attn_k", Some(width)) => Form::Pairs(width),
            ("ssm_a", _) => Form::Decay,
            _ => Form::AsItIs,
        };
        let name = known.iter().find(|(name, _)| *name == base).map(|(_, name)| format!("{prefix}{name}{end}"));
        Some((name.unwrap_or_else(|| found.to_owned()), form))
    }

    /// The shape that a folder has for the tensor that it calls `name`.
    pub(super) fn shape(&self, name: &str, found: Vec<usize>) -> Vec<usize> {
        match (name.rsplit_once("mixer."), found.as_slice()) {
            (Some((_, "conv1d.weight")), &[channels, taps]) => vec![channels, 1, taps],
            (Some((_, "A_log" | "D" | "norm.weight")), &[one, other]) if self.names.model_type == "mamba2" => {
                vec![one * other]
            }
            _ => found,
        }
    }
}
