//! How fast this machine is, and how much of that a model gets: what `spyglass bench` prints, as plain data.

mod checkpoint;

pub use checkpoint::write_random_checkpoint;
