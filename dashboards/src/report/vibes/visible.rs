//! Model output is hostile text: what would hide in a page or turn its direction round is shown by name.

/// Longer replies are cut in the report; the transcript file keeps them whole.
const MOST_CHARS: usize = 20_000;

/// The text with control, invisible and direction characters made visible, cut to a readable length.
///
/// Line breaks and tabs stay. Escaping for HTML is the template's and the script's task, not done here.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        if index == MOST_CHARS {
            let left = text.chars().count() - MOST_CHARS;
            shown.push_str(&format!("… ({left} more characters)"));
            break;
        }
        match c {
            '\n' | '\t' => shown.push(c),
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => shown.push('\u{2421}'),
            c if hides(c) => shown.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}

/// Characters without a shape of their own: C1 controls, soft hyphen, zero-width and direction marks, tags, fillers.
fn hides(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_named_and_what_shows_stays() {
        assert_eq!(visible("a\0b\u{1b}[31m\u{202e}c\u{200b}\n\t"), "a␀b␛[31m⟨U+202E⟩c⟨U+200B⟩\n\t");
        let kept = "שלום 👩‍🚀 <script>alert(1)</script> naïve";
        assert_eq!(visible(kept), kept, "joined emoji and right-to-left text are words, and escaping comes later");
    }

    #[test]
    fn a_hundred_thousand_characters_are_cut_and_counted() {
        let shown = visible(&"ä".repeat(100_000));
        assert!(shown.ends_with("… (80000 more characters)") && shown.chars().count() < 20_100);
    }
}
