//! What another arithmetic costs the next token, checkpoint by checkpoint.

use std::ops::ControlFlow;
use std::path::Path;

use spyglass_dashboards::run::Checkpoint;
use spyglass_model::shifts;

use super::key::key;
use super::texts::{Texts, TextsOnce};
use crate::checkpoint::Settings;
use crate::executor::Site;
use crate::hub::Talk;
use crate::progress::{Event, Finish};
use crate::results::{FailureScope, Price, PriceLine, Store, now};
use crate::run_file::PrecisionSpec;
use crate::sweep::plan::PlannedCheckpoint;
use crate::{Error, Result};

/// How measuring ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Priced {
    /// Checkpoints whose price could not be measured.
    pub(crate) failed: usize,
    /// It was stopped before all was measured.
    pub(crate) interrupted: bool,
}

/// Measures what `after` costs each checkpoint that was scored and not measured yet. One that lies on the hub is brought for it.
///
/// # Errors
/// The folder of results cannot be read or written. A checkpoint that cannot be measured is told, noted beside the prices, and passed over.
pub(crate) fn measure_prices(site: &Site, after: PrecisionSpec) -> Result<Priced> {
    let store = site.store.in_precision(after)?;
    let (known, mut priced) = (store.prices(), Priced::default());
    let mut pass = Pass { site, after, texts: TextsOnce::new(&site.work, site.capacity.scorer.state_memory) };
    let memory = pass.texts.memory;
    // What was never scored has no price: a search for onsets spares it, or its failure is told already.
    let scored = site.plan()?.checkpoints.into_iter().filter_map(|planned| {
        let key = key(&site.work, planned.identity.as_ref()?, after);
        let is_known = known.iter().any(|line| line.holds(planned.checkpoint.at(), &key, memory));
        (!is_known).then_some((planned, key))
    });
    let left: Vec<(PlannedCheckpoint, String)> = scored.collect();
    // Of a checkpoint that is yet to be brought the texts are those of the others, as far as anybody can tell.
    let texts = left.iter().find_map(|(planned, _)| pass.texts.of(planned).ok());
    let each = texts.map_or(0, |texts| texts.roomy.requests.len());
    site.watch.tell(&Event::Planned { units: left.len(), items: each * left.len() });
    for (planned, key) in left {
        if site.watch.interrupt.is_set() {
            return Ok(Priced { interrupted: true, ..priced });
        }
        let measured = pass.measure(&planned);
        // What was measured is kept, whenever the stop came; what failed may have failed because of it.
        let is_stopped = match &measured {
            Ok(price) => price.is_none(),
            Err(_) => site.watch.interrupt.is_set(),
        };
        if is_stopped {
            return Ok(Priced { interrupted: true, ..priced });
        }
        priced.failed += usize::from(measured.is_err());
        pass.keep(&store, (&planned.checkpoint, key), measured, each)?;
    }
    Ok(priced)
}

/// One pass over the checkpoints.
struct Pass<'s> {
    site: &'s Site,
    after: PrecisionSpec,
    texts: TextsOnce<'s>,
}

/// A price, and the tasks of which some text was left out.
type Measured = (Price, Vec<String>);

impl Pass<'_> {
    /// The price of one checkpoint; `None` where it was stopped.
    fn measure(&mut self, planned: &PlannedCheckpoint) -> Result<Option<Measured>> {
        let (watch, mut held) = (&self.site.watch, None);
        if let Some(pinned) = planned.pinned() {
            watch.tell(&Event::Fetching(planned.checkpoint.clone()));
            let talk = Talk { tell: &|text| watch.tell(&Event::Note(text.into())), stop: &|| watch.interrupt.is_set() };
            held = self.site.fetcher()?.bring(&pinned, self.site.work.keeps(&planned.checkpoint), talk)?;
            if held.is_none() {
                return Ok(None);
            }
        }
        let texts = self.texts.of(planned)?;
        let measured = match self.compare(&planned.folder, &texts) {
            Err(error) if error.is_interrupt() => return Ok(None),
            other => other?,
        };
        drop(held);
        let left_out = texts.roomy.left_out.clone();
        match measured {
            Some(price) => Ok(Some((price, left_out))),
            None => Err(no_texts(&planned.folder, &left_out)),
        }
    }

    fn compare(&self, folder: &Path, texts: &Texts) -> Result<Option<Price>> {
        let requests = &texts.roomy.requests;
        if requests.is_empty() {
            return Ok(None); // before anything is read
        }
        let (settings, watch) = (&self.site.work.settings, &self.site.watch);
        let rounded = Settings { precision: self.after, ..settings.clone() };
        let models = [settings.open_model(folder, &watch.interrupt)?, rounded.open_model(folder, &watch.interrupt)?];
        let told = |tokens, items| -> ControlFlow<()> {
            watch.tell(&Event::Scored { items, tokens });
            watch.interrupt.flow()
        };
        Ok(Price::of(&shifts([&models[0], &models[1]], requests, self.texts.memory, told)?))
    }

    /// Keeps what was measured of a checkpoint, or why nothing was, and tells it.
    fn keep(
        &self,
        store: &Store,
        of: (&Checkpoint, String),
        measured: Result<Option<Measured>>,
        items: usize,
    ) -> Result<()> {
        let (checkpoint, key) = of;
        let task = format!("next tokens in {}", self.after.name());
        let (price, problem, left_out) = match measured {
            Ok(measured) => {
                let (price, left_out) = measured.unzip();
                let score = price.as_ref().map(|price: &Price| ("KL".to_owned(), price.divergence));
                let (finish, checkpoint) = (Finish::Here, checkpoint.clone());
                self.site.watch.tell(&Event::Finished { finish, checkpoint, task, score });
                (price, None, left_out.unwrap_or_default())
            }
            Err(error) => {
                let failure = FailureScope::Unit(checkpoint, &task).failure(error.in_full(), now());
                self.site.watch.tell(&Event::Failed { failure, units: 1, items });
                (None, Some(error.to_string()), Vec::new())
            }
        };
        if !left_out.is_empty() {
            self.site.watch.tell(&Event::Note(format!(
                "{}: texts of {} leave more behind in both models together than `--state-memory` gives, and were left out",
                crate::sweep::plan::checkpoint_name(checkpoint),
                left_out.join(", ")
            )));
        }
        let left_out = (!left_out.is_empty()).then_some((left_out, self.texts.memory));
        let Checkpoint { branch, step, variant, .. } = checkpoint.clone();
        store.keep_price(PriceLine { branch, step, variant, key, price, problem, left_out })
    }
}

/// Why a checkpoint has no text to compare before.
fn no_texts(folder: &Path, left_out: &[String]) -> Error {
    let folder = folder.to_path_buf();
    if left_out.is_empty() {
        return Error::Checkpoint {
            folder,
            problem: "no task of the run has a right answer whose tokens could be compared".into(),
            help: "ask a task of choices or of log-likelihoods, too".into(),
        };
    }
    Error::Checkpoint {
        folder,
        problem: format!(
            "texts of {} leave more behind in both models together than states may take",
            left_out.join(", ")
        ),
        help: "give more with `--state-memory`, or leave these lengths out".into(),
    }
}
