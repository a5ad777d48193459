//! Tests of `choice`.

use super::*;
use crate::record::GenerationRecord;

fn letters(logprobs: &[f64], gold: usize) -> ItemRecord {
    let choice =
        |logprob: &f64| ChoiceRecord { logprob: *logprob, tokens: 1, chars: 1, bytes: 1, ..Default::default() };
    ItemRecord { gold, choices: logprobs.iter().map(choice).collect(), ..Default::default() }
}

fn value(scored: Scored) -> f64 {
    scored.unwrap().unwrap().value
}

#[test]
fn format_and_selection_add_up_to_the_gold_letter() {
    let item = letters(&[0.1_f64.ln(), 0.3_f64.ln(), 0.05_f64.ln(), 0.15_f64.ln()], 1);
    assert!((value(option_mass(&item)) - 0.6).abs() < 1e-12);
    assert!((value(p_gold(&item)) - 0.5).abs() < 1e-12);
    assert!((value(log_option_mass(&item)) + value(selection(&item)) - 0.3_f64.ln()).abs() < 1e-12);
    assert!((value(margin(&item)) - 2.0_f64.ln()).abs() < 1e-12);
}

#[test]
fn longer_choices_have_no_mass_and_one_choice_no_margin() {
    let mut item = letters(&[-1.0, -2.0], 0);
    item.choices[1].tokens = 2;
    assert_eq!(option_mass(&item), Ok(None));
    assert_eq!(margin(&letters(&[-1.0], 0)), Ok(None));
    assert!(parrot_margin(&letters(&[-1.0; 3], 0)).is_err());
    assert!(acc(&letters(&[-1.0, -2.0], 2)).is_err());
}

#[test]
fn a_single_answer_is_right_when_greedy() {
    let mut item = letters(&[-0.5], 0);
    assert_eq!((value(acc(&item)), value(exact_match(&item))), (0.0, 0.0));
    item.choices[0].is_greedy = true;
    assert_eq!((value(acc(&item)), value(acc_norm(&item)), value(exact_match(&item))), (1.0, 1.0, 1.0));
}

#[test]
fn recall_counts_the_answers_that_a_reply_holds() {
    let recall_of = |text: &str, targets: &[&str]| {
        let targets = targets.iter().map(|target| (*target).to_owned()).collect();
        let reply = GenerationRecord { filtered: text.into(), targets, ..GenerationRecord::default() };
        recall(&ItemRecord { generation: Some(reply), ..ItemRecord::default() })
    };
    let cases: [(&str, &[&str], f64); 7] = [
        (" 4829157.", &["4829157"], 1.0),
        (" 14829157", &["4829157"], 0.0), // part of another number
        ("ABC, XYZ", &["XYZ", "ABC", "DEF", "abc"], 0.75),
        ("the Attic", &["attic"], 1.0),
        ("party", &["art"], 0.0),
        ("art party", &["art"], 1.0),
        ("", &["x", "y"], 0.0),
    ];
    for (text, targets, expected) in cases {
        assert_eq!(recall_of(text, targets), one(expected), "{text}");
    }
    assert_eq!(recall_of("x", &[]), Ok(None));
    assert!(recall(&ItemRecord::default()).is_err());
}
