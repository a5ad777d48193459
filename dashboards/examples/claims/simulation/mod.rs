//! Made-up runs with known truth, and a judge of all that a page says of them.

mod build;
mod cells;
mod draw;
mod judge;
mod logs;
mod made;
mod scenarios;
mod tally;
mod truth;
mod vibes;

pub(crate) use scenarios::{ALL, Kind, Scenario};
pub(crate) use tally::{Place, Tally};

use rayon::prelude::*;
use spyglass_dashboards::findings::findings;
use tally::Page;

/// Makes `pages` runs of a scenario, analyses them as the report does, and judges what is said.
pub(crate) fn simulate(scenario: &Scenario, size: (usize, usize), pages: u64) -> Tally {
    let page = |number| {
        let (run, truth) = build::build(scenario, size, number);
        let found = findings(&run);
        let mut page = Page::default();
        judge::sentences(&mut page, &run, &found, &truth);
        judge::alarms(&mut page, &found, &truth);
        judge::notes(&mut page, &found, &truth);
        judge::intervals(&mut page, &run, &found, &truth);
        cells::table(&mut page, &run, &found, &truth);
        vibes::stories(&mut page, &run, &truth);
        Tally::of(page)
    };
    (0..pages).into_par_iter().map(page).reduce(Tally::default, Tally::merge)
}
