//! Units of prompt packs on disk: the conversations as they were held, one a line.

use spyglass_dashboards::run::{Chunk, UnitRecord};
use spyglass_tasks::vibes::Transcript;

use super::unit::damaged;
use super::{UnitFolder, write_whole};
use crate::Result;

/// The file of a pack's conversations.
const FILE: &str = "transcripts.jsonl";

impl UnitFolder {
    /// Writes a pack's conversations.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write_transcripts(&self, transcripts: &[Transcript]) -> Result<Chunk> {
        let line = |transcript| serde_json::to_string(transcript).expect("plain data") + "\n";
        let text: String = transcripts.iter().map(line).collect();
        write_whole(&self.path().join(FILE), text.as_bytes())?;
        let blake3 = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok(Chunk { file: FILE.into(), first: 0, items: transcripts.len(), blake3 })
    }

    /// The conversations of a finished unit of a pack, checked against the checksum in its summary.
    ///
    /// # Errors
    /// The file is missing, damaged, or not the one the summary speaks of.
    pub fn transcripts(&self, record: &UnitRecord) -> Result<Vec<Transcript>> {
        let path = self.path().join(FILE);
        let text = fs_err::read_to_string(&path)?;
        let known = record.chunks.iter().any(|chunk| chunk.blake3 == blake3::hash(text.as_bytes()).to_hex().as_str());
        if !known {
            return Err(damaged(&path, "its checksum is not the one in unit.json"));
        }
        text.lines()
            .map(|line| serde_json::from_str(line).map_err(|error| damaged(&path, &error.to_string())))
            .collect()
    }
}

/// Whether a unit is one of a prompt pack.
pub(crate) fn is_pack(record: &UnitRecord) -> bool {
    record.chunks.iter().any(|chunk| chunk.file == FILE)
}
