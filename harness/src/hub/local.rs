//! Checkpoints and tokenizers that a person names by their address on the hub where a folder may stand as well.

use std::path::{Path, PathBuf};

use super::address::SCHEME;
use super::fetch::{Fetcher, Needs};
use super::pinned::Address;
use super::revisions::pinned;
use super::settings::Settings;
use super::wait::Talk;
use crate::{Error, Result};

/// What lies on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Local {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What it is called, where the folder does not tell: in the cache that is named by a commit.
    pub(crate) name: Option<String>,
}

/// The address that a text is, `hub:` before it.
///
/// # Errors
/// It is none.
pub(crate) fn address(text: &str) -> Result<Address> {
    Address::parse(text).map_err(|what| Error::Usage {
        problem: format!("`{SCHEME}{}` {what}", text.strip_prefix(SCHEME).unwrap_or(text)),
        help: "write hub:organisation/name, hub:organisation/name@revision, or a folder of it behind either".into(),
    })
}

/// A folder as it is written; where that begins with `hub:`, the folder in the cache that it is fetched into, as `pull` does it.
///
/// # Errors
/// There is no such checkpoint, or it cannot be fetched.
pub(crate) fn local(written: &Path, needs: Needs, talk: Talk<'_>) -> Result<Local> {
    let on_hub = written.to_str().filter(|text| text.starts_with(SCHEME) && !written.exists());
    let Some(text) = on_hub else { return Ok(Local { folder: written.to_path_buf(), name: None }) };
    let own = pinned(&address(text)?, talk)?;
    let fetcher = Fetcher::for_good(Settings::from_env()?);
    let Some(held) = fetcher.bring_for(&own, needs, true, talk)? else {
        return Err(Error::Interrupted { what: format!("{own} was fetched") });
    };
    let last =
        [&own.folder, &own.revision].into_iter().find(|name| !name.is_empty() && *name != super::revisions::MAIN);
    let name = last.unwrap_or(&own.repo.id).rsplit('/').next().map(str::to_owned);
    Ok(Local { folder: held.folder.clone(), name })
}
