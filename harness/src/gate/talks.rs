//! What a rule asks of conversations: a pack's passes, a persona's hold.

use spyglass_dashboards::analysis::{Bound, Measured};
use spyglass_dashboards::gate::{self, Asked, Found, Question};
use spyglass_dashboards::run::PackUnit;

use super::questions::Rule;
use crate::Result;

impl Rule<'_> {
    pub(super) fn packs(&self, name: &str) -> Result<Vec<Question>> {
        let matcher = self.matcher("pack", name)?;
        let packs = self.sides.here.run.packs.iter().filter(|pack| matcher.is_match(&pack.record.task));
        let packs: Vec<&PackUnit> = packs.collect();
        let asked = if self.spec.max_drop.is_some() { Asked::Drop } else { Asked::Score };
        if packs.is_empty() {
            let why = "its conversations were not held with this checkpoint: sweep it, then ask again";
            return Ok(vec![self.question(asked, name.to_owned(), Found::Nothing(why.into()))]);
        }
        packs.iter().map(|pack| self.pack(pack, asked)).collect()
    }

    fn pack(&self, pack: &PackUnit, asked: Asked) -> Result<Question> {
        let name = &pack.record.task;
        let (found, bound, why) = if let Some(limit) = self.spec.max_drop {
            let before = self.baseline()?.run.packs.iter().find(|own| own.record.task == *name);
            let found = before.and_then(|before| gate::pack_drop(&before.transcripts, &pack.transcripts));
            (found, Bound::AtMost(limit), "the baseline has no prompts in common with it")
        } else {
            let limit = self.spec.min_score.unwrap_or_default();
            (gate::pack_share(&pack.transcripts, None), Bound::AtLeast(limit), "none of its prompts is checked")
        };
        Ok(counted(self.question(asked, name.clone(), Found::Nothing(why.into())), found, bound))
    }

    pub(super) fn persona(&self, name: &str) -> Result<Question> {
        let (pack, prompt) = name.split_once('/').map_or((name, None), |(pack, prompt)| (pack, Some(prompt)));
        self.matcher("persona", pack)?;
        let unit = self.sides.here.run.packs.iter().find(|own| own.record.task == pack);
        let held = unit.map(|unit| gate::pack_share(&unit.transcripts, Some(prompt)));
        let why = match &held {
            None => "its conversations were not held with this checkpoint: sweep it, then ask again",
            Some(_) => "no conversation of it has a persona",
        };
        let bound = Bound::AtLeast(self.spec.min_score.unwrap_or_default());
        let question = self.question(Asked::Persona, name.to_owned(), Found::Nothing(why.into()));
        Ok(counted(question, held.flatten(), bound))
    }
}

/// The question with what was counted, if anything was.
fn counted(mut question: Question, found: Option<(Measured, usize)>, bound: Bound) -> Question {
    if let Some((measured, count)) = found {
        (question.ask.items, question.found) = (Some(count), Found::Number(measured, bound));
    }
    question
}
