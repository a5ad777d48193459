//! A small part of `examples/claims`: what the page says of made-up runs is true, and what is true is said.
//!
//! Draws are seeded, so this cannot fail by chance; it fails where a gate or a correction is taken away.

#[path = "../examples/claims/simulation/mod.rs"]
mod simulation;

use simulation::{ALL, Kind, Place, Scenario, Tally, simulate};
use std::collections::BTreeSet;

/// Sizes that take long are left to the example.
const LARGEST: usize = 20 * 200;

/// Every scenario of a kind with all its small sizes.
fn simulated(kind: Kind, pages: u64) -> Vec<(&'static Scenario, Tally)> {
    let of = |scenario: &'static Scenario| {
        let small = scenario.sizes.iter().filter(|size| size.0 * size.1 <= LARGEST);
        (scenario, small.map(|size| simulate(scenario, *size, pages)).fold(Tally::default(), Tally::merge))
    };
    ALL.iter().filter(|scenario| scenario.kind == kind).map(of).filter(|(_, tally)| tally.pages > 0).collect()
}

fn whole(cells: &[(&Scenario, Tally)]) -> Tally {
    cells.iter().map(|(_, tally)| tally.clone()).fold(Tally::default(), Tally::merge)
}

/// A sentence that the judge does not know is one that nobody has judged.
fn unjudged(tally: &Tally) -> BTreeSet<&str> {
    tally.claims.keys().map(|(_, name)| name.as_str()).filter(|name| name.starts_with("unjudged")).collect()
}

fn untrue(tally: &Tally) -> Vec<(Place, &str, usize)> {
    let wrong = tally.claims.iter().filter(|(_, count)| count.untrue_pages > 0);
    wrong.map(|((place, name), count)| (*place, name.as_str(), count.untrue_pages)).collect()
}

#[test]
fn of_runs_that_learned_nothing_nothing_untrue_is_said() {
    let cells = simulated(Kind::Null, 10);
    let all = whole(&cells);
    assert!(all.pages > 250);
    assert_eq!(unjudged(&all), BTreeSet::new(), "{:?}", all.samples);
    assert!(all.untrue_share() <= 0.05, "{} of {} pages: {:?}", all.untrue, all.pages, untrue(&all));
    assert!(all.untrue_cells * 20 <= all.pages, "{} of {} tables: {:?}", all.untrue_cells, all.pages, untrue(&all));
    for (scenario, tally) in &cells {
        assert!(tally.untrue_share() <= 0.1, "{}: {:?} {:?}", scenario.name, untrue(tally), tally.samples);
    }
}

#[test]
fn of_known_runs_what_is_said_is_true_and_what_is_true_is_said() {
    let cells = simulated(Kind::Known, 6);
    let all = whole(&cells);
    assert_eq!(unjudged(&all), BTreeSet::new(), "{:?}", all.samples);
    for (scenario, tally) in &cells {
        let is_rare = tally.untrue <= 1 || tally.untrue_share() <= 0.1; // one of so few pages is no rate
        assert!(is_rare, "{}: {:?} {:?}", scenario.name, untrue(tally), tally.samples);
    }
    assert!(all.untrue_share() <= 0.05, "{} of {} pages: {:?}", all.untrue, all.pages, untrue(&all));
    for scenario in ALL {
        let most = scenario.sizes.last().expect("a scenario has sizes");
        let tally = simulate(scenario, *most, if scenario.wanted.is_empty() { 0 } else { 3 });
        for (name, times) in scenario.wanted {
            let said = tally.per_page(name);
            assert!(said >= 0.6 * times, "{}: `{name}` is true and said {said} times a page", scenario.name);
        }
    }
    for (name, count) in &all.covered {
        // What is said was chosen for being large, so a little less of it holds the truth.
        let least = if name.contains("said") { 0.9 } else { 0.93 };
        assert!(count.share() >= least, "{name}: {:.3} of {} intervals hold the truth", count.share(), count.made);
    }
}
