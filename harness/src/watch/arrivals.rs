//! Word from the system that files came (inotify): where it gives any, the next look need not wait for its time. A network disk tells
//! only of what this machine writes, another system nothing: there the looks in turn are all there is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folders in which new files are told of.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    events: Option<system::Events>,
    known: BTreeMap<PathBuf, i32>,
}

impl Arrivals {
    pub(super) fn new() -> Self {
        Self { events: system::Events::open(), known: BTreeMap::new() }
    }

    /// Listens in these folders, or in what there is above them, and in no others.
    pub(super) fn listen(&mut self, folders: impl IntoIterator<Item = PathBuf>) {
        let Some(events) = &self.events else { return };
        let there = folders
            .into_iter()
            .map(|folder| folder.ancestors().map(here).find(|above| above.is_dir()).map(Path::to_path_buf));
        let mut listened = BTreeMap::new();
        // Asked for again each time: a folder of this name may be another one by now.
        for folder in there.flatten() {
            listened.extend(events.listen(&folder).map(|number| (folder, number)));
        }
        for (folder, number) in std::mem::replace(&mut self.known, listened) {
            if !self.known.contains_key(&folder) {
                events.forget(number);
            }
        }
    }

    /// Whether something came since this was last asked.
    pub(super) fn any(&self) -> bool {
        self.events.as_ref().is_some_and(system::Events::any)
    }
}

/// A path of no parts is the folder that we are in.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

#[cfg(target_os = "linux")]
mod system {
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

    /// Room for some events; more wait.
    const ROOM: usize = 4096;

    #[derive(Debug)]
    pub(super) struct Events(OwnedFd);

    impl Events {
        /// `None` where the system refuses: too many listen already, or none may.
        pub(super) fn open() -> Option<Self> {
            inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok().map(Self)
        }

        /// The number under which the folder is listened in.
        pub(super) fn listen(&self, folder: &Path) -> Option<i32> {
            // A file counts when it is closed: while it is written there is nothing to look at.
            let what = WatchFlags::CREATE | WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
            inotify::add_watch(&self.0, folder, what).ok()
        }

        pub(super) fn forget(&self, number: i32) {
            let _ = inotify::remove_watch(&self.0, number); // it may be gone with its folder
        }

        /// Takes all events; whether one was of more than hidden files, as our own beside a checkpoint are.
        pub(super) fn any(&self) -> bool {
            let mut room = [MaybeUninit::uninit(); ROOM];
            let mut reader = Reader::new(&self.0, &mut room);
            let mut any = false;
            while let Ok(event) = reader.next() {
                let is_hidden = event.file_name().is_some_and(|name| name.to_bytes().starts_with(b"."));
                any |= !is_hidden && !event.events().contains(ReadFlags::IGNORED); // that is what we forgot
            }
            any
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    #[derive(Debug)]
    pub(super) struct Events;

    impl Events {
        pub(super) fn open() -> Option<Self> {
            None
        }

        pub(super) fn listen(&self, _: &Path) -> Option<i32> {
            None
        }

        pub(super) fn forget(&self, _: i32) {}

        pub(super) fn any(&self) -> bool {
            false
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_comes_into_a_folder_is_told_once_and_what_is_hidden_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut arrivals = Arrivals::new();
        let (there, to_come) = (dir.path().join("there"), dir.path().join("to/come"));
        fs_err::create_dir(&there).unwrap();
        arrivals.listen([there.clone(), to_come.clone()]);
        if arrivals.known.len() != 2 {
            return; // this system tells nothing, and the watch does without
        }
        assert!(!arrivals.any());
        fs_err::write(there.join(".reading-checkpoint-1"), "").unwrap();
        assert!(!arrivals.any());
        for (at, is_told) in [(there.join("checkpoint-1"), true), (to_come, true), (dir.path().join("to/other"), false)]
        {
            fs_err::create_dir_all(at).unwrap();
            assert_eq!((arrivals.any(), arrivals.any()), (is_told, false));
        }
        arrivals.listen([dir.path().join("to/come")]);
        fs_err::create_dir(there.join("checkpoint-2")).unwrap();
        assert!(!arrivals.any(), "nobody listens there any more");
        fs_err::write(dir.path().join("to/come/model.safetensors"), "").unwrap();
        assert!(arrivals.any());
    }
}
