//! Tests of `pattern`.

use super::*;

fn label(tokens: u64, unit: u64) -> Label {
    Label { tokens, unit }
}

#[test]
fn names_tell_step_and_tokens() {
    let billion = 1_000_000_000;
    let cases = [
        ("checkpoint-{step}", "checkpoint-1500", Some((1500, None))),
        ("checkpoint-{step}", "checkpoint-01500", Some((1500, None))),
        ("checkpoint-{step}", "checkpoint-1500-merged", None),
        ("checkpoint-{step}", "checkpoint-", None),
        ("step-{step}", "step-500k", Some((500_000, None))),
        ("step-{step}", "step-1.5M", Some((1_500_000, None))),
        ("step-{step}k", "step-500k", Some((500_000, None))),
        ("step-{step}k", "step-500", None),
        ("step{step}-tokens*", "step1000-tokens4B", Some((1000, None))),
        ("step{step}-tokens{tokens}", "step1000-tokens4B", Some((1000, Some(label(4 * billion, billion))))),
        ("step{step}-tokens{tokens}B", "step1000-tokens4B", Some((1000, Some(label(4 * billion, billion))))),
        ("step{step}-tokens{tokens}B", "step1000-tokens4.19B", Some((1000, Some(label(4_190_000_000, 10_000_000))))),
        ("step{step}-tokens{tokens}B", "step1000-tokens4M", None),
        ("step{step}-tokens{tokens}", "step1000-tokens4194304", Some((1000, Some(label(4_194_304, 1))))),
        ("*-step-{step}-{tokens}", "x-1.1B-step-50K-105b", Some((50_000, Some(label(105 * billion, billion))))),
        ("epoch=*-step={step}", "epoch=12-step=1000", Some((1000, None))),
        ("epoch=*-step={step}.ckpt", "epoch=0-step=1000.ckpt", Some((1000, None))),
        ("*{step}", "run-1000", Some((1000, None))),
        ("*{step}", "v1.1000", None), // a decimal is not a step
        ("{step}*", "1000-x", Some((1000, None))),
        ("{step}*", "1.5-x", None),
        ("run2{step}", "run21000", Some((1000, None))),
        ("iter_{step}/hf", "iter_0001000/hf", Some((1000, None))),
        ("*/step{step}", "a/b/step1", None),
    ];
    for (pattern, name, wanted) in cases {
        let read = Pattern::new(pattern).unwrap().read(name);
        let named = |(step, tokens)| Named { step: Some(step), tokens, ..Named::default() };
        let wanted: Vec<Named> = wanted.into_iter().map(named).collect();
        assert_eq!(read, wanted, "{pattern} on {name}");
    }
}

#[test]
fn names_of_public_runs_are_read() {
    /// Pattern, name, and what it tells: stage, seed, step, index, tokens with their unit.
    type Case = (&'static str, &'static str, (&'static str, &'static str, i64, i64, Option<(u64, u64)>));
    const NO: &str = "";
    let (m, b, t) = (1_000_000, 1_000_000_000, 1_000_000_000_000);
    let olmo2 = "[stage{stage}-][ingredient{seed}-]step{step}-tokens{tokens}B";
    let cases: [Case; 40] = [
        // Pythia, PolyPythias, Hubble, Lucie
        ("step{step}", "step143000", (NO, NO, 143_000, -1, None)),
        ("step{step}", "step0", (NO, NO, 0, -1, None)),
        ("step{step}", "step48000", (NO, NO, 48_000, -1, None)),
        ("step{step}", "step0005000", (NO, NO, 5000, -1, None)),
        // RedPajama-INCITE
        ("{tokens}*", "240b_tokens", (NO, NO, -1, -1, Some((240 * b, b)))),
        ("{tokens}*", "1001b", (NO, NO, -1, -1, Some((1001 * b, b)))),
        ("{tokens}[_tokens]", "1001b", (NO, NO, -1, -1, Some((1001 * b, b)))),
        // OLMo 1: rounded, floored and, in OLMo 2, ceiled
        ("step{step}-tokens{tokens}", "step1000-tokens4B", (NO, NO, 1000, -1, Some((4 * b, b)))),
        ("step{step}-tokens{tokens}B", "step557000-tokens2464B", (NO, NO, 557_000, -1, Some((2464 * b, b)))),
        ("step{step}-tokens{tokens}B", "step20000-tokens83B", (NO, NO, 20_000, -1, Some((83 * b, b)))),
        // OLMo 2
        (olmo2, "stage1-step150-tokens1B", ("1", NO, 150, -1, Some((b, b)))),
        (olmo2, "stage1-step1907359-tokens4001B", ("1", NO, 1_907_359, -1, Some((4001 * b, b)))),
        (olmo2, "stage2-ingredient3-step23852-tokens51B", ("2", "3", 23_852, -1, Some((51 * b, b)))),
        (olmo2, "step928646-tokens3896B", (NO, NO, 928_646, -1, Some((3896 * b, b)))),
        (
            "[stage{stage}-[ingredient{seed}-]]step{step}-*",
            "stage2-ingredient1-step5-tokens1B",
            ("2", "1", 5, -1, None),
        ),
        ("{step}-tokens{tokens}", "150-tokens1B", (NO, NO, 150, -1, Some((b, b)))),
        // Olmo 3
        ("stage{stage}-step{step}", "stage1-step1413814", ("1", NO, 1_413_814, -1, None)),
        // DataDecide
        ("step{step}-seed-{seed}", "step69369-seed-default", (NO, "default", 69_369, -1, None)),
        ("step{step}-seed-{seed}", "step1250-seed-small-aux-2", (NO, "small-aux-2", 1250, -1, None)),
        ("step{step}-seed-{seed}", "step1250-seed-large-aux-3", (NO, "large-aux-3", 1250, -1, None)),
        // SmolLM2, SmolLM3
        ("step-{step}", "step-240000", (NO, NO, 240_000, -1, None)),
        ("{stage}-step-{step}", "stage1-step-40000", ("stage1", NO, 40_000, -1, None)),
        ("{stage}-step-{step}", "lc-4k-to-32k-step-20000", ("lc-4k-to-32k", NO, 20_000, -1, None)),
        // FineWeb ablations, convergent-llama
        ("step-{step}-{tokens}", "step-001000-2BT", (NO, NO, 1000, -1, Some((2 * b, b)))),
        ("step-{step}-{tokens}BT", "step-001000-2BT", (NO, NO, 1000, -1, Some((2 * b, b)))),
        ("tokens-{tokens}", "tokens-200M", (NO, NO, -1, -1, Some((200 * m, m)))),
        ("tokens-{tokens}", "tokens-9.6B", (NO, NO, -1, -1, Some((9_600 * m, 100 * m)))),
        // Amber
        ("ckpt_{index}", "ckpt_000", (NO, NO, -1, 0, None)),
        ("ckpt_{index}", "ckpt_358", (NO, NO, -1, 358, None)),
        // TinyLlama: repositories, and branches
        (
            "TinyLlama-1.1B-*step-{step}-{tokens}",
            "TinyLlama-1.1B-step-50K-105b",
            (NO, NO, 50_000, -1, Some((105 * b, b))),
        ),
        (
            "TinyLlama-1.1B-*step-{step}-{tokens}",
            "TinyLlama-1.1B-intermediate-step-1431k-3T",
            (NO, NO, 1_431_000, -1, Some((3 * t, t))),
        ),
        // MAP-Neo
        ("hf_ckpt/{tokens}", "hf_ckpt/16.78B", (NO, NO, -1, -1, Some((16_780 * m, 10 * m)))),
        // OpenLLaMA
        ("open_llama_7b_preview_{tokens}", "open_llama_7b_preview_200bt", (NO, NO, -1, -1, Some((200 * b, b)))),
        // BLOOM
        ("global_step{step}", "global_step1000", (NO, NO, 1000, -1, None)),
        // Apertus
        ("step{step}-tokens{tokens}B", "step1750000-tokens7652B", (NO, NO, 1_750_000, -1, Some((7652 * b, b)))),
        // llm-jp: seven digits
        ("iter_{step}", "iter_0001000", (NO, NO, 1000, -1, None)),
        // BabyLM
        ("chck_{words}", "chck_1M", (NO, NO, -1, -1, Some((m, m)))),
        ("chck_{words}M", "chck_1000M", (NO, NO, -1, -1, Some((b, m)))),
        // stanford-crfm
        ("checkpoint-{step}", "checkpoint-19900", (NO, NO, 19_900, -1, None)),
        ("{seed}-gpt2-small-*/checkpoint-{step}", "alias-gpt2-small-x21/checkpoint-10", (NO, "alias", 10, -1, None)),
    ];
    for (pattern, name, (stage, seed, step, index, tokens)) in cases {
        let word = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
        let number = |number: i64| u64::try_from(number).ok();
        let tokens = tokens.map(|(tokens, unit)| label(tokens, unit));
        let (step, index) = (number(step), number(index));
        let wanted = Named { stage: word(stage), seed: word(seed), step, index, tokens };
        assert_eq!(Pattern::new(pattern).unwrap().read(name), [wanted], "{pattern} on {name}");
    }
}

#[test]
fn a_name_that_fits_in_several_ways_says_so() {
    let read = Pattern::new("*{step}*").unwrap().read("2026-01-02_step1000");
    assert_eq!(read.iter().filter_map(|named| named.step).collect::<Vec<_>>(), [1, 2, 1000, 2026]);
    assert_eq!(Pattern::new("*step{step}*").unwrap().read("2026-01-02_step1000").len(), 1);
}

#[test]
fn steps_are_found_in_texts() {
    let found = |pattern: &str, text| Pattern::new(pattern).unwrap().find(text).and_then(|named| named.step);
    assert_eq!(found("checkpoint-{step}", "runs/a/checkpoint-1500/results.json"), Some(1500));
    assert_eq!(found("revision=step{step}", "pretrained=a/b,revision=step0042,dtype=float32"), Some(42));
    assert_eq!(found("revision=step{step}", "pretrained=a/b,revision=step500k,dtype=float32"), Some(500_000));
    assert_eq!(found("step{step}-tokens", "step10-tokens2B"), Some(10));
    assert_eq!(found("step{step}-tokens", "step10"), None);
    assert_eq!(found("{step}", "run-7/ckpt_900"), Some(900));
    assert_eq!(found("step{step}", "steps"), None);
    let named = Pattern::new("step{step}-tokens{tokens}").unwrap().find("a/step10-tokens2B/results.json").unwrap();
    let tokens = Some(label(2_000_000_000, 1_000_000_000));
    assert_eq!(named, Named { step: Some(10), tokens, ..Named::default() });
}

#[test]
fn patterns_that_say_nothing_are_refused() {
    let wrong = |pattern: &str| Pattern::new(pattern).unwrap_err().0;
    assert_eq!(wrong("checkpoint-{seed}"), "must hold `{step}`, or `{tokens}` or `{index}` in its place");
    assert_eq!(wrong("{step}-{step}"), "holds `{step}` more than once");
    assert_eq!(wrong("{tokens}-{words}"), "holds `{tokens}` more than once");
    for beside in ["{step}{tokens}", "{step}[{seed}-]x", "[a{seed}]{step}", "[-{stage}][{seed}]-{step}"] {
        assert_eq!(wrong(beside), "has two fields side by side", "{beside}");
    }
    assert_eq!(wrong("[stage{stage}-{step}"), "leaves a bracket open");
    assert_eq!(wrong("[a/b]{step}"), "leaves a bracket open");
    assert_eq!(wrong("a]{step}"), "closes a bracket that none opens");
    assert_eq!(wrong("{step}-{tokns}"), "holds `{tokns}`");
    assert_eq!(wrong("/{step}"), "is not a name below the folder");
    assert_eq!(wrong("{step}-*-*-*-*-*"), "holds more than 4 `*`, stages and seeds");
}

#[test]
fn a_label_is_good_to_its_last_digit() {
    let four = label(4_000_000_000, 1_000_000_000);
    assert!(four.allows(4_194_304_000) && four.allows(5_000_000_000) && !four.allows(5_000_000_001));
    let exact = label(4_194_304, 1);
    assert!(exact.allows(4_194_304) && !exact.allows(4_194_306));
}
