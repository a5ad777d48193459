//! What every step of reading a pack needs: to fill variables in, and to say where the file is wrong.

use super::variables::Filler;
use crate::error::Error;
use crate::yaml::{self, Step};

/// A pack's file while it is read.
pub(crate) struct Reader<'a> {
    /// What messages call it.
    file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) filler: Filler,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, filler: Filler::new() }
    }

    /// The error that what stands at `path` is not as it should be; without help, serde's words find their own mend.
    pub(crate) fn refuse(&self, path: &[Step], problem: impl Into<String>, help: &str) -> Error {
        let help = (!help.is_empty()).then(|| help.to_owned());
        yaml::refuse(self.file, self.text, path, problem.into(), help)
    }
}
