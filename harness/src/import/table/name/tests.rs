//! Tests of `name`.

use super::*;

#[test]
fn names_of_trackers_are_read() {
    // Column, task, shots, metric, chance, items.
    let read = [
        ("eval/downstream/mmlu_stem_test_mc_5shot_len_norm", "mmlu_stem", 5, "acc_norm", Some(0.25), Some(3018)),
        ("eval/downstream/mmlu_stem_test_rc_5shot_len_norm", "mmlu_stem_words", 5, "acc_norm", Some(0.25), Some(3018)),
        (
            "eval/downstream/mmlu_social_sciences_val_mc_5shot_len_norm",
            "mmlu_social_sciences_validation",
            5,
            "acc_norm",
            Some(0.25),
            None,
        ),
        ("eval/downstream_bpb/hellaswag_val_rc_5shot_bpb", "hellaswag", 5, "bits_per_byte", None, Some(10_042)),
        ("eval/downstream_soft_log/csqa_val_rc_5shot_soft_log", "commonsense_qa", 5, "log_p_gold", None, Some(1221)),
        ("eval/downstream_soft/arc_easy_test_rc_5shot_soft", "arc_easy", 5, "p_gold", Some(0.25), Some(2376)),
        ("eval/downstream/hellaswag_val_mc_5shot_acc", "hellaswag_letters", 5, "acc", Some(0.25), Some(10_042)),
        ("hellaswag/acc_norm", "hellaswag", 0, "acc_norm", Some(0.25), Some(10_042)),
        ("lm_eval/arc_challenge/acc_norm,none", "arc_challenge", 0, "acc_norm", Some(0.25), Some(1172)),
        ("lighteval|arc:easy|0/acc_norm", "arc_easy", 0, "acc_norm", Some(0.25), Some(2376)),
        ("mmlu_anatomy/acc", "mmlu_anatomy", 0, "acc", Some(0.25), None),
        (
            "metrics/arc_challenge/25-shot/InContextLearningMultipleChoiceAccuracy",
            "arc_challenge",
            25,
            "acc",
            Some(0.25),
            Some(1172),
        ),
        ("PIQA (0-shot)", "piqa", 0, "acc", Some(0.5), Some(1838)),
        ("MMLU 5-shot accuracy", "mmlu", 5, "acc", Some(0.25), Some(14_042)),
        ("eval/my_task/accuracy", "my_task", 0, "acc", None, None),
        ("eval/c4_en-validation/CrossEntropyLoss", "c4_en", 0, "loss", None, None),
    ];
    for (column, task, shots, metric, chance, items) in read {
        let wanted = Named { task: task.into(), shots, metric: metric.into(), chance, items };
        assert_eq!(named(column), Some(wanted), "{column}");
    }
    for column in
        ["_step", "learning_rate_peak", "batch_size_in_tokens", "throughput", "hellaswag/acc_norm_stderr", "_timestamp"]
    {
        assert_eq!(named(column), None, "{column}");
    }
}
