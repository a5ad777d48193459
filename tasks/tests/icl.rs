//! The probes of in-context learning as tasks: found, built and graded like any other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use spyglass_tasks::{Answer, Catalogue, Items, Query, Text};

fn items(name: &str, limit: Option<usize>) -> Items {
    let selection = Catalogue::shipped().unwrap().select(name).unwrap();
    let [task] = selection.leaves.as_slice() else { panic!("{name} is one task") };
    task.items(&[], limit).unwrap()
}

#[test]
fn the_group_holds_all_probes_and_needs_no_data() {
    let selection = Catalogue::shipped().unwrap().select("icl").unwrap();
    let names: Vec<&str> = selection.leaves.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names.len(), 12, "{names:?}");
    for task in &selection.leaves {
        let items = task.items(&[], Some(8)).unwrap();
        assert!(items.bad_rows.is_empty() && items.items.len() == 8, "{}: {:?}", task.name, items.bad_rows);
        assert!(items.total >= 32 && task.chance.is_some() && task.about.is_some(), "{}", task.name);
        assert_eq!(task.clone().with_shots(5).shots, 0, "{}", task.name);
    }
}

#[test]
fn copies_ask_for_random_tokens_and_their_log_likelihoods() {
    let items = items("icl_copy_64", Some(2));
    let item = &items.items[0];
    assert!(item.wants_token_logprobs());
    let [Query::LogLikelihood { context: Text::Ids(context), continuation: Text::Draws(draws) }] = &item.queries()[..]
    else {
        panic!("{:?}", item.queries())
    };
    assert!(context.is_empty() && draws.len() == 128 && draws[..64] == draws[64..]);
    let token_logprobs: Vec<f64> = (0..128).map(|at| if at < 64 { -8.0 } else { -2.0 }).collect();
    let answer = Answer { logprob: token_logprobs.iter().sum(), tokens: 128, token_logprobs, ..Answer::default() };
    let record = item.record(&[answer]).unwrap();
    let selection = Catalogue::shipped().unwrap().select("icl_copy_64").unwrap();
    let values = selection.leaves[0].grade(&[record]).unwrap();
    let values: Vec<(&str, f64)> = values.iter().map(|value| (value.name.as_str(), value.value)).collect();
    assert_eq!(values, [("copy_score", 0.75), ("copy_gain", 6.0)]);
    assert_eq!(items.chance, Some(0.0));
}

#[test]
fn questions_about_the_same_shots_share_a_cluster() {
    let items = items("icl_mapping_4", Some(8));
    let clusters: Vec<&str> = items.items.iter().filter_map(|item| item.cluster.as_deref()).collect();
    assert_eq!(clusters, ["0", "0", "0", "0", "1", "1", "1", "1"]);
    let item = &items.items[0];
    assert_eq!(item.choices, ["red", "blue", "green", "black"]);
    assert!(item.context().lines().count() == 5 && item.context().ends_with(':'), "{}", item.context());
    assert!(item.continuations().iter().all(|continuation| continuation.starts_with(' ')));
}

#[test]
fn generated_data_have_a_hash_of_their_own() {
    let hashes = ["icl_flipped", "icl_flipped_control", "icl_copy_16"].map(|name| items(name, Some(1)).data_hash);
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
    assert_eq!(hashes[0], items("icl_flipped", None).data_hash, "whatever the limit");
}

#[test]
fn the_score_of_a_long_text_looks_at_single_tokens() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir(folder.path().join("text")).unwrap();
    fs_err::write(folder.path().join("text/test.txt"), "a long text ".repeat(400)).unwrap();
    let selection = Catalogue::shipped().unwrap().select("icl_score").unwrap();
    let items = selection.leaves[0].items(&[folder.path().to_owned()], None).unwrap();
    assert!(items.items[0].wants_token_logprobs());
    assert!(matches!(items.items[0].queries()[..], [Query::Rolling { max_tokens: Some(1024), .. }]));
}
