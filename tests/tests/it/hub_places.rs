//! Where checkpoints lie on a hub: side by side in the folders of one branch, each in a repository of its own, or one by one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::hub::{blob_bytes, command, run, run_file, units, write_checkpoints};
use crate::hub_look_alike::{Hub, Seen};
use crate::program::{Ran, RunFolder, below, copy};

const STEPS: [u64; 4] = [1000, 2000, 3000, 4000];
/// What a checkpoint is published with and nobody needs.
const WASTE: [&str; 3] = ["optimizer.pt", "training_args.bin", "hf/config.json"];
const NEO: &str = "hub: tiny/neo, pattern: 'hf_ckpt/{tokens}', tokens_per_step: 1000";
const REPOS: &str = "hub: [tiny/mix-step-1k-1M, tiny/mix-early-step-2k-2M, tiny/mix-early-step-3k-token-3M, tiny/mix-early-step-4k-token-4M@main], \
                     pattern: '*step-{step}-[token-]{tokens}', tokens_per_step: 1000";
const LISTED: &str = "folders: [{hub: tiny/mix-step-1k-1M, step: 1000}, {hub: 'tiny/neo@main/hf_ckpt/2M', tokens: 2M}, \
                      {hub: tiny/neo/hf_ckpt/3M, step: 3000}, {hub: 'hub:tiny/neo@v/1/hf_ckpt/4M', step: 4000}], tokens_per_step: 1000";

/// A run file with one branch, whose pattern is its own.
fn write_run(folder: &RunFolder, branch: &str, rest: &str) {
    let text = format!("checkpoints: [{{{branch}}}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n{rest}");
    folder.write("run.yaml", &text);
}

/// The same checkpoints as folders of a branch, and each as a repository.
fn published() -> (RunFolder, Hub) {
    let (folder, hub) = (RunFolder::small(), Hub::start());
    write_checkpoints(&folder.path("local"), &STEPS);
    let mut neo = BTreeMap::from([("README.md".to_owned(), b"all of them".to_vec())]);
    for step in STEPS {
        let own = folder.path(&format!("local/step{step}"));
        let mut files: BTreeMap<String, Vec<u8>> = below(&own)
            .into_iter()
            .map(|path| (path.to_str().unwrap().to_owned(), fs_err::read(own.join(&path)).unwrap()))
            .collect();
        files.extend(WASTE.map(|name| (name.to_owned(), vec![7; 70_000])));
        let millions = step / 1000;
        neo.extend(files.iter().map(|(name, bytes)| (format!("hf_ckpt/{millions}M/{name}"), bytes.clone())));
        let (early, token) = (if step > 1000 { "early-" } else { "" }, if step > 2000 { "token-" } else { "" });
        let repo = format!("models/tiny/mix-{early}step-{millions}k-{token}{millions}M");
        hub.publish_files(&repo, "main", files);
    }
    for revision in ["v/1", "main"] {
        hub.publish_files("models/tiny/neo", revision, neo.clone());
    }
    hub.publish_files("models/tiny/mix-chat", "main", BTreeMap::from([("README.md".to_owned(), Vec::new())]));
    (folder, hub)
}

/// The run of the same checkpoints from folders on disk.
fn from_disk(folder: &RunFolder) -> RunFolder {
    let local = RunFolder::small();
    copy(&folder.path("local"), &local.path("local"));
    run_file(&local, "path: local", "");
    assert_eq!(local.run(&["sweep", "run.yaml"]).code, Some(0));
    local
}

fn lying(folder: &RunFolder) -> Vec<PathBuf> {
    below(&folder.path("hf/hub")).into_iter().filter(|path| !path.starts_with(".locks")).collect()
}

fn locations(folder: &RunFolder) -> Vec<String> {
    let location = |unit: PathBuf| {
        let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
        record["checkpoint"]["location"].as_str().unwrap().to_owned()
    };
    folder.unit_folders().into_iter().map(location).collect()
}

/// The checkpoints whose weights were asked for, in this order: `neo:hf_ckpt/1M`.
fn fetched(seen: &[Seen]) -> Vec<String> {
    let place = |own: &Seen| {
        let (repo, file) = own.target.split_once("/resolve/")?;
        let folder = file.split_once('/')?.1.split_once("pytorch_model").filter(|_| !file.starts_with("cached/"))?.0;
        Some(format!("{}:{}", repo.strip_prefix("/tiny/")?, folder.trim_end_matches('/')))
    };
    let mut places: Vec<String> = seen.iter().filter_map(place).collect();
    places.dedup();
    places
}

/// The last amount in the name of a place: 4 of `neo:hf_ckpt/4M`.
fn millions(place: &str) -> u32 {
    let digits = place.trim_end_matches(':').trim_end_matches('M').rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.unwrap().parse().unwrap()
}

#[test]
fn folders_of_a_branch_repositories_and_single_places_give_the_bytes_of_the_run_from_folders() {
    let (folder, hub) = published();
    let local = from_disk(&folder);
    let largest = STEPS.map(|step| {
        let own = folder.path(&format!("local/step{step}"));
        below(&own).iter().map(|file| fs_err::metadata(own.join(file)).unwrap().len()).sum::<u64>()
    });
    let room = 2 * largest.iter().max().unwrap();
    let offline = |arguments: &[&str]| -> Ran {
        command(&folder, &hub, arguments).env("HF_HUB_OFFLINE", "1").output().unwrap().into()
    };
    for (branch, first, requests) in [
        (NEO, "hub:tiny/neo@main#", 2),
        (REPOS, "hub:tiny/mix-step-1k-1M@main#", 4),
        (LISTED, "hub:tiny/mix-step-1k-1M@main#", 4),
    ] {
        drop(fs_err::remove_dir_all(folder.path("results")));
        write_run(&folder, branch, &format!("keep: none\ndisk: {room}\n"));
        hub.seen();
        let swept = run(&folder, &hub, &["sweep", "run.yaml"]);
        assert_eq!(swept.code, Some(0), "{branch}: {}", swept.stderr);
        assert!(units(&folder) == units(&local), "{branch}: the numbers of a unit are others");
        assert_eq!(lying(&folder), Vec::<PathBuf>::new(), "{branch}: nothing is left");
        assert!(locations(&folder)[0].starts_with(first), "{:?}", locations(&folder));
        let seen = hub.seen();
        assert!(!seen.iter().any(|own| WASTE.iter().any(|name| own.target.contains(name))), "{seen:#?}");
        // The ends come first, then the gaps are halved.
        let places = fetched(&seen);
        assert_eq!(places.iter().map(|place| millions(place)).collect::<Vec<_>>(), [1, 4, 2, 3], "{places:?}");
        // What was kept of the hub's listing is enough for a second sweep: places are asked for, and nothing else.
        let again = run(&folder, &hub, &["sweep", "run.yaml"]);
        assert!(again.code == Some(0) && again.stderr.contains("0 units scored"), "{}", again.stderr);
        let seen = hub.seen();
        assert!(seen.iter().all(|own| own.target.contains("/refs") || own.target.contains("/tree/")), "{seen:#?}");
        assert!(seen.len() >= requests, "{seen:#?}");
    }
    // Pulled, they serve without a network, and no sweep deletes them.
    for branch in [NEO, REPOS, LISTED] {
        drop(fs_err::remove_dir_all(folder.path("results")));
        drop(fs_err::remove_dir_all(folder.path("hf")));
        write_run(&folder, branch, "");
        let none = offline(&["sweep", "run.yaml"]);
        assert!(none.code == Some(2) && none.stderr.contains("HF_HUB_OFFLINE is set"), "{branch}: {}", none.stderr);
        let pulled = run(&folder, &hub, &["pull", "run.yaml"]);
        assert!(pulled.code == Some(0) && pulled.stdout.lines().count() == 4, "{branch}: {pulled:?}");
        assert!(pulled.stdout.lines().all(|folder| PathBuf::from(folder).join("config.json").exists()), "{pulled:?}");
        let before = (lying(&folder), blob_bytes(&folder.path("hf/hub")));
        let plan = offline(&["plan", "run.yaml"]);
        assert!(plan.code == Some(0) && plan.stdout.contains("4 checkpoints"), "{branch}: {plan:?}");
        hub.seen();
        let swept = offline(&["sweep", "run.yaml"]);
        assert_eq!(swept.code, Some(0), "{branch}: {}", swept.stderr);
        assert!(units(&folder) == units(&local), "{branch}: the numbers of a unit are others");
        assert_eq!((hub.seen().len(), (lying(&folder), blob_bytes(&folder.path("hf/hub")))), (0, before), "{branch}");
    }
    // Of a list what the cache lacks is named, and the others are scored.
    fs_err::remove_dir_all(folder.path("hf/hub/models--tiny--mix-step-1k-1M")).unwrap();
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    let swept = offline(&["sweep", "run.yaml"]);
    assert!(swept.code == Some(0) && swept.stderr.contains("3 units scored"), "{}", swept.stderr);
    assert!(swept.stderr.contains("hub:tiny/mix-step-1k-1M is left alone: it is not in the cache"), "{}", swept.stderr);
}

#[test]
fn a_first_run_file_is_written_from_folders_of_a_branch_and_from_repositories() {
    let (folder, hub) = published();
    let config = |name: &str| {
        [(format!("hf_ckpt/{name}/config.json"), Vec::new()), (format!("hf_ckpt/{name}/a/config.json"), Vec::new())]
    };
    let map_neo: BTreeMap<String, Vec<u8>> =
        ["16.78B", "33.55B", "50.33B", "67.11B"].iter().flat_map(|name| config(name)).collect();
    for revision in ["v/1", "main"] {
        hub.publish_files("models/tiny/map-neo", revision, map_neo.clone());
    }
    let cases: [(&[&str], &[&str]); 4] = [
        (&["hub:tiny/map-neo"], &["hub: \"tiny/map-neo@main\"    # 4 checkpoints", "pattern: \"hf_ckpt/{tokens}\""]),
        (&["hub:tiny/map-neo@v/1/hf_ckpt"], &["hub: \"tiny/map-neo@v/1/hf_ckpt\" ", "pattern: \"{tokens}\""]),
        (
            &["hub:tiny/mix-*step*"],
            &[
                "    hub:    # 4 checkpoints, steps 1000 to 4000, a repository each\n      - tiny/mix-early-step-2k-2M\n",
                "      - tiny/mix-step-1k-1M\n    pattern: \"*step-{step}*{tokens}\"",
            ],
        ),
        (
            &["hub:tiny/mix-early-step-3k-token-3M", "hub:tiny/mix-early-step-4k-token-4M"],
            &["      - tiny/mix-early-step-3k-token-3M\n", "pattern: \"mix-early-step-{step}-token-{tokens}\""],
        ),
    ];
    for (index, (places, lines)) in cases.into_iter().enumerate() {
        let out = format!("first{index}.yaml");
        let init = run(&folder, &hub, &[&["init"], places, &["--out", &out]].concat());
        assert_eq!(init.code, Some(0), "{places:?}: {}", init.stderr);
        let text = fs_err::read_to_string(folder.path(&out)).unwrap();
        lines.iter().for_each(|line| assert!(text.contains(line), "{places:?}: {text}"));
        // What it writes is a run that can be planned.
        let text = text.replace("- icl", "- pilot_letters").replace("prompts:", "# prompts:");
        folder.write(
            &out,
            &format!("{}\ntask_folders: tasks\n", text.replace("tokens_per_step: 4_194_304", "tokens_per_step: 1000")),
        );
        let plan = run(&folder, &hub, &["plan", &out]);
        assert!(
            plan.code == Some(0) && plan.stdout.contains(if index == 3 { "2 checkpoints" } else { "4 checkpoints" }),
            "{plan:?}"
        );
    }
    // A run whose branches are numbered, and whose numbers only its authors' scripts explain.
    for index in [0, 1, 358] {
        hub.publish("models/LLM360/Amber", &format!("ckpt_{index:03}"), &folder.path("local/step1000"));
    }
    assert_eq!(run(&folder, &hub, &["init", "hub:LLM360/Amber", "--out", "amber.yaml"]).code, Some(0));
    let text = fs_err::read_to_string(folder.path("amber.yaml")).unwrap();
    assert!(
        text.contains("pattern: \"ckpt_{index}\"\n    index: {every: 762, first: 762}\n    training: amber "),
        "{text}"
    );
    let plan = run(&folder, &hub, &["plan", "amber.yaml", "--json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap_or_else(|_| panic!("{}", plan.stderr));
    assert_eq!(plan["checkpoints"], 3, "{plan}");
    let wrong: [(&[&str], &str); 4] = [
        (&["hub:tiny/mix-chat"], "no step can be told from the names of its branches and tags (main)"),
        (&["hub:tiny/nix-*"], "none of the 7 repositories of tiny is named `nix-*`"),
        (&["hub:tiny/neo", "local"], "of one folder, or of repositories on the hub"),
        (
            &["hub:tiny/mix-chat", "hub:tiny/neo"],
            "no step can be told from the names of the repositories (mix-chat, neo)",
        ),
    ];
    for (places, said) in wrong {
        let init = run(&folder, &hub, &[&["init"], places, &["--out", "none.yaml"]].concat());
        assert!(
            init.code == Some(2) && init.stderr.replace("\n  │ ", " ").contains(said),
            "{places:?}: {}",
            init.stderr
        );
    }
}

#[test]
fn places_that_do_not_fit_are_named_with_the_mend() {
    let (folder, hub) = published();
    let cases: [(&str, &[&str]); 13] = [
        (
            "hub: tiny/neo, pattern: 'ckpt/{tokens}'",
            &["none of its 4 folders", "none of its 2 branches and tags", "`ckpt/{tokens}`", "hf_ckpt/1M"],
        ),
        ("hub: tiny/neo@v/1, pattern: 'step{step}'", &["hub:tiny/neo@v/1", "named `step{step}`"]),
        ("hub: tiny/neo@v2, pattern: 'hf_ckpt/{tokens}'", &["there is no branch and no tag `v2`", "main, v/1"]),
        (
            "hub: tiny/neo@main, revisions: [main]",
            &["has `revisions:`, and `hub: tiny/neo@main` names a revision", "keep one"],
        ),
        ("hub: []", &["an empty list of repositories"]),
        ("hub: [tiny/neo], revisions: [main]", &["`revisions:`, and a list of repositories", "@revision"]),
        ("hub: [tiny/neo@], pattern: '{tokens}'", &["`hub: tiny/neo@`", "names no revision"]),
        (
            "hub: [tiny/mix-step-1k-1M, tiny/mix-chat], pattern: '*step-{step}-*'",
            &["`mix-chat` of `hub:` does not fit the pattern"],
        ),
        (
            "hub: [tiny/mix-step-1k-1M, tiny/gone-step-2k-2M], pattern: '*step-{step}-*'",
            &["gone-step-2k-2M", "there is no such repository"],
        ),
        (
            "hub: [tiny/mix-step-1k-1M, tiny/mix-early-step-2k-2M], pattern: '*-{tokens}', index: {every: 5}",
            &["has an `index`, but no `{index}` in its pattern"],
        ),
        ("folders: [{hub: tiny/neo}]", &["`tiny/neo` in `folders`", "neither `step` nor `tokens`"]),
        ("folders: [{step: 1}]", &["neither `path` nor `hub`"]),
        (
            "folders: [{hub: tiny/neo/hf_ckpt/1M, step: 1}, {path: local/step1000, step: 2}]",
            &["`folders` on the hub and on disk"],
        ),
    ];
    for (branch, words) in cases {
        write_run(&folder, branch, "");
        let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
        let text = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(ran.code, Some(2), "{branch}: {text}");
        words.iter().for_each(|word| assert!(text.contains(word), "{branch}: {word}: {text}"));
    }
    // Two of one step, wherever they lie.
    hub.publish("models/tiny/again-step-1k-1M", "main", &folder.path("local/step2000"));
    let twice: [(&str, &str); 3] = [
        (
            "hub: [tiny/mix-step-1k-1M, tiny/again-step-1k-1M], pattern: '*step-{step}-{tokens}', tokens_per_step: 1000",
            "`tiny/mix-step-1k-1M` and `tiny/again-step-1k-1M` are both step 1000",
        ),
        (
            "folders: [{hub: tiny/neo/hf_ckpt/1M, step: 7}, {hub: tiny/neo/hf_ckpt/2M, step: 7}], tokens_per_step: 1000",
            "`hf_ckpt/1M` and `hf_ckpt/2M` are both step 7, and not the same folder",
        ),
        (
            "hub: tiny/neo, pattern: '*_ckpt/{tokens}', tokens_per_step: 10_000_000",
            "both come to step 0 of branch `trunk`",
        ),
    ];
    for (branch, said) in twice {
        write_run(&folder, branch, "");
        let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
        let text = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(ran.code == Some(2) && text.contains(said), "{branch}: {text}");
    }
    // A folder that goes between listing and fetching is named, and the others are scored.
    write_run(
        &folder,
        "folders: [{hub: tiny/neo/hf_ckpt/1M, step: 1000}, {hub: tiny/neo/hf_ckpt/9M, step: 9000}], tokens_per_step: 1000",
        "",
    );
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("1 unit scored"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the folder `hf_ckpt/9M` of `main` is there no more"), "{}", ran.stderr);
}

#[test]
fn weights_of_another_step_are_told_from_the_listing_of_folders_and_repositories() {
    let (folder, hub) = published();
    let mut neo = BTreeMap::new();
    for (name, step) in [("1M", 1000), ("2M", 4000), ("3M", 3000), ("4M", 4000)] {
        let own = folder.path(&format!("local/step{step}"));
        let read =
            |path: PathBuf| (format!("hf_ckpt/{name}/{}", path.display()), fs_err::read(own.join(&path)).unwrap());
        neo.extend(below(&own).into_iter().map(read));
    }
    hub.publish_files("models/tiny/neo", "main", neo);
    hub.publish("models/tiny/mix-early-step-2k-2M", "main", &folder.path("local/step4000"));
    for branch in [NEO, REPOS] {
        write_run(&folder, branch, "");
        hub.seen();
        let check = run(&folder, &hub, &["check", "run.yaml"]);
        assert!(
            check.code == Some(2) && check.stderr.contains("known bad: step 2000 of branch `trunk`"),
            "{}",
            check.stderr
        );
        assert!(check.stderr.contains("holds the final weights, those of step 4000"), "{}", check.stderr);
        assert!(!hub.seen().iter().any(|own| own.target.contains("/resolve/")), "nothing is fetched for it");
        drop(fs_err::remove_dir_all(folder.path("results")));
        let swept = run(&folder, &hub, &["sweep", "run.yaml", "--limit", "4"]);
        assert!(swept.code == Some(0) && swept.stderr.contains("known bad: step 2000"), "{}", swept.stderr);
    }
}

#[test]
fn the_last_of_each_branch_stays_and_the_ends_come_first() {
    let (folder, hub) = published();
    let text = "checkpoints:\n  - {hub: tiny/neo, pattern: 'hf_ckpt/{tokens}', tokens_per_step: 1000}\n  \
                - {branch: anneal, parent: {branch: trunk, step: 2000}, hub: [tiny/mix-early-step-3k-token-3M, tiny/mix-early-step-4k-token-4M], \
                pattern: '*step-{step}-*', tokens_per_step: 1000}\n\
                tasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\nkeep: last\n";
    folder.write("run.yaml", text);
    let swept = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert_eq!(swept.code, Some(0), "{}", swept.stderr);
    assert_eq!(folder.unit_folders().len(), 6);
    let configs: Vec<String> = lying(&folder)
        .into_iter()
        .filter(|path| path.ends_with("config.json"))
        .map(|path| {
            let parts: Vec<String> =
                path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            [&parts[..1], &parts[3..parts.len() - 1]].concat().join("/")
        })
        .collect();
    assert_eq!(configs, ["models--tiny--mix-early-step-4k-token-4M", "models--tiny--neo/hf_ckpt/4M"]);
    let places = fetched(&hub.seen());
    assert_eq!(
        places,
        [
            "neo:hf_ckpt/1M",
            "mix-early-step-3k-token-3M:",
            "neo:hf_ckpt/4M",
            "mix-early-step-4k-token-4M:",
            "neo:hf_ckpt/2M",
            "neo:hf_ckpt/3M"
        ]
    );
}

#[test]
fn a_checkpoint_and_a_tokenizer_are_named_by_their_address_where_a_folder_may_stand() {
    let (folder, hub) = published();
    let near = folder.path("local/step1000");
    let near = near.to_str().unwrap();
    let same: [(&[&str], &[&str]); 4] = [
        (&["score", "--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "4"], &[]),
        (&["generate", "--prompt", "a b", "--max-tokens", "4"], &[]),
        (&["prompts", "--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "2"], &[]),
        (&["check"], &[]),
    ];
    for (arguments, _) in same {
        let model = |place: &str| -> Vec<String> {
            let option = (arguments[0] != "check").then(|| "--model".to_owned());
            arguments.iter().map(|part| (*part).to_owned()).chain(option).chain([place.to_owned()]).collect()
        };
        let ran = |place: &str| {
            let arguments = model(place);
            run(&folder, &hub, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
        };
        for place in ["hub:tiny/mix-step-1k-1M", "hub:tiny/neo@v/1/hf_ckpt/1M"] {
            let (own, far) = (ran(near), ran(place));
            assert_eq!(far.code, Some(0), "{place} {arguments:?}: {}", far.stderr);
            assert_eq!(far.stdout.replace(place, near), own.stdout, "{arguments:?}");
        }
        let wrong = ran("hub:tiny/mix-step-1k-1M@stpe1");
        assert!(
            wrong.code == Some(2) && wrong.stderr.contains("there is no branch and no tag `stpe1`"),
            "{arguments:?}: {}",
            wrong.stderr
        );
    }
    // A tokenizer from the hub needs no weights.
    fs_err::remove_dir_all(folder.path("hf")).unwrap();
    write_run(
        &folder,
        "path: local, pattern: 'step{step}', tokens_per_step: 1000",
        "tokenizer: hub:tiny/mix-step-1k-1M\n",
    );
    hub.seen();
    let swept = run(&folder, &hub, &["sweep", "run.yaml", "--limit", "4"]);
    assert!(swept.code == Some(0) && swept.stderr.contains("4 units scored"), "{}", swept.stderr);
    let seen = hub.seen();
    assert!(
        seen.iter().any(|own| own.target.contains("tokenizer.json"))
            && !seen.iter().any(|own| own.target.contains("pytorch_model")),
        "{seen:#?}"
    );
    let scored = run(
        &folder,
        &hub,
        &[
            "prompts",
            "--tasks",
            "pilot_letters",
            "--task-folder",
            "tasks",
            "--data",
            "tasks",
            "--limit",
            "1",
            "--tokenizer",
            "hub:tiny/mix-chat",
        ],
    );
    assert!(scored.code == Some(2) && scored.stderr.contains("holds no tokenizer.json"), "{}", scored.stderr);
}
