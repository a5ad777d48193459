//! `--only GLOB`: the units whose `branch/step/task` fits.

use globset::{Glob, GlobMatcher};

use crate::{Error, Result};

/// A choice of units by glob; without one, all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Only(Option<GlobMatcher>);

impl Only {
    /// Whether something was asked for; else every unit fits.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// The units whose `branch/step/task` fits `glob`; `*` also spans slashes, so `trunk/*` is all of the trunk.
    ///
    /// # Errors
    /// The glob is malformed.
    pub(crate) fn new(glob: Option<&str>) -> Result<Self> {
        let Some(glob) = glob else { return Ok(Self(None)) };
        let matcher = Glob::new(glob).map_err(|error| Error::Usage {
            problem: format!("--only `{glob}` is not a glob: {}", error.kind()),
            help: "it is compared with branch/step/task, such as 'trunk/*' or '*/90000/mmlu_*'".into(),
        })?;
        Ok(Self(Some(matcher.compile_matcher())))
    }

    /// Whether the unit is chosen.
    pub(crate) fn fits(&self, branch: &str, step: u64, task: &str) -> bool {
        self.0.as_ref().is_none_or(|glob| glob.is_match(format!("{branch}/{step}/{task}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Only;

    #[test]
    fn globs_choose_by_branch_step_and_task() {
        let fits = |glob: &str| Only::new(Some(glob)).unwrap().fits("anneal", 1200, "mmlu_anatomy");
        assert!(fits("anneal/*") && fits("*/mmlu_*") && fits("*/1200/*") && fits("{trunk,anneal}/1[0-9]00/*"));
        assert!(!fits("trunk/*") && !fits("anneal") && !fits("*/12/*"));
        assert!(Only::new(None).unwrap().fits("a", 1, "b"));
        assert!(Only::new(Some("[")).is_err());
    }
}
