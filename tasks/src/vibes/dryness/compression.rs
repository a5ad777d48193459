//! How far a text can be squeezed.

use flate2::{Compress, Compression, FlushCompress, Status};

/// Bytes over bytes after deflate (RFC 1951, level 9, without header), of every `stride`th window: where it begins, and its ratio.
///
/// At this level the compressor's search does not depend on the machine. Empty where there are fewer bytes than a window.
pub(super) fn ratios(bytes: &[u8], window: usize, stride: usize) -> Vec<(usize, f64)> {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut squeezed = vec![0; 2 * window + 64]; // more than any text of that length becomes
    let mut ratio = |text: &[u8]| {
        deflate.reset();
        let status = deflate.compress(text, &mut squeezed, FlushCompress::Finish);
        debug_assert!(matches!(status, Ok(Status::StreamEnd)), "the buffer holds whatever comes of it");
        text.len() as f64 / deflate.total_out().max(1) as f64
    };
    bytes.windows(window).enumerate().step_by(stride).map(|(at, text)| (at, ratio(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_squeezed_and_windows_do_not_know_of_each_other() {
        let loops = b"arr matey ".repeat(100);
        let found = ratios(&loops, 500, 100);
        assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 100, 200, 300, 400, 500]);
        assert!(found.iter().all(|(_, ratio)| *ratio > 20.0 && (ratio - found[0].1).abs() < 1e-12), "{found:?}");
        assert!(ratios(&loops[..499], 500, 100).is_empty());
    }
}
