//! What is fast is still right: budgets, prefixes, instruction sets and arithmetics through the program's own doors.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Ran, RunFolder};

/// Answers to requests, one JSON object each.
fn logprobs(folder: &RunFolder, requests: &[(Vec<u32>, Vec<u32>)], isa: Option<&str>) -> Vec<Value> {
    let lines = requests
        .iter()
        .map(|(context, continuation)| json!({"context": context, "continuation": continuation}).to_string() + "\n");
    folder.write("requests.jsonl", &lines.collect::<String>());
    let model = folder.checkpoint();
    let arguments = ["logprobs", "--model", model.to_str().unwrap(), "--requests", "requests.jsonl"];
    let mut command = folder.command(&arguments);
    command.envs(isa.map(|isa| ("SPYGLASS_ISA", isa)));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tokens(count: u32) -> Vec<u32> {
    (0..count).map(|i| 3 + i * 31 % 200).collect()
}

#[test]
fn a_budget_too_small_for_one_state_names_the_number_that_does() {
    let folder = RunFolder::small();
    let tight = folder.run(&["sweep", "run.yaml", "--limit", "5", "--state-memory", "1k"]);
    assert_eq!(tight.code, Some(1), "{}", tight.stderr);
    assert!(tight.stderr.contains("1024 bytes for states are too few, one state alone needs"), "{}", tight.stderr);
    let needed =
        tight.stderr.lines().filter_map(|line| line.trim().strip_prefix("help: give at least ")?.split(' ').next());
    let needed = needed.map(|number| number.parse::<u64>().unwrap()).max().unwrap();
    let just_enough = folder.run(&["sweep", "run.yaml", "--limit", "5", "--state-memory", &needed.to_string()]);
    assert_eq!(just_enough.code, Some(0), "{}", just_enough.stderr);
    let plenty = RunFolder::small();
    assert_eq!(plenty.run(&["sweep", "run.yaml", "--limit", "5"]).code, Some(0));
    assert_eq!(folder.scores(), plenty.scores(), "every byte of every record is the same");
    let wrong = folder.run(&["sweep", "run.yaml", "--state-memory", "lots"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("512M"), "{}", wrong.stderr);
}

#[test]
fn a_prefix_that_is_itself_a_request() {
    let folder = RunFolder::small();
    let all = tokens(40);
    let requests: Vec<_> = [(10, 3), (13, 1), (10, 1), (20, 20), (13, 7), (1, 12)]
        .iter()
        .map(|&(context, continuation)| (all[..context].to_vec(), all[context..context + continuation].to_vec()))
        .collect();
    let together = logprobs(&folder, &requests, None);
    let alone: Vec<Value> =
        requests.iter().flat_map(|request| logprobs(&folder, std::slice::from_ref(request), None)).collect();
    assert_eq!(together, alone, "every digit is the same");
    assert_eq!(logprobs(&folder, &[], None), Vec::<Value>::new(), "nothing asked, nothing answered");
}

#[test]
fn a_request_longer_than_the_context_limit() {
    let folder = RunFolder::small();
    let model = folder.checkpoint();
    let ask = |context: u32, continuation: u32| {
        let line = json!({"context": tokens(context), "continuation": tokens(continuation)});
        folder.write("long.jsonl", &line.to_string());
        folder.run(&["logprobs", "--model", model.to_str().unwrap(), "--requests", "long.jsonl"])
    };
    let cut = ask(600, 4); // the pilot's limit is 512
    assert_eq!(cut.code, Some(1), "{}", cut.stderr);
    assert_eq!(serde_json::from_str::<Value>(&cut.stdout).unwrap()["truncated"], json!(true));
    assert!(cut.stderr.contains("1 request is longer than the context limit of 512 tokens"), "{}", cut.stderr);
    let refused = ask(4, 600);
    assert_eq!(refused.code, Some(2));
    for words in ["long.jsonl, line 1", "600 tokens", "512"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing: {}", refused.stderr);
    }
}

#[test]
fn requests_of_ids_alone_need_no_tokenizer_and_an_unknown_id_is_named() {
    let folder = RunFolder::small();
    let model = folder.checkpoint();
    let ask = |text: &str| {
        folder.write("ids.jsonl", text);
        folder.run(&["logprobs", "--model", model.to_str().unwrap(), "--requests", "ids.jsonl"])
    };
    let ids = "\u{feff}{\"context\": [5, 6], \"continuation\": [7]}\r\n";
    let with = ask(ids);
    assert_eq!(with.code, Some(0), "{}", with.stderr);
    let config: Value = serde_json::from_str(&fs_err::read_to_string(model.join("config.json")).unwrap()).unwrap();
    let vocabulary = config["vocab_size"].as_u64().unwrap();
    for (key, id) in [
        ("context", vocabulary.to_string()),
        ("continuation", "-1".into()),
        ("context", "1.5".into()),
        ("continuation", "99999999999".into()),
    ] {
        let (context, continuation) =
            if key == "context" { (format!("5, {id}"), "7".into()) } else { ("5".into(), format!("7, {id}")) };
        let refused = ask(&format!("{ids}\n{{\"context\": [{context}], \"continuation\": [{continuation}]}}\n"));
        let words = format!(
            "ids.jsonl, line 3: `{key}[1]` is {id}, which is not a token: the vocabulary has the ids 0 to {}",
            vocabulary - 1
        );
        assert!(refused.code == Some(2) && refused.stderr.contains(&words), "{words}: {}", refused.stderr);
    }
    for name in ["tokenizer.json", "tokenizer_config.json"] {
        fs_err::remove_file(model.join(name)).unwrap();
    }
    let without = ask(ids);
    assert_eq!((without.code, &without.stdout), (Some(0), &with.stdout), "{}", without.stderr);
    for text in ["{\"context\": \"sea\", \"continuation\": [7]}", "{\"context\": [], \"continuation\": [7]}"] {
        let refused = ask(text);
        assert!(refused.code == Some(2) && refused.stderr.contains("tokenizer.json"), "{}", refused.stderr);
    }
}

#[test]
fn narrower_instruction_sets_agree() {
    let folder = RunFolder::small();
    let all = tokens(120);
    let requests = vec![(all[..1].to_vec(), all[1..100].to_vec()), (all[..80].to_vec(), all[80..].to_vec())];
    let widest = logprobs(&folder, &requests, None);
    for isa in ["avx2", "portable"] {
        for (one, other) in widest.iter().zip(logprobs(&folder, &requests, Some(isa))) {
            let count = one["tokens"].as_array().unwrap().len() as f64;
            let apart = (one["logprob"].as_f64().unwrap() - other["logprob"].as_f64().unwrap()).abs();
            assert!(apart <= 1e-4 * count.sqrt(), "{isa}: {apart}");
        }
    }
}

#[test]
fn precision_is_part_of_a_units_key_and_its_effect_is_told() {
    let folder = RunFolder::small();
    for precision in ["f32", "bf16"] {
        let ran = folder.run(&["sweep", "run.yaml", "--limit", "20", "--precision", precision]);
        assert!(ran.code == Some(0) && ran.stderr.contains("4 units scored"), "{}", ran.stderr);
    }
    assert_eq!(folder.unit_folders().len(), 8, "neither arithmetic takes the other's place");

    let model = folder.checkpoint();
    let arguments =
        ["compare-precision", "--model", model.to_str().unwrap(), "--task", "pilot_letters", "--limit", "20"];
    let compare =
        |more: &[&str]| folder.run(&[&arguments[..], &["--data", "tasks", "--task-folder", "tasks"], more].concat());
    let ran = compare(&["--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let effect: Value = serde_json::from_str(&ran.stdout).unwrap();
    let change = |key: &str| effect[key].as_f64().unwrap();
    assert_eq!((&effect["items"], &effect["log_likelihoods"]), (&json!(20), &json!(80)));
    assert!(0.0 < change("mean_change") && change("mean_change") <= change("largest_change"), "{effect}");
    assert!(change("largest_change") < 1.0 && change("flipped") <= 20.0, "{effect}");
    let table = compare(&[]);
    assert!(table.stdout.contains("|pilot_letters|    2|   20|"), "{}", table.stdout);
}

#[test]
fn the_plan_and_the_status_tell_what_sharing_saves() {
    let folder = RunFolder::small();
    folder.write(
        "few.yaml",
        "checkpoints: [{path: trunk}]\ntasks: [{task: pilot_letters, limit: 20}]\ntask_folders: tasks\ndata: tasks\n",
    );
    let plan = folder.run(&["plan", "few.yaml"]);
    assert!(plan.stdout.contains("one request at a time it would be"), "{}", plan.stdout);
    assert_eq!(folder.run(&["sweep", "few.yaml"]).code, Some(0));
    let status = folder.run(&["status", "few.yaml"]);
    assert!(status.stdout.contains("were shared and not computed again"), "{}", status.stdout);
}

#[test]
fn a_bench_measures_the_model_and_the_machine() {
    let folder = RunFolder::small();
    let model = folder.checkpoint();
    let bench = |more: &[&str]| {
        let ran = folder
            .run(&[&["bench", "--model", model.to_str().unwrap(), "--rounds", "1", "--sequences", "1"], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    let measured: Value =
        serde_json::from_str(&bench(&["--json", "--precision", "bf16", "--contexts", "64,8192"])).unwrap();
    assert_eq!(measured["context_limit"], json!(512));
    assert!(measured["start_up"]["first_token_seconds"].as_f64() > measured["start_up"]["read_seconds"].as_f64());
    let speeds = measured["speeds"].as_array().unwrap();
    assert_eq!([&speeds[0]["precision"], &speeds[1]["precision"]], ["f32", "bf16"]);
    for speed in speeds {
        assert_eq!((&speed["beyond_limit"], &speed["contexts"][0]["tokens"]), (&json!([8192]), &json!(64)));
        for times in [&speed["prefill"], &speed["contexts"][0]] {
            let shares = times["parts"].as_array().unwrap().iter().map(|part| part["share"].as_f64().unwrap());
            assert!((shares.sum::<f64>() - 1.0).abs() < 1e-6, "{times}");
            assert!(times["tokens_per_second"].as_f64().unwrap() > 0.0);
        }
    }
    let longer: Value =
        serde_json::from_str(&bench(&["--json", "--no-start", "--contexts", "600,2000", "--rope-scale", "2"])).unwrap();
    assert_eq!(longer["context_limit"], json!(1024));
    let speed = &longer["speeds"][0];
    assert_eq!((&speed["beyond_limit"], &speed["contexts"][0]["tokens"]), (&json!([2000]), &json!(600)));
    let ways = measured["machine"]["products"].as_array().unwrap();
    for precision in ["f32", "bf16", "int8"] {
        let own: Vec<_> = ways.iter().filter(|way| way["precision"] == precision).collect();
        assert_eq!(own.iter().filter(|way| way["is_chosen"] == true).count(), 1, "{precision}: {own:?}");
        assert!(own.iter().all(|way| way["flops_per_second"].as_f64().unwrap() > 0.0));
    }
    let text = bench(&["--no-start", "--contexts", "64,8192"]);
    assert!(
        ["f32", "bf16", "int8"].iter().all(|precision| text.contains(&format!("products     {precision}: "))),
        "{text}"
    );
    assert!(text.contains("context 8 192 is beyond the model's limit of 512 tokens: skipped"), "{text}");
    for layers in ["mamba mixer", "attention", "MLP", "head"] {
        assert!(text.contains(&format!("| {layers} |")), "{text}");
    } // random weights, as the speed of an architecture is measured on, come without a tokenizer
    let bare = folder.path("bare");
    fs::create_dir_all(&bare).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(model.join(file), bare.join(file)).unwrap();
    }
    let ran =
        folder.run(&["bench", "--model", "bare", "--sequences", "1", "--rounds", "1", "--contexts", "16", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("no tokenizer lies in the folder, so the start of the program is not measured"));
    let measured: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(
        measured["start_up"].is_null() && measured["speeds"][0]["contexts"][0]["tokens"] == json!(16),
        "{measured}"
    );
}
