//! The results folder: immutable files, written aside, flushed and renamed.

mod claims;
mod failures;
mod files;
mod gather;
mod hashes;
mod key;
mod notes;
mod prices;
mod ratings;
mod record;
mod report;
mod seal;
mod side;
mod slug;
mod snapshot;
mod texts;
mod transcripts;
mod under_way;
mod unit;

pub(crate) use claims::{Claim, ClaimHolder, Claimed, Claims, Heart};
pub(crate) use failures::FailureScope;
pub(crate) use files::write_whole;
pub(crate) use files::{append_line, entries, in_turn, subfolders, whole_lines};
pub use gather::gather;
pub(crate) use gather::{Gathered, gather_some};
pub(crate) use hashes::Hashes;
pub(crate) use key::{PACK_VERSION, SCORING_VERSION, unit_key};
pub(crate) use prices::{Price, PriceLine, rounded_runs};
pub(crate) use record::{new_record, now};
pub(crate) use report::{Rewritten, report_folder, rewrite_report, rewrite_report_of};
pub(crate) use side::{Side, is_run, split_name};
pub(crate) use slug::slug;
pub(crate) use snapshot::Snapshot;
pub(crate) use transcripts::is_pack;
pub use unit::Store;
pub(crate) use unit::{CHUNK_ITEMS, KeptUnits, UnitFolder, UnitPlace};
