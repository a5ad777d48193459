//! Connections: so many at once, each with bounds on how long and how much it may say.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::guard::Guard;
use super::routes::router;
use super::{Address, Live};
use crate::progress::Interrupt;
use crate::{Error, Result};

/// Connections at once; more wait to be accepted.
const CONNECTIONS: usize = 256;
/// How long a request may take to say its head, and a connection may stay silent.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
/// Headers of a request.
const HEADERS: usize = 64;
/// How long a connection may last at all: a page that listens opens another.
const LIFE: Duration = Duration::from_mins(10);
/// How often the wish to stop is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// A server that listens, and answers nobody yet.
pub(crate) struct Server {
    listener: std::net::TcpListener,
    guard: Guard,
    /// Where it listens.
    pub(crate) at: SocketAddr,
}

impl Server {
    /// Listens at an address.
    ///
    /// # Errors
    /// It is taken, or not this machine's.
    pub(crate) fn listen(address: &Address) -> Result<Self> {
        let refused = |error: io::Error| Error::Usage {
            problem: format!("cannot listen at {} ({error})", address.socket()),
            help: "name another --port, or 0 for any that is free; --bind is an address of this machine".into(),
        };
        let listener = std::net::TcpListener::bind(address.socket()).map_err(refused)?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok(Self { listener, guard: Guard::new(address, at.port()), at })
    }

    /// Answers until it is time to stop.
    ///
    /// # Errors
    /// The system gives no threads.
    pub(crate) fn run(self, known: &Arc<Live>, stop: &Interrupt) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener)?;
            let app = router(Arc::clone(known), self.guard);
            let places = Arc::new(Semaphore::new(CONNECTIONS));
            while !stop.is_set() {
                let Ok(place) = tokio::time::timeout(LOOK, Arc::clone(&places).acquire_owned()).await else {
                    continue;
                };
                let stream = match tokio::time::timeout(LOOK, listener.accept()).await {
                    Ok(Ok((stream, _))) => stream,
                    Ok(Err(_)) => {
                        tokio::time::sleep(LOOK).await; // out of file descriptors, say: those in use will end
                        continue;
                    }
                    Err(_) => continue,
                };
                let app = app.clone();
                tokio::spawn(async move {
                    drop(tokio::time::timeout(LIFE, answer(stream, app)).await);
                    drop(place);
                });
            }
            Ok::<_, Error>(())
        })?;
        runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(())
    }
}

/// Answers what one connection asks; whoever breaks it off is not missed.
async fn answer(stream: TcpStream, app: axum::Router) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(HEADERS).max_buf_size(HEAD_BYTES);
    drop(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).await);
}
