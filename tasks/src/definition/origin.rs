//! Where the file of a definition comes from.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::{Error, Result};
use crate::text;

pub(super) static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/definitions");

/// Where a task file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the program; the path is below `tasks/definitions`.
    Shipped(PathBuf),
    /// On disk.
    Disk(PathBuf),
}

impl Origin {
    /// What messages call the file.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Shipped(path) => format!("tasks/definitions/{}", path.display()),
            Self::Disk(path) => path.display().to_string(),
        }
    }

    /// The folder that relative paths in the file are relative to, where it is on disk.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Shipped(_) => None,
            Self::Disk(path) => Some(path.parent().unwrap_or(Path::new("."))),
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        match self {
            Self::Shipped(path) => Ok(SHIPPED
                .get_file(path)
                .and_then(|file| file.contents_utf8())
                .expect("shipped paths come from the list of shipped files")
                .to_owned()),
            Self::Disk(path) => text::read(path),
        }
    }

    /// The file that `include: name` in this file means: one beside it, else a shipped one of that name.
    pub(super) fn included(&self, name: &str) -> Result<Self> {
        let shipped = |path: PathBuf| SHIPPED.get_file(&path).is_some().then_some(Self::Shipped(path));
        let beside = match self {
            Self::Shipped(path) => shipped(path.parent().unwrap_or(Path::new("")).join(name)),
            Self::Disk(path) => {
                let path = path.parent().unwrap_or(Path::new("")).join(name);
                path.is_file().then_some(Self::Disk(path))
            }
        };
        beside.or_else(|| shipped(format!("{name}.yaml").into())).ok_or_else(|| Error::Definition {
            file: self.name(),
            problem: format!("`include: {name}` is not a file beside it, nor a shipped task"),
            help: "a path is relative to the file that includes".into(),
        })
    }

    /// The same file, whatever way leads to it.
    pub(super) fn identity(&self) -> Self {
        match self {
            Self::Disk(path) => Self::Disk(path.canonicalize().unwrap_or_else(|_| path.clone())),
            shipped @ Self::Shipped(_) => shipped.clone(),
        }
    }
}
