//! Weights that another library has quantised in a way of its own.

/// What to do about them.
pub(crate) const UNQUANTISED: &str =
    "take the checkpoint that it was made of (`--precision q4` or `int8` makes that as small), or one in GGUF";
/// Ends of names that AWQ, GPTQ, compressed-tensors and bitsandbytes give to the pieces of a weight.
const PIECES: [&str; 10] = [
    ".qweight",
    ".qzeros",
    ".scales",
    ".g_idx",
    ".weight_packed",
    ".weight_scale",
    ".weight_zero_point",
    ".absmax",
    ".quant_map",
    ".SCB",
];

/// The end of the name of a tensor that is a piece of such a weight.
pub(super) fn piece(tensor: &str) -> Option<&'static str> {
    PIECES.into_iter().find(|end| tensor.ends_with(end))
}
