//! `spyglass ratings merge`: what several readers thought, brought into the results.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::numbers::counted;
use super::results::snapshot_of;
use super::{Exit, say};
use crate::Result;
use crate::ratings::{Known, Others, RatingFile};
use crate::results::Store;
use crate::run_file::RunFile;

/// Merge people's ratings of transcripts into a run
#[derive(Debug, Args)]
pub(super) struct Ratings {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Merge(Merge),
}

/// Add files that the report's pages exported to the results of a run; `spyglass report` then shows them
#[derive(Debug, Args)]
struct Merge {
    /// The run file
    run: PathBuf,
    /// Exported ratings, one JSON object a line
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Whose ratings these files are, whatever name they give
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    rater: Option<String>,
    /// Where a rater has judged the same otherwise before, the later vote counts (unless given, that is an error)
    #[arg(long)]
    replace: bool,
}

impl Ratings {
    pub(super) fn run(&self) -> Result<Exit> {
        let What::Merge(merge) = &self.what;
        merge.run()
    }
}

impl Merge {
    fn run(&self) -> Result<Exit> {
        let run = RunFile::read(&self.run)?;
        let mut files = self.files.iter().map(|file| RatingFile::read(file)).collect::<Result<Vec<_>>>()?;
        if let Some(name) = &self.rater {
            let ratings = files.iter_mut().flat_map(|file| &mut file.ratings);
            ratings.for_each(|(_, rating)| name.trim().clone_into(&mut rating.rater));
        }
        let store = Store::create(&run.results)?;
        let others = if self.replace { Others::Replace } else { Others::Refused };
        let merged = store.add_ratings(&files, others)?;
        tell_unknown(&run, &store, &files)?;
        let mut told = counted(merged.new, "new rating");
        for (count, what) in
            [(merged.replaced, "replaced"), (merged.left_out, "left out: the vote that is kept counts")]
        {
            if count > 0 {
                told += &format!(", {count} {what}");
            }
        }
        say(&format!("{told}, {} in all", merged.all.len()));
        Ok(Exit::Well)
    }
}

/// Says which ratings speak of what the run does not have. They are kept: a later sweep may bring it.
fn tell_unknown(run: &RunFile, store: &Store, files: &[RatingFile]) -> Result<()> {
    if store.snapshot()?.is_none() {
        say("nothing was swept here yet, so whether the run has what the ratings name was not checked");
        return Ok(());
    }
    let known = Known::read(store, snapshot_of(run, store)?)?;
    for file in files {
        for (line, rating) in &file.ratings {
            if let Some(missing) = known.missing(rating) {
                say(&format!(
                    "{}, line {line}: the results have no {missing}; it is kept all the same",
                    file.path.display()
                ));
            }
        }
    }
    Ok(())
}
