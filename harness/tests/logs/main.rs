//! Training logs of many trainers, each telling the same story: what is read of them, and what is refused with its place.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod refused;
mod story;

use story::{TOKENS_PER_STEP, check_story, csv, read, story};

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn usual_forms_and_columns_are_read() {
    let object = r#"{"step": {s}, "lr": {r}, "loss": {l}}"#;
    let plain = csv("step,lr,loss", "{s},{r},{l}");
    let state = |entries: &str| {
        format!(r#"{{"global_step": 1000, "log_history": [{}]}}"#, entries.trim_end().replace('\n', ","))
    };
    let summary = r#"{"step": 1000, "train_loss": 2.69, "train_runtime": 9.5}"#;
    let sorted = plain.replace("1000,0.0005,2.2\n", "").replacen("\n200,", "\n1000,0.0005,2.2\n200,", 1);
    let cases: Vec<(&str, &str, String, &str)> = vec![
        ("plain", "log.csv", plain.clone(), ""),
        ("in capitals", "LOG.CSV", plain.clone(), ""),
        ("called text", "log.txt", plain.clone(), ""),
        ("no suffix", "log", plain.clone(), ""),
        ("a byte order mark and CRLF", "log.csv", format!("\u{feff}{}", plain.replace('\n', "\r\n")), ""),
        ("tabs", "log.tsv", plain.replace(',', "\t"), ""),
        ("semicolons", "log.csv", plain.replace(',', ";"), ""),
        ("semicolons and decimal commas", "log.csv", plain.replace(',', ";").replace('.', ","), ""),
        ("spaces", "log.txt", csv("step   lr  loss", "{s}   {r}  {l}"), ""),
        ("comments", "log.csv", format!("# run 7\n#\n{plain}# done\n"), ""),
        ("numpy's head", "log.csv", csv("# run 7\n# step,lr,loss", "{s},{r},{l}"), ""),
        ("a head that comes again", "log.csv", plain.replacen("600,", "step,lr,loss\n600,", 1), ""),
        ("one object a line", "log.jsonl", story(object), ""),
        ("lines called JSON", "log.json", story(object), ""),
        ("a line that is being written", "log.jsonl", story(object) + r#"{"step": 1100, "lr": 0.00"#, ""),
        ("a row that is being written", "log.csv", plain.clone() + "1100,0.00", ""),
        ("a list", "log.json", format!("[{}]", story(object).trim_end().replace('\n', ",")), ""),
        ("a trainer's state", "state.json", state(&story(&object.replace("lr", "learning_rate"))), ""),
        ("its summary", "state.json", state(&(story(object) + summary)), ""),
        (
            "NaN in other columns",
            "state.json",
            state(&story(r#"{"step": {s}, "lr": {r}, "loss": {l}, "grad_norm": NaN}"#)),
            "",
        ),
        (
            "Megatron",
            "out.log",
            format!(
                "starting, 8 GPUs\n{}",
                story(" [2026-01-01] iteration   {s}/ 1000 | elapsed (ms): 9 | learning rate: {r} | lm loss: {l} |")
            ),
            "",
        ),
        (
            "nanotron",
            "out.log",
            story("[INFO|DP=0]: iteration: {s} / 1000 | consumed_tokens: 6.1M | lm_loss: {l} | lr: {r} | grad_norm: 1"),
            "",
        ),
        ("carriage returns alone", "log.csv", plain.replace('\n', "\r"), ""),
        (
            "W&B's history",
            "log.jsonl",
            story(
                r#"{"_step": {n}, "_runtime": 1.5, "train/global_step": {s}, "train/learning_rate": {r}, "train/loss": {l}}"#,
            ),
            "`_step`",
        ),
        (
            "W&B's table",
            "log.csv",
            csv("Step,train/global_step,train/learning_rate,train/loss", "{n},{s},{r},{l}"),
            "`Step`",
        ),
        (
            "Lightning with W&B",
            "log.csv",
            csv("_step,trainer/global_step,train_loss,lr-AdamW", "{n}5,{s},{l},{r}"),
            "`_step`",
        ),
        (
            "two groups",
            "log.csv",
            csv("step,lr-AdamW/pg1,lr-AdamW/pg2,lr-AdamW/pg1-momentum,train_loss", "{s},{r},0.1,0.9,{l}"),
            "`lr-AdamW/pg2`",
        ),
        ("numbered groups", "log.csv", csv("step,lr_0,lr_1,loss", "{s},{r},{r},{l}"), ""),
        (
            "OLMo",
            "log.csv",
            csv("_step,optim/learning_rate_group0,train/CrossEntropyLoss,throughput/total_tokens", "{s},{r},{l},{t}"),
            "",
        ),
        (
            "Megatron's W&B",
            "log.csv",
            csv("iteration,learning-rate,lm loss,consumed train tokens", "{s},{r},{l},{t}"),
            "",
        ),
        (
            "ms-swift",
            "log.jsonl",
            story(r#"{"loss": {l}, "learning_rate": {r}, "global_step/max_steps": "{s}/1000"}"#),
            "",
        ),
        (
            "LLaMA-Factory",
            "log.jsonl",
            story(r#"{"current_steps": {s}, "total_steps": 1000, "loss": {l}, "lr": {r}}"#),
            "",
        ),
        (
            "litgpt",
            "log.csv",
            csv("iter,step,loss,learning_rate,tokens,total_tokens", "{s}0,{s},{l},{r},7{n},{t}"),
            "`iter`",
        ),
        (
            "the mean of a whole run",
            "log.csv",
            csv("step,lr,train/loss,train_loss", "{s},{r},{l},") + "1000,,,3.9\n",
            "",
        ),
        ("thousands", "log.csv", plain.replace("\n1000,", "\n\"1,000\","), ""),
        ("thin spaces", "log.csv", plain.replace("\n1000,", "\n1\u{2009}000,"), ""),
        ("floats", "log.csv", csv("step,lr,loss", "{s}.0,{r},{l}"), ""),
        (
            "nothing beside something",
            "log.jsonl",
            story(r#"{"step": {s}, "lr": null, "train/lr": {r}, "loss": null, "train/loss": {l}}"#),
            "",
        ),
        (
            "holes written as NaN",
            "log.jsonl",
            story(object).replacen(
                r#"{"step": 600"#,
                "{\"step\": 500, \"lr\": NaN, \"loss\": NaN, \"eval_loss\": 9}\n{\"step\": 600",
                1,
            ),
            "",
        ),
        ("evaluations between", "log.csv", csv("step,lr,loss,eval_loss", "{s},{r},{l},\n{s},,,9"), ""),
        (
            "a late evaluation",
            "log.jsonl",
            story(object).replacen(
                r#"{"step": 900"#,
                "{\"step\": 500, \"eval_loss\": 3.3, \"tokens\": 3072000}\n{\"step\": 900",
                1,
            ),
            "",
        ),
        (
            "a restart",
            "log.csv",
            plain.replacen("\n600,", "\n600,0.1,9\n700,0.1,9\n800,0.1,9\n600,", 1),
            "log.csv: steps 600 to 800 are logged twice, as after a restart: the later lines count",
        ),
        (
            "two runs whose lines alternate",
            "log.csv",
            csv("step,lr,loss", "{s},0.1,9\n{s},{r},{l}"),
            "log.csv: 11 steps from 0 to 1000 have lines with another loss or learning rate each",
        ),
        ("a counter that stands still", "log.csv", csv("global_step,step,lr,loss", "0,{s},{r},{l}"), ""),
        (
            "tokens that stand still beside others",
            "log.csv",
            csv("step,num_input_tokens_seen,tokens,lr,loss", "{s},0,{t},{r},{l}"),
            "",
        ),
        ("floats with three decimals", "log.csv", csv("step,lr,loss", "{s}.000,{r},{l}"), ""),
        (
            "printed lines",
            "out.log",
            format!("loading\n{}done\n", story("Step {s}/1000 | loss {l} | lr {r} | 9.1 it/s")),
            "",
        ),
        ("printed lines without an end", "out.log", story("[INFO] step={s} loss={l} lr={r}").trim_end().to_owned(), ""),
        (
            "printed lines with evaluations",
            "out.log",
            story("iter {s}: loss {l}, lr {r}, time 12ms") + "step 1000: train loss 2.3, val loss 2.4\n",
            "",
        ),
        (
            "rows of a validation split",
            "log.csv",
            csv("step,split,loss,lr", "{s},train,{l},{r}\n{s},Val,9,"),
            "11 lines of `split` = Val are left out",
        ),
        (
            "a block of a validation split",
            "log.jsonl",
            story(r#"{"step": {s}, "mode": "train", "lr": {r}, "loss": {l}}"#)
                + &story(r#"{"step": {s}, "mode": "eval", "lr": 7, "loss": 9}"#),
            "11 lines of `mode` = eval are left out",
        ),
        ("sorted as text", "log.csv", sorted, ""),
        (
            "a cell like Megatron's line",
            "log.jsonl",
            story(r#"{"step": {s}, "lr": {r}, "loss": {l}, "message": " iteration 7/ 10 | loss: 99 |"}"#),
            "",
        ),
        (
            "a quoted cell like Megatron's line",
            "log.csv",
            csv("step,lr,loss,note", "{s},{r},{l},\"iteration 7/ 10 | loss: 99 |\""),
            "",
        ),
        (
            "an evaluation that counts global steps",
            "log.jsonl",
            story(object) + r#"{"global_step": 1000, "eval_loss": 3, "loss": 9}"#,
            "1 line has numbers but no step in `step`",
        ),
        ("spaces and a row that is being written", "log.txt", csv("step lr loss", "{s} {r} {l}") + "1100 0.00", ""),
        (
            "Megatron after much talk",
            "out.log",
            "loading a shard\n".repeat(3000) + &story(" iteration {s}/ 1000 | learning rate: {r} | lm loss: {l} |"),
            "",
        ),
        ("a separator above the head", "log.csv", format!("sep=;\n{}", plain.replace(',', ";")), ""),
        (
            "tokens of a batch",
            "log.csv",
            csv("step,lr,loss,num_tokens", "{s},{r},{l},6144"),
            "`num_tokens` does not count up",
        ),
        (
            "lines without a step",
            "log.csv",
            plain.replacen("\n600,", "\n,0.1,9\n600,", 1),
            "1 line has numbers but no step",
        ),
    ];
    for (name, file, text, note) in &cases {
        let found = read(file, text.as_bytes(), "", TOKENS_PER_STEP).unwrap_or_else(|error| panic!("{name}: {error}"));
        check_story(name, &found, true);
        let notes = found.notes.join("\n");
        assert!(if note.is_empty() { notes.is_empty() } else { notes.contains(note) }, "{name}: {notes}");
    }
}

#[test]
fn columns_that_the_run_file_names_are_read() {
    let cases = [
        ("a list of one", "log.jsonl", story(r#"{"n": {s}, "rate": [{r}], "l": {l}}"#), "{step: n, lr: rate, loss: l}"),
        ("another step", "log.csv", csv("global_step,mine,lr,loss", "{n},{s},{r},{l}"), "{step: mine}"),
        ("another loss", "log.csv", csv("step,loss,lr,ce", "{s},9,{r},{l}"), "{loss: ce}"),
    ];
    for (name, file, text, columns) in &cases {
        let found =
            read(file, text.as_bytes(), columns, TOKENS_PER_STEP).unwrap_or_else(|error| panic!("{name}: {error}"));
        check_story(name, &found, true);
    }
    let tokens = csv("step,tok,lr,loss", "{s},{t},{r},{l}").replace("3686400", "\"3,686,400\"");
    check_story("tokens", &read("log.csv", tokens.as_bytes(), "{tokens: tok}", "").unwrap(), true);
}

#[test]
fn a_log_without_a_rate_is_read_with_a_word() {
    let found = read("log.csv", csv("step,rate,loss", "{s},{r},{l}").as_bytes(), "", TOKENS_PER_STEP).unwrap();
    check_story("no rate", &found, false);
    assert!(
        found.notes.iter().any(|note| note.contains("columns: {lr: …}") && note.contains("step, rate, loss")),
        "{:?}",
        found.notes
    );
    let empty = read("log.csv", csv("step,lr,loss", "{s},,{l}").as_bytes(), "", TOKENS_PER_STEP).unwrap();
    check_story("an empty rate", &empty, false);
    assert!(empty.notes.iter().any(|note| note.contains("the column `lr` holds no number")), "{:?}", empty.notes);
    let summary = r#"{"log_history": [{"step": 1000, "train_runtime": 9.5, "train_loss": 2.69}]}"#;
    let found = read("state.json", summary.as_bytes(), "", TOKENS_PER_STEP).unwrap();
    assert!(found.tree.branches[0].log.entries.is_empty(), "a mean of the whole run is the loss of no step");
}

#[test]
fn a_loss_that_is_no_number_is_kept() {
    for (at, step) in [("2.5}", 500), ("2.2}", 1000)] {
        let text = story(r#"{"step": {s}, "lr": {r}, "loss": {l}}"#).replace(at, "NaN}");
        let found = read("log.jsonl", text.as_bytes(), "", TOKENS_PER_STEP).unwrap();
        let branch = &found.tree.branches[0];
        let bad: Vec<u64> = branch
            .log
            .entries
            .iter()
            .filter(|entry| entry.loss.is_some_and(f64::is_nan))
            .map(|entry| entry.step)
            .collect();
        assert_eq!((bad.as_slice(), branch.checkpoints[2].learning_rate), ([step].as_slice(), Some(0.0005)));
    }
}
