//! A server that is sent what no browser sends, for as long as a test may take.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::live::{Served, swept};

/// It answers as on its first day.
fn is_well(served: &Served) {
    let (status, page) = served.get("/");
    assert!(status == 200 && page.contains("<main"), "{status} {page}");
}

#[test]
fn ten_thousand_requests_are_answered() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let asked = |worker: usize| {
        let mut stream = served.connect();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut answered = 0;
        for request in 0..1250 {
            let path = ["/index.html", "/nothing", "/..%2fsecret", "/assets/common.js"][(worker + request) % 4];
            write!(stream, "HEAD {path} HTTP/1.1\r\nHost: {}\r\n\r\n", served.at).unwrap();
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
            }
            let status = if path.contains(['.']) && !path.contains('%') { "200" } else { "404" };
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}");
            answered += 1;
        }
        answered
    };
    let asked = &asked;
    let all: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8).map(|worker| scope.spawn(move || asked(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(all, 10_000);
    is_well(&served);
}

#[test]
fn slow_requests_and_silent_ones_are_cut_off_and_hold_nobody_up() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let began = Instant::now();
    let json = "Content-Type: application/json";
    let slow: Vec<(TcpStream, String)> = (0..60)
        .map(|index| match index % 3 {
            0 => String::new(),
            1 => format!("GET / HTTP/1.1\r\nHost: {}\r\nX-A", served.at),
            _ => format!("POST /live/notes HTTP/1.1\r\nHost: {}\r\n{json}\r\nContent-Length: 50\r\n\r\n{{", served.at),
        })
        .map(|begin| {
            let mut stream = served.connect();
            stream.write_all(begin.as_bytes()).unwrap();
            (stream, begin)
        })
        .collect();
    is_well(&served);
    assert!(began.elapsed() < Duration::from_secs(8), "others are answered at once");
    for (mut stream, begin) in slow {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap_or_else(|error| panic!("{begin}: {error}"));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{begin}: {answer}");
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    is_well(&served);
}

#[test]
fn what_is_too_much_or_malformed_is_refused() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let host = format!("Host: {}", served.at);
    let ask = |line: &str, headers: &[&str], body: &str| served.ask(line, headers, body).0;
    let large = format!("X-Large: {}", "x".repeat(40_000));
    assert_eq!(ask("GET /", &[&large], ""), 431);
    let many: Vec<String> = (0..500).map(|index| format!("X-{index}: y")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(ask("GET /", &many, ""), 431);
    assert!([414, 431].contains(&ask(&format!("GET /{}", "a".repeat(100_000)), &[], "")));
    let json = "Content-Type: application/json";
    assert_eq!(ask("POST /live/notes", &[json], &"x".repeat(200_000)), 413);
    let huge = format!(
        "POST /live/notes HTTP/1.1\r\n{host}\r\n{json}\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n"
    );
    assert!(served.raw(huge.as_bytes()).starts_with("HTTP/1.1 413"));
    let endless = format!(
        "POST /live/notes HTTP/1.1\r\n{host}\r\n{json}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{}",
        format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(8)
    );
    assert!(served.raw(endless.as_bytes()).starts_with("HTTP/1.1 413"));
    for (line, headers, wanted) in [
        ("GET /..%2fnotes.jsonl", vec![], 404),
        ("GET /%2e%2e/run.json", vec![], 404),
        ("GET /../run.json", vec![], 404),
        ("GET /index.html%00", vec![], 404),
        ("GET /index.html%00.css", vec![], 404),
        ("GET //etc/passwd", vec![], 404),
        ("GET /%", vec![], 404),
        ("GET http://evil.example/index.html", vec![], 421),
        ("GET /", vec!["Host: evil.example"], 421),
        ("GET /", vec!["Origin: http://evil.example"], 403),
        ("GET /data/made.js", vec!["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], 403),
        ("POST /live/notes", vec!["Content-Type: text/plain"], 415),
        ("POST /live/notes", vec!["Content-Type: application/json", "Origin: http://evil.example"], 403),
        ("POST /index.html", vec!["Content-Type: application/json"], 405),
        ("GET /live/notes", vec![], 405),
        ("DELETE /live/notes", vec![], 405),
        ("OPTIONS /live/notes", vec![], 405),
        ("TRACE /", vec![], 405),
    ] {
        assert_eq!(ask(line, &headers, ""), wanted, "{line} {headers:?}");
    }
    let absolute = format!("GET http://{}/index.html", served.at);
    assert_eq!(ask(&absolute, &[], ""), 200, "an address in full is as good");
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut stream = served.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 505"),
            "{answer}"
        );
    }
    is_well(&served);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_and_a_full_or_read_only_folder_is_told() {
    let folder = swept();
    let report = folder.path("results/report");
    std::os::unix::fs::symlink("../run.json", report.join("run.json")).unwrap();
    std::os::unix::fs::symlink("/etc", report.join("etc")).unwrap();
    fs_err::create_dir(folder.path("results/notes.jsonl")).unwrap(); // no file can be written there
    let served = Served::start(&folder, &[]);
    for path in ["/run.json", "/etc/hostname", "/etc/"] {
        assert_eq!(served.get(path).0, 404, "{path}");
    }
    let note = r#"{"author": "a", "about": {"kind": "run"}, "text": "x"}"#;
    let (status, answer) = served.ask("POST /live/notes", &["Content-Type: application/json"], note);
    assert!(status == 507 && answer.contains("notes.jsonl"), "{status} {answer}");
    is_well(&served);
}
