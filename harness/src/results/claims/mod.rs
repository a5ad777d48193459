//! Claims: of several sweeps and workers on one results folder, each unit is scored by one.
//!
//! Nothing here asks for locks or for clocks that agree, so that it holds on network disks. A claim is a numbered file that appears
//! whole (it is linked into place); the highest number is the one that holds. Whoever finds that claim given back or dead makes the
//! next number, which only one can, and nobody ever removes the claim that holds but its own holder. Its heart adds a byte now and
//! then; an observer takes a claim for dead when he himself, by his own watch, has seen no change for the time of a lease.

mod claim;
mod file;
mod heart;
mod holder;
mod observer;

pub(crate) use claim::Claim;
pub(crate) use heart::Heart;
pub(crate) use holder::ClaimHolder;
pub(crate) use observer::{Claimed, Claims};
