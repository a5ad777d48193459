//! What of the hub may be a run, for a first run file: the names of revisions, of folders of one revision, or of repositories.

use std::collections::BTreeMap;

use globset::Glob;

use crate::checkpoint::{Naming, Pattern, TokensIn, namings, step_in};
use crate::hub::{Address, Repo, SCHEME, Talk, folders, models, pinned, revisions};
use crate::{Error, Result};

/// The revision whose folders are looked at where no name of a revision tells a step.
const MAIN: &str = "main";

/// Names that may be those of checkpoints.
pub(super) struct Names {
    /// What the run file says of their place: `hub: …`, without the names where they are repositories.
    pub(super) place: Vec<Address>,
    /// What they are called: "branches and tags".
    pub(super) kind: &'static str,
    pub(super) all: Vec<String>,
    /// The patterns that some of them fit, the plain one first, and why the others are left out.
    pub(super) namings: Vec<Naming>,
    pub(super) unnamed: Vec<(String, String)>,
}

/// The addresses that a person names behind `init`; `hub:organisation/name-*` stands for all repositories of that name.
///
/// # Errors
/// One is none, nobody answers, or there is nothing of the name.
pub(crate) fn addresses(written: &[&str], talk: Talk<'_>) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    for text in written {
        let id = text.strip_prefix(SCHEME).unwrap_or(text);
        let Some((organisation, glob)) = id.split_once('/').filter(|_| id.contains(['*', '?', '{'])) else {
            all.push(crate::hub::address(id)?);
            continue;
        };
        let wrong = |problem: String| Error::Usage {
            problem,
            help: "such as 'hub:TinyLlama/TinyLlama-1.1B-*', in quotes; the organisation is written out".into(),
        };
        Repo::model(organisation).map_err(|what| wrong(format!("`{text}`: `{organisation}` {what}")))?;
        let matcher = Glob::new(glob).map_err(|error| wrong(format!("`{text}`: {error}")))?.compile_matcher();
        let own = models(organisation, talk)?;
        let name = |own: &Repo| own.id.rsplit('/').next().unwrap_or_default().to_owned();
        let found: Vec<&Repo> = own.iter().filter(|own| matcher.is_match(name(own))).collect();
        if found.is_empty() {
            let nearest = spyglass_tasks::nearest(glob, own.iter().map(|own| own.id.as_str()));
            let mean = nearest.map(|id| format!(", such as {id}")).unwrap_or_default();
            return Err(wrong(format!(
                "none of the {} repositories of {organisation} is named `{glob}`{mean}",
                own.len()
            )));
        }
        for own in found {
            all.push(crate::hub::address(&own.id)?);
        }
    }
    Ok(all)
}

impl Names {
    /// The names of one repository: its revisions, or where none tells a step (or the address says so) the folders of one.
    ///
    /// # Errors
    /// There is no such repository, or nobody answers.
    pub(super) fn of_one(address: &Address, talk: Talk<'_>) -> Result<Self> {
        if address.is_bare() {
            let known: Vec<String> = revisions(&address.repo, talk)?.into_iter().map(|own| own.name).collect();
            let has_main = known.iter().any(|name| name == MAIN);
            let found = Self::of(vec![address.clone()], "branches and tags", known);
            // One tag such as `v2` is no run.
            if placed(&found.namings) > 1 || !has_main {
                return Ok(found);
            }
            let main = crate::hub::address(&format!("{}@{MAIN}", address.repo.id))?;
            let folders = Self::folders(main, talk)?;
            return Ok(if placed(&folders.namings) > placed(&found.namings) { folders } else { found });
        }
        Self::folders(address.clone(), talk)
    }

    /// The names of repositories.
    pub(super) fn of_several(addresses: Vec<Address>) -> Self {
        let name = |own: &Address| own.repo.id.rsplit('/').next().unwrap_or_default().to_owned();
        let names: Vec<String> = addresses.iter().map(name).collect();
        let mut found = Self::of(addresses, "repositories", names);
        let most = found.namings.iter().map(|naming| naming.places().len()).max();
        if let Some(naming) = loose(&found.all).filter(|naming| Some(naming.places().len()) > most) {
            let is_placed = |name: &&String| naming.names.values().flatten().any(|placed| placed == *name);
            let others = found.all.iter().filter(|name| !is_placed(name)).cloned();
            let reason = format!("named otherwise than `{}`", naming.pattern);
            found.unnamed = others.map(|name| (name, reason.clone())).collect();
            found.namings = vec![naming];
        }
        found
    }

    fn folders(address: Address, talk: Talk<'_>) -> Result<Self> {
        let names = folders(&pinned(&address, talk)?, talk)?;
        let (namings, unnamed) = along(&names);
        Ok(Self { place: vec![address], kind: "folders", all: names, namings, unnamed })
    }

    fn of(place: Vec<Address>, kind: &'static str, names: Vec<String>) -> Self {
        let (namings, unnamed) = namings(&names, TokensIn::Name);
        Self { place, kind, all: names, namings, unnamed }
    }
}

/// How many names tell a place.
fn placed(found: &[Naming]) -> usize {
    found.iter().map(|naming| naming.places().len()).sum()
}

/// The naming of folders in folders, by the part of their paths that tells most of them apart: `hf_ckpt/{tokens}`, `iter_{step}/hf`.
fn along(names: &[String]) -> (Vec<Naming>, Vec<(String, String)>) {
    let parts: Vec<Vec<&str>> = names.iter().map(|name| name.split('/').collect()).collect();
    let mut best: Option<(Vec<Naming>, Vec<(String, String)>)> = None;
    for path in &parts {
        for at in 0..path.len() {
            let (before, after) = (&path[..at], &path[at + 1..]);
            let is_alike =
                |other: &&Vec<&str>| other.len() == path.len() && &other[..at] == before && &other[at + 1..] == after;
            let own: Vec<String> = parts.iter().filter(is_alike).map(|other| other[at].to_owned()).collect();
            let whole = |name: &str| [before, &[name], after].concat().join("/");
            let (found, unnamed) = namings(&own, TokensIn::Name);
            if placed(&found) > best.as_ref().map_or(0, |(best, _)| placed(best)) {
                let naming = |naming: Naming| Naming {
                    pattern: whole(&naming.pattern),
                    names: naming
                        .names
                        .into_iter()
                        .map(|(place, names)| (place, names.iter().map(|name| whole(name)).collect()))
                        .collect(),
                    ..naming
                };
                let unnamed = unnamed.into_iter().map(|(name, reason)| (whole(&name), reason)).collect();
                best = Some((found.into_iter().map(naming).collect(), unnamed));
            }
        }
    }
    best.unwrap_or_default()
}

/// A pattern for names that agree in little but the word before their step, each step once: `*step-{step}*{tokens}`.
fn loose(names: &[String]) -> Option<Naming> {
    let fitting = |pattern: &&str| {
        let compiled = Pattern::new(pattern).ok()?;
        let mut of_steps = BTreeMap::<u64, Vec<String>>::new();
        for name in names {
            if let [named] = compiled.read(name).as_slice()
                && named.step == step_in(name)
            {
                of_steps.entry(named.step?).or_default().push(name.clone());
            }
        }
        let is_each_once = of_steps.len() > 1 && of_steps.values().all(|names| names.len() == 1);
        is_each_once.then(|| Naming { pattern: (*pattern).into(), variant: None, names: of_steps })
    };
    let found =
        ["*step-{step}*{tokens}", "*step{step}*{tokens}", "*step-{step}*", "*step{step}*"].iter().filter_map(fitting);
    found.rev().max_by_key(|naming| naming.names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn folders_are_named_by_the_part_that_tells_them_apart() {
        let cases = [
            ("hf_ckpt/16.78B hf_ckpt/33.55B hf_ckpt/50.33B", "hf_ckpt/{tokens}"),
            ("iter_1000/hf iter_2000/hf", "iter_{step}/hf"),
            ("checkpoint-100 checkpoint-200 other", "checkpoint-{step}"),
        ];
        for (text, pattern) in cases {
            let (found, _) = along(&names(text));
            assert_eq!(found.first().map(|naming| naming.pattern.as_str()), Some(pattern), "{text}");
        }
        assert!(along(&names("config tokenizer")).0.is_empty());
    }

    #[test]
    fn repositories_of_one_run_share_little_more_than_the_word_before_their_step() {
        let tiny = names(
            "TinyLlama-1.1B-step-50K-105b TinyLlama-1.1B-intermediate-step-480k-1T TinyLlama-1.1B-intermediate-step-715k-1.5T \
             TinyLlama-1.1B-intermediate-step-955k-token-2T TinyLlama-1.1B-intermediate-step-1431k-3T",
        );
        let naming = loose(&tiny).unwrap();
        let steps: Vec<u64> = naming.names.keys().copied().collect();
        assert_eq!(
            (naming.pattern.as_str(), steps.as_slice()),
            ("*step-{step}*{tokens}", &[50_000, 480_000, 715_000, 955_000, 1_431_000][..])
        );
        let others = [tiny, names("TinyLlama-1.1B-Chat-v1.0 TinyLlama-1.1B-python-v0.1")].concat();
        assert_eq!(loose(&others), Some(naming), "others have no step");
        assert_eq!(loose(&names("a-step-1 b-step-1")).map(|naming| naming.names.len()), None, "one step twice");
    }
}
