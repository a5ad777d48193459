//! `spyglass init`: a first run file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, print, say};
use crate::hub::{Repo, SCHEME, Talk};
use crate::results::write_whole;
use crate::run_file::{run_file_for, run_file_for_hub};
use crate::{Error, Result};

/// Write a commented run.yaml from what lies in a folder of checkpoints, or in a repository of the hub
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder that holds one folder a checkpoint, or one folder a branch; or a repository such as hub:EleutherAI/pythia-160m
    #[arg(value_name = "CHECKPOINT_DIR")]
    folder: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "run.yaml")]
    out: PathBuf,
}

impl Init {
    pub(super) fn run(&self) -> Result<Exit> {
        if self.out.exists() {
            return Err(Error::Usage {
                problem: format!("{} is there already", self.out.display()),
                help: "name another file with --out, or remove this one".into(),
            });
        }
        let hub = self.folder.to_str().and_then(|text| text.strip_prefix(SCHEME)).filter(|_| !self.folder.exists());
        let first = match hub {
            Some(id) => {
                let wrong = |what| Error::Usage {
                    problem: format!("`{SCHEME}{id}` {what}"),
                    help: "write hub:organisation/name".into(),
                };
                run_file_for_hub(&Repo::model(id).map_err(wrong)?, Talk { tell: &say, stop: &|| false })?
            }
            None => run_file_for(&self.folder, self.out.parent().unwrap_or(Path::new("")))?,
        };
        write_whole(&self.out, first.text.as_bytes())?;
        first.left_out.iter().for_each(|left_out| say(&format!("left out: {left_out}")));
        print(&format!("{}\n", self.out.display()))?;
        say(&format!("look through it, then: spyglass plan {}", self.out.display()));
        if hub.is_some() {
            say("its tasks' data, where they are not at hand: spyglass pull --data hellaswag,arc_easy,mmlu");
        }
        Ok(Exit::Well)
    }
}
