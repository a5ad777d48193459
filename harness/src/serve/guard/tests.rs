//! Requests that are answered, and those that are not.

use super::*;
use axum::http::Request;

fn parts(line: &str, headers: &[(&str, &str)]) -> Parts {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn guard(bind: &str, hosts: &[&str], token: Option<&str>) -> Guard {
    let hosts = hosts.iter().map(ToString::to_string).collect();
    let address = Address { bind: bind.parse().unwrap(), port: 8750, hosts, token: token.map(Into::into) };
    Guard::new(&address, 8750)
}

#[test]
fn a_request_comes_under_our_name_and_from_our_pages() {
    let json = ("content-type", "application/json; charset=utf-8");
    let host = ("host", "localhost:8750");
    let cases: &[(&str, &[(&str, &str)], u16)] = &[
        ("GET /", &[host], 200),
        ("GET /", &[("host", "127.0.0.1:8750")], 200),
        ("GET /", &[("host", "[::1]:8750")], 200),
        ("GET /", &[("host", "LOCALHOST.:8750")], 200),
        ("GET http://localhost:8750/", &[host], 200),
        ("GET /", &[host, ("sec-fetch-site", "none")], 200),
        ("GET /", &[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 200),
        ("POST /live/notes", &[host, json, ("origin", "http://localhost:8750")], 200),
        ("POST /live/notes", &[host, json], 200),
        ("GET /", &[], 400),
        ("GET /", &[host, ("host", "evil.example")], 400),
        ("GET /", &[("host", "evil.example:8750")], 421),
        ("GET /", &[("host", "localhost")], 421),
        ("GET /", &[("host", "localhost:80")], 421),
        ("GET /", &[("host", "localhost:8750.evil.example")], 421),
        ("GET /", &[("host", "127.0.0.1.evil.example:8750")], 421),
        ("GET /", &[("host", "10.0.0.1:8750")], 421),
        ("GET /", &[("host", "[::1]8750")], 421),
        ("GET /", &[("host", "")], 421),
        ("GET http://evil.example/", &[host], 421),
        ("GET https://localhost:8750/", &[host], 421),
        ("GET /", &[host, ("origin", "http://evil.example")], 403),
        ("GET /", &[host, ("origin", "null")], 403),
        ("GET /", &[host, ("origin", "http://localhost:9999")], 403),
        ("GET /data/x.js", &[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], 403),
        ("GET /data/x.js", &[host, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")], 403),
        ("POST /live/notes", &[host, json, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 403),
        ("POST /live/notes", &[host, ("content-type", "text/plain")], 415),
        ("POST /live/notes", &[host], 415),
        ("PUT /", &[host], 405),
        ("CONNECT localhost:8750", &[host], 405),
    ];
    let guard = guard("127.0.0.1", &[], None);
    for (line, headers, wanted) in cases {
        let got = guard.check(&parts(line, headers)).map_or_else(|(status, _)| status.as_u16(), |_| 200);
        assert_eq!(got, *wanted, "{line} {headers:?}");
    }
}

#[test]
fn elsewhere_an_address_will_do_and_names_are_given() {
    let guard = guard("0.0.0.0", &["Reports.example"], Some("a-token-of-20-letters"));
    let bearer = ("authorization", "Bearer a-token-of-20-letters");
    for (headers, wanted) in [
        (vec![("host", "10.0.0.1:8750"), bearer], true),
        (vec![("host", "reports.example"), bearer, ("origin", "https://reports.example")], true),
        (vec![("host", "reports.example"), bearer, ("origin", "https://evil.example")], false),
        (vec![("host", "evil.example:8750"), bearer], false),
        (vec![("host", "10.0.0.1:8750")], false),
        (vec![("host", "10.0.0.1:8750"), ("authorization", "Bearer a-token-of-20-lettersx")], false),
        (vec![("host", "10.0.0.1:8750"), ("authorization", "Basic a-token-of-20-letters")], false),
    ] {
        assert_eq!(guard.check(&parts("GET /", &headers)).is_ok(), wanted, "{headers:?}");
    }
}

#[test]
fn a_token_in_the_address_becomes_a_cookie() {
    let guard = guard("127.0.0.1", &[], Some("a-token-of-20-letters"));
    let host = ("host", "localhost:8750");
    let Ok(Admitted::WithCookie(cookie)) = guard.check(&parts("GET /?token=a-token-of-20-letters", &[host])) else {
        panic!("no cookie")
    };
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict") && !cookie.contains("20-letters"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let known = |cookie: &str| guard.check(&parts("GET /", &[host, ("cookie", cookie)])).is_ok();
    assert!(known(pair) && known(&format!("other=1; {pair}; more=2")));
    assert!(!known("spyglass=") && !known("spyglass=a-token-of-20-letters") && !known(&pair.replace('=', "x=")));
    assert!(guard.check(&parts("GET /?token=wrong", &[host])).is_err());
}
