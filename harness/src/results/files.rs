//! Files and folders: written so that a crash leaves the old one or the new one, and listed in one order everywhere.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;

/// Writes `bytes` beside `path`, flushes them to disk and renames them into place.
///
/// # Errors
/// The folder is missing or cannot be written, or the disk is full.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What is written aside has a name of its own, which tells nobody anything.
    let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut aside = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(named)?;
    aside.as_file_mut().write_all(bytes).and_then(|()| aside.as_file().sync_all()).map_err(named)?;
    // Named files in a shared folder should be as readable as any other file, not for their owner alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        aside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    aside.persist(path).map_err(|error| named(error.error))?;
    // The rename itself must survive a power cut; not every file system can sync a folder, and then it does so by itself.
    if let Ok(folder) = fs_err::File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// What lies in a folder, by name; hidden files are passed over.
///
/// # Errors
/// It cannot be listed.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        paths.extend((!is_hidden).then(|| entry.path()));
    }
    paths.sort();
    Ok(paths)
}

/// The folders of [`entries`].
///
/// # Errors
/// It cannot be listed.
pub(crate) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}
