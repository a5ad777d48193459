//! The report's folder: written aside, then put in the old one's place, so that a crash leaves the old report.

use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// The file that tells a report's folder from someone's own.
const MARK: &str = "index.html";

/// A folder beside the final one, until it is whole.
pub(crate) struct Folder {
    aside: PathBuf,
    place: PathBuf,
    /// Held on the folder above, so that of two programs that write one report the second waits.
    #[expect(dead_code, reason = "held, not read")]
    lock: fs_err::File,
}

impl Folder {
    /// Begins a report that will lie at `place`.
    pub(crate) fn begin(place: &Path) -> Result<Self, Error> {
        if place.exists() && !place.join(MARK).is_file() && !is_empty(place) {
            return Err(Error::Foreign { path: place.to_owned() });
        }
        let error = |source| Error::Write { path: place.to_owned(), source };
        let above = place.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs_err::create_dir_all(above).map_err(error)?;
        let lock = fs_err::File::open(above).map_err(error)?;
        drop(lock.file().lock()); // a disk that knows no locks goes without
        let folder = Self { aside: beside(place, "new"), place: place.to_owned(), lock };
        if folder.aside.exists() {
            fs_err::remove_dir_all(&folder.aside).map_err(|source| folder.error("", source))?; // what a killed run left
        }
        fs_err::create_dir_all(&folder.aside).map_err(|source| folder.error("", source))?;
        Ok(folder)
    }

    /// Writes one file; `name` may lie in a folder of its own.
    pub(crate) fn write(&self, name: &str, contents: &str) -> Result<(), Error> {
        let path = self.aside.join(name);
        let written =
            path.parent().map_or(Ok(()), fs_err::create_dir_all).and_then(|()| fs_err::write(&path, contents));
        written.map_err(|source| self.error(name, source))
    }

    /// Puts the new report in the old one's place.
    pub(crate) fn finish(self) -> Result<PathBuf, Error> {
        let old = beside(&self.place, "old");
        let swap = || -> io::Result<()> {
            if exchanged(&self.aside, &self.place) {
                return fs_err::remove_dir_all(&self.aside);
            }
            if old.exists() {
                fs_err::remove_dir_all(&old)?;
            }
            if self.place.exists() {
                fs_err::rename(&self.place, &old)?;
            }
            fs_err::rename(&self.aside, &self.place)?;
            if old.exists() {
                fs_err::remove_dir_all(&old)?;
            }
            Ok(())
        };
        swap().map_err(|source| self.error("", source))?;
        Ok(self.place.join(MARK))
    }

    fn error(&self, name: &str, source: io::Error) -> Error {
        Error::Write { path: self.place.join(name), source }
    }
}

impl Drop for Folder {
    /// What could not be finished takes no room on a disk that may be full.
    fn drop(&mut self) {
        drop(fs_err::remove_dir_all(&self.aside));
    }
}

/// Whether both folders could change places in one step, so that whoever reads a page meanwhile finds the old one or the new one. Not
/// every file system can do that, nor is there an old one at first.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchanged(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchanged(_: &Path, _: &Path) -> bool {
    false
}

fn beside(place: &Path, word: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(place.file_name().unwrap_or("report".as_ref()));
    name.push(format!(".{word}"));
    place.with_file_name(name)
}

fn is_empty(folder: &Path) -> bool {
    fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// File names for `names`: ASCII, short, each different, whatever the names hold.
pub(crate) fn slugs<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = std::collections::HashSet::new();
    let mut slugs = Vec::new();
    for name in names {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
        let mut base: String = name.chars().map(plain).take(60).collect();
        base = base.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        if base.is_empty() {
            base = "task".into();
        }
        let mut slug = base.clone();
        let mut number = 2;
        while !taken.insert(slug.clone()) {
            slug = format!("{base}-{number}");
            number += 1;
        }
        slugs.push(slug);
    }
    slugs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain_and_different() {
        assert_eq!(slugs(["a/b", "a<b", "../..", "🦀", "A_b"]), ["a-b", "a-b-2", "task", "task-2", "a_b"]);
    }

    #[test]
    fn a_folder_that_is_no_report_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join("thesis.tex"), "years").unwrap();
        assert!(matches!(Folder::begin(dir.path()), Err(Error::Foreign { .. })));
    }

    #[test]
    fn the_old_report_stays_until_the_new_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("report");
        for text in ["first", "second"] {
            let folder = Folder::begin(&place).unwrap();
            folder.write(MARK, text).unwrap();
            if text == "second" {
                assert_eq!(fs_err::read_to_string(place.join(MARK)).unwrap(), "first");
            }
            folder.finish().unwrap();
        }
        Folder::begin(&place).unwrap().write(MARK, "never finished").unwrap();
        assert_eq!(fs_err::read_to_string(place.join(MARK)).unwrap(), "second");
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn whoever_reads_while_it_is_written_finds_a_whole_page() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("report");
        let write = |text: &str| {
            let folder = Folder::begin(&place).unwrap();
            folder.write(MARK, text).unwrap();
            folder.finish().unwrap();
        };
        write("0");
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..200).for_each(|number| write(&number.to_string())));
            while !writer.is_finished() {
                let number: usize = fs_err::read_to_string(place.join(MARK)).unwrap().parse().unwrap();
                assert!(number < 200);
            }
        });
    }
}
