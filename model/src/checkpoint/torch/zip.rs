//! The zip archive of `torch.save`: its central directory, distrusted, and where each entry's bytes lie. Nothing is unpacked.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// The end record and the longest comment that may follow it.
const LONGEST_TAIL: u64 = 22 + 65_535;
/// A directory larger than this is not a checkpoint's.
const LARGEST_DIRECTORY: u64 = 1 << 28;
/// A length or offset that is told in the zip64 field instead.
const ELSEWHERE: u64 = 0xFFFF_FFFF;

/// Where the entries of an archive lie: name → bytes from the beginning of the file, inside the file and apart from each other.
pub(super) type Directory = BTreeMap<String, Range<u64>>;

/// Reads the central directory of the archive in `file`, `size` bytes long.
///
/// # Errors
/// In words: it is not a zip archive, is cut short, or has entries that are compressed, encrypted, doubled or overlapping.
pub(super) fn directory(file: &mut (impl Read + Seek), size: u64) -> Result<Directory, String> {
    let records = central_directory(file, size)?;
    let mut at = Cursor { bytes: &records, at: 0 };
    let mut entries = Directory::new();
    while at.at < records.len() {
        let (name, header, length) = entry(&mut at).ok_or("its directory is damaged")??;
        let start = data_start(file, size, header).ok_or_else(|| format!("its entry `{name}` has no header"))?;
        let end = start.checked_add(length).filter(|end| *end <= size);
        let end = end.ok_or_else(|| format!("truncated: its entry `{name}` ends beyond the file"))?;
        if entries.insert(name.clone(), start..end).is_some() {
            return Err(format!("its entry `{name}` is there twice"));
        }
    }
    let filled = entries.iter().filter(|(_, span)| !span.is_empty());
    let mut spans: Vec<(&Range<u64>, &String)> = filled.map(|(name, span)| (span, name)).collect();
    spans.sort_by_key(|(span, _)| (span.start, span.end));
    for pair in spans.windows(2) {
        if pair[0].0.end > pair[1].0.start {
            return Err(format!("its entries `{}` and `{}` overlap", pair[0].1, pair[1].1));
        }
    }
    Ok(entries)
}

/// The bytes of the central directory, found by the end record, or by zip64's where that says so.
fn central_directory(file: &mut (impl Read + Seek), size: u64) -> Result<Vec<u8>, String> {
    let tail_start = size.saturating_sub(LONGEST_TAIL);
    let tail = bytes_at(file, tail_start, size - tail_start).ok_or("it cannot be read to its end")?;
    let end =
        tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or("truncated: its directory is missing")?;
    let mut at = Cursor { bytes: &tail, at: end + 12 };
    let (mut length, mut start) = at.u32().zip(at.u32()).ok_or("truncated: its directory is cut short")?;
    if let Some(locator) = end.checked_sub(20).filter(|at| tail[*at..].starts_with(b"PK\x06\x07")) {
        let record = Cursor { bytes: &tail, at: locator + 8 }.u64().ok_or("its directory is damaged")?;
        let record = bytes_at(file, record, 56).filter(|record| record.starts_with(b"PK\x06\x06"));
        let record = record.ok_or("its zip64 directory is damaged")?;
        let mut at = Cursor { bytes: &record, at: 40 };
        (length, start) = at.u64().zip(at.u64()).ok_or("its zip64 directory is damaged")?;
    }
    let inside = start.checked_add(length).is_some_and(|end| end <= size) && length <= LARGEST_DIRECTORY;
    let records = if inside { bytes_at(file, start, length) } else { None };
    records.ok_or_else(|| "its directory lies outside the file".into())
}

/// The next record of the directory: name, place of the local header, length. `None` where the record is cut short.
fn entry(at: &mut Cursor<'_>) -> Option<Result<(String, u64, u64), String>> {
    let start = at.at;
    if at.take(4)? != b"PK\x01\x02" {
        return None;
    }
    at.at = start + 8;
    let (flags, method) = (at.u16()?, at.u16()?);
    at.at = start + 20;
    let (mut packed, mut length) = (at.u32()?, at.u32()?);
    let (name, extra, comment) = (at.u16()?, at.u16()?, at.u16()?);
    at.at = start + 42;
    let mut header = at.u32()?;
    let name = String::from_utf8_lossy(at.take(name as usize)?).into_owned();
    let extra = at.take(extra as usize)?;
    at.take(comment as usize)?;
    let mut wide = zip64_field(extra);
    for value in [&mut length, &mut packed, &mut header] {
        if *value == ELSEWHERE {
            *value = wide.as_mut()?.u64()?;
        }
    }
    if method != 0 || packed != length {
        return Some(Err(format!("its entry `{name}` is compressed")));
    }
    if flags & 1 != 0 {
        return Some(Err(format!("its entry `{name}` is encrypted")));
    }
    Some(Ok((name, header, length)))
}

/// The zip64 part of an entry's extra fields, where there is one.
fn zip64_field(extra: &[u8]) -> Option<Cursor<'_>> {
    let mut at = Cursor { bytes: extra, at: 0 };
    loop {
        let (id, length) = (at.u16()?, at.u16()?);
        let field = at.take(length as usize)?;
        if id == 1 {
            return Some(Cursor { bytes: field, at: 0 });
        }
    }
}

/// Where the data behind the local header at `header` begins.
fn data_start(file: &mut (impl Read + Seek), size: u64, header: u64) -> Option<u64> {
    let fixed = header.checked_add(30).filter(|end| *end <= size).and_then(|_| bytes_at(file, header, 30))?;
    let mut at = Cursor { bytes: &fixed, at: 26 };
    let names = at.u16()? + at.u16()?;
    fixed.starts_with(b"PK\x03\x04").then_some(header + 30 + names)
}

fn bytes_at(file: &mut (impl Read + Seek), start: u64, length: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    file.seek(SeekFrom::Start(start)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Little-endian numbers, one after the other.
pub(super) struct Cursor<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    pub(super) fn u16(&mut self) -> Option<u64> {
        self.number(2)
    }

    pub(super) fn u32(&mut self) -> Option<u64> {
        self.number(4)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.number(8)
    }
}
