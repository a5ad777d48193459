//! What a list of names tells by one pattern: folders on disk, or the branches of a repository. `pattern.sort(names)?.checked(…)?` is the
//! whole way.

use super::Pattern;
use super::named::Named;

/// So many of the names that do not fit are shown.
const SHOWN: usize = 5;

/// A list of names as a pattern reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Those that fit with what they tell, in the order given.
    pub(crate) fitting: Vec<(String, Named)>,
    /// Those that do not.
    pub(crate) others: Vec<String>,
}

/// What is wrong with a list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The name, where it is one of them.
    pub(crate) name: Option<String>,
    /// What is wrong.
    pub(crate) problem: String,
    /// The mend.
    pub(crate) help: String,
}

impl Pattern {
    /// Tells the names that fit from those that do not, with what each tells: a stage or a seed as written, an index as the number that
    /// it is. [`Names::checked`] is what comes next.
    ///
    /// # Errors
    /// A name fits in ways that tell different things.
    pub(crate) fn sort(&self, names: impl IntoIterator<Item = String>) -> Result<Names, Fault> {
        let mut sorted = Names::default();
        for name in names {
            match self.read(&name).as_slice() {
                [] => sorted.others.push(name),
                [named] => sorted.fitting.push((name, named.clone())),
                [one, other, ..] => {
                    let problem = format!("the pattern fits in more than one way: {one} or {other}");
                    let help = "write more of the name into `pattern:`, so that `*` stands for less".into();
                    return Err(Fault { name: Some(name), problem, help });
                }
            }
        }
        Ok(sorted)
    }
}

impl Names {
    /// The names, if they are the checkpoints of a run that the run file calls `branch`.
    ///
    /// # Errors
    /// None fits, with some of those that are there; two are one checkpoint of one stage and seed, with both.
    pub(crate) fn checked(self, branch: &str, pattern: &Pattern) -> Result<Self, Fault> {
        match twice(branch, &self.fitting) {
            Some(fault) => Err(fault),
            None if self.fitting.is_empty() => Err(nothing(pattern, self.others)),
            None => Ok(self),
        }
    }
}

/// That no name fits.
fn nothing(pattern: &Pattern, mut others: Vec<String>) -> Fault {
    others.sort();
    others.truncate(SHOWN);
    let help = if others.is_empty() {
        "point `path` at the folder that holds one folder a checkpoint".into()
    } else {
        let here = others.join(", ");
        format!("`pattern` says how checkpoints are named, `*` stands for what varies; here lie: {here}")
    };
    Fault { name: None, problem: format!("nothing here is named `{pattern}`"), help }
}

/// That two names are one checkpoint.
fn twice(branch: &str, fitting: &[(String, Named)]) -> Option<Fault> {
    let mut sorted: Vec<&(String, Named)> = fitting.iter().collect();
    let key = |named: &Named| (named.stage.clone(), named.seed.clone(), named.step, named.index, named.tokens);
    sorted.sort_by_cached_key(|(name, named)| (key(named), name.clone()));
    let pair = sorted.windows(2).find(|pair| pair[0].1.is_same(&pair[1].1))?;
    let ((one, named), (other, _)) = (pair[0], pair[1]);
    Some(Fault {
        name: None,
        problem: format!("`{one}` and `{other}` are both {}{} of branch `{branch}`", named.place(), named.kind()),
        help: "remove one, or list the second kind as an entry of its own with a `variant:` and another `pattern:`"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, names: &[&str]) -> Result<Names, Fault> {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.sort(names.iter().map(|name| (*name).to_owned()))?.checked("trunk", &pattern)
    }

    #[test]
    fn names_are_told_from_others() {
        let found = read("step{step}", &["main", "step0", "step512", "step-1"]).unwrap();
        let steps: Vec<_> = found.fitting.iter().map(|(_, named)| named.step).collect();
        assert_eq!((steps, found.others.as_slice()), (vec![Some(0), Some(512)], &["main".into(), "step-1".into()][..]));
    }

    #[test]
    fn what_cannot_be_placed_is_told_with_the_names() {
        let cases: [(&str, &[&str], &str); 7] = [
            ("step{step}", &["step7", "step07"], "`step07` and `step7` are both step 7 of branch `trunk`"),
            ("{tokens}*", &["4B", "4000M"], "are both 4000000000 tokens of branch"),
            ("ckpt_{index}", &["ckpt_1", "ckpt_001"], "are both index 1 of branch"),
            ("step{step}-tokens{tokens}", &["step1-tokens4B", "step1-tokens5B"], "are both step 1 of"),
            ("{seed}/step{step}", &["a/step1", "a/step01"], "are both step 1 of seed a of branch"),
            ("*{step}*", &["2026-01-02_step1000"], "more than one way: step 1 or step 2"),
            ("step{step}", &["main", "ckpt"], "nothing here is named `step{step}`"),
        ];
        for (pattern, names, said) in cases {
            let fault = read(pattern, names).unwrap_err();
            assert!(fault.problem.contains(said), "{pattern}: {}", fault.problem);
        }
        assert!(read("step{step}", &["main", "ckpt"]).unwrap_err().help.ends_with("here lie: ckpt, main"));
        assert!(read("{seed}/step{step}", &["a/step1", "b/step1"]).is_ok(), "two seeds share a step");
    }
}
