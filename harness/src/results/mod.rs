//! The results folder: immutable files, written aside, flushed and renamed.

mod claim;
mod failures;
mod files;
mod gather;
mod hashes;
mod key;
mod ratings;
mod record;
mod side;
mod slug;
mod snapshot;
mod texts;
mod transcripts;
mod unit;

pub use claim::{Claim, ClaimHolder, Claimed};
pub use failures::FailureScope;
pub use files::write_whole;
pub(crate) use files::{entries, subfolders};
pub use gather::{Gathered, gather, gather_some, report_folder};
pub use hashes::Hashes;
pub use key::{PACK_VERSION, SCORING_VERSION, unit_key};
pub(crate) use record::{new_record, now};
pub use side::{Side, split_name};
pub use slug::slug;
pub use snapshot::Snapshot;
pub use transcripts::is_pack;
pub use unit::{CHUNK_ITEMS, KeptUnits, Store, UnitFolder, UnitPlace};
