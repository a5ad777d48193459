//! What is answered.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use futures_util::stream::{Stream, try_unfold, unfold};
use serde::Serialize;
use tokio::io::AsyncReadExt;

use super::Live;
use super::files::find;
use super::guard::{Admitted, Guard};
use super::page::{WAITING, live};
use crate::results::report_folder;
use crate::{Error, Result};

/// A note or a vote is small.
const LARGEST_BODY: usize = 64 << 10;
/// How long a request may take to send its body.
const PATIENCE: Duration = Duration::from_secs(10);
/// A page larger than this is sent as it is on disk.
const LARGEST_PAGE: u64 = 64 << 20;
/// How often a listener is told that the server is there.
const PULSE: Duration = Duration::from_secs(15);

/// What every answer says: it is for this site's pages, it is no page of another, and it may change.
const HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-cache"),
];

/// All routes, behind the guard.
pub(super) fn router(known: Arc<Live>, guard: Guard) -> Router {
    Router::new()
        .route("/live/live.js", get(|| async { script(include_str!("assets/live.js").to_owned()) }))
        .route("/live/kept.js", get(kept))
        .route("/live/events", get(events))
        .route("/live/notes", post(|State(known): State<Arc<Live>>, body: Bytes| keep(move || known.add_note(&body))))
        .route(
            "/live/ratings",
            post(|State(known): State<Arc<Live>>, body: Bytes| keep(move || known.add_rating(&body))),
        )
        .fallback(get(file))
        .method_not_allowed_fallback(|| async { refused(StatusCode::METHOD_NOT_ALLOWED, "not here") })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::new(guard), guarded))
        .layer(middleware::map_response(with_headers))
        .with_state(known)
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Answers those who may ask, in time.
async fn guarded(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match guard.check(&parts) {
        Err((status, why)) => refused(status, why),
        Ok(Admitted::WithCookie(cookie)) => {
            let path = parts.uri.path().trim_start_matches('/'); // `//name` would be another site
            let headers = [(LOCATION, format!("/{path}")), (SET_COOKIE, cookie)];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Ok(Admitted::Yes) if is_too_large(&parts.headers) => refused(StatusCode::PAYLOAD_TOO_LARGE, "a body is small"),
        Ok(Admitted::Yes) => {
            let answer = next.run(Request::from_parts(parts, body));
            let late = || refused(StatusCode::REQUEST_TIMEOUT, "the body did not come");
            tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| late())
        }
    }
}

/// Its body is said to be larger than any is read; one that says nothing of its length is cut off where it is.
fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > LARGEST_BODY as u64)
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{why}\n")).into_response()
}

fn script(text: String) -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-store")], text).into_response()
}

/// Does what reads or writes files, away from those who answer.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn broken() -> Response {
    refused(StatusCode::INTERNAL_SERVER_ERROR, "this failed; the terminal of the server may say more")
}

async fn kept(State(known): State<Arc<Live>>) -> Response {
    let kept = aside(move || known.kept()).await;
    kept.map_or_else(broken, |kept| script(format!("var spyglassKept = {kept};\n")))
}

/// Keeps what a page sent, and sends it back as it was kept.
async fn keep<T: Serialize + Send + 'static>(add: impl FnOnce() -> Result<T> + Send + 'static) -> Response {
    let json = |status, text: String| (status, [(CONTENT_TYPE, "application/json")], text).into_response();
    let said = |error: &Error| serde_json::json!({"error": error.in_full()}).to_string();
    match aside(add).await {
        Some(Ok(kept)) => json(StatusCode::OK, serde_json::to_string(&kept).expect("plain data")),
        Some(Err(error @ (Error::Usage { .. } | Error::Line { .. }))) => json(StatusCode::BAD_REQUEST, said(&error)),
        Some(Err(error)) => json(StatusCode::INSUFFICIENT_STORAGE, said(&error)),
        None => broken(),
    }
}

/// Tells how far the work has come, now and whenever that changes.
async fn events(State(known): State<Arc<Live>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut told = known.listen();
    told.mark_changed();
    let stream = unfold(told, |mut told| async move {
        told.changed().await.ok()?;
        let event = Event::default().event("progress").data(&**told.borrow_and_update());
        Some((Ok(event), told))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(PULSE))
}

/// A file of the report.
async fn file(State(known): State<Arc<Live>>, uri: Uri) -> Response {
    let report = report_folder(&known.store);
    let (path, root) = (uri.path().to_owned(), report.clone());
    let Some(Some((file, kind))) = aside(move || find(&root, &path)).await else {
        let is_front = ["/", "/index.html"].contains(&uri.path());
        return if is_front && !report.join("index.html").exists() {
            page(WAITING)
        } else {
            refused(StatusCode::NOT_FOUND, "there is no such page")
        };
    };
    let Ok(mut opened) = tokio::fs::File::open(&file).await else { return broken() };
    let length = opened.metadata().await.map_or(u64::MAX, |metadata| metadata.len());
    if kind.starts_with("text/html") && length <= LARGEST_PAGE {
        let mut text = String::new();
        return match opened.read_to_string(&mut text).await {
            Ok(_) => page(&text),
            Err(_) => broken(),
        };
    }
    let pieces = try_unfold(opened, |mut opened| async move {
        let mut piece = vec![0; 64 << 10];
        let count = opened.read(&mut piece).await?;
        piece.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then(|| (Bytes::from(piece), opened)))
    });
    ([(CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response()
}

fn page(text: &str) -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], live(text)).into_response()
}
