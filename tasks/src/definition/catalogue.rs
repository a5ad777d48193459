//! All tasks and groups that are known by name.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::files::{Kind, Loaded};
use super::group::Group;
use super::leaf::{Leaf, subject_keys};
use super::origin::Origin;
use super::{files, function};
use crate::data::Tables;
use crate::error::{Error, Result};
use crate::task::{Source, Task};

/// All tasks and groups that are known by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub(super) leaves: Vec<Leaf>,
    pub(super) groups: Vec<Group>,
    /// Where each name was defined, for messages and for telling shipped ones from the user's.
    pub(super) places: HashMap<String, Origin>,
    tables: Arc<Tables>,
}

impl Catalogue {
    /// The tasks that come with the program.
    ///
    /// # Errors
    /// A shipped file is broken: our own fault.
    pub fn shipped() -> Result<Self> {
        let mut catalogue = Self::default();
        for origin in files::shipped() {
            catalogue.add(files::load(&origin)?)?;
        }
        Ok(catalogue)
    }

    /// Adds all task files below a folder. They may take the names of shipped tasks, but not each other's.
    ///
    /// # Errors
    /// The folder cannot be read, one of its YAML files is broken, or two of them define the same name.
    pub fn with_folder(&mut self, folder: &Path) -> Result<()> {
        for origin in files::in_folder(folder)? {
            self.add(files::load(&origin)?)?;
        }
        Ok(())
    }

    /// Adds the task file at `path` and tells what it defines, outermost first.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<Vec<String>> {
        self.add(files::load(&Origin::Disk(path.to_owned()))?)
    }

    fn add(&mut self, loaded: Loaded) -> Result<Vec<String>> {
        let origin = loaded.origin.clone();
        let defined: Vec<String> = match &loaded.kind {
            Kind::Template => Vec::new(),
            Kind::Group(file) => {
                let groups = Group::of_file(file);
                let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
                self.claim(&names, &origin)?;
                self.groups.extend(groups);
                names
            }
            Kind::Task(_) => {
                let leaves = Leaf::of_file(loaded)?;
                let names: Vec<String> = leaves.iter().map(|leaf| leaf.name.clone()).collect();
                self.claim(&names, &origin)?;
                self.leaves.extend(leaves);
                names
            }
        };
        Ok(defined)
    }

    /// Makes room for names: shipped tasks of that name give way, the user's own are a conflict.
    fn claim(&mut self, names: &[String], origin: &Origin) -> Result<()> {
        for (index, name) in names.iter().enumerate() {
            let taken = match self.places.get(name) {
                Some(Origin::Disk(other)) if Origin::Disk(other.clone()) != *origin => {
                    Some(other.display().to_string())
                }
                _ => names[..index].contains(name).then(|| "the same file".to_owned()),
            };
            if let Some(other) = taken {
                let problem = format!("`{name}` is defined already, in {other}");
                let help = "give one of the two another name".into();
                return Err(Error::Definition { file: origin.name(), problem, help });
            }
            self.leaves.retain(|leaf| leaf.name != *name);
            self.groups.retain(|group| group.name != *name);
            self.places.insert(name.clone(), origin.clone());
        }
        Ok(())
    }

    /// Checks and compiles a leaf.
    pub(super) fn compile(&self, leaf: &Leaf) -> Result<Task> {
        function::refuse(&leaf.loaded, self.shipped_twin(leaf))?;
        let origin = &leaf.loaded.origin;
        let mut keys = leaf.loaded.tree.clone();
        if let Some(subject) = &leaf.subject {
            keys = subject_keys(&keys, subject);
        }
        Task::compile(Source {
            shown: origin.name(),
            home: origin.folder(),
            keys,
            file: leaf.file.clone(),
            subject: leaf.subject.clone(),
            tables: Arc::clone(&self.tables),
        })
    }

    /// A shipped task over the same data set as a user's.
    fn shipped_twin(&self, leaf: &Leaf) -> Option<&str> {
        let same = |other: &&Leaf| {
            matches!(other.loaded.origin, Origin::Shipped(_))
                && other.file.dataset_path.is_some()
                && other.file.dataset_path == leaf.file.dataset_path
        };
        self.leaves.iter().find(same).map(|leaf| leaf.name.as_str())
    }
}
