//! The report in a real browser: every page at both widths and in both colour schemes, and what a reader presses.

use std::path::{Path, PathBuf};

use spyglass_dashboards::report;

use crate::browser::Browser;
use crate::made_up;

#[test]
fn an_empty_report_opens_without_a_word_on_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::empty_run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    walk(&browser, &index, "empty");
}

#[test]
fn every_page_opens_and_nothing_hostile_runs() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    let mut pages = vec![index.clone(), index.with_file_name("provenance.html"), index.with_file_name("compare.html")];
    for sub in ["tasks", "items", "vibes"] {
        let all = fs_err::read_dir(index.with_file_name(sub)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(all.filter(|page| page.extension().is_some_and(|end| end == "html")));
    }
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        let name = page.strip_prefix(folder.path()).unwrap().display().to_string().replace('/', "-");
        walk(&browser, &page, &name);
        assert_eq!(browser.run("return document.images.length"), 0, "{name}: no markup from data");
    }
}

#[test]
fn switches_redraw_and_a_cursor_reads_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let line = "return document.querySelector('figure path.line').getAttribute('d')";
    let linear = browser.run(line);
    browser.click("[data-switch=log][data-to='1']");
    assert_ne!(browser.run(line), linear, "the logarithmic axis moves the line");
    browser.click("[data-switch=log][data-to='0']");
    browser.run("document.querySelector('figure svg').focus()");
    browser.keys("\u{e012}"); // ←
    let read = browser.run("return document.querySelector('.read').textContent");
    assert!(read.as_str().unwrap().contains('±'), "{read}");
    let before = browser.run("return document.documentElement.dataset.theme ?? ''");
    browser.click("#theme");
    assert_ne!(browser.run("return document.documentElement.dataset.theme"), before);
    assert!(browser.complaints().is_empty());
}

#[test]
fn curves_are_drawn_against_steps_and_against_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let dots = || -> Vec<f64> {
        let script = "return document.querySelector('figure path.dot.s0').getAttribute('d')";
        let path = browser.run(script).as_str().unwrap().to_owned();
        path.split('M').skip(1).map(|dot| dot.split(' ').next().unwrap().parse().unwrap()).collect()
    };
    let box_of = browser.run("return document.querySelector('figure svg').dataset.box");
    let ends: Vec<f64> = box_of.as_str().unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
    let across = |share: f64| ends[0] + (ends[1] - ends[0]) * share;
    let loss = |step: f64| 0.5 + 2.5 * (-step / 60.0).exp();
    // The middle of the last five of twenty entries before step 200, of the last three before the anneal's end.
    let at_200 = (loss(0.0) - loss(180.0)) / (loss(0.0) - loss(1090.0));
    for (axis, words, place, wanted) in [("steps", "steps", 3, 600.0 / 1100.0), ("loss", "loss", 1, at_200)] {
        browser.click(&format!("[data-switch=axis][data-to={axis}]"));
        let found = dots();
        assert_eq!(found.len(), 6, "{axis}: every checkpoint of the trunk");
        assert!((found[place] - across(wanted)).abs() <= 1.0, "{axis}: {found:?}, wanted {}", across(wanted));
        assert_eq!(browser.run("return document.querySelector('[data-axis-name]').textContent"), words);
        browser.run("document.querySelector('figure svg').focus()");
        browser.keys("\u{e012}"); // ←
        let read = browser.run("return document.querySelector('.read').textContent");
        assert!(read.as_str().unwrap().contains('±'), "{axis}: {read}");
        browser.screenshot(&format!("against-{axis}"));
        browser.click("[data-switch=log][data-to='1']");
        assert_eq!(dots().len(), 6, "{axis}, logarithmic");
        browser.click("[data-switch=log][data-to='0']");
    }
    browser.click("[data-switch=axis][data-to=tokens]");
    assert!(browser.complaints().is_empty());
}

/// What a reader sees of a page: each expression's value as text.
fn seen(browser: &Browser, what: &[&str]) -> Vec<String> {
    what.iter().map(|what| browser.run(&format!("return String({what})")).as_str().unwrap().to_owned()).collect()
}

/// Waits until a reader sees that: a page draws itself after it has come.
fn comes_to_show(browser: &Browser, what: &[&str], expected: &[String], told: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while seen(browser, what) != expected && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(seen(browser, what), expected, "{told}");
}

/// Opens another page, then `page` by the address that it had, and compares; then goes back to before the last of `steps`.
fn comes_back(browser: &Browser, page: &Path, what: &[&str], steps: &[&dyn Fn(&Browser)]) {
    let name = page.display();
    browser.open(page);
    let mut before = seen(browser, what);
    let at_first = before.clone();
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            before = seen(browser, what);
        }
        step(browser);
    }
    let shown = seen(browser, what);
    assert_ne!(shown, before, "{name}");
    let address = browser.run("return location.hash").as_str().unwrap().to_owned();
    browser.open(page);
    browser.run("location.replace('about:blank')");
    browser.open(page);
    comes_to_show(browser, what, &at_first, &format!("{name} without an address"));
    browser.run(&format!("location.hash = {address:?}"));
    comes_to_show(browser, what, &shown, &format!("{name}{address}, as gone to"));
    browser.run("location.reload()");
    std::thread::sleep(std::time::Duration::from_millis(600)); // what is shown is so before it begins anew, too
    comes_to_show(browser, what, &shown, &format!("{name}{address}, as opened"));
    browser.run("history.back()");
    comes_to_show(browser, what, &at_first, &format!("{name}: back"));
    assert!(browser.complaints().is_empty(), "{name}");
}

#[test]
fn an_address_holds_what_a_page_shows() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    let left = |browser: &Browser| {
        browser.run("document.querySelector('figure:not([hidden]) svg').focus()");
        browser.keys("\u{e012}"); // ←
    };
    let ticks = "[...document.querySelectorAll('figure:not([hidden]) .tx')].map(tick => tick.textContent)";
    let pressed =
        "[...document.querySelectorAll('[data-switch][aria-pressed=true]')].map(button => button.textContent)";
    let read = "document.querySelector('figure:not([hidden]) .read').textContent";
    let rows = "[...document.querySelectorAll('#table tbody tr')].map(row => row.textContent.trim().slice(0, 30))";
    let click = |selector: &'static str| move |browser: &Browser| browser.click(selector);
    let front: [&dyn Fn(&Browser); 4] = [
        &click("[data-switch=axis][data-to=steps]"),
        &click("[data-switch=log][data-to='1']"),
        &click("#table th:nth-child(3) button"),
        &left,
    ];
    comes_back(&browser, &index, &[ticks, pressed, read, rows], &front);

    let task = index.with_file_name("tasks").join("sea_letters.html");
    let metric = "document.querySelector('[data-metric][aria-pressed=true]').textContent";
    comes_back(&browser, &task, &[ticks, read, metric], &[&click("[data-metric]:nth-of-type(2)"), &left]);

    let items = index.with_file_name("items").join("sea_letters.html");
    let search = |browser: &Browser| {
        let set =
            "const box = document.querySelector('#search'); box.value = '29'; box.dispatchEvent(new Event('input'))";
        browser.run(set);
    };
    let open = |browser: &Browser| {
        browser.click("#list .row");
        std::thread::sleep(std::time::Duration::from_millis(300));
    };
    let shown = ["document.querySelector('#count').textContent", "document.querySelector('#detail').textContent"];
    comes_back(&browser, &items, &shown, &[&search, &open]);

    let talk = index.with_file_name("vibes");
    let talk = fs_err::read_dir(talk).unwrap().map(|entry| entry.unwrap().path());
    let talk = talk.filter(|page| !page.ends_with("index.html")).min().unwrap();
    let choose = |browser: &Browser| {
        let set =
            "const box = document.querySelector('#left'); box.value = '0'; box.dispatchEvent(new Event('change'))";
        browser.run(set);
    };
    let sides = ["document.querySelector('#left').value", "document.querySelector('#right').value"];
    comes_back(&browser, &talk, &sides, &[&choose]);
}

#[test]
fn each_heading_and_figure_has_a_mark_that_leads_to_it_and_keeps_what_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let marks = "return document.querySelectorAll('section[id] > h2 > .mark, figure[id] > figcaption > .mark').length";
    let places = "return document.querySelectorAll('section[id] > h2, figure[id] > figcaption').length";
    assert_eq!(browser.run(marks), browser.run(places));
    browser.click("[data-switch=log][data-to='1']");
    browser.run("document.querySelector('#table .mark').click()");
    assert_eq!(browser.run("return location.hash"), "#table&log=1");
    assert!(browser.run("return scrollY").as_f64().unwrap() > 0.0, "it leads there");
    assert!(browser.complaints().is_empty());
}

#[test]
fn a_task_page_takes_its_answer_apart_and_switches_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index.with_file_name("tasks").join("sea_letters.html"));
    let count = |selector: &str| browser.run(&format!("return document.querySelectorAll('{selector}').length"));
    assert_eq!(count("#decomposition figure"), 4, "knowledge, format, selection, the answer");
    assert_eq!(count("#probes figure"), 2, "the probe and the task itself");
    assert_eq!(count("#parts tbody tr").as_u64().unwrap() % 2, 0, "two parts on each branch");
    assert_eq!(count("#curve figure:not([hidden])"), 1);
    browser.click("[data-metric='sea_letters.p_gold']");
    assert_eq!(count("#curve figure:not([hidden])"), 1);
    assert_eq!(browser.run("return document.getElementById('sea_letters.p_gold').hidden"), false);
    let line = "return document.querySelector('#decomposition path.line').getAttribute('d')";
    let linear = browser.run(line);
    browser.click("[data-switch=log][data-to='1']");
    assert_ne!(browser.run(line), linear, "all panels share the axis");
    let links = "return [...document.querySelectorAll('.dl a')].map(link => link.getAttribute('href'))";
    for link in browser.run(links).as_array().unwrap() {
        let file = index.with_file_name("tasks").join(link.as_str().unwrap());
        assert!(file.is_file(), "{link} is not there");
    }
    assert!(browser.complaints().is_empty());
}

#[test]
fn items_are_filtered_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index.with_file_name("items").join("letters.html"));
    let count = "return document.getElementById('count').textContent";
    assert_eq!(browser.run(count), "600 of 600");
    let rows = browser.run("return document.querySelectorAll('.row').length").as_u64().unwrap();
    assert!(rows < 80, "{rows} rows exist at once");
    browser.run(
        "const s = document.getElementById('subject'); s.value = 'letters_art'; s.dispatchEvent(new Event('input'))",
    );
    assert_eq!(browser.run(count), "300 of 600");
    browser.click(".row");
    let shown = "return document.querySelectorAll('#detail tbody tr').length";
    (0..50).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        browser.run(shown).as_u64() == Some(9)
    });
    assert_eq!(browser.run(shown), 9, "a row a checkpoint");
    assert!(browser.complaints().is_empty());
}

#[test]
fn a_reader_filters_compares_blind_and_exports_the_rating() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    let vibes = index.with_file_name("vibes").join("index.html");
    browser.open(&vibes);
    let count = "return document.getElementById('count').textContent";
    assert_eq!(browser.run(count), "3 of 3 conversations");
    browser.run("const s = document.getElementById('verdict'); s.value = 'fail'; s.dispatchEvent(new Event('input'))");
    assert_eq!(browser.run(count), "0 of 3 conversations");
    browser.open(&vibes.with_file_name("pirate-stays.html"));
    let talk = browser.run("return document.getElementById('talks').textContent").as_str().unwrap().to_owned();
    assert!(talk.contains("arr , the sea 2 is rough"), "{talk}");
    browser.keys("\u{e012}"); // ← one checkpoint back
    browser.keys("4");
    assert_eq!(browser.run("return Ratings.jsonl()"), "", "no vote before a name");
    browser.run(
        "const r = document.getElementById('rater'); r.blur(); r.value = 'ann'; r.dispatchEvent(new Event('change'))",
    );
    browser.keys("b");
    let told = browser.run("return document.getElementById('reveal').textContent").as_str().unwrap().to_owned();
    assert!(told.contains("word for word"), "equal texts spend no vote: {told}");
    browser.run("const s = document.getElementById('left'); s.value = '0'; s.dispatchEvent(new Event('change'))");
    browser.keys("b");
    let hidden = browser.run("return document.getElementById('talks').textContent").as_str().unwrap().to_owned();
    assert!(!hidden.contains("trunk") && !hidden.contains("anneal"), "blind: {hidden}");
    browser.click("[data-winner=a]");
    let revealed = browser.run("return document.getElementById('reveal').textContent").as_str().unwrap().to_owned();
    assert!(revealed.contains("The left was"), "{revealed}");
    browser.open(&vibes);
    let kept = browser.run("return Ratings.jsonl()").as_str().unwrap().to_owned();
    let ratings: Vec<spyglass_dashboards::run::Rating> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ratings.len(), 2, "{kept}");
    assert!(ratings.iter().any(|rating| rating.stars().is_some_and(|(_, stars)| (stars - 4.0).abs() < 1e-9)));
    assert!(ratings.iter().any(|rating| rating.game().is_some()));
    assert!(browser.complaints().is_empty());
}

/// Opens a page at both widths and in both colour schemes, and leaves a picture of each.
fn walk(browser: &Browser, page: &Path, name: &str) -> Vec<PathBuf> {
    let views = [(1440, "light"), (1440, "dark"), (900, "light")];
    let view = |(width, scheme): (u32, &str)| {
        browser.resize(width, 900);
        browser.colour_scheme(scheme);
        browser.open(page);
        let overflow = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{name} is wider than {width} pixels by {overflow}");
        let complaints = browser.complaints();
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
        browser.screenshot(&format!("{name}-{width}-{scheme}"))
    };
    views.map(view).into()
}
