//! From pieces of a text to the numbers that they say.

use super::number_pieces::{Piece, Said};
use super::number_words::{Sum, Word, divisor, ordinal, word};

/// After these, `one` is a pronoun.
const NOT_A_NUMBER: [&str; 12] =
    ["no", "any", "every", "some", "each", "this", "that", "which", "another", "the", "only", "other"];

/// Finds the numbers among the pieces of a text.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) pieces: Vec<Piece>,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> Option<&str> {
        match &self.pieces.get(at)?.said {
            Said::Word(word) => Some(word),
            Said::Digits(_) => None,
        }
    }

    /// The word at `at` if it may go on with what is before it. Words of one number stand beside each other: `twenty one`,
    /// `twenty-one`, `2 million`; a comma, a stop or a new line parts them.
    fn next_word(&self, at: usize) -> Option<&str> {
        let gap = self.gap(at)?;
        let beside = gap.chars().all(|c| c.is_whitespace() || c == '-') && !gap.contains('\n');
        self.word(at).filter(|_| beside)
    }

    /// The text between the piece at `at` and the one before it.
    fn gap(&self, at: usize) -> Option<&str> {
        let before = self.pieces.get(at.checked_sub(1)?)?;
        self.text.get(before.end..self.pieces.get(at)?.start)
    }

    /// The number that begins at `at`, and where the pieces after it begin.
    pub(super) fn number(&self, at: usize) -> Option<(f64, usize)> {
        let before = at.checked_sub(1).and_then(|at| self.word(at)).unwrap_or_default();
        match &self.pieces[at].said {
            Said::Digits(value) => {
                let (size, next) = self.longer(Sum::digits(value.abs()), at + 1, true);
                Some((size.copysign(*value), next))
            }
            Said::Word(half) if half == "half" => {
                let article = self.next_word(at + 1).is_some_and(|word| word == "a" || word == "an");
                let times = self.next_word(at + 2).and_then(word).filter(|part| matches!(part, Word::Times(_)));
                let sum = times.filter(|_| article).map(Sum::start)?;
                Some((sum.value() / 2.0, at + 3))
            }
            Said::Word(first) => {
                let part = word(first)?;
                let is_pronoun = first == "one" && NOT_A_NUMBER.contains(&before);
                if is_pronoun && self.part(at + 1, Sum::start(part)).is_none() {
                    return None;
                }
                // `hundred` alone is not a number unless `a` or `one` stands before it; `hundreds` is none at all.
                let starts = !matches!(part, Word::Times(_)) || before == "a";
                starts.then(|| self.longer(Sum::start(part), at + 1, false))
            }
        }
    }

    /// The number that `sum` and the pieces from `at` on make.
    fn longer(&self, mut sum: Sum, mut at: usize, in_digits: bool) -> (f64, usize) {
        while let Some(next) = self.next_word(at) {
            if let Some(more) = self.part(at, sum) {
                (sum, at) = (more, at + 1);
            } else if next == "and" {
                if let Some((fraction, after)) = self.fraction(at + 1) {
                    return (sum.value() + fraction, after);
                }
                let Some(more) = self.part(at + 1, sum).filter(|_| sum.takes_and()) else { break };
                (sum, at) = (more, at + 2);
            } else if let Some((fraction, after)) = self.decimals(at) {
                (sum, at) = (Sum::digits(sum.value() + fraction), after);
            } else if let Some(divisor) = divisor(next, sum.value()).filter(|_| !in_digits) {
                return (sum.value() / divisor, at + 1);
            } else {
                break;
            }
        }
        (sum.value(), at)
    }

    /// `sum` with the word at `at`, plain (`hundred`), in the plural (`millions`) or as an ordinal (`fifty-first`).
    fn part(&self, at: usize, sum: Sum) -> Option<Sum> {
        let next = self.next_word(at)?;
        let plural = || next.strip_suffix('s').and_then(word).filter(|part| matches!(part, Word::Times(_)));
        // `a twenty second break` is a time.
        let ordinal = || ordinal(next).filter(|_| next != "second" || self.gap(at) == Some("-"));
        word(next).or_else(plural).and_then(|part| sum.then(part)).or_else(|| ordinal().and_then(|part| sum.then(part)))
    }

    /// `a half`, `one third` or `three quarters` at `at`.
    fn fraction(&self, at: usize) -> Option<(f64, usize)> {
        let parts = match self.next_word(at)? {
            "half" => return Some((0.5, at + 1)),
            "a" => 1.0,
            other => word(other).map(|part| Sum::start(part).value())?,
        };
        Some((parts / divisor(self.next_word(at + 1)?, parts)?, at + 2))
    }

    /// `point one four` at `at`.
    fn decimals(&self, at: usize) -> Option<(f64, usize)> {
        if self.next_word(at)? != "point" {
            return None;
        }
        let digit = |at: usize| match word(self.next_word(at)?)? {
            Word::Small(digit @ 0..10) => char::from_digit(digit as u32, 10),
            _ => None,
        };
        let digits: String = (at + 1..).map_while(digit).collect();
        let fraction = format!("0.{digits}").parse().ok().filter(|_| !digits.is_empty())?;
        Some((fraction, at + 1 + digits.len()))
    }

    /// Whether `minus` or `negative` before the number at `at` is its sign. After a number (which `ended` there) or a single
    /// letter it is a subtraction, and `plus or minus` is none.
    pub(super) fn is_negated(&self, at: usize, ended: Option<usize>) -> bool {
        let article = self.next_word(at).is_some() && at > 0 && self.word(at - 1) == Some("a");
        let Some(minus) = at.checked_sub(1 + usize::from(article)) else { return false };
        let signed =
            matches!(self.word(minus), Some("minus" | "negative")) && matches!(self.gap(minus + 1), Some(" " | "-"));
        let word_before = |back: usize| minus.checked_sub(back).and_then(|at| self.word(at)).unwrap_or_default();
        let operand = self.gap(minus) == Some(" ") && (ended == Some(minus) || word_before(1).len() == 1);
        let either_sign = word_before(1) == "or" && word_before(2) == "plus";
        signed && !operand && !either_sign
    }
}
