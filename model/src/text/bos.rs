//! Whether BOS stands before a text.

/// Whether BOS stands before a text. A text that begins with the prefix token written out gets none, whatever is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Bos {
    /// As the tokenizer's own files say: its post-processor, `add_bos_token`. lm-evaluation-harness' rule where it is given none.
    #[default]
    Tokenizer,
    /// Always, once. `add_bos_token=True` of lm-evaluation-harness.
    Always,
    /// Never, and no other special token either. `add_bos_token=False` of lm-evaluation-harness. An empty context is the prefix token still,
    /// since a first token cannot be predicted from nothing.
    Never,
}
