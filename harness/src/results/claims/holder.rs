//! Who holds a claim.

use serde::{Deserialize, Serialize};

/// Who holds a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClaimHolder {
    /// Name of the machine.
    pub host: String,
    /// Process id on it.
    pub pid: u32,
    /// Tells a process from a later one of the same number: start time, boot and process namespace. Empty where unknown.
    pub identity: String,
}

impl ClaimHolder {
    /// This process.
    pub(crate) fn this_process() -> Self {
        let pid = std::process::id();
        let host = fs_err::read_to_string("/proc/sys/kernel/hostname")
            .map_or_else(|_| "unknown".into(), |name| name.trim().into());
        Self { host, pid, identity: identity_of(pid).unwrap_or_default() }
    }

    /// Whether the process is known to have ended. A process on another machine, or of another container, is not known to.
    pub(in crate::results) fn has_ended(&self) -> bool {
        let Some((place, _)) = self.identity.split_once('#') else { return false };
        if place != place_of_processes().unwrap_or_default() {
            return false;
        }
        identity_of(self.pid).is_none_or(|now| now != self.identity)
    }
}

/// Boot and process namespace: within one such place a process number means something.
fn place_of_processes() -> Option<String> {
    let boot = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs_err::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

fn identity_of(pid: u32) -> Option<String> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name stands in brackets and may hold anything; field 3 is the state, field 22 the start time.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let started = fields.nth(18)?;
    Some(format!("{}#{started}", place_of_processes()?))
}
