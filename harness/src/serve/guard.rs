//! Who may ask: requests to this machine by its own name, from its own pages, by those who know the token.
//!
//! A page on the web can make a browser here send requests to a server on loopback. By `Host` they are told that reach it under a name of
//! their own (DNS rebinding), by `Origin`, `Sec-Fetch-Site` and the type of their bodies those that another page sends.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Version};

use super::Address;

/// Name of the cookie that holds a browser's key.
/// How the cookie's name begins; the port follows, since cookies are shared by all ports of a host.
const COOKIE_NAME: &str = "spyglass-";

/// Why a request is refused.
pub(super) type Refusal = (StatusCode, &'static str);

/// Decides who may ask.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    port: u16,
    /// Bound to loopback: then only its names will do.
    loopback: bool,
    hosts: Vec<String>,
    /// Hash of the token: hashes compare in constant time.
    token: Option<blake3::Hash>,
}

/// One that may ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// It is answered.
    Yes,
    /// It showed the token in its address: its browser is given this cookie, and asks again without it.
    WithCookie(String),
}

impl Guard {
    /// Guards what listens at `address`, on the port that it was given.
    pub(super) fn new(address: &Address, port: u16) -> Self {
        let hosts = address.hosts.iter().map(|name| name.to_ascii_lowercase()).collect();
        let token = address.token.as_ref().map(|token| blake3::hash(token.as_bytes()));
        Self { port, loopback: address.bind.is_loopback(), hosts, token }
    }

    /// Whether a request may be answered.
    pub(super) fn check(&self, parts: &Parts) -> Result<Admitted, Refusal> {
        if ![Method::GET, Method::HEAD, Method::POST].contains(&parts.method) {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "only GET, HEAD and POST are answered"));
        }
        let host = self.host(parts)?;
        self.origin(parts, &host)?;
        if parts.method == Method::POST {
            let json = header(parts, &CONTENT_TYPE).map(|kind| kind.split(';').next().unwrap_or(kind).trim());
            if !json.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
                return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body is application/json"));
            }
        }
        self.key(parts)
    }

    /// The name and port that the request was sent to.
    fn host(&self, parts: &Parts) -> Result<String, Refusal> {
        let wrong = Err((StatusCode::MISDIRECTED_REQUEST, "this server is not called so: give its name with --host"));
        let mut all = parts.headers.get_all(HOST).iter();
        let (named, more) = (all.next(), all.next());
        if more.is_some() || named.is_none() && parts.version != Version::HTTP_10 {
            return Err((StatusCode::BAD_REQUEST, "a request has one Host"));
        }
        let Some(named) = named.and_then(|host| host.to_str().ok()) else { return wrong };
        let named = named.to_ascii_lowercase();
        if let Some(authority) = parts.uri.authority() {
            let plain = parts.uri.scheme_str().is_some_and(|scheme| scheme == "http");
            if !plain || authority.as_str().to_ascii_lowercase() != named {
                return wrong;
            }
        }
        if self.is_ours(&named) { Ok(named) } else { wrong }
    }

    /// Whether `name[:port]` is us.
    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, "")) => (name, None),
            Some((name, rest)) => (name, rest.strip_prefix(':').or(Some("none"))),
            None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if self.hosts.iter().any(|own| own == name) {
            return true; // a proxy listens on a port of its own
        }
        let port_fits = port.map_or(self.port == 80, |port| port == self.port.to_string());
        let is_ip = |fits: fn(&IpAddr) -> bool| name.parse::<IpAddr>().is_ok_and(|ip| fits(&ip));
        let own = name == "localhost" || is_ip(IpAddr::is_loopback);
        port_fits && (own || !self.loopback && is_ip(|_| true)) // no name on the web leads to an address as text
    }

    /// A page of ours sent it, or no page at all.
    fn origin(&self, parts: &Parts, host: &str) -> Result<(), Refusal> {
        let foreign = Err((StatusCode::FORBIDDEN, "a page of another site asks"));
        let is_proxied = self.hosts.iter().any(|own| host.split(':').next() == Some(own));
        if parts.headers.contains_key(ORIGIN) {
            let origin = header(parts, &ORIGIN).unwrap_or("").to_ascii_lowercase();
            let own = origin.strip_prefix("http://").or(origin.strip_prefix("https://").filter(|_| is_proxied));
            if own != Some(host) {
                return foreign;
            }
        }
        let site = header(parts, &HeaderName::from_static("sec-fetch-site"));
        let mode = header(parts, &HeaderName::from_static("sec-fetch-mode"));
        let is_link = mode == Some("navigate") && parts.method != Method::POST;
        match site {
            Some("same-origin" | "none") | None => Ok(()),
            Some(_) if is_link => Ok(()),
            Some(_) => foreign,
        }
    }

    /// It knows the token, where there is one.
    fn key(&self, parts: &Parts) -> Result<Admitted, Refusal> {
        let Some(token) = self.token else { return Ok(Admitted::Yes) };
        let knows = |given: &str| blake3::hash(given.as_bytes()) == token;
        let bearer = header(parts, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = cookies.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
        // The cookie is the token's hash, so that it opens nothing else.
        let own_name = format!("{COOKIE_NAME}{}", self.port);
        let shown = cookies
            .any(|(name, value)| name == own_name && blake3::Hash::from_hex(value).is_ok_and(|own| own == token));
        if shown || bearer.is_some_and(knows) {
            return Ok(Admitted::Yes);
        }
        let query = parts.uri.query().unwrap_or("").split('&').find_map(|pair| pair.strip_prefix("token="));
        if query.is_some_and(knows) && parts.method == Method::GET {
            let cookie = format!("{own_name}={}; Path=/; HttpOnly; SameSite=Strict", token.to_hex());
            return Ok(Admitted::WithCookie(cookie));
        }
        Err((StatusCode::UNAUTHORIZED, "open the address that `spyglass serve` printed, with its token"))
    }
}

/// A header's text.
fn header<'a>(parts: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests;
