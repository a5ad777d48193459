//! Training logs, branches and tables of scores that cannot be read.

use serde_json::Value;

use super::check;
use crate::program::{RunFolder, newest_two};

/// A run of the small folder whose checkpoints do not say how many tokens they have seen, with this log.
fn logged(log: &str, more: &str) -> RunFolder {
    let folder = RunFolder::small();
    for checkpoint in fs_err::read_dir(folder.path("trunk")).unwrap() {
        fs_err::remove_file(checkpoint.unwrap().path().join("trainer_state.json")).unwrap();
    }
    folder.write("log.csv", log);
    let branch = format!("{{path: trunk, log: log.csv{more}}}");
    folder.write(
        "run.yaml",
        &format!("checkpoints: [{branch}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n"),
    );
    folder
}

#[test]
fn logs() {
    let steps = newest_two().map(|name| name.replace("checkpoint-", "").parse::<u64>().unwrap());
    let lines = |columns: &str, line: &dyn Fn(u64) -> String| {
        let lines: String = [0, steps[0], steps[1]].iter().map(|&step| line(step) + "\n").collect();
        format!("{columns}\n{lines}")
    };
    // Without tokens, and nothing else tells.
    let without = lines("step,lr,loss", &|step| format!("{step},0.001,{}", 3.0 - step as f64 / 1e6));
    let sweep = ["sweep", "run.yaml", "--limit", "5"];
    check(&logged(&without, "").run(&sweep), 2, &["nothing tells how many tokens", "tokens_per_step"]);
    check(&logged(&without, ", tokens_per_step: 6144").run(&sweep), 0, &["2 units scored"]);
    // Tokens that are not those of the run file.
    let with = lines("step,tokens,lr,loss", &|step| format!("{step},{},0.001,3", step * 6144));
    check(&logged(&with, "").run(&sweep), 0, &["2 units scored"]);
    let said = ["tokens seen at step", "the log says", "`tokens_per_step` says", "may differ by 1 %"];
    check(&logged(&with, ", tokens_per_step: 4096").run(&sweep), 2, &said);
    // Steps that are not those of the checkpoints: micro-batches, or another run.
    let micro = lines("step,lr,loss", &|step| format!("{},0.001,3", step * 8 + 100_000));
    let said = ["the log of branch `trunk` covers steps 100000 to", &format!("checkpoints at steps {}", steps[0])];
    check(&logged(&micro, ", tokens_per_step: 6144").run(&sweep), 0, &said);
    let short = "step,lr,loss\n0,0.001,3\n5,0.001,3\n10,0.001,3\n";
    let folder = logged(short, ", tokens_per_step: 6144");
    check(&folder.run(&["check", "run.yaml"]), 0, &["covers steps 0 to 10"]);
    check(&logged("a,b\n1,2\n", ", tokens_per_step: 6144").run(&sweep), 2, &["log.csv", "no line holds a step"]);
}

#[test]
pub(super) fn branches() {
    let [older, newer] = newest_two().map(|name| name.replace("checkpoint-", "").parse::<u64>().unwrap());
    let tail = "tasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n";
    let branch = |step: u64, more: &str| {
        format!(
            "checkpoints: [{{path: trunk}}, {{branch: b, path: b, parent: {{branch: trunk, step: {step}}}{more}}}]\n{tail}"
        )
    };
    // A branch may begin with a copy of the checkpoint that it leaves, but not before it.
    let folder = RunFolder::small();
    crate::program::copy(&folder.path("trunk"), &folder.path("b"));
    folder.write("run.yaml", &branch(older, ""));
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &["4 units scored"]);
    folder.write("run.yaml", &branch(newer, ""));
    let early = format!("step {older} of branch `b` lies before it leaves `trunk` at step {newer}");
    check(&folder.run(&["sweep", "run.yaml"]), 2, &[&early, "steps: own"]);
    folder.write("run.yaml", &format!("checkpoints: [{{path: trunk}}, {{path: b}}]\n{tail}"));
    check(&folder.run(&["sweep", "run.yaml"]), 2, &["the branch `trunk` is listed twice", "variant"]);
}

#[test]
fn tables_of_scores() {
    let folder = RunFolder::small();
    let table = |line: &str| format!("task,tokens,score,n,chance\nt,1000,0.25,100,0.25\n{line}\n");
    let cases = [
        ("t,2000,NaN,100,0.25", "`score` is `NaN`"),
        ("t,2000,inf,100,0.25", "not a finite number"),
        ("t,2000,0.5,-4,0.25", "`n` is -4, below 0"),
        ("t,2000,1.5,100,0.25", "`score` is 1.5, outside 0 to 1"),
        ("t,2000,-0.5,100,0.25", "outside 0 to 1"),
        ("t,-5,0.5,100,0.25", "`tokens` is -5"),
        ("t,1000,0.5,100,0.25", "1000 tokens twice"),
        ("t,2000,,100,0.25", "no `score`"),
        ("t,2000,0.5,100,0.5", "`chance` differs"),
    ];
    for (line, said) in cases {
        folder.write("scores.csv", &table(line));
        let ran = folder.run(&["onset", "scores.csv"]);
        check(&ran, 2, &["scores.csv, line 3", said]);
        assert_eq!(ran.stdout, "");
    }
    let hostile = "\"a,\"\"b\"\"</script>/🦀\"";
    folder.write("scores.csv", &table(&format!("{hostile},2000,0.5,0,0.25")));
    let ran = folder.run(&["onset", "scores.csv"]);
    check(&ran, 0, &[]);
    let tasks: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let all: Vec<(&str, &str)> =
        tasks.iter().map(|curve| (curve["task"].as_str().unwrap(), curve["status"].as_str().unwrap())).collect();
    assert!(all.contains(&("a,\"b\"</script>/🦀", "no_data")) && all.len() == 2, "{all:?}");
    check(&folder.run(&["onset", "nowhere.csv"]), 2, &["nowhere.csv"]);
}
