//! What is to be started, whatever the engine.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::run_file::{ClusterSpec, RunFile};

/// Workers on a run.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// What the run file says of the cluster.
    pub(crate) spec: &'a ClusterSpec,
    /// The run's name.
    pub(crate) name: String,
    /// The program that is started.
    pub(crate) program: PathBuf,
    /// The folder of the run file, absolute.
    pub(crate) folder: PathBuf,
    /// The name of the run file in it.
    pub(crate) file: String,
    /// Where scripts and logs go, absolute.
    pub(crate) logs: PathBuf,
    /// How many workers: what was asked for, and no more than there are units.
    pub(crate) workers: usize,
    /// What every worker's command line says on top of the run file.
    pub(crate) options: Vec<String>,
}

impl<'a> Job<'a> {
    /// Workers for the units of a run that are left.
    ///
    /// # Errors
    /// A path cannot be resolved.
    pub(crate) fn new(run: &'a RunFile, units_left: usize, options: Vec<String>) -> Result<Self> {
        let file = fs_err::canonicalize(&run.path)?;
        let folder = file.parent().unwrap_or(Path::new("/")).to_path_buf();
        Ok(Self {
            spec: &run.cluster,
            name: run.display_name(),
            program: std::env::current_exe()?,
            logs: std::path::absolute(run.results.join("cluster"))?,
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            folder,
            workers: run.cluster.workers.min(units_left.max(1)),
            options,
        })
    }

    /// The job's name as engines take one: letters, digits and dashes, at most fifty.
    pub(super) fn label(&self) -> String {
        let plain: String =
            self.name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let short: String = plain.trim_matches('-').chars().take(50).collect();
        format!("spyglass-{}", short.trim_matches('-')).trim_end_matches('-').to_owned()
    }

    /// The arguments of a worker, the program first.
    pub(super) fn worker(&self, program: &str) -> Vec<String> {
        let own = [program, "work", &self.file, "--threads", &self.spec.cores.to_string()].map(str::to_owned);
        own.into_iter().chain(self.options.clone()).collect()
    }
}

/// A word as a shell takes it, whatever is in it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Words as a line of a shell.
pub(super) fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_words_as_they_were_meant() {
        for word in ["plain-1.yaml", "two words", "it's", "$HOME `x` \"y\"", "", "a\nb", "*"] {
            let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), word);
        }
    }
}
