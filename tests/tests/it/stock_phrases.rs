//! `stock_phrases:` of the run file: what the dryness curves count by, kept with the results, and refused in its place.

use serde_json::Value;

use crate::program::RunFolder;

#[test]
fn a_run_file_names_its_stock_phrases() {
    let folder = RunFolder::small();
    let text = "checkpoints: [{path: trunk}]\ntasks: []\nprompts: [./talk.yaml]\n";
    folder.write("talk.yaml", "pack: talk\nprompts:\n  - {id: hi, max_tokens: 60, turns: [{user: hello}]}\n");
    for (list, said) in [
        (None, "wrong.yaml:4:16: `stock_phrases` names lists/mine.yaml, which is not a file"),
        (Some("stock_phrases:\n- of course\n- '!!'\n"), "lists/mine.yaml:3:3: phrase 2, `!!`, has no word"),
        (Some("stock_phrases: []\n"), "lists/mine.yaml:1:16: no phrase is listed"),
        (Some("phrases: [of course]\n"), "lists/mine.yaml:1:1: unknown field `phrases`"),
        (Some("stock_phrases: of course\n"), "lists/mine.yaml:1:16"),
        (Some(""), "lists/mine.yaml:1:1: missing field `stock_phrases`"),
    ] {
        list.iter().for_each(|list| folder.write("lists/mine.yaml", list));
        folder.write("wrong.yaml", &format!("{text}stock_phrases: lists/mine.yaml\n"));
        let ran = folder.run(&["plan", "wrong.yaml"]);
        assert_eq!(ran.code, Some(2), "{list:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "`{said}` is missing: {}", ran.stderr);
    }
    folder.write("lists/mine.yaml", "stock_phrases: [of course, I'd be happy]\n");
    folder.write("run.yaml", &format!("{text}stock_phrases: lists/mine.yaml\n"));
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));
    let page = || fs_err::read_to_string(folder.path("results/report/vibes/index.html")).unwrap();
    let (own, shipped) = ("the 2 of mine.yaml", "the list that comes with the program");
    let kept: Value = serde_json::from_str(&fs_err::read_to_string(folder.path("results/run.json")).unwrap()).unwrap();
    assert_eq!(kept["stock_phrases"]["phrases"], serde_json::json!(["of course", "i'd be happy"]));
    assert!(page().contains(own), "the figures say what they count");
    // The results alone know the list; a run file without it goes back to the shipped one.
    fs_err::remove_file(folder.path("lists/mine.yaml")).unwrap();
    assert_eq!(folder.run(&["report", "results"]).code, Some(0));
    assert!(page().contains(own));
    folder.write("run.yaml", text);
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    assert!(page().contains(shipped) && !page().contains(own));
}
