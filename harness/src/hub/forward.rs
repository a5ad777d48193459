//! Plain `http` through an HTTP proxy, as curl asks it: the proxy is sent the whole address (`GET http://hub/… HTTP/1.1`). ureq itself
//! asks every proxy to open a tunnel (`CONNECT`), which proxies allow for `https` alone as a rule.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};
use ureq::{Agent, Proxy, ProxyProtocol};

/// How a request with only a path begins.
const HEAD: &[u8] = b"GET /";

/// An agent that sends its plain requests to a proxy; `None` where the proxy is of another kind. `config` names no proxy.
pub(super) fn agent(config: ureq::config::Config, proxy: &Proxy) -> Option<Agent> {
    if proxy.protocol() != ProxyProtocol::Http {
        return None;
    }
    let own = (proxy.username(), proxy.password());
    let authorization = matches!(own, (Some(_), _) | (_, Some(_))).then(|| {
        let secret = format!("{}:{}", own.0.unwrap_or_default(), own.1.unwrap_or_default());
        format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(secret))
    });
    let resolver = AtProxy { proxy: proxy.uri().clone(), inner: DefaultResolver::default() };
    let connector = DefaultConnector::new().chain(ThroughProxy { authorization: authorization.unwrap_or_default() });
    Some(Agent::with_parts(config, connector, resolver))
}

/// Finds every host where the proxy is.
#[derive(Debug)]
struct AtProxy {
    proxy: Uri,
    inner: DefaultResolver,
}

impl Resolver for AtProxy {
    fn resolve(
        &self,
        _: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.inner.resolve(&self.proxy, config, timeout)
    }
}

/// Makes a connection to the proxy one that sends whole addresses.
struct ThroughProxy {
    /// A line of the request, or nothing.
    authorization: String,
}

impl std::fmt::Debug for ThroughProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ThroughProxy") // a secret is not shown
    }
}

impl<In: Transport> Connector<In> for ThroughProxy {
    type Out = Forwarded<In>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let host = details.uri.authority().map(|own| own.as_str().rsplit('@').next().unwrap_or_default().to_owned());
        let begin = format!("GET http://{}/", host.unwrap_or_default());
        Ok(chained.map(|inner| Forwarded { inner, begin, authorization: self.authorization.clone() }))
    }
}

/// A connection on which each request is given its whole address.
struct Forwarded<In> {
    inner: In,
    begin: String,
    authorization: String,
}

impl<In: Transport> std::fmt::Debug for Forwarded<In> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forwarded({:?})", self.inner)
    }
}

impl<In: Transport> Transport for Forwarded<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let output = self.inner.buffers().output();
        let Some(rest) = output[..amount].strip_prefix(HEAD) else {
            return self.inner.transmit_output(amount, timeout);
        };
        let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let whole = [self.begin.as_bytes(), &rest[..line], self.authorization.as_bytes(), &rest[line..]].concat();
        let Some(place) = output.get_mut(..whole.len()) else {
            return Err(ureq::Error::BadUri("the address is too long for a request".into()));
        };
        place.copy_from_slice(&whole);
        self.inner.transmit_output(whole.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}
