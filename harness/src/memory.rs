//! How much memory the machine has left, and the control groups that this process is in (Slurm's, a container's).

use std::path::Path;

use crate::{Error, Result};

/// Where version 2 of Linux' control groups says what a group may have, has, and of this could give back, and where version 1 does
/// (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of the kernel).
const VERSIONS: [Version; 2] = [
    Version {
        folder: "sys/fs/cgroup",
        most: "memory.max",
        used: "memory.current",
        cached: ["inactive_file ", "active_file "],
    },
    Version {
        folder: "sys/fs/cgroup/memory",
        most: "memory.limit_in_bytes",
        used: "memory.usage_in_bytes",
        cached: ["total_inactive_file ", "total_active_file "],
    },
];

struct Version {
    folder: &'static str,
    most: &'static str,
    used: &'static str,
    /// Pages of files, which go as soon as there is need.
    cached: [&'static str; 2],
}

/// Makes sure that there is room for `bytes` more beside the `kept` ones of weights: what else this process holds it uses again.
///
/// # Errors
/// There is none: `what` needs it.
pub(crate) fn make_sure_of(bytes: u64, kept: u64, what: impl Fn() -> String) -> Result<()> {
    let Some(free) = available() else { return Ok(()) };
    let room = free + own().unwrap_or(0).saturating_sub(kept);
    if bytes <= room {
        return Ok(());
    }
    let problem =
        format!("{} leaves {bytes} bytes of states behind, and there is room for {room} beside the weights", what());
    Err(Error::Usage { problem, help: "leave the longest texts out, or take a machine with more memory".into() })
}

/// Bytes of this process that are not pages of files.
fn own() -> Option<u64> {
    let text = fs_err::read_to_string("/proc/self/status").ok()?;
    let kibibytes = text.lines().find_map(|line| line.strip_prefix("RssAnon:"))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

/// Bytes that can be had without swapping, and without being ended for it; `None` where the system tells nothing.
pub(crate) fn available() -> Option<u64> {
    available_in(Path::new("/"))
}

fn available_in(root: &Path) -> Option<u64> {
    let text = fs_err::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let of_machine = text.lines().find_map(|line| {
        let kibibytes: u64 = line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    });
    let groups = fs_err::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    of_machine.into_iter().chain(groups.lines().flat_map(|line| left_in_group(root, line))).min()
}

/// What is left in a group and in those around it: `line` is one of `/proc/self/cgroup`, `number:controllers:path`.
fn left_in_group(root: &Path, line: &str) -> Vec<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let version = match controllers {
        "" => &VERSIONS[0],
        _ if controllers.split(',').any(|name| name == "memory") => &VERSIONS[1],
        _ => return Vec::new(),
    };
    let around = Path::new(path.trim_start_matches('/')).ancestors();
    around.filter_map(|group| left_in(&root.join(version.folder).join(group), version)).collect()
}

fn left_in(folder: &Path, version: &Version) -> Option<u64> {
    let number = |name: &str| fs_err::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    let (most, used) = (number(version.most)?, number(version.used)?); // no limit is the word `max`
    let stat = fs_err::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let cached = |name: &&str| stat.lines().find_map(|line| line.strip_prefix(*name)?.trim().parse::<u64>().ok());
    let cached: u64 = version.cached.iter().filter_map(cached).sum();
    Some(most.saturating_sub(used.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_the_machine_and_of_the_groups_around_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        assert_eq!(available_in(root.path()), None);
        write("proc/meminfo", "MemTotal:  900 kB\nMemAvailable:     500 kB\n");
        assert_eq!(available_in(root.path()), Some(500 * 1024));
        write("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/job\n0::/slurm/job/step\n");
        assert_eq!(available_in(root.path()), Some(500 * 1024), "none of them says a limit");
        // a limit of the group around, and of what is used a part is pages of files
        write("sys/fs/cgroup/slurm/job/memory.max", "300000\n");
        write("sys/fs/cgroup/slurm/job/memory.current", "250000\n");
        assert_eq!(available_in(root.path()), Some(50_000));
        write("sys/fs/cgroup/slurm/job/memory.stat", "anon 1\ninactive_file 100000\nactive_file 50000\nfile 170000\n");
        assert_eq!(available_in(root.path()), Some(200_000));
        write("sys/fs/cgroup/slurm/job/step/memory.max", "max\n");
        write("sys/fs/cgroup/slurm/job/step/memory.current", "250000\n");
        assert_eq!(available_in(root.path()), Some(200_000));
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "90000\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "20000\n");
        write("sys/fs/cgroup/memory/memory.stat", "inactive_file 9\ntotal_inactive_file 5000\n");
        assert_eq!(available_in(root.path()), Some(75_000));
    }
}
