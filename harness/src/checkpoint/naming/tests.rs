//! Tests of `naming`.

use super::*;

/// Patterns with their variants and steps, and the names that were left out.
fn told(names: &str, tokens: TokensIn) -> (Vec<(String, Option<String>, Vec<u64>)>, Vec<String>) {
    let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
    let (found, left_out) = namings(&names, tokens);
    let told = found.into_iter().map(|naming| (naming.pattern, naming.variant, naming.names.into_keys().collect()));
    (told.collect(), left_out.into_iter().map(|(name, _)| name).collect())
}

#[test]
fn names_give_their_pattern_and_steps() {
    let cases: [(&str, &str, &[u64]); 20] = [
        ("checkpoint-1200", "checkpoint-{step}", &[1200]),
        ("iter_0000042_hf iter_0000100_hf", "iter_{step}_hf", &[42, 100]),
        ("7 8", "{step}", &[7, 8]),
        ("étape9", "étape{step}", &[9]),
        ("step1000-tokens4B step2000-tokens8B step3000-tokens13B", "step{step}-tokens{tokens}", &[1000, 2000, 3000]),
        ("step1000-tokens4B", "step{step}-tokens{tokens}", &[1000]),
        ("checkpoint-1000-bf16 checkpoint-2000-bf16", "checkpoint-{step}-bf16", &[1000, 2000]),
        ("ckpt-1000-v2 ckpt-2000-v2", "ckpt-{step}-v2", &[1000, 2000]),
        ("epoch=0-step=1000 epoch=1-step=2000", "epoch=*-step={step}", &[1000, 2000]),
        ("epoch=0-step=1000.ckpt", "epoch=*-step={step}.ckpt", &[1000]),
        ("ep0-ba100 ep1-ba200", "ep*-ba{step}", &[100, 200]),
        ("2026-01-01_step1000 2026-01-02_step2000", "*_step{step}", &[1000, 2000]),
        ("step-500k step-1M step-1500k", "step-{step}", &[500_000, 1_000_000, 1_500_000]),
        ("step_1k step_2k step_10k", "step_{step}", &[1000, 2000, 10_000]),
        ("iter_1000/hf iter_2000/hf", "iter_{step}/hf", &[1000, 2000]),
        ("L-1.1B-step-50K-105b L-1.1B-step-240k-503b", "L-1.1B-step-{step}-{tokens}", &[50_000, 240_000]),
        ("500steps 10ksteps", "{step}steps", &[500, 10_000]),
        ("2026-01-01_12-30-00_step500 2026-01-02_09-05-59_step1000", "*_step{step}", &[500, 1000]),
        ("step500-8k step1000-32k", "step{step}-*", &[500, 1000]),
        ("step1000-9f00a1 step2000-b12c3d", "step{step}-*", &[1000, 2000]),
    ];
    for (names, pattern, steps) in cases {
        assert_eq!(told(names, TokensIn::Name), (vec![(pattern.into(), None, steps.to_vec())], Vec::new()), "{names}");
    }
    let counted = told("step1000-tokens4B step2000-tokens8B", TokensIn::Checkpoint).0;
    assert_eq!(counted[0].0, "step{step}-tokens*", "the checkpoints count their tokens themselves");
}

#[test]
fn stages_and_seeds_are_fields_where_they_vary() {
    let cases = [
        (
            "stage1-step150-tokens1B stage1-step900-tokens2B stage2-ingredient1-step100-tokens1B stage2-ingredient2-step100-tokens1B",
            "stage{stage}-[ingredient{seed}-]step{step}-tokens{tokens}",
        ),
        ("step1250-seed-default step2500-seed-default step1250-seed-small-aux-2", "step{step}-seed-{seed}"),
        ("stage1-step-40000 stage2-step-80000", "stage{stage}-step-{step}"),
        ("seed1/step10 seed2/step10 seed2/step20", "seed{seed}/step{step}"),
        ("stage1-step10 stage1-step20", "stage1-step{step}"),
        ("step5 stage1-step10 stage1-step20", "[stage{stage}-]step{step}"),
    ];
    for (names, pattern) in cases {
        let (found, left_out) = told(names, TokensIn::Name);
        let patterns: Vec<_> = found.iter().map(|naming| naming.0.as_str()).collect();
        assert_eq!((patterns, left_out.as_slice()), (vec![pattern], &[][..]), "{names}");
    }
    let (found, left_out) = told("tokens-200M tokens-9.6B main", TokensIn::Name);
    assert_eq!(found, [("tokens-{tokens}".into(), None, vec![200_000_000, 9_600_000_000])]);
    assert_eq!(left_out, ["main"]);
}

#[test]
fn other_kinds_of_one_step_are_variants() {
    let cases: [(&str, &str, &[(&str, &str, usize)]); 5] = [
        (
            "checkpoint-1000 checkpoint-2000 checkpoint-1000-ema checkpoint-2000-ema checkpoint-3000-ema",
            "checkpoint-{step}",
            &[("checkpoint-{step}-ema", "ema", 3)],
        ),
        ("step10 step20 ema_step10", "step{step}", &[("ema_step{step}", "ema", 1)]),
        ("ckpt-1-v1 ckpt-1-v2 ckpt-2-v1 ckpt-2-v2", "ckpt-{step}-v1", &[("ckpt-{step}-v2", "v2", 2)]),
        ("iter_1/hf iter_1/hf-ema", "iter_{step}/hf", &[("iter_{step}/hf-ema", "ema", 1)]),
        (
            "checkpoint-1 checkpoint-1-merged checkpoint-1-ema checkpoint-2-merged",
            "checkpoint-{step}",
            &[("checkpoint-{step}-merged", "merged", 2), ("checkpoint-{step}-ema", "ema", 1)],
        ),
    ];
    for (names, plain, variants) in cases {
        let (found, left_out) = told(names, TokensIn::Name);
        assert_eq!((found[0].0.as_str(), &found[0].1), (plain, &None), "{names}");
        let others: Vec<_> = found[1..].iter().map(|(p, v, s)| (p.as_str(), v.as_deref().unwrap(), s.len())).collect();
        assert_eq!(others, variants, "{names}");
        assert!(left_out.is_empty(), "{names}: {left_out:?}");
    }
}

#[test]
fn what_is_left_out_is_told() {
    let (found, left_out) = told("checkpoint-10 checkpoint-20 final latest iter_5 0123abc456", TokensIn::Name);
    assert_eq!(found, [("checkpoint-{step}".into(), None, vec![10, 20])]);
    assert_eq!(left_out, ["final", "latest", "0123abc456", "iter_5"]);
    assert_eq!(told("0123abc456 9f00a1", TokensIn::Name), (Vec::new(), vec!["0123abc456".into(), "9f00a1".into()]));
    let names = "checkpoint-500 checkpoint-600 tmp-checkpoint-1500 checkpoint-1500.tmp checkpoint-1000-final";
    let (found, left_out) = told(names, TokensIn::Name);
    assert_eq!(found, [("checkpoint-{step}".into(), None, vec![500, 600])]);
    assert_eq!(left_out, ["tmp-checkpoint-1500", "checkpoint-1500.tmp", "checkpoint-1000-final"]);
    let (found, left_out) = told("checkpoint-100 checkpoint-0100", TokensIn::Name);
    assert_eq!((found.len(), left_out.len()), (0, 2), "{found:?}");
}
