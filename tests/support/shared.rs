//! Reference data that lie in `shared` beside the checkout: too large for it, or other people's texts.

use std::io::Write;
use std::path::{Path, PathBuf};

/// `../shared/WHAT`; `None`, said aloud, where it is not there. With `SPYGLASS_REQUIRE_SHARED=1` that fails the test.
#[expect(clippy::explicit_write, reason = "a skipped test says so, and the macro is silent where a test passes")]
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(what);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("SPYGLASS_REQUIRE_SHARED").is_ok_and(|value| value != "0");
    assert!(!required, "../shared/{what} is not there, and SPYGLASS_REQUIRE_SHARED asks for it");
    writeln!(std::io::stderr(), "skipped: ../shared/{what} is not there").expect("stderr takes a line");
    None
}
