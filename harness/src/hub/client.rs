//! Requests to the hub: redirects, the token for the hub alone, proxies, waits and further tries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::config::Config;
use ureq::http::HeaderMap;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use super::address::{joined, origin};
use super::forward;
use super::settings::Settings;
use super::wait::{Patience, Talk};
use crate::{Error, Result};

/// More redirects than that lead in a circle.
const REDIRECTS: usize = 10;
/// A connection that says nothing for so long is cut.
const SILENCE: Duration = Duration::from_mins(1);
/// A connection that is not there after so long will not be.
const CONNECT: Duration = Duration::from_secs(20);
/// No listing is longer.
const LONGEST_LISTING: u64 = 256 << 20;

/// Asks the hub.
pub(crate) struct Client {
    pub(super) settings: Settings,
    /// One for each proxy, by whether it is sent whole addresses, and one without.
    agents: Mutex<BTreeMap<(Option<String>, bool), Agent>>,
}

/// An answer.
pub(super) struct Reply {
    /// The address that was asked, before redirects.
    pub(super) address: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// What the hub itself said before it sent us on to where the file lies.
    pub(super) hub: HeaderMap,
    pub(super) body: ureq::Body,
}

/// What a header says.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, agents: Mutex::default() }
    }

    /// The address of something below the endpoint.
    pub(super) fn address(&self, below: &str) -> String {
        format!("{}/{below}", self.settings.endpoint)
    }

    /// The answer to a GET, from byte `from` on; answers that ask for a wait, and failures on the way, are tried again. `None` where
    /// it was stopped meanwhile.
    ///
    /// # Errors
    /// Nobody answers, whatever is tried.
    pub(super) fn ask(
        &self,
        address: &str,
        from: u64,
        patience: &mut Patience,
        talk: Talk<'_>,
    ) -> Result<Option<Reply>> {
        if self.settings.offline {
            return Err(Error::Hub {
                address: address.into(),
                problem: "HF_HUB_OFFLINE is set, so the hub is not asked".into(),
                help: "unset it, or fetch with `spyglass pull` while there is a network".into(),
            });
        }
        loop {
            let (trouble, wait) = match self.once(address, from) {
                Ok(reply) if matches!(reply.status, 429 | 503) => {
                    let wait = patience.as_asked(&reply.headers, talk);
                    (format!("it is still too busy for us ({})", reply.status), wait)
                }
                Ok(reply) if reply.status == 408 || reply.status >= 500 => {
                    (format!("it answers with an error of its own ({})", reply.status), patience.after_failure())
                }
                Ok(reply) => return Ok(Some(reply)),
                Err(Trouble::Passing(what)) => (what, patience.after_failure()),
                Err(Trouble::Lasting(error)) => return Err(error),
            };
            let Some(wait) = wait else { return Err(self.unreachable(address, &trouble)) };
            if talk.sleep(wait) {
                return Ok(None);
            }
        }
    }

    /// Nobody answers there.
    pub(super) fn unreachable(&self, address: &str, trouble: &str) -> Error {
        let proxy = self.settings.proxies.of(address);
        let through =
            proxy.map(|proxy| format!(" (asked through the proxy {})", without_secrets(proxy))).unwrap_or_default();
        // Some networks read what goes through them, and sign it themselves.
        let help = if trouble.contains("certificate") {
            "if a proxy of yours signs what goes through it, name the file of its certificates in SSL_CERT_FILE"
        } else {
            "look at the network, `HF_ENDPOINT` and `https_proxy`, then run it again; \
             HF_HUB_OFFLINE=1 takes what lies in the cache"
        };
        Error::Hub { address: address.into(), problem: format!("{trouble}{through}"), help: help.into() }
    }

    /// One try, redirects followed.
    fn once(&self, address: &str, from: u64) -> Result<Reply, Trouble> {
        let (mut at, mut hub) = (address.to_owned(), None);
        for _ in 0..REDIRECTS {
            let mut request = self.agent(&at)?.get(&at).header("Accept-Encoding", "identity");
            if from > 0 {
                request = request.header("Range", format!("bytes={from}-"));
            }
            let for_the_hub = origin(&at).is_some() && origin(&at) == origin(&self.settings.endpoint);
            if let Some(token) = self.settings.token.as_ref().filter(|_| for_the_hub) {
                request = request.header("Authorization", format!("Bearer {}", token.text));
            }
            let (parts, body) = request.call().map_err(|error| self.trouble(&at, &error))?.into_parts();
            let headers = parts.headers;
            let (status, location) = (parts.status.as_u16(), header(&headers, "Location"));
            let Some(location) = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
                let hub = hub.unwrap_or_else(|| headers.clone());
                return Ok(Reply { address: address.into(), status, headers, hub, body });
            };
            at = joined(&at, location);
            hub.get_or_insert(headers);
        }
        Err(Trouble::Passing(format!("it sends us on more than {REDIRECTS} times")))
    }

    fn trouble(&self, address: &str, error: &ureq::Error) -> Trouble {
        use ureq::Error as E;
        let lasting =
            matches!(error, E::BadUri(_) | E::Http(_) | E::Tls(_) | E::Rustls(_) | E::Pem(_) | E::InvalidProxyUrl);
        if lasting {
            Trouble::Lasting(self.unreachable(address, &error.to_string()))
        } else {
            Trouble::Passing(error.to_string())
        }
    }

    /// The agent that asks an address: through its proxy, or directly.
    fn agent(&self, address: &str) -> Result<Agent, Trouble> {
        let proxy = self.settings.proxies.of(address).map(str::to_owned);
        let plain = address.starts_with("http://");
        let mut agents = self.agents.lock().expect("no thread panics while it holds the lock");
        if let Some(agent) = agents.get(&(proxy.clone(), plain)) {
            return Ok(agent.clone());
        }
        let wrong = |error: &dyn std::fmt::Display| Trouble::Lasting(self.unreachable(address, &error.to_string()));
        let through = proxy.as_deref().map(Proxy::new).transpose().map_err(|error| wrong(&error))?;
        let config = |through: Option<Proxy>| -> Result<Config, Trouble> {
            let roots = self.certificates().map_err(Trouble::Lasting)?;
            Ok(Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(through)
                .timeout_connect(Some(CONNECT))
                .timeout_per_read(Some(SILENCE))
                .timeout_per_write(Some(SILENCE))
                .user_agent(concat!("spyglass/", env!("CARGO_PKG_VERSION")))
                .tls_config(TlsConfig::builder().root_certs(roots).build())
                .build())
        };
        let direct = config(None)?;
        let agent = match through.as_ref().filter(|_| plain).and_then(|proxy| forward::agent(direct, proxy)) {
            Some(agent) => agent,
            None => Agent::new_with_config(config(through)?),
        };
        agents.insert((proxy, plain), agent.clone());
        Ok(agent)
    }

    fn certificates(&self) -> Result<RootCerts> {
        let Some(file) = &self.settings.certificates else { return Ok(RootCerts::WebPki) };
        let certificate = |item| if let PemItem::Certificate(own) = item { Some(own) } else { None };
        let text = fs_err::read(file)?;
        let own: Vec<Certificate<'static>> = parse_pem(&text).flatten().filter_map(certificate).collect();
        if own.is_empty() {
            return Err(Error::Usage {
                problem: format!("{} of SSL_CERT_FILE holds no certificate", file.display()),
                help: "name a file of certificates in PEM form, or unset it".into(),
            });
        }
        Ok(RootCerts::Specific(Arc::new(own)))
    }

    /// An answer in JSON, with the answer's headers; what is refused is told by `refused`. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// Nobody answers, it is refused, or what comes is something else.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        address: &str,
        talk: Talk<'_>,
        refused: impl Fn(&Reply) -> Error,
    ) -> Result<Option<(T, HeaderMap)>> {
        let mut patience = Patience::default();
        loop {
            let Some(mut reply) = self.ask(address, 0, &mut patience, talk)? else { return Ok(None) };
            if reply.status != 200 {
                return Err(refused(&reply));
            }
            let text = match reply.body.with_config().limit(LONGEST_LISTING).read_to_vec() {
                Ok(text) => text,
                Err(cut) => match patience.after_failure() {
                    Some(wait) if talk.sleep(wait) => return Ok(None),
                    Some(_) => continue,
                    None => return Err(self.unreachable(address, &cut.to_string())),
                },
            };
            return match serde_json::from_slice(&text) {
                Ok(value) => Ok(Some((value, reply.headers))),
                Err(error) => {
                    Err(self.unreachable(address, &format!("its answer is not what the hub answers ({error})")))
                }
            };
        }
    }
}

/// Why there is no answer.
enum Trouble {
    /// It may be over in a moment.
    Passing(String),
    Lasting(Error),
}

/// A proxy's address without name and password.
fn without_secrets(proxy: &str) -> String {
    match (proxy.split_once("://"), proxy.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.into(),
        _ => proxy.into(),
    }
}
