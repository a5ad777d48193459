//! `spyglass init`: a first run file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, print, say};
use crate::hub::{SCHEME, Talk};
use crate::results::write_whole;
use crate::run_file::{addresses, run_file_for, run_file_for_hub};
use crate::{Error, Result};

/// Write a commented run.yaml from what lies in a folder of checkpoints, or on the hub
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder that holds one folder a checkpoint, or one folder a branch; or a repository such as hub:EleutherAI/pythia-160m (with
    /// a branch, or a folder of one branch, a checkpoint); or several with one checkpoint each, such as 'hub:TinyLlama/TinyLlama-1.1B-*'
    #[arg(value_name = "CHECKPOINT_DIR", required = true)]
    places: Vec<PathBuf>,
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
        let on_hub = |place: &PathBuf| {
            place.to_str().filter(|text| text.starts_with(SCHEME) && !place.exists()).map(str::to_owned)
        };
        let hub: Vec<String> = self.places.iter().filter_map(on_hub).collect();
        let first = match self.places.as_slice() {
            [folder] if hub.is_empty() => run_file_for(folder, self.out.parent().unwrap_or(Path::new("")))?,
            places if hub.len() == places.len() => {
                let talk = Talk { tell: &say, stop: &|| false };
                let written: Vec<&str> = hub.iter().map(String::as_str).collect();
                run_file_for_hub(addresses(&written, talk)?, talk)?
            }
            _ => {
                return Err(Error::Usage {
                    problem: "a first run file is of one folder, or of repositories on the hub".into(),
                    help: "name one folder; further ones are added to the file as branches".into(),
                });
            }
        };
        write_whole(&self.out, first.text.as_bytes())?;
        first.left_out.iter().for_each(|left_out| say(&format!("left out: {left_out}")));
        print(&format!("{}\n", self.out.display()))?;
        say(&format!("look through it, then: spyglass plan {}", self.out.display()));
        if !hub.is_empty() {
            say("its tasks' data, where they are not at hand: spyglass pull --data hellaswag,arc_easy,mmlu");
        }
        Ok(Exit::Well)
    }
}
