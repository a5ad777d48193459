//! Weights that another library has quantised in a way of its own.

/// What to do about them.
pub(crate) const UNQUANTISED: &str = "take the checkpoint that it was made of (`--precision q4` or `int8` makes that as small; it rounds, too, and \
                                      `spyglass compare-precision` tells what that costs), or one in GGUF";
/// Ends of names that the libraries give to the pieces of a weight.
const PIECES: [&str; 36] = [
    // AWQ, GPTQ
    ".qweight",
    ".qzeros",
    ".scales",
    ".g_idx",
    // compressed-tensors, ModelOpt, fp8
    ".weight_packed",
    ".weight_scale",
    ".weight_scale_2",
    ".weight_scale_inv",
    ".weight_scales",
    ".weight_zero_point",
    ".weight_shape",
    ".weight_g_idx",
    ".weight_global_scale",
    ".input_global_scale",
    ".input_scale",
    ".output_scale",
    ".k_scale",
    ".v_scale",
    // bitsandbytes
    ".absmax",
    ".quant_map",
    ".nested_absmax",
    ".nested_quant_map",
    ".quant_state.bitsandbytes__nf4",
    ".quant_state.bitsandbytes__fp4",
    ".SCB",
    ".weight_format",
    // HQQ, AQLM, VPTQ, QuIP#
    ".W_q",
    ".codebooks",
    ".codes",
    ".centroids.weight",
    ".Qidxs",
    // mxfp4
    "_blocks",
    "_scales",
    // quanto, torchao
    ".weight._data",
    ".weight._scale",
    "_qdata",
];

/// By what the tensor is known for a piece of such a weight, be it by its name or by the type of its numbers. One that the model has a place
/// for (`is_known`) is a piece where its numbers have few bits, whatever its shape.
pub(super) fn sign<'a>(tensor: &str, stored: &'a str, is_known: bool) -> Option<&'a str> {
    let few_bits = stored.starts_with("F8_") || stored.starts_with("F6_") || stored.starts_with("F4");
    if few_bits || (is_known && ["I8", "U8", "I4", "U4"].contains(&stored)) {
        return Some(stored);
    }
    PIECES.into_iter().find(|end| !is_known && tensor.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn pieces_are_known_by_name_or_type_and_others_are_left_alone() {
        let cases = [
            ("q_proj.weight", "U8", true, Some("U8")),
            ("q_proj.weight", "I8", true, Some("I8")),
            ("q_proj.weight", "F8_E4M3", true, Some("F8_E4M3")),
            ("q_proj.weight", "F4", true, Some("F4")),
            ("experts.gate", "F8_E8M0", false, Some("F8_E8M0")),
            ("q_proj.weight.absmax", "F32", false, Some(".absmax")),
            ("q_proj.W_q", "U8", false, Some(".W_q")),
            ("q_proj.weight_scale_inv", "F32", false, Some(".weight_scale_inv")),
            ("experts.down_proj_blocks", "U8", false, Some("_blocks")),
            ("q_proj.weight", "BF16", true, None),
            ("q_proj.weight", "I64", true, None),
            ("q_proj.lora_A.weight", "F32", false, None),
            ("attn.mask", "U8", false, None),
            // what an architecture calls so itself
            ("ssm.scales", "F32", true, None),
        ];
        for (tensor, stored, is_known, wanted) in cases {
            assert_eq!(sign(tensor, stored, is_known), wanted, "{tensor} {stored}");
        }
    }
}
