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
mod tests {
    use super::read;

    #[test]
    fn marks_part_thousands_or_begin_the_fraction() {
        let cases: [(&str, &[f64]); 31] = [
            ("1,234", &[1234.0]),
            ("1.234", &[1.234]),
            ("3,5", &[3.5]),
            ("3,2516", &[3.2516]),
            ("0,125", &[0.125]),
            ("2024,5", &[2024.5]),
            ("1,234,567", &[1_234_567.0]),
            ("1.234.567", &[1_234_567.0]),
            ("1.234.567,5", &[1_234_567.5]),
            ("1,234,567.5", &[1_234_567.5]),
            ("1'234'567.5", &[1_234_567.5]),
            ("1_000_000", &[1e6]),
            ("10 000", &[1e4]),
            ("1 234 567,5", &[1_234_567.5]),
            ("1,23,456", &[123_456.0]),
            ("1,23,456.7", &[123_456.7]),
            ("1,2,3", &[1.0, 2.0, 3.0]),
            ("24.12.2024", &[24.0, 12.0, 2024.0]),
            ("192.168.0.1", &[192.0, 168.0, 0.0, 1.0]),
            ("5'10", &[5.0, 10.0]),
            ("007 123", &[7.0, 123.0]),
            ("2024 500", &[2024.0, 500.0]),
            ("2024 10 000", &[2024.0, 1e4]),
            ("5 120 30", &[5.0, 120.0, 30.0]),
            ("3.5 100", &[3.5, 100.0]),
            (".5", &[0.5]),
            ("007", &[7.0]),
            ("1,000.5,3", &[1.0, 0.0, 5.0, 3.0]),
            ("12,345 678", &[12_345.0, 678.0]),
            ("1 000.5", &[1000.5]),
            ("00,5", &[0.5]),
        ];
        for (run, values) in cases {
            assert_eq!(read("", run, "").0, values, "{run}");
        }
        assert_eq!(read("(", "3,5", ")").0, [3.0, 5.0]);
        assert_eq!(read("(", "3,500", ")").0, [3500.0]);
    }

    #[test]
    fn exponents_and_divisors_belong_to_the_number_before() {
        let cases: [(&str, &str, &[f64], usize); 17] = [
            ("1", "e3", &[1000.0], 2),
            ("1.5", "E-3 m", &[0.0015], 3),
            ("1", "e23", &[1e23], 3),
            ("1", "ex", &[1.0], 0),
            ("2", " × 10^{3}", &[2000.0], 10),
            ("2.5", "x10^-2", &[0.025], 6),
            ("7", " x 10 = 70", &[7.0], 0),
            ("10", "^3", &[1000.0], 2),
            ("3", "/4", &[0.75], 2),
            ("1 1", "/2 cups", &[1.5], 2),
            ("2024 3", "/4", &[2024.0, 0.75], 2),
            ("12", "/25/2024", &[12.0], 0),
            ("5", "/0", &[5.0], 0),
            ("0.5", "/2", &[0.5], 0),
            ("10", "k", &[10_000.0], 1),
            ("5", "km", &[5.0], 0),
            ("2", "bn.", &[2e9], 2),
        ];
        for (run, after, values, used) in cases {
            assert_eq!(read("", run, after), (values.to_vec(), used), "{run}{after}");
        }
        assert_eq!(read("12/", "25", "/2024").0, [25.0]);
        assert_eq!(read("2024/", "12", "/25").0, [12.0]);
    }
}
