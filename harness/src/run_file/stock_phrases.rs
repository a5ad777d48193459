//! `stock_phrases:` of the run file: a list of phrases of one's own.

use std::path::Path;

use spyglass_dashboards::run::StockList;
use spyglass_tasks::text;
use spyglass_tasks::vibes::dryness::StockPhrases;
use spyglass_tasks::yaml::{self, Step};

use crate::Result;

/// Reads the list at `path`, which the run file `run` with the text `written` names.
///
/// # Errors
/// There is no such file, told with the line that names it; it is no list of phrases.
pub(super) fn read(path: &Path, run: &Path, written: &str) -> Result<StockList> {
    let name = path.display().to_string();
    if !path.is_file() {
        let problem = format!("`stock_phrases` names {name}, which is not a file");
        let help = "name a YAML file with the one key `stock_phrases`, a list, from the folder of the run file; \
                    without the key the list that comes with the program counts";
        let file = run.display().to_string();
        return Err(yaml::refuse(&file, written, &[Step::Key("stock_phrases")], problem, Some(help.into())).into());
    }
    let phrases = StockPhrases::parse(&name, &text::read(path)?)?;
    let file = path.file_name().map_or(name, |file| file.to_string_lossy().into_owned());
    Ok(StockList { file, phrases, run: None })
}
