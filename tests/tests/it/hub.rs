//! Runs on a hub: swept without a folder of checkpoints, whatever goes wrong on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::architectures::{as_torch, checkpoint, configs};
use crate::hub_look_alike::{Hub, What};
use crate::program::{Ran, RunFolder, below, copy};

const MIX: &str = "models/tiny/mix";

/// The program in a folder, with the look-alike for a hub and a cache of its own.
pub(crate) fn command(folder: &RunFolder, hub: &Hub, arguments: &[&str]) -> Command {
    let mut command = folder.command(arguments);
    for name in ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "http_proxy", "all_proxy", "ALL_PROXY"]
    {
        command.env_remove(name);
    }
    command.env("HF_ENDPOINT", &hub.address).env("HF_HOME", folder.path("hf"));
    command
}

pub(crate) fn run(folder: &RunFolder, hub: &Hub, arguments: &[&str]) -> Ran {
    command(folder, hub, arguments).output().unwrap().into()
}

/// Tiny models, Llamas and GPT-NeoXes in turn, in archives of torch, at these steps below `folder`.
pub(crate) fn write_checkpoints(folder: &Path, steps: &[u64]) {
    let configs = configs();
    let named = |wanted: &str| configs.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
    let two = [named("llama"), named("gpt_neox")];
    for (index, &step) in steps.iter().enumerate() {
        let own = folder.join(format!("step{step}"));
        checkpoint(&own, &two[index % 2], step);
        as_torch(&own, index % 3 + 1);
    }
}

/// Publishes the checkpoints below `folder`, each with what a sweep has no need of; commits by step.
pub(crate) fn publish(hub: &Hub, folder: &Path, steps: &[u64]) -> BTreeMap<u64, String> {
    let commit = |step: u64| {
        let own = folder.join(format!("step{step}"));
        for waste in ["optimizer.pt", "README.md", "rng_state.pth", "flax_model.msgpack"] {
            fs_err::write(own.join(waste), vec![7; 70_000]).unwrap();
        }
        let commit = hub.publish(MIX, &format!("step{step}"), &own);
        for waste in ["optimizer.pt", "README.md", "rng_state.pth", "flax_model.msgpack"] {
            fs_err::remove_file(own.join(waste)).unwrap();
        }
        commit
    };
    let commits = steps.iter().map(|&step| (step, commit(step))).collect();
    hub.publish_files(MIX, "main", BTreeMap::from([("README.md".to_owned(), b"nothing else".to_vec())]));
    commits
}

pub(crate) fn run_file(folder: &RunFolder, checkpoints: &str, rest: &str) {
    let text = format!(
        "checkpoints: [{{{checkpoints}, pattern: 'step{{step}}', tokens_per_step: 1000}}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n{rest}"
    );
    folder.write("run.yaml", &text);
}

/// A run of checkpoints at these steps on a look-alike, and nothing else.
pub(crate) fn published(steps: &[u64]) -> (RunFolder, Hub, BTreeMap<u64, String>) {
    let (folder, hub) = (RunFolder::small(), Hub::start());
    write_checkpoints(&folder.path("local"), steps);
    let commits = publish(&hub, &folder.path("local"), steps);
    run_file(&folder, "hub: tiny/mix", "");
    (folder, hub, commits)
}

/// Bytes of the blobs in a cache, those that are under way too.
pub(crate) fn blob_bytes(cache: &Path) -> u64 {
    let blobs = below(cache).into_iter().filter(|path| path.components().any(|part| part.as_os_str() == "blobs"));
    blobs.filter_map(|path| Some(fs_err::metadata(cache.join(path)).ok()?.len())).sum()
}

/// The units of a results folder: the name, the bytes of the chunks, and the summary but for times and paths.
pub(crate) fn units(folder: &RunFolder) -> BTreeMap<String, (Value, Vec<Vec<u8>>)> {
    let unit = |unit: PathBuf| {
        let mut record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
        let chunks = record["chunks"].as_array().unwrap().iter();
        let chunks = chunks.map(|chunk| fs_err::read(unit.join(chunk["file"].as_str().unwrap())).unwrap()).collect();
        record["checkpoint"]["location"] = Value::Null;
        record["finished"] = Value::Null;
        record["checksum"] = Value::Null; // of the times, too
        record["cost"] = Value::Null; // seconds, and what an earlier sweep has computed of it
        (unit.strip_prefix(folder.path("")).unwrap().display().to_string(), (record, chunks))
    };
    folder.unit_folders().into_iter().map(unit).collect()
}

const TWELVE: [u64; 12] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

#[test]
fn killed_twice_with_room_for_two_it_gives_the_bytes_of_the_run_from_folders() {
    let (folder, hub, _) = published(&TWELVE);
    let local = RunFolder::small();
    copy(&folder.path("local"), &local.path("local"));
    run_file(&local, "path: local", "");
    assert_eq!(local.run(&["sweep", "run.yaml"]).code, Some(0));
    let largest = TWELVE.iter().map(|step| {
        let folder = folder.path(&format!("local/step{step}"));
        below(&folder).iter().map(|file| fs_err::metadata(folder.join(file)).unwrap().len()).sum::<u64>()
    });
    let room = 2 * largest.max().unwrap();
    run_file(&folder, "hub: tiny/mix", &format!("keep: none\ndisk: {room}\n"));
    fs_err::remove_dir_all(folder.path("local")).unwrap();
    hub.slow_down(4);
    let cache = folder.path("hf/hub");
    let over = AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = blob_bytes(&cache).max(most);
                std::thread::sleep(Duration::from_millis(3));
            }
            most
        });
        for done in [2, 5] {
            let mut child = command(&folder, &hub, &["sweep", "run.yaml"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            while folder.unit_folders().len() < done {
                assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
                std::thread::sleep(Duration::from_millis(5));
            }
            child.kill().unwrap(); // SIGKILL
            child.wait().unwrap();
        }
        let last = run(&folder, &hub, &["sweep", "run.yaml"]);
        over.store(true, Ordering::Relaxed);
        assert_eq!(last.code, Some(0), "{}", last.stderr);
        watching.join().unwrap()
    });
    assert!(most > room / 2 && most <= room, "{most} of {room} bytes");
    assert!(units(&folder) == units(&local), "the numbers of a unit are others");
    let left: Vec<PathBuf> = below(&cache).into_iter().filter(|path| !path.starts_with(".locks")).collect();
    assert!(left.is_empty(), "{left:?}");
    let seen = hub.seen();
    let waste = ["optimizer", "README", "rng_state", "msgpack"];
    assert!(!seen.iter().any(|seen| waste.iter().any(|name| seen.target.contains(name))), "{seen:#?}");
    // Nothing is left to do, so nothing is fetched, not even a listing of files.
    let again = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(again.code == Some(0) && again.stderr.contains("0 units scored"), "{}", again.stderr);
    assert_eq!(hub.seen().iter().map(|seen| seen.target.as_str()).collect::<Vec<_>>(), ["/api/models/tiny/mix/refs"]);
}

#[test]
fn what_goes_wrong_on_the_way_is_mended_and_the_token_stays_with_the_hub() {
    let (folder, hub, commits) = published(&[0, 1, 2]);
    run_file(&folder, "hub: tiny/mix", "keep: all\n");
    hub.make_private(MIX, "hf_secret");
    hub.go_wrong("/blob/", 2, What::Cut(20_000));
    hub.go_wrong("/blob/", 1, What::Wrong);
    hub.go_wrong("/blob/", 1, What::Cut(9_000));
    hub.go_wrong("/blob/", 1, What::NoRanges);
    hub.go_wrong("/refs", 1, What::Status(502, "X-What", "a proxy is tired"));
    hub.go_wrong("/tree/", 1, What::Status(429, "RateLimit", "\"api\";r=0;t=1"));
    hub.go_wrong("config.json", 1, What::Status(503, "Retry-After", "0"));
    let sweep = |arguments: &[&str], offline: &str| -> Ran {
        let mut command = command(&folder, &hub, arguments);
        command.env("HF_TOKEN", "hf_secret").env("HF_HUB_OFFLINE", offline).output().unwrap().into()
    };
    let ran = sweep(&["sweep", "run.yaml"], "0");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("3 units scored") && ran.stderr.contains("the hub asks to wait 2 s"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hf_secret"));
    let seen = hub.seen();
    for own in &seen {
        let token = own.authorization.as_deref();
        assert_eq!(token, (!own.elsewhere).then_some("Bearer hf_secret"), "{own:?}");
        // Every file is asked for by its commit: a branch that moves meanwhile changes nothing.
        assert!(!own.target.contains("/step"), "{own:?}");
    }
    assert!(seen.iter().any(|own| own.range.as_deref() == Some("bytes=20000-")), "what was cut goes on");
    let mut listed: Vec<&str> = seen.iter().filter_map(|own| own.target.split("/tree/").nth(1)?.get(..40)).collect();
    listed.dedup();
    // all are listed for weights of another step, then fetched
    assert_eq!(listed, [0, 1, 2, 0, 2, 1].map(|step| &commits[&step]), "the ends first");
    // What lies in the cache lies as the hub's own tools have it.
    let repo = folder.path("hf/hub/models--tiny--mix");
    for (step, commit) in &commits {
        assert_eq!(fs_err::read_to_string(repo.join(format!("refs/step{step}"))).unwrap(), *commit);
        let config = repo.join("snapshots").join(commit).join("config.json");
        assert_eq!(
            fs_err::read(&config).unwrap(),
            fs_err::read(folder.path(&format!("local/step{step}/config.json"))).unwrap()
        );
        assert!(!cfg!(unix) || fs_err::read_link(&config).unwrap().starts_with("../../blobs"));
    }
    assert!(!below(&repo).iter().any(|path| path.to_string_lossy().ends_with("incomplete")));
    // It serves without a network, for results of another name too.
    fs_err::rename(folder.path("results"), folder.path("before")).unwrap();
    let offline = sweep(&["sweep", "run.yaml"], "1");
    assert!(offline.code == Some(0) && offline.stderr.contains("3 units scored"), "{}", offline.stderr);
    assert_eq!(hub.seen().len(), 0);
    let location = |unit: &Path| {
        let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
        record["checkpoint"]["location"].as_str().unwrap().to_owned()
    };
    assert_eq!(location(&folder.unit_folders()[1]), format!("hub:tiny/mix@step1#{}", commits[&1]));
    // A branch that has moved is another checkpoint.
    let moved = hub.publish(MIX, "step1", &folder.path("local/step2"));
    let ran = sweep(&["sweep", "run.yaml"], "0");
    assert!(ran.code == Some(0) && ran.stderr.contains("1 unit scored"), "{}", ran.stderr);
    assert!(folder.unit_folders().iter().any(|unit| location(unit).ends_with(&moved)));
}

#[test]
fn what_cannot_be_had_is_named_and_the_others_are_scored() {
    let (folder, hub, commits) = published(&[0, 1, 2]);
    let weights = fs_err::read(folder.path("local/step0/pytorch_model.bin")).unwrap();
    let digits = spyglass_tasks::sha256_hex(&weights);
    let address = format!("{}/tiny/mix", hub.address);
    let plain = "hub: tiny/mix";
    let cases: [(&str, &str, i32, usize, &[&str]); 5] = [
        (plain, "disk: 1k\n", 1, 0, &["`disk:` allows 1000 bytes", "hub:tiny/mix", "at least"]),
        ("hub: tiny/mix, revisions: [step1, stepp2]", "", 2, 0, &["`stepp2`", "did you mean `step2`?"]),
        ("hub: tiny/mix, path: local", "", 2, 0, &["has `path:` and `hub:`"]),
        ("hub: 'https://huggingface.co/tiny/mix'", "", 2, 0, &["is no repository of the hub"]),
        ("hub: tiny/mix, revisions: [step2]", "", 0, 1, &["1 unit scored"]),
    ];
    for (checkpoints, rest, code, units, words) in cases {
        drop(fs_err::remove_dir_all(folder.path("results")));
        drop(fs_err::remove_dir_all(folder.path("hf"))); // what has come of one that failed
        run_file(&folder, checkpoints, rest);
        let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
        assert_eq!((ran.code, folder.unit_folders().len()), (Some(code), units), "{checkpoints}: {}", ran.stderr);
        words.iter().for_each(|word| assert!(ran.stderr.contains(word), "{checkpoints}: {}", ran.stderr));
    }
    run_file(&folder, plain, "");
    let sweep = |variables: &[(&str, &str)]| -> Ran {
        drop(fs_err::remove_dir_all(folder.path("results")));
        command(&folder, &hub, &["sweep", "run.yaml"]).envs(variables.iter().copied()).output().unwrap().into()
    };
    let told = |ran: &Ran, code: i32, words: &[&str]| {
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        words.iter().for_each(|word| assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr));
    };
    told(&sweep(&[("HF_HUB_OFFLINE", "1")]), 2, &["HF_HUB_OFFLINE is set", "hub:tiny/mix", "spyglass pull"]);
    told(
        &sweep(&[("HF_ENDPOINT", "http://127.0.0.1:1")]),
        2,
        &["http://127.0.0.1:1/api/models/tiny/mix/refs", "HF_ENDPOINT"],
    );
    hub.go_wrong(&digits, 2, What::Wrong);
    let wrong = sweep(&[]);
    told(&wrong, 1, &["failed: trunk step 0", &digits, "twice the same", "2 units scored"]);
    let kept = below(&folder.path("hf/hub"));
    assert!(
        !kept.iter().any(|path| !path.starts_with(".locks") && path.to_string_lossy().contains(&digits)),
        "{kept:?}"
    );
    hub.delete(MIX, &commits[&1]);
    told(&sweep(&[]), 1, &["failed: trunk step 1", "it was deleted", &address, "2 units scored"]);
    hub.gate(MIX);
    told(&sweep(&[]), 1, &["gated", &format!("accept the terms at {address}"), "HF_TOKEN"]);
    hub.make_private(MIX, "hf_secret");
    told(&sweep(&[]), 2, &["there is no such repository, or it is private", &address, "HF_TOKEN"]);
    told(&sweep(&[("HF_TOKEN", "hf_wrong")]), 2, &["the token of HF_TOKEN is not accepted"]);
    let text = fs_err::read_to_string(folder.path("run.yaml")).unwrap();
    folder.write("run.yaml", &text.replace("step{step}", "checkpoint-{step}"));
    let ran = sweep(&[("HF_TOKEN", "hf_secret")]);
    told(&ran, 2, &["named `checkpoint-{step}`", "`pattern: \"step{step}\"` fits 3 of them", "step0, step1, step2"]);
}

#[test]
fn only_what_a_run_has_fetched_itself_is_deleted() {
    let (folder, hub, commits) = published(&[0, 1, 2]);
    let cache = folder.path("hf/hub");
    let pulled = run(&folder, &hub, &["pull", "hub:tiny/mix@step0"]);
    assert_eq!(pulled.code, Some(0), "{}", pulled.stderr);
    let snapshot = cache.join("models--tiny--mix/snapshots").join(&commits[&0]);
    assert_eq!(pulled.stdout.trim(), snapshot.display().to_string());
    let lying = || -> Vec<PathBuf> { below(&cache).into_iter().filter(|path| !path.starts_with(".locks")).collect() };
    let before = lying();
    assert!(snapshot.join("pytorch_model.bin").exists() && before.len() == 9, "{before:?}");
    // A half file of another program is none of our business either.
    let foreign = cache.join("models--tiny--mix/blobs/0123.incomplete");
    fs_err::write(&foreign, "half").unwrap();
    hub.seen();
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(fs_err::remove_file(&foreign).is_ok());
    assert_eq!(lying(), before);
    let digits = spyglass_tasks::sha256_hex(&fs_err::read(snapshot.join("pytorch_model.bin")).unwrap());
    assert!(!hub.seen().iter().any(|own| own.target.contains(&digits)), "what lies there is not fetched again");
    // The last one stays where it is asked for, what others have fetched stays; two sweeps at once share what they fetch.
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    run_file(&folder, "hub: tiny/mix", "keep: last\n");
    let start =
        || command(&folder, &hub, &["sweep", "run.yaml"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    for child in [start(), start()] {
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(folder.unit_folders().len(), 3);
    let snapshots =
        |step: u64| cache.join("models--tiny--mix/snapshots").join(&commits[&step]).join("config.json").exists();
    assert_eq!([0, 1, 2].map(snapshots), [true, false, true]);
}

#[test]
fn a_first_run_file_and_the_data_come_from_the_hub() {
    let (folder, hub, _) = published(&[0, 1, 2]);
    for (step, own) in [(0, 0), (1000, 1), (143_000, 2)] {
        hub.publish("models/EleutherAI/pythia-160m", &format!("step{step}"), &folder.path(&format!("local/step{own}")));
    }
    hub.publish_files("models/EleutherAI/pythia-160m", "main", BTreeMap::new());
    let init = run(&folder, &hub, &["init", "hub:EleutherAI/pythia-160m", "--out", "pythia.yaml"]);
    assert_eq!(init.code, Some(0), "{}", init.stderr);
    let text = fs_err::read_to_string(folder.path("pythia.yaml")).unwrap();
    for line in [
        "hub: EleutherAI/pythia-160m    # 3 checkpoints, steps 0 to 143000",
        "pattern: \"step{step}\"",
        "training: pythia-160m",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let init = run(&folder, &hub, &["init", "hub:tiny/mix", "--out", "mix.yaml"]);
    assert!(init.code == Some(0) && init.stderr.contains("left out: main"), "{}", init.stderr);
    assert!(fs_err::read_to_string(folder.path("mix.yaml")).unwrap().contains("tokens_per_step: 4_194_304"));
    // Its tasks' data are not here yet.
    folder.write("pythia.yaml", &text.replace("- icl", "- piqa").replace("prompts:", "# prompts:"));
    let plan = run(&folder, &hub, &["plan", "pythia.yaml"]);
    assert!(plan.code == Some(0) && plan.stderr.contains("spyglass pull --data piqa --out data"), "{}", plan.stderr);
    let row = |index: usize| {
        format!("{{\"goal\": \"goal {index}\", \"sol1\": \"so\", \"sol2\": \"or so\", \"label\": {}}}\n", index % 2)
    };
    let rows: String = (0..8).map(row).collect();
    let files =
        ["data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl", "data/validation.jsonl", "README.md"];
    let files = files.map(|name| (name.to_owned(), rows.clone().into_bytes()));
    hub.publish_files("datasets/baber/piqa", "main", BTreeMap::from(files));
    hub.seen();
    let pull = run(&folder, &hub, &["pull", "--data", "piqa"]);
    assert_eq!((pull.code, pull.stdout.trim()), (Some(0), "data/baber/piqa"), "{}", pull.stderr);
    assert!(pull.stderr.contains("baber/piqa, licence: AFL 3.0"), "{}", pull.stderr);
    assert_eq!(below(&folder.path("data")).len(), 3);
    hub.seen();
    assert_eq!(run(&folder, &hub, &["pull", "--data", "piqa"]).code, Some(0));
    assert!(!hub.seen().iter().any(|own| own.target.contains("/resolve/")), "what lies there is not fetched again");
    let plan = run(&folder, &hub, &["plan", "pythia.yaml"]);
    assert!(plan.code == Some(0) && plan.stdout.contains("3 checkpoints on the hub and not here yet"), "{plan:?}");
    let pulled = run(&folder, &hub, &["pull", "pythia.yaml", "--data", "piqa"]);
    assert!(pulled.code == Some(0) && pulled.stdout.lines().count() == 4, "{pulled:?}");
    let swept = run(&folder, &hub, &["sweep", "pythia.yaml"]);
    assert!(swept.code == Some(0) && swept.stderr.contains("3 units scored"), "{}", swept.stderr);
    let missing = run(&folder, &hub, &["pull", "--data", "sciq"]);
    assert!(missing.code == Some(1) && missing.stderr.contains("allenai/sciq"), "{}", missing.stderr);
}

#[test]
fn a_proxy_is_asked_as_curl_asks_it() {
    let (folder, hub, _) = published(&[0]);
    let proxy = hub.address.replace("http://", "http://me:secret@");
    let sweep = |variables: &[(&str, &str)]| -> Ran {
        let mut command = command(&folder, &hub, &["sweep", "run.yaml"]);
        // A name that leads nowhere: only the proxy knows it. What it sends on to is asked directly.
        command
            .env("HF_ENDPOINT", "http://hub.invalid")
            .env("HF_TOKEN", "hf_own")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
            .into()
    };
    let ran = sweep(&[("http_proxy", &proxy), ("no_proxy", "localhost,127.0.0.0/8")]);
    assert!(ran.code == Some(0) && ran.stderr.contains("1 unit scored"), "{}", ran.stderr);
    let seen = hub.seen();
    assert_eq!(seen[0].target, "http://hub.invalid/api/models/tiny/mix/refs");
    for own in seen {
        let through = own.target.starts_with("http://hub.invalid/");
        assert_eq!(own.for_the_proxy.as_deref(), through.then_some("Basic bWU6c2VjcmV0"), "{own:?}");
        assert_eq!(own.authorization.as_deref(), through.then_some("Bearer hf_own"), "{own:?}");
        assert!(through || own.elsewhere || own.target.contains("cursor="), "{own:?}");
    }
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    let ran = sweep(&[("http_proxy", "http://me:secret@127.0.0.1:1")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("through the proxy http://127.0.0.1:1"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
}

#[test]
fn weights_of_another_step_are_told_from_the_hub_s_listing_alone() {
    let (folder, hub, _) = published(&[1, 2, 3, 4, 5]);
    // the revision of step 2 was made of the last one's weights
    hub.publish(MIX, "step2", &folder.path("local/step5"));
    hub.seen();
    let check = run(&folder, &hub, &["check", "run.yaml"]);
    assert_eq!(check.code, Some(2), "{}", check.stderr);
    assert!(check.stderr.contains("known bad: step 2 of branch `trunk`"), "{}", check.stderr);
    assert!(check.stderr.contains("holds the final weights, those of step 5"), "{}", check.stderr);
    assert!(!hub.seen().iter().any(|own| own.target.contains("/resolve/")), "nothing is fetched for it");
    let swept = run(&folder, &hub, &["sweep", "run.yaml", "--limit", "4"]);
    assert!(swept.code == Some(0) && swept.stderr.contains("known bad: step 2 of branch `trunk`"), "{}", swept.stderr);
    let run_json = fs_err::read_to_string(folder.path("results/run.json")).unwrap();
    let kept: Value = serde_json::from_str(&run_json).unwrap();
    assert_eq!(kept["tree"]["misplaced"].as_array().map(Vec::len), Some(1), "{run_json}");
    let report = run(&folder, &hub, &["report", "run.yaml"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
}
