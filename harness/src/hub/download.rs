//! One file from the hub: begun where an earlier try ended, checked against its size and its checksum.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::checksum::{Checksum, Running};
use super::client::{Client, Reply, header};
use super::listing::RemoteFile;
use super::wait::{Patience, Talk};
use crate::error::is_full;
use crate::{Error, Result};

/// Bytes that are read at once, and after which it is looked whether to stop.
const PIECE: usize = 1 << 20;

/// A file on its way: what it is, where it comes from, where it is put.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) file: &'a RemoteFile,
    pub(super) address: String,
    /// Where the bytes are put until they are all there.
    pub(super) partial: PathBuf,
    pub(super) talk: Talk<'a>,
    /// What an answer means that holds no file.
    pub(super) refused: &'a dyn Fn(&Reply) -> Error,
}

/// How far the bytes have come.
struct Progress {
    to: File,
    hash: Running,
    bytes: u64,
    /// The most bytes that there ever were: a server that knows no ranges begins anew, which is no progress.
    furthest: u64,
}

/// How a stream of bytes ended.
enum End {
    Whole,
    Cut(String),
    /// More bytes than the file has.
    TooLong,
    Stopped,
}

impl Download<'_> {
    /// Fetches the bytes into `partial`; false where it was stopped meanwhile. What is there stays for the next try, unless its
    /// checksum is wrong.
    ///
    /// # Errors
    /// Nobody answers, the file is refused, the disk is full, or the checksum is wrong twice.
    pub(super) fn run(&self) -> Result<bool> {
        let mut wrong = None;
        loop {
            let Some(found) = self.fetch()? else { return Ok(false) };
            if found == self.file.checksum {
                return Ok(true);
            }
            fs_err::remove_file(&self.partial)?;
            if let Some(before) = wrong.replace(found.clone()) {
                let again = if before == found { "twice the same".to_owned() } else { format!("{before} before that") };
                return Err(Error::Hub {
                    address: self.address.clone(),
                    problem: format!("what comes has {found} ({again}), the hub says {}", self.file.checksum),
                    help: "something between the hub and here changes files: look at HF_ENDPOINT and https_proxy, then run it again".into(),
                });
            }
        }
    }

    /// All bytes, and their checksum; `None` where it was stopped.
    fn fetch(&self) -> Result<Option<Checksum>> {
        let mut progress = self.resume()?;
        let mut patience = Patience::default();
        while progress.bytes < self.file.size || self.file.size == 0 {
            let Some(reply) = self.client.ask(&self.address, progress.bytes, &mut patience, self.talk)? else {
                return Ok(None);
            };
            match reply.status {
                206 if begins_at(&reply, progress.bytes) => {}
                200 => self.restart(&mut progress)?, // all of it: the server knows no ranges
                206 | 416 => {
                    self.restart(&mut progress)?;
                    let Some(wait) = patience.after_failure() else {
                        return Err(self
                            .client
                            .unreachable(&self.address, "its ranges of bytes are not those that were asked for"));
                    };
                    if self.talk.sleep(wait) {
                        return Ok(None);
                    }
                    continue;
                }
                _ => return Err((self.refused)(&reply)),
            }
            self.same_file(&reply)?;
            match self.receive(reply, &mut progress, &mut patience)? {
                End::Whole => break,
                End::Stopped => return Ok(None),
                End::TooLong => {
                    progress.hash.update(b"more"); // whatever the rest is, it is another file
                    break;
                }
                End::Cut(why) => match patience.after_failure() {
                    Some(wait) if self.talk.sleep(wait) => return Ok(None),
                    Some(_) => {}
                    None => {
                        let far =
                            format!("the connection ends after {} of {} bytes: {why}", progress.bytes, self.file.size);
                        return Err(self.client.unreachable(&self.address, &far));
                    }
                },
            }
        }
        self.written(progress.to.sync_all())?;
        Ok(Some(progress.hash.finish()))
    }

    /// Opens what an earlier try left, and computes its checksum so far.
    fn resume(&self) -> Result<Progress> {
        let mut options = fs_err::OpenOptions::new();
        let to = options.read(true).write(true).create(true).truncate(false).open(&self.partial)?;
        let mut progress =
            Progress { to: to.into_parts().0, hash: self.file.checksum.begin(self.file.size), bytes: 0, furthest: 0 };
        if progress.to.metadata()?.len() > self.file.size {
            progress.to.set_len(0)?;
        }
        let mut piece = vec![0; PIECE];
        loop {
            let read = progress.to.read(&mut piece)?;
            if read == 0 {
                progress.furthest = progress.bytes;
                return Ok(progress);
            }
            progress.hash.update(&piece[..read]);
            progress.bytes += read as u64;
        }
    }

    fn restart(&self, progress: &mut Progress) -> Result<()> {
        progress.to.set_len(0)?;
        progress.to.rewind()?;
        progress.hash = self.file.checksum.begin(self.file.size);
        progress.bytes = 0;
        Ok(())
    }

    /// The answer speaks of the file that was listed.
    fn same_file(&self, reply: &Reply) -> Result<()> {
        let told = header(&reply.hub, "X-Linked-Etag").and_then(Checksum::sha256);
        match (told, &self.file.checksum) {
            (Some(told), listed @ Checksum::Sha256(_)) if told != *listed => Err(Error::Hub {
                address: self.address.clone(),
                problem: format!("the hub lists it with {listed} and serves it with {told}"),
                help: "run it again; if it stays so, the hub (or the mirror of HF_ENDPOINT) has two states of it"
                    .into(),
            }),
            _ => Ok(()),
        }
    }

    fn receive(&self, reply: Reply, progress: &mut Progress, patience: &mut Patience) -> Result<End> {
        let mut from = reply.body.into_with_config().limit(u64::MAX).reader();
        let mut piece = vec![0; PIECE];
        loop {
            if (self.talk.stop)() {
                return Ok(End::Stopped);
            }
            let read = match from.read(&mut piece) {
                Ok(0) if progress.bytes == self.file.size => return Ok(End::Whole),
                Ok(0) => return Ok(End::Cut("it was closed".into())),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Ok(End::Cut(error.to_string())),
            };
            if progress.bytes + read as u64 > self.file.size {
                return Ok(End::TooLong);
            }
            self.written(progress.to.write_all(&piece[..read]))?;
            progress.hash.update(&piece[..read]);
            progress.bytes += read as u64;
            if progress.bytes > progress.furthest {
                progress.furthest = progress.bytes;
                patience.renew();
            }
        }
    }

    fn written(&self, written: std::io::Result<()>) -> Result<()> {
        written.map_err(|error| not_written(&self.partial, &error))
    }
}

/// Whether a range is the one that was asked for: `Content-Range: bytes 500-999/1000`.
fn begins_at(reply: &Reply, byte: u64) -> bool {
    let range = header(&reply.headers, "Content-Range").and_then(|text| text.trim().strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.trim().parse().ok()).is_none_or(|begin: u64| begin == byte)
}

/// The error for a file of the cache that cannot be written.
pub(super) fn not_written(path: &Path, error: &std::io::Error) -> Error {
    if is_full(error.kind()) {
        return Error::Full {
            problem: format!("{}: {error}", path.display()),
            help: "make room, set `disk:` in the run file to what there is (such as 50G) and `keep: none`, or name another disk in HF_HUB_CACHE".into(),
        };
    }
    Error::Results {
        path: path.to_path_buf(),
        problem: format!("cannot be written ({error})"),
        help: "make it writable, or name another folder in HF_HUB_CACHE".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_the_place_and_the_mend() {
        for (kind, said) in
            [(ErrorKind::StorageFull, "the disk is full"), (ErrorKind::PermissionDenied, "cannot be written")]
        {
            let error = not_written(Path::new("cache/blobs/x"), &kind.into()).in_full();
            assert!(
                error.contains("cache/blobs/x") && error.contains(said) && error.contains("HF_HUB_CACHE"),
                "{error}"
            );
        }
    }
}
