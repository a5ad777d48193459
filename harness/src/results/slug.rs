//! Names of branches and tasks as names of folders.

/// A folder name for any name: lower-case letters, digits, `-`, `_` and `.` stay; a name with anything else, with capitals
/// or with a dot in front gets a short hash of itself, so that two names never share a folder on any file system.
pub fn slug(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= 80 && name.chars().all(plain) && !name.starts_with('.') && !name.ends_with('.')
    {
        return name.into();
    }
    let kept: String = name
        .chars()
        .map(|c| if plain(c.to_ascii_lowercase()) { c.to_ascii_lowercase() } else { '_' })
        .take(60)
        .collect();
    format!("{}-{}", kept.trim_matches('.'), &blake3::hash(name.as_bytes()).to_hex()[..8])
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn different_names_never_share_a_folder() {
        let names =
            ["trunk", "Trunk", "../trunk", "a/b", "a_b", "", ".", "..", "🌱", "<b>", "report", "anneal-roleplay"];
        let slugs: std::collections::BTreeSet<_> = names.iter().map(|name| slug(name)).collect();
        assert_eq!(slugs.len(), names.len());
        assert_eq!(slug("anneal-roleplay"), "anneal-roleplay");
        for name in slugs {
            assert!(!name.contains('/') && !name.starts_with('.') && !name.is_empty(), "{name}");
        }
    }
}
