//! The report live: pages as they are on disk, what a sweep is doing, and readers' notes and votes on their way into the results.

mod connections;
mod files;
mod guard;
mod live;
mod page;
mod progress;
mod routes;

use std::net::{IpAddr, SocketAddr};

pub(crate) use connections::Server;
pub(crate) use live::Live;

/// Where it listens, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// The address of this machine.
    pub(crate) bind: IpAddr,
    /// The port; 0 for any that is free.
    pub(crate) port: u16,
    /// Names that requests may call the machine by, beside its own loopback names: that of a proxy before it.
    pub(crate) hosts: Vec<String>,
    /// What a request must know.
    pub(crate) token: Option<String>,
}

impl Address {
    /// Where to listen.
    fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }
}
