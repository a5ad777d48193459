//! From the names of checkpoint folders to the patterns that a run file needs for them: `checkpoint-{step}`, and perhaps
//! `checkpoint-{step}-ema` as a variant.

mod amounts;
mod chunks;
mod fields;
mod step;

use std::collections::BTreeMap;

use super::pattern::number::{Units, number};
use super::pattern::{Named, Pattern};
use chunks::{Chunk, chunks, date_at, is_separator};
use step::step_of;

/// Words before a number that is another one at the next checkpoint.
const VARYING: [&str; 3] = ["epoch", "epochs", "ep"];
/// Words for tokens seen.
const TOKENS: [&str; 4] = ["tokens", "token", "toks", "tok"];

/// Without a word for tokens, a number that is less is a context length or such: `step500-8k`.
const FEWEST_TOKENS: u64 = 1_000_000;

/// Words in the name of a folder that a trainer has not done writing.
const UNFINISHED: [&str; 4] = ["tmp", "temp", "incomplete", "partial"];
/// Words for the last checkpoint of a curve, which is not another kind of it.
const LAST: [&str; 3] = ["final", "last", "latest"];

/// Checkpoints that one pattern names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    /// The pattern, as the run file writes it.
    pub(crate) pattern: String,
    /// What they are beside the plain ones of the same folder: `ema`.
    pub(crate) variant: Option<String>,
    /// The names by step (of names without one by their amount), several where stages or seeds share it.
    pub(crate) names: BTreeMap<u64, Vec<String>>,
}

/// The step that a name tells.
pub(crate) fn step_in(name: &str) -> Option<u64> {
    step_of(name).ok().map(|step| step.value)
}

/// Where the tokens that a checkpoint saw are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokensIn {
    /// In its name, or nowhere.
    Name,
    /// In the checkpoint itself, exactly; an amount in its name is a round one.
    Checkpoint,
}

/// How the folder's checkpoints are named, the plain ones first, and why the others are left out.
pub(crate) fn namings(names: &[String], tokens: TokensIn) -> (Vec<Naming>, Vec<(String, String)>) {
    let masked = fields::masked(names);
    let own: Vec<String> = masked.iter().map(|(name, _)| name.clone()).collect();
    let (mut found, mut left_out) = of_one_run(&own, tokens);
    if let Some(amounts) = found.is_empty().then(|| amounts::naming(&own)).flatten() {
        let is_placed = |name: &String| amounts.names.values().flatten().any(|placed| placed == name);
        left_out.retain(|(name, _)| !is_placed(name));
        found.push(amounts);
    }
    let whole: BTreeMap<String, Vec<String>> = masked.into_iter().collect();
    let all = |name: &String| whole[name].clone();
    let mut left_out: Vec<(String, String)> =
        left_out.iter().flat_map(|(name, reason)| all(name).into_iter().map(|own| (own, reason.clone()))).collect();
    let mut kept = Vec::new();
    for naming in found {
        let pattern = fields::unmasked(&naming.pattern);
        let names = naming.names.into_iter().map(|(step, names)| (step, names.iter().flat_map(&all).collect()));
        let naming = Naming { pattern, variant: naming.variant, names: names.collect() };
        match naming.flaw() {
            None => kept.push(naming),
            Some(flaw) => left_out.extend(naming.names.into_values().flatten().map(|name| (name, flaw.clone()))),
        }
    }
    (kept, left_out)
}

/// The same for names whose stages and seeds are masked.
fn of_one_run(names: &[String], tokens: TokensIn) -> (Vec<Naming>, Vec<(String, String)>) {
    let (mut groups, mut left_out) = (BTreeMap::<Key, Vec<Parsed>>::new(), Vec::new());
    for name in names {
        let mut words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        if let Some(word) = words.find(|word| UNFINISHED.contains(&word.as_str())) {
            left_out.push((name.clone(), format!("is still being saved: `{word}` in its name")));
            continue;
        }
        match Parsed::of(name) {
            Ok(parsed) => groups.entry(parsed.key()).or_default().push(parsed),
            Err(reason) => left_out.push((name.clone(), reason)),
        }
    }
    let mut found = Vec::new();
    for group in groups.into_values().flat_map(without_twins) {
        match Naming::of(&group, tokens) {
            Ok(naming) => found.push(naming),
            Err(reason) => left_out.extend(group.into_iter().map(|parsed| (parsed.name, reason.clone()))),
        }
    }
    (with_variants(joined(found), &mut left_out), left_out)
}

/// The namings, with those as one that differ by a stage or a seed which some names lack.
fn joined(mut found: Vec<Naming>) -> Vec<Naming> {
    found.sort_by_key(|naming| std::cmp::Reverse(naming.pattern.len()));
    let mut kept: Vec<Naming> = Vec::new();
    for short in found {
        let mut joint = kept.iter().map(|long| fields::joined(&short.pattern, &long.pattern)).enumerate();
        match joint.find_map(|(at, pattern)| Some((at, pattern?))) {
            Some((at, pattern)) => {
                kept[at].pattern = pattern;
                for (step, names) in short.names {
                    kept[at].names.entry(step).or_default().extend(names);
                }
            }
            None => kept.push(short),
        }
    }
    kept
}

/// What the pieces before and behind the step are, but for their slots.
type Key = (Vec<Option<String>>, Vec<Option<String>>);

/// A name with its step.
#[derive(Debug, Clone)]
struct Parsed {
    name: String,
    step: u64,
    before: Vec<Chunk>,
    after: Vec<Chunk>,
}

impl Parsed {
    fn of(name: &str) -> Result<Self, String> {
        let step = step_of(name)?;
        let (before, after) = (&name[..step.place.start], &name[step.place.end..]);
        Ok(Self { name: name.into(), step: step.value, before: chunks(before), after: chunks(after) })
    }

    fn key(&self) -> Key {
        let texts = |chunks: &[Chunk]| {
            let text = |chunk: &Chunk| if let Chunk::Text(text) = chunk { Some(text.clone()) } else { None };
            chunks.iter().map(text).collect()
        };
        (texts(&self.before), texts(&self.after))
    }
}

/// The group, or, where two of it have one step, a group for each way of writing all but the step: `-v1` and `-v2`.
fn without_twins(group: Vec<Parsed>) -> Vec<Vec<Parsed>> {
    let steps: std::collections::BTreeSet<u64> = group.iter().map(|parsed| parsed.step).collect();
    if steps.len() == group.len() {
        return vec![group];
    }
    let mut apart: BTreeMap<(Vec<Chunk>, Vec<Chunk>), Vec<Parsed>> = BTreeMap::new();
    for parsed in group {
        apart.entry((parsed.before.clone(), parsed.after.clone())).or_default().push(parsed);
    }
    apart.into_values().collect()
}

impl Naming {
    fn of(group: &[Parsed], tokens: TokensIn) -> Result<Self, String> {
        let mut tokens = tokens == TokensIn::Name;
        let mut side = |chunks: fn(&Parsed) -> &Vec<Chunk>| -> String {
            let slots = 0..chunks(&group[0]).len();
            slots
                .map(|index| {
                    piece(&group.iter().map(|parsed| &chunks(parsed)[..=index]).collect::<Vec<_>>(), &mut tokens)
                })
                .collect()
        };
        let pattern = format!("{}{{step}}{}", side(|parsed| &parsed.before), side(|parsed| &parsed.after));
        let compiled = Pattern::new(&pattern).map_err(|(wrong, _)| format!("its pattern `{pattern}` {wrong}"))?;
        let mut names = BTreeMap::new();
        for parsed in group {
            let read = compiled.read(&parsed.name);
            if !matches!(read.as_slice(), [Named { step, .. }] if *step == Some(parsed.step)) {
                return Err(format!("the pattern `{pattern}` does not tell its step"));
            }
            if let Some(other) = names.insert(parsed.step, vec![parsed.name.clone()]) {
                return Err(format!("it is step {}, as `{}` is", parsed.step, other[0]));
            }
        }
        Ok(Self { pattern, variant: None, names })
    }

    /// The step (or amount) of each of its names, ascending.
    pub(crate) fn places(&self) -> Vec<u64> {
        self.names.iter().flat_map(|(place, names)| names.iter().map(|_| *place)).collect()
    }

    /// Why the pattern does not place its names.
    fn flaw(&self) -> Option<String> {
        let compiled = match Pattern::new(&self.pattern) {
            Ok(compiled) => compiled,
            Err((wrong, _)) => return Some(format!("its pattern `{}` {wrong}", self.pattern)),
        };
        let is_placed = |(place, name): (&u64, &String)| {
            let told = |named: &Named| named.step.or(named.tokens.map(|label| label.tokens)) == Some(*place);
            matches!(compiled.read(name).as_slice(), [named] if told(named))
        };
        let mut all = self.names.iter().flat_map(|(place, names)| names.iter().map(move |name| (place, name)));
        (!all.all(is_placed)).then(|| format!("the pattern `{}` does not tell its step", self.pattern))
    }

    /// The pattern before and behind the step.
    fn sides(&self) -> (&str, &str) {
        self.pattern.split_once("{step}").unwrap_or_default()
    }

    /// What this naming says more than `plain`, as the name of a variant; `None` where it is not a form of it.
    fn beyond(&self, plain: &Self) -> Option<String> {
        let ((before, after), (plain_before, plain_after)) = (self.sides(), plain.sides());
        let more = match (before.strip_suffix(plain_before), after.strip_prefix(plain_after)) {
            (Some(before), Some(after)) => format!("{before}{after}"),
            _ if before == plain_before && self.names.keys().any(|step| plain.names.contains_key(step)) => after.into(),
            _ => return None,
        };
        let words: Vec<&str> = more.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        (!words.is_empty() && !more.contains('{') && !fields::is_masked(&more)).then(|| words.join("-"))
    }
}

/// One piece of the pattern: the last of each chunk list, with what comes before it.
fn piece(pieces: &[&[Chunk]], tokens: &mut bool) -> String {
    let text = |chunks: &&[Chunk]| match chunks.last() {
        Some(Chunk::Text(text) | Chunk::Slot(text)) => text.clone(),
        None => String::new(),
    };
    let values: Vec<String> = pieces.iter().map(text).collect();
    let first = &values[0];
    let word = match pieces[0] {
        [.., Chunk::Text(before), Chunk::Slot(_)] => {
            let trimmed = before.trim_end_matches(is_separator);
            trimmed.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase()
        }
        [.., Chunk::Text(_)] => return first.clone(),
        _ => String::new(),
    };
    let letters = first.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let own_word = first[..letters].to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str()) || words.contains(&own_word.as_str());
    let varies = values.iter().any(|value| value != first);
    let in_tokens = |value: &String| {
        let digits = value.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let rest = &value[digits..];
        let whole = number(rest, Units::OfTokens).filter(|number| number.length == rest.len());
        value[..digits] == first[..letters]
            && whole.is_some_and(|number| is(&TOKENS) || number.has_unit && number.value >= FEWEST_TOKENS)
    };
    let says_tokens = values.iter().all(in_tokens) && (varies || is(&TOKENS));
    if says_tokens && std::mem::take(tokens) {
        return format!("{}{{tokens}}", &first[..letters]);
    }
    if says_tokens || is(&VARYING) {
        return format!("{}*", &first[..letters]);
    }
    if varies || date_at(first, 0) == Some(first.len()) {
        let shared = |value: &String| value.get(..letters) == Some(&first[..letters]);
        return if values.iter().all(shared) { format!("{}*", &first[..letters]) } else { "*".into() };
    }
    first.clone()
}

/// The plain naming first, then its variants; names of another kind are left out.
fn with_variants(mut found: Vec<Naming>, left_out: &mut Vec<(String, String)>) -> Vec<Naming> {
    found.sort_by_key(|naming| (std::cmp::Reverse(naming.names.len()), naming.pattern.len(), naming.pattern.clone()));
    let Some(most) = found.first() else { return found };
    let is_form = |plain: &&Naming| {
        let ((before, after), (plain_before, plain_after)) = (most.sides(), plain.sides());
        before.ends_with(plain_before) && after.starts_with(plain_after)
    };
    let main = found.iter().filter(is_form).min_by_key(|naming| naming.pattern.len()).cloned();
    let Some(main) = main else { return found };
    let mut kept = vec![main.clone()];
    for naming in found.into_iter().filter(|naming| *naming != main) {
        let is_more = naming.names.keys().any(|step| !main.names.contains_key(step));
        match naming.beyond(&main) {
            Some(word) if is_more && LAST.contains(&word.to_lowercase().as_str()) => {
                let reason =
                    format!("may be the curve's last, but is named otherwise than `{}`: rename it", main.pattern);
                left_out.extend(naming.names.into_values().flatten().map(|name| (name, reason.clone())));
            }
            Some(variant) if kept.iter().all(|known| known.variant.as_ref() != Some(&variant)) => {
                kept.push(Naming { variant: Some(variant), ..naming });
            }
            _ => {
                let reason = format!("named otherwise than `{}`", main.pattern);
                left_out.extend(naming.names.into_values().flatten().map(|name| (name, reason.clone())));
            }
        }
    }
    kept
}
#[cfg(test)]
mod tests;
