//! Tests of `presets`.

use spyglass_dashboards::analysis::lr_phases;
use spyglass_dashboards::run::Phase;

use super::super::schedule::Schedule;
use super::*;

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
        ("amber", 2_000, 9_175_040_000, 3e-4),
        ("amber", 274_320, 1_258_448_486_400, 3e-5),
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
