//! The report in a real browser.

use std::path::Path;

use crate::browser::Browser;
use spyglass_dashboards::report::Report;
use spyglass_dashboards::run::{Run, RunTree};

/// A run of which nothing is known yet.
fn empty_run() -> Run {
    Run {
        name: "nothing <yet>".into(),
        tree: RunTree::default(),
        units: Vec::new(),
        packs: Vec::new(),
        superseded: Vec::new(),
        failures: Vec::new(),
        texts: Vec::new(),
        groups: Vec::new(),
        run_file: "name: nothing\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: "0.1.0".into(),
    }
}

#[test]
fn an_empty_report_opens_without_a_word_on_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let index = Report::write(&empty_run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    walk(&browser, &index, "empty");
}

/// Opens a page at both widths and in both colour schemes, and leaves a picture of each.
fn walk(browser: &Browser, page: &Path, name: &str) {
    for (width, scheme) in [(1440, "light"), (1440, "dark"), (900, "light")] {
        browser.resize(width, 900);
        browser.colour_scheme(scheme);
        browser.open(page);
        let overflow = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{name} is wider than {width} pixels by {overflow}");
        browser.screenshot(&format!("{name}-{width}-{scheme}"));
        let complaints = browser.complaints();
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
    }
}
