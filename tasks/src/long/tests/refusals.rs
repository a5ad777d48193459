//! What is refused, and what is said of it.

use super::super::rows;
use super::super::spec::Kind;
use super::{count, file, spec};
use crate::Error;

#[test]
fn what_is_wrong_is_named_with_file_place_and_mend() {
    let cases = [
        ("  kind: needle\n  lengths: [2048, 1024]\n", ":8:3: long: ", "not ascending: 1024 comes after 2048"),
        ("  kind: needle\n  lengths: [1024, 1024]\n", ":8:3: long: ", "not ascending: 1024 comes after 1024"),
        ("  kind: needle\n  lengths: []\n", ":8:3: long: ", "`lengths` is empty"),
        ("  kind: needle\n  lengths: [-5]\n", "mine.yaml:", "-5"),
        ("  kind: needle\n  lengths: [1024]\n  keys: 0\n", ":8:3: long: ", "` is 0"),
        ("  kind: needle\n  lengths: [1024]\n  values: 0\n", ":8:3: long: ", "` is 0"),
        ("  kind: needle\n  lengths: [1024]\n  queries: 0\n", ":8:3: long: ", "`queries` is 0"),
        (
            "  kind: needle\n  lengths: [1024]\n  keys: 3\n  queries: 4\n",
            "mine.yaml",
            "`long.queries` is 4, and `long.keys` only 3",
        ),
        ("  kind: needle\n  lengths: [1024]\n  queries: 2\n", "mine.yaml", "`long.keys` only 1"),
        ("  kind: variables\n  lengths: [1024]\n  queries: 2\n", "mine.yaml", "are for needles"),
        ("  kind: needle\n  lengths: [1024]\n  texts: 0\n", ":8:3: long: ", "`texts` is 0"),
        ("  kind: needle\n  lengths: [1024]\n  depths: [0, 101]\n", ":8:3: long: ", "a depth of 101"),
        ("  kind: needle\n  lengths: [1024]\n  depths: [50, 0]\n", ":8:3: long: ", "not ascending: 0 comes after 50"),
        ("  kind: facts\n  lengths: [1024]\n  hops: 3\n", ":8:3: long: ", "`hops` is 3"),
        ("  kind: needel\n  lengths: [1024]\n", "mine.yaml:8:", "needel"),
        ("  kind: needle\n", "mine.yaml", "lengths"),
        ("  kind: facts\n  lengths: [1024]\n  keys: 4\n", "mine.yaml", "are for needles"),
        ("  kind: needle\n  lengths: [1024]\n  keys: 4\n  depths: [0]\n", "mine.yaml", "for a single needle"),
        ("  kind: common\n  lengths: [1024]\n  filler: notes.txt\n", "mine.yaml", "`long.filler`"),
        ("  kind: needle\n  lengths: [1024]\n  filler: nots.txt\n", "mine.yaml", "`long.filler: nots.txt` is no file"),
        ("  kind: needle\n  lengths: [1024]\n  filler: empty.txt\n", "mine.yaml", "holds no words"),
    ];
    for (long, place, problem) in cases {
        let error = file(long).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(place) && told.contains(problem), "{long}: {told}");
        assert!(miette::Diagnostic::help(&error).is_some_and(|help| help.to_string().len() > 5), "{told}");
    }
}

#[test]
fn the_mend_of_a_short_length_names_what_the_kind_has() {
    let mend = |long: &str| {
        let items = &file(long).unwrap()[0].items(&[], Some(1)).unwrap().items;
        let error = items[0].fitted(|text| Ok::<_, Error>(count(text))).unwrap_err();
        miette::Diagnostic::help(&error).unwrap().to_string()
    };
    assert!(mend("  kind: needle\n  keys: 8\n  lengths: [64]\n").contains("fewer `keys` and `values`"));
    for kind in ["needle", "variables", "facts", "common"] {
        let mend = mend(&format!("  kind: {kind}\n  lengths: [64]\n"));
        assert_eq!(mend, "leave the shortest of `long.lengths` out", "{kind}");
    }
}

#[test]
fn a_length_without_room_for_the_question_is_refused() {
    let rows = rows(&spec(Kind::Needle), "mine.yaml", None).unwrap();
    let question = rows[0].row["question"].as_str().unwrap();
    assert_eq!(rows[0].haystack.lay_out(question, 30, |text| Ok::<_, Error>(count(text))).unwrap(), None);
    let text = rows[0].haystack.lay_out(question, 300, |text| Ok::<_, Error>(count(text))).unwrap().unwrap();
    assert!((280..=300).contains(&count(&text)));
}

#[test]
fn a_reply_too_short_for_the_answer_is_refused_with_the_tokens_it_takes() {
    let fitted = |most: usize| {
        let keys = format!(
            "generation_kwargs: {{max_gen_toks: {most}}}\nmetric_list: [{{metric: acc}}, {{metric: recall}}]\n"
        );
        let tasks = file(&format!("  kind: needle\n  lengths: [512]\n  values: 4\n{keys}")).unwrap();
        let items = tasks[0].items(&[], Some(1)).unwrap().items;
        items[0].fitted(|text| Ok::<_, Error>(count(text))).map(std::borrow::Cow::into_owned)
    };
    // Four codes of seven digits, and three commas.
    assert!(fitted(31).is_ok());
    let error = fitted(30).unwrap_err();
    assert!(error.to_string().contains("ends after 30 tokens, and an answer has 31"), "{error}");
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("max_gen_toks: …}` of the task file to 31 at least"), "{help}");
}

#[test]
fn a_list_too_short_for_words_to_be_common_is_refused() {
    let laid_out = |kind: Kind, most: usize| {
        let rows = rows(&spec(kind), "mine.yaml", None).unwrap();
        let question = rows[0].row["question"].as_str().unwrap();
        rows[0].haystack.lay_out(question, most, |text| Ok::<_, Error>(count(text))).unwrap()
    };
    // Eight blocks are of 30 words each; before and after them there are some 40.
    assert_eq!(laid_out(Kind::Common, 250), None);
    assert!(laid_out(Kind::Common, 320).is_some() && laid_out(Kind::Frequent, 250).is_some());
}
