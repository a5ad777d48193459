//! Branches that differ in their seed alone: their median and their range, where all of them were measured.

use serde::Serialize;

use super::series::Series;
use crate::analysis::statistics::median;

/// What the seeds say at one count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct SeedPoint {
    /// Tokens seen.
    pub(crate) tokens: f64,
    /// The middle of the values.
    pub(crate) median: f64,
    /// The smallest value.
    pub(crate) low: f64,
    /// The largest one.
    pub(crate) high: f64,
}

/// A group of branches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Seeds {
    /// What its members have in common, and how many there are.
    pub(crate) name: String,
    /// Which colour: that of its first member.
    pub(crate) colour: usize,
    /// Their places among the series.
    pub(crate) members: Vec<usize>,
    /// A point where all of them were measured, in ascending tokens.
    pub(crate) points: Vec<SeedPoint>,
}

/// The groups among `series`: two branches or more whose names are alike but for the number of a seed, and that were measured at two
/// common counts or more.
pub(crate) fn seeds(series: &[Series]) -> Vec<Seeds> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, one) in series.iter().enumerate() {
        let Some(rest) = without_seed(&one.name) else { continue };
        match groups.iter_mut().find(|(name, _)| *name == rest) {
            Some((_, members)) => members.push(index),
            None => groups.push((rest, vec![index])),
        }
    }
    let group = |(rest, members): (String, Vec<usize>)| {
        let points = common(series, &members);
        let name = format!("{rest}{}{} seeds", if rest.is_empty() { "" } else { ", " }, members.len());
        (members.len() > 1 && points.len() > 1).then(|| Seeds {
            name,
            colour: series[members[0]].colour,
            members,
            points,
        })
    };
    groups.into_iter().filter_map(group).collect()
}

/// Whether a series is one of a group.
pub(crate) fn is_member(groups: &[Seeds], index: usize) -> bool {
    groups.iter().any(|group| group.members.contains(&index))
}

fn common(series: &[Series], members: &[usize]) -> Vec<SeedPoint> {
    let at = |member: &usize, tokens: f64| {
        series[*member].points.iter().flatten().find(|point| point.tokens.total_cmp(&tokens).is_eq()).map(|p| p.value)
    };
    let first = series[members[0]].points.iter().flatten();
    let point = |tokens: f64| {
        let values: Vec<f64> = members.iter().map(|member| at(member, tokens)).collect::<Option<_>>()?;
        let (low, high) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        Some(SeedPoint { tokens, median: median(&values)?, low, high })
    };
    first.filter_map(|own| point(own.tokens)).collect()
}

/// A name without the number of its seed: `seed-1/anneal` and `anneal_seed2` are `anneal`; `None` where it tells no seed.
fn without_seed(name: &str) -> Option<String> {
    let is_joint = |c: char| "-_/.: =()".contains(c);
    let lower = name.to_ascii_lowercase();
    let start =
        lower.match_indices("seed").map(|(at, _)| at).find(|at| !lower[..*at].ends_with(char::is_alphanumeric))?;
    let after = lower[start + 4..].trim_start_matches('s').trim_start_matches(is_joint);
    let number = after.bytes().take_while(u8::is_ascii_digit).count();
    if number == 0 || after[number..].starts_with(char::is_alphanumeric) {
        return None;
    }
    let end = name.len() - after.len() + number;
    let (before, rest) = (name[..start].trim_end_matches(is_joint), name[end..].trim_start_matches(is_joint));
    Some(if before.is_empty() || rest.is_empty() { format!("{before}{rest}") } else { format!("{before}/{rest}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plots::Point;

    #[test]
    fn names_tell_seeds() {
        let told = [
            ("seed-1/anneal", Some("anneal")),
            ("anneal_seed2", Some("anneal")),
            ("big (Seed 17)", Some("big")),
            ("pilot/seed=3/trunk", Some("pilot/trunk")),
            ("seed0", Some("")),
            ("birdseed-1", None),
            ("seedling", None),
            ("seed-2b", None),
            ("trunk", None),
        ];
        for (name, wanted) in told {
            assert_eq!(without_seed(name).as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn a_group_has_the_median_and_the_range_where_all_were_measured() {
        let series = |name: &str, values: &[Option<f64>]| Series {
            name: name.into(),
            colour: 2,
            fork: None,
            points: (values.iter().enumerate())
                .map(|(k, value)| value.map(|value| Point { tokens: k as f64, value, interval: None }))
                .collect(),
            hollow: Vec::new(),
        };
        let all = [
            series("seed-1/a", &[Some(0.1), Some(0.5), Some(0.9)]),
            series("trunk", &[Some(0.0); 3]),
            series("seed-2/a", &[Some(0.3), None, Some(0.7)]),
            series("seed-3/a", &[Some(0.2), Some(0.5), Some(0.6)]),
            series("seed-1/lone", &[Some(0.2); 3]),
        ];
        let found = seeds(&all);
        assert_eq!((found.len(), found[0].name.as_str(), &found[0].members[..]), (1, "a, 3 seeds", &[0, 2, 3][..]));
        let point = |tokens, median, low, high| SeedPoint { tokens, median, low, high };
        assert_eq!(found[0].points, [point(0.0, 0.2, 0.1, 0.3), point(2.0, 0.7, 0.6, 0.9)]);
        assert!(is_member(&found, 3) && !is_member(&found, 1) && !is_member(&found, 4));
    }
}
