//! Tasks over long texts, made from a seed: something is hidden among filler and asked for at the end.
//!
//! The text is as long as a task file's `long: {lengths: …}` says, in tokens of the checkpoint that is asked: its rows are made here, and
//! [`Item::fitted`](crate::Item::fitted) lays each out once its tokenizer is known. What is hidden follows RULER (Hsieh et al. 2024,
//! arXiv:2404.06654: needles, variables, common and frequent words) and `BABILong` (Kuratov et al. 2024, arXiv:2406.10149: facts); every
//! sentence is our own.

mod body;
mod counts;
mod facts;
mod haystack;
mod needles;
mod rows;
mod sentences;
mod spec;
mod variables;
mod words;

pub(crate) use haystack::LongQuestion;
pub(crate) use rows::{LongRow, rows};
pub(crate) use spec::LongSpec;

#[cfg(test)]
mod tests;
