//! The files of a folder as they are now, to see whether somebody is still writing them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Names, sizes and times of all files below a folder, or of the one file that a checkpoint is, in order of name. Files that come and go
/// while they are looked at are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Files {
    pub(super) fn of(checkpoint: &Path) -> Self {
        let mut files = Vec::new();
        let mut todo = vec![checkpoint.to_path_buf()];
        while let Some(path) = todo.pop() {
            let Ok(metadata) = fs_err::metadata(&path) else { continue };
            if metadata.is_dir() {
                todo.extend(fs_err::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            } else {
                files.push((path, metadata.len(), metadata.modified().ok()));
            }
        }
        files.sort();
        Self(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_file_is_seen_within_a_folder_and_as_a_checkpoint_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("model-5.gguf");
        fs_err::write(&file, "GG").unwrap();
        for checkpoint in [dir.path(), &file] {
            let before = Files::of(checkpoint);
            assert_eq!(before, Files::of(checkpoint));
            fs_err::write(&file, fs_err::read(&file).unwrap().repeat(2)).unwrap();
            assert_ne!(before, Files::of(checkpoint));
        }
    }
}
