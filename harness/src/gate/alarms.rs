//! What a rule asks of alarms: silence.

use spyglass_dashboards::alarms::{Alarm, AlarmKind};
use spyglass_dashboards::gate::{self, Asked, Found, Question};
use spyglass_dashboards::run::Unit;

use super::questions::Rule;
use crate::Result;

impl Rule<'_> {
    pub(super) fn alarm(&self, kind: AlarmKind) -> Result<Question> {
        let matcher = self.spec.task.as_deref().map(|name| self.matcher("task", name)).transpose()?;
        let (here, at) = (&self.sides.here, &self.sides.here.checkpoint);
        let unseen = if gate::reads_log(kind) {
            here.run.tree.log_path(&at.branch).is_empty().then_some("its branch has no training log")
        } else {
            let fits = |unit: &&Unit| matcher.as_ref().is_none_or(|matcher| matcher.is_match(&unit.record.task));
            let mut meant = here.run.units.iter().filter(fits).peekable();
            if meant.peek().is_none() {
                Some("no such task was scored on this checkpoint")
            } else if kind == AlarmKind::PerturbedGap && !meant.any(|unit| unit.record.inputs.perturb.is_some()) {
                Some("no task was asked in another order (`perturb:`) on this checkpoint")
            } else {
                None
            }
        };
        let since = self.baseline_name().and_then(|name| self.sides.baselines.get(name)).filter(|side| {
            side.run.name == here.run.name && side.checkpoint.branch == at.branch && side.checkpoint.step < at.step
        });
        let is_meant = |alarm: &&Alarm| {
            let task = alarm.place.task.as_deref().and_then(|title| title.split(" · ").next());
            let fits = matcher.as_ref().is_none_or(|matcher| task.is_some_and(|task| matcher.is_match(task)));
            let is_new = since.is_none_or(|side| alarm.place.step.is_none_or(|step| step > side.checkpoint.step));
            alarm.kind == kind && fits && is_new
        };
        let spoke = self.sides.alarms.iter().flatten().filter(is_meant).map(|alarm| alarm.sentence.clone()).collect();
        let found = unseen.map_or(Found::Alarms(spoke), |why| Found::Nothing(why.into()));
        let name = serde_json::to_value(kind).ok().and_then(|name| Some(name.as_str()?.to_owned()));
        let name = name.expect("a kind is written as a word");
        let about = self.spec.task.as_ref().map_or(name.clone(), |task| format!("{name} of {task}"));
        Ok(self.question(Asked::Alarm, about, found))
    }
}
