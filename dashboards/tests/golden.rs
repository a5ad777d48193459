//! Every vector of `data/golden` that stands, value by value to 1e-9, and those of what later rules overruled.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors has failed")]

use std::path::Path;

use serde_json::{Value, json};
use spyglass_dashboards::alarms::{letters, lone_jump, perturbed_gap};
use spyglass_dashboards::analysis::*;
use spyglass_dashboards::run::Phase;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn integers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
}

/// The texts of numbers or strings: names of clusters.
fn names(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(Value::to_string).collect()
}

fn curve(input: &Value) -> Curve {
    let noise =
        input.get("se").map_or_else(|| Noise::Items(numbers(&input["n"])), |se| Noise::StandardErrors(numbers(se)));
    Curve {
        tokens: integers(&input["tokens"]),
        score: numbers(&input["score"]),
        noise,
        chance: input["chance"].as_f64().unwrap(),
        delta: input.get("delta").and_then(Value::as_f64),
        item_diff_var: input.get("item_diff_var").map(numbers),
    }
}

/// The checkpoints in the order in which a search that stops by itself scores them.
fn search_order(whole: &Curve) -> Vec<usize> {
    let (mut order, mut scored) = (Vec::new(), vec![false; whole.tokens.len()]);
    loop {
        let known: Vec<usize> = (0..scored.len()).filter(|&k| scored[k]).collect();
        let Noise::Items(n) = &whole.noise else { panic!("shares") };
        let part = Curve {
            tokens: known.iter().map(|&k| whole.tokens[k]).collect(),
            score: known.iter().map(|&k| whole.score[k]).collect(),
            noise: Noise::Items(known.iter().map(|&k| n[k]).collect()),
            ..whole.clone()
        };
        let first = first_checkpoints(&whole.tokens, &scored, 0).first().copied();
        let next = first.or_else(|| narrowing_checkpoint(&whole.tokens, &scored, Some(&onset(&part))));
        let Some(next) = next else { return order };
        assert!(!std::mem::replace(&mut scored[next], true), "{next} is scored twice");
        order.push(next);
    }
}

fn answer(function: &str, input: &Value) -> Value {
    let number = |key: &str| input[key].as_f64().unwrap_or(f64::NAN);
    match function {
        "lr_phases" => {
            let point = |pair: &Value| Some((pair[0].as_u64()?, pair[1].as_f64().unwrap_or(f64::NAN)));
            let points: Vec<(u64, f64)> = input["points"].as_array().unwrap().iter().filter_map(point).collect();
            json!(lr_phases(&points))
        }
        "wilson" => json!(wilson(number("p"), number("n"), number("z"))),
        "mean_se" => json!(mean_se(&numbers(&input["x"]))),
        "clustered_se" => json!(clustered_se(&numbers(&input["x"]), &names(&input["cluster"]))),
        "pack_interval" => {
            json!(pack_interval(&rows(&input["passes"])).map(|found| (found.share, found.effective, found.interval)))
        }
        "contrast" => {
            let items = rows(&input["items"]);
            let items: Vec<&[f64]> = items.iter().map(Vec::as_slice).collect();
            let (weights, wobble) = (numbers(&input["weights"]), number("wobble"));
            let found = match input.get("cluster") {
                Some(cluster) => clustered_contrast(&weights, &items, wobble, &names(cluster)),
                None => contrast(&weights, &items, wobble),
            };
            json!(found.map(|found| (found.value, found.se)))
        }
        "mcnemar_exact" => json!(mcnemar_exact(input["losses"].as_u64().unwrap(), input["gains"].as_u64().unwrap())),
        "multiplicity" => {
            let p = numbers(&input["p"]);
            json!({"holm": holm(&p), "benjamini_hochberg": benjamini_hochberg(&p)})
        }
        "wobble" => json!(wobble(&numbers(&input["y"]), input.get("item_diff_var").map(numbers).as_deref())),
        "level" => match input.get("se").and_then(Value::as_f64) {
            Some(se) => json!(continuous_level(number("chance"), se, number("wobble"))),
            None => json!(level(number("chance"), number("n"), number("wobble"))),
        },
        "isotonic" => json!(isotonic(&numbers(&input["y"]), &input.get("w").map(numbers).unwrap_or_default())),
        "onset" => json!(onset(&curve(input))),
        "sharpness" => {
            let curve = curve(input);
            let onset = onset(&curve);
            json!({"onset": onset, "sharpness": sharpness(&curve, &onset)})
        }
        "regression" => {
            let drop = worst_drop(&numbers(&input["score"]), &numbers(&input["pair_se"]), number("wobble"));
            let verdict = drop.map_or("unknown", |drop| if drop.is_clear(0.01) { "regressed" } else { "none" });
            let mut found = drop.map_or_else(|| json!({}), |drop| json!(drop));
            found["verdict"] = verdict.into();
            found
        }
        "phases" => {
            let phases: Vec<(Phase, u64)> = serde_json::from_value(input["phases"].clone()).unwrap();
            json!(phase_probabilities(&integers(&input["tokens"]), &numbers(&input["confidence"]), &phases))
        }
        "anneal_weights" => {
            json!(anneal_weights(&integers(&input["trunk_tokens"]), input["branch_tokens"].as_u64().unwrap()))
        }
        "letter_decomposition" => json!(letter_decomposition(&rows(&input["logp"]), &counts(&input["gold"]))),
        "emergence_kind" => {
            let sight = |key: &str| serde_json::from_value::<Sighting>(input[key].clone()).unwrap();
            json!(emergence_kind(sight("mass"), sight("cloze"), sight("lettered")))
        }
        "mirage" => {
            let shape = |key: &str| serde_json::from_value::<Shape>(input[key].clone()).unwrap();
            json!(metric_effect(shape("discrete"), shape("continuous")))
        }
        "hops" => {
            let curve = curve(input);
            json!(hops(&curve, &onset(&curve)))
        }
        "loss_spikes" => {
            let found = loss_spikes(&numbers(&input["loss"]));
            json!(found.iter().map(|spike| (spike.from, spike.to, spike.recovered)).collect::<Vec<_>>())
        }
        "plateau" => json!(plateau(&numbers(&input["tokens"]), &numbers(&input["loss"]))),
        "survival" => {
            let dropped: Vec<bool> = serde_json::from_value(input["dropped"].clone()).unwrap();
            json!(survival(&counts(&input["turns_kept"]), &dropped, input.get("weight").map(numbers).as_deref()))
        }
        "bradley_terry" => {
            let game = |game: &Vec<f64>| Game { first: game[0] as usize, second: game[1] as usize, score: game[2] };
            let games: Vec<Game> = rows(&input["games"]).iter().map(game).collect();
            json!(bradley_terry(input["players"].as_u64().unwrap() as usize, &games))
        }
        "next_checkpoint" => json!(search_order(&curve(input))),
        "lone_jump" => {
            let siblings: Vec<(f64, f64)> = rows(&input["siblings"]).iter().map(|pair| (pair[0], pair[1])).collect();
            json!(lone_jump(number("gain"), number("se"), &siblings))
        }
        "perturbed_gap" => {
            json!(perturbed_gap(&rows(&input["exact"]), &rows(&input["perturbed"]), number("wobble"), None))
        }
        "letters" => {
            let (predicted, gold) = (counts(&input["predicted"]), counts(&input["gold"]));
            json!(letters(&predicted, &gold, input["letters"].as_u64().unwrap() as usize))
        }
        other => panic!("no function `{other}`"),
    }
}

/// Where two values differ by more than the tolerance, relative or absolute; keys must be the same.
fn difference(place: &str, found: &Value, wanted: &Value, tolerance: f64) -> Option<String> {
    match (found, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            let far = (a - b).abs() > tolerance * 1.0_f64.max(a.abs()).max(b.abs());
            far.then(|| format!("{place}: {a} is not {b}"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{place}[{i}]"), a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => b.iter().find_map(|(key, b)| match a.get(key) {
            Some(a) => difference(&format!("{place}.{key}"), a, b, tolerance),
            None => Some(format!("{place}.{key} is missing")),
        }),
        (a, b) => (a != b).then(|| format!("{place}: {a} is not {b}")),
    }
}

/// Functions whose vectors there are overruled: onsets know two regimes of wobble (`data/onsets.json` has theirs), growth and what a
/// curve does now are contrasts of items (`data/claims.json`), spikes of a loss lie above a line and its plateau takes half of its phase
/// (`data/claims_loss.json`).
const OVERRULED: [&str; 7] =
    ["onset", "sharpness", "hops", "growth_per_doubling", "saturation", "loss_spikes", "plateau"];

/// Cases of a file that come out otherwise than expected, and how many there are.
fn wrong(golden: &Value, is_asked: impl Fn(&str) -> bool) -> (Vec<String>, usize) {
    let tolerance = golden["tolerance"].as_f64().unwrap();
    let cases =
        || golden["cases"].as_array().unwrap().iter().filter(|case| is_asked(case["function"].as_str().unwrap()));
    let far = |case: &Value| {
        let function = case["function"].as_str().unwrap();
        let far = difference("", &answer(function, &case["input"]), &case["expected"], tolerance)?;
        Some(format!("{function}, {}: {far}", case["name"]))
    };
    (cases().filter_map(far).collect(), cases().count())
}

#[test]
fn onsets_shapes_and_falls_of_two_regimes() {
    let (wrong, cases) = wrong(&serde_json::from_str(include_str!("data/onsets.json")).unwrap(), |_| true);
    assert!(wrong.is_empty() && cases == 33, "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_golden_vector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    let (mut all, mut cases) = (Vec::new(), 0);
    for entry in fs_err::read_dir(&folder).unwrap() {
        let golden: Value = serde_json::from_str(&fs_err::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let (wrong, count) = wrong(&golden, |function| !OVERRULED.contains(&function));
        all.extend(wrong);
        cases += count;
    }
    assert!(all.is_empty(), "{} of {cases}:\n{}", all.len(), all.join("\n"));
    assert!(cases >= 84, "{cases} cases");
}

#[test]
fn spikes_and_plateaus_of_a_loss() {
    let (wrong, cases) = wrong(&serde_json::from_str(include_str!("data/claims_loss.json")).unwrap(), |_| true);
    assert!(wrong.is_empty() && cases == 6, "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
