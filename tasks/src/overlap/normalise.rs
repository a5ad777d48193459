//! Text as normalised words: runs of letters and digits, in lower case; all else only separates.

/// Cuts text that comes in pieces into words.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The word that the last piece broke off in.
    word: String,
}

impl Words {
    /// Gives `each` the words that end in this piece.
    pub(super) fn push(&mut self, piece: &str, each: &mut impl FnMut(&str)) {
        for c in piece.chars() {
            if c.is_ascii_alphanumeric() {
                self.word.push(c.to_ascii_lowercase());
            } else if c.is_alphanumeric() {
                self.word.extend(c.to_lowercase());
            } else {
                self.end(each);
            }
        }
    }

    /// The text ends here, and with it the word at hand.
    pub(super) fn end(&mut self, each: &mut impl FnMut(&str)) {
        if !self.word.is_empty() {
            each(&self.word);
            self.word.clear();
        }
    }
}

/// All words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = Words::default();
    let mut each = |word: &str| found.push(word.to_owned());
    words.push(text, &mut each);
    words.end(&mut each);
    found
}

/// FNV-1a over the word's bytes, then mixed (the finaliser of `SplitMix64`) so that all bits depend on all bytes.
pub(super) fn hash(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in word.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_depend_on_case_punctuation_or_pieces() {
        let text = "Don't panic: ÜBER-Größe, 3.5 km!";
        let expected = ["don", "t", "panic", "über", "größe", "3", "5", "km"];
        assert_eq!(words(text), expected);
        let mut found = Vec::new();
        let mut pieces = Words::default();
        let mut each = |word: &str| found.push(word.to_owned());
        text.char_indices().for_each(|(at, c)| pieces.push(&text[at..at + c.len_utf8()], &mut each));
        pieces.end(&mut each);
        assert_eq!(found, expected);
    }
}
