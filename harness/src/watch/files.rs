//! The files of a folder as they are now, to see whether somebody is still writing them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Names, sizes and times of all files below a folder, in order of name. Files that come and go while it is looked at are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Files {
    pub(super) fn of(folder: &Path) -> Self {
        let mut files = Vec::new();
        let mut todo = vec![folder.to_path_buf()];
        while let Some(at) = todo.pop() {
            let Ok(entries) = fs_err::read_dir(&at) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                let Ok(metadata) = fs_err::metadata(&path) else { continue };
                if metadata.is_dir() {
                    todo.push(path);
                } else {
                    files.push((path, metadata.len(), metadata.modified().ok()));
                }
            }
        }
        files.sort();
        Self(files)
    }
}
