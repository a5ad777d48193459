//! Between candle-core's reader and a file that may say anything of itself: what that reader would take at its word.

use std::io::{BufReader, Error as IoError, ErrorKind, Read, Result as IoResult, Seek, SeekFrom};
use std::path::Path;

use candle_core::quantized::gguf_file::Content;

use super::{CONVERT_AGAIN, COPY_AGAIN, MAGIC, broken};
use crate::error::{Error, Result};

/// No header is longer: the largest vocabularies take a fifth of it. In memory a list takes up to 32 times as much.
const LARGEST_HEADER: u64 = 48 << 20;
/// Letters of a text that an error shows.
const LONGEST_PLACE: usize = 64;
/// The key of what tensors begin at multiples of, which candle-core divides by.
const ALIGNMENT: &[u8] = b"general.alignment";
/// What a tensor's type is called in a file of another program's making, by number.
const OTHER_TYPES: [(&str, &str); 21] = [
    ("4", "Q4_2"),
    ("5", "Q4_3"),
    ("16", "IQ2_XXS"),
    ("17", "IQ2_XS"),
    ("18", "IQ3_XXS"),
    ("19", "IQ1_S"),
    ("20", "IQ4_NL"),
    ("21", "IQ3_S"),
    ("22", "IQ2_S"),
    ("23", "IQ4_XS"),
    ("24", "I8"),
    ("25", "I16"),
    ("26", "I32"),
    ("27", "I64"),
    ("28", "F64"),
    ("29", "IQ1_M"),
    ("31", "Q4_0_4_4"),
    ("32", "Q4_0_4_8"),
    ("34", "TQ1_0"),
    ("35", "TQ2_0"),
    ("39", "MXFP4"),
];

/// The header of `path`, and the size of the file.
pub(super) fn header(path: &Path) -> Result<(Content, u64)> {
    let mut file = fs_err::File::open(path).map_err(Error::io(path))?;
    let size = file.metadata().map_err(Error::io(path))?.len();
    let mut first = Vec::new();
    (&mut file).take(24).read_to_end(&mut first).map_err(Error::io(path))?;
    let [tensors, keys] = declared(path, &first)?;
    file.seek(SeekFrom::Start(0)).map_err(Error::io(path))?;
    let mut reader = Reader {
        inner: BufReader::new(file),
        at: 0,
        end: size.min(LARGEST_HEADER),
        last: Last::Other,
        text: Vec::new(),
    };
    let content =
        Content::read(&mut reader).map_err(|error| refused(path, &error.to_string(), size, &reader.place()))?;
    if content.tensor_infos.len() as u64 != tensors {
        let problem = format!("says {tensors} tensors and names {}: one is there twice", content.tensor_infos.len());
        return Err(broken(path, problem, CONVERT_AGAIN));
    }
    if content.metadata.len() as u64 != keys {
        let problem = format!("says {keys} keys and names {}: one is there twice", content.metadata.len());
        return Err(broken(path, problem, CONVERT_AGAIN));
    }
    Ok((content, size))
}

/// How many tensors and keys the first bytes declare, if they are the beginning of a file that is read.
fn declared(path: &Path, first: &[u8]) -> Result<[u64; 2]> {
    let damaged = |problem: String| Err(broken(path, problem, COPY_AGAIN));
    if first.starts_with(b"vers") {
        let problem = "is a pointer of Git LFS, not the model".into();
        return Err(broken(path, problem, "fetch the file itself: `git lfs pull`"));
    }
    if !first.starts_with(MAGIC) {
        return damaged("does not begin as a GGUF file does".into());
    }
    let Some((version, counts)) = first[4..].split_first_chunk::<4>() else {
        return damaged(format!("is {} bytes long, too short for a header", first.len()));
    };
    let counts = match u32::from_le_bytes(*version) {
        1 => counts.as_chunks().0.first_chunk().map(|counts| counts.map(|count| u64::from(u32::from_le_bytes(count)))),
        2 | 3 => counts.as_chunks().0.first_chunk().map(|counts| counts.map(u64::from_le_bytes)),
        _ if (1..=3).contains(&u32::from_be_bytes(*version)) => {
            let mend = "convert the model again without `--bigendian`";
            return Err(broken(path, "is of big-endian byte order, which is not read".into(), mend));
        }
        other => {
            let problem = format!("is of version {other} of the format; 1, 2 and 3 are read");
            return Err(broken(path, problem, CONVERT_AGAIN));
        }
    };
    match counts {
        Some(counts) => Ok(counts),
        None => damaged(format!("is {} bytes long, too short for a header", first.len())),
    }
}

/// What candle-core refuses, in our words; `place` is what was read last.
fn refused(path: &Path, said: &str, size: u64, place: &str) -> Error {
    let said = said.lines().next().unwrap_or_default().trim_start_matches("gguf: ");
    if let Some((_, number)) = said.split_once("unknown dtype for tensor ") {
        let name = OTHER_TYPES.iter().find(|(known, _)| *known == number).map_or("unknown", |(_, name)| name);
        let mend = "quantise the model as Q4_0, Q4_K_M, Q5_K_M, Q6_K or Q8_0 instead, or keep it in F16 or BF16";
        return broken(path, format!("{place} is a tensor of type {number} ({name}), which is not read"), mend);
    }
    let cut = said.contains("fill whole buffer") || said.contains("end of file");
    let problem = match (cut, size > LARGEST_HEADER) {
        (true, false) => format!("ends within its header, after {size} bytes, at {place}"),
        (true, true) => format!("its header is longer than {} MiB", LARGEST_HEADER >> 20),
        (false, _) => format!("its header cannot be read at {place}: {said}"),
    };
    broken(path, problem, COPY_AGAIN)
}

/// A file up to where no header ends, that knows where it is without asking the system.
struct Reader {
    inner: BufReader<fs_err::File>,
    at: u64,
    end: u64,
    last: Last,
    /// The last text that was long enough to be told from numbers.
    text: Vec<u8>,
}

impl Reader {
    /// The key or tensor that is being read, or a text within it.
    fn place(&self) -> String {
        if self.text.is_empty() {
            return "its beginning".into();
        }
        let text: String = String::from_utf8_lossy(&self.text).chars().take(LONGEST_PLACE).collect();
        format!("`{}`", text.escape_debug())
    }
}

/// What was read last.
#[derive(Clone, Copy)]
enum Last {
    Other,
    /// The key of the alignment.
    Key,
    /// What kind of number it is.
    Kind,
}

impl Read for Reader {
    fn read(&mut self, to: &mut [u8]) -> IoResult<usize> {
        let len = to.len().min(self.end.saturating_sub(self.at) as usize);
        self.inner.read_exact(&mut to[..len])?;
        self.at += len as u64;
        if to.len() > size_of::<u64>() && len == to.len() && !to.contains(&0) {
            self.text.clear();
            self.text.extend_from_slice(&to[..len.min(4 * LONGEST_PLACE)]);
        }
        self.last = match self.last {
            _ if to == ALIGNMENT => Last::Key,
            Last::Key => Last::Kind,
            Last::Kind if to.iter().all(|&byte| byte == 0) => {
                return Err(IoError::new(ErrorKind::InvalidData, "`general.alignment` is 0"));
            }
            Last::Kind | Last::Other => Last::Other,
        };
        Ok(len)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        match to {
            SeekFrom::Current(0) => {}
            SeekFrom::End(0) => self.at = self.end,
            to => self.at = self.inner.seek(to)?,
        }
        Ok(self.at)
    }
}
