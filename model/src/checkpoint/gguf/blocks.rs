//! Numbers that are stored in blocks of few bits, expanded by candle-core.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result};

/// The numbers in `bytes`, whole blocks of `kind` that begin at a multiple of four.
pub(crate) fn expand(kind: GgmlDType, bytes: &[u8]) -> Result<Vec<f32>> {
    let count = bytes.len() / kind.type_size() * kind.block_size();
    let blocks = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, kind)?;
    QTensor::new(blocks, count)?.dequantize(&Device::Cpu)?.to_vec1()
}
