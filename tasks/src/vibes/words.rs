//! The words of a text.

/// What stands between white space, without outer punctuation; pieces without a letter or a digit are none.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split_whitespace().map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric()));
    pieces.filter(|word| !word.is_empty())
}
