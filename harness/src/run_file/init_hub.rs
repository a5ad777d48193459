//! A first run file for a run on the hub, written from the names of its branches and tags, of its folders, or of its repositories.

use super::init::{FirstFile, TEMPLATE, quoted, said, shown};
use super::on_hub::Names;
use crate::checkpoint::{Naming, Pattern};
use crate::hub::{Address, SCHEME, Talk};
use crate::training::{Preset, presets};
use crate::{Error, Result};

/// What a run file says of the files that are fetched.
const STORAGE: &str = "
# Each checkpoint is fetched while the one before is scored. Which of those that this run has fetched stay in the cache when they are
# scored: none, last (the last of each branch) or all; and how much of the disk they may take.
keep: none
# disk: 50G
";

/// A commented run file for the run in a repository, or in several with one checkpoint each: the pattern is proposed from the names, the
/// schedule is that of a known run.
///
/// # Errors
/// There is no such repository, nobody answers, or no name there tells a step.
pub(crate) fn run_file_for_hub(addresses: Vec<Address>, talk: Talk<'_>) -> Result<FirstFile> {
    let found = match addresses.as_slice() {
        [one] => Names::of_one(one, talk)?,
        _ => Names::of_several(addresses),
    };
    let is_of = |preset: &&Preset| {
        let is_it = |of: &String| found.place.iter().any(|own| of.eq_ignore_ascii_case(&own.repo.id));
        preset.of.iter().any(is_it)
    };
    let preset = presets().iter().find(is_of);
    let steps = |pattern: &Pattern| {
        let read = |name: &String| match pattern.read(name).as_slice() {
            [named] => named.step.or(named.tokens.map(|label| label.tokens)).or(named.index),
            _ => None,
        };
        found.all.iter().filter_map(read).collect::<Vec<u64>>()
    };
    let known = preset.and_then(|preset| {
        let steps = steps(&Pattern::new(&preset.pattern).ok()?);
        (!steps.is_empty()).then(|| (preset.pattern.clone(), steps))
    });
    let Some((pattern, mut steps)) = known.or_else(|| proposed(&found.namings)) else { return Err(no_steps(&found)) };
    steps.sort_unstable();
    let compiled = Pattern::new(&pattern).expect("it was matched above");
    let fits = |name: &String| !compiled.read(name).is_empty();
    let others = found.namings.iter().filter(|naming| !naming.names.values().flatten().any(fits));
    let other = |naming: &Naming| {
        let first = naming.names.values().flatten().next().map_or("", String::as_str);
        format!(
            "{} such as {first}: named otherwise; `{}` as the pattern of a branch of its own",
            naming.places().len(),
            naming.pattern
        )
    };
    let unnamed = found.unnamed.iter().map(|(name, reason)| format!("{name}: {reason}"));
    let left_out: Vec<String> = others.map(other).chain(unnamed).collect();
    Ok(FirstFile { text: text(&found, preset, (&pattern, &steps), &left_out), left_out })
}

/// The pattern that most names fit, and their steps.
fn proposed(namings: &[Naming]) -> Option<(String, Vec<u64>)> {
    let plain = namings.iter().rev().max_by_key(|naming| naming.places().len())?;
    Some((plain.pattern.clone(), plain.places()))
}

fn text(found: &Names, preset: Option<&Preset>, (pattern, steps): (&str, &[u64]), left_out: &[String]) -> String {
    let mut entry = "  - branch: trunk\n".to_owned();
    let written = |address: &Address| quoted(address.to_string().trim_start_matches(SCHEME));
    let name = match found.place.as_slice() {
        [one] => {
            entry.push_str(&format!("    hub: {}    # {}\n", written(one), said(pattern, steps)));
            one.repo.id.rsplit('/').next().unwrap_or(&one.repo.id)
        }
        several => {
            let compiled = Pattern::new(pattern).expect("it was matched before");
            entry.push_str(&format!("    hub:    # {}, a repository each\n", said(pattern, steps)));
            let fitting = several.iter().zip(&found.all).filter(|(_, name)| !compiled.read(name).is_empty());
            fitting.for_each(|(address, _)| entry.push_str(&format!("      - {}\n", written(address))));
            several[0].repo.id.split('/').next().unwrap_or(&several[0].repo.id)
        }
    };
    entry.push_str(&format!("    pattern: {}\n", quoted(pattern)));
    if let Some(index) = preset.and_then(|preset| preset.index.as_ref()).filter(|_| pattern.contains("{index}")) {
        entry.push_str(&format!("    index: {index}\n"));
    }
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

fn no_steps(found: &Names) -> Error {
    let some: Vec<&str> = found.all.iter().take(8).map(String::as_str).collect();
    let kind = found.kind;
    let of = if kind == "repositories" { "the" } else { "its" };
    Error::Hub {
        address: found.place[0].to_string(),
        problem: format!("no step can be told from the names of {of} {kind} ({})", some.join(", ")),
        help: "name a repository with a branch, a tag or a folder a checkpoint, several repositories with one each, or write a run file whose `pattern:` says where the step stands: `{step}`, and `*` for what varies".into(),
    }
}
