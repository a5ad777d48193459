//! The filter `regex_replace`: patterns and replacements as Python writes them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use minijinja::{Error, ErrorKind};
use regex::Regex;

/// The filter `regex_replace` of lm-evaluation-harness: Python's `re.sub`. Patterns are compiled once.
#[derive(Default)]
pub(super) struct RegexReplace(Mutex<HashMap<String, Regex>>);

impl RegexReplace {
    pub(super) fn apply(&self, text: &str, pattern: &str, with: &str, count: usize) -> Result<String, Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(pattern) {
            let regex = Regex::new(pattern).map_err(|error| {
                let text = format!(
                    "`{pattern}` is not a regular expression here (no look-around, no back-references): {error}"
                );
                Error::new(ErrorKind::InvalidOperation, text)
            })?;
            known.insert(pattern.to_owned(), regex);
        }
        let regex = known[pattern].clone();
        drop(known);
        Ok(regex.replacen(text, count, replacement(with)).into_owned())
    }
}

/// Python's `\1` and `\g<name>` as the regex crate writes them; its `$` is just a character in Python.
fn replacement(with: &str) -> String {
    static GROUP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\\(?:g<(\w+)>|(\d{1,2}))").expect("the pattern is a constant"));
    GROUP.replace_all(&with.replace('$', "$$"), "$${${1}${2}}").into_owned()
}
