//! Who uses the report without a mouse, on a phone, or without seeing it: names, contrast, order of headings, focus, widths. Where
//! `SPYGLASS_AXE` names a copy of axe-core's script, its serious findings are asked for, too.

use std::io::Write;
use std::path::{Path, PathBuf};

use spyglass_dashboards::report;

use crate::browser::Browser;
use crate::made_up;

/// Everything that is wrong on a page, a line each.
const CHECKS: &str = r"
const wrong = [], all = (selector, within = document) => [...within.querySelectorAll(selector)];
const isSeen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
const name = e => (e.getAttribute('aria-label') ?? '') + e.textContent + (e.title ?? '') + (e.labels?.[0]?.textContent ?? '') +
  (e.querySelector('title')?.textContent ?? '');
for (const e of all('a[href], button, input, select, [tabindex=\'0\']')) {
  if (isSeen(e) && !e.matches('.list') && !name(e).trim()) wrong.push('no name: ' + e.outerHTML.slice(0, 90));
}
const ids = all('[id]').map(e => e.id);
ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => wrong.push('twice: #' + id));
let level = 0;
for (const heading of all('h1, h2, h3, h4').filter(isSeen)) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) wrong.push('a heading is left out before ' + heading.outerHTML.slice(0, 90));
  level = own;
}
all('th').filter(th => !th.textContent.trim()).forEach(th => wrong.push('empty head: ' + th.outerHTML.slice(0, 90)));
const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = colour => {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
};
const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = e => {
  for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] > 200) return c;
  }
  return rgba(getComputedStyle(document.documentElement).getPropertyValue('--bg'));
};
const told = new Set();
for (const e of all('body *')) {
  const own = [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  if (!own || !isSeen(e) || e.closest('.sr, .off, noscript, script, .skip, title, desc')) continue;
  const style = getComputedStyle(e), isDrawn = e instanceof SVGElement;
  const a = light(rgba(isDrawn ? style.fill : style.color)), b = light(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), kind = e.className.baseVal ?? e.className;
  if (ratio < 4.5 && !told.has(kind)) {
    told.add(kind);
    wrong.push(`contrast ${ratio.toFixed(2)}: ${e.outerHTML.slice(0, 110)}`);
  }
}
return wrong;";

/// What of a page is cut at the width of a phone: it reaches beyond the window, and no place of its own scrolls to it.
const CUT: &str = r"
const out = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.sr, .skip, svg'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1);
const scrolls = e => { for (let up = e.parentElement; up; up = up.parentElement) if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)) return true; return false; };
return out.filter(e => !scrolls(e)).map(e => e.outerHTML.slice(0, 90)).concat(document.documentElement.scrollWidth > innerWidth ? ['the page is wider than the window'] : []);";

fn pages(index: &Path) -> Vec<PathBuf> {
    let page = |folder: &str, name: &str| index.with_file_name(folder).join(name);
    let talk = fs_err::read_dir(index.with_file_name("vibes")).unwrap().map(|entry| entry.unwrap().path());
    let talk = talk.filter(|page| !page.ends_with("index.html")).min().unwrap();
    vec![
        index.to_owned(),
        index.with_file_name("provenance.html"),
        page("tasks", "letters.html"),
        page("items", "letters.html"),
        page("vibes", "index.html"),
        talk,
    ]
}

fn list(found: &serde_json::Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_page_has_names_contrast_and_headings_in_order_and_fits_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    let axe = std::env::var_os("SPYGLASS_AXE").map(|file| fs_err::read_to_string(file).unwrap());
    if axe.is_none() {
        writeln!(
            std::io::stderr(),
            "skipped: SPYGLASS_AXE names no copy of axe-core's script; only our own checks run"
        )
        .unwrap();
    }
    let mut wrong = Vec::new();
    for page in pages(&index) {
        let name = page.strip_prefix(folder.path()).unwrap().display().to_string().replace('/', "-");
        for (width, scheme) in [(1440, "light"), (1440, "dark"), (360, "light")] {
            browser.resize(width, 800);
            browser.colour_scheme(scheme);
            browser.open(&page);
            wrong.extend(
                list(&browser.run(CHECKS)).into_iter().map(|line| format!("{name}, {width}, {scheme}: {line}")),
            );
            if width == 360 {
                wrong.extend(list(&browser.run(CUT)).into_iter().map(|line| format!("{name} on a phone: {line}")));
                browser.screenshot(&format!("{name}-phone"));
            }
            if let Some(axe) = &axe {
                browser.run(axe);
                let script = "return axe.run().then(found => found.violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes[0].html))";
                wrong.extend(list(&browser.run(script)).into_iter().map(|line| format!("{name}, axe: {line}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_grid_is_one_stop_and_arrows_go_inside_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index.with_file_name("vibes").join("index.html"));
    let stops = "return [...document.querySelectorAll('table.vibes a.v')].filter(cell => cell.tabIndex === 0).length";
    assert_eq!(browser.run(stops), 1);
    browser.keys("\u{e004}"); // Tab
    assert_eq!(browser.run("return document.activeElement.className"), "skip", "the first stop leads to the content");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_ne!(browser.run(outline), "none", "focus is seen");
    browser.run("document.querySelector('table.vibes a.v').focus()");
    let said = "return document.activeElement.getAttribute('aria-label')";
    let label = |browser: &Browser| browser.run(said).as_str().unwrap().to_owned();
    let first = label(&browser);
    assert!(first.starts_with("stays, trunk 0: "), "{first}");
    browser.keys("\u{e014}"); // →
    let right = label(&browser);
    assert!(right.starts_with("stays, trunk 1.23 M: "), "{right}");
    browser.keys("\u{e015}"); // ↓
    assert!(label(&browser).starts_with("sums, trunk 1.23 M: "), "{}", label(&browser));
    browser.keys("\u{e013}\u{e012}"); // ↑ ←
    assert_eq!(label(&browser), first);
    assert_eq!(browser.run(stops), 1, "still one");
    assert!(browser.complaints().is_empty());
}

#[test]
fn every_item_is_printed_and_nothing_is_folded() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    let rows = "return document.querySelectorAll('.row').length";
    browser.open(&index.with_file_name("items").join("stories.html"));
    let before = browser.run(rows).as_u64().unwrap();
    browser.run("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.run(rows), 300, "all rows are there");
    browser.run("dispatchEvent(new Event('afterprint'))");
    assert_eq!(browser.run(rows), before);
    assert!(browser.pdf().starts_with(b"%PDF"));
    browser.open(&index);
    browser.run("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.run("return document.querySelectorAll('details:not([open])').length"), 0);
    browser.run("dispatchEvent(new Event('afterprint'))");
    assert_ne!(browser.run("return document.querySelectorAll('details:not([open])').length"), 0, "and folded again");
}
