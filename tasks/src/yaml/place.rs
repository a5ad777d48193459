//! Where in a document a value stands, for what is found wrong only after the document has been read.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::worded;
use crate::error::Error;

/// One step from a value into the value that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An element of a list, from 0.
    Item(usize),
}

/// The error that the value at `path` in the document `text`, which can be read, is not as it should be; `help` names
/// the mend where the message is not one of serde's about an unknown name.
pub fn refuse(name: &str, text: &str, path: &[Step], problem: String, help: Option<String>) -> Error {
    let mut error = worded(name, text, nearest_place(text, path), problem);
    if let Some(help) = help {
        error.help = help;
    }
    error.into()
}

/// Line and column, from 1, of the value at `path`, or of the innermost value on the way there that stands in the text
/// itself: a merge key may bring the rest.
pub(super) fn nearest_place(text: &str, path: &[Step]) -> (usize, usize) {
    (0..=path.len()).rev().find_map(|length| place(text, &path[..length])).unwrap_or((1, 1))
}

/// Line and column, from 1, of the value at `path`, where there is such a value.
fn place(text: &str, path: &[Step]) -> Option<(usize, usize)> {
    let error = Locate(path).deserialize(serde_yaml::Deserializer::from_str(text)).err();
    error.and_then(|error| error.location()).map(|place| (place.line(), place.column()))
}

/// Follows the path and refuses the value at its end: the parser's error then bears its place.
struct Locate<'p>(&'p [Step<'p>]);

impl<'de> DeserializeSeed<'de> for Locate<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Locate<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the value that is looked for")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let [Step::Item(index), rest @ ..] = self.0 else { return Err(A::Error::custom("found")) };
        for _ in 0..*index {
            items.next_element::<IgnoredAny>()?;
        }
        items.next_element_seed(Locate(rest))?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let [Step::Key(wanted), rest @ ..] = self.0 else { return Err(A::Error::custom("found")) };
        while let Some(key) = entries.next_key::<String>()? {
            if key == *wanted {
                entries.next_value_seed(Locate(rest))?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, nearest_place as place};

    #[test]
    fn values_are_found_by_their_path() {
        let text = "a: 1\nb:\n  - c: x\n    d: [1, {e: 2}]\n  - f\n";
        assert_eq!(
            place(text, &[Step::Key("b"), Step::Item(0), Step::Key("d"), Step::Item(1), Step::Key("e")]),
            (4, 16)
        );
        assert_eq!(place(text, &[Step::Key("b"), Step::Item(0)]), (3, 5));
        assert_eq!(place(text, &[Step::Key("b"), Step::Item(1)]), (5, 5));
        assert_eq!(place(text, &[Step::Key("none")]), (1, 1));
        assert_eq!(place(text, &[Step::Key("b"), Step::Item(0), Step::Key("none")]), (3, 5));
    }
}
