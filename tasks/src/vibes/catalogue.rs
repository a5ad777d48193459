//! The prompt packs that are known: the shipped ones and those of folders.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::pack::PromptPack;
use crate::error::{Error, Result};
use crate::nearest::suggestion;
use crate::{text, yaml};

static SHIPPED: Dir = include_dir!("$CARGO_MANIFEST_DIR/../prompts");

/// All prompt packs that are known, by name.
#[derive(Debug, Clone, Default)]
pub struct PackCatalogue {
    packs: BTreeMap<String, Arc<PromptPack>>,
}

impl PackCatalogue {
    /// The packs that come with the program.
    ///
    /// # Errors
    /// None, unless a shipped pack is broken.
    pub fn shipped() -> Result<Self> {
        let mut catalogue = Self::default();
        for file in SHIPPED.files().filter(|file| is_yaml(file.path())) {
            let text = file.contents_utf8().unwrap_or_default();
            catalogue.insert(PromptPack::parse(&format!("prompts/{}", file.path().display()), text)?);
        }
        Ok(catalogue)
    }

    /// Adds the packs in a folder; one that has the name of a known pack takes its place. Run files and task files that
    /// lie beside them are passed over, as are files that a system hides.
    ///
    /// # Errors
    /// The folder cannot be read, a pack in it is wrong, or two of them have the same name.
    pub fn with_folder(&mut self, folder: &Path) -> Result<()> {
        let entries = fs_err::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let shown = entries.into_iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        let mut paths: Vec<_> = shown.map(|entry| entry.path()).filter(|path| is_yaml(path)).collect();
        paths.sort();
        let mut own = BTreeMap::new();
        for path in paths {
            if matches!(yaml::Kind::of(&text::read(&path)?), yaml::Kind::Run | yaml::Kind::Task) {
                continue;
            }
            let pack = PromptPack::read(&path)?;
            if let Some(other) = own.insert(pack.name.clone(), path.clone()) {
                return Err(Error::Definition {
                    file: path.display().to_string(),
                    problem: format!("the pack `{}` stands in {} too", pack.name, other.display()),
                    help: "rename one of the two".into(),
                });
            }
            self.insert(pack);
        }
        Ok(())
    }

    fn insert(&mut self, pack: PromptPack) {
        self.packs.insert(pack.name.clone(), Arc::new(pack));
    }

    /// All packs, by name.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<PromptPack>> {
        self.packs.values()
    }

    /// The packs that a name, a glob (`p*`) or a path to a YAML file stands for.
    ///
    /// # Errors
    /// There is no such pack, or the file is wrong.
    pub fn select(&self, wanted: &str) -> Result<Vec<Arc<PromptPack>>> {
        if let Some(pack) = self.packs.get(wanted) {
            return Ok(vec![Arc::clone(pack)]);
        }
        if is_yaml(Path::new(wanted)) {
            return Ok(vec![Arc::new(PromptPack::read(Path::new(wanted))?)]);
        }
        let unknown = || Error::UnknownPack {
            name: wanted.into(),
            help: suggestion(wanted, self.packs.keys().map(String::as_str)),
        };
        let glob = globset::Glob::new(wanted).map_err(|_| unknown())?.compile_matcher();
        let found: Vec<_> = self.packs.values().filter(|pack| glob.is_match(&pack.name)).map(Arc::clone).collect();
        if found.is_empty() { Err(unknown()) } else { Ok(found) }
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
