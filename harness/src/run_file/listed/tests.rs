//! Tests of `listed`.

use spyglass_tasks::yaml;

use super::*;

#[test]
fn indices_stand_for_amounts() {
    let index = |text: &str| yaml::parse::<IndexSpec>("test", text).unwrap();
    let amber = index("{every: 3.5B tokens, first: 3.5B tokens}");
    assert_eq!(amber.at(0), Ok(Amount::Tokens(3_500_000_000)));
    assert_eq!(amber.at(359), Ok(Amount::Tokens(1_260_000_000_000)));
    assert_eq!(index("{every: 2_500}").at(3), Ok(Amount::Steps(7_500)));
    let list = index("[0, 1000, 1.5k]");
    assert_eq!((list.at(2), list.at(3)), (Ok(Amount::Steps(1500)), Err("the list `index:` ends at index 2".into())));
    assert!(index("{every: 9T tokens}").at(u64::MAX).is_err());
}

#[test]
fn indices_that_cannot_be_are_told() {
    let cases = [
        ("[]", "is empty"),
        ("[1000, 1000]", "does not ascend"),
        ("[1000, 5B tokens]", "has steps and tokens"),
        ("{every: 0}", "has `every: 0`"),
        ("{every: 5, first: 5B tokens}", "has steps and tokens"),
    ];
    for (text, said) in cases {
        let flaw = yaml::parse::<IndexSpec>("test", text).unwrap().flaw().unwrap_or_default();
        assert_eq!(flaw.0, said, "{text}");
    }
    assert_eq!(yaml::parse::<IndexSpec>("test", "{every: 2, first: 1}").unwrap().flaw(), None);
    for text in ["5", "{ever: 5}", "[x]"] {
        assert!(yaml::parse::<IndexSpec>("test", text).is_err(), "{text}");
    }
}

#[test]
fn tokens_are_listed_as_printed() {
    let label = |text: &str| yaml::parse::<Label>("test", text).ok().map(|label| (label.tokens, label.unit));
    assert_eq!(label("105B"), Some((105_000_000_000, 1_000_000_000)));
    assert_eq!(label("1_000_000"), Some((1_000_000, 1)));
    assert_eq!(label("1000"), Some((1000, 1)));
    assert_eq!((label("105Q"), label("-5"), label("1.5")), (None, None, None));
}
