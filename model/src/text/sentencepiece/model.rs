//! What `tokenizer.model` holds: the pieces of a `SentencePiece` model and how text is prepared for them.

use super::piece::{Kind, Piece};
use super::wire::{Fields, Value};

/// A `SentencePiece` model. Defaults are those of its `sentencepiece_model.proto`.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the settings of the file")]
pub(super) struct Model {
    pub(super) pieces: Vec<Piece>,
    /// Whether it is of the kind whose pieces are merged, by its name otherwise.
    pub(super) kind: Result<(), &'static str>,
    pub(super) byte_fallback: bool,
    pub(super) unknown: Option<usize>,
    pub(super) bos: Option<usize>,
    pub(super) eos: Option<usize>,
    /// Compiled replacements of characters; empty for none.
    pub(super) replacements: Vec<u8>,
    pub(super) dummy_prefix: bool,
    pub(super) remove_extra_spaces: bool,
    pub(super) escape_spaces: bool,
    /// Spaces belong to the word before them.
    pub(super) space_behind: bool,
}

impl Model {
    /// Reads the bytes of `tokenizer.model`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut model = Self {
            pieces: Vec::new(),
            kind: Err("Unigram"),
            byte_fallback: false,
            unknown: Some(0),
            bos: Some(1),
            eos: Some(2),
            replacements: Vec::new(),
            dummy_prefix: true,
            remove_extra_spaces: true,
            escape_spaces: true,
            space_behind: false,
        };
        for field in Fields::of(bytes) {
            match field? {
                (1, value) => model.pieces.push(Piece::read(value.bytes()?)?),
                (2, value) => Fields::of(value.bytes()?).try_for_each(|field| model.train(field?))?,
                (3, value) => Fields::of(value.bytes()?).try_for_each(|field| model.normalise(field?))?,
                _ => {}
            }
        }
        if model.pieces.is_empty() {
            return Err("it holds no pieces".into());
        }
        Ok(model)
    }

    /// A field of `TrainerSpec`.
    fn train(&mut self, (number, value): (u64, Value<'_>)) -> Result<(), String> {
        match number {
            3 => {
                self.kind = match value.number()? {
                    1 => Err("Unigram"),
                    2 => Ok(()),
                    3 => Err("Word"),
                    4 => Err("Char"),
                    other => return Err(format!("its kind of model, {other}, is unknown")),
                }
            }
            24 => self.space_behind = value.number()? != 0,
            35 => self.byte_fallback = value.number()? != 0,
            40 => self.unknown = value.id()?,
            41 => self.bos = value.id()?,
            42 => self.eos = value.id()?,
            _ => {}
        }
        Ok(())
    }

    /// A field of `NormalizerSpec`.
    fn normalise(&mut self, (number, value): (u64, Value<'_>)) -> Result<(), String> {
        match number {
            2 => self.replacements = value.bytes()?.to_vec(),
            3 => self.dummy_prefix = value.number()? != 0,
            4 => self.remove_extra_spaces = value.number()? != 0,
            5 => self.escape_spaces = value.number()? != 0,
            _ => {}
        }
        Ok(())
    }

    /// The text of a piece by id.
    pub(super) fn text(&self, id: Option<usize>) -> Option<&str> {
        self.pieces.get(id?).map(|piece| piece.text.as_str())
    }

    /// The pairs that are merged, the first before all others: those that make the piece of the highest score. Only normal pieces are
    /// made, and of normal pieces.
    pub(super) fn merges(&self) -> Vec<[&str; 2]> {
        let normal = |piece: &&Piece| piece.kind == Kind::Normal;
        let known: std::collections::HashSet<&str> =
            self.pieces.iter().filter(normal).map(|piece| piece.text.as_str()).collect();
        let mut ranked: Vec<&Piece> = self.pieces.iter().filter(normal).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score)); // stable: of equal scores the lower id
        let splits = |piece: &'_ Piece| -> Vec<usize> { piece.text.char_indices().skip(1).map(|(at, _)| at).collect() };
        let pairs = ranked.into_iter().flat_map(|piece| splits(piece).into_iter().map(|at| piece.text.split_at(at)));
        pairs.filter(|(left, right)| known.contains(left) && known.contains(right)).map(|(a, b)| [a, b]).collect()
    }
}
