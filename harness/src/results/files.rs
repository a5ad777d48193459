//! Files and folders: written so that a crash leaves the old one or the new one, and listed in one order everywhere.

use std::io::{Read, Seek, SeekFrom, Write};
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
    // What is written aside has a name of its own, which tells nobody anything.
    let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut aside = tempfile::Builder::new().prefix(ASIDE).tempfile_in(folder).map_err(named)?;
    aside.as_file_mut().write_all(bytes).and_then(|()| aside.as_file().sync_all()).map_err(named)?;
    for_everyone(aside.as_file()).map_err(named)?;
    aside.persist(path).map_err(|error| named(error.error))?;
    // The rename itself must survive a power cut; not every file system can sync a folder, and then it does so by itself.
    if let Ok(folder) = fs_err::File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// Where the lines of a file end: behind the last line break, or behind a last line of JSON that wants only that. What a crash left
/// of a line is no JSON.
fn end_of_lines(bytes: &[u8]) -> usize {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes[end..]).is_ok();
    if is_whole { bytes.len() } else { end }
}

/// Waits for our turn at a file. A disk that knows no locks goes without: then two writers in the same instant may cost a line.
pub(crate) fn in_turn(file: &fs_err::File) {
    drop(file.file().lock());
}

/// Adds a line to a file of lines and flushes it to disk. What a crash left of a line at the end is no line, and goes.
///
/// # Errors
/// The file cannot be written, or the disk is full: then nothing of the line stays.
pub(crate) fn append_line(path: &Path, line: &str) -> Result<()> {
    path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
    let mut file = fs_err::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    in_turn(&file);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = end_of_lines(&bytes);
    let (whole, gap) = (end as u64, if end > 0 && bytes[end - 1] != b'\n' { "\n" } else { "" });
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let written = file.write_all(format!("{gap}{line}\n").as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        drop(file.set_len(whole));
    }
    Ok(written?)
}

/// The text of a file of lines, up to its last whole one: another process may be adding the next.
///
/// # Errors
/// It cannot be read, or is no text.
pub(crate) fn whole_lines(path: &Path) -> Result<String> {
    let mut bytes = fs_err::read(path)?;
    bytes.truncate(end_of_lines(&bytes));
    let why = || std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{}: is no UTF-8 text", path.display()));
    Ok(String::from_utf8(bytes).map_err(|_| why())?)
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
