//! Two checkpoints beside each other in a real browser: items, the page of comparisons, the matrix, suspects of a leak; and the ways to
//! find one of many tasks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use spyglass_dashboards::report;
use spyglass_dashboards::run::{Run, Unit};

use crate::browser::Browser;
use crate::made_up;

/// The made-up run with `sea_letters` asked shuffled, too: there the second half of the items is wrong at the end of the anneal.
fn with_twin() -> Run {
    let mut run = made_up::run();
    let shuffled = |unit: &Unit| {
        let mut record = unit.record.clone();
        record.inputs.perturb = Some("shuffle".into());
        let mut items = unit.items.as_ref().clone();
        if record.checkpoint.branch != "trunk" {
            for item in items.iter_mut().skip(150) {
                item.gold = (item.gold + 1) % 4;
            }
        }
        Unit { record, items: Arc::new(items) }
    };
    let twins: Vec<Unit> = run.units.iter().filter(|unit| unit.record.task == "sea_letters").map(shuffled).collect();
    run.units.extend(twins);
    run
}

fn text(browser: &Browser, script: &str) -> String {
    browser.run(&format!("return String({script})")).as_str().unwrap().to_owned()
}

/// Waits until the script's value holds the words.
fn wait_for(browser: &Browser, script: &str, words: &str) -> String {
    for _ in 0..60 {
        let found = text(browser, script);
        if found.contains(words) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("`{words}` never came: {}", text(browser, script))
}

fn choose(browser: &Browser, id: &str, value: &str) {
    let script = format!(
        "const s = document.getElementById({id:?}); s.value = {value:?}; for (const kind of ['input', 'change']) s.dispatchEvent(new Event(kind, {{bubbles: true}}))"
    );
    browser.run(&script);
}

fn page(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join(name)
}

#[test]
fn items_are_lost_gained_both_or_neither_between_two_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    report::write(&with_twin(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&page(folder.path(), "items/stories.html"));
    let count = "document.getElementById('count').textContent";
    assert_eq!(text(&browser, count), "300 of 300");
    choose(&browser, "a", "trunk@200");
    choose(&browser, "b", "anneal \"<fast>\"@1100");
    // Right at first are the items under .25 + .7·(.6·2/11)², at the end those under .95.
    let right = |skill: f64| {
        let is_right = |doc: &usize| ((doc * 7919 + 7 * 31) % 100) as f64 / 100.0 < 0.25 + 0.7 * skill * skill;
        (0..300_usize).filter(is_right).count()
    };
    let (before, after) = (right(0.6 * 200.0 / 1100.0), right(1.0));
    let wanted = format!("300 of 300: 0 lost · {} gained · {before} both · {} neither", after - before, 300 - after);
    assert_eq!(text(&browser, count), wanted);
    choose(&browser, "show", "gained");
    assert!(text(&browser, count).starts_with(&format!("{} of 300", after - before)));
    assert!(
        text(&browser, "document.getElementById('next').textContent")
            .contains("spyglass compare run.yaml:trunk@200 'run.yaml:anneal")
    );
    browser.click(".row");
    let sides = wait_for(&browser, "document.querySelector('.versus')?.textContent", "B: anneal");
    assert!(sides.contains("A: trunk@200") && sides.contains("✗ wrong") && sides.contains("✓ right"), "{sides}");
    // A wide screen has the item beside the list, each in sight; of both the right answer stands in its row.
    browser.resize(1440, 900);
    let beside = "(([list, detail]) => list.right <= detail.left && detail.top < list.bottom)(['list', 'detail'].map(id => document.getElementById(id).getBoundingClientRect()))";
    assert_eq!(text(&browser, beside), "true");
    let right = "JSON.stringify([...document.querySelectorAll('.row')].slice(0, 4).map(row => row.querySelector('.gold').textContent === 'ABCD'[Spyglass.data.items.gold[Number(row.id.slice(5))]] && row.querySelector('.gold').offsetWidth > 0))";
    assert_eq!(text(&browser, right), "[true,true,true,true]");
    browser.resize(1000, 900);
    let below = beside.replace("list.right <= detail.left && detail.top < list.bottom", "list.bottom <= detail.top");
    assert_eq!(text(&browser, &below), "true");
    let shown = text(&browser, count);
    let address = text(&browser, "location.hash");
    browser.run("location.replace('about:blank')");
    browser.open(&page(folder.path(), "items/stories.html"));
    browser.run(&format!("location.hash = {address:?}"));
    assert_eq!(wait_for(&browser, count, "gained"), shown, "the address holds it");
    nothing_is_said_and_left_again(&browser);
    assert!(browser.complaints().is_empty());
}

/// Nothing was lost: the page says so, and one click leads back to all items.
fn nothing_is_said_and_left_again(browser: &Browser) {
    let count = "document.getElementById('count').textContent";
    let none = "document.getElementById('none').checkVisibility() ? document.querySelector('#none span').textContent : 'items'";
    assert_eq!(text(browser, none), "items");
    choose(browser, "show", "lost");
    assert_eq!(text(browser, none), "No item is lost (A trunk@200, B anneal \"<fast>\"@1100).");
    choose(browser, "search", "<nowhere>");
    assert!(text(browser, none).starts_with("No item is lost and “<nowhere>” (A"), "{}", text(browser, none));
    assert_eq!(text(browser, "document.getElementById('list').checkVisibility()"), "false");
    browser.click("#clear");
    assert!(text(browser, count).starts_with("300 of 300: 0 lost"), "A and B stay: {}", text(browser, count));
    assert_eq!(text(browser, none), "items");
    assert!(!text(browser, "location.hash").contains("show="), "{}", text(browser, "location.hash"));
    choose(browser, "show", "lost");
    choose(browser, "a", "");
    assert_eq!(text(browser, none), "“lost” is told of two checkpoints: choose A, too.");
}

#[test]
fn suspects_of_a_leak_are_listed_and_taken_along() {
    let folder = tempfile::tempdir().unwrap();
    report::write(&with_twin(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&page(folder.path(), "items/sea_letters.html"));
    choose(&browser, "twin", "shuffled");
    choose(&browser, "order", "gap");
    let count = text(&browser, "document.getElementById('count').textContent");
    let suspects: usize = count.split(' ').next().unwrap().parse().unwrap();
    assert!((100..=150).contains(&suspects), "of the second half those that are right as printed: {count}");
    assert!(
        text(&browser, "document.getElementById('next').textContent")
            .starts_with("spyglass overlap --tasks sea_letters")
    );
    // What would be saved is caught instead.
    browser.run("window.saved = []; URL.createObjectURL = blob => { blob.text().then(text => saved.push(text)); return 'data:,'; }");
    browser.click("#jsonl");
    browser.click("#csv");
    let saved = wait_for(&browser, "saved.length === 2 && saved.join('')", "doc_id");
    let first: serde_json::Value = serde_json::from_str(saved.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["task"], &first["right_b"], &first["right_twin"]),
        (&"sea_letters".into(), &true.into(), &false.into())
    );
    assert!(first["doc_id"].as_u64().unwrap() >= 150 && first["p_gold_b"].as_f64() > first["p_gold_twin"].as_f64());
    assert_eq!(saved.lines().filter(|line| line.starts_with('{')).count(), suspects);
    browser.click("#copy");
    assert!(text(&browser, "document.getElementById('copy').textContent").contains("copied"));
    assert!(browser.complaints().is_empty());
}

#[test]
fn any_two_checkpoints_are_compared_as_the_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let run = with_twin();
    let index = report::write(&run, folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let pair = text(&browser, "document.querySelector('#compared summary').textContent");
    assert!(pair.contains("against trunk at") && pair.contains("differ beyond chance"), "{pair}");
    browser.open(&page(folder.path(), "compare.html"));
    choose(&browser, "a", "trunk@200");
    choose(&browser, "b", "trunk@1000");
    let row = "[...document.querySelectorAll('#between tbody tr')].find(row => row.textContent.startsWith('stories'))?.textContent";
    let there = wait_for(&browser, row, "stories");
    assert!(there.contains("▲ +"), "{there}");
    browser.click("#swap");
    let back = wait_for(&browser, row, "▼ −");
    let number = |row: &str, sign: char| row.split(sign).nth(1).unwrap()[..4].to_owned();
    assert_eq!(number(&there, '+'), number(&back, '−'), "turned round: {there} {back}");
    assert!(
        text(&browser, "document.getElementById('command').textContent")
            .contains("run.yaml:trunk@1000 run.yaml:trunk@200")
    );
    let links = "return [...document.querySelectorAll('td a')].map(link => link.getAttribute('href').split('#')[0])";
    for link in browser.run(links).as_array().unwrap() {
        assert!(index.with_file_name(link.as_str().unwrap()).is_file(), "{link}");
    }
    browser.screenshot("compare");
    assert!(browser.complaints().is_empty());
}

#[test]
fn the_front_page_the_file_and_the_page_of_comparisons_say_the_same_of_branches() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let read = |name: &str| fs_err::read_to_string(folder.path().join(name)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&read("findings.json")).unwrap();
    let pairs = file["compared"].as_array().unwrap();
    assert_eq!(pairs.len(), 1, "one fork");
    assert_eq!((&pairs[0]["a"]["step"], &pairs[0]["b"]["step"]), (&1000.into(), &1000.into()), "at equal tokens");
    for page in [fs_err::read_to_string(&index).unwrap(), read("compare.html")] {
        let table = page.split("<h2>Branch against branch</h2>").last().unwrap();
        for row in pairs[0]["tasks"].as_array().unwrap() {
            let cells =
                table.split("<tr>").find(|cells| cells.contains(&format!(">{}</a>", row["task"].as_str().unwrap())));
            let cells = cells.unwrap();
            let points = |key: &str| format!("{:+.1}", 100.0 * row[key].as_f64().unwrap()).replace('-', "−");
            assert!(cells.contains(&points("difference")), "{row}: {cells}");
            assert!(cells.contains(&format!("{} to {}", points("low"), points("high"))), "{row}: {cells}");
            for key in ["lost", "gained"] {
                assert!(cells.contains(&format!("show={key}\">{}</a>", row[key])), "{row}: {cells}");
            }
            let detectable = row["detectable"].as_f64().unwrap();
            assert!(detectable > 0.0 && cells.contains(&format!(">{:.1}</td>", 100.0 * detectable)), "{row}");
        }
    }
}

#[test]
fn a_matrix_shows_how_sure_a_change_is_and_leads_to_its_items() {
    let folder = tempfile::tempdir().unwrap();
    report::write(&with_twin(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&page(folder.path(), "tasks/stories.html"));
    let cells = "document.querySelectorAll('#matrix td[title]').length";
    assert_eq!(text(&browser, cells), "36", "nine checkpoints");
    browser.run("document.querySelector('#matrix td[title]').focus()");
    browser.keys("\u{e015}\u{e014}"); // ↓ →
    let read = text(&browser, "document.querySelector('#matrix .read').textContent");
    assert!(read.contains("trunk@400 − trunk@200:") && read.contains("p "), "{read}");
    browser.run("document.querySelector('#matrix tr:last-child td[title].up.e4').click()");
    wait_for(&browser, "location.pathname", "items/stories.html");
    assert!(text(&browser, "document.getElementById('count').textContent").contains("gained"));
    browser.open(&page(folder.path(), "tasks/stories.html"));
    let order = text(
        &browser,
        "[...document.querySelectorAll('#metrics tbody td:last-child')].map(cell => parseFloat(cell.dataset.v))",
    );
    let ratios: Vec<f64> = order.split(',').map(|ratio| ratio.parse().unwrap()).collect();
    assert!(ratios.len() > 1 && ratios.windows(2).all(|pair| pair[0] >= pair[1]), "{order}");
    browser.keys("k");
    wait_for(&browser, "document.querySelector('h1').textContent", "sea_letters");
    browser.keys("j");
    wait_for(&browser, "document.querySelector('h1').textContent", "stories");
    assert!(browser.complaints().is_empty());
}

#[test]
fn one_of_many_tasks_is_found_in_two_keystrokes() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&index);
    let seen = "[...document.querySelectorAll('#curves figure:not([hidden])')].map(figure => figure.id)";
    let all = text(&browser, seen);
    browser.keys("/sto");
    assert_eq!(text(&browser, seen), "stories");
    let rows = "[...document.querySelectorAll('#table tbody tr:not([hidden])')].every(row => row.textContent.includes('stories'))";
    assert_eq!(text(&browser, rows), "true");
    browser.keys("\u{e00c}"); // Escape
    assert_eq!(text(&browser, seen), all);
    browser.click("[data-order=news]");
    let news = text(&browser, "document.querySelector('#curves .grid').dataset.news");
    assert!(text(&browser, seen).starts_with(&news.trim().replace(' ', ",")), "{news}");
    browser.click("#happened .sure summary");
    let sure = text(&browser, "document.querySelector('#happened .sure[open]').textContent");
    assert!(sure.contains(" tokens"), "{sure}");
    let folded = text(&browser, "[...document.querySelectorAll('#folded a')].map(link => link.textContent)");
    assert_eq!(folded, "letters_art,letters_law");
    assert!(browser.complaints().is_empty());
}
