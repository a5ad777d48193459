//! What lies on the disk while a run on a hub is swept: kept for the next try, shared by two sweeps, or full.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::hub::{blob_bytes, command, published, run, run_file, units};
use crate::hub_look_alike::{Hub, What};
use crate::program::{Ran, RunFolder, below, copy};

fn lying(folder: &RunFolder) -> Vec<PathBuf> {
    below(&folder.path("hf/hub")).into_iter().filter(|path| !path.starts_with(".locks")).collect()
}

/// Bytes of the checkpoint of a step.
fn size(folder: &RunFolder, step: u64) -> u64 {
    let own = folder.path(&format!("local/step{step}"));
    below(&own).iter().map(|file| fs_err::metadata(own.join(file)).unwrap().len()).sum()
}

fn sha256(path: &Path) -> String {
    spyglass_tasks::sha256_hex(&fs_err::read(path).unwrap())
}

#[test]
fn what_has_come_of_a_checkpoint_that_failed_is_kept_for_the_next_try() {
    let (folder, hub, _) = published(&[0, 1, 2]);
    let shard = |name: &str| sha256(&folder.path("local/step1").join(name));
    let [first, second] = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"].map(shard);
    let asked = |digits: &str| {
        let seen = hub.seen();
        let ranges = seen.iter().filter(|own| own.target.contains(digits)).map(|own| own.range.clone());
        (ranges.collect::<Vec<_>>(), seen.iter().any(|own| own.target.contains(&first)))
    };
    // A wrong checksum: the file goes, those beside it stay.
    hub.go_wrong(&second, 2, What::Wrong);
    let wrong = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("2 units scored"), "{}", wrong.stderr);
    for said in ["twice the same", "what has come of it is kept", "unless `disk:` needs the room"] {
        assert!(wrong.stderr.contains(said), "{said}: {}", wrong.stderr);
    }
    let kept = lying(&folder);
    let is_kept = |digits: &str| kept.iter().any(|path| path.to_string_lossy().contains(digits));
    assert!(is_kept(&first) && !is_kept(&second), "{kept:?}");
    assert_eq!(
        kept.iter().filter(|path| path.ends_with("config.json")).count(),
        1,
        "only of the one that failed: {kept:?}"
    );
    // A file that is refused after a part of it has come: it goes on from there.
    hub.seen();
    hub.go_wrong(&second, 1, What::Cut(9_000));
    hub.go_wrong(&second, 1, What::Status(404, "X-What", "gone"));
    let cut = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(cut.code == Some(1) && cut.stderr.contains("what has come of it is kept"), "{}", cut.stderr);
    let (ranges, again) = asked(&second);
    assert_eq!(
        (ranges, again),
        (vec![None, Some("bytes=9000-".into())], false),
        "what is finished is not fetched again"
    );
    // A sweep of other checkpoints leaves it alone.
    let other = run(&folder, &hub, &["sweep", "run.yaml", "--only", "trunk/2/*", "--limit", "40"]);
    assert_eq!(other.code, Some(0), "{}", other.stderr);
    hub.seen();
    let last = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(last.code == Some(0) && last.stderr.contains("1 unit scored"), "{}", last.stderr);
    assert_eq!(asked(&second), (vec![Some("bytes=9000-".into())], false));
    assert_eq!(lying(&folder), Vec::<PathBuf>::new(), "scored, it goes as the others do");
}

#[test]
fn what_was_only_begun_is_the_first_to_go_when_the_room_is_needed() {
    let (folder, hub, _) = published(&[0, 1, 2]);
    let room = [0, 1, 2].map(|step| size(&folder, step)).into_iter().max().unwrap();
    run_file(&folder, "hub: tiny/mix", &format!("disk: {room}\n"));
    let weights = sha256(&folder.path("local/step0/pytorch_model.bin"));
    hub.go_wrong(&weights, 1, What::Cut(30_000));
    hub.go_wrong(&weights, 1, What::Status(404, "X-What", "gone"));
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("2 units scored"), "{}", ran.stderr);
    assert_eq!(lying(&folder), Vec::<PathBuf>::new(), "its room was needed");
    hub.seen();
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(ran.code == Some(0) && ran.stderr.contains("1 unit scored"), "{}", ran.stderr);
    assert!(hub.seen().iter().any(|own| own.target.contains(&weights) && own.range.is_none()), "begun anew");
}

fn start(folder: &RunFolder, hub: &Hub) -> Child {
    let mut sweep = command(folder, hub, &["sweep", "run.yaml"]);
    sweep.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn two_sweeps_on_one_results_folder_stay_within_the_room_together() {
    let steps = [0, 1, 2, 4, 8, 16];
    let (folder, hub, _) = published(&steps);
    let room = 2 * steps.map(|step| size(&folder, step)).into_iter().max().unwrap();
    run_file(&folder, "hub: tiny/mix", &format!("disk: {room}\n"));
    hub.slow_down(6);
    let cache = folder.path("hf/hub");
    let rooms = || {
        let all = below(&folder.path("results/.hub")).into_iter();
        all.filter(|path| path.extension().is_some_and(|ending| ending == "room")).count()
    };
    // One that is killed while it fetches speaks for no room any more.
    let mut dead = start(&folder, &hub);
    while rooms() == 0 {
        assert!(dead.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    dead.kill().unwrap();
    dead.wait().unwrap();
    assert_eq!(rooms(), 1, "nobody has removed it");
    let over = AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = blob_bytes(&cache).max(most);
                std::thread::sleep(Duration::from_millis(3));
            }
            most
        });
        let children = [start(&folder, &hub), start(&folder, &hub)];
        for child in children {
            let ran: Ran = child.wait_with_output().unwrap().into();
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        }
        over.store(true, Ordering::Relaxed);
        watching.join().unwrap()
    });
    assert!(most > room / 2 && most <= room, "{most} of {room} bytes");
    assert_eq!((folder.unit_folders().len(), lying(&folder).len(), rooms()), (steps.len(), 0, 0));
}

/// A small disk of its own at a folder; `None`, said aloud, where nobody may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(folder: &Path, bytes: u64) -> Option<Self> {
        use std::io::Write;
        fs_err::create_dir_all(folder).unwrap();
        let options = format!("size={bytes}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).output();
        if mount.is_ok_and(|ran| ran.status.success()) {
            return Some(Self(folder.to_path_buf()));
        }
        writeln!(std::io::stderr(), "skipped: a small disk can only be mounted by root").unwrap();
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).output());
    }
}

#[test]
fn a_disk_that_is_full_is_named_and_the_sweep_goes_on_when_there_is_room() {
    let (folder, hub, _) = published(&[0, 1, 2]);
    let local = RunFolder::small();
    copy(&folder.path("local"), &local.path("local"));
    run_file(&local, "path: local", "");
    assert_eq!(local.run(&["sweep", "run.yaml"]).code, Some(0));
    // The cache: one checkpoint fits beside what lies there, and no other.
    let room = [0, 1, 2].map(|step| size(&folder, step)).into_iter().max().unwrap();
    let Some(_cache) = SmallDisk::at(&folder.path("hf"), 3 * room) else { return };
    let ballast = folder.path("hf/ballast");
    fs_err::write(&ballast, vec![1; (2 * room + room / 2) as usize]).unwrap();
    let full = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert_eq!(full.code, Some(1), "{}", full.stderr);
    for said in
        ["hf/hub/models--tiny--mix/blobs/", "the disk is full", "make room", "`disk:`", "HF_HUB_CACHE", "is kept"]
    {
        assert!(full.stderr.contains(said), "{said}: {}", full.stderr);
    }
    // Room for one and a half: one is scored, and goes, before the next has come.
    fs_err::write(&ballast, vec![1; (room + room / 2) as usize]).unwrap();
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(ran.code == Some(0) && units(&folder) == units(&local), "{}", ran.stderr);
    fs_err::remove_file(&ballast).unwrap();
    // The results.
    fs_err::remove_dir_all(folder.path("results")).unwrap();
    let Some(_results) = SmallDisk::at(&folder.path("results"), 4 << 20) else { return };
    let ballast = folder.path("results/ballast");
    let mut left = 4 << 20;
    while left >= 4096 && fs_err::write(&ballast, vec![1; left]).is_err() {
        left -= 4096;
    }
    fs_err::write(&ballast, vec![1; left - (40 << 10)]).unwrap(); // room for a part of what is to be written
    let full = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(full.code == Some(1) || full.code == Some(2), "{}", full.stderr);
    for said in ["results/", "the disk is full", "make room"] {
        assert!(full.stderr.contains(said), "{said}: {}", full.stderr);
    }
    let before = folder.unit_folders().len();
    fs_err::remove_file(&ballast).unwrap();
    let ran = run(&folder, &hub, &["sweep", "run.yaml"]);
    assert!(ran.code == Some(0) && units(&folder) == units(&local), "{}", ran.stderr);
    let words = if before == 2 { "1 unit scored".to_owned() } else { format!("{} units scored", 3 - before) };
    assert!(ran.stderr.contains(&words), "what is finished is kept: {}", ran.stderr);
}
