//! The shipped packs and those of the small world: all can be read, and what they call a good reply passes their own checks.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::HashSet;
use std::path::Path;

use spyglass_tasks::vibes::{PackCatalogue, PromptPack, Reply, Stop};

fn small_world() -> Vec<PromptPack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/prompts");
    let mut catalogue = PackCatalogue::default();
    catalogue.with_folder(&folder).unwrap();
    catalogue.packs().map(|pack| (**pack).clone()).collect()
}

fn references_pass(pack: &PromptPack) {
    for talk in &pack.conversations {
        for (number, turn) in talk.turns.iter().enumerate() {
            let Some(reference) = &turn.reference else { continue };
            let reply = Reply { text: reference, stop: Stop::EndToken };
            for check in turn.checks.iter().chain(&talk.persona) {
                let verdict = check.judge(reply);
                assert!(
                    verdict.passed || verdict.weight == 0.0,
                    "{}/{} {:?}, turn {number}, `{reference}`: {verdict:?}",
                    pack.name,
                    talk.prompt,
                    talk.variables
                );
            }
        }
    }
}

#[test]
fn the_shipped_packs_cover_the_themes() {
    let catalogue = PackCatalogue::shipped().unwrap();
    let names: Vec<&str> = catalogue.packs().map(|pack| pack.name.as_str()).collect();
    assert_eq!(names, ["assistant", "dryness", "format", "memory", "pirate", "riddles"]);
    let prompts: usize = catalogue.packs().map(|pack| pack.prompts).sum();
    assert!(prompts >= 60, "{prompts} prompts");
    for pack in catalogue.packs() {
        references_pass(pack);
        assert!(!pack.description.is_empty());
        // Without a check or a margin a prompt would say nothing in numbers.
        for talk in &pack.conversations {
            let judged = talk.persona.is_some()
                || !talk.checks.is_empty()
                || talk.turns.iter().any(|turn| !turn.checks.is_empty());
            assert!(judged, "{}/{}", pack.name, talk.prompt);
        }
    }
}

#[test]
fn the_small_world_speaks_its_own_words_only() {
    let packs = small_world();
    assert!(!packs.is_empty());
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/trunk/checkpoint-0/tokenizer.json");
    let tokenizer: serde_json::Value = serde_json::from_str(&fs_err::read_to_string(tokenizer).unwrap()).unwrap();
    let known: HashSet<&str> = tokenizer["model"]["vocab"].as_object().unwrap().keys().map(String::as_str).collect();
    for pack in &packs {
        references_pass(pack);
        for talk in &pack.conversations {
            assert!(talk.sampling.stop.iter().any(|stop| stop == "user"), "{}", pack.name);
            let choices = talk.turns.iter().filter_map(|turn| turn.choose.as_ref());
            let choices = choices.flat_map(|choose| choose.right.iter().chain(&choose.wrong));
            let said = talk.turns.iter().flat_map(|turn| [Some(&turn.user), turn.reference.as_ref()]).flatten();
            for text in said.chain(choices).chain(&talk.system) {
                let unknown: Vec<&str> = text.split_whitespace().filter(|word| !known.contains(word)).collect();
                assert!(unknown.is_empty(), "{}/{}: {unknown:?} in `{text}`", pack.name, talk.prompt);
            }
        }
    }
}

#[test]
fn packs_are_selected_by_name_glob_and_path() {
    let catalogue = PackCatalogue::shipped().unwrap();
    let names =
        |wanted: &str| catalogue.select(wanted).unwrap().iter().map(|pack| pack.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("pirate"), ["pirate"]);
    assert_eq!(names("*a*"), ["assistant", "format", "pirate"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts/riddles.yaml");
    assert_eq!(names(path.to_str().unwrap()), ["riddles"]);
    let error = catalogue.select("pirates").unwrap_err();
    assert_eq!(error.to_string(), "no prompt pack is called `pirates`");
    assert_eq!(miette::Diagnostic::help(&error).unwrap().to_string(), "did you mean `pirate`?");
}
