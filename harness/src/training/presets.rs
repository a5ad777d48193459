//! Schedules of public runs, by name.

use std::sync::LazyLock;

use serde::Deserialize;
use spyglass_tasks::yaml;

use super::schedule::Fault;
use super::spec::{TrainingMap, TrainingSpec};

/// The schedule of a public run, as its authors tell it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preset {
    /// What the run file calls it.
    pub(crate) name: String,
    /// Where the checkpoints lie on the hub.
    pub(crate) of: Vec<String>,
    /// Who says so.
    pub(crate) source: String,
    /// How its checkpoints are named.
    pub(crate) pattern: String,
    /// What `{index}` stands for where the pattern numbers them, as a run file writes it.
    pub(crate) index: Option<String>,
    /// The schedule.
    pub(crate) training: TrainingSpec,
}

/// A preset as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    of: Vec<String>,
    source: String,
    pattern: String,
    index: Option<String>,
    training: TrainingMap,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let written: Vec<Written> =
        yaml::parse("presets.yaml", include_str!("presets.yaml")).expect("a test reads the shipped file");
    let of = |own: Written| {
        let Written { name, of, source, pattern, index, training } = own;
        Preset { name, of, source, pattern, index, training: training.into() }
    };
    written.into_iter().map(of).collect()
});

/// All schedules that are shipped.
pub(crate) fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The schedule of that name.
///
/// # Errors
/// There is none; the nearest and the list are named.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Fault> {
    presets().iter().find(|preset| preset.name == name).ok_or_else(|| {
        let names = || presets().iter().map(|preset| preset.name.as_str());
        let nearest = spyglass_tasks::nearest(name, names());
        let known = names().collect::<Vec<_>>().join(", ");
        let mean = nearest.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`? "));
        (
            format!("no schedule is known as `{name}`"),
            format!("{mean}known are {known}; or write `tokens_per_step:` and `learning_rate:`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::schedule::Schedule;
    use super::*;
    use spyglass_dashboards::analysis::lr_phases;
    use spyglass_dashboards::run::Phase;

    #[test]
    fn every_preset_is_a_schedule_with_a_source() {
        for preset in presets() {
            let spec = TrainingSpec { preset: Some(preset.name.clone()), ..TrainingSpec::default() };
            let schedule = Schedule::of(&spec).unwrap_or_else(|fault| panic!("{}: {fault:?}", preset.name));
            let end = schedule.end().unwrap_or_else(|| panic!("{} has no end", preset.name));
            let mut log = Vec::new();
            schedule.fill(&mut log, 0, end, std::iter::empty());
            let rates: Vec<_> = log.into_iter().filter_map(|entry| Some((entry.step, entry.learning_rate?))).collect();
            assert_eq!(lr_phases(&rates).first().map(|phase| phase.0), Some(Phase::Warmup), "{}", preset.name);
            assert!(!preset.source.is_empty() && !preset.of.is_empty(), "{}", preset.name);
            let pattern = crate::checkpoint::Pattern::new(&preset.pattern).unwrap();
            assert_eq!(pattern.tells_indices(), preset.index.is_some(), "{}", preset.name);
        }
    }

    #[test]
    fn published_rates_come_out() {
        // (schedule, step, tokens, rate)
        let told = [
            ("pythia-160m", 143_000, 299_892_736_000, 6e-5),
            ("pythia-70m", 1_430, 2_998_927_360, 1e-3),
            // Stage 2 of OLMo 2 1B begins where stage 1 stopped: 7.45e-5 at 4 T tokens (its configuration says so).
            // Halfway down the cosine, between peak and floor.
            ("olmo-1b", 370_664, 1_554_677_497_856, 2.2e-4),
            ("olmo-7b-0724", 2_500, 10_485_760_000, 3e-4),
            ("olmo2-1b", 1_907_359, 4_000_021_741_568, 7.4487e-5),
            // And that of the 7B at 3.9 T with 6.15e-5.
            ("olmo2-7b", 928_646, 3_895_023_632_384, 6.15e-5),
            ("smollm2-135m", 1_600_000, 1_677_721_600_000, 3e-3),
            ("smollm2-135m", 2_000_000, 2_097_152_000_000, 0.0),
        ];
        for (name, step, tokens, rate) in told {
            let spec = TrainingSpec { preset: Some(name.into()), ..TrainingSpec::default() };
            let schedule = Schedule::of(&spec).unwrap();
            let found = schedule.rate_at(step).unwrap();
            assert_eq!(schedule.tokens_at(step), tokens, "{name}");
            assert!((found - rate).abs() <= 3e-3 * rate.max(1e-12), "{name} at {step}: {found:e} is not {rate:e}");
        }
    }
}
