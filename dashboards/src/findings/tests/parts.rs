//! What is said of logs, of comparisons, and of the parts of a task.

use super::*;

#[test]
fn what_may_lie_before_the_first_checkpoint_is_no_phases() {
    let words = |before_first: f64, phases: &[(Phase, f64)]| {
        phase_words(&PhaseProbabilities { before_first, not_yet: 0.0, phases: phases.iter().copied().collect() })
    };
    assert_eq!(words(0.85, &[(Phase::Stable, 0.15)]), "probably before the first checkpoint (85 %)");
    assert_eq!(words(0.6, &[(Phase::Warmup, 0.4)]), "before the first checkpoint (60 %) or in the warm-up (40 %)");
    assert_eq!(
        words(0.0, &[(Phase::Stable, 0.3), (Phase::Anneal, 0.7)]),
        "in the anneal (70 %) or in the stable phase (30 %)"
    );
    assert_eq!(words(0.0, &[(Phase::Anneal, 0.96)]), "in the anneal");
}

#[test]
fn the_log_is_watched_phase_by_phase() {
    let mut made_up = small(&[0.25, 0.26], |_| 0..100);
    let entry = |step: u64| LogEntry {
        step,
        tokens: Some(step * TOKENS_PER_STEP),
        learning_rate: None,
        loss: Some(if step == 40 {
            9.0
        } else if step < 100 {
            4.0 - step as f64 * 0.01
        } else {
            6.0 - step as f64 * 0.01
        }),
        ..LogEntry::default()
    };
    made_up.tree.branches[0].log.entries = (0..200).map(entry).collect();
    made_up.tree.branches[0].phases = phases(&[(Phase::Warmup, 0), (Phase::Stable, 100)]);
    let kinds: Vec<AlarmKind> = findings(&made_up).alarms.iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::LossSpike], "the step at the border of the phases is no spike");
}

#[test]
fn two_checkpoints_are_compared_item_by_item() {
    let made_up = story();
    let of = |name: &str, step: u64| -> Vec<&Unit> {
        made_up
            .units
            .iter()
            .filter(|u| u.record.checkpoint.branch == name && u.record.checkpoint.step == step)
            .collect()
    };
    let found = compare(&of("trunk", 1100), &of("anneal", 1400), [&[], &[]]);
    let row = |title: &str| found.rows.iter().find(|row| row.subject.title() == title).unwrap();
    let letters = row("pilot_letters");
    assert!((letters.difference.value - (letters.b - letters.a)).abs() < 1e-12);
    assert_eq!((letters.gained.len(), letters.lost.len()), (((letters.b - letters.a) * 1000.0).round() as usize, 0));
    assert!(letters.p_holm < 1e-100 && letters.mcnemar == Some(letters.p));
    let facts = row("pilot_facts_easy");
    assert_eq!((facts.difference.value, facts.p, facts.p_holm), (0.0, 1.0, 1.0));
    let lonely = compare(&of("trunk", 1100)[..1], &[], [&[], &[]]);
    assert_eq!(lonely.left_out, ["pilot_letters: only on the first side"]);
}

#[test]
fn numbers_counted_in_tokens_compare_under_one_tokenizer_alone() {
    let side = |tokenizer: &str, more: usize, metric: &str| {
        let mut unit = unit(&kind("facts", false), &checkpoint("trunk", 100), 0.5);
        for choice in Arc::make_mut(&mut unit.items).iter_mut().flat_map(|item| &mut item.choices) {
            choice.tokens += more;
        }
        unit.record.inputs.tokenizer = tokenizer.into();
        unit.record.primary_metric = metric.into();
        unit.record.metrics = metric::evaluate(&[metric], &unit.items).unwrap();
        unit
    };
    // tokenizer's files and tokens of each choice on both sides → compared, and whether other tokens are told
    for (metric, files, more, told) in [
        ("acc", ["one", "two"], 1, Some(true)),
        ("p_gold", ["one", "two"], 1, Some(true)),
        ("margin", ["one", "one"], 0, Some(false)),
        ("margin", ["one", "two"], 0, Some(false)), // the same tokenizer, written otherwise
        ("margin", ["one", "two"], 1, None),
        ("margin", ["one", ""], 1, Some(false)), // an import says nothing of its tokenizer
    ] {
        let found = compare(&[&side(files[0], 0, metric)], &[&side(files[1], more, metric)], [&[], &[]]);
        assert_eq!(found.rows.first().map(|row| row.other_tokens), told, "{metric} {files:?} {more}");
        if told.is_none() {
            assert_eq!(
                found.left_out,
                ["facts: `margin` counts in tokens, and the two sides have different tokenizers"]
            );
        }
    }
}

#[test]
fn texts_are_compared_in_bits_per_byte() {
    let side = |bits: [f64; 2]| {
        let mut unit = unit(&kind("pages", false), &checkpoint("trunk", 100), 0.5);
        let text = |(doc_id, (bits, bytes)): (usize, (f64, usize))| ItemRecord {
            doc_id,
            rolling: Some(RollingRecord { logprob: -bits * LN_2, tokens: 3, words: 2, bytes }),
            ..ItemRecord::default()
        };
        unit.items = Arc::new(bits.into_iter().zip([10, 20]).enumerate().map(text).collect());
        unit.record.primary_metric = "word_perplexity".into();
        unit.record.metrics = metric::evaluate(&["word_perplexity", "bits_per_byte"], &unit.items).unwrap();
        unit
    };
    let found = compare(&[&side([10.0, 40.0])], &[&side([5.0, 20.0])], [&[], &[]]);
    let row = &found.rows[0];
    assert_eq!(row.metric, "bits_per_byte");
    // 50 and 25 bits in 30 bytes; the items' residuals are ±2/9, so the error of their mean is 2/9
    for (got, wanted) in
        [(row.a, 5.0 / 3.0), (row.b, 5.0 / 6.0), (row.difference.value, -5.0 / 6.0), (row.difference.se, 2.0 / 9.0)]
    {
        assert!((got - wanted).abs() < 1e-12, "{row:?}");
    }
}

#[test]
fn a_page_of_its_own_says_whether_the_jump_is_the_metrics() {
    let made_up = story();
    let found = findings(&made_up);
    let told = about(&made_up, task(&found, "pilot_letters"), &found.alarms);
    let real = "The jump on anneal is real, and no effect of right-or-wrong scoring: P(gold) of the same items jumps as sharply as acc.";
    assert!(told.iter().any(|line| line == real), "{told:#?}");
    let gain = "The anneal added +60.0 points (98 % CI 55.0 to 65.0 for all 6 gains together) to pilot_letters beyond trunk at equal \
                tokens. Item noise alone, as in `spyglass compare`: 95 % CI 57.0 to 63.0.";
    assert!(told.iter().any(|line| line == gain), "{told:#?}");
    let doubted: Vec<&String> = told.iter().filter(|line| line.ends_with(" A leak is suspected there.")).collect();
    assert_eq!(doubted.len(), 2, "the onset and the gain on dirty: {told:#?}");
    assert!(doubted.iter().all(|line| line.contains("dirty")), "{doubted:#?}");
}

#[test]
fn item_groups_and_leaves_are_parts_in_the_order_of_their_onsets() {
    let steps: Vec<u64> = (0..10).map(|k| k * 100).collect();
    let trunk = branch("trunk", None, &steps, &[]);
    let accuracy = |at: &Checkpoint, from: u64| if at.step < from { 0.25 } else { 0.85 };
    let leaves = [("mmlu_late", 700), ("mmlu_early", 300)];
    let units = trunk.checkpoints.iter().flat_map(|at| {
        leaves.map(|(leaf, from)| unit(&Kind { items: 0..400, ..kind(leaf, true) }, at, accuracy(at, from)))
    });
    let mut made_up = run(vec![trunk.clone()], units.collect());
    made_up.groups = vec![TaskGroup {
        name: "mmlu".into(),
        leaves: leaves.map(|leaf| leaf.0.into()).into(),
        weight_by_size: true,
        ..TaskGroup::default()
    }];
    let names = |made_up: &Run, of: &str| -> Vec<String> {
        task(&findings(made_up), of).parts.iter().map(|part| part.name.clone()).collect()
    };
    assert_eq!(names(&made_up, "mmlu"), ["mmlu_early", "mmlu_late"]);
    assert!(names(&made_up, "mmlu_late").is_empty(), "its items have no groups");

    // One task whose even items come first.
    let both = trunk.checkpoints.iter().map(|at| {
        let mut early = unit(&Kind { items: 0..400, ..kind("mixed", true) }, at, accuracy(at, 300));
        let late = unit(&Kind { items: 0..400, ..kind("mixed", true) }, at, accuracy(at, 700));
        let of_group = |index: usize| if index.is_multiple_of(2) { &early.items[index] } else { &late.items[index] };
        let items: Vec<ItemRecord> = (0..400).map(|index| of_group(index).clone()).collect();
        early.record.metrics = metric::evaluate(&["acc"], &items).unwrap();
        early.items = Arc::new(items);
        early
    });
    let mut mixed = run(vec![trunk.clone()], both.collect());
    let text = |doc_id: usize| crate::run::ItemText {
        doc_id,
        subject: Some(if doc_id.is_multiple_of(2) { "even" } else { "a <late> one" }.into()),
        context: String::new(),
        choices: Vec::new(),
    };
    let items = Arc::new((0..400).map(text).collect());
    mixed.texts = vec![crate::run::TaskTexts { task: "mixed".into(), shots: 0, perturb: None, items }];
    assert_eq!(names(&mixed, "mixed"), ["even", "a <late> one"]);
    let found = findings(&mixed);
    let by: Vec<Option<u64>> = (task(&found, "mixed").parts.iter())
        .map(|part| part.path("trunk").unwrap().onset.as_ref().unwrap().by())
        .collect();
    assert_eq!(by, [Some(300 * TOKENS_PER_STEP), Some(700 * TOKENS_PER_STEP)]);
}

#[test]
fn always_yes_is_no_ability() {
    /// The first option is right in `first` of 3270 items, and one character longer in `odd` of them.
    fn guess(first: usize, odd: usize) -> f64 {
        let choice = |chars: usize| ChoiceRecord { chars, bytes: chars, tokens: 1, ..ChoiceRecord::default() };
        let item = |doc_id: usize| ItemRecord {
            doc_id,
            gold: usize::from(doc_id >= first),
            choices: vec![choice(3 + usize::from(doc_id < odd)), choice(2)],
            ..ItemRecord::default()
        };
        let mut boolq = unit(&kind("boolq", false), &checkpoint("trunk", 1), 0.5);
        boolq.items = Arc::new((0..3270).map(item).collect());
        crate::series::constant::or_constant(0.5, &[&boolq], false)
    }
    let luck = 2.0 * (0.25_f64 / 3270.0).sqrt();
    assert!((guess(2033, 0) - (2033.0 / 3270.0 - luck)).abs() < 1e-12);
    assert!(guess(1640, 0) <= 0.5, "as common as luck makes it");
    assert!(guess(2033, 1) <= 0.5, "other options in one item: there is no constant answer");
}
