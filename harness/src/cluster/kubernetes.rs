//! Kubernetes: an Indexed Job of workers (`batch/v1`). Fields as the Job API has them since 1.33.

use serde_json::{Value, json};

use super::engine::{Element, Engine, Submitted, printed_only};
use super::job::Job;
use crate::{Error, Result};

/// Failures of one worker until its index counts as failed.
const TRIES: usize = 3;
/// Exit code of wrong use or bad input: trying again helps nobody.
const BAD_INPUT: usize = 2;

/// Kubernetes, by a manifest.
#[derive(Debug)]
pub(super) struct Kubernetes;

impl Engine for Kubernetes {
    fn manifest(&self, job: &Job<'_>) -> Result<String> {
        let missing = |key: &str, example: &str| Error::Usage {
            problem: format!("`cluster.{key}` is missing in the run file, and Kubernetes needs it"),
            help: format!("such as `cluster: {{{key}: {example}}}`"),
        };
        let spec = job.spec;
        let image = spec.image.as_ref().ok_or_else(|| missing("image", "registry/spyglass:1"))?;
        let claim = spec.volume.as_ref().ok_or_else(|| missing("volume", "training-runs"))?;
        let mut resources = json!({"cpu": spec.cores.to_string()});
        if let Some(bytes) = spec.memory {
            resources["memory"] = format!("{}Mi", bytes.div_ceil(1 << 20)).into();
        }
        let queue = spec.queue.as_ref().map(|queue| json!({"kueue.x-k8s.io/queue-name": queue}));
        let manifest = json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": job.label(), "labels": queue.clone().unwrap_or_else(|| json!({}))},
            "spec": {
                "completionMode": "Indexed",
                "completions": job.workers,
                "parallelism": spec.at_once.unwrap_or(job.workers).min(job.workers),
                // Kueue starts it when there is room.
                "suspend": queue.is_some(),
                "backoffLimitPerIndex": TRIES,
                "podFailurePolicy": {"rules": [
                    // `status` has a default, which the published schema of some versions does not know.
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                    {"action": "FailIndex", "onExitCodes": {"containerName": "worker", "operator": "In", "values": [BAD_INPUT]}},
                ]},
                "template": {"spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": 60,
                    "containers": [{
                        "name": "worker",
                        "image": image,
                        "command": job.worker("spyglass"),
                        "workingDir": job.folder.display().to_string(),
                        "resources": {"requests": resources},
                        "volumeMounts": [{"name": "run", "mountPath": spec.mount_path(&job.folder)}],
                    }],
                    "volumes": [{"name": "run", "persistentVolumeClaim": {"claimName": claim}}],
                }},
            },
        });
        let mut text = String::new();
        write_yaml(&manifest, 0, &mut text);
        Ok(text)
    }

    fn submit(&self, _: &Job<'_>) -> Result<Submitted> {
        printed_only("Kubernetes", "kubectl create -f -")
    }

    fn standing(&self, _: &Submitted) -> Result<Vec<Element>> {
        Ok(Vec::new())
    }

    fn cancel(&self, _: &Submitted) -> Result<()> {
        printed_only("Kubernetes", "kubectl delete -f -")
    }
}

/// Writes a value as YAML: maps a key a line, all else as JSON, which YAML holds.
pub(super) fn write_yaml(value: &Value, depth: usize, text: &mut String) {
    let Value::Object(keys) = value else { return };
    for (key, value) in keys {
        let indent = "  ".repeat(depth);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                text.push_str(&format!("{indent}{key}:\n"));
                write_yaml(value, depth + 1, text);
            }
            Value::String(lines) if lines.ends_with('\n') => {
                text.push_str(&format!("{indent}{key}: |\n"));
                lines.lines().for_each(|line| text.push_str(&format!("{indent}  {line}\n")));
            }
            other => text.push_str(&format!("{indent}{key}: {other}\n")),
        }
    }
}
