//! Numbers of chance, for resampling and for tests that simulate: the same on every machine.

/// Uniform in [0, 1), by xorshift from a seed.
pub(crate) fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}
