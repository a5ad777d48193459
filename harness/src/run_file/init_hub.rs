//! A first run file for a run on the hub, written from the names of its branches and tags.

use super::init::{FirstFile, TEMPLATE, quoted, said, shown};
use crate::checkpoint::{Naming, Pattern, namings};
use crate::hub::{Repo, Talk, revisions};
use crate::training::{Preset, presets};
use crate::{Error, Result};

/// What a run file says of the files that are fetched.
const STORAGE: &str = "
# Each checkpoint is fetched while the one before is scored. Which of those that this run has fetched stay in the cache when they are
# scored: none, last (the last of each branch) or all; and how much of the disk they may take.
keep: none
# disk: 50G
";

/// A commented run file for the run in a repository: the pattern is proposed from its branches and tags, the schedule is that of a
/// known run.
///
/// # Errors
/// There is no such repository, nobody answers, or no name there tells a step.
pub(crate) fn run_file_for_hub(repo: &Repo, talk: Talk<'_>) -> Result<FirstFile> {
    let names: Vec<String> = revisions(repo, talk)?.into_iter().map(|own| own.name).collect();
    let preset = presets().iter().find(|preset| preset.of.iter().any(|of| of.eq_ignore_ascii_case(&repo.id)));
    let steps = |pattern: &Pattern| {
        let read = |name: &String| match pattern.read(name).as_slice() {
            [named] => named.step.or(named.tokens.map(|label| label.tokens)),
            _ => None,
        };
        names.iter().filter_map(read).collect::<Vec<u64>>()
    };
    let known = preset.and_then(|preset| {
        let steps = steps(&Pattern::new(&preset.pattern).ok()?);
        (!steps.is_empty()).then(|| (preset.pattern.clone(), steps))
    });
    let (namings, unnamed) = namings(&names, false);
    let Some((pattern, mut steps)) = known.or_else(|| proposed(&namings)) else { return Err(no_steps(repo, &names)) };
    steps.sort_unstable();
    let compiled = Pattern::new(&pattern).expect("it was matched above");
    let others =
        namings.iter().filter(|naming| !naming.names.values().flatten().any(|name| !compiled.read(name).is_empty()));
    let other = |naming: &Naming| {
        let first = naming.names.values().flatten().next().map_or("", String::as_str);
        format!(
            "{} such as {first}: named otherwise; `{}` as the pattern of a branch of its own",
            naming.places().len(),
            naming.pattern
        )
    };
    let left_out = others.map(other).chain(unnamed.into_iter().map(|(name, reason)| format!("{name}: {reason}")));
    let left_out: Vec<String> = left_out.collect();
    Ok(FirstFile { text: text(repo, preset, &pattern, &steps, &left_out), left_out })
}

/// The pattern that most names fit, and their steps.
fn proposed(namings: &[Naming]) -> Option<(String, Vec<u64>)> {
    let plain = namings.iter().rev().max_by_key(|naming| naming.places().len())?;
    Some((plain.pattern.clone(), plain.places()))
}

fn text(repo: &Repo, preset: Option<&Preset>, pattern: &str, steps: &[u64], left_out: &[String]) -> String {
    let name = repo.id.rsplit('/').next().unwrap_or(&repo.id);
    let mut entry = format!(
        "  - branch: trunk\n    hub: {}    # {}\n    pattern: {}\n",
        quoted(&repo.id),
        said(pattern, steps),
        quoted(pattern)
    );
    match preset {
        Some(preset) => entry.push_str(&format!(
            "    training: {}    # tokens and learning rate, as told in {}\n",
            quoted(&preset.name),
            preset.source
        )),
        None if pattern.contains("{tokens}") => entry.push_str(
            "    # tokens seen are read from the names, which round them; this line, or `training:`, is more exact:\n    # tokens_per_step: 4_194_304    # batch size × sequence length × devices\n",
        ),
        None => entry.push_str("    tokens_per_step: 4_194_304    # batch size × sequence length × devices; correct it, or tell the schedule in `training:`\n"),
    }
    for line in shown(left_out) {
        entry.push_str(&format!("  # left out: {}\n", line.replace(char::is_control, "?")));
    }
    TEMPLATE.replace("NAME", &quoted(name)).replace("  CHECKPOINTS\n", &(entry + STORAGE))
}

fn no_steps(repo: &Repo, names: &[String]) -> Error {
    let some: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
    Error::Hub {
        address: repo.to_string(),
        problem: format!("no step can be told from the names of its branches and tags ({})", some.join(", ")),
        help: "name a repository with a branch or tag a checkpoint, or write a run file whose `pattern:` says where the step stands: `{step}`, and `*` for what varies".into(),
    }
}
