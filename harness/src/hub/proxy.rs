//! Which proxy an address is asked through: the variables of curl, read as curl reads them.

/// The proxies of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proxies {
    http: Option<String>,
    https: Option<String>,
    /// Hosts that are asked directly.
    direct: Vec<String>,
}

impl Proxies {
    /// `http_proxy` (in small letters alone: a web server hands `HTTP_PROXY` in from outside), `https_proxy`, `all_proxy` and
    /// `no_proxy`, the last three in capitals as well.
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = |names: &[&str]| names.iter().find_map(|name| variable(name)).filter(|text| !text.trim().is_empty());
        let all = || said(&["all_proxy", "ALL_PROXY"]);
        let direct = said(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        Self {
            http: said(&["http_proxy"]).or_else(all),
            https: said(&["https_proxy", "HTTPS_PROXY"]).or_else(all),
            direct: direct.split([',', ' ']).filter(|host| !host.is_empty()).map(str::to_lowercase).collect(),
        }
    }

    /// The proxy for an address; `None` where it is asked directly.
    pub(super) fn of(&self, address: &str) -> Option<&str> {
        let (scheme, rest) = address.split_once("://")?;
        let proxy = if scheme.eq_ignore_ascii_case("https") { &self.https } else { &self.http };
        let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
        proxy.as_deref().filter(|_| !self.is_direct(&host_of(authority)))
    }

    /// A name stands for the host itself and all below it, with or without a dot in front; `*` for every host; numbers may be a
    /// network (`10.0.0.0/8`).
    fn is_direct(&self, host: &str) -> bool {
        self.direct.iter().any(|entry| {
            let entry = entry.trim_start_matches('.').trim_end_matches('.');
            let entry = entry.strip_prefix("*.").unwrap_or(entry);
            let below = || host.strip_suffix(entry).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            entry == "*" || (!entry.is_empty() && below()) || in_network(host, entry)
        })
    }
}

/// The host of `host:port`, `[::1]:port` in the form `::1`.
fn host_of(authority: &str) -> String {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.trim_end_matches('.').to_lowercase()
}

/// Whether an IPv4 address lies in a network such as `10.0.0.0/8`.
fn in_network(host: &str, network: &str) -> bool {
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let Some((network, bits)) = network.split_once('/') else { return false };
    let (Some(host), Some(network), Ok(bits)) = (number(host), number(network), bits.parse::<u32>()) else {
        return false;
    };
    bits == 0 || bits <= 32 && (host ^ network) >> (32 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_finds_its_proxy_as_in_curl() {
        let variables = [
            ("http_proxy", "http://a:1"),
            ("HTTPS_PROXY", "http://b:2"),
            ("no_proxy", "localhost, .inner.example,10.0.0.0/8,host.example"),
        ];
        let read = |variables: &[(&str, &str)]| {
            Proxies::read(&|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let proxies = read(&variables);
        let cases = [
            ("http://hub.example/x", Some("http://a:1")),
            ("https://hub.example/x", Some("http://b:2")),
            ("http://localhost:8080/", None),
            ("https://deep.inner.example", None),
            ("https://inner.example", None),
            ("https://notinner.example", Some("http://b:2")),
            ("https://a.host.example:443", None),
            ("http://10.1.2.3:80/x", None),
            ("http://11.1.2.3/x", Some("http://a:1")),
            ("http://user@host.example/", None),
        ];
        for (address, proxy) in cases {
            assert_eq!(proxies.of(address), proxy, "{address}");
        }
        assert_eq!(read(&[("HTTP_PROXY", "http://a:1")]).of("http://h"), None, "as curl");
        assert_eq!(read(&[("ALL_PROXY", "socks5h://a:1")]).of("https://h"), Some("socks5h://a:1"));
        assert_eq!(read(&[("ALL_PROXY", "http://a:1"), ("no_proxy", "*")]).of("https://h"), None);
        assert_eq!(read(&[("http_proxy", "http://a:1"), ("no_proxy", "::1")]).of("http://[::1]:80/"), None);
    }
}
