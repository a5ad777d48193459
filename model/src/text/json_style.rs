//! How Python lays JSON out: its separators and its indents.

use std::io::Write;

use serde_json::ser::Formatter;

use super::python_text::float;

/// Python's style: separators, indentation, and whether all is ASCII.
pub(super) struct Style {
    pub(super) item: String,
    pub(super) key: String,
    pub(super) indent: Option<String>,
    pub(super) ascii: bool,
    pub(super) depth: usize,
    /// Whether the list or map that was begun last holds nothing yet.
    pub(super) is_empty: bool,
}

impl Style {
    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> std::io::Result<()> {
        match &self.indent {
            Some(indent) => writer.write_all(format!("\n{}", indent.repeat(self.depth)).as_bytes()),
            None => Ok(()),
        }
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: u8) -> std::io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        writer.write_all(&[bracket])
    }

    fn next<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if !first {
            writer.write_all(self.item.as_bytes())?;
        }
        self.is_empty = false;
        self.line(writer)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: u8) -> std::io::Result<()> {
        self.depth -= 1;
        if !self.is_empty {
            self.line(writer)?;
        }
        self.is_empty = false;
        writer.write_all(&[bracket])
    }
}

impl Formatter for Style {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(float(value).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.begin(writer, b'[')
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.end(writer, b']')
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.begin(writer, b'{')
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.end(writer, b'}')
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(self.key.as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> std::io::Result<()> {
        if !self.ascii {
            return writer.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            if (' '..='~').contains(&c) {
                write!(writer, "{c}")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}
