//! Bad input: each an exit code, one clear message with place and mend, no panic, and nothing else lost.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ran, RunFolder, newest_two};

/// Sweeps a small run whose newest checkpoint was spoilt by `spoil`: the other one is scored, the message says each of `said`.
fn spoilt(said: &[&str], spoil: impl Fn(&Path)) {
    let folder = RunFolder::small();
    spoil(&folder.checkpoint());
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "5"]);
    check(&ran, 1, said);
    assert_eq!(folder.unit_folders().len(), 2, "the other checkpoint is scored: {}", ran.stderr);
    assert!(folder.path("results/report/index.html").is_file());
    let checked = folder.run(&["check", folder.checkpoint().to_str().unwrap()]);
    assert!(checked.code == Some(2) || said.contains(&"expected finite numbers"), "{checked:?}");
}

/// Runs `arguments` on a small run with another run file: nothing is done.
fn refused(run_file: &str, said: &[&str]) {
    let folder = RunFolder::small();
    folder.write("run.yaml", run_file);
    check(&folder.run(&["sweep", "run.yaml"]), 2, said);
    assert!(folder.unit_folders().is_empty());
}

fn check(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    for words in said {
        assert!(ran.stderr.contains(words), "`{words}` is missing: {}", ran.stderr);
    }
}

/// Rewrites a safetensors file's header; offsets in it stay as `edit` leaves them.
fn edit_header(folder: &Path, edit: impl Fn(&mut Value)) {
    let file = folder.join("model.safetensors");
    let bytes = fs_err::read(&file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    edit(&mut header);
    let text = serde_json::to_vec(&header).unwrap();
    let mut edited = (text.len() as u64).to_le_bytes().to_vec();
    edited.extend(text);
    edited.extend(&bytes[8 + length..]);
    fs_err::write(&file, edited).unwrap();
}

fn edit_json(file: &Path, edit: impl Fn(&mut Value)) {
    let mut value: Value = serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap();
    edit(&mut value);
    fs_err::write(file, value.to_string()).unwrap();
}

const NORM: &str = "model.final_layernorm.weight";

#[test]
fn weights_that_are_missing_or_damaged() {
    spoilt(&["model.safetensors", "copy the weights"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
    });
    spoilt(&["model.safetensors", "header", "bytes long"], |folder| {
        let file = folder.join("model.safetensors");
        let mut bytes = fs_err::read(&file).unwrap();
        bytes[..8].copy_from_slice(&(1_u64 << 60).to_le_bytes());
        fs_err::write(&file, bytes).unwrap();
    });
    spoilt(&["overlaps"], |folder| {
        edit_header(folder, |header| {
            let names: Vec<String> =
                header.as_object().unwrap().keys().filter(|name| *name != "__metadata__").cloned().collect();
            let same = names.iter().flat_map(|a| names.iter().map(move |b| (a, b))).find(|(a, b)| {
                header[*a]["data_offsets"][0].as_u64() > header[*b]["data_offsets"][0].as_u64()
                    && header[*a]["shape"] == header[*b]["shape"]
                    && header[*a]["dtype"] == header[*b]["dtype"]
            });
            let (a, b) = same.unwrap();
            header[a]["data_offsets"] = header[b]["data_offsets"].clone();
        });
    });
    spoilt(&["model-00002-of-00002.safetensors", "missing"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "model-00002-of-00002.safetensors"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
    spoilt(&["model.safetensors.index.json", "`other.safetensors`", "model.safetensors lies here too"], |folder| {
        fs_err::copy(folder.join("model.safetensors"), folder.join("other.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "other.safetensors"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
    spoilt(&["../../tasks/pilot_letters.yaml", "not a file of this folder"], |folder| {
        fs_err::remove_file(folder.join("model.safetensors")).unwrap();
        let index = json!({"weight_map": {NORM: "../../tasks/pilot_letters.yaml"}});
        fs_err::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    });
}

#[test]
fn tensors_that_are_not_as_they_should_be() {
    for (bits, name) in [([0xc0, 0x7f], "NaN"), ([0x80, 0x7f], "inf")] {
        spoilt(&[NORM, name, "expected finite numbers"], |folder| {
            let file = folder.join("model.safetensors");
            let mut bytes = fs_err::read(&file).unwrap();
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
            let at = 8 + length + header[NORM]["data_offsets"][0].as_u64().unwrap() as usize;
            bytes[at..at + 2].copy_from_slice(&bits); // the pilot is saved in bf16
            fs_err::write(&file, bytes).unwrap();
        });
    }
    spoilt(&["model.embed_tokens.weight", "[480, 64]", "config.json asks for"], |folder| {
        edit_json(&folder.join("config.json"), |config| config["hidden_size"] = 128.into());
    });
    spoilt(&[NORM, "U16", "F32, BF16, F16"], |folder| {
        edit_header(folder, |header| header[NORM]["dtype"] = "U16".into());
    });
    spoilt(&["model.extra.weight"], |folder| {
        edit_header(folder, |header| {
            let entry = header.as_object_mut().unwrap().remove(NORM).unwrap();
            header["model.extra.weight"] = entry;
        });
    });
}

#[test]
fn configs_and_tokenizers_that_do_not_fit() {
    for size in [json!(0), json!(-1), json!(1_000_000_000_000_u64)] {
        spoilt(&["config.json", "`hidden_size`"], |folder| {
            edit_json(&folder.join("config.json"), |config| config["hidden_size"] = size.clone());
        });
    }
    spoilt(&["`zamba3`", "the nearest known one is `zamba2`", "llama"], |folder| {
        edit_json(&folder.join("config.json"), |config| config["model_type"] = "zamba3".into());
    });
    spoilt(&["config.json", "line 1"], |folder| fs_err::write(folder.join("config.json"), "{").unwrap());
    spoilt(&["the tokenizer has", "embedding"], |folder| {
        edit_json(&folder.join("tokenizer.json"), |tokenizer| {
            tokenizer["model"]["vocab"]["a-word-too-many"] = 100_000.into();
        });
    });
    spoilt(&["tokenizer.json"], |folder| fs_err::remove_file(folder.join("tokenizer.json")).unwrap());
}

#[test]
fn checkpoint_folders() {
    refused("checkpoints: [{path: nowhere}]\n", &["nowhere", "is not there", "relative to the run file"]);
    let folder = RunFolder::small();
    fs_err::create_dir(folder.path("empty")).unwrap();
    folder.write("empty.yaml", "checkpoints: [{path: empty}]\n");
    check(&folder.run(&["sweep", "empty.yaml"]), 2, &["nothing here is named `checkpoint-{step}`"]);
    // A half-written checkpoint is left alone, and said so.
    fs_err::create_dir(folder.path("trunk/checkpoint-999999")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &["checkpoint-999999", "left alone"]);
    // Two folders of one step.
    let twin = folder.checkpoint().file_name().unwrap().to_str().unwrap().replace("checkpoint-", "checkpoint-0");
    fs_err::remove_dir(folder.path("trunk/checkpoint-999999")).unwrap();
    crate::program::copy(&folder.checkpoint(), &folder.path("trunk").join(twin));
    check(&folder.run(&["sweep", "run.yaml"]), 2, &["are both step", "variant"]);
}

#[test]
fn run_files() {
    refused("checkpoint: [a, b]\n", &["run.yaml:1:1", "unknown field `checkpoint`", "did you mean `checkpoints`?"]);
    refused("checkpoints: [{path: trunk}\ntasks: 3\n", &["run.yaml:2"]);
    refused("checkpoints: [{path: trunk, every: 3}]\n", &["run.yaml:1:", "`every`"]);
    let level = |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..12).map(level).collect::<String>();
    refused(&bomb, &["run.yaml", "aliases"]);
    let deep = format!("checkpoints: {}{}\n", "[".repeat(3000), "]".repeat(3000));
    refused(&deep, &["run.yaml:1:", "nested too deep"]);
    refused("checkpoints: [{path: trunk, tokens: {1: 2, 3: 4, 1: 5}}]\n", &["run.yaml:1:", "the key `1` occurs twice"]);
    refused(
        "checkpoints: [{path: trunk, tokens: {1000: 2, 1_000: 4}}]\n",
        &["run.yaml:1:", "the step 1000 occurs twice"],
    );
    refused("checkpoints: [{path: $NOT_SET_HERE/x}]\n", &["`path`", "the variable `NOT_SET_HERE` is not set"]);
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [{task: pilot_letters, limit: 3}, pilot_letters]\ntask_folders: tasks\ndata: tasks\n",
        &["run.yaml", "the task `pilot_letters` is asked twice, with limit 3 and with all items"],
    );
    let parent = |name: &str| {
        format!("checkpoints: [{{path: trunk}}, {{branch: b, path: trunk, parent: {{branch: {name}, step: 600}}}}]\n")
    };
    refused(&parent("trnk"), &["run.yaml", "`trnk`", "did you mean `trunk`?"]);
    refused(
        "checkpoints: [{branch: a, path: trunk, parent: {branch: b, step: 1}}, {branch: b, path: trunk, parent: {branch: a, step: 1}}]\n",
        &["cycle", "a → b → a"],
    );
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [pilot_leters]\ntask_folders: tasks\n",
        &["`pilot_leters`", "did you mean `pilot_letters`?"],
    );
    refused(
        "checkpoints: [{path: trunk}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\nresults: run.yaml\n",
        &["run.yaml", "the results folder cannot be written", "results:"],
    );
}

#[test]
fn run_files_as_people_write_them() {
    let folder = RunFolder::small();
    let branches = "checkpoints:\n  - &trunk {path: trunk}\n  - {<<: *trunk, branch: again}\n";
    let rest = "tasks: [{task: pilot_letters, limit: 1_0}]\ntask_folders: tasks\ndata: [tasks]\n";
    folder.write("run.yaml", &format!("\u{feff}{branches}{rest}").replace('\n', "\r\n"));
    let ran = folder.run(&["check", "run.yaml"]);
    check(&ran, 0, &[]);
    assert!(ran.stdout.contains("a run of 4 checkpoints on 2 branches, 1 task, 10 items"), "{}", ran.stdout);
}

#[test]
fn data() {
    let folder = RunFolder::small();
    for task in ["letters", "facts_easy"] {
        fs_err::remove_file(folder.path(&format!("tasks/pilot_{task}.jsonl"))).unwrap();
    }
    check(&folder.run(&["sweep", "run.yaml"]), 2, &["`pilot_letters`", "looked for", "pilot_letters.jsonl"]);
    // One task without data: the other is scored.
    let folder = RunFolder::small();
    fs_err::remove_file(folder.path("tasks/pilot_letters.jsonl")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 1, &["pilot_letters", "every checkpoint"]);
    assert_eq!(folder.unit_folders().len(), 2);
    // A broken line.
    let folder = RunFolder::small();
    let file = folder.path("tasks/pilot_letters.jsonl");
    let text = fs_err::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().take(3).chain(["{\"context\": "]).chain(text.lines().skip(4)).collect();
    fs_err::write(&file, lines.join("\n")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 1, &["pilot_letters.jsonl", "4"]);
}

#[test]
fn an_item_longer_than_the_context_limit_is_cut_counted_and_shown() {
    let folder = RunFolder::small();
    for checkpoint in fs_err::read_dir(folder.path("trunk")).unwrap() {
        edit_json(&checkpoint.unwrap().path().join("config.json"), |config| {
            config["max_position_embeddings"] = 40.into();
        });
    }
    let strict = folder.run(&["sweep", "run.yaml", "--limit", "5", "--strict"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "5"]);
    check(&ran, 0, &["10 items did not fit the context limit", "pilot_letters: 5 of 5 items"]);
    assert_eq!(folder.unit_folders().len(), 4);
}

#[test]
fn wrong_use() {
    let folder = RunFolder::small();
    check(&folder.run(&["sweep", "nowhere.yaml"]), 2, &["nowhere.yaml"]);
    check(&folder.run(&["sweep", "run.yaml", "--only", "trnk/*"]), 2, &["--only fits none", "trunk/"]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "0"]), 2, &["--limit"]);
    check(&folder.run(&["report", "run.yaml"]), 2, &["there are no results here yet", "spyglass sweep run.yaml"]);
    check(&folder.run(&["score", "--model", "nowhere", "--tasks", "hellaswag"]), 2, &["nowhere"]);
    check(&folder.run(&["init", "tasks", "--out", "new.yaml"]), 2, &["no folder with a number in its name"]);
    check(&folder.run(&["swep"]), 2, &["swep"]);
}

#[test]
fn a_damaged_unit_is_named_and_left_out_of_the_report() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "5"]).code, Some(0));
    fs_err::write(folder.unit_folders()[0].join("items-00000.jsonl.zst"), "no zstd").unwrap();
    check(&folder.run(&["report", "run.yaml"]), 1, &["items-00000.jsonl.zst", "checksum", "sweep again"]);
}

#[test]
fn runs_of_one_checkpoint_and_of_two() {
    let folder = RunFolder::small();
    let older = folder.path("trunk").join(&newest_two()[0]);
    let aside = folder.path("aside");
    fs_err::rename(&older, &aside).unwrap();
    let page = || fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "60"]), 0, &["2 units scored"]);
    assert!(page().contains("above chance as far back as these checkpoints can tell"), "{}", page());
    fs_err::rename(&aside, &older).unwrap();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "60"]), 0, &["2 units scored"]);
    assert!(page().contains("above chance as far back as these checkpoints can tell"), "{}", page());
}

#[test]
fn checkpoints_with_other_items_are_compared_on_the_common_ones() {
    let folder = RunFolder::small();
    let step = newest_two()[0].replace("checkpoint-", "");
    check(&folder.run(&["sweep", "run.yaml", "--limit", "40"]), 0, &[]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "90", "--only", &format!("trunk/{step}/*")]), 0, &[]);
    let page = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(page.contains("those in common (40 at least)"), "{page}");
}

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
fn branches() {
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

#[test]
fn a_damaged_summary_is_named_and_scored_anew() {
    let folder = RunFolder::small();
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &[]);
    let file = folder.unit_folders()[0].join("unit.json");
    let whole = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, &whole[..whole.len() / 2]).unwrap();
    check(&folder.run(&["report", "run.yaml"]), 1, &["unit.json", "is damaged", "sweep again"]);
    check(&folder.run(&["status", "run.yaml"]), 0, &[]);
    check(&folder.run(&["sweep", "run.yaml", "--limit", "5"]), 0, &["1 unit scored", "3 units done before"]);
    check(&folder.run(&["report", "run.yaml"]), 0, &[]);
}
