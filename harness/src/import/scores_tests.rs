//! Tables as people write them: whole ones, and every way to get one wrong.

use super::*;
use proptest::prelude::*;
use spyglass_dashboards::analysis::Status;

fn message(text: &str) -> String {
    read_scores(Path::new("t.csv"), text).unwrap_err().to_string()
}

#[test]
fn a_table_gives_its_curves_in_order() {
    let text =
        "task,tokens,score,n,chance,metric\nb,2000,.6,200,.25,acc\nb,1000,.25,200,.25,acc\na,1e9,0.5,100,0,acc\n";
    let scores = read_scores(Path::new("t.csv"), text).unwrap();
    assert_eq!(scores.ignored, ["metric"]);
    let first = &scores.curves[0];
    assert_eq!((first.task.as_str(), &first.branch, &first.curve.tokens), ("b", &None, &vec![1000, 2000]));
    assert_eq!(scores.curves[1].curve.tokens, [1_000_000_000]);
    let printed = serde_json::to_value(first.verdict(1)).unwrap();
    assert_eq!((&printed["task"], &printed["status"], &printed["by"]), (&"b".into(), &"emerged".into(), &2000.into()));
    assert!(printed["sharpness"]["verdict"].is_string() && printed["branch"].is_null());
}

#[test]
fn a_branch_that_repeats_its_fork_begins_on_the_trunk() {
    let text = "task,branch,tokens,score,n,chance\nt,trunk,1,.25,900,.25\nt,trunk,2,.3,900,.25\nt,trunk,3,.3,900,.25\n\
                t,anneal,2,.3,900,.25\nt,anneal,4,.8,900,.25\nt,seed,4,.8,900,.25\n";
    let scores = read_scores(Path::new("t.csv"), text).unwrap();
    assert_eq!(scores.curves[1].curve.tokens, [1, 2, 4]);
    assert_eq!(scores.curves[1].verdict(1).onset.status, Status::Emerged);
    assert_eq!(scores.curves[2].curve.tokens, [1, 2, 4], "its first row is one of the branch before");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "task,tokens,score,n,chance\n";
    let cases = [
        ("x,1,NaN,5,0\n", "t.csv, line 2: `score` is `NaN`, which is not a finite number"),
        ("x,1,.5,-5,0\n", "t.csv, line 2: `n` is -5, below 0"),
        ("x,1,.5,5,0\nx,2,1.5,5,0\n", "t.csv, line 3: `score` is 1.5, outside 0 to 1"),
        ("x,2,.5,5,0\nx,1,.5,5,0\nx,2,.6,5,0\n", "t.csv, line 4: `x` has 2 tokens twice, here and in line 2"),
        ("x,1,.5,5,0\nx,2,.5,5,.25\n", "t.csv, line 3: `x`: `chance` differs from line 2"),
        ("x,1,,5,0\n", "t.csv, line 2: no `score`"),
        ("x,1,.5,,0\n", "t.csv, line 2: no `n`"),
        ("x,-1,.5,5,0\n", "t.csv, line 2: `tokens` is -1, which is not a count"),
        ("x,1.5,.5,5,0\n", "t.csv, line 2: `tokens` is 1.5, which is not a count"),
        ("x,1,.5,5\n", "t.csv, line 2: 4 fields where the head has 5"),
    ];
    for (rows, wanted) in cases {
        assert_eq!(message(&format!("{head}{rows}")), wanted);
    }
    assert_eq!(message("task,score,n,chance\n"), "t.csv, line 1: no column `tokens`");
    assert_eq!(message("task,tokens,score,chance\n"), "t.csv, line 1: no column `n`");
    assert_eq!(message("task,tokens,score,n,n,chance\n"), "t.csv, line 1: two columns `n`");
    assert_eq!(message(""), "t.csv, line 1: no column `task`");
}

#[test]
fn a_standard_error_makes_a_continuous_curve() {
    let scores = read_scores(Path::new("t.csv"), "task,tokens,score,chance,se\nx,1,-2.5,-3,.1\n").unwrap();
    assert_eq!(scores.curves[0].curve.noise, Noise::StandardErrors(vec![0.1]));
}

#[test]
fn a_head_alone_has_no_curves() {
    assert!(read_scores(Path::new("t.csv"), "task,tokens,score,n,chance\n").unwrap().curves.is_empty());
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-c,\\n\"0-9.\\-]{0,60}") {
        let _ = read_scores(Path::new("t.csv"), &format!("task,tokens,score,n,chance\n{text}"));
    }
}
