//! Where a checkpoint lies: as results keep it, relative to the run's folder, so that both may move together; and as a folder.

use std::path::{Path, PathBuf};

use spyglass_dashboards::run::Checkpoint;

/// A folder as results keep it. One that does not lie below `base` stays as it is.
pub(super) fn location(folder: &Path, base: &Path) -> String {
    folder.strip_prefix(base).unwrap_or(folder).display().to_string()
}

/// The folder of a checkpoint on disk.
pub(crate) fn folder_on_disk(checkpoint: &Checkpoint, base: &Path) -> PathBuf {
    base.join(&checkpoint.location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_again_where_it_was() {
        for (folder, kept) in [("/runs/a/step-5", "a/step-5"), ("/elsewhere/step-5", "/elsewhere/step-5")] {
            let (folder, base) = (Path::new(folder), Path::new("/runs"));
            let location = location(folder, base);
            assert_eq!(location, kept);
            let at = Checkpoint {
                location,
                branch: "trunk".into(),
                step: 5,
                variant: None,
                tokens: 50,
                learning_rate: None,
            };
            assert_eq!(folder_on_disk(&at, base), folder);
        }
    }
}
