//! What is published of benchmarks whose tables do not say how many items they have.

/// A benchmark as tables name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The name that the shipped task has, or would have.
    pub(super) task: &'static str,
    /// Other spellings.
    pub(super) also: &'static [&'static str],
    /// Score of guessing: of the best single answer where the right ones are not spread evenly (62 % of BoolQ's are yes).
    pub(super) chance: f64,
    /// Items with public answers of the validation split, 0 where nobody publishes them apart.
    pub(super) validation: usize,
    /// Items with public answers of the test split, 0 where there are none.
    pub(super) test: usize,
    /// Which split is scored where the name does not say.
    pub(super) split: Split,
    /// Its usual form asks for the letter of an answer; the others ask for its words.
    pub(super) letters: bool,
}

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Validation,
    Test,
}

impl Known {
    /// Items of a split; `None` where nobody publishes them.
    pub(super) fn items(&self, split: Split) -> Option<usize> {
        let items = if split == Split::Test { self.test } else { self.validation };
        (items > 0).then_some(items)
    }
}

const fn words(
    task: &'static str,
    also: &'static [&'static str],
    chance: f64,
    items: [usize; 2],
    split: Split,
) -> Known {
    Known { task, also, chance, validation: items[0], test: items[1], split, letters: false }
}

const fn letters(task: &'static str, also: &'static [&'static str], test: usize) -> Known {
    Known { task, also, chance: 0.25, validation: 0, test, split: Split::Test, letters: true }
}

/// The benchmarks, with validation and test items as their authors publish them. MMLU's four categories are those of its authors
/// (Hendrycks et al. 2021, arXiv:2009.03300); lm-evaluation-harness counts anatomy (135 items) under stem.
pub(super) const KNOWN: &[Known] = &[
    words("hellaswag", &[], 0.25, [10_042, 0], Split::Validation),
    words("arc_easy", &["arc_e", "arce", "ai2_arc_easy"], 0.25, [570, 2_376], Split::Test),
    words("arc_challenge", &["arc_c", "arcc", "ai2_arc_challenge"], 0.25, [299, 1_172], Split::Test),
    words("boolq", &[], 0.62, [3_270, 0], Split::Validation),
    words("piqa", &[], 0.5, [1_838, 0], Split::Validation),
    words("winogrande", &[], 0.5, [1_267, 0], Split::Validation),
    words("openbookqa", &["openbook_qa", "obqa"], 0.25, [500, 500], Split::Test),
    words("sciq", &[], 0.25, [1_000, 1_000], Split::Test),
    words("commonsense_qa", &["csqa", "commonsenseqa"], 0.2, [1_221, 0], Split::Validation),
    words("social_iqa", &["siqa", "socialiqa", "social_i_qa"], 1.0 / 3.0, [1_954, 0], Split::Validation),
    words("copa", &[], 0.5, [100, 0], Split::Validation),
    letters("mmlu", &["hendryckstest"], 14_042),
    letters("mmlu_stem", &[], 3_018),
    letters("mmlu_humanities", &[], 4_705),
    letters("mmlu_social_sciences", &[], 3_077),
    letters("mmlu_other", &[], 3_242),
];
