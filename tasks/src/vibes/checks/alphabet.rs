//! The script that a text is written in, for languages that their letters tell.

use super::language::Language;
use super::{Finding, Script};

/// A language and whether a letter belongs to its script.
type InScript = (Language, fn(char) -> bool);

/// Languages told by the script that they alone use here.
pub(super) const SCRIPTS: [InScript; 8] = [
    (Language::Ru, |c| matches!(c, '\u{400}'..='\u{52f}')),
    (Language::El, |c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')),
    (Language::Ar, |c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}')),
    (Language::He, |c| matches!(c, '\u{590}'..='\u{5ff}')),
    (Language::Hi, |c| matches!(c, '\u{900}'..='\u{97f}')),
    (Language::Zh, |c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')),
    (Language::Ja, |c| matches!(c, '\u{3040}'..='\u{30ff}')),
    (Language::Ko, |c| matches!(c, '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}')),
];

pub(super) fn script(said: &str, value: &Script) -> Finding {
    let letters: Vec<char> = said.chars().filter(|c| c.is_alphabetic()).collect();
    let held = letters.iter().filter(|letter| value.holds(**letter)).count();
    let share = if letters.is_empty() { 0.0 } else { held as f64 / letters.len() as f64 };
    Finding::scored(
        share,
        format!("letters in {} script", value.name()),
        format!("{:.0} % of {} letters", 100.0 * share, letters.len()),
    )
}
