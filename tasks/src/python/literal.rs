//! Python's `ast.literal_eval`: how lm-evaluation-harness reads back the lists that its templates print.

use serde_json::{Map, Number, Value};

/// The value that a Python literal stands for (tuples become lists); `None` where the text is none.
pub(crate) fn literal(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = reader.value()?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, c: char) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        self.depth += 1;
        // As deep as CPython's parser goes before it gives up, and far from the end of our stack.
        if self.depth > 100 {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '[' => Value::Array(self.items('[', ']')?.0),
            '(' => {
                let (mut items, comma) = self.items('(', ')')?;
                if items.len() == 1 && !comma { items.pop()? } else { Value::Array(items) }
            }
            '{' => self.entries()?,
            '\'' | '"' => Value::String(self.strings()?),
            _ => self.word()?,
        };
        self.depth -= 1;
        Some(value)
    }

    /// Items up to `close`, and whether a comma followed the last one.
    fn items(&mut self, open: char, close: char) -> Option<(Vec<Value>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        self.eat(open);
        while !self.eat(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value()?);
            comma = self.eat(',');
        }
        Some((items, comma))
    }

    fn entries(&mut self) -> Option<Value> {
        let (mut entries, mut comma) = (Map::new(), true);
        self.eat('{');
        while !self.eat('}') {
            let Value::String(key) = self.value().filter(|_| comma)? else { return None };
            if !self.eat(':') {
                return None;
            }
            entries.insert(key, self.value()?);
            comma = self.eat(',');
        }
        Some(Value::Object(entries))
    }

    /// One string, or several side by side, which Python joins.
    fn strings(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            self.space();
            let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else { return Some(text) };
            self.rest = &self.rest[1..];
            loop {
                let c = self.rest.chars().next()?;
                self.rest = &self.rest[c.len_utf8()..];
                match c {
                    _ if c == quote => break,
                    '\n' => return None,
                    '\\' => self.escape(&mut text)?,
                    _ => text.push(c),
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let c = self.rest.chars().next()?;
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(self.rest.get(1..=digits)?, 16).ok()?;
            text.push(char::from_u32(code)?);
            self.rest = &self.rest[digits + 1..];
            return Some(());
        }
        if c.is_digit(8) {
            let length = self.rest.chars().take(3).take_while(|c| c.is_digit(8)).count();
            text.push(char::from_u32(u32::from_str_radix(&self.rest[..length], 8).ok()?)?);
            self.rest = &self.rest[length..];
            return Some(());
        }
        match c {
            '\n' => {}
            '\\' | '\'' | '"' => text.push(c),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            other => text.extend(['\\', other]),
        }
        self.rest = &self.rest[c.len_utf8()..];
        Some(())
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| c.is_whitespace() || ",:)]}".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "None" => return Some(Value::Null),
            "True" => return Some(Value::Bool(true)),
            "False" => return Some(Value::Bool(false)),
            _ => {}
        }
        let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            // Python refuses 007.
            let padded = digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|b| b != b'0');
            return word.parse::<i64>().ok().filter(|_| !padded).map(Value::from);
        }
        word.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::literal;
    use crate::python::write_value;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        assert_eq!(literal(r#"['a', "b's", 'c\n\x41\u00e9\101']"#), Some(json!(["a", "b's", "c\nA\u{e9}A"])));
        assert_eq!(literal("('a', 1, -2.5, None, True,)"), Some(json!(["a", 1, -2.5, null, true])));
        assert_eq!(literal("('a' 'b')"), Some(json!("ab")));
        assert_eq!(literal("{'a': [1], 'b': {}}"), Some(json!({"a": [1], "b": {}})));
        for bad in ["", "[a]", "['a' 1]", "['a'", "[1,,2]", "007", "f()", "['a\nb']", "[1] x"] {
            assert_eq!(literal(bad), None, "{bad}");
        }
        assert_eq!(literal(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(texts in prop::collection::vec(".*", 0..5)) {
            let value = json!(texts);
            let mut printed = String::new();
            write_value(&mut printed, &value).unwrap();
            prop_assert_eq!(literal(&printed), Some(value));
        }
    }
}
