//! From what a user names to leaf tasks and groups.

use std::path::{Path, PathBuf};

use globset::Glob;

use super::catalogue::Catalogue;
use super::group::Group;
use super::leaf::Leaf;
use crate::error::{Error, Result};
use crate::nearest::suggestion;
use crate::task::Task;

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The leaf tasks, each once.
    pub leaves: Vec<Task>,
    /// The groups they belong to, outermost first.
    pub groups: Vec<Group>,
}

/// Names found so far, each once, in order.
#[derive(Default)]
struct Found {
    leaves: Vec<String>,
    groups: Vec<String>,
}

impl Catalogue {
    /// The tasks that `name` stands for: a task, a group, a tag, a glob over names (`arc_*`), or the path of a task file.
    ///
    /// # Errors
    /// [`Error::UnknownTask`] with the nearest known name; whatever is wrong with a task file.
    pub fn select(&self, name: &str) -> Result<Selection> {
        let path = Path::new(name);
        if matches!(path.extension().and_then(|end| end.to_str()), Some("yaml" | "yml")) {
            return self.select_file(path);
        }
        let mut found = Found::default();
        if name.contains(['*', '?', '[', '{']) {
            self.glob(name, &mut found)?;
        } else if !self.find(name, &mut found)? {
            return Err(self.unknown(name));
        }
        self.resolve(&found)
    }

    /// What the task file at `path` defines; the members of a group may be defined in files beside it.
    pub(super) fn select_file(&self, path: &Path) -> Result<Selection> {
        match self.file_alone(path) {
            Err(error @ Error::Definition { .. }) => self.with_siblings(path).file_alone(path).map_err(|_| error),
            other => other,
        }
    }

    /// With what can be read of the task files in the folder of `path`, but for that file.
    fn with_siblings(&self, path: &Path) -> Self {
        let mut with_siblings = self.clone();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut others: Vec<PathBuf> =
            fs_err::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        others.sort();
        let is_other = |other: &&PathBuf| {
            other.extension().is_some_and(|end| end == "yaml" || end == "yml") && other.file_name() != path.file_name()
        };
        for other in others.iter().filter(is_other) {
            // One that cannot be read is not what `path` needs, or leaves its member unknown.
            let _ = with_siblings.add_file(other);
        }
        with_siblings
    }

    fn file_alone(&self, path: &Path) -> Result<Selection> {
        let mut with_file = self.clone();
        let names = with_file.add_file(path)?;
        let mut found = Found::default();
        // The first of a group file is the outer group; a task file may define several leaves.
        for name in &names {
            with_file.find(name, &mut found)?;
        }
        if names.is_empty() {
            let problem = "it defines no task: the keys `task` and `group` are missing".into();
            let help = "a task file starts with `task: name`".into();
            return Err(Error::Definition { file: path.display().to_string(), problem, help });
        }
        with_file.resolve(&found)
    }

    fn glob(&self, name: &str, found: &mut Found) -> Result<()> {
        let glob = Glob::new(name)
            .map_err(|error| Error::UnknownTask { name: name.into(), help: format!("as a glob: {}", error.kind()) })?
            .compile_matcher();
        let groups = self.groups.iter().map(|group| &group.name);
        let names = groups.chain(self.leaves.iter().map(|leaf| &leaf.name)).filter(|name| glob.is_match(name));
        for name in names.collect::<Vec<_>>() {
            self.find(name, found)?;
        }
        if found.leaves.is_empty() { Err(self.unknown(name)) } else { Ok(()) }
    }

    /// Adds what a task, group or tag stands for; false where there is none of that name.
    fn find(&self, name: &str, found: &mut Found) -> Result<bool> {
        if let Some(group) = self.groups.iter().find(|group| group.name == name) {
            if found.groups.contains(&group.name) {
                return Ok(true);
            }
            found.groups.push(group.name.clone());
            for member in &group.members {
                if !self.find(member, found)? {
                    let file = self.places.get(name).map_or_else(|| name.to_owned(), super::origin::Origin::name);
                    let problem = format!("the group `{name}` holds `{member}`, which is not a task, group or tag");
                    return Err(Error::Definition { file, problem, help: suggestion(member, self.names()) });
                }
            }
            return Ok(true);
        }
        let leaves: Vec<&Leaf> = match self.leaves.iter().find(|leaf| leaf.name == name) {
            Some(leaf) => vec![leaf],
            None => self.tagged(name).collect(),
        };
        for leaf in &leaves {
            if !found.leaves.contains(&leaf.name) {
                found.leaves.push(leaf.name.clone());
            }
        }
        Ok(!leaves.is_empty())
    }

    fn tagged<'c>(&'c self, tag: &'c str) -> impl Iterator<Item = &'c Leaf> {
        self.leaves.iter().filter(move |leaf| leaf.tags.iter().any(|own| own == tag))
    }

    fn resolve(&self, found: &Found) -> Result<Selection> {
        let leaf = |name: &String| {
            let leaf = self.leaves.iter().find(|leaf| leaf.name == *name).expect("only known leaves were found");
            self.compile(leaf)
        };
        let group = |name: &String| {
            let group = self.groups.iter().find(|group| group.name == *name).expect("only known groups were found");
            self.with_tags_resolved(group)
        };
        Ok(Selection {
            leaves: found.leaves.iter().map(leaf).collect::<Result<_>>()?,
            groups: found.groups.iter().map(group).collect(),
        })
    }

    /// The group with each tag among its members replaced by the tasks that have it.
    pub(super) fn with_tags_resolved(&self, group: &Group) -> Group {
        let members = group.members.iter().flat_map(|member| {
            let known = self.groups.iter().any(|group| group.name == *member)
                || self.leaves.iter().any(|leaf| leaf.name == *member);
            if known { vec![member.clone()] } else { self.tagged(member).map(|leaf| leaf.name.clone()).collect() }
        });
        Group { members: members.collect(), ..group.clone() }
    }

    /// All names that can be asked for.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let groups = self.groups.iter().map(|group| group.name.as_str());
        let leaves = self.leaves.iter().map(|leaf| leaf.name.as_str());
        let tags = self.leaves.iter().flat_map(|leaf| leaf.tags.iter().map(String::as_str));
        groups.chain(leaves).chain(tags)
    }

    fn unknown(&self, name: &str) -> Error {
        let mut help = suggestion(name, self.names());
        if help.starts_with("no known") {
            help += "; `spyglass list tasks` shows all, and the path of a task file ends in .yaml";
        }
        Error::UnknownTask { name: name.to_owned(), help }
    }
}
