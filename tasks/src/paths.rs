//! Paths as people write them: `~/runs`, `$RUNS/base`, `${RUNS}/base`.

use std::path::{Path, PathBuf};

/// The path with `~` at its start and variables of the environment expanded, as a shell does.
///
/// # Errors
/// A variable that is not set, or the home of another user (`~name`): what is wrong, for a message that names the place.
pub fn expand(path: &Path) -> Result<PathBuf, String> {
    expand_with(path, |name| std::env::var(name).ok())
}

fn expand_with(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    // A path that is not a text names a folder that is there under just this name.
    let Some(text) = path.to_str() else { return Ok(path.to_owned()) };
    let value = |name: &str| variable(name).ok_or_else(|| format!("`{text}`: the variable `{name}` is not set"));
    let mut expanded = String::new();
    let mut rest = text;
    if let Some(after) = text.strip_prefix('~') {
        if !after.is_empty() && !after.starts_with('/') {
            return Err(format!(
                "`{text}`: of homes only one's own is known, `~/`; write `./{text}` for a file of that name"
            ));
        }
        expanded += &value("HOME")?;
        rest = after;
    }
    while let Some(at) = rest.find('$') {
        expanded += &rest[..at];
        let after = &rest[at + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let end = after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        match braced {
            Some((name, left)) => {
                expanded += &value(name)?;
                rest = left;
            }
            // A dollar before anything else is a dollar.
            None if end == 0 || after.starts_with(|c: char| c.is_ascii_digit()) => {
                expanded.push('$');
                rest = after;
            }
            None => {
                expanded += &value(&after[..end])?;
                rest = &after[end..];
            }
        }
    }
    Ok((expanded + rest).into())
}

#[cfg(test)]
mod tests {
    use super::expand_with;
    use std::path::{Path, PathBuf};

    #[test]
    fn home_and_variables_are_expanded() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/ada".to_owned()),
            "RUNS" => Some("/mnt/runs".to_owned()),
            _ => None,
        };
        let cases = [
            ("plain/~x/a b", Ok("plain/~x/a b")),
            ("~", Ok("/home/ada")),
            ("~/runs", Ok("/home/ada/runs")),
            ("$RUNS/bare", Ok("/mnt/runs/bare")),
            ("../${RUNS}x/$RUNS", Ok("..//mnt/runsx//mnt/runs")),
            ("cost$/5$", Ok("cost$/5$")),
            ("a$1", Ok("a$1")),
            ("$NONE/x", Err("`$NONE/x`: the variable `NONE` is not set")),
            ("~bob/x", Err("`~bob/x`: of homes only")),
        ];
        for (path, wanted) in cases {
            let got = expand_with(Path::new(path), variable);
            match wanted {
                Ok(wanted) => assert_eq!(got, Ok(PathBuf::from(wanted))),
                Err(wanted) => assert!(got.as_ref().unwrap_err().starts_with(wanted), "{got:?}"),
            }
        }
    }
}
