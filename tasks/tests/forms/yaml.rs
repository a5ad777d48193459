//! How task files and packs are written in YAML.

use spyglass_tasks::vibes::PromptPack;

use super::{HEAD, REST, in_full, items};

#[test]
fn a_template_without_quotes_is_refused_wherever_a_text_is_meant() {
    let quotes = "put quotes round it";
    let without =
        |key: &str| REST.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
    let cases: [(&str, &str, &str, &[&str]); 15] = [
        ("doc_to_text", "doc_to_text: {{q}}", "t.yaml:6:", &["doc_to_text: `{{ … }}` without quotes"]),
        ("doc_to_text", "doc_to_text: {{ q | trim }}", "t.yaml:6:", &["doc_to_text"]),
        ("doc_to_text", "doc_to_text: {{q}} or {{c}}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {% if q %}{{q}}{% endif %}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {{ q[\"a\"] }}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {q}", "t.yaml:6:", &["doc_to_text: a map is not a text"]),
        ("doc_to_text", "doc_to_text: [q, c]", "t.yaml:6:", &["doc_to_text: a list is not a text"]),
        ("doc_to_target", "doc_to_target: {{g}}", "t.yaml:6:", &["doc_to_target"]),
        ("doc_to_target", "doc_to_target: {a: g}", "t.yaml:6:", &["doc_to_target: a map"]),
        ("doc_to_choice", "doc_to_choice: {{c}}", "t.yaml:6:", &["doc_to_choice"]),
        ("doc_to_choice", "doc_to_choice: [x, {{c}}]", "t.yaml:6:", &["doc_to_choice"]),
        ("doc_to_choice", "doc_to_choice:\n- x\n- [y]", "t.yaml:8:", &["doc_to_choice[1]: a list is not a choice"]),
        ("none", "description: {{q}}", "t.yaml:7:", &["description"]),
        ("none", "fewshot_config:\n  doc_to_text: {{q}}", "t.yaml:8:", &["fewshot_config.doc_to_text"]),
        ("none", "target_delimiter: {{q}}", "t.yaml:7:", &["target_delimiter"]),
    ];
    for (key, line, place, said) in cases {
        let rest: String = without(key);
        let error = items(&format!("{HEAD}{rest}{line}\n")).unwrap_err();
        for words in said.iter().chain(&[place, quotes]) {
            assert!(error.contains(words), "{line}: `{words}` is missing: {error}");
        }
    }
    let pack = |prompt: &str| format!("pack: p\nprompts:\n  - id: a\n    vars: {{x: [one]}}\n    {prompt}\n");
    for prompt in [
        "turns: [{user: {{ x }}}]",
        "system: {{x}}\n    turns: [{user: hi}]",
        "turns: [{user: hi, reference: {{x}}}]",
        "turns: [{user: hi, assert: [{type: contains, value: {{x}}}]}]",
        "turns: [{user: hi, choose: {right: [{{x}}], wrong: [a]}}]",
        "turns:\n      - user: {{x}} and more",
    ] {
        let error = in_full(&PromptPack::parse("p.yaml", &pack(prompt)).unwrap_err());
        assert!(error.contains(quotes) && !error.contains("p.yaml:1:"), "{prompt}: {error}");
    }
}

#[test]
fn templates_among_single_choices_are_refused() {
    let rest = "doc_to_text: '{{q}}'\ndoc_to_target: g\n";
    for (choices, said) in [
        ("doc_to_choice: ['{{c[0]}}', '{{c[1]}}']", "`doc_to_choice[0]`: `{{c[0]}}`"),
        ("doc_to_choice: [no, 'yes {{ q }}']", "`doc_to_choice[1]`"),
        ("doc_to_choice: {a: x, b: '{% if q %}y{% endif %}'}", "`doc_to_choice.b`"),
        ("doc_to_choice: c\nfewshot_config: {doc_to_choice: ['{{c[0]}}', y]}", "`fewshot_config.doc_to_choice[0]`"),
    ] {
        let error = items(&format!("{HEAD}{rest}{choices}\n")).unwrap_err();
        for words in [said, "t.yaml", "`doc_to_choice: \"{{ [choices[0], choices[1]] }}\"`"] {
            assert!(error.contains(words), "{choices}: `{words}` is missing: {error}");
        }
    }
    for choices in ["['{a}', '}} {{'", "[x, y"] {
        assert!(items(&format!("{HEAD}{rest}doc_to_choice: {choices}]\n")).is_ok(), "{choices}");
    }
    let mended = items(&format!("{HEAD}{rest}doc_to_choice: '{{{{ [c[0], c[1]] }}}}'\n")).unwrap();
    assert_eq!(mended.items[0].choices, ["x", "y"]);
}

#[test]
fn yaml_is_read_as_people_write_it() {
    let read = |text: &str| items(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let plain = format!("{HEAD}{REST}");
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        format!("--- # one document\n{plain}...\n"),
        format!("{plain}generation_kwargs: {{max_gen_toks: 1_024}}\nnum_fewshot: 0\n"),
        format!("{plain}tag:\ndescription: null\nfewshot_config:\n"),
        format!("{plain}metadata: {{on: yes, 1: one, null: x}}\n"),
        format!("{plain}tag: [2020, news]\ndataset_name: 2020\ntask_alias: 1.10\n"),
    ] {
        assert_eq!(read(&text).items.len(), 2, "{text}");
    }
    // YAML 1.1 took these for truth values, an octal number and a time; to us they are texts.
    let choices = read(&format!("{HEAD}{}doc_to_choice: [yes, 010]\n", REST.replace("doc_to_choice: c\n", "")));
    assert_eq!(choices.items[0].choices, ["yes", "010"]);
    let numbers = read(&format!("{HEAD}{}doc_to_choice: [1, 2.5]\n", REST.replace("doc_to_choice: c\n", "")));
    assert_eq!(numbers.items[0].choices, ["1", "2.5"]);
    let merged =
        format!("metadata: &base {{doc_to_text: '{{{{q}}}}', doc_to_choice: c}}\n<<: *base\ndoc_to_target: g\n{HEAD}");
    assert_eq!(read(&merged).items[1].context(), "ask 1");
    let wrong = items(&format!("{merged}fewshot_config: {{sampler: last_n}}\n")).unwrap_err();
    assert!(wrong.contains("t.yaml:7:") && wrong.contains("last_n"), "{wrong}");
    let named = items(&plain.replace("task: mine", "task: 123"));
    assert!(named.is_ok(), "{named:?}");
}

#[test]
fn what_yaml_cannot_mean_is_refused_in_a_few_lines() {
    let plain = format!("{HEAD}{REST}");
    let deep = |open: &str, close: &str| format!("{plain}metadata: {}{}\n", open.repeat(3000), close.repeat(3000));
    let cases = [
        (String::new(), "it defines no task"),
        ("# nothing yet\n".into(), "it defines no task"),
        (format!("{plain}---\n{plain}"), "t.yaml:7:1: the file holds more than one document (keep one"),
        (format!("{plain}metadata:\n\ta: 1\n"), "spaces, not tabs"),
        (
            format!("{plain}metadata: {{a: {{b: 1, c: 2, b: 3}}}}\n"),
            "t.yaml:7:28: metadata.a: the key `b` occurs twice",
        ),
        (format!("{plain}task: again\n"), "t.yaml:7:1: the key `task` occurs twice"),
        (format!("{plain}metadata: !secret x\n"), "t.yaml:7:11: metadata: the tag `!secret`"),
        (format!("{plain}metadata: 123456789012345678901234567890\n"), "put quotes round it where it is meant as text"),
        (format!("{plain}metadata: &a {{b: 1}}\nfewshot_config: {{<<: 3}}\n"), "`<<` takes a map"),
        (format!("{plain}task_alias: [a]\n"), "t.yaml:7:13: task_alias: invalid type"),
        (format!("{plain}Task: b\n"), "did you mean `task`?"),
        (deep("[", "]"), "nested too deep"),
        (deep("{a: ", "}"), "nested too deep"),
    ];
    for (text, said) in cases {
        let error = items(&text).unwrap_err();
        assert!(error.contains(said), "`{said}` is missing: {error}");
        assert!(error.len() < 400, "{error}");
    }
    let inline = "group: g\ntask:\n  - task: a\n    doc_to_text: q\n";
    let error = items(inline).unwrap_err();
    assert!(error.contains("t.yaml:3:5") && error.contains("a task written out inside a group `a`"), "{error}");
    let pack = |prompt: &str| PromptPack::parse("p.yaml", &format!("pack: p\nprompts:\n  - {{id: a, {prompt}}}\n"));
    let hi = "turns: [{user: '{{ x }}'}]";
    for (prompt, said) in [
        (format!("vars: {{x: [a], x: [b]}}, {hi}"), "p.yaml:3:28: prompts[0].vars: the key `x` occurs twice"),
        ("turns: [{user: !function a.b}]".into(), "the tag `!function` is not known here"),
        (format!("vars: {{x: [1234567890123456789012345678901234567890123]}}, {hi}"), "is not what is written"),
        (format!("vars: {{x: [12345678901234567890123]}}, {hi}"), "put quotes round it"),
    ] {
        let error = in_full(&pack(&prompt).unwrap_err());
        assert!(error.contains(said), "`{said}` is missing: {error}");
    }
    let large = pack(&format!("vars: {{x: [12345678901234567890, -3]}}, max_tokens: 1_000, {hi}")).unwrap();
    let said: Vec<&str> = large.conversations.iter().map(|talk| talk.turns[0].user.as_str()).collect();
    assert_eq!((said, large.conversations[0].sampling.max_tokens), (vec!["12345678901234567890", "-3"], 1000));
}
