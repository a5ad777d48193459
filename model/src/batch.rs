//! How much is computed at once: every batch size has its home here. None of them changes a number, only time and memory.

/// Tokens of requests that are scored together. More make the matrix products taller, and the logits that are held at once larger.
pub const REQUEST_ROWS: usize = 256;

/// Bytes that the states of shared prefixes may take together, unless a caller says otherwise.
pub const STATE_MEMORY: u64 = 2 << 30;

/// Rows of one pass through the layers: activations stay in memory that the caches reach, and the weights are read once for all of them.
pub(crate) const PASS_ROWS: usize = 512;

/// Weights up to here lie in every thread's cache, so threads take sequences of their own instead of sharing each operation.
pub(crate) const SMALL_MODEL: u64 = 8 << 20;

/// Rows of a pass of such a model, so that its activations lie there too.
pub(crate) const SMALL_PASS_ROWS: usize = 128;

/// Tokens of one prompt that are read at once, before its reply is generated.
pub(crate) const PROMPT_PIECE: usize = 512;

/// Tokens of all prompts that are read at once.
pub(crate) const PROMPT_ROWS: usize = 1024;

/// Replies of a task that are generated together: each holds a state of its own.
pub const REPLIES: usize = 16;

/// Conversations that are held together: each step of a reply reads the weights once for all of them.
pub const CONVERSATIONS: usize = 32;
