//! From the path of a request to a file of the report, and never to another.

use std::path::{Path, PathBuf};

/// Longer paths are nobody's.
const LONGEST: usize = 1024;

/// Kinds of file that a report has, with what a browser is told of them.
const KINDS: [(&str, &str); 7] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("csv", "text/csv; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
];

/// The file below `root` that `path` (as it stands in a request, `/tasks/a.html`) names, with its kind; a folder is its `index.html`.
///
/// `None` for what is not there, not a file, hidden, of another kind, or elsewhere, be it by `..`, by a symbolic link or by an odd letter.
pub(super) fn find(root: &Path, path: &str) -> Option<(PathBuf, &'static str)> {
    let mut parts: Vec<String> = plain(path)?.strip_prefix('/')?.split('/').map(ToOwned::to_owned).collect();
    let last = parts.last_mut()?;
    if last.is_empty() {
        *last = "index.html".into();
    }
    if parts.iter().any(|part| part.is_empty() || part.starts_with('.')) {
        return None;
    }
    let (root, file) = (fs_err::canonicalize(root).ok()?, root.join(parts.join("/")));
    let file = fs_err::canonicalize(file).ok()?;
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    let (_, kind) = KINDS.into_iter().find(|(known, _)| *known == ending)?;
    (file.starts_with(&root) && file.is_file()).then_some((file, kind))
}

/// The path with its `%41` written out; `None` where it holds what no file of ours is called by.
fn plain(path: &str) -> Option<String> {
    if path.len() > LONGEST {
        return None;
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(path.len()), path.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?);
        rest = &after[2..];
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.chars().any(|c| c.is_control() || c == '\\' || c == ':')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("secret.html", "no"),
            ("report/index.html", "front"),
            ("report/tasks/a b.html", "task"),
            ("report/vibes/index.html", "vibes"),
            ("report/.hidden.html", "no"),
            ("report/run.yaml", "no"),
        ] {
            fs_err::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            fs_err::write(dir.path().join(name), text).unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret.html", dir.path().join("report/link.html")).unwrap();
            std::os::unix::fs::symlink("..", dir.path().join("report/up")).unwrap();
        }
        dir
    }

    #[test]
    fn paths_lead_into_the_report_or_nowhere() {
        let dir = report();
        let told = |path: &str| {
            let (file, _) = find(&dir.path().join("report"), path)?;
            Some(fs_err::read_to_string(file).unwrap())
        };
        for (path, wanted) in [
            ("/", "front"),
            ("/index.html", "front"),
            ("/tasks/a%20b.html", "task"),
            ("/vibes/", "vibes"),
            ("/%69ndex.html", "front"),
        ] {
            assert_eq!(told(path).as_deref(), Some(wanted), "{path}");
        }
        for path in [
            "",
            "index.html",
            "/tasks",
            "/tasks/",
            "/../secret.html",
            "/..%2fsecret.html",
            "/%2e%2e/secret.html",
            "/%2e%2e%2fsecret.html",
            "/tasks/../../secret.html",
            "/..\\secret.html",
            "/..%5csecret.html",
            "//index.html",
            "/./index.html",
            "/index.html%00",
            "/index.html%00.png",
            "/%",
            "/%4",
            "/%zz",
            "/%+1",
            "/%c0%ae%c0%ae/secret.html",
            "/%252e%252e/secret.html",
            "/.hidden.html",
            "/run.yaml",
            "/link.html",
            "/up/secret.html",
            "/C:/x.html",
            "/a//b.html",
        ] {
            assert_eq!(told(path), None, "{path}");
        }
        assert_eq!(told(&format!("/{}", "a/".repeat(4000))), None);
    }

    proptest! {
        #[test]
        fn no_path_leads_out(path in "(/|%2f|%5c|\\\\|\\.|%2e|\\.\\.|%00|up|link|secret|index|tasks|\\.html|%25|%|~|é){0,12}") {
            thread_local! { static DIR: tempfile::TempDir = report(); }
            DIR.with(|dir| {
                let root = dir.path().join("report");
                for path in [path.clone(), format!("/{path}")] {
                    if let Some((file, _)) = find(&root, &path) {
                        assert!(file.starts_with(fs_err::canonicalize(&root).unwrap()), "{path}: {}", file.display());
                    }
                }
            });
        }
    }
}
