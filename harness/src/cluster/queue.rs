//! Asking Slurm, by its commands.

use std::process::Command;

use super::engine::Element;
use crate::{Error, Result};

/// What a command of Slurm prints.
///
/// # Errors
/// It is not installed, or refuses.
pub(super) fn ask(program: &str, arguments: &[String]) -> Result<String> {
    let wrong = |problem: String, help: &str| Error::Usage { problem, help: help.into() };
    let output = Command::new(program).args(arguments).output().map_err(|error| {
        wrong(
            format!("`{program}` cannot be run ({error})"),
            "this has to be done where Slurm's commands are; `--dry-run` prints the scripts anywhere",
        )
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let help = "the scripts are in `cluster` in the results folder; `cluster:` in the run file sets partition, account and the like";
        return Err(wrong(format!("`{program}` refuses: {}", said.trim()), help));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How many elements an array may have; `None` where Slurm does not tell.
pub(super) fn largest_array() -> Option<usize> {
    let told = ask("scontrol", &["show".into(), "config".into()]).ok()?;
    array_size(&told)
}

fn array_size(config: &str) -> Option<usize> {
    let line = config.lines().find(|line| line.trim_start().starts_with("MaxArraySize"))?;
    line.split_once('=')?.1.trim().parse().ok()
}

/// How jobs stand; those that Slurm no longer knows of are left out.
///
/// # Errors
/// Slurm cannot be asked.
pub(super) fn standing(jobs: &[&str]) -> Result<Vec<Element>> {
    let mut all = Vec::new();
    for job in jobs {
        let arguments = ["--noheader", "--array", "--states=all", "--format=%i|%T|%r|%M", "--jobs"].map(str::to_owned);
        match ask("squeue", &[&arguments[..], &[(*job).to_owned()]].concat()) {
            Ok(told) => all.extend(told.lines().filter_map(element)),
            Err(error) if error.to_string().contains("Invalid job id") => {} // it ended long ago
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn element(line: &str) -> Option<Element> {
    let mut parts = line.trim().split('|').map(str::to_owned);
    let (id, state, reason, elapsed) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Element { id, state, reason: if reason == "None" { String::new() } else { reason }, elapsed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slurm_says_is_read() {
        let config =
            "MailProg                = /bin/mail\nMaxArraySize            = 1001\nMaxBatchRequeue         = 5\n";
        assert_eq!((array_size(config), array_size("nothing")), (Some(1001), None));
        let told = element("17_3|PENDING|Resources|0:00").unwrap();
        assert_eq!((told.id.as_str(), told.state.as_str(), told.reason.as_str()), ("17_3", "PENDING", "Resources"));
        assert_eq!(element("17_3|RUNNING|None|1:02").unwrap().reason, "");
        assert_eq!(element("slurm_load_jobs error"), None);
    }
}
