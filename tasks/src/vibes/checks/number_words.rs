//! English number words, both ways: `two hundred and five` is 205.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const LARGE: [(&str, u64); 5] = [
    ("trillion", 1_000_000_000_000),
    ("billion", 1_000_000_000),
    ("million", 1_000_000),
    ("thousand", 1_000),
    ("hundred", 100),
];
/// Ordinals that are not the number with `th` behind it, and that below ten are parts as well.
const ORDINALS: [(&str, &str); 7] = [
    ("first", "one"),
    ("second", "two"),
    ("third", "three"),
    ("fifth", "five"),
    ("eighth", "eight"),
    ("ninth", "nine"),
    ("twelfth", "twelve"),
];

/// What a word adds to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// `seven`, `thirteen`.
    Small(u64),
    /// `seventy`.
    Tens(u64),
    /// `hundred`, `thousand`, `million` and on, and `dozen` (12).
    Times(u64),
}

/// The word in lower case as part of a number.
pub(super) fn word(text: &str) -> Option<Word> {
    let index = |list: &[&str]| list.iter().position(|known| *known == text).map(|index| index as u64);
    let times = LARGE.iter().find(|(name, _)| *name == text).map(|(_, value)| Word::Times(*value));
    let dozen = (text == "dozen").then_some(Word::Times(12));
    // `TENS` has two empty places, and an empty text is not a word.
    let tens = if text.is_empty() { None } else { index(&TENS).map(|tens| Word::Tens(tens * 10)) };
    index(&SMALL).map(Word::Small).or(tens).or(times).or(dozen)
}

/// The number word of an ordinal: `sixth` is `six`, `fortieth` is `forty`.
pub(super) fn ordinal(text: &str) -> Option<Word> {
    let other = ORDINALS.iter().find(|(ordinal, _)| *ordinal == text).and_then(|(_, cardinal)| word(cardinal));
    let tens = || word(&format!("{}y", text.strip_suffix("ieth")?));
    other.or_else(tens).or_else(|| word(text.strip_suffix("th")?))
}

/// What `half`, `thirds` or `hundredths` divide `parts` by. In the singular only one part is a fraction: `one fifth`.
pub(super) fn divisor(text: &str, parts: f64) -> Option<f64> {
    let single = match text {
        "halves" => "half",
        _ if parts > 1.0 => text.strip_suffix('s')?,
        _ => text,
    };
    match single {
        "half" => Some(2.0),
        "quarter" => Some(4.0),
        "first" | "second" => None,
        _ => ordinal(single).map(|divisor| Sum::start(divisor).value()),
    }
}

/// A number that is being read word by word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum {
    /// Trillions to thousands that are complete.
    done: f64,
    /// What the next `thousand`, `million` and on multiplies.
    current: f64,
    /// The next word must be smaller than this to belong to the number.
    below: u64,
    /// The smallest of `thousand`, `million` and on so far: `two thousand three million` is two numbers.
    last_large: u64,
}

impl Sum {
    /// A number that starts with digits: only `hundred`, `thousand`, `million` and on may follow.
    pub(super) fn digits(value: f64) -> Self {
        Self { done: 0.0, current: value, below: 0, last_large: u64::MAX }
    }

    /// A number that starts with this word.
    pub(super) fn start(word: Word) -> Self {
        let (current, below) = match word {
            Word::Small(value) => (value as f64, 0),
            Word::Tens(value) => (value as f64, 10),
            Word::Times(value) => (value as f64, if value == 100 { 100 } else { 0 }),
        };
        let large = matches!(word, Word::Times(1_000..));
        let (done, current) = if large { (current, 0.0) } else { (0.0, current) };
        let (below, last_large) = match word {
            Word::Times(value @ 1_000..) => (1_000, value),
            _ => (below, u64::MAX),
        };
        Self { done, current, below, last_large }
    }

    /// The number with one word more; `None` when the word starts another number.
    pub(super) fn then(self, word: Word) -> Option<Self> {
        match word {
            Word::Small(value) if value > 0 && value < self.below => {
                Some(Self { current: self.current + value as f64, below: 0, ..self })
            }
            Word::Tens(value) if value < self.below => {
                Some(Self { current: self.current + value as f64, below: 10, ..self })
            }
            Word::Times(value @ (12 | 100)) if self.current > 0.0 && self.current < 100.0 => {
                Some(Self { current: self.current * value as f64, below: if value == 100 { 100 } else { 0 }, ..self })
            }
            Word::Times(value @ 1_000..) if self.current > 0.0 && value < self.last_large => Some(Self {
                done: self.done + self.current * value as f64,
                current: 0.0,
                below: 1_000,
                last_large: value,
            }),
            _ => None,
        }
    }

    /// Whether `and` may follow, as in `two hundred and five`.
    pub(super) fn takes_and(self) -> bool {
        self.below >= 100
    }

    /// The number.
    pub(super) fn value(self) -> f64 {
        self.done + self.current
    }
}

/// A whole number below a thousand million in words: `twelve`, `one hundred and five`.
pub(crate) fn spell(n: u64) -> Option<String> {
    if n >= 1_000_000_000 {
        return None;
    }
    let mut words = Vec::new();
    let mut rest = n;
    for (name, size) in LARGE {
        if rest >= size {
            words.push(format!("{} {name}", spell(rest / size)?));
            rest %= size;
        }
    }
    if rest > 0 && rest < 100 && !words.is_empty() {
        words.push("and".into());
    }
    match rest {
        0 if !words.is_empty() => {}
        0..20 => words.push(SMALL[rest as usize].into()),
        _ => {
            let tens = TENS[(rest / 10) as usize];
            words.push(if rest.is_multiple_of(10) {
                tens.into()
            } else {
                format!("{tens}-{}", SMALL[(rest % 10) as usize])
            });
        }
    }
    Some(words.join(" "))
}
