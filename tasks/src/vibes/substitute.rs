//! A prompt's texts and checks with one combination of variables filled in.

use super::checks::Assertion;
use super::conversation::{Choose, Turn};
use super::pack_file::{self, CheckKeys};
use super::reader::Reader;
use super::variables::Variables;
use crate::error::{Error, Result};
use crate::yaml::Step;

/// Fills one combination of variables into the texts of a prompt.
pub(crate) struct Fill<'r> {
    reader: &'r Reader<'r>,
    variables: &'r Variables,
}

impl<'r> Fill<'r> {
    pub(crate) fn new(reader: &'r Reader<'r>, variables: &'r Variables) -> Self {
        Self { reader, variables }
    }

    pub(crate) fn text(&self, text: &str, path: &[Step]) -> Result<String> {
        self.reader.filler.text(text, self.variables).map_err(|problem| self.misfilled(path, problem))
    }

    fn misfilled(&self, path: &[Step], problem: String) -> Error {
        self.reader.refuse(path, problem, "a `{{ name }}` stands for a variable of the prompt's `vars`")
    }

    fn texts(&self, texts: &[String], path: &[Step]) -> Result<Vec<String>> {
        if texts.is_empty() {
            return Err(self.reader.refuse(
                path,
                "an empty list of continuations",
                "`right` and `wrong` need one each at least",
            ));
        }
        let place = |index| [path, &[Step::Item(index)]].concat();
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let filled = self.text(text, &place(index))?;
                if filled.trim().is_empty() {
                    return Err(self.reader.refuse(
                        &place(index),
                        "an empty continuation",
                        "it needs a word to be scored",
                    ));
                }
                Ok(filled)
            })
            .collect()
    }

    pub(crate) fn check(&self, keys: &CheckKeys, path: &[Step]) -> Result<Assertion> {
        let keys =
            self.reader.filler.fields(&keys.0, self.variables).map_err(|problem| self.misfilled(path, problem))?;
        Assertion::read(keys).map_err(|problem| {
            // serde's words about unknown names find their own mend.
            let help = if problem.starts_with("unknown ") { "" } else { "`spyglass list checks` shows what there is" };
            self.reader.refuse(path, problem, help)
        })
    }

    pub(crate) fn checks(&self, checks: &[CheckKeys], path: &[Step]) -> Result<Vec<Assertion>> {
        let place = |index| [path, &[Step::Item(index)]].concat();
        checks.iter().enumerate().map(|(index, check)| self.check(check, &place(index))).collect()
    }

    pub(crate) fn turns(&self, turns: &[pack_file::Turn], path: &[Step]) -> Result<Vec<Turn>> {
        let turn = |(index, turn): (usize, &pack_file::Turn)| {
            let at = |keys: &[Step<'static>]| [path, &[Step::Item(index)], keys].concat();
            let choose = turn.choose.as_ref().map(|choose| -> Result<Choose> {
                Ok(Choose {
                    right: self.texts(&choose.right, &at(&[Step::Key("choose"), Step::Key("right")]))?,
                    wrong: self.texts(&choose.wrong, &at(&[Step::Key("choose"), Step::Key("wrong")]))?,
                })
            });
            let reference = match turn
                .reference
                .as_deref()
                .map(|text| self.text(text, &at(&[Step::Key("reference")])))
                .transpose()?
            {
                Some(text) if text.trim().is_empty() => {
                    let problem = "an empty reference has no likelihood";
                    return Err(self.reader.refuse(
                        &at(&[Step::Key("reference")]),
                        problem,
                        "write a reply, or remove the key",
                    ));
                }
                reference => reference,
            };
            Ok(Turn {
                user: self.text(&turn.user, &at(&[Step::Key("user")]))?,
                checks: self.checks(&turn.assert, &at(&[Step::Key("assert")]))?,
                choose: choose.transpose()?,
                reference,
            })
        };
        turns.iter().enumerate().map(turn).collect()
    }
}
