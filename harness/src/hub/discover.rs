//! The checkpoints of a branch on the hub: the revisions whose names fit the pattern, pinned to their commits.

use super::address::{Pinned, Repo, is_commit};
use super::cache::Cache;
use super::client::Client;
use super::listing::Revision;
use super::settings::Settings;
use super::wait::Talk;
use crate::checkpoint::{Named, Pattern, namings};
use crate::run_file::BranchSpec;
use crate::{Error, Result};

/// Names that an error shows.
const SHOWN: usize = 8;

/// The revisions of a repository, each once: from the hub, or without a network from the cache.
///
/// # Errors
/// There is no such repository, nobody answers, or offline the cache knows nothing of it.
pub(crate) fn revisions(repo: &Repo, talk: Talk<'_>) -> Result<Vec<Revision>> {
    let settings = Settings::from_env()?;
    let offline = settings.offline;
    let found = if offline {
        Cache::new(settings.cache.clone()).revisions(repo)
    } else {
        Client::new(settings.clone()).revisions(repo, talk)?.ok_or_else(|| Error::Hub {
            address: repo.to_string(),
            problem: "interrupted while it was asked for its revisions".into(),
            help: "run it again".into(),
        })?
    };
    if found.is_empty() {
        let (problem, help) = if offline {
            let place = Cache::new(settings.cache).repo(&repo.folder());
            (
                format!("HF_HUB_OFFLINE is set, and the cache knows no revision of it ({})", place.display()),
                "unset it, or fetch with `spyglass pull` while there is a network; HF_HUB_CACHE names another cache",
            )
        } else {
            ("the repository has no branches and no tags".to_owned(), "name another one in `hub:`")
        };
        return Err(Error::Hub { address: repo.to_string(), problem, help: help.into() });
    }
    Ok(found)
}

/// A branch, a tag or a commit, pinned.
///
/// # Errors
/// As [`revisions`]; there is none of that name.
pub(crate) fn pinned(repo: &Repo, revision: &str, talk: Talk<'_>) -> Result<Pinned> {
    let pinned = |commit: &str| Pinned { repo: repo.clone(), revision: revision.into(), commit: commit.into() };
    if is_commit(revision) {
        return Ok(pinned(revision));
    }
    let found = revisions(repo, talk)?;
    match found.iter().find(|own| own.name == revision) {
        Some(own) => Ok(pinned(&own.commit)),
        None => Err(Error::Hub {
            address: repo.to_string(),
            problem: format!("there is no branch and no tag `{revision}`"),
            help: suggestion(revision, &found),
        }),
    }
}

/// The nearest of the names that are there, and some of them.
fn suggestion(name: &str, found: &[Revision]) -> String {
    let nearest = spyglass_tasks::nearest(name, found.iter().map(|known| known.name.as_str()));
    let mean = nearest.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    format!("{mean}{}", there(found))
}

/// What a branch's revisions tell, in ascending steps.
///
/// # Errors
/// As [`revisions`]; no name fits the pattern, one fits in two ways, or two are of one step.
pub(crate) fn discover(repo: &Repo, spec: &BranchSpec) -> Result<Vec<(Named, Pinned)>> {
    let found = revisions(repo, Talk::ALONE)?;
    let pattern = Pattern::new(&spec.pattern).expect("the run file was validated");
    let bad = |problem: String, help: String| Error::Hub { address: repo.to_string(), problem, help };
    if let Some(missing) = spec.revisions.iter().find(|name| !found.iter().any(|known| known.name == **name)) {
        return Err(bad(
            format!("`revisions:` names `{missing}`, which is no branch or tag there"),
            suggestion(missing, &found),
        ));
    }
    let mut steps: Vec<(Named, Pinned)> = Vec::new();
    for own in found.iter().filter(|own| spec.revisions.is_empty() || spec.revisions.contains(&own.name)) {
        let named = match pattern.read(&own.name).as_slice() {
            [] if spec.revisions.is_empty() => continue,
            [] => {
                let what = format!("`{}` of `revisions:` does not fit the pattern `{}`", own.name, spec.pattern);
                return Err(bad(what, "the pattern tells its step: correct one of the two".into()));
            }
            [named] => named.clone(),
            [..] => {
                let what = format!("the pattern `{}` fits `{}` in more than one way", spec.pattern, own.name);
                return Err(bad(what, "write more of the name into `pattern:`, so that `*` stands for less".into()));
            }
        };
        let pinned = Pinned { repo: repo.clone(), revision: own.name.clone(), commit: own.commit.clone() };
        match steps.iter().find(|(known, _)| known.is_same(&named)) {
            Some((_, other)) if other.commit != pinned.commit => {
                let what = format!(
                    "`{}` and `{}` are both {}{}, and not the same commit",
                    other.revision,
                    own.name,
                    named.place(),
                    named.kind()
                );
                return Err(bad(
                    what,
                    "write more of the name into `pattern:`, or list what is meant in `revisions:`".into(),
                ));
            }
            Some(_) => {} // a tag of the same
            None => steps.push((named, pinned)),
        }
    }
    if steps.is_empty() {
        let names: Vec<String> = found.iter().map(|own| own.name.clone()).collect();
        let proposed = namings(&names, false).0.into_iter().next();
        let proposal = proposed.map(|naming| {
            format!("`pattern: \"{}\"` fits {} of them; ", naming.pattern, naming.names.values().flatten().count())
        });
        let what = format!("none of its {} branches and tags is named `{}`", found.len(), spec.pattern);
        return Err(bad(what, format!("{}{}", proposal.unwrap_or_default(), there(&found))));
    }
    steps.sort();
    Ok(steps)
}

/// Some of the names that are there.
fn there(found: &[Revision]) -> String {
    let names: Vec<&str> = found.iter().take(SHOWN).map(|own| own.name.as_str()).collect();
    let more = found.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are: {}{more}", names.join(", "))
}
