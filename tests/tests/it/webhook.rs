//! A look-alike of a chat's webhook on loopback, with its moods.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// What it does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    Fails,
    Hangs,
}

/// The look-alike; it ends with the tests.
pub(crate) struct Webhook {
    pub(crate) address: String,
    taken: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<usize>>,
}

impl Webhook {
    /// One with these moods, one a message; then it takes all.
    pub(crate) fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/services/T0/secret", listener.local_addr().unwrap());
        let (taken, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let moods = moods.to_vec();
        std::thread::spawn({
            let (taken, asked) = (Arc::clone(&taken), Arc::clone(&asked));
            move || {
                for stream in listener.incoming().flatten() {
                    let mood = {
                        let mut asked = asked.lock().unwrap();
                        *asked += 1;
                        moods.get(*asked - 1).copied().unwrap_or(Mood::Takes)
                    };
                    let taken = Arc::clone(&taken);
                    std::thread::spawn(move || answer(&stream, mood, &taken));
                }
            }
        });
        Self { address, taken, asked }
    }

    /// Messages that were taken.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

fn answer(mut stream: &std::net::TcpStream, mood: Mood, taken: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 2) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    match mood {
        Mood::Hangs => std::thread::sleep(Duration::from_mins(2)),
        Mood::Fails => drop(stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n")),
        Mood::Takes => {
            taken.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"));
        }
    }
}
