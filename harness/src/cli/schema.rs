//! `spyglass schema`: JSON Schemas for completion in editors and for programs that read the report.

use clap::{Args, ValueEnum};

use super::gate::Gate;
use super::{Exit, print};
use crate::Result;
use crate::gate::Policy;
use crate::run_file::RunFile;

/// Print the JSON Schema of a kind of file, for completion in editors
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The kind of file
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Run files
    Run,
    /// Task files
    Task,
    /// Prompt packs
    Prompts,
    /// What a report says: its `findings.json`
    Findings,
    /// Policies of a gate
    Policy,
    /// What `gate --json` prints
    Gate,
}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit> {
        let schema = match self.what {
            What::Run => schemars::schema_for!(RunFile).to_value(),
            What::Task => spyglass_tasks::task_schema(),
            What::Prompts => spyglass_tasks::vibes::schema(),
            What::Findings => spyglass_dashboards::report::findings_schema(),
            What::Policy => schemars::schema_for!(Policy).to_value(),
            What::Gate => schemars::schema_for!(Gate).to_value(),
        };
        print(&(serde_json::to_string_pretty(&schema).expect("a schema is plain data") + "\n"))?;
        Ok(Exit::Well)
    }
}
