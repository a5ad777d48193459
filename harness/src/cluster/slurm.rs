//! Slurm: one array of workers, and a job that writes the report when they have ended.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use super::engine::{Element, Engine, EngineName, Submitted};
use super::job::{Job, line, quoted};
use super::queue;
use crate::results::{now, write_whole};
use crate::{Error, Result};

/// So long before its time is over a worker is told to stop.
const NOTICE: Duration = Duration::from_mins(1);

/// Slurm, by its own commands.
#[derive(Debug)]
pub(super) struct Slurm;

impl Engine for Slurm {
    fn manifest(&self, job: &Job<'_>) -> Result<String> {
        let workers = within_limit(job)?;
        Ok(format!("{}\n# --- when all workers have ended ---\n{}", array(job, workers), report(job, "ARRAY")))
    }

    fn submit(&self, job: &Job<'_>) -> Result<Submitted> {
        let count = within_limit(job)?;
        fs_err::create_dir_all(&job.logs)?;
        let workers = sbatch(&job.logs.join("workers.sh"), &array(job, count))?;
        // Workers that nobody remembers could not be asked after, nor ended.
        let forget = |_: &_| drop(queue::ask("scancel", std::slice::from_ref(&workers)));
        let report = sbatch(&job.logs.join("report.sh"), &report(job, &workers)).inspect_err(forget)?;
        Ok(Submitted { engine: EngineName::Slurm, workers, report, count, time: now() })
    }

    fn standing(&self, submitted: &Submitted) -> Result<Vec<Element>> {
        queue::standing(&[&submitted.workers, &submitted.report])
    }

    fn cancel(&self, submitted: &Submitted) -> Result<()> {
        queue::ask("scancel", &[submitted.workers.clone(), submitted.report.clone()]).map(drop)
    }
}

/// As many workers as an array may have here.
/// Where a job's words go, as sbatch reads it: in quotes, a `%` of the folder twice, since one stands for a number of the job.
fn log(job: &Job<'_>, name: &str) -> String {
    format!("\"{}/{name}\"", job.logs.display().to_string().replace('%', "%%"))
}

fn within_limit(job: &Job<'_>) -> Result<usize> {
    // A machine from which nothing is submitted (a dry run) has no limit to tell.
    let limit = queue::largest_array().unwrap_or(usize::MAX);
    if limit == 0 {
        return Err(Error::Usage {
            problem: "this Slurm allows no job arrays (MaxArraySize is 0)".into(),
            help: "ask its administrators, or start `spyglass work` in jobs of your own".into(),
        });
    }
    Ok(job.workers.min(limit))
}

fn array(job: &Job<'_>, workers: usize) -> String {
    let at_once = job.spec.at_once.filter(|most| *most < workers).map(|most| format!("%{most}")).unwrap_or_default();
    let mut text = head(job, "workers");
    let _ = writeln!(text, "#SBATCH --array=0-{}{at_once}", workers - 1);
    let _ = writeln!(text, "#SBATCH --output={}", log(job, "worker-%a.log"));
    let _ = writeln!(text, "#SBATCH --cpus-per-task={}", job.spec.cores);
    if let Some(bytes) = job.spec.memory {
        let _ = writeln!(text, "#SBATCH --mem={}M", bytes.div_ceil(1 << 20));
    }
    if let Some(time) = job.spec.time {
        let _ = writeln!(text, "#SBATCH --time={}", minutes(time));
        let notice = NOTICE.min(time / 2).as_secs();
        let _ = writeln!(text, "#SBATCH --signal=B:USR1@{notice}");
    }
    let _ = writeln!(text, "#SBATCH --{}", if job.spec.requeue { "requeue" } else { "no-requeue" });
    text.push_str(&options(job));
    text.push_str(&place(job));
    let _ = writeln!(text, "{} &", line(&job.worker(&job.program.display().to_string())));
    text.push_str(if job.spec.requeue { WAIT_AND_REQUEUE } else { WAIT });
    text
}

/// A worker that is told to stop hands its units back; that takes until its next chunk is written.
const WAIT: &str = r"worker=$!
trap 'kill -TERM $worker' TERM USR1
wait $worker; code=$?
while kill -0 $worker 2>/dev/null; do wait $worker; code=$?; done
exit $code
";

/// The time that is nearly over (USR1) asks for more of it; `scancel` (TERM) does not.
const WAIT_AND_REQUEUE: &str = r#"worker=$!
again=no
trap 'again=yes; kill -TERM $worker' USR1
trap 'again=no; kill -TERM $worker' TERM
wait $worker; code=$?
while kill -0 $worker 2>/dev/null; do wait $worker; code=$?; done
if [ $again = yes ] && [ $code = 130 ]; then scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"; fi
exit $code
"#;

fn report(job: &Job<'_>, workers: &str) -> String {
    let mut text = head(job, "report");
    let _ = writeln!(text, "#SBATCH --dependency=afterany:{workers}");
    let _ = writeln!(text, "#SBATCH --output={}", log(job, "report.log"));
    if let Some(bytes) = job.spec.memory {
        let _ = writeln!(text, "#SBATCH --mem={}M", bytes.div_ceil(1 << 20));
    }
    text.push_str(&options(job));
    text.push_str(&place(job));
    let words = [job.program.display().to_string(), "report".into(), job.file.clone()];
    let _ = writeln!(text, "exec {}", line(&words));
    text
}

fn head(job: &Job<'_>, what: &str) -> String {
    let mut text = format!("#!/bin/bash\n#SBATCH --job-name={}-{what}\n#SBATCH --open-mode=append\n", job.label());
    for (name, value) in [("partition", &job.spec.partition), ("account", &job.spec.account)] {
        if let Some(value) = value {
            let _ = writeln!(text, "#SBATCH --{name}={value}");
        }
    }
    text
}

fn options(job: &Job<'_>) -> String {
    job.spec.options.iter().map(|option| format!("#SBATCH {option}\n")).collect()
}

/// The commands that come first.
fn place(job: &Job<'_>) -> String {
    let setup: String = job.spec.setup.iter().map(|command| format!("{command}\n")).collect();
    format!("{setup}cd {} || exit 2\n", quoted(&job.folder.display().to_string()))
}

/// A time as Slurm takes it, in whole minutes.
fn minutes(time: Duration) -> String {
    let minutes = time.as_secs().div_ceil(60);
    format!("{}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60)
}

/// Submits a script, which is kept; gives the job's number.
fn sbatch(path: &Path, script: &str) -> Result<String> {
    write_whole(path, script.as_bytes())?;
    let told = queue::ask("sbatch", &["--parsable".into(), path.display().to_string()])?;
    Ok(told.trim().split(';').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_slurms_form() {
        for (seconds, wanted) in
            [(1, "0-00:01:00"), (3600, "0-01:00:00"), (90 * 60, "0-01:30:00"), (172_860, "2-00:01:00")]
        {
            assert_eq!(minutes(Duration::from_secs(seconds)), wanted);
        }
    }
}
