//! Text and tokens: the tokenizer, what its special tokens mean, chat templates.

mod bos;
mod chat_template;
mod decode_stream;
mod gguf;
mod json_style;
mod merges;
pub(crate) mod python_json;
mod python_methods;
mod python_split;
mod python_text;
mod sentencepiece;
mod special_tokens;
mod strftime;
mod tokenizer;
mod tokenizer_json;

pub use bos::Bos;
pub use chat_template::{ChatTemplate, Message};
pub use decode_stream::DecodeStream;
pub use tokenizer::{EncodedPair, Tokenizer, has_tokenizer};
