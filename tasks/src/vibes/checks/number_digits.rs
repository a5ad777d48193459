//! Numbers written in digits: what separates thousands, what begins the fraction.
//!
//! The rule, wherever the text comes from:
//! - thousands are parted by `,` `'` `_` or a space, every group after the first of three digits; `1,23,456` as in India;
//! - a single `.` begins the fraction (`1.234` is a little more than one), a single `,` parts thousands before three digits
//!   (`1,234`; not after a 0) and else begins the fraction (`3,5`), save in a pair in brackets such as `(3,5)`;
//! - two kinds of marks: the last begins the fraction (`1.234,5`, `1,234.5`); points alone, at least two: thousands;
//! - what fits none of these, such as `24.12.2024` or `1,2,3`, are several numbers.

use std::sync::LazyLock;

use regex::Regex;

/// What may follow the digits of one number: an exponent, a power of ten, a power, a divisor, a scale.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[eE](?P<exponent>[+-]?[0-9]{1,4})\b| ?[×xX*] ?10 ?(?:\^|\*\*) ?[{(]?(?P<ten>[+-]?[0-9]{1,4})[})]?|(?:\^|\*\*)[{(]?(?P<power>[+-]?[0-9]{1,4})[})]?|/(?P<over>[1-9][0-9]{0,8})(?P<more>[/.,]?[0-9])?|(?P<scale>k|K|M|bn)\b)",
    )
    .expect("a constant")
});

/// A mixed number's whole part is below this, and its divisor no more: `in 2024 3/4 of them` is none.
const LARGEST_MIXED: f64 = 999.0;

/// A number as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Written {
    value: f64,
    /// Without a fraction.
    whole: bool,
}

/// The numbers of `run`, digits with marks between them that `before` and `after` surround, and how much of `after` belongs
/// to the last of them.
pub(super) fn read(before: &str, run: &str, after: &str) -> (Vec<f64>, usize) {
    let bracketed = before.ends_with(['(', '[', '{']) && after.starts_with([')', ']', '}']);
    let written = numbers(run, bracketed);
    let mut values: Vec<f64> = written.iter().map(|number| number.value).collect();
    let (Some(last), Some(tail)) = (written.last(), TAIL.captures(after)) else { return (values, 0) };
    let number = |name: &str| tail.name(name).and_then(|text| text.as_str().parse::<i32>().ok());
    let value = if let Some(ten) = number("exponent").or_else(|| number("ten")) {
        // Parsed as one text: 1e23 is not 1 times 10^23 in binary.
        format!("{}e{ten}", last.value).parse().unwrap_or(f64::INFINITY)
    } else if let Some(power) = number("power") {
        let rest = &after[tail.get(0).map_or(0, |whole| whole.end())..];
        if rest.starts_with(['.', ',']) && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
            return (values, 0); // a root, which is left to the reader
        }
        last.value.powi(power)
    } else if let Some(over) = number("over") {
        if !last.whole || tail.name("more").is_some() || before.ends_with('/') {
            return (values, 0); // a date, or a path
        }
        let (part, whole) = (last.value / f64::from(over), written.iter().rev().nth(1));
        match whole.filter(|whole| whole.whole && whole.value <= LARGEST_MIXED && part < 1.0 && run.contains(' ')) {
            Some(whole) if f64::from(over) <= LARGEST_MIXED => {
                values.pop();
                whole.value + part
            }
            _ => part,
        }
    } else {
        let scale = match tail.name("scale").map(|scale| scale.as_str()) {
            Some("k" | "K") => 1e3,
            Some("M") => 1e6,
            _ => 1e9,
        };
        last.value * scale
    };
    values.pop();
    values.push(value);
    (values, tail.get(0).map_or(0, |whole| whole.end()))
}

/// The numbers of a run; a space parts thousands where all groups up to the run's end have three digits.
fn numbers(run: &str, bracketed: bool) -> Vec<Written> {
    let parts: Vec<&str> = run.split(' ').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let rest = &parts[at + 1..];
        let fits = |(index, part): (usize, &&str)| {
            let whole = part.split(['.', ',']).next().unwrap_or_default();
            is_group(whole) && (whole.len() == part.len() || index + 1 == rest.len())
        };
        if is_head(parts[at]) && !rest.is_empty() && rest.iter().enumerate().all(fits) {
            found.extend(unspaced(&parts[at..].concat(), false));
            break;
        }
        found.extend(unspaced(parts[at], bracketed));
        at += 1;
    }
    found
}

fn unspaced(part: &str, bracketed: bool) -> Vec<Written> {
    let marks: Vec<char> = part.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = part.split(['.', ',', '\'', '_']).collect();
    if let Some(number) = one(&groups, &marks).filter(|number| number.whole || marks != [','] || !bracketed) {
        return vec![number];
    }
    groups.iter().filter_map(|group| Some(Written { value: group.parse().ok()?, whole: true })).collect()
}

/// The one number that digits with these marks between them are, if they are one.
fn one(groups: &[&str], marks: &[char]) -> Option<Written> {
    let Some((last, first)) = marks.split_last() else {
        return Some(Written { value: groups[0].parse().ok()?, whole: true });
    };
    let alike = |marks: &[char]| marks.windows(2).all(|two| two[0] == two[1]);
    let thousands = |groups: &[&str], mark: char| {
        let even = is_head(groups[0]) && groups[1..].iter().all(|group| is_group(group));
        even || (mark == ',' && is_indian(groups))
    };
    if alike(marks) && (*last != '.' || !first.is_empty()) && thousands(groups, *last) {
        return Some(Written { value: groups.concat().parse().ok()?, whole: true });
    }
    let (fraction, whole) = groups.split_last()?;
    let pointed = matches!(last, '.' | ',');
    let fits = first.first().is_none_or(|mark| alike(first) && mark != last && thousands(whole, *mark));
    if !pointed || !fits {
        return None;
    }
    Some(Written { value: format!("0{}.{fraction}", whole.concat()).parse().ok()?, whole: false })
}

/// The first group of a number in thousands: `007,123` is none, nor is `0,125`.
fn is_head(group: &str) -> bool {
    (1..=3).contains(&group.len()) && is_digits(group) && !group.starts_with('0')
}

fn is_group(group: &str) -> bool {
    group.len() == 3 && is_digits(group)
}

/// `12,34,567`: pairs, then three.
fn is_indian(groups: &[&str]) -> bool {
    let [head, pairs @ .., last] = groups else { return false };
    head.len() <= 2 && is_head(head) && !pairs.is_empty() && pairs.iter().all(|pair| pair.len() == 2) && is_group(last)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
#[cfg(test)]
mod tests;
