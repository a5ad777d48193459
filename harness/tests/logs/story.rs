//! The story that every log tells, and a run that has it for its log.

use std::path::Path;

use spyglass::{Discovered, RunFile, discover_tree};

/// Step, learning rate, loss; 6144 tokens a step. The checkpoints lie at 300, 600 and 1000.
pub(crate) const STORY: [(u64, &str, &str); 11] = [
    (0, "0", "6"),
    (100, "0.003", "3.5"),
    (200, "0.0029", "3"),
    (300, "0.0027", "2.8"),
    (400, "0.0024", "2.6"),
    (500, "0.002", "2.5"),
    (600, "0.0015", "2.4"),
    (700, "0.0012", "2.35"),
    (800, "0.001", "2.3"),
    (900, "0.0008", "2.25"),
    (1000, "0.0005", "2.2"),
];
pub(crate) const TOKENS_PER_STEP: &str = ", tokens_per_step: 6144";

/// The story, a line an entry: `{s}` is its step, `{r}` its rate, `{l}` its loss, `{t}` its tokens, `{n}` the line's number from 0.
pub(crate) fn story(line: &str) -> String {
    let entry = |(number, (step, rate, loss)): (usize, &(u64, &str, &str))| {
        let line = line.replace("{s}", &step.to_string()).replace("{r}", rate).replace("{l}", loss);
        line.replace("{t}", &(step * 6144).to_string()).replace("{n}", &number.to_string()) + "\n"
    };
    STORY.iter().enumerate().map(entry).collect()
}

pub(crate) fn csv(head: &str, line: &str) -> String {
    format!("{head}\n{}", story(line))
}

/// A run of three checkpoints without counts of their own, with this log; `log` is what the run file says of it.
pub(crate) fn discovered(dir: &Path, file: &str, text: &[u8], log: &str, more: &str) -> Result<Discovered, String> {
    for step in [300, 600, 1000] {
        let folder = dir.join(format!("run/checkpoint-{step}"));
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join("model.safetensors"), "").unwrap();
    }
    fs_err::write(dir.join(file), text).unwrap();
    let path = dir.join("run.yaml");
    fs_err::write(&path, format!("checkpoints: [{{path: run, log: {log}{more}}}]\n")).unwrap();
    RunFile::read(&path).and_then(|run| discover_tree(&run)).map_err(|error| error.in_full())
}

pub(crate) fn read(file: &str, text: &[u8], columns: &str, more: &str) -> Result<Discovered, String> {
    let dir = tempfile::tempdir().unwrap();
    let log = if columns.is_empty() { file.to_owned() } else { format!("{{file: {file}, columns: {columns}}}") };
    discovered(dir.path(), file, text, &log, more)
}

/// Asserts that the story was read: rates (unless the log has none) and tokens at the checkpoints, the last loss, no entry lost.
pub(crate) fn check_story(name: &str, found: &Discovered, has_rate: bool) {
    let branch = &found.tree.branches[0];
    let rates: Vec<Option<f64>> = branch.checkpoints.iter().map(|checkpoint| checkpoint.learning_rate).collect();
    let wanted = if has_rate { [Some(0.0027), Some(0.0015), Some(0.0005)] } else { [None; 3] };
    assert_eq!(rates, wanted, "{name}");
    let tokens: Vec<u64> = branch.checkpoints.iter().map(|checkpoint| checkpoint.tokens).collect();
    assert_eq!(tokens, [1_843_200, 3_686_400, 6_144_000], "{name}");
    let last = branch.log.entries.last().unwrap();
    assert_eq!((last.step, last.loss), (1000, Some(2.2)), "{name}");
    assert_eq!(branch.log.entries.len(), 11, "{name}");
}
