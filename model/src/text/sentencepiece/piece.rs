//! A piece of a `SentencePiece` vocabulary.

use super::wire::Fields;

/// A piece of the vocabulary; its place in the list is its id.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) score: f32,
    pub(super) kind: Kind,
}

/// What a piece is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Made by merging two others.
    #[default]
    Normal,
    /// Stands for what is in no vocabulary.
    Unknown,
    /// Never made of text: BOS, EOS.
    Control,
    /// Always taken whole.
    UserDefined,
    /// In the vocabulary, but never made.
    Unused,
    /// One byte.
    Byte,
}

impl Piece {
    pub(super) fn read(message: &[u8]) -> Result<Self, String> {
        let mut piece = Self::default();
        for field in Fields::of(message) {
            match field? {
                (1, value) => value.text()?.clone_into(&mut piece.text),
                (2, value) => piece.score = value.float()?,
                (3, value) => {
                    piece.kind = match value.number()? {
                        1 => Kind::Normal,
                        2 => Kind::Unknown,
                        3 => Kind::Control,
                        4 => Kind::UserDefined,
                        5 => Kind::Unused,
                        6 => Kind::Byte,
                        other => return Err(format!("a piece of the unknown kind {other}")),
                    }
                }
                _ => {}
            }
        }
        Ok(piece)
    }
}
