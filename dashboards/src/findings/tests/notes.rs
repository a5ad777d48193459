//! Notes on numbers that answer different questions, or that nobody can place.

use super::*;

#[test]
fn checkpoints_that_answered_other_questions_are_named() {
    let asked = |change: fn(&mut UnitInputs)| {
        let mut made_up = small(&[0.25, 0.3, 0.3], |_| 0..200);
        change(&mut made_up.units[1].record.inputs);
        findings(&made_up).notes
    };
    let at = "t: trunk step 100 (614 k tokens) was scored on";
    let rest = "than the rest: its curve joins answers to different questions";
    assert_eq!(asked(|inputs| inputs.data = "other".into()), [format!("{at} other data {rest}")]);
    let definition = asked(|inputs| inputs.task_definition = "other".into());
    assert_eq!(definition, [format!("{at} another task definition {rest}")]);
    assert!(asked(|_| {}).is_empty());
}

#[test]
fn a_task_of_which_guessing_is_unknown_has_no_onset_and_says_so() {
    let mut made_up = small(&[0.25, 0.9, 0.9], |_| 0..200);
    for unit in &mut made_up.units {
        unit.record.chance = None;
        unit.items = Arc::default();
    }
    let found = findings(&made_up);
    let note = "t: what guessing scores is unknown, since the results came without items; no onset is looked for. \
                Samples beside the results tell it";
    assert_eq!((found.notes, found.tasks[0].paths[0].onset.is_none()), (vec![note.to_owned()], true));
}
