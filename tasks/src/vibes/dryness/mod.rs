//! How dry a model's talk is: how little its words vary, how often it repeats itself, how many phrases come from stock.
//!
//! Every such measure falls or rises with the length of what is measured (Shaib et al. 2024, arXiv 2403.00553; Deshpande et al. 2025, arXiv
//! 2507.15092), so each is taken on windows of one fixed length, or per word.

mod compression;
mod measure;
mod moving;
mod said;
mod stock;

pub use measure::{Measure, Readings};
pub use said::Said;
pub(super) use stock::SHIPPED;
pub use stock::StockPhrases;
