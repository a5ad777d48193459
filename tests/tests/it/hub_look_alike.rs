//! A look-alike of the hub on loopback: listings in pages, files that lie elsewhere, ranges, and what goes wrong on the way.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha1::{Digest, Sha1};

use crate::program::bytes_below;

/// Entries of one page of a listing.
const PAGE: usize = 3;
/// Bytes that are sent at once.
const PIECE: usize = 8 << 10;

/// The look-alike; it ends with the tests.
#[derive(Clone)]
pub(crate) struct Hub {
    state: Arc<State>,
    /// Its address.
    pub(crate) address: String,
    /// The address of the files that it sends on to.
    pub(crate) elsewhere: String,
}

#[derive(Default)]
struct State {
    repos: Mutex<BTreeMap<String, Repository>>,
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<Vec<Fault>>,
    /// Milliseconds between two pieces of a large file.
    slow: AtomicU64,
}

/// What is published under one name.
#[derive(Default)]
struct Repository {
    branches: BTreeMap<String, String>,
    commits: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    gated: bool,
    token: Option<String>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) elsewhere: bool,
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) for_the_proxy: Option<String>,
}

/// What goes wrong, so often, with requests whose target holds `on`.
struct Fault {
    on: String,
    times: usize,
    what: What,
}

#[derive(Clone)]
pub(crate) enum What {
    /// Another answer, with a header.
    Status(u16, &'static str, &'static str),
    /// The connection ends after so many bytes of the file.
    Cut(usize),
    /// A byte of the file is another one.
    Wrong,
    /// All bytes, whatever was asked for.
    NoRanges,
}

impl Hub {
    pub(crate) fn start() -> Self {
        let state: Arc<State> = Arc::default();
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (own, other) = (bind(), bind());
        let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let hub = Self { state, address: address(&own), elsewhere: address(&other) };
        for (listener, elsewhere) in [(own, false), (other, true)] {
            let hub = hub.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let hub = hub.clone();
                    std::thread::spawn(move || drop(hub.serve(stream, elsewhere)));
                }
            });
        }
        hub
    }

    /// Publishes the files of a folder as a revision of `repo` (`models/…` or `datasets/…`); the commit.
    pub(crate) fn publish(&self, repo: &str, revision: &str, folder: &Path) -> String {
        let named = |(path, bytes): (PathBuf, Vec<u8>)| (path.to_str().unwrap().to_owned(), bytes);
        let files = bytes_below(folder).into_iter().map(named).collect();
        self.publish_files(repo, revision, files)
    }

    pub(crate) fn publish_files(&self, repo: &str, revision: &str, files: BTreeMap<String, Vec<u8>>) -> String {
        let mut hash = Sha1::new_with_prefix(revision);
        files.iter().for_each(|(name, bytes)| hash.update([name.as_bytes(), bytes].concat()));
        let commit = hex(&hash.finalize());
        let mut repos = self.state.repos.lock().unwrap();
        let repo = repos.entry(repo.into()).or_default();
        repo.branches.insert(revision.into(), commit.clone());
        repo.commits.insert(commit.clone(), files);
        commit
    }

    /// Files only for those who accept the terms, which nobody does.
    pub(crate) fn gate(&self, repo: &str) {
        self.state.repos.lock().unwrap().get_mut(repo).unwrap().gated = true;
    }

    /// Only for this token.
    pub(crate) fn make_private(&self, repo: &str, token: &str) {
        self.state.repos.lock().unwrap().get_mut(repo).unwrap().token = Some(token.into());
    }

    /// A commit is there no more, though a branch still leads to it.
    pub(crate) fn delete(&self, repo: &str, commit: &str) {
        self.state.repos.lock().unwrap().get_mut(repo).unwrap().commits.remove(commit);
    }

    pub(crate) fn go_wrong(&self, on: &str, times: usize, what: What) {
        self.state.faults.lock().unwrap().push(Fault { on: on.into(), times, what });
    }

    pub(crate) fn slow_down(&self, milliseconds: u64) {
        self.state.slow.store(milliseconds, Ordering::Relaxed);
    }

    /// The requests so far; they are forgotten.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.seen.lock().unwrap())
    }

    fn fault(&self, target: &str) -> Option<What> {
        let mut faults = self.state.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| fault.times > 0 && target.contains(&fault.on))?;
        fault.times -= 1;
        Some(fault.what.clone())
    }

    fn serve(&self, stream: TcpStream, elsewhere: bool) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            lines.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let (authorization, range) = (headers.get("authorization").cloned(), headers.get("range").cloned());
        let seen = Seen {
            elsewhere,
            target: target.clone(),
            authorization: authorization.clone(),
            range: range.clone(),
            for_the_proxy: headers.get("proxy-authorization").cloned(),
        };
        self.state.seen.lock().unwrap().push(seen);
        let mut answer = Answer { stream, range, fault: self.fault(&target), slow: 0 };
        if let Some(What::Status(status, name, value)) = answer.fault {
            return answer.say(status, &[(name, value)], b"");
        }
        // As a proxy it is every host.
        let own = target
            .strip_prefix("http://")
            .map_or(target.as_str(), |rest| rest.split_once('/').map_or("", |(_, own)| own));
        let (path, query) = own.split_once('?').unwrap_or((own, ""));
        let path = path.trim_start_matches('/').replace("%20", " ").replace("%2F", "/");
        if elsewhere {
            answer.slow = self.state.slow.load(Ordering::Relaxed);
            return match self.blob(path.trim_start_matches("blob/")) {
                Some(bytes) => answer.file(&bytes),
                None => answer.say(404, &[], b""),
            };
        }
        self.answer(&mut answer, &path, query, authorization.as_deref())
    }

    /// The models of an organisation.
    fn models(&self, answer: &mut Answer, repos: &BTreeMap<String, Repository>, query: &str) -> std::io::Result<()> {
        let author = query.split('&').find_map(|part| part.strip_prefix("author=")).unwrap_or_default().to_owned();
        let ids = repos.keys().filter_map(|name| name.strip_prefix("models/"));
        let own = ids.filter(|id| id.split('/').next() == Some(&author));
        let entries: Vec<String> = own.map(|id| format!(r#"{{"id": "{id}", "private": false}}"#)).collect();
        self.page(answer, "api/models", &format!("author={author}&"), (&entries, query))
    }

    /// The page of a listing that is asked for.
    fn page(
        &self,
        answer: &mut Answer,
        path: &str,
        more: &str,
        (entries, query): (&[String], &str),
    ) -> std::io::Result<()> {
        let from: usize = query.split("cursor=").nth(1).map_or(0, |cursor| cursor.parse().unwrap());
        let page = &entries[from.min(entries.len())..(from + PAGE).min(entries.len())];
        let next = format!("<{}/{path}?{more}cursor={}>; rel=\"next\"", self.address, from + PAGE);
        let link = if from + PAGE < entries.len() { vec![("Link", next.as_str())] } else { Vec::new() };
        answer.say(200, &link, format!("[{}]", page.join(", ")).as_bytes())
    }

    /// The bytes with this SHA-256.
    fn blob(&self, digits: &str) -> Option<Vec<u8>> {
        let repos = self.state.repos.lock().unwrap();
        let mut files = repos.values().flat_map(|repo| repo.commits.values()).flat_map(|files| files.values());
        files.find(|bytes| spyglass_tasks::sha256_hex(bytes) == digits).cloned()
    }

    fn answer(&self, answer: &mut Answer, path: &str, query: &str, authorization: Option<&str>) -> std::io::Result<()> {
        let repos = self.state.repos.lock().unwrap();
        let api = path.strip_prefix("api/");
        let whole = match api {
            Some(rest) => rest.to_owned(),
            None if path.starts_with("datasets/") => path.into(),
            None => format!("models/{path}"),
        };
        if path == "api/models" {
            return self.models(answer, &repos, query);
        }
        let known = repos.iter().find(|(name, _)| whole.starts_with(&format!("{name}/")));
        let is_allowed = |repo: &Repository| {
            let own = |token: &String| authorization == Some(&format!("Bearer {token}"));
            repo.token.as_ref().is_none_or(own)
        };
        let Some((name, repo)) = known.filter(|(_, repo)| is_allowed(repo)) else {
            return answer.say(401, &[("X-Error-Code", "RepoNotFound")], b"{}");
        };
        let rest = &whole[name.len() + 1..];
        if rest == "refs" {
            let branch = |(name, commit): (&String, &String)| {
                format!(r#"{{"name": "{name}", "ref": "refs/heads/{name}", "targetCommit": "{commit}"}}"#)
            };
            let branches: Vec<String> = repo.branches.iter().map(branch).collect();
            let text = format!(r#"{{"branches": [{}], "tags": [], "converts": []}}"#, branches.join(", "));
            return answer.say(200, &[], text.as_bytes());
        }
        let commit_of = |revision: &str| repo.branches.get(revision).cloned().unwrap_or_else(|| revision.to_owned());
        if let Some(rest) = rest.strip_prefix("tree/") {
            let (revision, folder) = match rest.split_once('/') {
                Some((first, folder)) if repo.commits.contains_key(&commit_of(first)) => (first, folder),
                _ => (rest, ""),
            };
            let Some(files) = repo.commits.get(&commit_of(revision)) else {
                return answer.say(404, &[("X-Error-Code", "RevisionNotFound")], b"{}");
            };
            let recursive = query.contains("recursive");
            let entries = listed(files, folder, recursive);
            if entries.is_empty() && !folder.is_empty() {
                return answer.say(404, &[("X-Error-Code", "EntryNotFound")], b"{}");
            }
            return self.page(answer, path, if recursive { "recursive=true&" } else { "" }, (&entries, query));
        }
        let rest = rest.strip_prefix("resolve/").unwrap_or(rest);
        let asked = [rest.strip_prefix("cached/"), Some(rest)].into_iter().flatten().next().unwrap();
        let found = repo
            .commits
            .iter()
            .find_map(|(commit, files)| files.get(asked.strip_prefix(commit.as_str())?.strip_prefix('/')?));
        match found {
            None => answer.say(404, &[("X-Error-Code", "EntryNotFound")], b"{}"),
            Some(_) if repo.gated => answer.say(403, &[("X-Error-Code", "GatedRepo")], b"{}"),
            Some(bytes) if is_large(asked) => {
                let digits = spyglass_tasks::sha256_hex(bytes);
                let place = format!("{}/blob/{digits}", self.elsewhere);
                let etag = format!("\"{digits}\"");
                answer.say(302, &[("Location", &place), ("X-Linked-Etag", &etag)], b"moved")
            }
            // A small file lies here, under another name.
            Some(bytes) if rest.starts_with("cached/") => answer.file(&bytes.clone()),
            Some(_) => answer.say(
                307,
                &[("Location", &format!("/{}/resolve/cached/{asked}", name.trim_start_matches("models/")))],
                b"",
            ),
        }
    }
}

/// The files and folders in a folder of a revision, or all below it.
fn listed(files: &BTreeMap<String, Vec<u8>>, folder: &str, recursive: bool) -> Vec<String> {
    let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let below = |path: &str| path.strip_prefix(&above).map(str::to_owned);
    let is_listed = |path: &str| below(path).is_some_and(|path| recursive || !path.contains('/'));
    let mut entries: Vec<String> = files.iter().filter(|(path, _)| is_listed(path)).map(entry).collect();
    let mut folders: Vec<&str> = files
        .keys()
        .flat_map(|path| path.match_indices('/').map(|(end, _)| &path[..end]))
        .filter(|path| is_listed(path))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let oid = "0".repeat(40);
    let entry = |path: &&str| format!(r#"{{"type": "directory", "oid": "{oid}", "size": 0, "path": "{path}"}}"#);
    entries.splice(0..0, folders.iter().map(entry));
    entries
}

/// A file in a listing.
fn entry((path, bytes): (&String, &Vec<u8>)) -> String {
    let size = bytes.len();
    let oid = hex(&Sha1::new().chain_update(format!("blob {size}\0")).chain_update(bytes).finalize());
    if is_large(path) {
        let digits = spyglass_tasks::sha256_hex(bytes);
        let lfs = format!(r#"{{"oid": "{digits}", "size": {size}, "pointerSize": 134}}"#);
        format!(r#"{{"type": "file", "oid": "{oid}", "size": {size}, "path": "{path}", "lfs": {lfs}, "xetHash": "x"}}"#)
    } else {
        format!(r#"{{"type": "file", "oid": "{oid}", "size": {size}, "path": "{path}"}}"#)
    }
}

fn is_large(path: &str) -> bool {
    [".bin", ".safetensors", ".parquet", ".pt"].iter().any(|end| path.ends_with(end))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Answer {
    stream: TcpStream,
    range: Option<String>,
    fault: Option<What>,
    slow: u64,
}

impl Answer {
    fn say(&mut self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<()> {
        self.head(status, headers, body.len())?;
        self.stream.write_all(body)
    }

    fn head(&mut self, status: u16, headers: &[(&str, &str)], length: usize) -> std::io::Result<()> {
        let mut text = format!("HTTP/1.1 {status} So\r\nConnection: close\r\nContent-Length: {length}\r\n");
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        self.stream.write_all(format!("{text}\r\n").as_bytes())
    }

    fn file(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let from = self
            .range
            .as_ref()
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let from = from.filter(|_| !matches!(self.fault, Some(What::NoRanges)));
        let mut body = bytes[from.unwrap_or(0).min(bytes.len())..].to_vec();
        if let (Some(What::Wrong), Some(last)) = (&self.fault, body.last_mut()) {
            *last ^= 1;
        }
        match from {
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                self.head(206, &[("Content-Range", &range)], body.len())?;
            }
            None => self.head(200, &[], body.len())?,
        }
        if let Some(What::Cut(after)) = self.fault {
            body.truncate(after);
        }
        for piece in body.chunks(PIECE) {
            self.stream.write_all(piece)?;
            std::thread::sleep(Duration::from_millis(self.slow));
        }
        Ok(())
    }
}
