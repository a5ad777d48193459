//! Units that were finished while a sweep was killed again and again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::program::RunFolder;

/// Summaries of units, each as it was first seen.
#[derive(Default)]
pub(crate) struct Finished(BTreeMap<PathBuf, Vec<u8>>);

impl Finished {
    /// Looks at what is finished by now: what was so before is the same.
    pub(crate) fn look(&mut self, folder: &RunFolder) {
        for unit in folder.unit_folders() {
            let record = fs_err::read(unit.join("unit.json")).unwrap();
            let before = self.0.entry(unit).or_insert_with(|| record.clone());
            assert_eq!(*before, record, "a finished unit is never done twice");
        }
    }

    /// Ends it with a sweep that nobody kills: all that was seen is still there, and the same.
    pub(crate) fn sweep(self, folder: &RunFolder) {
        let last = folder.run(&["sweep", "run.yaml"]);
        assert_eq!(last.code, Some(0), "{}", last.stderr);
        for (unit, record) in self.0 {
            assert_eq!(fs_err::read(unit.join("unit.json")).unwrap(), record, "a finished unit is never lost");
        }
    }
}
