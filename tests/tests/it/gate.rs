//! `spyglass gate`: verdicts with their exit codes, and policies that cannot be meant.

use serde_json::Value;

use crate::pilot::DEMO;
use crate::program::{RunFolder, newest_two, run};

/// The small run, both checkpoints scored on as many items.
fn swept(limit: &str) -> RunFolder {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", limit]).code, Some(0));
    folder
}

/// Steps of its two checkpoints.
fn steps() -> [String; 2] {
    newest_two().map(|name| name.trim_start_matches("checkpoint-").to_owned())
}

#[test]
fn verdicts_and_their_exit_codes() {
    let folder = swept("400");
    let [first, second] = steps();
    let judged = |rules: &str| -> (Value, i32) {
        let policy = format!("checkpoint: trunk@{second}\nbaseline: trunk@{first}\nrules:\n{rules}");
        folder.write("gate.yaml", &policy);
        let ran = folder.run(&["gate", "gate.yaml", "--json"]);
        let gate: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        assert_eq!(gate["exit_code"], ran.code.unwrap(), "{gate}");
        (gate, ran.code.unwrap())
    };
    // Two checkpoints of one plateau: nothing falls by twenty points, and pilot_facts_easy is far above a quarter.
    let (pass, code) =
        judged("- {task: pilot_facts_easy, max_drop: 0.2}\n- {task: pilot_facts_easy, min_score: 0.25}\n");
    assert_eq!((code, &pass["verdict"]), (0, &Value::from("pass")), "{pass}");
    let compared =
        folder.run(&["compare", &format!("run.yaml:trunk@{first}"), &format!("run.yaml:trunk@{second}"), "--json"]);
    let row: Value = serde_json::from_str(compared.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(row["task"], "pilot_facts_easy");
    let drop = &pass["rules"][0];
    let change = row["difference"]["value"].as_f64().unwrap();
    assert!((drop["value"].as_f64().unwrap() + change).abs() < 1e-9, "{drop} {row}");
    assert_eq!(
        (&drop["items"], &drop["asked"], &drop["metric"]),
        (&row["difference"]["items"], &"drop".into(), &row["metric"])
    );
    // Nothing reaches 99 per cent: blocked, warned or told by the level alone.
    for (level, verdict, code) in [("critical", "block", 3), ("watched", "warn", 1), ("advisory", "pass", 0)] {
        let (gate, got) = judged(&format!("- {{task: pilot_letters, min_score: 0.99, level: {level}}}\n"));
        assert_eq!(
            (got, &gate["verdict"], &gate["rules"][0]["outcome"]),
            (code, &verdict.into(), &"broken".into()),
            "{gate}"
        );
    }
    // Ten items cannot tell a drop of one point, and say what they could have shown.
    let few = swept("10");
    few.write("gate.yaml", &format!("baseline: trunk@{first}\nrules: [{{task: pilot_facts_easy, max_drop: 0.01}}]\n"));
    let ran = few.run(&["gate", "gate.yaml"]);
    assert_eq!(ran.code, Some(4), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("verdict: cannot tell (of pilot_facts_easy)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("pilot_facts_easy: 10 items show, four times in five, what is "), "{}", ran.stdout);
    // What was not scored on this checkpoint is nothing to go by, and a checkpoint on the command line comes first.
    let only = RunFolder::small();
    assert_eq!(only.run(&["sweep", "run.yaml", "--limit", "20", "--only", &format!("trunk/{first}/*")]).code, Some(0));
    assert_eq!(
        only.run(&["sweep", "run.yaml", "--limit", "20", "--only", &format!("*/{second}/pilot_letters")]).code,
        Some(0)
    );
    only.write("gate.yaml", "rules: [{task: pilot_facts_easy, min_score: 0.1}]\n");
    let ran = only.run(&["gate", "gate.yaml"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stdout);
    assert!(ran.stdout.contains("pilot_facts_easy: it was not scored so on this checkpoint"), "{}", ran.stdout);
    let ran = only.run(&["gate", "gate.yaml", &format!("trunk@{first}")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_policy_that_is_shipped_opens_for_the_demo() {
    let folder = DEMO.report.ancestors().nth(4).unwrap();
    let ran = run(folder, &["gate", "spyglass-demo/gate.yaml"]);
    assert!(ran.code == Some(0) || ran.code == Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("baseline    pilot, trunk step 1400"), "{}", ran.stdout);
    // The branch whose data hold the items of pilot_letters is told by its alarm.
    let leaked = run(folder, &["gate", "spyglass-demo/gate.yaml", "contaminated", "--baseline", "trunk@800", "--json"]);
    let gate: Value = serde_json::from_str(&leaked.stdout).unwrap();
    let gap = gate["rules"].as_array().unwrap().iter().find(|row| row["about"] == "perturbed_gap").unwrap();
    assert_eq!((&gap["outcome"], leaked.code), (&"broken".into(), Some(1)), "{gate}");
    assert!(gap["said"][0].as_str().unwrap().contains("pilot_letters"), "{gap}");
    // A rule over packs and personas finds its conversations.
    let persona = gate["rules"].as_array().unwrap().iter().find(|row| row["asked"] == "persona").unwrap();
    assert!(persona["value"].is_number() && persona["items"].as_u64() > Some(0), "{persona}");
    let checked = run(folder, &["check", "spyglass-demo/gate.yaml"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), "spyglass-demo/gate.yaml: a policy of 6 rules\n"));
}

#[test]
fn policies_that_cannot_be_meant_are_placed_and_mended() {
    let folder = swept("10");
    let [first, second] = steps();
    let cases: [(&str, &[&str]); 24] = [
        ("rules: []\n", &["gate.yaml:1:8: there are no rules", "max_drop: 0.02"]),
        ("rule: []\n", &["gate.yaml:1:1: unknown field `rule`", "did you mean `rules`?"]),
        ("rules:\n- {task: a, max_drp: 1}\n", &["gate.yaml:2:", "unknown field `max_drp`", "did you mean `max_drop`?"]),
        ("rules:\n- {task: pilot_letters, max_drop: 0.1}\n", &["gate.yaml:2:35:", "no baseline", "--baseline"]),
        ("rules:\n- {level: critical}\n", &["gate.yaml:2:", "about nothing", "`persona`"]),
        (
            "rules:\n- {task: a, pack: b, min_score: 1}\n",
            &["gate.yaml:2:", "about two things, `task` and `pack`", "two rules"],
        ),
        ("rules:\n- {pack: a, persona: b, min_score: 1}\n", &["gate.yaml:2:", "two things", "two rules"]),
        ("rules:\n- {task: pilot_letters}\n", &["gate.yaml:2:", "has no limit", "max_drop: 0.02"]),
        ("rules:\n- {task: a, max_drop: 0.1, min_score: 0.2}\n", &["gate.yaml:2:", "two limits"]),
        ("rules:\n- {alarm: collapse, min_score: 0.2}\n", &["gate.yaml:2:", "speaks or does not"]),
        ("rules:\n- {alarm: colapse}\n", &["gate.yaml:2:", "colapse", "did you mean `collapse`?"]),
        ("rules:\n- {task: a, min_score: 1, level: fatal}\n", &["gate.yaml:2:", "fatal"]),
        ("rules:\n- {task: a, min_score: .nan}\n", &["gate.yaml:2:", "no limit", "write a number"]),
        ("rules:\n- {task: a, max_drop: -0.1}\n", &["gate.yaml:2:", "no less than 0"]),
        ("rules:\n- {pack: a, min_score: 80}\n", &["gate.yaml:2:", "80 is no share", "0.02"]),
        ("rules:\n- {task: pilot_letters, min_score: 80}\n", &["gate.yaml:2:36:", "80 is no share", "0.02"]),
        ("rules:\n- {persona: a, max_drop: 0.1}\n", &["gate.yaml:2:", "`max_drop` is no limit for a `persona`"]),
        ("rules:\n- {pack: a, shots: 1, min_score: 1}\n", &["gate.yaml:2:", "`shots` is of tasks only"]),
        ("rules:\n- {task: a, min_score: 1, baseline: b}\n", &["gate.yaml:2:", "measured against a baseline"]),
        ("error_rate: 5\nrules: [{alarm: ties}]\n", &["gate.yaml:1:13:", "between 0 and 0.5", "0.05"]),
        (
            "rules:\n- {task: pilot_leters, min_score: 0.1}\n",
            &["gate.yaml:2:10:", "pilot_leters", "did you mean `pilot_letters`?"],
        ),
        ("rules:\n- {task: '[', min_score: 0.1}\n", &["gate.yaml:2:10:", "is not a glob"]),
        ("rules:\n- {task: pilot_letters, max_score: 0.1}\n", &["gate.yaml:2:36:", "more is better", "`min_score`"]),
        ("rules: {a: 1}\n", &["gate.yaml:1:8:", "expected a sequence"]),
    ];
    for (policy, wanted) in cases {
        folder.write("gate.yaml", policy);
        let ran = folder.run(&["gate", "gate.yaml"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{policy}: {}", ran.stderr);
        for words in wanted {
            assert!(ran.stderr.contains(words), "{policy}\n`{words}` is not in {}", ran.stderr);
        }
        assert!(ran.stderr.contains("help:"), "{policy}: {}", ran.stderr);
    }
    folder.write("gate.yaml", "rules: [{task: pilot_letters, max_drop: 0.5}]\n");
    for (arguments, wanted) in [
        (vec!["gate.yaml", "anneal"], "there is no branch `anneal`"),
        (vec!["gate.yaml", "--baseline", "trunk@1"], "step 1 of branch `trunk` is not there"),
        (vec!["gate.yaml", "--baseline", "other.yaml:trunk"], "other.yaml"),
        (vec!["gate.yaml", "--baseline", "trunk"], "its own baseline"),
        (vec!["none.yaml"], "none.yaml"),
    ] {
        let ran = folder.run(&[&["gate"], &arguments[..]].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(wanted), "{arguments:?}: {}", ran.stderr);
    }
    // A run as a baseline, by the path seen from here and from the policy.
    let own = format!("run.yaml:trunk@{first}");
    let ran = folder.run(&["gate", "gate.yaml", &format!("run.yaml:trunk@{second}"), "--baseline", &own]);
    assert_ne!(ran.code, Some(2), "{}", ran.stderr);
}

#[test]
fn what_a_gate_prints_fits_its_schema_by_key() {
    let folder = swept("10");
    folder.write("gate.yaml", "rules: [{task: pilot_letters, min_score: 0.9}, {alarm: ties}]\n");
    let gate: Value = serde_json::from_str(&folder.run(&["gate", "gate.yaml", "--json"]).stdout).unwrap();
    let schema: Value = serde_json::from_str(&folder.run(&["schema", "gate"]).stdout).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys(&gate), keys(&schema["properties"]));
    assert_eq!(keys(&gate["rules"][0]), keys(&schema["$defs"]["Judged"]["properties"]));
    assert_eq!(keys(&gate["checkpoint"]), keys(&schema["$defs"]["Place"]["properties"]));
    let policy: Value = serde_json::from_str(&folder.run(&["schema", "policy"]).stdout).unwrap();
    assert!(policy["$defs"]["RuleSpec"]["properties"]["max_drop"]["description"].is_string(), "{policy}");
}

#[test]
fn scores_without_their_items_are_said_to_be_unpaired() {
    let folder = RunFolder::small();
    let rows = "step,task,metric,value,stderr,n\n10,arc_easy,acc,0.60,0.010,2376\n20,arc_easy,acc,0.59,0.010,2376\n";
    folder.write("scores.csv", rows);
    let ran = folder.run(&["import", "scores.csv", "--out", "imported", "--tokens-per-step", "1000"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    folder.write("gate.yaml", "run: imported\nbaseline: '@10'\nrules: [{task: arc_easy, max_drop: 0.10}]\n");
    let ran = folder.run(&["gate", "gate.yaml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("arc_easy: not paired item by item, so compared by the scores alone"),
        "{}",
        ran.stdout
    );
    let gate: Value = serde_json::from_str(&folder.run(&["gate", "gate.yaml", "--json"]).stdout).unwrap();
    let rule = &gate["rules"][0];
    assert_eq!(rule["unpaired"], true, "{gate}");
    // As of other items: the error of the difference is √2 times that of each score, and 1.645 of them are the bound.
    let (value, high) = (rule["value"].as_f64().unwrap(), rule["high"].as_f64().unwrap());
    assert!((value - 0.01).abs() < 1e-9 && (high - 0.01 - 1.645 * 0.010 * 2f64.sqrt()).abs() < 1e-4, "{gate}");
    let swept = swept("10");
    let [first, _] = steps();
    swept.write("gate.yaml", &format!("baseline: trunk@{first}\nrules: [{{task: pilot_letters, max_drop: 0.1}}]\n"));
    let gate: Value = serde_json::from_str(&swept.run(&["gate", "gate.yaml", "--json"]).stdout).unwrap();
    assert_eq!(gate["rules"][0]["unpaired"], false, "{gate}");
}
