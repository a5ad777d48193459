//! Which branches and tags a repository has, and which commit a person means by a name.

use super::address::{Repo, SCHEME, is_commit};
use super::cache::Cache;
use super::client::Client;
use super::listing::Revision;
use super::pinned::{Address, Pinned};
use super::settings::Settings;
use super::wait::Talk;
use crate::{Error, Result};

/// Names that an error shows.
const SHOWN: usize = 8;
/// The revision that is meant where none is named.
pub(super) const MAIN: &str = "main";

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
        Client::new(settings.clone())
            .revisions(repo, talk)?
            .ok_or_else(|| Error::Interrupted { what: format!("{repo} was asked for its revisions") })?
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

/// The model repositories of an organisation.
///
/// # Errors
/// Nobody answers, or the hub may not be asked.
pub(crate) fn models(organisation: &str, talk: Talk<'_>) -> Result<Vec<Repo>> {
    let settings = Settings::from_env()?;
    let address = format!("{SCHEME}{organisation}");
    if settings.offline {
        return Err(Error::Hub {
            address,
            problem: "HF_HUB_OFFLINE is set, and only the hub knows which repositories there are".into(),
            help: "unset it, or name the repositories one by one".into(),
        });
    }
    Client::new(settings)
        .models(organisation, talk)?
        .ok_or_else(|| Error::Interrupted { what: format!("{address} was asked for its repositories") })
}

/// What an address means, pinned to a commit.
///
/// # Errors
/// As [`revisions`]; there is no branch and no tag of that name.
pub(crate) fn pinned(address: &Address, talk: Talk<'_>) -> Result<Pinned> {
    let repo = &address.repo;
    let at = |revision: &str, commit: &str, folder: &str| Pinned {
        repo: repo.clone(),
        revision: revision.into(),
        commit: commit.into(),
        folder: folder.into(),
    };
    let behind = address.behind.as_deref().unwrap_or(MAIN);
    let (first, rest) = behind.split_once('/').unwrap_or((behind, ""));
    if is_commit(first) {
        return Ok(at(first, &first.to_ascii_lowercase(), rest));
    }
    let found = revisions(repo, talk)?;
    let rest_of = |own: &Revision| -> Option<usize> {
        let rest = behind.strip_prefix(own.name.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest.len())
    };
    // A revision may have a `/` in its name: of those that begin it the longest is meant.
    let own = found.iter().filter_map(|own| Some((rest_of(own)?, own))).min_by_key(|(rest, _)| *rest);
    match own {
        Some((0, own)) => Ok(at(&own.name, &own.commit, &address.folder)),
        Some((rest, own)) => Ok(at(&own.name, &own.commit, behind[behind.len() - rest..].trim_matches('/'))),
        None => Err(Error::Hub {
            address: repo.to_string(),
            problem: format!("there is no branch and no tag `{behind}`"),
            help: suggestion(behind, &found),
        }),
    }
}

/// The nearest of the names that are there, and some of them.
pub(super) fn suggestion(name: &str, found: &[Revision]) -> String {
    let nearest = spyglass_tasks::nearest(name, found.iter().map(|known| known.name.as_str()));
    let mean = nearest.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    format!("{mean}{}", there(found.iter().map(|own| own.name.as_str())))
}

/// Some of the names that are there.
pub(super) fn there<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are: {}{more}", names[..names.len().min(SHOWN)].join(", "))
}
