//! How fast this machine is, and how much of that a model gets: what `spyglass bench` prints, as plain data.

mod checkpoint;
mod machine;
mod model;

pub use checkpoint::write_random_checkpoint;
pub use machine::Machine;
pub use model::{Decode, Prefill, decode, prefill};
