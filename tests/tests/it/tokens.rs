//! How text becomes tokens, as a user chooses it: BOS, and another folder's tokenizer.

use serde_json::Value;

use crate::program::{RunFolder, newest_two};

const TASKS: [&str; 8] = ["--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "4"];

/// Moves the tokenizer of all checkpoints to `elsewhere`.
fn move_tokenizers(folder: &RunFolder) {
    fs_err::create_dir_all(folder.path("elsewhere")).unwrap();
    for name in newest_two() {
        for file in ["tokenizer.json", "tokenizer_config.json"] {
            let own = folder.path("trunk").join(&name).join(file);
            fs_err::rename(own, folder.path("elsewhere").join(file)).unwrap();
        }
    }
}

fn inputs(folder: &RunFolder) -> Vec<Value> {
    let record = |unit: &std::path::PathBuf| -> Value {
        serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap()
    };
    folder.unit_folders().iter().map(|unit| record(unit)["inputs"].clone()).collect()
}

#[test]
fn bos_is_chosen_in_the_run_file_and_on_the_command_line() {
    let folder = RunFolder::small();
    let run = |bos: &str| {
        format!("checkpoints: [{{path: trunk}}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n{bos}")
    };
    // The pilot's tokenizer puts BOS by itself: left to it, or always, is the same numbers; never is others.
    folder.write("run.yaml", &run(""));
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "4"]).code, Some(0));
    let own = folder.scores();
    assert!(inputs(&folder).iter().all(|inputs| inputs.get("bos").is_none()), "the default leaves no trace");
    folder.write("run.yaml", &run("bos: tokenizer\n"));
    let again = folder.run(&["sweep", "run.yaml", "--limit", "4"]);
    assert!(again.stderr.contains("2 units done before"), "{}", again.stderr);
    folder.write("run.yaml", &run("bos: never\n"));
    let never = folder.run(&["sweep", "run.yaml", "--limit", "4"]);
    assert!(never.stderr.contains("2 units scored"), "{}", never.stderr);
    assert_eq!(inputs(&folder).iter().filter(|inputs| inputs["bos"] == "never").count(), 2);
    let always = folder.run(&["sweep", "run.yaml", "--limit", "4", "--bos", "always"]);
    assert!(always.stderr.contains("2 units scored"), "the command line goes before: {}", always.stderr);
    let chunks = |bos: &str| -> Vec<Vec<Vec<u8>>> {
        let of = |(name, (_, _, chunks)): (String, (Value, Value, Vec<Vec<u8>>))| {
            let text = fs_err::read_to_string(folder.path(&name).join("unit.json")).unwrap();
            text.contains(&format!("\"bos\": \"{bos}\"")).then_some(chunks)
        };
        folder.scores().into_iter().filter_map(of).collect()
    };
    let own: Vec<Vec<Vec<u8>>> = own.into_values().map(|(_, _, chunks)| chunks).collect();
    assert_eq!((chunks("always"), chunks("never") == own), (own.clone(), false));
    folder.write("never.yaml", &run("bos: never\nresults: never\n"));
    assert_eq!(folder.run(&["sweep", "never.yaml", "--limit", "4"]).code, Some(0));
    let page = fs_err::read_to_string(folder.path("never/report/provenance.html")).unwrap();
    assert!(page.contains("BOS") && page.contains("never"), "the report says it");
    // Every command that reads text takes it.
    let model = folder.checkpoint().display().to_string();
    folder.write("ask.jsonl", "{\"context\": \"the cat\", \"continuation\": \" sat\"}\n");
    let asked =
        |bos: &str| folder.run(&["logprobs", "--model", &model, "--requests", "ask.jsonl", "--bos", bos]).stdout;
    assert_eq!(asked("tokenizer"), asked("always"));
    assert_ne!(asked("tokenizer"), asked("never"));
    let counted = |bos: &str| -> u64 {
        let words = [&["prompts", "--model", &model, "--bos", bos][..], &TASKS].concat();
        let first: Value = serde_json::from_str(folder.run(&words).stdout.lines().next().unwrap()).unwrap();
        first["n_context_tokens"].as_u64().unwrap()
    };
    assert_eq!(counted("tokenizer"), counted("never") + 1);
    let wrong = folder.run(&["sweep", "run.yaml", "--bos", "sometimes"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("always"), "{wrong:?}");
    folder.write("run.yaml", &run("bos: yes\n"));
    let wrong = folder.run(&["sweep", "run.yaml"]);
    assert!(
        wrong.code == Some(2) && wrong.stderr.contains("run.yaml") && wrong.stderr.contains("`never`"),
        "{wrong:?}"
    );
}

#[test]
fn checkpoints_without_a_tokenizer_borrow_one() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "4"]).code, Some(0));
    let own = folder.scores();
    move_tokenizers(&folder);
    let without = folder.run(&["sweep", "run.yaml", "--limit", "5"]);
    assert!(without.code == Some(1) && without.stderr.contains("`tokenizer:`"), "{without:?}");
    let text = fs_err::read_to_string(folder.path("run.yaml")).unwrap();
    folder.write("run.yaml", &(text.clone() + "tokenizer: elsewhere\n"));
    // The same files, wherever they lie, are the same tokenizer.
    for command in ["check", "plan", "sweep"] {
        let said = folder.run(&[command, "run.yaml"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(command != "sweep" || said.stderr.contains("4 units scored"), "{said:?}");
    }
    let all = folder.scores();
    assert_eq!(own.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
    let model = folder.checkpoint().display().to_string();
    for command in [
        &["generate", "--prompt", "the", "--max-tokens", "2"][..],
        &["vibes", "--packs", "riddles"],
        &["score", "--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "2"],
        &["prompts", "--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "2"],
    ] {
        let said = folder.run(&[command, &["--model", &model, "--tokenizer", "elsewhere"]].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
        let said = folder.run(&[command, &["--model", &model]].concat());
        assert_ne!(said.code, Some(0), "{command:?}");
    }
    let alone = folder.run(&[&["prompts", "--tokenizer", "elsewhere"][..], &TASKS].concat());
    assert!(alone.stdout.contains("n_context_tokens"), "{alone:?}");
    assert_eq!(folder.run(&["check", &model, "--tokenizer", "elsewhere"]).code, Some(0));

    // What is not there, and a vocabulary that the model does not have.
    folder.write("run.yaml", &(text + "tokenizer: nowhere\n"));
    let missing = folder.run(&["sweep", "run.yaml"]);
    assert!(missing.code == Some(2) && missing.stderr.contains("nowhere/tokenizer.json"), "{missing:?}");
    let file = folder.path("elsewhere/tokenizer.json");
    let mut json: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    json["model"]["vocab"]["one-too-many"] = 480.into();
    fs_err::write(&file, json.to_string()).unwrap();
    let large = folder.run(&["generate", "--model", &model, "--tokenizer", "elsewhere", "--prompt", "the"]);
    assert!(large.code == Some(2) && large.stderr.contains("has 481 tokens"), "{large:?}");
    assert!(large.stderr.contains("elsewhere/tokenizer.json") && large.stderr.contains("only 480"), "{large:?}");
}

#[test]
fn runs_of_different_tokenizers_stand_side_by_side_where_they_can() {
    let folder = RunFolder::small();
    let tokenizer = folder.checkpoint();
    crate::program::copy(&tokenizer, &folder.path("letters"));
    let file = folder.path("letters/tokenizer.json");
    let mut json: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    json["pre_tokenizer"] =
        serde_json::json!({"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false});
    fs_err::write(&file, json.to_string()).unwrap();
    let task = |name: &str, metrics: &str| {
        folder.write(
            &format!("tasks/{name}.yaml"),
            &format!("task: {name}\ninclude: _asked_plainly.yaml\ndataset_kwargs: {{data_files: {{test: pilot_facts_easy.jsonl}}}}\nmetric_list: {metrics}\n"),
        );
    };
    task("margins", "[{metric: margin}, {metric: acc}]");
    folder.write(
        "tasks/pages.yaml",
        "task: pages\ndataset_path: json\ndataset_kwargs: {data_files: {test: pages.jsonl}}\ntest_split: test\noutput_type: loglikelihood_rolling\ndoc_to_target: text\nsource: ours\nlicence: Apache-2.0\n",
    );
    folder.write("tasks/pages.jsonl", "{\"text\": \"the cat sat\"}\n{\"text\": \"a dog ran home\"}\n");
    for (name, more) in [("own", ""), ("other", "tokenizer: letters\n")] {
        folder.write(
            &format!("{name}.yaml"),
            &format!("name: {name}\ncheckpoints: [{{path: trunk}}]\ntasks: [pilot_facts_easy, margins, pages]\ntask_folders: tasks\ndata: tasks\nresults: {name}\n{more}"),
        );
        let swept = folder.run(&["sweep", &format!("{name}.yaml"), "--limit", "20"]);
        assert_eq!(swept.code, Some(0), "{swept:?}");
    }
    let compared = folder.run(&["compare", "own.yaml", "other.yaml"]);
    assert_eq!(compared.code, Some(0), "{compared:?}");
    assert!(compared.stderr.contains("not compared: margins: `margin` counts in tokens"), "{}", compared.stderr);
    let row = |name: &str| {
        compared.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{compared:?}"))
    };
    assert!(row("pilot_facts_easy").contains(" acc ") && row("pages").contains("bits_per_byte"), "{}", compared.stdout);
    assert!(compared.stdout.contains("The two have different tokenizers"), "{}", compared.stdout);
    let reported = folder.run(&["report", "own.yaml", "other.yaml"]);
    assert_eq!(reported.code, Some(0), "{reported:?}");
    let page = fs_err::read_to_string(folder.path("spyglass-report/index.html")).unwrap();
    assert!(
        page.contains("margins (other)") && !page.contains("pages (other)"),
        "a score in tokens has a plot of its own"
    );
    let warning = "margin count in tokens, and the tokenizer is not that of own: they do not compare with its numbers";
    assert!(fs_err::read_to_string(folder.path("spyglass-report/provenance.html")).unwrap().contains(warning));
    // One tokenizer, however it is named, is one.
    let compared = folder.run(&["compare", "own.yaml", "own.yaml"]);
    assert!(!compared.stdout.contains("different tokenizers") && compared.stdout.contains("margins"), "{compared:?}");
}
