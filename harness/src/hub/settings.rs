//! What the environment says of the hub: its address, a token, the cache, whether it may be asked at all. Variables are those of
//! the hub's own tools (`huggingface_hub`).

use std::path::{Path, PathBuf};

use spyglass_tasks::paths;

use super::proxy::Proxies;
use crate::{Error, Result};

const ENDPOINT: &str = "https://huggingface.co";

/// A token, and where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) from: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token from {}", self.from) // a secret is not shown
    }
}

/// What the environment says of the hub.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Address of the hub, without a `/` at its end: `HF_ENDPOINT`.
    pub(super) endpoint: String,
    pub(super) token: Option<Token>,
    /// Folder of the cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`.
    pub(super) cache: PathBuf,
    /// Only what lies in the cache may be used: `HF_HUB_OFFLINE`.
    pub(super) offline: bool,
    pub(super) proxies: Proxies,
    /// Certificates that are trusted, instead of those that are part of the program: `SSL_CERT_FILE`.
    pub(super) certificates: Option<PathBuf>,
}

impl Settings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// An address or a token that is none.
    pub(crate) fn from_env() -> Result<Self> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads an environment; an empty variable is none.
    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let said = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let folder = |name: &str| said(name).map(|text| expanded(&text));
        let endpoint = said("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.into());
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            return Err(Error::Usage {
                problem: format!("HF_ENDPOINT is `{endpoint}`, which is no address"),
                help: format!("such as {ENDPOINT}, which is meant where it is not set"),
            });
        }
        let home = folder("HF_HOME")
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("huggingface")))
            .unwrap_or_else(|| expanded("~/.cache/huggingface"));
        let cache = folder("HF_HUB_CACHE").or_else(|| folder("HUGGINGFACE_HUB_CACHE"));
        let token_file = folder("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').into(),
            token: token(&said, &token_file)?,
            cache: cache.unwrap_or_else(|| home.join("hub")),
            offline: said("HF_HUB_OFFLINE").is_some_and(|text| is_yes(&text)),
            proxies: Proxies::read(variable),
            certificates: folder("SSL_CERT_FILE"),
        })
    }
}

fn token(said: &dyn Fn(&str) -> Option<String>, file: &Path) -> Result<Option<Token>> {
    let named =
        ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter().find_map(|name| Some((said(name)?, name.to_owned())));
    let kept = || {
        let text = fs_err::read_to_string(file).ok()?.trim().to_owned();
        (!text.is_empty()).then(|| (text, file.display().to_string()))
    };
    let Some((text, from)) = named.or_else(kept) else { return Ok(None) };
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(Token { text, from }));
    }
    Err(Error::Usage {
        problem: format!(
            "the token of {from} holds what no token holds: a space, a line break or a letter beyond ASCII"
        ),
        help: "set HF_TOKEN to the token alone, such as hf_…".into(),
    })
}

fn is_yes(text: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&text.to_ascii_lowercase().as_str())
}

fn expanded(text: &str) -> PathBuf {
    paths::expand(Path::new(text)).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings> {
        let known =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&known)
    }

    #[test]
    fn variables_are_those_of_the_hubs_own_tools() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        let plain = settings(&[("HF_HOME", home)]).unwrap();
        assert_eq!((plain.endpoint.as_str(), plain.cache, plain.offline), (ENDPOINT, dir.path().join("hub"), false));
        assert_eq!(plain.token, None);
        fs_err::write(dir.path().join("token"), "hf_file\n").unwrap();
        let from_file = settings(&[("HF_HOME", home), ("HF_TOKEN", " ")]).unwrap().token.unwrap();
        assert_eq!(from_file.text, "hf_file");
        let own = [
            ("HF_HOME", home),
            ("HF_TOKEN", "hf_own"),
            ("HF_HUB_CACHE", "/elsewhere"),
            ("HF_HUB_OFFLINE", "TRUE"),
            ("HF_ENDPOINT", "https://mirror.example/"),
        ];
        let own = settings(&own).unwrap();
        assert_eq!(
            (own.endpoint.as_str(), own.cache.to_str().unwrap(), own.offline),
            ("https://mirror.example", "/elsewhere", true)
        );
        assert_eq!(own.token.as_ref().unwrap().text, "hf_own");
        assert!(!format!("{own:?}").contains("hf_own"), "a secret is not shown");
        let xdg = settings(&[("XDG_CACHE_HOME", "/x")]).unwrap();
        assert_eq!(xdg.cache, Path::new("/x/huggingface/hub"));
        for (name, value, said) in [("HF_ENDPOINT", "mirror.example", "no address"), ("HF_TOKEN", "hf_a b", "HF_TOKEN")]
        {
            let error = settings(&[(name, value)]).unwrap_err().in_full();
            assert!(error.contains(said), "{error}");
        }
    }
}
