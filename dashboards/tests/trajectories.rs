//! Two public training runs, OLMo 2 7B and 13B in their in-loop evaluations, looked at anew after every evaluation as a live run is.
//!
//! `data/olmo2-*.csv` hold the columns that are read here, as the run's tracker exported them: allenai/OLMo-ladder,
//! `src/scripts/paper/data/ladder-runs/peteish{7,13}_eval_full.csv`, Apache-2.0.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its curves has failed")]

use std::collections::HashMap;
use std::path::Path;

use spyglass_dashboards::analysis::{Curve, Noise, loss_spikes, onset, plateau};

/// MMLU's categories with their test items.
const MMLU: [(&str, f64); 4] =
    [("stem", 3018.0), ("humanities", 4705.0), ("social_sciences", 3077.0), ("other", 3242.0)];

/// The evaluations of a run: tokens, and each column's values there, as far as it has them.
struct Trajectory {
    tokens: Vec<u64>,
    columns: HashMap<String, Vec<Option<f64>>>,
}

impl Trajectory {
    fn read(name: &str, tokens_per_step: u64) -> Self {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        let mut table = csv::Reader::from_path(place).unwrap();
        let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
        let (mut tokens, mut columns) = (Vec::new(), HashMap::<String, Vec<Option<f64>>>::new());
        for row in table.records() {
            let row = row.unwrap();
            for (name, cell) in names.iter().zip(&row) {
                columns.entry(name.clone()).or_default().push(cell.parse().ok());
            }
            tokens.push(columns["_step"].last().unwrap().unwrap() as u64 * tokens_per_step);
        }
        Self { tokens, columns }
    }

    /// Lettered MMLU, its categories weighted by their items, wherever all four were scored.
    fn letters(&self) -> (Vec<u64>, Vec<f64>) {
        let items: f64 = MMLU.iter().map(|(_, items)| items).sum();
        let at = |k: usize| -> Option<(u64, f64)> {
            let part = |(name, items): &(&str, f64)| {
                Some(self.columns[&format!("eval/downstream/mmlu_{name}_test_mc_5shot_len_norm")][k]? * items)
            };
            Some((self.tokens[k], MMLU.iter().map(part).sum::<Option<f64>>()? / items))
        };
        (0..self.tokens.len()).filter_map(at).unzip()
    }
}

/// Onset of the letters after each evaluation: its lower and upper end, `None` where no onset is said.
fn looks(run: &Trajectory) -> Vec<(u64, Option<(u64, u64)>)> {
    let (tokens, score) = run.letters();
    let look = |seen: usize| {
        let curve = Curve {
            tokens: tokens[..seen].to_vec(),
            score: score[..seen].to_vec(),
            noise: Noise::Items(vec![14_042.0; seen]),
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        };
        let found = onset(&curve);
        (tokens[seen - 1], found.by().map(|by| (found.after().unwrap(), by)))
    };
    (1..=tokens.len()).map(look).collect()
}

#[test]
fn the_onset_of_the_letters_is_said_once_and_stays() {
    // The checkpoints at 168 and 252 B tokens of the 7B, and at 126 and 168 B of the 13B.
    let runs = [
        ("olmo2-7b.csv", 4_194_304, (167_772_160_000, 251_658_240_000)),
        ("olmo2-13b.csv", 8_388_608, (125_829_120_000, 167_772_160_000)),
    ];
    for (name, tokens_per_step, bracket) in runs {
        let run = Trajectory::read(name, tokens_per_step);
        let looks = looks(&run);
        assert!(looks.len() > 90);
        for (tokens, found) in looks {
            assert_eq!(found, (tokens >= bracket.1).then_some(bracket), "{name} at {tokens} tokens");
        }
    }
}

#[test]
fn a_loss_that_still_falls_is_no_plateau_at_any_look() {
    for (name, tokens_per_step) in [("olmo2-7b.csv", 4_194_304), ("olmo2-13b.csv", 8_388_608)] {
        let run = Trajectory::read(name, tokens_per_step);
        let losses: Vec<_> = run.columns.iter().filter(|(name, _)| name.ends_with("/CrossEntropyLoss")).collect();
        assert_eq!(losses.len(), 11);
        for (corpus, loss) in losses {
            let known = run.tokens.iter().zip(loss).filter_map(|(tokens, loss)| Some((*tokens as f64, (*loss)?)));
            let (tokens, loss): (Vec<f64>, Vec<f64>) = known.unzip();
            for seen in 1..=loss.len() {
                let stands = plateau(&tokens[..seen], &loss[..seen]).is_some_and(|found| found.plateau);
                assert!(!stands && loss_spikes(&loss[..seen]).is_empty(), "{name}, {corpus}: {seen} evaluations");
            }
        }
    }
}
