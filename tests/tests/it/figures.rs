//! Figures in a real browser: zoomed, without a branch, read off; and as files that other programs draw as the page does.
//! The programs are asked where they are installed: resvg is no dependency, since it would have half of the workspace compiled twice.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine};
use regex::Regex;
use spyglass_dashboards::report;

use crate::browser::Browser;
use crate::made_up;

/// What programs that draw SVG but are no browsers do not know.
const FORBIDDEN: [&str; 8] = ["var(", "color-mix", "color(", "oklch", "currentColor", "<style", " class=", "NaN"];
/// What a figure is made of: elements and attributes that every program knows which draws SVG at all.
const KNOWN: [&str; 29] = [
    "svg",
    "title",
    "desc",
    "g",
    "path",
    "rect",
    "text",
    "xmlns",
    "width",
    "height",
    "viewBox",
    "x",
    "y",
    "d",
    "transform",
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-linecap",
    "opacity",
    "text-anchor",
    "font-family",
    "font-size",
    "font-weight",
    "/svg",
    "/g",
    "/text",
];

/// That an SVG holds nothing but what is known.
fn is_plain(svg: &str, name: &str) {
    for word in FORBIDDEN {
        assert!(!svg.contains(word), "{name}: {word}");
    }
    let attributes = Regex::new(r#" ([A-Za-z:-]+)=""#).unwrap();
    for tag in Regex::new("<([a-z/]+)((?: [^>]*)?)>").unwrap().captures_iter(svg) {
        let found = attributes.captures_iter(&tag[2]).map(|attribute| attribute[1].to_owned());
        for word in found.chain([tag[1].to_owned()]).filter(|word| !["/title", "/desc"].contains(&word.as_str())) {
            assert!(KNOWN.contains(&word.as_str()), "{name}: {word} in {}", &tag[0]);
        }
    }
    let colour = Regex::new("^(none|#[0-9a-f]{6})$").unwrap();
    for value in Regex::new(" (?:fill|stroke)=\"([^\"]*)\"").unwrap().captures_iter(svg) {
        assert!(colour.is_match(&value[1]), "{name}: {}", &value[0]);
    }
}

/// An SVG as the address of a picture.
fn picture(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(svg))
}

/// Mean difference of two pictures as the browser draws them, from 0 to 255; the shares of white and of black in the first.
fn apart(browser: &Browser, a: &str, b: &str) -> [f64; 3] {
    let script = format!(
        "const load = src => new Promise((then, fail) => {{
          const image = new Image();
          image.onload = () => then(image);
          image.onerror = fail;
          image.src = src;
        }});
        return Promise.all([load({a:?}), load({b:?})]).then(([a, b]) => {{
          const [width, height] = [a.width, a.height], read = image => {{
            const pen = Object.assign(document.createElement('canvas'), {{width, height}}).getContext('2d');
            pen.fillStyle = 'red';
            pen.fillRect(0, 0, width, height);
            pen.drawImage(image, 0, 0, width, height);
            return pen.getImageData(0, 0, width, height).data;
          }};
          const [p, q] = [read(a), read(b)];
          let sum = 0, white = 0, black = 0;
          for (let i = 0; i < p.length; i += 4) {{
            for (let k = 0; k < 3; k++) sum += Math.abs(p[i + k] - q[i + k]) / 3;
            white += Math.min(p[i], p[i + 1], p[i + 2]) > 220;
            black += Math.max(p[i], p[i + 1], p[i + 2]) < 40;
          }}
          return [sum, white, black].map(value => value / (width * height));
        }})"
    );
    let found = browser.run(&script);
    [0, 1, 2].map(|k| found[k].as_f64().unwrap_or_else(|| panic!("{found}")))
}

/// The picture that resvg draws; `None`, said aloud, where it is not installed.
fn by_resvg(svg: &str, folder: &Path) -> Option<String> {
    let (from, to) = (folder.join("figure.svg"), folder.join("figure.png"));
    fs_err::write(&from, svg).unwrap();
    let Ok(ran) = Command::new("resvg").args([&from, &to]).output() else {
        writeln!(std::io::stderr(), "skipped: no resvg here to draw a figure with (cargo install resvg)").unwrap();
        return None;
    };
    assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(fs_err::read(to).unwrap())))
}

/// The figure's words left out.
fn without_words(svg: &str) -> String {
    Regex::new("<text[^>]*>[^<]*</text>").unwrap().replace_all(svg, "").into_owned()
}

fn front_page(run: &spyglass_dashboards::run::Run) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(run, folder.path()).unwrap();
    (folder, index)
}

/// Where a share of the first figure's plot lies in the window.
fn place(browser: &Browser, share: f64) -> (f64, f64) {
    let script = format!(
        "const svg = document.querySelector('figure svg'), [left, right, top, bottom] = svg.dataset.box.split(' ').map(Number);
        svg.scrollIntoView({{block: 'center'}});
        const at = new DOMPoint(left + (right - left) * {share}, (top + bottom) / 2).matrixTransform(svg.getScreenCTM());
        return [at.x, at.y]"
    );
    let place = browser.run(&script);
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}

#[test]
fn files_of_figures_are_plain_and_say_what_they_show() {
    let (_folder, index) = front_page(&made_up::run());
    let plots = fs_err::read_dir(index.with_file_name("plots")).unwrap().map(|entry| entry.unwrap().path());
    let mut seen = 0;
    for file in plots.filter(|file| file.extension().is_some_and(|end| end == "svg")) {
        let svg = fs_err::read_to_string(&file).unwrap();
        is_plain(&svg, &file.display().to_string());
        seen += 1;
    }
    assert!(seen > 10, "{seen} figures");
    let svg = fs_err::read_to_string(index.with_file_name("plots").join("stories.svg")).unwrap();
    for said in [
        "mm\"",
        ">stories against tokens seen</text>",
        ">acc, %</text>",
        ">tokens seen</text>",
        ">trunk</text>",
        "95 % intervals",
    ] {
        assert!(svg.contains(said), "{said}: {svg}");
    }
    let csv = fs_err::read_to_string(index.with_file_name("plots").join("stories.csv")).unwrap();
    let head = "task,branch,step,tokens,score,low95,high95,n,chance,metric,run,shots,perturbation,phase,lr";
    assert_eq!(csv.lines().next(), Some(head));
    let last: Vec<&str> = csv.lines().last().unwrap().rsplit(',').collect();
    assert_eq!(last[..6], ["", "stable", "", "0", "made-up", "acc"], "{csv}");
}

#[test]
fn what_the_page_saves_is_drawn_alike_by_other_programs() {
    let (folder, index) = front_page(&made_up::run());
    let Some(browser) = Browser::start() else { return };
    browser.colour_scheme("dark"); // the file is light all the same
    browser.open(&index);
    let saved = |name: &str| {
        let svg = browser.run("return Spyglass.svg(document.getElementById('stories'))").as_str().unwrap().to_owned();
        is_plain(&svg, name);
        svg
    };
    let at_first = saved("as it is at first");
    let file = fs_err::read_to_string(index.with_file_name("plots").join("stories.svg")).unwrap();
    let [difference, white, black] = apart(&browser, &picture(&file), &picture(&at_first));
    assert!(difference < 0.5, "the file beside the page is what the page saves: {difference}");
    assert!(white > 0.5 && black < 0.05, "{white} white, {black} black");
    let hash = "zoom=200..900&mean=3&hide=trunk&against=steps";
    browser.run(&format!("location.hash = '{hash}'"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let zoomed = saved("zoomed");
    for (said, is_said) in
        [(">trunk<", false), (">steps<", true), ("against steps<", true), ("mean of the last 3", true)]
    {
        assert_eq!(zoomed.contains(said), is_said, "{said}: {zoomed}");
    }
    assert!(apart(&browser, &picture(&at_first), &picture(&zoomed))[0] > 1.0, "as shown, not as at first");
    for (name, svg) in [("at first", &at_first), ("zoomed", &zoomed), ("the file", &file)] {
        let svg = without_words(svg); // type differs from machine to machine
        let Some(theirs) = by_resvg(&svg, folder.path()) else { return };
        let [difference, ..] = apart(&browser, &picture(&svg), &theirs);
        assert!(difference < 2.0, "{name}: resvg and the browser are {difference} apart");
    }
}

#[test]
fn a_pdf_is_the_figure_alone_on_a_sheet_of_its_size() {
    let (_folder, index) = front_page(&made_up::run());
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    browser.run("window.print = () => {}");
    browser.click("#stories .pdf");
    let size = browser.run("const svg = document.querySelector('.sheet svg'); return [svg.getAttribute('width'), svg.getAttribute('height')]");
    let pdf = browser.pdf();
    let text = String::from_utf8_lossy(&pdf);
    assert!(pdf.starts_with(b"%PDF") && text.contains("/Count 1"), "one page");
    let sheet = text.split("/MediaBox").nth(1).unwrap().split(']').next().unwrap();
    let numbers: Vec<f64> =
        sheet.trim_start_matches([' ', '[']).split_whitespace().map(|n| n.parse().unwrap()).collect();
    for (side, points) in [(0, numbers[2]), (1, numbers[3])] {
        let millimetres: f64 = size[side].as_str().unwrap().trim_end_matches("mm").parse().unwrap();
        assert!((points - millimetres / 25.4 * 72.0).abs() < 2.0, "{sheet}, wanted {size}");
    }
    browser.run("dispatchEvent(new Event('afterprint'))");
    assert_eq!(browser.run("return document.querySelectorAll('.sheet').length"), 0);
    assert!(browser.complaints().is_empty());
}

#[test]
fn a_drag_zooms_and_a_double_click_leads_back() {
    let (_folder, index) = front_page(&made_up::run());
    let Some(browser) = Browser::start() else { return };
    browser.resize(1440, 900);
    browser.open(&index);
    let ticks = "return [...document.querySelectorAll('figure')].map(f => [...f.querySelectorAll('.tx')].map(t => t.textContent).join())";
    let whole = browser.run(ticks);
    let (from, to) = (place(&browser, 0.25), place(&browser, 0.75));
    browser.point(from, Some(to));
    let zoomed = browser.run(ticks);
    assert!(
        zoomed.as_array().unwrap().iter().zip(whole.as_array().unwrap()).all(|(a, b)| a != b),
        "all figures: {zoomed}"
    );
    let hash = browser.run("return location.hash").as_str().unwrap().to_owned();
    let ends: Vec<f64> = hash.split("zoom=").nth(1).unwrap().split("..").map(|end| end.parse().unwrap()).collect();
    let all = 1100.0 * 6144.0;
    assert!((ends[0] / all - 0.25).abs() < 0.02 && (ends[1] / all - 0.75).abs() < 0.02, "{hash}");
    let outside = "const [left, right] = document.querySelector('figure svg').dataset.box.split(' ').map(Number);
        return [...document.querySelectorAll('figure svg')].flatMap(svg => [...svg.querySelectorAll('.line, .rate, .dot, .bar')])
          .flatMap(path => [...path.getAttribute('d').matchAll(/[ML](-?[0-9]+) /g)].map(m => Number(m[1]))).filter(x => x < left - 2 || x > right + 2).length";
    assert_eq!(browser.run(outside), 0, "nothing is drawn beside the plot");
    browser.screenshot("zoomed");
    browser.run("document.querySelector('figure svg').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))");
    assert_eq!(
        (browser.run(ticks), browser.run("return location.hash.includes('zoom')")),
        (whole.clone(), false.into())
    );
    browser.run("document.querySelector('figure svg').focus()");
    browser.keys("++-");
    assert_ne!(browser.run(ticks), whole, "by the keyboard, too");
    browser.keys("0");
    assert_eq!(browser.run(ticks), whole);
    browser.run("location.hash = '#zoom=nonsense&hide=nobody,%25&mean=x'");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(browser.run(ticks), whole, "an address that makes no sense");
    assert!(browser.complaints().is_empty());
}

#[test]
fn a_branch_is_hidden_by_its_name_and_the_address_keeps_it() {
    let (_folder, index) = front_page(&made_up::run());
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let lines =
        "return [...document.querySelectorAll('#stories path.line')].map(path => path.getAttribute('d') !== '')";
    assert_eq!(browser.run(lines), serde_json::json!([true, true]));
    browser.run("document.querySelectorAll('.legend button')[1].focus()");
    browser.keys(" ");
    assert_eq!(browser.run(lines), serde_json::json!([true, false]), "a hostile name, by the keyboard");
    browser.run("location.reload()");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(browser.run(lines), serde_json::json!([true, false]), "reloaded");
    assert_eq!(browser.run("return document.querySelectorAll('.legend [aria-pressed=false]').length"), 1);
    browser.run("document.querySelector('#stories .name.off').dispatchEvent(new MouseEvent('click', {bubbles: true}))");
    assert_eq!(browser.run(lines), serde_json::json!([true, true]), "its name beside the curve brings it back");
    browser.click("[data-switch=mean][data-to='3']");
    let mean = "return document.querySelector('#stories path.mean.s0').getAttribute('d').match(/[ML]/g).length";
    assert_eq!(browser.run(mean), 4, "from the third of six checkpoints on");
    assert!(browser.complaints().is_empty());
}

#[test]
fn the_cursor_tells_every_branch_with_value_interval_and_place() {
    let (_folder, index) = front_page(&made_up::run());
    let Some(browser) = Browser::start() else { return };
    browser.resize(1440, 900);
    browser.open(&index);
    browser.point(place(&browser, 0.2), None); // where the trunk alone has a checkpoint
    let rows = browser.run("return [...document.querySelectorAll('.tip tr')].map(row => row.textContent)");
    let rows: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].starts_with("trunk") && rows[0].contains(" to ") && rows[0].ends_with("at 1.23 M"), "{rows:?}");
    assert!(rows[1].starts_with("anneal") && rows[1].ends_with("at 5.53 M"), "the nearest one: {rows:?}");
    browser.window("cursor");
    browser.point((5.0, 5.0), None);
    assert_eq!(browser.run("return document.querySelectorAll('.tip').length"), 0);
    assert!(browser.complaints().is_empty());
}

#[test]
fn hours_are_an_axis_where_the_log_has_times() {
    let mut run = made_up::run();
    let (_folder, index) = front_page(&run);
    assert!(!fs_err::read_to_string(&index).unwrap().contains("data-to=\"hours\""), "no times, no axis");
    for branch in &mut run.tree.branches {
        branch.log.entries.iter_mut().for_each(|entry| entry.seconds = Some(1e9 + entry.step as f64 * 36.0));
    }
    let (_folder, index) = front_page(&run);
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    browser.click("[data-switch=axis][data-to=hours]");
    let ticks =
        browser.run("return [...document.querySelectorAll('#stories .tx')].map(tick => tick.textContent).join()");
    assert_eq!(ticks, "0,2.5,5,7.5,10", "a hundred steps an hour");
    assert!(browser.complaints().is_empty());
}
