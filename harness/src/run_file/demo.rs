//! The pilot run that is part of the program: a small but real training run, with its checkpoints and tasks.

use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

use crate::results::write_whole;
use crate::{Error, Result};

static PILOT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../tests/pilot");

/// What belongs to a run; the rest of the folder tells how the pilot was made.
fn belongs_to_the_run(path: &Path) -> bool {
    let made = path.extension().is_some_and(|end| end == "py") || path.starts_with("results");
    !made && !path.components().any(|part| part.as_os_str() == "__pycache__")
}

/// Unpacks the pilot run into `folder` and returns its run file. Files that lie there already and are the same stay untouched,
/// so that what was remembered of them still holds.
///
/// # Errors
/// The folder cannot be written, or holds something else.
pub(crate) fn unpack(folder: &Path) -> Result<PathBuf> {
    let run = folder.join("run.yaml");
    let foreign = || fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if !run.is_file() && foreign() {
        return Err(Error::Usage {
            problem: format!("{} holds something else than the demo", folder.display()),
            help: "name a new or an empty folder with --out".into(),
        });
    }
    let mut todo: Vec<&DirEntry<'_>> =
        PILOT.entries().iter().filter(|entry| belongs_to_the_run(entry.path())).collect();
    // run.yaml comes last: a folder that has it is whole.
    todo.sort_by_key(|entry| entry.path() != Path::new("run.yaml"));
    while let Some(entry) = todo.pop() {
        let place = folder.join(entry.path());
        match entry {
            DirEntry::Dir(inner) => {
                fs_err::create_dir_all(&place)?;
                todo.extend(inner.entries().iter().filter(|entry| belongs_to_the_run(entry.path())));
            }
            DirEntry::File(file) => {
                if fs_err::read(&place).ok().as_deref() != Some(file.contents()) {
                    write_whole(&place, file.contents())?;
                }
            }
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_unpacked_whole_and_only_over_itself() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("demo");
        fs_err::create_dir(&out).unwrap();
        let run = crate::run_file::RunFile::read(&unpack(&out).unwrap()).unwrap();
        let found = crate::checkpoint::discover_tree(&run).unwrap();
        assert!(found.tree.branches.len() > 1);
        let file = out.join("run.yaml");
        let before = fs_err::metadata(&file).unwrap().modified().unwrap();
        unpack(&out).unwrap();
        assert_eq!(fs_err::metadata(&file).unwrap().modified().unwrap(), before);
        fs_err::write(dir.path().join("thesis.tex"), "years").unwrap();
        assert!(unpack(dir.path()).is_err());
    }
}
