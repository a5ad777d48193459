//! What a model said as a page shows it: nothing hidden, nothing endless.

use spyglass_tasks::vibes;

/// Longer replies are cut in the report; the transcript file keeps them whole.
const MOST_CHARS: usize = 20_000;

/// [`vibes::visible`], cut to a readable length.
pub(super) fn visible(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => {
            let left = text[end..].chars().count();
            format!("{}… ({left} more characters)", vibes::visible(&text[..end]))
        }
        None => vibes::visible(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_characters_are_cut_and_counted() {
        let shown = visible(&"ä".repeat(100_000));
        assert!(shown.ends_with("… (80000 more characters)") && shown.chars().count() < 20_100);
    }
}
