use proptest::prelude::*;
use serde_json::json;

use super::{Assertion, Reply, list};
use crate::vibes::Stop;

fn read(value: serde_json::Value) -> Result<Assertion, String> {
    let serde_json::Value::Object(fields) = value else { panic!("a check is a map") };
    Assertion::read(fields)
}

fn check(value: serde_json::Value) -> Assertion {
    read(value).unwrap()
}

fn refused(value: serde_json::Value) -> String {
    read(value).unwrap_err()
}

fn passes(value: serde_json::Value, text: &str) -> bool {
    check(value).judge(Reply { text, stop: Stop::EndToken }).passed
}

/// Replies that pass and replies that fail, check by check.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_check_by_a_table() {
    let cases = [
        (json!({"type": "equals", "value": "B"}), vec!["B", " B\n"], vec!["b", "B.", "", "AB"]),
        (json!({"type": "iequals", "value": "yes"}), vec!["YES", " yes "], vec!["yes!", ""]),
        (json!({"type": "contains", "value": "arr"}), vec!["arr", "carry"], vec!["Arr", ""]),
        (json!({"type": "contains", "value": "arr", "min": 2}), vec!["arr arr"], vec!["arr"]),
        (json!({"type": "contains", "value": 12}), vec!["12 eggs"], vec!["1 2"]),
        (json!({"type": "icontains", "value": "Don't"}), vec!["I DON’T"], vec!["dont"]),
        (
            json!({"type": "icontains", "value": "arr", "words": true}),
            vec!["Arr!", "well, arr"],
            vec!["carry", "arrive"],
        ),
        (json!({"type": "contains-all", "value": ["a", "b"]}), vec!["ab"], vec!["a", "AB"]),
        (json!({"type": "contains-all", "value": ["a", "b"], "threshold": 0.5}), vec!["a"], vec!["c"]),
        (json!({"type": "contains-any", "value": ["x", "y"]}), vec!["xyz", "y"], vec!["z", "X"]),
        (json!({"type": "icontains-all", "value": ["fish", "rum"]}), vec!["RUM and Fish"], vec!["rum"]),
        (json!({"type": "icontains-any", "value": ["aye", "matey"]}), vec!["AYE"], vec!["yes"]),
        (json!({"type": "starts-with", "value": "Dear"}), vec!["  Dear Ann"], vec!["My Dear", "dear"]),
        (json!({"type": "regex", "value": r"^\d{3}$"}), vec!["123"], vec!["1234", "12"]),
        (json!({"type": "word-count", "max": 3}), vec!["one two three .", ""], vec!["one two three four"]),
        (json!({"type": "word-count", "min": 2, "max": 3}), vec!["a b", "a b c"], vec!["a", "a b c d", "🐈 🐈"]),
        (json!({"type": "word-count", "value": 2}), vec!["Hello, world!"], vec!["Hello"]),
        (json!({"type": "line-count", "value": 2}), vec!["a\n\nb\n"], vec!["a", "a\nb\nc"]),
        (
            json!({"type": "bullet-count", "value": 3}),
            vec!["- a\n- b\n- c", "1. a\n2) b\n• c"],
            vec!["-a\n-b\n-c", "- a\n- b\n-"],
        ),
        (
            json!({"type": "number", "value": 12}),
            vec!["12", "Twelve.", "3 times 4 is 12"],
            vec!["twenty", "12 or 13", ""],
        ),
        (json!({"type": "number", "value": 12, "pick": "first"}), vec!["12, not 13"], vec!["3 x 4 = 12"]),
        (json!({"type": "number", "value": 12, "pick": "any"}), vec!["11, 12, 13"], vec!["112"]),
        (json!({"type": "number", "value": "twenty-one"}), vec!["21"], vec!["20"]),
        (json!({"type": "number", "value": 2.5, "tolerance": 0.01}), vec!["2.505"], vec!["2.6"]),
        (json!({"type": "number", "value": 1_200_000}), vec!["1.2 million", "1,200,000"], vec!["1,200"]),
        (
            json!({"type": "one-of", "value": ["red", "dark blue"]}),
            vec!["Red.", "\"dark blue\""],
            vec!["red or blue", "blue"],
        ),
        (
            json!({"type": "in-order", "value": ["ann", "bob", "cy"]}),
            vec!["Ann, then Bob, then Cy"],
            vec!["Bob, Ann, Cy"],
        ),
        (json!({"type": "single-letter"}), vec!["b", "(B)", "**C**."], vec!["BC", "Bob", "", "4"]),
        (json!({"type": "single-letter", "value": "B", "of": "ABCD"}), vec!["B.", "b"], vec!["A", "E"]),
        (
            json!({"type": "no-repetition"}),
            vec!["the sea is calm today", "", "ho ho"],
            vec!["captain captain captain captain captain"],
        ),
        (json!({"type": "no-repetition", "threshold": 1.0}), vec!["ha ha ha ha ha ha"], vec![]),
        (
            json!({"type": "dryness", "max_stock_phrases": 0}),
            vec!["the sea is calm today", ""],
            vec!["Of course!", "As an AI, I don't sail."],
        ),
        (
            json!({"type": "language", "value": "en"}),
            vec!["The sea is calm and I have no gold."],
            vec!["Das Meer ist ruhig.", "", "12"],
        ),
        (
            json!({"type": "language", "value": "de"}),
            vec!["Das Meer ist heute ruhig, aber ich bin müde."],
            vec!["The sea is calm."],
        ),
        (
            json!({"type": "language", "value": "fr"}),
            vec!["Je suis très content d'être avec vous."],
            vec!["Yo soy feliz."],
        ),
        (
            json!({"type": "language", "value": "es"}),
            vec!["No hay más que lo que está en la mesa, y es para ti."],
            vec!["Je ne sais pas."],
        ),
        (json!({"type": "language", "value": "ja"}), vec!["今日は海が静かです"], vec!["今天海很平静"]),
        (json!({"type": "language", "value": "ar"}), vec!["البحر هادئ اليوم"], vec!["the sea"]),
        (json!({"type": "script", "value": "Cyrillic"}), vec!["Море спокойно, 12!"], vec!["Море is calm", "", "12"]),
        (json!({"type": "script", "value": "Latin", "threshold": 0.5}), vec!["the море is calm"], vec!["море"]),
        (
            json!({"type": "similar", "value": "the sea is calm"}),
            vec!["the sea is calm.", "the sea is calm"],
            vec!["the cave is dark", ""],
        ),
        (json!({"type": "levenshtein", "value": "captain"}), vec!["captain", "capt"], vec!["carpenter and cook"]),
        (
            json!({"type": "is-json", "keys": ["name"]}),
            vec![" {\"name\": 1}\n"],
            vec!["{}", "name: 1", "so {\"name\": 1}", "[1"],
        ),
        (json!({"type": "contains-json"}), vec!["Here: {\"a\": [1]}!", "[1, 2]"], vec!["{a}", "none", "{{{"]),
        (json!({"type": "ends-properly"}), vec!["x"], vec![]),
    ];
    for (written, good, bad) in cases {
        for reply in good {
            assert!(passes(written.clone(), reply), "{written} should pass `{reply}`");
        }
        for reply in bad {
            assert!(!passes(written.clone(), reply), "{written} should fail `{reply}`");
        }
    }
    let names: Vec<String> = list().into_iter().map(|info| info.name).collect();
    assert_eq!(names.len(), 26, "{names:?}");
}

/// Texts that a reader takes for the same, however they are typed, typeset or encoded; and some that only look near.
#[test]
fn typesetting_is_no_difference() {
    let cases = [
        (json!({"type": "contains", "value": "don't"}), vec!["I don’t", "don‘t", "donʼt"], vec!["dont"]),
        (json!({"type": "contains", "value": "don’t"}), vec!["I don't"], vec![]),
        (json!({"type": "contains", "value": "\"arr\""}), vec!["“arr”", "„arr“"], vec!["«arr»", "arr"]),
        (json!({"type": "equals", "value": "caf\u{e9}"}), vec!["cafe\u{301}", " café\u{200b}"], vec!["cafe", "CAFÉ"]),
        (json!({"type": "equals", "value": "cafe\u{301}"}), vec!["caf\u{e9}"], vec![]),
        (json!({"type": "iequals", "value": "cafe\u{301}"}), vec!["CAF\u{c9}", "Cafe\u{301}"], vec!["cafe"]),
        (json!({"type": "icontains", "value": "straße"}), vec!["STRASSE", "Strasse", "STRAẞE"], vec!["strase"]),
        (json!({"type": "icontains", "value": "ΟΔΟΣ"}), vec!["οδος", "οδοσ"], vec!["οδο"]),
        (json!({"type": "icontains", "value": "office"}), vec!["OﬃCE"], vec![]),
        (json!({"type": "contains", "value": "ß"}), vec!["Maß"], vec!["Mass", "MASS"]),
        (
            json!({"type": "contains", "value": "10 km"}),
            vec!["10\u{a0}km", "10\u{202f}km", "１０　ｋｍ"],
            vec!["10  km"],
        ),
        (json!({"type": "equals", "value": "ABC"}), vec!["ＡＢＣ", "A\u{ad}BC"], vec!["abc"]),
        (
            json!({"type": "contains", "value": "well-known"}),
            vec!["well\u{2011}known"],
            vec!["well—known", "well known"],
        ),
        (json!({"type": "contains", "value": "so..."}), vec!["so…"], vec!["so.."]),
        (json!({"type": "not-contains", "value": "—"}), vec!["a - b", "a – b"], vec!["a — b"]),
        (json!({"type": "starts-with", "value": "\"I'm"}), vec![" “I’m here”"], vec!["I'm"]),
        (json!({"type": "contains-any", "value": ["naïve"]}), vec!["nai\u{308}ve"], vec!["naive"]),
        (json!({"type": "icontains-all", "value": ["Ärger", "ich's"]}), vec!["a\u{308}RGER, ICH’S"], vec!["ärger"]),
        (json!({"type": "one-of", "value": ["isn't", "größe"]}), vec!["“Isn’t.”", "GRÖSSE!"], vec!["is not"]),
        (json!({"type": "in-order", "value": ["don't", "weiß"]}), vec!["Don’t … WEISS"], vec!["weiß, don't"]),
        (json!({"type": "single-letter", "value": "B"}), vec!["“B”", "Ｂ", "b"], vec!["В"]), // the last is Cyrillic
        (json!({"type": "similar", "value": "it’s", "threshold": 1}), vec!["it's"], vec!["its"]),
        (json!({"type": "levenshtein", "value": "é", "threshold": 0}), vec!["e\u{301}"], vec!["e"]),
        (json!({"type": "contains", "value": "👩‍👧"}), vec!["👩‍👧!"], vec!["👩 👧"]),
        (
            json!({"type": "language", "value": "fr"}),
            vec!["C’est e\u{301}te\u{301} et je suis tre\u{300}s content."],
            vec![],
        ),
    ];
    for (written, good, bad) in cases {
        for reply in good {
            assert!(passes(written.clone(), reply), "{written} should pass `{reply}`");
        }
        for reply in bad {
            assert!(!passes(written.clone(), reply), "{written} should fail `{reply}`");
        }
    }
}

#[test]
fn a_reply_at_the_limit_does_not_end_properly() {
    let ends = check(json!({"type": "ends-properly"}));
    let stops = [Stop::EndToken, Stop::StopString, Stop::Limit];
    assert_eq!(stops.map(|stop| ends.judge(Reply { text: "x", stop }).passed), [true, true, false]);
}

#[test]
fn not_turns_verdict_and_score_round() {
    let judge = |value| check(value).judge(Reply { text: "a cat", stop: Stop::EndToken });
    let plain = judge(json!({"type": "contains-all", "value": ["cat", "dog"], "weight": 0.5}));
    let turned = judge(json!({"type": "not-contains-all", "value": ["cat", "dog"], "weight": 0.5}));
    assert_eq!((plain.passed, plain.score, plain.weight), (false, 0.5, 0.5));
    assert_eq!((turned.passed, turned.score, turned.check.as_str()), (true, 0.5, "not-contains-all"));
    insta::assert_snapshot!(format!("{} | {}\n{} | {}", plain.expected, plain.actual, turned.expected, turned.actual), @"
    contains all of `cat`, `dog` | without `dog`
    not: contains all of `cat`, `dog` | without `dog`
    ");
}

#[test]
fn checks_that_cannot_be_meant_are_refused() {
    let cases = [
        json!({"value": "x"}),
        json!({"type": 3}),
        json!({"type": "contians", "value": "x"}),
        json!({"type": "contains", "value": ""}),
        json!({"type": "contains", "value": "\u{200b}"}),
        json!({"type": "contains", "value": ["a"]}),
        json!({"type": "contains", "vale": "a"}),
        json!({"type": "contains-any", "value": []}),
        json!({"type": "contains", "value": "a", "min": 0}),
        json!({"type": "regex", "value": "(a"}),
        json!({"type": "regex", "value": "(a)\\1"}),
        json!({"type": "word-count"}),
        json!({"type": "word-count", "min": 5, "max": 2}),
        json!({"type": "word-count", "value": 5, "max": 6}),
        json!({"type": "number", "value": "many"}),
        json!({"type": "no-repetition", "n": 0}),
        json!({"type": "no-repetition", "threshold": 3}),
        json!({"type": "dryness"}),
        json!({"type": "dryness", "min_mattr": 60}),
        json!({"type": "dryness", "max_ratio": 2}),
        json!({"type": "dryness", "max_repeats": 0.1, "phrases": ["of course"]}),
        json!({"type": "dryness", "max_stock_phrases": 0, "phrases": ["of course", "!!"]}),
        json!({"type": "contains", "value": "a", "weight": -1}),
        json!({"type": "contains", "value": "a", "weight": "heavy"}),
        json!({"type": "ends-properly", "value": true}),
        json!({"type": "script", "value": "Klingon"}),
        json!({"type": "language", "value": "xx"}),
    ];
    insta::assert_snapshot!(cases.map(refused).join("\n"), @r#"
    a check needs its `type`, as in `{type: contains, value: arr}`
    `type` names a check, and `3` is not a name
    unknown variant `contians`, expected one of `equals`, `iequals`, `contains`, `icontains`, `contains-all`, `contains-any`, `icontains-all`, `icontains-any`, `starts-with`, `regex`, `word-count`, `line-count`, `bullet-count`, `number`, `one-of`, `in-order`, `single-letter`, `no-repetition`, `dryness`, `language`, `script`, `ends-properly`, `similar`, `levenshtein`, `is-json`, `contains-json`
    an empty text to look for, which every reply contains
    an empty text to look for, which every reply contains
    `["a"]` is not a text
    unknown field `vale`, expected one of `value`, `min`, `words`
    an empty list of texts to look for
    `min` is 0, which every reply passes
    `(a` is not a regular expression: unclosed group
    `(a)\1` is not a regular expression: backreferences are not supported
    a count needs `value`, `min` or `max`
    `min` is 5 and `max` 2: no count lies between
    `value` is exact; `min` and `max` say nothing beside it
    `value` is a number, not `"many"`
    `n` is 0; a run has at least one word
    `threshold` is a share between 0 and 1
    without a limit every reply passes; give `max_compression`, `min_mattr`, `min_distinct`, `max_repeats` or `max_stock_phrases`
    the limit of MATTR is 60; it is a share between 0 and 1
    unknown field `max_ratio`, expected one of `max_compression`, `min_mattr`, `min_distinct`, `max_repeats`, `max_stock_phrases`, `phrases`
    `phrases` says nothing without `max_stock_phrases`
    phrase 2, `!!`, has no word
    `weight` is a number of at least 0, not `-1`
    `weight` is a number of at least 0, not `"heavy"`
    unknown field `value`, there are no fields
    `Klingon` is not a Unicode script; Latin, Cyrillic, Greek, Arabic, Han are
    unknown variant `xx`, expected one of `en`, `de`, `fr`, `es`, `it`, `pt`, `nl`, `ru`, `el`, `ar`, `he`, `hi`, `zh`, `ja`, `ko`
    "#);
}

#[test]
fn a_dry_reply_is_told_what_makes_it_dry() {
    let limits = json!({"type": "dryness", "max_compression": 2.5, "min_mattr": 0.6, "max_repeats": 0.1, "max_stock_phrases": 1});
    let judge = |text: &str| check(limits.clone()).judge(Reply { text, stop: Stop::EndToken });
    let lively = judge("Ha, of course! Bring the blue one, and tell Ann.");
    assert!(lively.passed, "{lively:?}");
    assert_eq!(
        lively.expected,
        "compression ratio at most 2.5; MATTR at least 0.6; repeated runs of 5 words at most 0.1; at most 1 stock phrases"
    );
    let short = "under 500 bytes, too short for compression ratio; under 50 words, too short for MATTR; \
                 under 100 words, too short for repeated runs of 5 words; 1 stock phrases: `of course`";
    assert_eq!(lively.actual, short);
    let dry = judge(&"Great question! In conclusion, the sea is the sea. ".repeat(20));
    assert!(!dry.passed && dry.score == 0.0, "{dry:?}");
    assert!(
        dry.actual.contains("MATTR 0.14; repeated runs of 5 words 0.91; 40 stock phrases: `great question`"),
        "{dry:?}"
    );
    let own = json!({"type": "dryness", "max_stock_phrases": 0, "phrases": ["Ahoy there"]});
    assert!(passes(own.clone(), "Great question!") && !passes(own, "ahoy, there"));
}

#[test]
fn a_catastrophic_pattern_and_a_long_reply_do_not_hang() {
    let long = "a".repeat(100_000);
    assert!(!passes(json!({"type": "regex", "value": "^(a+)+$b"}), &long));
    assert!(!passes(json!({"type": "regex", "value": "(a|a)*c"}), &long));
    let talk = "arr the sea be calm aye . 12 [{\" ".repeat(3_000);
    for name in NAMES {
        drop(check(sample(name)).judge(Reply { text: &talk, stop: Stop::Limit }));
        drop(check(sample(name)).judge(Reply { text: &long, stop: Stop::Limit }));
    }
}

const NAMES: [&str; 26] = [
    "equals",
    "iequals",
    "contains",
    "icontains",
    "contains-all",
    "contains-any",
    "icontains-all",
    "icontains-any",
    "starts-with",
    "regex",
    "word-count",
    "line-count",
    "bullet-count",
    "number",
    "one-of",
    "in-order",
    "single-letter",
    "no-repetition",
    "dryness",
    "language",
    "script",
    "ends-properly",
    "similar",
    "levenshtein",
    "is-json",
    "contains-json",
];

fn sample(name: &str) -> serde_json::Value {
    let value = match name {
        "contains-all" | "contains-any" | "icontains-all" | "icontains-any" | "one-of" | "in-order" => {
            json!(["arr", "ß", "…"])
        }
        "word-count" | "line-count" | "bullet-count" | "number" => json!(3),
        "language" => json!("en"),
        "script" => json!("Han"),
        "dryness" => {
            let limits = json!({"max_compression": 2, "min_mattr": 0.6, "min_distinct": 0.6, "max_repeats": 0.1});
            let mut limits = limits.as_object().unwrap().clone();
            limits.extend([("type".to_owned(), json!(name)), ("max_stock_phrases".to_owned(), json!(0))]);
            return limits.into();
        }
        "no-repetition" | "ends-properly" | "is-json" | "contains-json" => return json!({"type": name}),
        _ => json!("İarr"),
    };
    json!({"type": name, "value": value})
}

proptest! {
    #[test]
    fn no_text_makes_a_check_panic(text in any::<String>(), pieces in prop::collection::vec(prop::sample::select(vec![
        "\u{202e}", "مرحبا", "👩‍👩‍👧", "\u{0}", "\u{fffd}", "İ", "ß", "twenty", "-", "one", "hundred", "and", "1,000", ".5", "{", "[", "\"",
        " ", "\n", "<script>", "arr", "ﬁ", "\u{301}", "- ", "million",
    ]), 0..30)) {
        for text in [text, pieces.concat()] {
            for name in NAMES {
                for stop in [Stop::EndToken, Stop::Limit] {
                    let verdict = check(sample(name)).judge(Reply { text: &text, stop });
                    prop_assert!((0.0..=1.0).contains(&verdict.score), "{name}: {}", verdict.score);
                }
            }
        }
    }
}
