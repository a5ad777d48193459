//! "How sure?": the numbers behind a sentence, in plain words.

use super::story;
use crate::findings::findings;

#[test]
fn a_sentence_says_what_it_rests_on() {
    let found = findings(&story());
    let sure = |beginning: &str| -> Vec<&str> {
        let told = found.sentences.iter().find(|sentence| sentence.text.starts_with(beginning)).unwrap();
        told.sure.iter().map(String::as_str).collect()
    };
    let onset = sure("pilot_letters and");
    assert!(onset[0].contains(" at 7.37 M") && onset[0].contains(" at 7.68 M tokens."), "{onset:#?}");
    assert!(
        onset[1].starts_with("It counts as emerged beyond ") && onset[1].contains("guessing gives 25.0 %"),
        "{onset:#?}"
    );
    let gain = sure("The anneal added +60.0");
    assert!(gain[0].starts_with("anneal at 8.6 M tokens against trunk at the same tokens, on the "), "{gain:#?}");
    assert!(gain[0].ends_with("(95 % from the choice of items alone: +57.0 to +63.0)."), "{gain:#?}");
    assert!(gain[2].starts_with("6 gains are looked at together") && gain[2].ends_with("+55.0 to +65.0."), "{gain:#?}");
}
