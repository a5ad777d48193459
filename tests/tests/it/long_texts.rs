//! Long texts from end to end: lengths in the checkpoint's own tokens, what is shared, what guessing scores, stretched positions.

use std::sync::Arc;

use serde_json::{Value, json};
use spyglass_tasks::LongPlace;

use crate::architectures::{checkpoint, configs};
use crate::bad_input::{check, edit_json};
use crate::made_up;
use crate::program::{RunFolder, copy, pilot};

/// A task file over long texts whose lengths suit the pilot.
fn task(name: &str, long: &str) -> String {
    format!(
        "task: {name}_{{subject}}\nsource: made up\nlicence: none needed\nlong: {{{long}}}\noutput_type: multiple_choice\ntest_split: test\n\
         doc_to_text: question\ndoc_to_target: gold\ndoc_to_choice: choices\ncluster: text\ngeneration_kwargs: {{until: [\"\\n\"], \
         max_gen_toks: 24}}\nmetric_list: [{{metric: acc}}, {{metric: recall}}, {{metric: p_gold}}]\n"
    )
}

fn folder() -> RunFolder {
    let folder = RunFolder::small();
    folder.write("tasks/needle.yaml", &task("needle", "kind: needle, lengths: [512, 1024]"));
    folder.write("tasks/keys.yaml", &task("keys", "kind: needle, keys: 5, lengths: [512, 1024]"));
    let queries = task("queries", "kind: needle, keys: 8, queries: 4, texts: 50, lengths: [512]");
    folder.write("tasks/queries.yaml", &queries.replace("max_gen_toks: 24", "max_gen_toks: 64"));
    folder
}

fn records(folder: &RunFolder, results: &str) -> Vec<Value> {
    let read = |unit: std::path::PathBuf| {
        serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap()
    };
    folder.unit_folders_in(results).into_iter().map(read).collect()
}

fn metric(record: &Value, name: &str) -> f64 {
    let metrics = record["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["name"] == name).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn random_weights_guess_and_what_texts_begin_with_is_computed_once() {
    let folder = folder();
    let model = pilot().join("trunk/checkpoint-0").display().to_string();
    let arguments = [
        "score",
        "--model",
        &model,
        "--tasks",
        "tasks/needle.yaml,tasks/keys.yaml,tasks/queries.yaml",
        "--context",
        "1024",
        "--out",
        "out",
    ];
    let ran = folder.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = records(&folder, "out");
    assert_eq!(records.len(), 5);
    for record in &records {
        let (task, items) = (record["task"].as_str().unwrap(), record["items"].as_u64().unwrap());
        // Chance is .25; four standard errors of 100 items either way.
        assert!(items == 100 && (metric(record, "acc") - 0.25).abs() < 0.18, "{task}: {}", metric(record, "acc"));
        assert!(metric(record, "recall") < 0.05, "{task}");
        assert_eq!(record["truncated"], 0, "{task}");
        let tokens = |name: &str| record["cost"][name].as_u64().unwrap();
        let (computed, requested) = (tokens("tokens_computed"), tokens("tokens_requested"));
        // Replies are in what is computed, and not in what four choices of each question would ask for one by one. Five keys share a text
        // but for the question, two questions for four keys each likewise; five depths share what lies before the needle. A reply goes on
        // from what its choices have read, and reads less than a stretch of 512 tokens itself.
        let (least, length) =
            (if task.starts_with("keys") { 10 } else { 3 }, if task.ends_with("512") { 1 } else { 2 });
        assert!(computed * least * length < requested * 2, "{task}: {computed} of {requested}");
    }
    let prompts = folder.run(&["prompts", "--tasks", "tasks/needle.yaml", "--model", &model, "--limit", "5"]);
    for line in prompts.stdout.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        let (tokens, length) = (item["n_context_tokens"].as_u64().unwrap(), item["task"].as_str().unwrap());
        let length: u64 = length.rsplit_once('_').unwrap().1.parse().unwrap();
        assert!(tokens <= length - 24 && tokens + 80 > length - 24, "{tokens} of {length}");
    }
}

#[test]
fn a_task_that_is_asked_in_two_ways_is_two_families() {
    let folder = folder();
    folder.write(
        "run.yaml",
        "checkpoints: [{path: trunk}]\ntasks: [{task: needle_512, limit: 5}, {task: needle_512, limit: 5, perturb: shuffle}]\n\
         task_folders: tasks\n",
    );
    check(&folder.run(&["sweep", "run.yaml"]), 0, &[]);
    let report = |name: &str| fs_err::read_to_string(folder.path("results/report").join(name)).unwrap();
    let page = report("long.html");
    assert!(page.contains(">needle · acc<") && page.contains(">needle · shuffle · acc<"), "{page}");
    let records = records(&folder, "results");
    assert_eq!(records.len(), 4);
    for record in &records {
        let way = if record["inputs"]["perturb"] == "shuffle" { "-shuffle" } else { "" };
        let table = report(&format!("plots/long-needle{way}-acc.map-1.csv"));
        let step = record["checkpoint"]["step"].to_string();
        let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        // Over all depths.
        let cells = lines.find(|cells| cells[1] == step && cells[5].is_empty()).unwrap();
        let number = |at: usize| cells[at].parse::<f64>().unwrap();
        assert!((number(6) - metric(record, "acc")).abs() < 1e-9, "{way} at {step}: {table}");
        assert!(number(7) <= number(6) && number(6) <= number(8) && cells[9] == "5", "{table}");
        // Nothing longer than 512 tokens was asked.
        assert_eq!(cells[11], (cells[10] == "512").to_string(), "{table}");
    }
}

#[test]
fn a_length_beyond_which_nothing_was_asked_may_be_more() {
    for (asked, sure) in [(300, true), (5, false)] {
        let mut run = made_up::run();
        for unit in run.units.iter_mut().filter(|unit| unit.record.task == "sea_letters") {
            let items = Arc::make_mut(&mut unit.items);
            items.truncate(asked);
            for item in items {
                item.choices[item.gold].logprob = 0.0; // the best of all: right
                item.long = Some(LongPlace { family: "sea".into(), length: 8192, depth: None });
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let index = spyglass_dashboards::report::write(&run, &folder.path().join("report")).unwrap();
        let page = fs_err::read_to_string(index.with_file_name("long.html")).unwrap();
        assert!(page.contains("<td class=\"n\">8,192 or more</td>"), "{page}");
        assert_eq!(page.contains("not sure: 5 of 5 at 8,192"), !sure, "{page}");
    }
}

#[test]
fn a_scale_divides_positions_as_linear_scaling_in_a_config_does() {
    let folder = RunFolder::small();
    folder.write("tasks/needle.yaml", &task("needle", "kind: needle, lengths: [512]"));
    let (_, config) = configs().into_iter().find(|(name, _)| *name == "llama").unwrap();
    checkpoint(&folder.path("plain"), &config, 7);
    copy(&folder.path("plain"), &folder.path("linear"));
    edit_json(&folder.path("linear/config.json"), |config| {
        config["rope_scaling"] = json!({"rope_type": "linear", "factor": 2.0});
    });
    let scored = |model: &str, more: &[&str]| {
        let out = format!("out-{model}-{}", more.len());
        let always = ["score", "--model", model, "--tasks", "tasks/needle.yaml", "--limit", "5", "--context", "1024"];
        let ran = folder.run(&[&always[..], &["--out", &out], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        records(&folder, &out)[0]["chunks"][0]["blake3"].clone()
    };
    let scaled = scored("plain", &["--rope-scale", "2"]);
    assert_eq!(scaled, scored("linear", &[]));
    assert_ne!(scaled, scored("plain", &[]));
}

#[test]
fn a_context_beyond_memory_is_named_and_not_tried() {
    let folder = RunFolder::small();
    let config = json!({"model_type": "llama", "hidden_size": 64, "intermediate_size": 8, "num_hidden_layers": 32,
                        "num_attention_heads": 4, "head_dim": 256, "max_position_embeddings": 512});
    let (context, model) = ((1 << 24).to_string(), "wide");
    checkpoint(&folder.path(model), &config, 7);
    let ran = folder.run(&["bench", "--model", model, "--context", &context, "--contexts", "16777000", "--no-start"]);
    check(&ran, 2, &["a context of 16777000 tokens leaves", "bytes of states behind, and there is room for"]);
}

#[test]
fn stretched_positions_are_a_variant_of_their_own() {
    let folder = folder();
    let run = |model: &str| {
        format!(
            "checkpoints: [{{path: trunk}}]\ntasks: [{{task: keys_lengths, limit: 5}}]\ntask_folders: tasks\nmodel: {model}\n"
        )
    };
    folder.write("run.yaml", &run("{}"));
    folder.write("stretched.yaml", &run("{rope: {scale: 2}}"));
    let beyond = ["task `keys_1024`: its texts are 1024 tokens long, the context limit is 512", "rope: {scale: N}"];
    let plan = folder.run(&["plan", "run.yaml"]);
    check(&plan, 0, &beyond);
    check(&folder.run(&["sweep", "run.yaml"]), 1, &beyond);
    let ran = folder.run(&["sweep", "stretched.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = records(&folder, "results");
    let of = |scale: Option<&'static str>| {
        records.iter().filter(move |record| record["inputs"]["rope_scale"].as_str() == scale)
    };
    assert_eq!((of(None).count(), of(Some("2")).count()), (2, 4));
    for plain in of(None) {
        let same = of(Some("2")).find(|record| {
            (&record["task"], &record["checkpoint"]["step"]) == (&plain["task"], &plain["checkpoint"]["step"])
        });
        let same = same.unwrap();
        assert!(same["checkpoint"]["variant"] == "rope-2" && same["key"] != plain["key"]);
        // Of seven digits one choice takes all of p_gold, so the log-likelihoods themselves are compared.
        assert_ne!(same["chunks"][0]["blake3"], plain["chunks"][0]["blake3"], "positions were divided");
    }
    let report = |name: &str| fs_err::read_to_string(folder.path("results/report").join(name)).unwrap();
    let page = report("long.html");
    assert!(page.contains("trunk, positions ÷ 2") && page.contains("keys · acc"), "{page}");
    let curve = report("plots/keys_512.csv");
    assert_eq!(curve.lines().count(), 3, "two plain checkpoints: {curve}");
}

#[test]
fn what_cannot_be_stretched_or_held_is_named() {
    let folder = folder();
    let run = |model: &str| {
        format!(
            "checkpoints: [{{path: trunk}}]\ntasks: [{{task: keys_512, limit: 5}}]\ntask_folders: tasks\nmodel: {model}\n"
        )
    };
    for (model, said) in [
        ("{rope: {scale: 0.5}}", "a scale of 0.5 is not a number above 1"),
        ("{rope: {scale: 1}}", "leave it out where they are not"),
        ("{context: 0}", "a context limit of 0 tokens leaves no room"),
        ("{rope: {scale: .nan}}", "a scale of NaN"),
        ("{rope: {scal: 2}}", "did you mean `scale`?"),
        ("{context: -1}", "-1"),
    ] {
        folder.write("run.yaml", &run(model));
        check(&folder.run(&["sweep", "run.yaml"]), 2, &["run.yaml:4:", said]);
    }
    folder.write("run.yaml", &run("{}"));
    check(&folder.run(&["sweep", "run.yaml", "--state-memory", "1k"]), 1, &["keys_512", "1024"]);
    folder.write("run.yaml", &run("{rope: {scale: 2}}"));
    for checkpoint in fs_err::read_dir(folder.path("trunk")).unwrap() {
        edit_json(&checkpoint.unwrap().path().join("config.json"), |config| config["use_mem_rope"] = false.into());
    }
    check(
        &folder.run(&["sweep", "run.yaml"]),
        1,
        &["config.json: the model has no rotary embedding", "leave `rope: {scale: …}` out"],
    );
}
