//! Merges of byte pairs, looked at before they are used: the crate that does so breaks off at what it does not expect.

/// The first merge that can be none, by its place in the list from 0, and why: it is no pair, one of its tokens is not there, or what it makes
/// is not. `prefix` stands before each token that does not begin a word and is left out where two become one.
pub(super) fn flaw<'a>(
    merges: impl IntoIterator<Item = Option<[&'a str; 2]>>,
    prefix: &str,
    knows: impl Fn(&str) -> bool,
) -> Option<(usize, String)> {
    let mut made = String::new();
    let mut wrong = |merge: Option<[&str; 2]>| {
        let Some([left, right]) = merge else { return Some("is no pair".to_owned()) };
        if let Some(token) = [left, right].into_iter().find(|token| !knows(token)) {
            return Some(format!("joins `{left}` and `{right}`, and `{token}` is no token"));
        }
        made.clear();
        made.push_str(left);
        made.push_str(right.get(prefix.len()..).unwrap_or_default());
        let is_token = right.is_char_boundary(prefix.len()) && knows(&made);
        (!is_token).then(|| format!("joins `{left}` and `{right}`, which makes no token"))
    };
    merges.into_iter().enumerate().find_map(|(at, merge)| wrong(merge).map(|problem| (at, problem)))
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn what_cannot_be_merged_is_named_by_its_place() {
        let known = ["a", "b", "ab", "##b", "é"];
        for (merges, prefix, expected) in [
            (vec![Some(["a", "b"])], "", None),
            (vec![Some(["a", "##b"])], "##", None),
            (vec![Some(["a", "b"]), None], "", Some((1, "is no pair"))),
            (vec![Some(["a", "c"])], "", Some((0, "joins `a` and `c`, and `c` is no token"))),
            (vec![Some(["a", "b"]), Some(["ab", "b"])], "", Some((1, "joins `ab` and `b`, which makes no token"))),
            (vec![Some(["a", "b"])], "####", Some((0, "joins `a` and `b`, which makes no token"))),
            (vec![Some(["a", "é"])], "#", Some((0, "joins `a` and `é`, which makes no token"))),
        ] {
            let found = flaw(merges, prefix, |token| known.contains(&token));
            assert_eq!(found.as_ref().map(|(at, problem)| (*at, problem.as_str())), expected);
        }
    }
}
