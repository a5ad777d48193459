//! How fast this machine is, and how much of that a model gets: what `spyglass bench` and `cargo bench` measure.

mod checkpoint;
mod machine;
mod model;
mod pieces;
mod products;

#[doc(hidden)] // a prop of tests and of `cargo bench`
pub use checkpoint::write_random_checkpoint;
pub use machine::Machine;
pub use model::{Decode, Prefill, decode, prefill};
#[doc(hidden)] // likewise
pub use pieces::{MixerShape, Product, attention, mixer, product};
pub use products::{ProductSpeed, product_speeds};
