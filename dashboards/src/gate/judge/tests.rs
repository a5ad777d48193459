//! What a gate promises, on simulated items whose truth is known.

use super::*;
use crate::draws::draws;

fn question(level: Level, found: Found) -> Question {
    let (about, items) = ("task".into(), Some(100));
    let asked = Asked::Drop;
    let ask = Ask { rule: 1, level, asked, about, against: None, metric: None, fraction: true, items, unpaired: false };
    Question { ask, found }
}

/// Flips of `items` pairs, of which a share `lost` turns wrong and a share `gained` right.
fn flips(luck: &mut impl FnMut() -> f64, items: usize, lost: f64, gained: f64) -> Measured {
    let (mut worse, mut better) = (0.0, 0.0);
    for _ in 0..items {
        let draw = luck();
        worse += f64::from(u8::from(draw < lost));
        better += f64::from(u8::from(draw >= lost && draw < lost + gained));
    }
    let pairs = items as f64;
    Measured::Flips { lost: worse / pairs, gained: better / pairs, pairs }
}

/// How often gates of `rules` critical rules with this limit end in each verdict, of a thousand.
fn verdicts(rules: usize, items: usize, [lost, gained]: [f64; 2], limit: f64) -> impl Fn(Verdict) -> usize {
    let mut luck = draws((rules * 7919 + items) as u64);
    let mut gate = || {
        let found = |_| Found::Number(flips(&mut luck, items, lost, gained), Bound::AtMost(limit));
        judge((0..rules).map(found).map(|found| question(Level::Critical, found)).collect(), 0.05).0
    };
    let all: Vec<Verdict> = (0..1000).map(|_| gate()).collect();
    move |wanted| all.iter().filter(|verdict| **verdict == wanted).count()
}

/// 50 of a thousand and two standard errors.
const ONE_IN_TWENTY: usize = 64;

#[test]
fn rules_without_a_change_block_one_gate_in_twenty_whatever_their_number() {
    for (rules, items) in [(1, 200), (5, 200), (20, 200), (20, 30), (60, 500)] {
        // The hardest case: the truth lies on the limit.
        let blocked = verdicts(rules, items, [0.06, 0.06], 0.0)(Verdict::Block);
        assert!(blocked <= ONE_IN_TWENTY, "{rules} rules, {items} items: {blocked}");
        let blocked = verdicts(rules, items, [0.09, 0.06], 0.03)(Verdict::Block);
        assert!(blocked <= ONE_IN_TWENTY, "{rules} rules, {items} items, limit .03: {blocked}");
    }
}

#[test]
fn a_rule_that_is_broken_in_truth_passes_one_gate_in_twenty() {
    for (rules, items) in [(1, 100), (1, 1000), (8, 1000)] {
        let passed = verdicts(rules, items, [0.09, 0.06], 0.03)(Verdict::Pass);
        assert!(passed <= ONE_IN_TWENTY, "{rules} rules, {items} items: {passed}");
    }
}

#[test]
fn a_real_drop_is_blocked_a_harmless_change_passes_and_few_items_tell_nothing() {
    assert!(verdicts(10, 400, [0.12, 0.03], 0.02)(Verdict::Block) > 990);
    assert!(verdicts(10, 5000, [0.03, 0.03], 0.02)(Verdict::Pass) > 950);
    let few = verdicts(3, 12, [0.03, 0.03], 0.02);
    assert_eq!((few(Verdict::CannotTell), few(Verdict::Pass)), (1000, 0));
    // What they could have shown is what they show four times in five.
    let mut luck = draws(5);
    let (_, judged) = judge(
        vec![question(Level::Critical, Found::Number(flips(&mut luck, 300, 0.05, 0.05), Bound::AtMost(0.02)))],
        0.05,
    );
    let far = judged[0].smallest_shown.unwrap();
    assert!((0.03..0.07).contains(&far), "{far}");
    let shown = verdicts(1, 300, [0.05 + 0.02 + far, 0.05], 0.02)(Verdict::Block);
    assert!((700..930).contains(&shown), "{shown}");
}

#[test]
fn levels_make_the_verdict_and_intervals_the_outcome() {
    use Level::{Advisory, Critical, Watched};
    let sure = |lost| Found::Number(Measured::Flips { lost, gained: 0.05, pairs: 2000.0 }, Bound::AtMost(0.02));
    let unknown = || Found::Nothing("not scored".into());
    let silent = || Found::Alarms(Vec::new());
    let spoke = || Found::Alarms(vec!["The loss rose.".into()]);
    let cases = [
        (vec![(Critical, sure(0.05)), (Watched, silent())], Verdict::Pass),
        (vec![(Critical, sure(0.2)), (Critical, unknown())], Verdict::Block),
        (vec![(Critical, unknown()), (Watched, sure(0.2))], Verdict::CannotTell),
        (vec![(Critical, sure(0.05)), (Watched, sure(0.2))], Verdict::Warn),
        (vec![(Watched, unknown())], Verdict::Warn),
        (vec![(Advisory, sure(0.2)), (Advisory, unknown()), (Advisory, spoke())], Verdict::Pass),
        (vec![(Critical, spoke())], Verdict::Block),
    ];
    for (asked, wanted) in cases {
        let told = format!("{asked:?}");
        let (verdict, judged) = judge(asked.into_iter().map(|(level, found)| question(level, found)).collect(), 0.05);
        assert_eq!(verdict, wanted, "{told}");
        for row in judged.iter().filter(|row| row.limit.is_some()) {
            let (limit, low, high) = (row.limit.unwrap(), row.low.unwrap(), row.high.unwrap());
            let by_interval = match (low > limit, high < limit) {
                (true, _) => Outcome::Broken,
                (_, true) => Outcome::Held,
                _ => Outcome::CannotTell,
            };
            assert_eq!(row.outcome, by_interval, "{row:?}");
        }
    }
}
