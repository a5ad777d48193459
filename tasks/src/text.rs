//! Text files: the one place where their bytes become text.

use std::path::Path;

use crate::error::{Error, Result};

/// The text of the file at `path`, without a byte order mark.
///
/// # Errors
/// The file cannot be read, or is not UTF-8 text: then its first bad line is named.
pub fn read(path: &Path) -> Result<String> {
    let mut bytes = fs_err::read(path)?;
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| no_text(path, error.as_bytes()))
}

/// The bytes of the file at `path` as text, without a byte order mark.
///
/// # Errors
/// The bytes are no UTF-8 text: the first bad line is named.
pub fn decode<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| no_text(path, bytes))
}

/// The byte order mark, which Windows' editors write before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn no_text(path: &Path, bytes: &[u8]) -> Error {
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let (problem, help) = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
            "this is UTF-16 text, and UTF-8 is read",
            "save the file in UTF-8, or convert it: `iconv -f utf-16 -t utf-8`",
        ),
        [0x1f, 0x8b, ..] => ("this is compressed with gzip", "unpack it: `gunzip`"),
        _ => (
            "this line is not UTF-8 text",
            "save the file in UTF-8, or convert it: `iconv -f latin1 -t utf-8`, if it was Latin-1",
        ),
    };
    let line = bytes[..good].split(|byte| *byte == b'\n').count();
    Error::Data { file: path.to_owned(), line, problem: problem.into(), help: help.into() }
}

#[cfg(test)]
mod tests {
    use super::{decode, read};

    #[test]
    fn a_byte_order_mark_is_no_text_and_other_encodings_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        let cases: [(&[u8], Result<&str, &str>); 5] = [
            (b"\xef\xbb\xbfa: 1\r\n", Ok("a: 1\r\n")),
            ("zwölf".as_bytes(), Ok("zwölf")),
            (b"\xff\xfea\0\n\0", Err("a.txt:1: this is UTF-16")),
            (b"\xfe\xff\0a", Err("a.txt:1: this is UTF-16")),
            (b"fine\nzw\xf6lf\n", Err("a.txt:2: this line is not UTF-8")),
        ];
        for (bytes, wanted) in cases {
            fs_err::write(&path, bytes).unwrap();
            for got in [read(&path), decode(&path, bytes).map(str::to_owned)] {
                match (got, wanted) {
                    (Ok(got), wanted) => assert_eq!(Ok(got.as_str()), wanted),
                    (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
                    (Err(error), Ok(wanted)) => panic!("{wanted}: {error}"),
                }
            }
        }
    }
}
