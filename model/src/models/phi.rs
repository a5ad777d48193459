//! Phi: attention and MLP side by side after one norm.

use super::dense::{Bias, Common, Dense, HeadNorms, MlpKind, Names, Place, Qkv, activation};
use super::gpt_neox::{is_buffer, with_layer_norms};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::kernels::Activation;

const PHI_NAMES: Names = Names {
    embedding: "model.embed_tokens",
    positions: "",
    layer: "model.layers.",
    qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    output: "self_attn.dense",
    norms: ["input_layernorm", ""],
    head_norms: ["self_attn.q_layernorm", "self_attn.k_layernorm"],
    final_norm: "model.final_layernorm",
    head: "lm_head",
    current: phi_name,
};

fn phi_name(found: &str) -> Option<String> {
    (!is_buffer(found)).then(|| found.to_owned())
}

pub(super) const PHI: Known = Known {
    model_type: "phi",
    family: "dense",
    about: "parallel residual with one norm, partial rotation, norms of queries and keys, biases everywhere",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        let normed = keys.flag(&["qk_layernorm"], false)?;
        let defaults = Defaults { partial: Some(("partial_rotary_factor", 0.5)), ..Defaults::of(common.context) };
        Ok(Box::new(Dense {
            ropes: vec![Rope::read(keys, common.heads.width, defaults)?],
            place: Place::ParallelOne,
            head_norms: if normed { HeadNorms::Each } else { HeadNorms::None },
            bias: Bias { qkv: true, output: true, mlp: true, head: true },
            activation: activation(keys, "hidden_act", Activation::GeluTanh)?,
            mlp: MlpKind::Plain(["mlp.fc1", "mlp.fc2"]),
            names: &PHI_NAMES,
            ..with_layer_norms(keys, common, "layer_norm_eps", false)?
        }))
    },
};
