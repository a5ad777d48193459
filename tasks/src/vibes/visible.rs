//! Model output is hostile text: what would hide on a page or a terminal, or turn its direction round, is shown by name.

/// The text with control, invisible and direction characters made visible. Line breaks and tabs stay, and so does what joins emoji.
///
/// Escaping for HTML is another task, not done here.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
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
        assert_eq!(visible("\r\u{61c}\u{e0041}"), "␍⟨U+061C⟩⟨U+E0041⟩");
        let kept = "שלום 👩‍🚀 <script>alert(1)</script> naïve";
        assert_eq!(visible(kept), kept, "joined emoji and right-to-left text are words, and escaping comes later");
    }
}
