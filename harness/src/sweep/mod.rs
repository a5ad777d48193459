//! A sweep: what it works on, the plan of its units, the search for onsets, and the whole from plan to report.

mod input;
mod live;
mod only;
pub(crate) mod plan;
mod price;
mod run;
mod search;

pub(crate) use input::{Overrides, Work};
pub(crate) use only::Only;
pub(crate) use price::{PriceEstimate, Priced, estimate_prices, measure_prices};
pub(crate) use run::{keep_snapshot, reopen, snapshot_of};
pub(crate) use run::{score, sweep, work};
pub(crate) use search::{at_most, next_of_search, search};
