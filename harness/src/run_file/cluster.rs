//! Workers on a cluster, as the run file says it.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spyglass_tasks::yaml::count;

use super::{storage, watch};
use crate::values::count_schema;

/// Workers on a cluster, for `spyglass submit`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterSpec {
    /// How many workers; never more than there are units left.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "count_schema")]
    pub(crate) workers: usize,
    /// At most so many of them at once.
    #[serde(deserialize_with = "count::optional")]
    #[schemars(schema_with = "count_schema")]
    pub(crate) at_once: Option<usize>,
    /// Cores of each worker.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "count_schema")]
    pub(crate) cores: usize,
    /// Memory of each worker, such as `32G`.
    #[serde(deserialize_with = "storage::bytes")]
    #[schemars(schema_with = "storage::bytes_schema")]
    pub(crate) memory: Option<u64>,
    /// Time of each worker, such as `4h`; a minute before its end it hands back what it has in hand.
    #[serde(deserialize_with = "watch::optional_time")]
    #[schemars(schema_with = "watch::time_schema")]
    pub(crate) time: Option<Duration>,
    /// Whether a worker whose time was over, or whose node was lost, is queued again.
    pub(crate) requeue: bool,
    /// Slurm's partition.
    pub(crate) partition: Option<String>,
    /// Slurm's account.
    pub(crate) account: Option<String>,
    /// Further options of `sbatch`, such as `--constraint=zen4`.
    pub(crate) options: Vec<String>,
    /// Commands of the shell that come before the worker, such as `module load`.
    pub(crate) setup: Vec<String>,
    /// The image of the container with spyglass (Kubernetes, SkyPilot).
    pub(crate) image: Option<String>,
    /// The volume that the run lies on: a claim (Kubernetes) or a volume's name (SkyPilot).
    pub(crate) volume: Option<String>,
    /// Where that volume is mounted, here as there; the run file's folder unless given.
    pub(crate) mount: Option<String>,
    /// The queue of Kueue (Kubernetes).
    pub(crate) queue: Option<String>,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self {
            workers: 8,
            at_once: None,
            cores: 4,
            memory: None,
            time: None,
            requeue: true,
            partition: None,
            account: None,
            options: Vec::new(),
            setup: Vec::new(),
            image: None,
            volume: None,
            mount: None,
            queue: None,
        }
    }
}

impl ClusterSpec {
    /// What is wrong with its keys, and the mend.
    pub(super) fn flaw(&self) -> Option<(String, String)> {
        let counts = [("workers", Some(self.workers)), ("cores", Some(self.cores)), ("at_once", self.at_once)];
        if let Some((key, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return Some((format!("`cluster.{key}` is 0"), "1 is the least".into()));
        }
        let lines = [&self.partition, &self.account].into_iter().flatten().chain(&self.options);
        if let Some(broken) = lines.clone().find(|text| text.contains('\n')) {
            return Some((
                format!("`{}` in `cluster` has several lines", broken.escape_debug()),
                "write it on one line".into(),
            ));
        }
        let bare = self.options.iter().find(|option| !option.starts_with('-'))?;
        Some((
            format!("`{bare}` in `cluster.options` is no option of sbatch"),
            "write it as there: `--constraint=zen4`".into(),
        ))
    }

    /// Where the volume is mounted.
    pub(crate) fn mount_path(&self, folder: &Path) -> String {
        self.mount.clone().unwrap_or_else(|| folder.display().to_string())
    }
}
