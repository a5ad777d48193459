//! What a file's bytes are checked against: SHA-256 where it is a large one, else the name that git has for it.

use std::fmt;
use std::fmt::Write;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The checksum that the hub tells of a file; its digits also name the file in the cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Checksum {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    Sha256(String),
    /// SHA-1 of `blob`, the size and the bytes, as git names them; 40 hexadecimal digits.
    Git(String),
}

impl Checksum {
    /// A SHA-256, with or without quotes and the name of the method in front; `None` for what is none.
    pub(crate) fn sha256(text: &str) -> Option<Self> {
        digits(text, 64).map(Self::Sha256)
    }

    /// A name of git; `None` for what is none.
    pub(crate) fn of_git(text: &str) -> Option<Self> {
        digits(text, 40).map(Self::Git)
    }

    /// Its digits.
    pub(crate) fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::Git(digits) => digits,
        }
    }

    /// Begins to check a file of `size` bytes.
    pub(super) fn begin(&self, size: u64) -> Running {
        match self {
            Self::Sha256(_) => Running::Sha256(Sha256::new()),
            Self::Git(_) => Running::Git(Sha1::new().chain_update(format!("blob {size}\0"))),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digits) => write!(f, "SHA-256 {digits}"),
            Self::Git(digits) => write!(f, "git SHA-1 {digits}"),
        }
    }
}

/// A checksum that is being computed.
#[derive(Debug, Clone)]
pub(super) enum Running {
    Sha256(Sha256),
    Git(Sha1),
}

impl Running {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Git(hash) => hash.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Checksum {
        match self {
            Self::Sha256(hash) => Checksum::Sha256(hex(&hash.finalize())),
            Self::Git(hash) => Checksum::Git(hex(&hash.finalize())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes all");
    }
    text
}

fn digits(text: &str, count: usize) -> Option<String> {
    let text = text.trim().trim_start_matches("W/").trim_matches('"');
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    let is_one = text.len() == count && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_sha256sum_and_git() {
        // `printf 'hello\n' | sha256sum` and `| git hash-object --stdin`
        let known = [
            Checksum::sha256("\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\"").unwrap(),
            Checksum::of_git("ce013625030ba8dba906f756967f9e9ca394464a").unwrap(),
        ];
        for wanted in known {
            let mut running = wanted.begin(6);
            running.update(b"hel");
            running.update(b"lo\n");
            assert_eq!(running.finish(), wanted);
        }
        assert_eq!(Checksum::sha256("ce013625030ba8dba906f756967f9e9ca394464a"), None);
        assert_eq!(Checksum::of_git("../../etc/passwd"), None);
    }
}
