//! One checkpoint, one worker, as far as that goes: what two have in memory was read twice.

use crate::results::{Claim, Claimed};
use crate::sweep::plan::PlannedCheckpoint;

use super::Site;

/// What to do about a checkpoint that another worker has in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// Leave it for the end.
    Avoid,
    /// Help with its units.
    Share,
}

/// A checkpoint that is ours to read, for as long as this value lives. Its units are claimed one by one all the same.
#[derive(Debug)]
pub(super) struct Alone(Option<Claim>);

impl Alone {
    /// Asks to be alone with a checkpoint; `None` where another worker is at it and company is to be avoided. Where it cannot even be
    /// asked for, its units will say why.
    pub(super) fn ask(planned: &PlannedCheckpoint, site: &Site, company: Company) -> Option<Self> {
        if planned.is_done() {
            return Some(Self(None));
        }
        match site.claims.ask(&site.checkpoint_folder(&planned.checkpoint)) {
            Ok(Claimed::Held(_)) if company == Company::Avoid => None,
            Ok(Claimed::Ours(claim)) => Some(Self(Some(claim))),
            _ => Some(Self(None)),
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(claim) = self.0.take() {
            claim.close();
        }
    }
}
