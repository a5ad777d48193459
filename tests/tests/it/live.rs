//! `spyglass serve`: a report that is looked at while it grows, notes and votes on their way into the results.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::program::RunFolder;

/// A server of a run in a folder, ended when this is dropped.
pub(crate) struct Served {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) at: String,
    address: String,
}

impl Served {
    pub(crate) fn start(folder: &RunFolder, arguments: &[&str]) -> Self {
        let all = [&["serve", "run.yaml", "--port", "0"], arguments].concat();
        let mut child = folder.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let at = address.strip_prefix("http://").unwrap_or_default().split('/').next().unwrap().to_owned();
        Self { child, at, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends bytes as they are; the answer as far as it came.
    pub(crate) fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        drop(stream.write_all(request)); // a server that has refused need not read on
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status and the rest of the answer to a request line and headers; `Host` is ours unless given.
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &str) -> (u16, String) {
        let own = format!("Host: {}", self.at);
        let has_host = headers.iter().any(|header| header.to_lowercase().starts_with("host:"));
        let all = if has_host { headers.to_vec() } else { [&[own.as_str()], headers].concat() };
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let text = format!("{line} HTTP/1.1\r\n{}\r\n{length}Connection: close\r\n\r\n{body}", all.join("\r\n"));
        let answer = self.raw(text.as_bytes());
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, answer)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path}"), &[], "")
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer) =
            self.ask(&format!("POST {path}"), &["Content-Type: application/json"], &body.to_string());
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_else(|_| body.into()))
    }

    /// Ends it as a user does; what it said, and its exit code.
    fn end(mut self) -> (Option<i32>, String) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn swept() -> RunFolder {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "10"]).code, Some(0));
    folder
}

/// The first progress that fits, from the stream of events.
fn progress(served: &Served, fits: impl Fn(&Value) -> bool) -> Value {
    let mut stream = served.connect();
    write!(stream, "GET /live/events HTTP/1.1\r\nHost: {}\r\n\r\n", served.at).unwrap();
    let until = Instant::now() + Duration::from_mins(1);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(data) = line.strip_prefix("data: ") {
            let progress: Value = serde_json::from_str(data).unwrap();
            if fits(&progress) {
                return progress;
            }
        }
        assert!(Instant::now() < until, "it never came");
    }
    panic!("the stream ended")
}

#[test]
fn pages_are_served_as_they_are_with_the_live_scripts() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let (status, front) = served.get("/");
    let on_disk = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(
        status == 200 && front.contains("/live/live.js") && front.contains("connect-src &#39;self&#39;"),
        "{front}"
    );
    let main = on_disk.split("<main").nth(1).unwrap();
    assert!(front.ends_with(main), "the page itself is as it lies on disk");
    for header in
        ["x-content-type-options: nosniff", "x-frame-options: DENY", "cross-origin-resource-policy: same-origin"]
    {
        assert!(front.contains(header), "{header} is not in {}", front.split("\r\n\r\n").next().unwrap());
    }
    for (path, kind) in [
        ("/assets/page.css", "text/css"),
        ("/tasks/pilot_letters-2-shot.html", "text/html"),
        ("/units.csv", "text/csv"),
    ] {
        let (status, answer) = served.get(path);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(status == 200 && answer.contains(kind), "{path}: {answer}");
        let disk = fs_err::read_to_string(folder.path(&format!("results/report{path}"))).unwrap();
        assert!(path.ends_with("html") || body.contains(&disk[..disk.len().min(200)]), "{path}");
    }
    assert_eq!(served.get("/tasks/").0, 404, "folders are not listed");
    let (code, said) = served.end();
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn progress_is_told_while_a_sweep_runs_and_the_report_when_it_is_there() {
    let folder = RunFolder::small();
    let served = Served::start(&folder, &[]);
    let (status, page) = served.get("/");
    assert!(status == 200 && page.contains("There is no report yet") && page.contains("/live/live.js"), "{page}");
    let before = progress(&served, |progress| progress["units"].is_number());
    assert_eq!((&before["done"], &before["units"], &before["made"]), (&json!(0), &json!(4), &Value::Null));
    let mut sweep = folder.command(&["-q", "sweep", "run.yaml", "--threads", "1"]).spawn().unwrap();
    let working = progress(&served, |progress| progress["workers"].as_array().is_some_and(|all| !all.is_empty()));
    let worker = &working["workers"][0];
    assert!(worker["name"].as_str().unwrap().ends_with(&format!("-{}", sweep.id())), "{worker}");
    let lines = |progress: &Value| progress["workers"][0]["lines"].to_string();
    progress(&served, |progress| lines(progress).contains("unit begun"));
    assert!(sweep.wait().unwrap().success());
    // each by a look of its own, so that the worker may be there a moment longer than its last unit
    progress(&served, |progress| {
        progress["done"] == 4 && progress["made"].is_string() && progress["workers"] == json!([])
    });
    assert!(served.get("/").1.contains("data-made="));
}

#[test]
fn notes_and_votes_go_into_the_results_and_into_the_static_report() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let about = json!({"kind": "task", "task": "pilot_letters · 2-shot"});
    let (status, first) =
        served.post("/live/notes", &json!({"author": "ann", "about": about, "text": "letters <b>early</b>?"}));
    assert!(status == 200 && first["id"].is_string() && first["time"].is_string(), "{first}");
    let at = json!({"branch": "trunk", "step": 5});
    let stars = json!({"rater": "ann", "pack": "p", "prompt": "q", "kind": "stars", "at": at, "stars": 2});
    assert_eq!(served.post("/live/ratings", &stars).0, 200);
    let better = json!({"rater": "ann", "pack": "p", "prompt": "q", "kind": "stars", "at": at, "stars": 4});
    assert_eq!(served.post("/live/ratings", &better).0, 200);
    let (_, second) =
        served.post("/live/notes", &json!({"author": "ben", "about": {"kind": "run"}, "text": "gone soon"}));
    let mut gone = second.clone();
    gone["text"] = "".into();
    assert_eq!(served.post("/live/notes", &gone).0, 200);
    // Each line is on disk before it is confirmed.
    let lines = |name: &str| fs_err::read_to_string(folder.path(&format!("results/{name}"))).unwrap().lines().count();
    assert_eq!((lines("notes.jsonl"), lines("ratings.jsonl")), (3, 2));
    let kept = served.get("/live/kept.js").1;
    let kept: Value =
        serde_json::from_str(kept.split("spyglassKept = ").nth(1).unwrap().trim_end().trim_end_matches(';')).unwrap();
    assert_eq!((kept["notes"].as_array().unwrap().len(), &kept["notes"][0]["id"]), (1, &first["id"]), "{kept}");
    assert_eq!((kept["ratings"].as_array().unwrap().len(), &kept["ratings"][0]["stars"]), (1, &json!(4)), "{kept}");
    assert_eq!(kept["checkpoints"].as_array().unwrap().len(), 2);
    // What is no note and no vote is refused, and nothing is written.
    for (path, body, wanted) in [
        ("/live/notes", json!({"author": "", "about": about, "text": "x"}), "`author` is empty"),
        ("/live/notes", json!({"author": "a", "about": {"kind": "page"}, "text": "x"}), "unknown variant `page`"),
        ("/live/notes", json!([1]), "it is no object"),
        ("/live/notes", json!({"author": "a", "about": about, "text": "x".repeat(10_001)}), "more than 10000 letters"),
        (
            "/live/ratings",
            json!({"rater": "a", "pack": "p", "prompt": "q", "kind": "stars", "at": at, "stars": 9}),
            "`stars` are 1 to 5",
        ),
        ("/live/ratings", json!("x"), "is not a rating"),
    ] {
        let (status, answer) = served.post(path, &body);
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(wanted), "{body}: {answer}");
    }
    assert_eq!((lines("notes.jsonl"), lines("ratings.jsonl")), (3, 2));
    let (code, said) = served.end();
    assert!(code == Some(0) && said.contains("written again"), "{said}");
    for page in ["index.html", "tasks/pilot_letters-2-shot.html"] {
        let html = fs_err::read_to_string(folder.path(&format!("results/report/{page}"))).unwrap();
        assert!(html.contains("letters &lt;b&gt;early&lt;") && !html.contains("gone soon"), "{page}");
    }
    let other = fs_err::read_to_string(folder.path("results/report/tasks/pilot_facts_easy.html")).unwrap();
    assert!(!other.contains("letters &lt;b&gt;early"));
}

#[test]
fn another_address_wants_a_token_that_nobody_guesses() {
    let folder = swept();
    for (arguments, wanted) in [
        (vec!["--bind", "0.0.0.0"], "--token"),
        (vec!["--bind", "0.0.0.0", "--token", "short"], "16 letters"),
        (vec!["--token", "a token with some spaces"], "cannot hold"),
        (vec!["--bind", "203.0.113.7", "--token", "0123456789abcdef"], "cannot listen at 203.0.113.7:8750"),
    ] {
        let ran = folder.run(&[&["serve", "run.yaml"], &arguments[..]].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(wanted), "{arguments:?}: {}", ran.stderr);
    }
    let served = Served::start(&folder, &["--token", "0123456789abcdef"]);
    assert!(served.address.ends_with("/?token=0123456789abcdef"), "{}", served.address);
    for path in ["/", "/index.html", "/live/kept.js", "/live/events", "/?token=0123456789abcdeg", "/nothing"] {
        assert_eq!(served.get(path).0, 401, "{path}");
    }
    assert_eq!(served.ask("POST /live/notes?token=0123456789abcdef", &["Content-Type: application/json"], "{}").0, 401);
    let (status, answer) = served.get("/?token=0123456789abcdef");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(status == 303 && answer.contains("location: /\r\n"), "{answer}");
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains("0123456789abcdef"), "{cookie}");
    let sent = format!("Cookie: {}", cookie.split(';').next().unwrap());
    assert_eq!(served.ask("GET /", &[&sent], "").0, 200);
    assert_eq!(served.ask("GET /", &["Authorization: Bearer 0123456789abcdef"], "").0, 200);
}

#[test]
fn a_note_survives_a_reload() {
    let Some(browser) = Browser::start() else { return };
    let folder = swept();
    let served = Served::start(&folder, &[]);
    browser.go(&format!("http://{}/tasks/pilot_letters-2-shot.html", served.at));
    browser.run("document.querySelector('#note-author').value = 'ann'; document.querySelector('#note-text').value = 'seen live';");
    browser.click("#note-add");
    let noted =
        || browser.run("return [...document.querySelectorAll('#notes li')].map(li => li.textContent).join('|')");
    let until = Instant::now() + Duration::from_secs(20);
    while !noted().as_str().unwrap().contains("seen live") {
        assert!(Instant::now() < until, "the note never came: {}", noted());
        std::thread::sleep(Duration::from_millis(50));
    }
    browser.run("location.reload()");
    let until = Instant::now() + Duration::from_secs(20);
    while !noted().as_str().unwrap().contains("seen live") {
        assert!(Instant::now() < until, "the note is gone: {}", noted());
        std::thread::sleep(Duration::from_millis(50));
    }
    let said = browser.run("return document.querySelector('#live-said')?.textContent ?? ''");
    // Ten items of each task were scored, and the run file asks for all: none of its units is done.
    assert!(said.as_str().unwrap().contains("0 of 4 units"), "{said}");
    let kept = fs_err::read_to_string(folder.path("results/notes.jsonl")).unwrap();
    assert!(kept.contains("seen live") && kept.contains("pilot_letters"), "{kept}");
}
