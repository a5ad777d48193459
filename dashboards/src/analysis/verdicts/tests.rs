//! Tests of `verdicts`.

use super::*;
use crate::analysis::{ALPHA, beyond_luck, rise_by_luck};
use crate::draws::draws;

fn row(passed: &str) -> VerdictHops {
    verdict_hops(&passed.chars().map(|c| c == '1').collect::<Vec<_>>())
}

#[test]
fn verdicts_flip() {
    let found = row("0101");
    assert_eq!(found, VerdictHops { first_passed: Some(1), since: false, flips: 3, passed: 2, judged: 4 });
    assert_eq!(row(""), VerdictHops::default());
    assert!(row("011").since);
}

#[test]
fn luck_counts_every_order_of_the_passes() {
    for passes in 0_u32..1 << 9 {
        let word = |bits: u32| (0..9).map(|k| if bits >> k & 1 == 1 { '1' } else { '0' }).collect::<String>();
        let found = row(&word(passes));
        let alike: Vec<VerdictHops> =
            (0_u32..1 << 9).filter(|b| b.count_ones() == passes.count_ones()).map(|bits| row(&word(bits))).collect();
        let fewer = alike.iter().filter(|other| other.flips <= found.flips).count();
        assert!((found.luck() - fewer as f64 / alike.len() as f64).abs() < 1e-12, "{passes:b}");
    }
}

#[test]
fn a_clear_change_is_beyond_luck_and_six_checkpoints_are_too_few() {
    assert_eq!(beyond_luck(&["000111", "000000", "111111"].map(row)), [false; 3]);
    assert_eq!(beyond_luck(&["000000111111", "010110100101", "1"].map(row)), [true, false, false]);
    assert_eq!(beyond_luck(&["00000111110000011111"].map(row)), [true], "it comes and goes");
    let mut many = vec![row("000000111111"); 40];
    assert_eq!(beyond_luck(&many), [true; 40]);
    many[1..].fill(row("010110100101"));
    assert_eq!(beyond_luck(&many), [false; 40], "one in forty may do so by luck");
}

#[test]
fn coins_of_any_rate_seldom_look_like_a_change() {
    let pages = 2000;
    for (prompts, checkpoints) in [(1, 4), (2, 6), (6, 6), (13, 8), (30, 12), (6, 30)] {
        let (mut told, mut came, mut luck) = (0, 0, draws(prompts as u64 * 100 + checkpoints as u64));
        for _ in 0..pages {
            let coins: Vec<Vec<bool>> = (0..prompts)
                .map(|_| {
                    let rate = luck();
                    (0..checkpoints).map(|_| luck() < rate).collect()
                })
                .collect();
            let rows: Vec<VerdictHops> = coins.iter().map(|row| verdict_hops(row)).collect();
            told += usize::from(beyond_luck(&rows).contains(&true));
            let half = |k: usize| 2 * coins.iter().filter(|row| row[k]).count() >= prompts;
            let pack = verdict_hops(&(0..checkpoints).map(half).collect::<Vec<_>>());
            let values: Vec<Vec<Option<f64>>> =
                coins.iter().map(|row| row.iter().map(|&pass| Some(f64::from(u8::from(pass)))).collect()).collect();
            let split = pack.first_passed.filter(|first| pack.since && *first > 0);
            came += usize::from(split.is_some_and(|split| rise_by_luck(&values, split) <= ALPHA));
        }
        let most = (0.025 * f64::from(pages)) as usize;
        assert!(told <= most && came <= most, "{prompts} prompts, {checkpoints} checkpoints: {told}, {came}");
    }
}

#[test]
fn prompts_that_turn_together_rise_beyond_luck() {
    let turned = |prompts: usize| vec![[0.0, 0.0, 0.0, 1.0, 1.0, 1.0].map(Some).to_vec(); prompts];
    assert!(rise_by_luck(&turned(6), 3) < 1e-4);
    assert!(rise_by_luck(&turned(1), 3) > ALPHA);
    assert!((rise_by_luck(&[vec![Some(1.0); 6], vec![None; 6]], 3) - 1.0).abs() < 1e-12);
}
