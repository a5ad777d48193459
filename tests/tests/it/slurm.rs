//! A real Slurm on this machine: an array of workers, one cancelled, one killed, one whose time is over; and the manifests of other
//! engines.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Ran, RunFolder};
use crate::shared::shared;

const CLUSTER: &str = "cluster: {workers: 3, cores: 1, time: 10m, partition: main, image: 'registry/spyglass:1', volume: runs, queue: team}\n";

fn run() -> RunFolder {
    let folder = RunFolder::small();
    let tasks = "[pilot_letters, pilot_facts_easy, pilot_facts_hard, pilot_stories]";
    folder.write(
        "run.yaml",
        &format!(
            "name: trial\ncheckpoints: [{{path: trunk}}]\ntasks: {tasks}\ntask_folders: tasks\ndata: tasks\n{CLUSTER}"
        ),
    );
    folder
}

/// Slurm as `up.sh` starts it; it ends with the test.
struct Slurm {
    state: tempfile::TempDir,
    down: PathBuf,
}

impl Slurm {
    /// `None`, said aloud, where there is none.
    fn start() -> Option<Self> {
        let scripts = shared("slurm")?;
        let is_there = |name: &&str| ["/usr/sbin", "/usr/bin"].iter().any(|at| Path::new(at).join(name).exists());
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        if !is_root || !["slurmctld", "slurmd", "munged", "sbatch"].iter().all(is_there) {
            writeln!(std::io::stderr(), "skipped: Slurm is not installed here, or we are not root").unwrap();
            return None;
        }
        let slurm = Self { state: tempfile::tempdir().unwrap(), down: scripts.join("down.sh") };
        // A socket that no daemon listens on keeps `up.sh` from starting one.
        if !Command::new("munge").arg("-n").output().is_ok_and(|output| output.status.success()) {
            drop(fs_err::remove_file("/run/munge/munge.socket.2"));
        }
        let up = format!("source {} {}", scripts.join("up.sh").display(), slurm.state.path().display());
        // Its last command asks the controller, which a busy machine may not have started by then: the node's state decides.
        drop(Command::new("bash").args(["-c", &up]).stdout(Stdio::null()).stderr(Stdio::null()).status());
        let started = Instant::now();
        while slurm.command("sinfo", &["--noheader", "--format=%t"]).trim() != "idle" {
            if started.elapsed() > Duration::from_mins(1) {
                writeln!(std::io::stderr(), "skipped: Slurm does not start here: {}", slurm.last_words()).unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(slurm)
    }

    /// Why its daemons do not serve, as far as they say.
    fn last_words(&self) -> String {
        let log = |name: &str| fs_err::read_to_string(self.state.path().join(name)).unwrap_or_default();
        let lines = |text: String| text.lines().rev().take(5).map(str::to_owned).collect::<Vec<_>>().join(" | ");
        format!(
            "{} slurmctld: {} slurmd: {}",
            self.command("sinfo", &[]).trim(),
            lines(log("slurmctld.log")),
            lines(log("slurmd.log"))
        )
    }

    fn command(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        let output = command.args(arguments).env("SLURM_CONF", self.conf()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }

    fn conf(&self) -> PathBuf {
        self.state.path().join("slurm.conf")
    }

    fn spyglass(&self, folder: &RunFolder, arguments: &[&str]) -> Ran {
        folder.command(arguments).env("SLURM_CONF", self.conf()).output().unwrap().into()
    }

    /// What `status` tells of the queue.
    fn queue(&self, folder: &RunFolder) -> Vec<(String, String)> {
        let ran = self.spyglass(folder, &["status", "run.yaml", "--json"]);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        assert!(told["queue"]["problem"].is_null(), "{told}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let elements = told["queue"]["elements"].as_array().unwrap().iter();
        elements.map(|element| (text(&element["id"]), text(&element["state"]))).collect()
    }

    fn wait(&self, folder: &RunFolder, what: &str, holds: impl Fn(&[(String, String)]) -> bool) {
        let started = Instant::now();
        loop {
            let queue = self.queue(folder);
            if holds(&queue) {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_mins(5),
                "{what}: {queue:?} {}",
                self.command("scontrol", &["show", "jobs"])
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        drop(Command::new("bash").arg(&self.down).arg(self.state.path()).status());
    }
}

/// Process ids of the workers in a folder.
fn workers(folder: &RunFolder) -> Vec<String> {
    let own = fs_err::canonicalize(folder.path(".")).unwrap();
    let is_worker = |at: &Path| {
        let words = fs_err::read(at.join("cmdline")).unwrap_or_default();
        words.split(|&byte| byte == 0).nth(1) == Some(b"work")
            && fs_err::read_link(at.join("cwd")).is_ok_and(|cwd| cwd == own)
    };
    let all = fs_err::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    all.filter(|at| is_worker(at)).filter_map(|at| Some(at.file_name()?.to_str()?.to_owned())).collect()
}

#[test]
fn an_array_survives_what_happens_to_its_workers() {
    let Some(slurm) = Slurm::start() else { return };
    let folder = run();
    let submitted = slurm.spyglass(&folder, &["submit", "run.yaml"]);
    assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
    let job = submitted.stdout.trim();
    assert!(submitted.stderr.contains("3 workers on 8 units"), "{}", submitted.stderr);
    let is = |queue: &[(String, String)], id: &str, state: &str| queue.iter().any(|(own, at)| own == id && at == state);
    let element = |index: usize| format!("{job}_{index}");
    slurm.wait(&folder, "running", |queue| is(queue, &element(0), "RUNNING"));
    // Two cores: the third worker waits. It is cancelled; the time of the first is over; the second is killed.
    slurm.command("scancel", &[&element(2)]);
    slurm.command("scancel", &["--signal=USR1", "--batch", &element(0)]);
    if let Some(worker) = workers(&folder).last() {
        drop(Command::new("kill").args(["-KILL", worker]).status());
    }
    slurm.command("scontrol", &["update", &format!("JobId={}", element(0)), "StartTime=now"]);
    slurm.wait(&folder, "all over", |queue| {
        !queue.is_empty()
            && queue.iter().all(|(_, state)| !["PENDING", "RUNNING", "COMPLETING"].contains(&state.as_str()))
    });
    let logs = || {
        fs_err::read_dir(folder.path("results/cluster"))
            .unwrap()
            .flatten()
            .map(|entry| fs_err::read_to_string(entry.path()).unwrap())
    };
    assert!(folder.path("results/report/index.html").is_file(), "{}", logs().collect::<String>());
    // What the killed worker had in hand is done by the next one, be it this.
    assert_eq!(folder.run(&["sweep", "run.yaml"]).code, Some(0));
    let plain = run();
    assert_eq!(plain.run(&["sweep", "run.yaml"]).code, Some(0));
    assert_eq!(folder.records(), plain.records());
    let told = slurm.spyglass(&folder, &["status", "run.yaml"]);
    assert!(told.stdout.contains(&format!("job {job} (3 workers)")), "{}", told.stdout);

    // Nothing is left: nothing is submitted. Then something is, and is cancelled.
    let nothing = slurm.spyglass(&folder, &["submit", "run.yaml"]);
    assert!(nothing.stdout.is_empty() && nothing.stderr.contains("nothing is left"), "{}", nothing.stderr);
    fs_err::remove_dir_all(folder.unit_folders().pop().unwrap()).unwrap();
    let again = slurm.spyglass(&folder, &["submit", "run.yaml"]);
    assert!(again.stderr.contains("1 of 3 workers: no more units are left"), "{}", again.stderr);
    let cancelled = slurm.spyglass(&folder, &["cancel", "run.yaml"]);
    assert_eq!(cancelled.code, Some(0), "{}", cancelled.stderr);
    slurm.wait(&folder, "cancelled", |queue| {
        queue.iter().all(|(_, state)| !["PENDING", "RUNNING", "COMPLETING"].contains(&state.as_str()))
    });
}

#[test]
fn a_dry_run_prints_what_each_engine_would_be_given() {
    let folder = run();
    let printed = |engine: &str| {
        let ran = folder.run(&["submit", "run.yaml", "--to", engine, "--dry-run", "--limit", "20"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    let slurm = printed("slurm");
    for line in [
        "#SBATCH --job-name=spyglass-trial-workers",
        "#SBATCH --partition=main",
        "#SBATCH --array=0-2",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --time=0-00:10:00",
        "#SBATCH --signal=B:USR1@60",
        "#SBATCH --requeue",
        "#SBATCH --dependency=afterany:ARRAY",
    ] {
        assert!(slurm.lines().any(|own| own == line), "{line}: {slurm}");
    }
    assert!(slurm.contains(" work run.yaml --threads 1 --limit 20 &\n"), "{slurm}");
    let kubernetes = printed("kubernetes");
    for line in [
        "kind: \"Job\"",
        "  completionMode: \"Indexed\"",
        "  completions: 3",
        "  backoffLimitPerIndex: 3",
        "    kueue.x-k8s.io/queue-name: \"team\"",
        "  suspend: true",
    ] {
        assert!(kubernetes.lines().any(|own| own == line), "{line}: {kubernetes}");
    }
    let required = r#""onPodConditions":[{"type":"DisruptionTarget","status":"True"}]"#;
    assert!(kubernetes.contains(required), "{kubernetes}");
    let sky = printed("skypilot");
    for line in ["num_nodes: 3", "  cpus: \"1+\"", "  image_id: \"docker:registry/spyglass:1\"", "run: |"] {
        assert!(sky.lines().any(|own| own == line), "{line}: {sky}");
    }
    let refused = folder.run(&["submit", "run.yaml", "--to", "kubernetes"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--dry-run"), "{}", refused.stderr);
    let never = folder.run(&["cancel", "run.yaml"]);
    assert!(never.code == Some(2) && never.stderr.contains("nothing was submitted"), "{}", never.stderr);
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\ncluster: {workers: 0}\n");
    let wrong = folder.run(&["submit", "run.yaml", "--dry-run"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("`cluster.workers` is 0"), "{}", wrong.stderr);
}
