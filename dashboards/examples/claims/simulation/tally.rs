//! Counts of claims: how often each is made, how often it is true, and on how many pages anything is not.

use std::collections::{BTreeMap, BTreeSet};

/// Where a claim stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A sentence, an alarm, a note, a story of a pack or a prompt.
    Said,
    /// A word in the table.
    Cell,
}

/// Something that a page says.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) is_true: bool,
    /// The words, for whoever wants to read what was untrue.
    pub(crate) text: String,
}

/// One page, judged.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) claims: Vec<Claim>,
    /// By number: whether the interval holds the truth.
    pub(crate) covered: Vec<(&'static str, bool)>,
}

impl Page {
    pub(crate) fn say(&mut self, place: Place, name: impl Into<String>, is_true: bool, text: &str) {
        self.claims.push(Claim { place, name: name.into(), is_true, text: text.to_owned() });
    }
}

/// How often a claim was made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) made: usize,
    pub(crate) right: usize,
    /// Pages on which it was made at least once and was not true.
    pub(crate) untrue_pages: usize,
}

impl Count {
    pub(crate) fn share(self) -> f64 {
        self.right as f64 / self.made.max(1) as f64
    }

    fn add(&mut self, other: Self) {
        self.made += other.made;
        self.right += other.right;
        self.untrue_pages += other.untrue_pages;
    }
}

/// Many pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) pages: usize,
    /// Pages that say something untrue in a sentence, an alarm, a note or a story.
    pub(crate) untrue: usize,
    /// Pages with an untrue word in the table.
    pub(crate) untrue_cells: usize,
    pub(crate) claims: BTreeMap<(Place, String), Count>,
    pub(crate) covered: BTreeMap<&'static str, Count>,
    /// One untrue claim of each kind, word for word.
    pub(crate) samples: BTreeMap<String, String>,
}

impl Tally {
    pub(crate) fn of(page: Page) -> Self {
        let has_untrue = |place| page.claims.iter().any(|claim| claim.place == place && !claim.is_true);
        let mut tally = Self {
            pages: 1,
            untrue: usize::from(has_untrue(Place::Said)),
            untrue_cells: usize::from(has_untrue(Place::Cell)),
            ..Self::default()
        };
        let mut untrue = BTreeSet::new();
        for claim in page.claims {
            let key = (claim.place, claim.name.clone());
            let is_new = !claim.is_true && untrue.insert(key.clone());
            let count = Count { made: 1, right: usize::from(claim.is_true), untrue_pages: usize::from(is_new) };
            tally.claims.entry(key).or_default().add(count);
            if !claim.is_true {
                tally.samples.entry(claim.name).or_insert(claim.text);
            }
        }
        for (name, is_covered) in page.covered {
            let count = Count { made: 1, right: usize::from(is_covered), untrue_pages: 0 };
            tally.covered.entry(name).or_default().add(count);
        }
        tally
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.pages += other.pages;
        self.untrue += other.untrue;
        self.untrue_cells += other.untrue_cells;
        for (key, count) in other.claims {
            self.claims.entry(key).or_default().add(count);
        }
        for (name, count) in other.covered {
            self.covered.entry(name).or_default().add(count);
        }
        for (name, text) in other.samples {
            self.samples.entry(name).or_insert(text);
        }
        self
    }

    /// Share of the pages that say something untrue.
    pub(crate) fn untrue_share(&self) -> f64 {
        self.untrue as f64 / self.pages.max(1) as f64
    }

    /// How often a page says this, when it is true.
    pub(crate) fn per_page(&self, name: &str) -> f64 {
        let of_name = self.claims.iter().filter(|((_, own), _)| own == name);
        of_name.map(|(_, count)| count.right).sum::<usize>() as f64 / self.pages.max(1) as f64
    }
}
