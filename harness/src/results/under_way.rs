//! How far a sweep has come, beside its results: so that whoever writes the report meanwhile can say so.

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{UnderWay, UnitRecord};

use super::{ClaimHolder, KeptUnits, Store, now, write_whole};
use crate::Result;

/// Contents of `results/sweep.json`, which is there until a sweep has tried all that it was asked for.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    holder: ClaimHolder,
    /// When this was so, RFC 3339, UTC.
    time: String,
    sweep: UnderWay,
}

impl Store {
    fn sweep_file(&self) -> std::path::PathBuf {
        self.root().join("sweep.json")
    }

    /// Keeps how far this process has come.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep_under_way(&self, sweep: &UnderWay) -> Result<()> {
        let kept = Kept { holder: ClaimHolder::this_process(), time: now(), sweep: sweep.clone() };
        write_whole(&self.sweep_file(), serde_json::to_string(&kept).expect("plain data").as_bytes())
    }

    /// Nothing is under way any more.
    pub(crate) fn nothing_under_way(&self) {
        let kept = fs_err::read_to_string(self.sweep_file()).ok().and_then(|text| serde_json::from_str(&text).ok());
        let is_others =
            kept.is_some_and(|Kept { holder, .. }| holder != ClaimHolder::this_process() && !holder.has_ended());
        if !is_others {
            drop(fs_err::remove_file(self.sweep_file()));
        }
    }

    /// How far the last sweep came, unless it tried all that it was asked for. A process that was killed could not say so itself; what
    /// was finished after its last word counts.
    pub(crate) fn under_way(&self, units: &KeptUnits) -> Option<UnderWay> {
        let text = fs_err::read_to_string(self.sweep_file()).ok()?;
        let Kept { holder, time, mut sweep } = serde_json::from_str(&text).ok()?;
        sweep.runs &= !holder.has_ended();
        let since: Vec<&UnitRecord> =
            units.iter().map(|(_, record)| record).filter(|record| record.finished >= time).collect();
        let UnderWay { left, done, .. } = &mut sweep;
        for left in left.iter_mut() {
            let is_done = |task: &String| since.iter().any(|new| new.task == *task && new.checkpoint.at() == left.at());
            let (finished, open): (Vec<String>, _) = left.tasks.iter().cloned().partition(is_done);
            *done += finished.len();
            left.tasks = open;
        }
        left.retain(|left| !left.tasks.is_empty());
        Some(sweep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_dashboards::run::CheckpointLeft;

    #[test]
    fn a_sweep_that_died_is_told_from_one_that_runs() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path()).unwrap();
        assert_eq!(store.under_way(&Vec::new()), None);
        let left = CheckpointLeft { branch: "trunk".into(), step: 3, variant: None, tasks: vec!["letters".into()] };
        let sweep = UnderWay { units: 4, done: 3, left: vec![left], runs: true, ..UnderWay::default() };
        store.keep_under_way(&sweep).unwrap();
        assert_eq!(store.under_way(&Vec::new()), Some(sweep.clone()));
        let text = fs_err::read_to_string(store.sweep_file()).unwrap();
        let (pid, other) = (format!("\"pid\":{}", std::process::id()), "\"pid\":4194305"); // above the kernel's highest
        assert!(text.contains(&pid));
        fs_err::write(store.sweep_file(), text.replace(&pid, other)).unwrap();
        assert_eq!(store.under_way(&Vec::new()), Some(UnderWay { runs: false, ..sweep }));
        store.nothing_under_way();
        assert_eq!(store.under_way(&Vec::new()), None);
    }
}
