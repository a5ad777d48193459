//! Requests that no client makes: the server answers or refuses, and goes on.

use std::io::{Read, Write};
use std::net::Shutdown;

use crate::live::{Served, swept};

#[path = "../../support/fuzz.rs"]
mod inputs;

#[test]
fn requests() {
    let folder = swept();
    let served = Served::start(&folder, &[]);
    let host = format!("Host: {}", served.at);
    let note = r#"{"author": "a", "about": {"kind": "run"}, "text": "x"}"#;
    let seeds: Vec<Vec<u8>> = [
        format!("GET / HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n"),
        format!("GET /tasks/pilot_letters.html?x=1#y HTTP/1.1\r\n{host}\r\nCookie: spyglass=a; b=c\r\nConnection: close\r\n\r\n"),
        format!("GET /..%2f%00%5c HTTP/1.0\r\n{host}\r\nOrigin: http://{}\r\n\r\n", served.at),
        format!("GET http://{}/units.csv HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n", served.at),
        format!("POST /live/notes HTTP/1.1\r\n{host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{note}", note.len()),
        format!("POST /live/ratings HTTP/1.1\r\n{host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\n{{}} \r\n0\r\n\r\n"),
        format!("HEAD /live/kept.js HTTP/1.1\r\n{host}\r\nExpect: 100-continue\r\nUpgrade: h2c\r\nConnection: close\r\n\r\n"),
    ]
    .map(String::into_bytes)
    .into();
    inputs::each("request", &seeds, |bytes| {
        let mut stream = served.connect();
        drop(stream.write_all(bytes));
        drop(stream.shutdown(Shutdown::Write)); // no more comes: what is not whole is over
        let mut answer = Vec::new();
        drop((&stream).take(1 << 20).read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1."), "{answer}");
        assert!(!answer.contains("root:x:0:0") && !answer.starts_with("HTTP/1.1 500"), "{answer}");
    });
    let (status, page) = served.get("/");
    assert!(status == 200 && page.contains("<main"), "{status}");
}
