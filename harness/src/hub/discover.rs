//! The checkpoints of a branch on the hub, pinned to their commits: a revision each, a folder of one revision each, or a repository each.

use std::fmt;
use std::path::PathBuf;

use super::folders::folders;
use super::pinned::{Address, Pinned};
use super::revisions::{MAIN, pinned, revisions, suggestion, there};
use super::settings::Settings;
use super::wait::Talk;
use crate::checkpoint::{Named, Pattern, SkippedFolder, TokensIn, namings};
use crate::run_file::BranchSpec;
use crate::{Error, Result};

/// Where the run file says that the checkpoints of a branch lie on the hub.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// In one repository: the pattern names its revisions, or folders of one revision.
    One(Address),
    /// Each in a repository of its own, which the pattern names.
    Several(Vec<Address>),
    /// Each where the run file says it.
    Listed(Vec<(Named, Address)>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, more) = match self {
            Self::One(address) => (Some(address), 0),
            Self::Several(list) => (list.first(), list.len().saturating_sub(1)),
            Self::Listed(list) => (list.first().map(|(_, address)| address), list.len().saturating_sub(1)),
        };
        first.map_or(Ok(()), |first| write!(f, "{first}"))?;
        if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
    }
}

/// The checkpoints of a branch with what their names tell, ascending, and those that are passed over.
pub(crate) type OnHub = (Vec<(Named, Pinned)>, Vec<SkippedFolder>);

/// What may be a checkpoint, by the name that the pattern is asked of.
struct Candidates {
    /// Where they lie, for messages.
    place: String,
    /// What they are: "branches and tags".
    kind: String,
    /// The names, and what each stands for.
    all: Vec<(String, Pinned)>,
    /// Whether the run file lists them, so that each must fit the pattern.
    listed: Option<&'static str>,
}

/// The checkpoints of a branch on the hub.
///
/// # Errors
/// There is no such repository, nobody answers, or offline the cache knows nothing of it; no name fits the pattern, one fits in two
/// ways, or two are of one step.
pub(crate) fn discover(source: &Source, spec: &BranchSpec) -> Result<OnHub> {
    let pattern = Pattern::new(&spec.pattern).expect("the run file was validated");
    match source {
        Source::One(address) if address.is_bare() => one(address, spec, &pattern),
        Source::One(address) => {
            let found = Candidates::folders(&pinned(address, Talk::ALONE)?, &pattern)?;
            Ok((found.placed(&pattern)?.ok_or_else(|| found.nothing(&pattern))?, Vec::new()))
        }
        Source::Several(addresses) => {
            let (all, skipped) = each(addresses)?;
            let name = |own: &Pinned| match own.repo.id.rsplit_once('/') {
                Some((_, name)) if pattern.depth() == 1 => name.to_owned(),
                _ => own.repo.id.clone(),
            };
            let found = Candidates {
                place: spec.path.display().to_string(),
                kind: "repositories".into(),
                all: all.into_iter().map(|(_, own)| (name(&own), own)).collect(),
                listed: Some("hub"),
            };
            Ok((found.placed(&pattern)?.ok_or_else(|| found.nothing(&pattern))?, skipped))
        }
        Source::Listed(listed) => {
            let addresses: Vec<Address> = listed.iter().map(|(_, address)| address.clone()).collect();
            let (all, skipped) = each(&addresses)?;
            let mut steps = Vec::new();
            for (index, own) in all {
                add(&mut steps, &listed[index].0, own, &spec.path.display().to_string())?;
            }
            steps.sort();
            Ok((steps, skipped))
        }
    }
}

/// The checkpoints of one repository: the revisions that fit the pattern, or, where none does, the folders of its `main`.
fn one(address: &Address, spec: &BranchSpec, pattern: &Pattern) -> Result<OnHub> {
    let known = revisions(&address.repo, Talk::ALONE)?;
    if let Some(missing) = spec.revisions.iter().find(|name| !known.iter().any(|own| own.name == **name)) {
        return Err(Error::Hub {
            address: address.to_string(),
            problem: format!("`revisions:` names `{missing}`, which is no branch or tag there"),
            help: suggestion(missing, &known),
        });
    }
    let (listed, all) = (!spec.revisions.is_empty(), known.iter());
    let pin = |own: &super::listing::Revision| Pinned {
        repo: address.repo.clone(),
        revision: own.name.clone(),
        commit: own.commit.clone(),
        folder: String::new(),
    };
    let meant = all.filter(|own| !listed || spec.revisions.contains(&own.name));
    let found = Candidates {
        place: address.to_string(),
        kind: "branches and tags".into(),
        all: meant.map(|own| (own.name.clone(), pin(own))).collect(),
        listed: listed.then_some("revisions"),
    };
    if let Some(steps) = found.placed(pattern)? {
        return Ok((steps, Vec::new()));
    }
    let Some(main) = known.iter().find(|own| own.name == MAIN) else { return Err(found.nothing(pattern)) };
    let mut folders = Candidates::folders(&pin(main), pattern)?;
    folders.kind.push_str(&format!(" (and none of its {} {})", found.all.len(), found.kind));
    match folders.placed(pattern)? {
        Some(steps) => Ok((steps, Vec::new())),
        None if folders.all.is_empty() => Err(found.nothing(pattern)),
        None => Err(folders.nothing(pattern)),
    }
}

/// Several addresses, each pinned, with its place among them. Without a network those that the cache does not know are passed over.
fn each(addresses: &[Address]) -> Result<(Vec<(usize, Pinned)>, Vec<SkippedFolder>)> {
    let offline = Settings::from_env()?.offline;
    let (mut all, mut skipped, mut first) = (Vec::new(), Vec::new(), None);
    for (index, address) in addresses.iter().enumerate() {
        match pinned(address, Talk::ALONE) {
            Ok(own) => all.push((index, own)),
            Err(error) if offline => {
                let reason = "is not in the cache, and HF_HUB_OFFLINE is set".into();
                skipped.push(SkippedFolder { folder: PathBuf::from(address.to_string()), reason });
                first.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match first {
        Some(error) if all.is_empty() => Err(error),
        _ => Ok((all, skipped)),
    }
}

/// Adds a checkpoint; one that is there already (a tag of the same) is no second one.
fn add(steps: &mut Vec<(Named, Pinned)>, named: &Named, own: Pinned, place: &str) -> Result<()> {
    let key = |own: &Pinned| own.key();
    match steps.iter().find(|(known, _)| known.is_same(named)) {
        Some((_, other)) if key(other) != key(&own) => Err(Error::Hub {
            address: place.into(),
            problem: format!(
                "`{}` and `{}` are both {}{}, and not the same {}",
                shown(other, &own),
                shown(&own, other),
                named.place(),
                named.kind(),
                if other.folder == own.folder { "commit" } else { "folder" }
            ),
            help: "write more of the name into `pattern:`, or list what is meant in `revisions:`, `hub:` or `folders:`"
                .into(),
        }),
        Some(_) => Ok(()),
        None => {
            steps.push((named.clone(), own));
            Ok(())
        }
    }
}

/// What tells a checkpoint from another one: its repository, its folder or its revision.
fn shown(own: &Pinned, other: &Pinned) -> String {
    if own.repo != other.repo {
        own.repo.id.clone()
    } else if own.folder != other.folder {
        own.folder.clone()
    } else {
        own.revision.clone()
    }
}

impl Candidates {
    /// The folders of a revision (below a folder of it, where one is named) as deep as the pattern goes.
    fn folders(of: &Pinned, pattern: &Pattern) -> Result<Self> {
        let names = folders(of, Talk::ALONE)?;
        let names = names.into_iter().filter(|name| name.split('/').count() == pattern.depth());
        let place = if of.folder.is_empty() { String::new() } else { format!("/{}", of.folder) };
        Ok(Self {
            place: format!("{}@{}{place}", of.repo, of.revision),
            kind: "folders with a config.json".into(),
            all: names.map(|name| (name.clone(), Pinned { folder: of.path(&name), ..of.clone() })).collect(),
            listed: None,
        })
    }

    /// What the names tell, ascending; `None` where none fits the pattern.
    ///
    /// # Errors
    /// One fits in two ways, two are of one step, or one that is listed does not fit.
    fn placed(&self, pattern: &Pattern) -> Result<Option<Vec<(Named, Pinned)>>> {
        let bad = |problem: String, help: &str| Error::Hub { address: self.place.clone(), problem, help: help.into() };
        let mut steps = Vec::new();
        for (name, own) in &self.all {
            match (pattern.read(name).as_slice(), self.listed) {
                ([], None) => {}
                ([], Some(key)) => {
                    let what = format!("`{name}` of `{key}:` does not fit the pattern `{pattern}`");
                    return Err(bad(what, "the pattern tells its step: correct one of the two"));
                }
                ([named], _) => add(&mut steps, named, own.clone(), &self.place)?,
                ([..], _) => {
                    let what = format!("the pattern `{pattern}` fits `{name}` in more than one way");
                    return Err(bad(what, "write more of the name into `pattern:`, so that `*` stands for less"));
                }
            }
        }
        steps.sort();
        Ok(Some(steps).filter(|steps| !steps.is_empty()))
    }

    /// That none of the names fits.
    fn nothing(&self, pattern: &Pattern) -> Error {
        let names: Vec<String> = self.all.iter().map(|(name, _)| name.clone()).collect();
        let proposed = namings(&names, TokensIn::Name).0.into_iter().next();
        let proposal = proposed.map(|naming| {
            format!("`pattern: \"{}\"` fits {} of them; ", naming.pattern, naming.names.values().flatten().count())
        });
        Error::Hub {
            address: self.place.clone(),
            problem: format!("none of its {} {} is named `{pattern}`", names.len(), self.kind),
            help: format!("{}{}", proposal.unwrap_or_default(), there(names.iter().map(String::as_str))),
        }
    }
}
