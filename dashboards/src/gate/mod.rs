//! Is a checkpoint fit to go on? Rules with limits, each measured with its error, judged together.

mod alarms;
mod judge;
mod measure;

pub use alarms::{alarms_at, reads_log};
pub use judge::{Ask, Asked, Found, Judged, Level, Outcome, Question, Verdict, judge};
pub use measure::{drop_of, pack_drop, pack_share, score_of};
