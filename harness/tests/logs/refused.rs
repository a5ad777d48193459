//! What is refused, each with its place.

use super::story::{TOKENS_PER_STEP, check_story, csv, discovered, read, story};

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn what_cannot_be_read_is_refused_with_its_place() {
    let plain = csv("step,lr,loss", "{s},{r},{l}");
    let object = r#"{"step": {s}, "lr": {r}, "loss": {l}}"#;
    let bad_cell = |from: &str, to: &str| plain.replacen(from, to, 1);
    let counted = csv("step,tokens,lr,loss", "{s},{t},{r},{l}");
    let cases: Vec<(&str, &str, String, &str, &[&str])> = vec![
        (
            "a word",
            "log.csv",
            bad_cell("0.0015", "see notes"),
            "",
            &["log.csv: line 8: column `lr`: `see notes` is not a number"],
        ),
        ("a unit", "log.csv", csv("step,rate,loss", "{s},{r}/s,{l}"), "{lr: rate}", &["line 2: column `rate`: `0/s`"]),
        (
            "kilo",
            "log.csv",
            bad_cell("\n700,", "\n0.7k,"),
            "",
            &["line 9: column `step`: `0.7k` is not a whole number"],
        ),
        ("per cent", "log.csv", bad_cell("2.4", "2.4%"), "", &["line 8: column `loss`: `2.4%`"]),
        (
            "a decimal comma among points",
            "log.csv",
            bad_cell("0.0015", "\"0,0015\""),
            "",
            &["line 8: column `lr`: `0,0015`"],
        ),
        ("half a step", "log.csv", bad_cell("\n700,", "\n700.5,"), "", &["line 9", "`700.5` is a fraction"]),
        ("below 0", "log.csv", bad_cell("\n0,", "\n-1,"), "", &["line 2", "`-1` is below 0"]),
        (
            "thousands without quotes",
            "log.csv",
            bad_cell("\n1000,", "\n1,000,"),
            "",
            &["line 12: 4 cells, the head names 3"],
        ),
        (
            "billions",
            "log.csv",
            csv("step,B,lr,loss", "{s},0.{s},{r},{l}"),
            "{tokens: B}",
            &["line 3: column `B`: `0.100` is a fraction"],
        ),
        (
            "two rates",
            "log.jsonl",
            story(object).replacen("0.0015", "[0.0015, 0.1]", 1),
            "",
            &["line 7: column `lr`", "list of several numbers"],
        ),
        (
            "a column that is empty",
            "log.csv",
            csv("step,lr,loss,t", "{s},{r},{l},"),
            "{tokens: t}",
            &["the column `t` holds no number"],
        ),
        (
            "a column that is not there",
            "log.csv",
            plain.clone(),
            "{lr: rate}",
            &["there is no column `rate`", "step, lr, loss"],
        ),
        ("a name twice", "log.csv", csv("step,lr,loss,loss", "{s},{r},{l},9"), "", &["line 1: two columns `loss`"]),
        ("no head", "log.csv", story("{s},{r},{l}"), "", &["names no columns, it holds numbers"]),
        (
            "TensorBoard's",
            "log.csv",
            csv("Wall time,Step,Value", "1.7e9,{s},{l}"),
            "",
            &["`Step` holds steps", "loss, the learning rate or the tokens", "Value"],
        ),
        ("no step", "log.csv", "a,b\n1,2\n".into(), "", &["no line holds a step", "a, b"]),
        (
            "nothing but a validation split",
            "log.csv",
            csv("step,split,loss", "{s},val,{l}"),
            "",
            &["log.csv: every line that tells something is of a validation split"],
        ),
        (
            "two runs",
            "log.csv",
            csv("Name,Step,lr,loss", "big,{s},{r},{l}") + &story("small,{s},{r},9"),
            "",
            &["log.csv: line 13: column `Name`: \"small\" after \"big\"", "keep the lines of one run"],
        ),
        (
            "printed dictionaries",
            "out.log",
            story("{'loss': {l}, 'learning_rate': {r}, 'epoch': 0.1}"),
            "",
            &["out.log", "what is read", "trainer_state.json", "CSV"],
        ),
        (
            "a program's talk",
            "out.log",
            "Starting the run\nepoch 1 done\n".into(),
            "",
            &["names no columns: `Starting the run`", "what is read"],
        ),
        (
            "a state that is cut off",
            "state.json",
            "{\"log_history\": [\n{\"step\": 1}, {\"st".into(),
            "",
            &["is not JSON", "cut off"],
        ),
        ("an empty state", "state.json", String::new(), "", &["is not JSON", "cut off"]),
        (
            "no state",
            "config.json",
            "{\"model_type\": \"zamba2\"}".into(),
            "",
            &["there is no list `log_history`", "what is read"],
        ),
        (
            "a broken line",
            "log.jsonl",
            story(object).replacen("\"lr\": 0.0015", "\"lr\" 0.0015", 1),
            "",
            &["line 7 is not JSON"],
        ),
        (
            "tokens that begin again",
            "log.csv",
            counted.replace("4300800", "614400"),
            "",
            &["line 9: column `tokens` goes back: 614400 tokens at step 700 after 3686400 at step 600 (line 8)"],
        ),
        (
            "tokens that stand still",
            "log.csv",
            csv("step,tokens,lr,loss", "{s},6144,{r},{l}"),
            "",
            &["step 600", "step 300", "6144"],
        ),
        (
            "a thousand or one",
            "log.csv",
            bad_cell("\n1000,", "\n1.000,"),
            "",
            &["log.csv: line 12: column `step`: `1.000` could be 1000 as well as 1", "without a point"],
        ),
        (
            "a web page",
            "log.csv",
            "<!DOCTYPE html>\n<html><body>step 1, loss 2</body></html>\n".into(),
            "",
            &["log.csv: is a page", "HTML", "table (CSV)"],
        ),
        ("Latin 1", "log.csv", "1".into(), "", &["names no columns"]),
    ];
    for (name, file, text, columns, said) in &cases {
        let more = if name.starts_with("tokens") { "" } else { TOKENS_PER_STEP };
        let error = read(file, text.as_bytes(), columns, more).err().unwrap_or_else(|| panic!("{name} was read"));
        assert!(said.iter().all(|said| error.contains(said)), "{name}: {error}");
    }
    let latin = [plain.as_bytes(), b"1100,0.1,\xe9"].concat();
    let error = read("log.csv", &latin, "", TOKENS_PER_STEP).unwrap_err();
    assert!(error.contains("line 13: this is not UTF-8 text"), "{error}");
}

#[test]
fn counts_of_the_checkpoints_rise_too() {
    let dir = tempfile::tempdir().unwrap();
    let counted = |counts: [&str; 3]| {
        for (step, count) in [300, 600, 1000].iter().zip(counts) {
            let folder = dir.path().join(format!("run/checkpoint-{step}"));
            fs_err::create_dir_all(&folder).unwrap();
            let state = format!(r#"{{"num_input_tokens_seen": {count}, "grad_norm": NaN, "log_history": []}}"#);
            fs_err::write(folder.join("trainer_state.json"), state).unwrap();
        }
        discovered(dir.path(), "log.csv", csv("step,lr,loss", "{s},{r},{l}").as_bytes(), "log.csv", "")
    };
    check_story("own counts", &counted(["1843200", "3686400.0", "6144000"]).unwrap(), true);
    let back = counted(["1843200", "3686400", "2457600"]).unwrap_err();
    assert!(
        back.contains("step 1000 of branch `trunk` has seen 2457600 tokens") && back.contains("3686400 of step 600"),
        "{back}"
    );
    let share = counted(["1843200", "3686400.5", "6144000"]).unwrap_err();
    assert!(share.contains("checkpoint-600/trainer_state.json") && share.contains("fraction"), "{share}");
}

#[cfg(unix)]
#[test]
fn a_link_to_another_step_is_no_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let text = csv("step,lr,loss", "{s},{r},{l}");
    let look = || discovered(dir.path(), "log.csv", text.as_bytes(), "log.csv", TOKENS_PER_STEP);
    look().unwrap();
    fs_err::rename(dir.path().join("run/checkpoint-300"), dir.path().join("elsewhere")).unwrap();
    fs_err::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("run/checkpoint-300")).unwrap();
    check_story("a link out of the folder", &look().unwrap(), true);
    fs_err::os::unix::fs::symlink("checkpoint-600", dir.path().join("run/checkpoint-900")).unwrap();
    let error = look().unwrap_err();
    assert!(error.contains("step 600 and step 900 of branch `trunk` are one folder"), "{error}");
}
