//! What lies on the hub is called: `EleutherAI/pythia-160m`, its files, and the addresses that lead to them.

use std::fmt;
use std::fmt::Write;

/// What begins an address on the hub where a folder may stand as well.
pub(crate) const SCHEME: &str = "hub:";
/// Hexadecimal digits of a commit.
pub(super) const COMMIT_DIGITS: usize = 40;

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Model,
    Dataset,
}

/// A repository on the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Repo {
    pub(crate) kind: Kind,
    /// `organisation/name`, or the name alone of an old one.
    pub(crate) id: String,
}

impl Repo {
    /// The model repository of that name.
    ///
    /// # Errors
    /// What is wrong with the name, as the end of a sentence that begins with it.
    pub(crate) fn model(id: &str) -> Result<Self, String> {
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if id.split('/').count() <= 2 && id.split('/').all(is_plain) {
            Ok(Self { kind: Kind::Model, id: id.into() })
        } else {
            Err("is no repository of the hub, such as EleutherAI/pythia-160m".into())
        }
    }

    /// The data set of that name.
    pub(crate) fn dataset(id: &str) -> Self {
        Self { kind: Kind::Dataset, id: id.into() }
    }

    /// Its folder in the hub's cache.
    pub(crate) fn folder(&self) -> String {
        let kind = match self.kind {
            Kind::Model => "models",
            Kind::Dataset => "datasets",
        };
        format!("{kind}--{}", self.id.replace('/', "--"))
    }

    /// What the interface is asked about it, below the endpoint.
    pub(super) fn api(&self, asked: &str) -> String {
        let kind = match self.kind {
            Kind::Model => "models",
            Kind::Dataset => "datasets",
        };
        format!("api/{kind}/{}/{asked}", self.id)
    }

    /// Where one of its files lies, below the endpoint.
    pub(super) fn file(&self, commit: &str, path: &str) -> String {
        format!("{}/resolve/{}/{}", self.page(), encoded(commit, ""), encoded(path, "/"))
    }

    /// Its page, below the endpoint.
    pub(super) fn page(&self) -> String {
        match self.kind {
            Kind::Model => self.id.clone(),
            Kind::Dataset => format!("datasets/{}", self.id),
        }
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Model => write!(f, "{SCHEME}{}", self.id),
            Kind::Dataset => write!(f, "{SCHEME}datasets/{}", self.id),
        }
    }
}

/// Whether a text is the full name of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == COMMIT_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text as a part of an address; the characters of `kept` stay as they are.
pub(super) fn encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
        if is_plain {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a text takes all");
        }
    }
    encoded
}

/// Scheme, host and port of an address: what a token is meant for.
pub(super) fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.to_ascii_lowercase();
    let scheme = scheme.to_ascii_lowercase();
    let default = if scheme == "https" { ":443" } else { ":80" };
    Some(format!("{scheme}://{}", host.strip_suffix(default).unwrap_or(&host)))
}

/// Where a `Location` leads that was given for an address.
pub(super) fn joined(address: &str, location: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if location.split(['/', '?', '#']).next().is_some_and(|scheme| scheme.ends_with(':')) {
        location.into()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or(authority, |(folder, _)| folder);
        format!("{scheme}://{folder}/{location}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_repositories_are_told_from_others() {
        assert_eq!(Repo::model("EleutherAI/pythia-160m").unwrap().folder(), "models--EleutherAI--pythia-160m");
        for name in ["gpt2", "a/b", "a-b/c_d.e"] {
            assert!(Repo::model(name).is_ok(), "{name}");
        }
        for name in ["", "/", "a/", "a/b/c", "../x", "https://huggingface.co/a/b", "a b", "~/x", "-x/y"] {
            assert!(Repo::model(name).is_err(), "{name}");
        }
    }

    #[test]
    fn addresses_are_written_and_joined() {
        assert_eq!(encoded("refs/pr/1", ""), "refs%2Fpr%2F1");
        assert_eq!(encoded("a b/c", "/"), "a%20b/c");
        let base = "https://hub.example/a/resolve/x/file?y=1";
        let cases = [
            ("https://other.example/z", "https://other.example/z"),
            ("/api/x", "https://hub.example/api/x"),
            ("/x?next=https://elsewhere.example", "https://hub.example/x?next=https://elsewhere.example"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("next", "https://hub.example/a/resolve/x/next"),
        ];
        for (location, wanted) in cases {
            assert_eq!(joined(base, location), wanted);
        }
        let same = [("https://Hub.example:443/a", "https://hub.example"), ("http://h:80", "http://h/x?y")];
        for (a, b) in same {
            assert_eq!(origin(a), origin(b));
        }
        for (a, b) in [
            ("https://h", "http://h"),
            ("https://h", "https://h.evil"),
            ("https://h", "https://h@evil"),
            ("http://h:1", "http://h:2"),
        ] {
            assert_ne!(origin(a), origin(b));
        }
    }
}
