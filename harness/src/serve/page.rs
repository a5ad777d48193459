//! A page as it is on disk, with the scripts of a live report added.

/// What the pages of a report allow themselves, as it stands in them, and as it is widened: to ask the server they came from.
const POLICY: (&str, &str) =
    ("content=\"default-src &#39;none&#39;;", "content=\"default-src &#39;none&#39;; connect-src &#39;self&#39;;");
/// Read before the page's own scripts, which stand at its end.
const SCRIPTS: &str = "<script src=\"/live/kept.js\"></script>\n<script src=\"/live/live.js\"></script>\n</head>";

/// Shown until there is a report.
pub(super) const WAITING: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; script-src &#39;self&#39;\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Spyglass</title>
</head>
<body>
<main>
<h1>There is no report yet</h1>
<p>It appears here as soon as a sweep has written it.</p>
</main>
</body>
</html>
";

/// The page with the live scripts.
pub(super) fn live(page: &str) -> String {
    page.replacen(POLICY.0, POLICY.1, 1).replacen("</head>", SCRIPTS, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_ask_its_server_and_stays_as_it_is_otherwise() {
        let page = live(WAITING);
        assert!(
            page.contains("&#39;none&#39;; connect-src &#39;self&#39;; script-src")
                && page.matches("/live/live.js").count() == 1
        );
        assert_eq!(page.replace(SCRIPTS, "</head>").replace(POLICY.1, POLICY.0), WAITING);
    }
}
