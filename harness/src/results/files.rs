//! Files and folders: written so that a crash leaves the old one or the new one, and listed in one order everywhere.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;

/// How files begin that are being written; one whose writer was killed stays so.
pub(super) const ASIDE: &str = ".writing-";

/// Writes `bytes` beside `path`, flushes them to disk and renames them into place.
///
/// # Errors
/// The folder is missing or cannot be written, or the disk is full.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::Builder::new().prefix(ASIDE).tempfile_in(folder)?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    for_everyone(aside.as_file())?;
    aside
        .persist(path)
        .map_err(|error| std::io::Error::new(error.error.kind(), format!("{}: {}", path.display(), error.error)))?;
    // The rename itself must survive a power cut; not every file system can sync a folder, and then it does so by itself.
    if let Ok(folder) = fs_err::File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// Named files in a shared folder should be as readable as any other file, not for their owner alone.
///
/// # Errors
/// The file system refuses it.
pub(super) fn for_everyone(file: &std::fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

/// Removes what writers that were killed left in a folder in which nobody else writes.
pub(super) fn clear_aside(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(ASIDE)) {
        drop(fs_err::remove_file(entry.path()));
    }
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
