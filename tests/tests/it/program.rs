//! The program as a user runs it, and the pilot run in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program, without colours.
pub(crate) fn spyglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spyglass-tests"));
    command.env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command
}

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs the program in `folder`.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ran {
    spyglass().current_dir(folder).args(arguments).output().unwrap().into()
}

/// The committed pilot run.
pub(crate) fn pilot() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pilot")
}

/// A folder with a run file over checkpoints of its own.
pub(crate) struct RunFolder {
    folder: tempfile::TempDir,
}

impl RunFolder {
    /// Two checkpoints of the pilot's trunk, its task files and data, and a run file that asks for two of the tasks.
    pub(crate) fn small() -> Self {
        let folder = Self { folder: tempfile::tempdir().unwrap() };
        for name in newest_two() {
            copy(&pilot().join("trunk").join(&name), &folder.path("trunk").join(&name));
        }
        copy(&pilot().join("tasks"), &folder.path("tasks"));
        folder.write(
            "run.yaml",
            "checkpoints: [{path: trunk}]\ntasks: [pilot_letters, pilot_facts_easy]\ntask_folders: tasks\ndata: tasks\n",
        );
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs_err::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs_err::write(self.path(name), text).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(self.folder.path(), arguments)
    }

    /// The program in this folder, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = spyglass();
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// The folder of the newest of its checkpoints.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.path("trunk").join(&newest_two()[1])
    }

    /// What the numbers in the results are: by unit folder, the metrics, the count of items and the bytes of all chunks.
    pub(crate) fn scores(&self) -> BTreeMap<String, (Value, Value, Vec<Vec<u8>>)> {
        let mut scores = BTreeMap::new();
        for unit in self.unit_folders() {
            let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
            let chunks = record["chunks"].as_array().unwrap();
            let chunks = chunks.iter().map(|chunk| fs_err::read(unit.join(chunk["file"].as_str().unwrap())).unwrap());
            let name = unit.strip_prefix(self.folder.path()).unwrap().display().to_string();
            scores.insert(name, (record["metrics"].clone(), record["items"].clone(), chunks.collect()));
        }
        scores
    }

    /// All summaries without what tells when and how long, with the bytes of their chunks.
    pub(crate) fn records(&self) -> Vec<(Value, Vec<Vec<u8>>)> {
        let own = |unit: &PathBuf| {
            let text = fs_err::read_to_string(unit.join("unit.json")).unwrap();
            let mut record: Value = serde_json::from_str(&text).unwrap();
            for key in ["cost", "finished", "checksum"] {
                record.as_object_mut().unwrap().remove(key).unwrap();
            }
            let chunks = record["chunks"].as_array().unwrap().iter().map(|chunk| chunk["file"].as_str().unwrap());
            let bytes = chunks.map(|file| fs_err::read(unit.join(file)).unwrap()).collect();
            (record, bytes)
        };
        self.unit_folders().iter().map(own).collect()
    }

    /// Folders of the finished units.
    pub(crate) fn unit_folders(&self) -> Vec<PathBuf> {
        self.unit_folders_in("results")
    }

    /// Folders of the finished units in other results than `results`.
    pub(crate) fn unit_folders_in(&self, results: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![self.path(results).join("units")];
        while let Some(folder) = todo.pop() {
            if folder.join("unit.json").is_file() {
                found.push(folder);
                continue;
            }
            let Ok(entries) = fs_err::read_dir(&folder) else { continue };
            todo.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
        }
        found.sort();
        found
    }
}

/// Names of the last two checkpoints of the pilot's trunk.
pub(crate) fn newest_two() -> [String; 2] {
    let all = trunk();
    [&all[all.len() - 2], &all[all.len() - 1]].map(String::clone)
}

/// Names of all checkpoints of the pilot's trunk, in ascending steps.
pub(crate) fn trunk() -> Vec<String> {
    let entries = fs_err::read_dir(pilot().join("trunk")).unwrap();
    let mut steps: Vec<u64> = entries
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_prefix("checkpoint-")?.parse().ok())
        .collect();
    steps.sort_unstable();
    steps.iter().map(|step| format!("checkpoint-{step}")).collect()
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs_err::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// All files and links below a folder, by their path in it.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut todo, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(at) = todo.pop() {
        for path in fs_err::read_dir(at).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// The files below a folder, by their path in it, with their bytes.
pub(crate) fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    below(folder).into_iter().map(|path| (path.clone(), fs_err::read(folder.join(path)).unwrap())).collect()
}
