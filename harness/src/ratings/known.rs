//! Whether what a rating speaks of is there.

use spyglass_dashboards::run::{Rating, Run};

use crate::Result;
use crate::results::{Snapshot, Store, gather_some, is_pack};

/// What was said in a run, and at which checkpoints.
#[derive(Debug)]
pub(crate) struct Known(Run);

impl Known {
    /// Reads the conversations in the results.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn read(store: &Store, snapshot: Snapshot) -> Result<Self> {
        Ok(Self(gather_some(store, snapshot, is_pack)?.run))
    }

    /// The first thing that the rating names and the results do not know.
    pub(crate) fn missing(&self, rating: &Rating) -> Option<String> {
        for place in rating.places() {
            let Some(branch) = self.0.tree.branch(&place.branch) else {
                return Some(format!("branch `{}`", place.branch));
            };
            if !branch.checkpoints.iter().any(|c| c.step == place.step && c.variant == place.variant) {
                let variant = place.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
                return Some(format!("step {}{variant} of branch `{}`", place.step, place.branch));
            }
        }
        let talks = || self.0.packs.iter().flat_map(|pack| pack.transcripts.iter());
        if !talks().any(|talk| talk.pack == rating.pack) {
            return Some(format!("pack `{}`", rating.pack));
        }
        let of_prompt = || talks().filter(|talk| talk.pack == rating.pack && talk.prompt == rating.prompt);
        if of_prompt().next().is_none() {
            return Some(format!("prompt `{}` of pack `{}`", rating.prompt, rating.pack));
        }
        if !of_prompt().any(|talk| talk.variables == rating.variables) {
            let variables = serde_json::Value::Object(rating.variables.clone());
            return Some(format!("the variables {variables} of prompt `{}/{}`", rating.pack, rating.prompt));
        }
        None
    }
}
