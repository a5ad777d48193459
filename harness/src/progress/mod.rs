//! What happens while work is done: who is told of it, and whether it is time to stop.

mod event;
mod hangup;
mod interrupt;
mod log;
mod tally;
mod traced;
mod watch;

pub(crate) use event::{Event, Finish};
pub(crate) use hangup::Hangup;
pub(crate) use interrupt::Interrupt;
pub(crate) use log::{OwnLog, all as logs, begun, keep_in as keep_log_in, process_of};
pub(crate) use tally::Tally;
pub(crate) use traced::Traced;
pub(crate) use watch::Watch;
