//! SkyPilot: a task on several nodes, each a worker, on a volume that all of them share.

use serde_json::json;

use super::engine::{Element, Engine, Submitted, printed_only};
use super::job::{Job, line, quoted};
use super::kubernetes::write_yaml;
use crate::{Error, Result};

/// SkyPilot, by a task's YAML.
#[derive(Debug)]
pub(super) struct SkyPilot;

impl Engine for SkyPilot {
    fn manifest(&self, job: &Job<'_>) -> Result<String> {
        let spec = job.spec;
        let volume = spec.volume.as_ref().ok_or_else(|| Error::Usage {
            problem: "`cluster.volume` is missing in the run file: nodes share the run by a volume".into(),
            help: "make one with `sky volumes apply` and say `cluster: {volume: NAME}`; a bucket does not hold claims"
                .into(),
        })?;
        let mut resources = json!({"cpus": format!("{}+", spec.cores)});
        if let Some(bytes) = spec.memory {
            resources["memory"] = format!("{}+", bytes.div_ceil(1 << 30)).into();
        }
        if let Some(image) = &spec.image {
            resources["image_id"] = format!("docker:{image}").into();
        }
        let setup: String = spec.setup.iter().map(|command| format!("{command}\n")).collect();
        let worker = line(&job.worker("spyglass"));
        let run = format!("cd {} || exit 2\n{worker}\n", quoted(&job.folder.display().to_string()));
        let mut task = json!({
            "name": job.label(),
            "num_nodes": job.workers,
            "resources": resources,
            "volumes": {spec.mount_path(&job.folder): volume},
        });
        if !setup.is_empty() {
            task["setup"] = setup.into();
        }
        task["run"] = run.into();
        let mut text = String::new();
        write_yaml(&task, 0, &mut text);
        Ok(text)
    }

    fn submit(&self, _: &Job<'_>) -> Result<Submitted> {
        printed_only("SkyPilot", "sky jobs launch FILE")
    }

    fn standing(&self, _: &Submitted) -> Result<Vec<Element>> {
        Ok(Vec::new())
    }

    fn cancel(&self, _: &Submitted) -> Result<()> {
        printed_only("SkyPilot", "sky jobs cancel")
    }
}
