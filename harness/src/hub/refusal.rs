//! What the hub refuses, why, and what can be done about it.

use super::address::Repo;
use super::client::{Client, Reply, header};
use super::pinned::Pinned;
use crate::Error;

/// What was asked of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// Which revisions there are.
    Revisions,
    /// Which files a checkpoint holds.
    Files(&'a Pinned),
    /// One file of a revision.
    File(&'a str, &'a str),
}

/// The error for an answer that is none.
pub(super) fn refusal(client: &Client, repo: &Repo, asked: Asked<'_>, reply: &Reply) -> Error {
    let settings = &client.settings;
    let page = client.address(&repo.page());
    let code =
        header(&reply.headers, "X-Error-Code").or_else(|| header(&reply.hub, "X-Error-Code")).unwrap_or_default();
    let token = settings.token.as_ref();
    let from = token.map(|token| format!("the token of {}", token.from));
    let (problem, help) = match (reply.status, code, asked) {
        (403, ..) | (401, "GatedRepo", _) => (
            match &from {
                Some(from) => format!("the repository is gated, and {from} has no access to it"),
                None => "the repository is gated: its files are for those who accept its terms".into(),
            },
            format!("accept the terms at {page}, and set HF_TOKEN to a token of that account with the right to read"),
        ),
        (401, "" | "RepoNotFound", _) | (404, "" | "RepoNotFound", Asked::Revisions) => (
            match (&from, reply.status) {
                (Some(from), 401) => format!("{from} is not accepted here, or there is no such repository"),
                (Some(from), _) => format!("there is no such repository, or {from} may not see it"),
                (None, _) => "there is no such repository, or it is private".into(),
            },
            format!("look at {page}; a private repository needs HF_TOKEN (or the file `token` in HF_HOME)"),
        ),
        (401, ..) => (
            format!("{} is not accepted", from.as_deref().unwrap_or("no token is set, and asking without one")),
            "set HF_TOKEN to a valid token with the right to read".into(),
        ),
        (404 | 410, _, Asked::Files(of)) if !of.folder.is_empty() => (
            format!(
                "the folder `{}` of `{}` is there no more: it was deleted after it was listed",
                of.folder, of.revision
            ),
            format!("look at {page}, then run it again: what is finished is kept"),
        ),
        (404 | 410, _, Asked::Files(of)) => (
            format!(
                "the revision `{}` is there no more: it was deleted, or its history rewritten, after it was listed",
                of.revision
            ),
            format!("look at {page}, then run it again: what is finished is kept"),
        ),
        (404 | 410, _, Asked::File(revision, path)) => (
            format!("the file `{path}` of `{revision}` is there no more: it was deleted after it was listed"),
            format!("look at {page}, then run it again: what is finished is kept"),
        ),
        (status, ..) => {
            let said = header(&reply.headers, "X-Error-Message").map(|said| format!(": {said}")).unwrap_or_default();
            (format!("it answers with {status}{said}"), format!("look at {page}, then run it again"))
        }
    };
    Error::Hub { address: reply.address.clone(), problem, help }
}
