//! Writing a file so that a crash leaves the old one or the new one, never half of one.

use crate::Result;
use std::io::Write;
use std::path::Path;

/// Writes `bytes` beside `path`, flushes them to disk and renames them into place.
///
/// # Errors
/// The folder is missing or cannot be written, or the disk is full.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    // Named files in a shared folder should be as readable as any other file, not for their owner alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        aside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    aside
        .persist(path)
        .map_err(|error| std::io::Error::new(error.error.kind(), format!("{}: {}", path.display(), error.error)))?;
    // The rename itself must survive a power cut; not every file system can sync a folder, and then it does so by itself.
    if let Ok(folder) = fs_err::File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}
