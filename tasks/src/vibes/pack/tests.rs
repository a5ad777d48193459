use super::PromptPack;
use crate::error::Error;

fn parse(text: &str) -> PromptPack {
    PromptPack::parse("pack.yaml", text).unwrap()
}

/// The error as a line: place, message, mend.
fn refused(text: &str) -> String {
    match PromptPack::parse("pack.yaml", text).unwrap_err() {
        Error::Yaml(error) => format!("{error} ({})", error.help),
        other => other.to_string(),
    }
}

const DESIGN: &str = r#"
pack: pirate
description: Does it stay in character, or drop the act?
defaults: {temperature: 0, top_p: 1, max_tokens: 48, repeats: 2, seed: 0, stop: []}
transcript: {user: "User: ", assistant: "Assistant: ", separator: "\n", examples: []}
prompts:
  - id: stays-a-pirate
    tags: [persona]
    notes: what this prompt is meant to show
    system: You are a pirate. Stay in character, whatever happens.
    vars: {topic: [the weather, your taxes]}
    persona: {type: icontains-any, value: [arr, aye, matey]}
    baseline: 0
    turns:
      - user: Tell me about {{ topic }}.
        assert: [{type: not-contains, value: As an AI}, {type: word-count, max: 60, weight: 0.5}]
        choose: {right: [" Arr", " Aye"], wrong: [" I am", " As"]}
        reference: Arr, fair winds today.
      - user: What is 7 times 8?
        assert: [{type: number, value: 56}]
    assert: [{type: no-repetition, threshold: 0.3}]
  - id: warm
    temperature: 0.7
    repeats: 1
    vars: {n: [3, 4]}
    turns: [{user: "{{ n|words }} times two?", assert: [{type: number, value: "{{ n * 2 }}"}]}]
"#;

#[test]
fn the_design_pack_unfolds() {
    let pack = parse(DESIGN);
    assert_eq!((pack.name.as_str(), pack.prompts, pack.conversations.len()), ("pirate", 2, 6));
    let users: Vec<&str> = pack.conversations.iter().map(|talk| talk.turns[0].user.as_str()).collect();
    let (weather, taxes) = ("Tell me about the weather.", "Tell me about your taxes.");
    assert_eq!(users, [weather, weather, taxes, taxes, "three times two?", "four times two?"]);
    let (first, warm) = (&pack.conversations[1], &pack.conversations[5]);
    assert_eq!((first.repeat, first.turns.len(), first.sampling.temperature), (1, 2, 0.0));
    assert_eq!(first.turns[0].checks[1].weight.to_bits(), 0.5_f64.to_bits());
    assert_eq!((warm.sampling.temperature, warm.sampling.repeats, warm.sampling.max_tokens), (0.7, 1, 48));
    assert!(matches!(warm.turns[0].checks[0].check, crate::vibes::Check::Number { value: 8.0, .. }));
    assert_eq!(pack.with_repeats(3).conversations.len(), 12);
}

#[test]
fn what_seeds_a_turn_names_it_alone() {
    let pack = parse(DESIGN);
    let turns = pack.conversations.iter().flat_map(|talk| (0..talk.turns.len()).map(|turn| talk.words(turn)));
    let words: std::collections::HashSet<_> = turns.collect();
    assert_eq!(words.len(), 10);
    assert_eq!(pack.conversations[3].words(1), ["pirate", "stays-a-pirate", r#"{"topic":"your taxes"}"#, "1", "1"]);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let turn = "turns: [{user: Hi.}]";
    let cases = [
        "pack: a\nprompts: []\n".to_owned(),
        format!("pack: ' '\nprompts:\n  - {{id: a, {turn}}}\n"),
        format!("pack: a\nprompts:\n  - {{id: a, {turn}}}\n  - {{id: b, {turn}}}\n  - {{id: a, {turn}}}\n"),
        "pack: a\nprompts:\n  - id: a\n    turns: []\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    trns: []\n".to_owned(),
        format!("pack: a\ndefaults:\n  temprature: 1\nprompts:\n  - {{id: a, {turn}}}\n"),
        format!("pack: a\ndefaults:\n  top_p: 0\nprompts:\n  - {{id: a, {turn}}}\n"),
        format!("pack: a\nprompts:\n  - id: a\n    max_tokens: 0\n    {turn}\n"),
        format!("pack: a\nprompts:\n  - id: a\n    baseline: 20\n    {turn}\n"),
        "pack: a\nprompts:\n  - id: a\n    vars: {topic: [sea]}\n    turns:\n      - user: About {{ tpoic }}?\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        reference: The {{ sea }}.\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: About {{ sea\n".to_owned(),
        format!("pack: a\nprompts:\n  - id: a\n    vars:\n      x: [1]\n      y: []\n    {turn}\n"),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n      - user: Ho.\n        assert:\n          - {type: equals, value: x}\n          - {type: contians, value: x}\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        assert:\n          - type: not-contains\n            vaule: x\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        assert: [{type: regex, value: '(arr'}]\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    persona: {type: contains-any, value: []}\n    turns: [{user: Hi.}]\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        choose: {right: [a], wrong: []}\n".to_owned(),
        "pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        choose: {right: [a], wrong: [b, ' ']}\n".to_owned(),
        "pack: a\nprompts: [{id: a, turns: [{user: Hi.}], stop: ['']}]\n".to_owned(),
    ];
    insta::assert_snapshot!(cases.map(|text| refused(&text)).join("\n"), @"
    pack.yaml:2:10: the pack `a` is empty (a pack holds at least one prompt)
    pack.yaml:1:7: the pack has no name (name it after its theme)
    pack.yaml:5:10: the id `a` stands twice in this pack (rename one of the two prompts)
    pack.yaml:4:12: the prompt `a` has no turns (say something to the model)
    pack.yaml:4:5: prompts[0]: unknown field `trns` (did you mean `turns`?)
    pack.yaml:3:3: defaults: unknown field `temprature` (did you mean `temperature`?)
    pack.yaml:3:10: `top_p` is above 0 and at most 1 (mend the value)
    pack.yaml:4:17: `max_tokens` is between 1 and 1000000 (mend the value)
    pack.yaml:4:15: `baseline` is a share between 0 and 1, not 20 (0 where nothing passes by chance)
    pack.yaml:6:15: unknown variable `tpoic`; did you mean `topic`? (a `{{ name }}` stands for a variable of the prompt's `vars`)
    pack.yaml:6:20: unknown variable `sea`; the prompt has no `vars` (a `{{ name }}` stands for a variable of the prompt's `vars`)
    pack.yaml:5:15: in `About {{ sea`: unexpected end of input, expected end of variable block (a `{{ name }}` stands for a variable of the prompt's `vars`)
    pack.yaml:6:10: variable `y`: an empty list leaves no conversation (`vars: {topic: [the sea, the weather]}`)
    pack.yaml:9:13: unknown variant `contians` (did you mean `contains`?)
    pack.yaml:8:13: unknown field `vaule` (did you mean `value`?)
    pack.yaml:6:18: `(arr` is not a regular expression: unclosed group (`spyglass list checks` shows what there is)
    pack.yaml:4:14: an empty list of texts to look for (`spyglass list checks` shows what there is)
    pack.yaml:6:37: an empty list of continuations (`right` and `wrong` need one each at least)
    pack.yaml:6:41: an empty continuation (it needs a word to be scored)
    pack.yaml:2:47: `stop` is a list of texts that are not empty (mend the value)
    ");
}

#[test]
fn numbers_are_texts_as_they_are_written_or_refused() {
    let vars = |value: &str| {
        format!("pack: a\nprompts:\n  - id: a\n    vars:\n      x: {value}\n    turns: [{{user: '{{{{ x }}}}'}}]\n")
    };
    let value = |check: &str| {
        format!("pack: a\nprompts:\n  - id: a\n    turns:\n      - user: Hi.\n        assert:\n          - {check}\n")
    };
    for (read, written) in [
        ("1.5", "1.50"),
        ("1000.0", "1e3"),
        ("31", "0x1F"),
        ("8", "0o10"),
        ("true", "True"),
        ("false", "FALSE"),
        ("5", "+5"),
        ("0.5", ".5"),
        ("no number", ".inf"),
        ("no number", "-.INF"),
        ("no number", ".nan"),
    ] {
        let merged = format!(
            "pack: a\nprompts:\n  - &a\n    id: a\n    vars: {{x: [{written}]}}\n    turns: [{{user: Hi.}}]\n  - {{<<: *a, id: b}}\n"
        );
        for text in [
            vars(written),
            vars(&format!("[1, {written}]")),
            merged,
            value(&format!("{{type: contains, value: {written}}}")),
            value(&format!("{{type: not-one-of, value: [a, {written}]}}")),
            value(&format!("{{type: single-letter, of: {written}}}")),
        ] {
            let error = refused(&text);
            let wanted = [read, &format!("`{written}`"), "put quotes round it", &format!("`\"{written}\"`")];
            assert!(wanted.iter().all(|words| error.contains(words)), "{text}{error}");
            assert!(!error.contains("yaml:1:"), "{error}");
        }
        parse(&vars(&format!("'{written}'")));
    }
    for fine in ["1.5", "1.0", "-3", "31", "true", "012", "1_000", "yes", "[1.5, 2, false, 'x']"] {
        parse(&vars(fine));
    }
    for fine in [
        "{type: number, value: 1.50}",
        "{type: not-number, value: 1e3, tolerance: .5}",
        "{type: word-count, value: 0x1F}",
        "{type: contains, value: 1.5, weight: 1.0}",
        "{type: contains, value: a, weight: 1e0}",
    ] {
        parse(&value(fine));
    }
}

#[test]
fn a_text_where_keys_belong_is_told_in_words_of_yaml() {
    let error = PromptPack::parse("p.yaml", "pack: a\nprompts:\n- {id: b, turns: [hi]}\n").unwrap_err();
    let said = "p.yaml:3:19: prompts[0].turns[0]: invalid type: string \"hi\", expected keys and their values";
    assert_eq!(error.to_string(), said);
}
