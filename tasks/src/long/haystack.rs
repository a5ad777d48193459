//! A long text: filler with something hidden in it, laid out so that prompt and reply are as long as is asked.

use std::borrow::Cow;
use std::sync::Arc;

use super::body::Body;
use super::needles;
use crate::error::Error;
use crate::question::Generation;
use crate::record::LongPlace;

/// What a piece of filler stands behind while its tokens are counted, as most do in a text.
const BEFORE_A_PIECE: &str = ".";

/// A text that is not laid out yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Haystack {
    /// What stands first, in every text alike.
    pub(crate) before: &'static str,
    /// The filler: its beginning is that of every text of the task, so that a model reads it once for all of them.
    pub(crate) body: Arc<Body>,
    /// What is hidden, and where: fractions of the text, ascending.
    pub(crate) needles: Vec<(f64, String)>,
}

/// What is asked about a long text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LongQuestion {
    pub(crate) haystack: Arc<Haystack>,
    /// The question at its end.
    pub(crate) question: String,
    /// The same with a sign that text comes before it.
    pub(crate) end: String,
    /// All of it, once it is laid out.
    pub(crate) laid_out: Option<String>,
    /// The choices with the delimiter before them.
    pub(crate) continuations: Vec<String>,
    /// How a reply is written.
    pub(crate) reply: Generation,
    /// What the reply has to hold; empty where no reply is asked for.
    pub(crate) targets: Vec<String>,
    pub(crate) place: LongPlace,
}

impl LongQuestion {
    /// The prompt, once it is laid out; before that its end.
    pub(crate) fn context(&self) -> &str {
        self.laid_out.as_deref().unwrap_or(&self.end)
    }

    /// What to do where the length has no room for it. Keys and values are of needles alone.
    pub(crate) fn mend(&self) -> &'static str {
        if self.haystack.before == needles::BEFORE && self.haystack.needles.len() > 1 {
            "leave the shortest of `long.lengths` out, or ask for fewer `keys` and `values`"
        } else {
            "leave the shortest of `long.lengths` out"
        }
    }

    /// Whether a reply is asked for.
    pub(crate) fn wants_reply(&self) -> bool {
        !self.targets.is_empty()
    }

    /// The prompt with as much filler as leaves room for the reply within the length; `None` where too little of it fits for an answer.
    ///
    /// # Errors
    /// What `count` refuses; the answer is longer than a reply.
    pub(crate) fn lay_out<E: From<Error>>(
        &self,
        count: impl Fn(&str) -> Result<usize, E>,
    ) -> Result<Option<String>, E> {
        let Some(most) = self.place.length.checked_sub(self.reply.max_tokens) else { return Ok(None) };
        if self.wants_reply() {
            self.is_short_enough(&count)?;
        }
        self.haystack.lay_out(&self.question, most, count)
    }

    /// Refuses an answer that no reply could hold: its recall would never be 1.
    fn is_short_enough<E: From<Error>>(&self, count: &impl Fn(&str) -> Result<usize, E>) -> Result<(), E> {
        let answer = count(&format!("{BEFORE_A_PIECE} {}", self.targets.join(", ")))?;
        let (tokens, most) = (answer.saturating_sub(count(BEFORE_A_PIECE)?), self.reply.max_tokens);
        if tokens <= most {
            return Ok(());
        }
        Err(E::from(Error::Setting {
            task: format!("{}_{}", self.place.family, self.place.length),
            problem: format!("a reply ends after {most} tokens, and an answer has {tokens}"),
            help: format!(
                "raise `generation_kwargs: {{max_gen_toks: …}}` of the task file to {tokens} at least, or leave its metric `recall` out"
            ),
        }))
    }
}

impl Haystack {
    /// The text with `question` at its end, at most `most` tokens long and with one piece of filler more longer than that.
    ///
    /// Pieces are counted one by one, which `count` may remember from text to text. The whole is counted once, and a few times
    /// more only where its tokens are not those of its pieces.
    pub(super) fn lay_out<E>(
        &self,
        question: &str,
        most: usize,
        count: impl Fn(&str) -> Result<usize, E>,
    ) -> Result<Option<String>, E> {
        let counted = |pieces: usize| count(&self.text(pieces, question));
        let (mut pieces, mut added) = (1, counted(1)?);
        let before = count(BEFORE_A_PIECE)?;
        while added <= most {
            let piece = count(&format!("{BEFORE_A_PIECE} {}", self.body.piece(pieces)))?;
            // A tokenizer that leaves a piece out would have it go on forever.
            let next = added + piece.saturating_sub(before).max(1);
            if next > most {
                break;
            }
            (pieces, added) = (pieces + 1, next);
        }
        let tokens = counted(pieces)?;
        if tokens != added || tokens > most {
            pieces = longest((pieces, tokens), most, counted)?;
        }
        Ok((pieces >= self.body.fewest()).then(|| self.text(pieces, question)))
    }

    /// The text with so many pieces of filler. A needle lies between two pieces, as near as may be to its share of their bytes: sentences of
    /// a file are of all lengths, so that half of them may be a fifth of the text.
    pub(super) fn text(&self, pieces: usize, question: &str) -> String {
        let filler: Vec<Cow<'_, str>> = (0..pieces).map(|at| self.body.piece(at)).collect();
        let bytes: usize = filler.iter().map(|piece| piece.len()).sum();
        let mut text = self.before.to_owned();
        let mut push = |part: &str| {
            if text.len() > self.before.len() {
                text.push(' ');
            }
            text.push_str(part);
        };
        let mut needles = self.needles.iter().peekable();
        let mut begun = 0;
        for piece in &filler {
            let middle = begun as f64 + piece.len() as f64 / 2.0;
            while let Some((_, needle)) = needles.next_if(|(depth, _)| depth * bytes as f64 <= middle) {
                push(needle);
            }
            push(piece);
            begun += piece.len();
        }
        needles.for_each(|(_, needle)| push(needle));
        text + question
    }
}

/// The most pieces with at most `most` tokens, 0 where one has more; begun at some pieces and their tokens.
///
/// Each guess takes the pieces for as long as those of the last one, and lies between what is known to fit and what is not.
fn longest<E>(
    (mut pieces, mut tokens): (usize, usize),
    most: usize,
    counted: impl Fn(usize) -> Result<usize, E>,
) -> Result<usize, E> {
    // No more pieces than tokens: a tokenizer that leaves pieces out would have it go on forever.
    let (mut fitting, mut over) = (0, most + 1);
    loop {
        if tokens <= most {
            fitting = pieces;
        } else {
            over = pieces;
        }
        if fitting + 1 >= over {
            return Ok(fitting);
        }
        let step = (tokens.abs_diff(most) * pieces / tokens.max(1)).max(1);
        let next = if tokens > most { pieces.saturating_sub(step) } else { pieces + step };
        pieces = next.clamp(fitting + 1, over - 1);
        tokens = counted(pieces)?;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn few_counts_find_what_counting_piece_by_piece_finds() {
        let tokens = |pieces: usize| 30 + (0..pieces).map(|at| 13 + at * 7 % 17).sum::<usize>();
        for most in [0, 30, 42, 43, 5_000, 5_010, 5_020] {
            let wanted = (0..1000).take_while(|&pieces| tokens(pieces) <= most).last().unwrap_or(0);
            for first in [1, 40, 230, 240, 900] {
                let asked = Cell::new(0);
                let counted = |pieces: usize| {
                    asked.set(asked.get() + 1);
                    Ok::<_, Infallible>(tokens(pieces))
                };
                assert_eq!(longest((first, tokens(first)), most, counted).unwrap(), wanted, "{most} from {first}");
                assert!(asked.get() <= 10, "{most} from {first}: {} counts", asked.get());
            }
        }
        assert_eq!(longest((1, 0), 7, |_| Ok::<_, Infallible>(0)).unwrap(), 7, "pieces without tokens");
    }

    #[test]
    fn a_needle_lies_at_its_share_of_a_file_whose_sentences_are_of_all_lengths() {
        let mut sentences = vec!["No.".to_owned(); 10];
        sentences.extend(vec![format!("{}.", "so ".repeat(70)); 10]);
        let body = Arc::new(Body::File(sentences));
        for depth in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let needles = vec![(depth, "HERE.".to_owned())];
            let text = Haystack { before: "Notes.\n\n", body: Arc::clone(&body), needles }.text(20, "");
            let at = text.find("HERE").unwrap() as f64 / text.len() as f64;
            assert!((at - depth).abs() < 0.06, "{depth}: {at}");
        }
    }
}
