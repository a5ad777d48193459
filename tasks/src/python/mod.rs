//! The parts of CPython that published tasks lean on: prompts are equal only if these behave as there.

mod json;
mod literal;
mod random;
mod repr;
mod text;

pub use json::{from_json, from_json_or_null};
pub(crate) use literal::literal;
pub use random::Random;
pub(crate) use repr::write_str;
#[cfg(test)]
pub(crate) use repr::write_value;
pub(crate) use text::{capitalize, is_space, lstrip, rstrip, strip};
