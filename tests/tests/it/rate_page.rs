//! The page that deals pairs to a rater, and what the report makes of the votes.

use spyglass_dashboards::report;
use spyglass_dashboards::run::{Opinion, Rating, RatingPlace, Winner};

use crate::browser::Browser;
use crate::made_up;

#[test]
fn pairs_are_dealt_blind_and_each_vote_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&made_up::run(), folder.path()).unwrap();
    let Some(browser) = Browser::start() else { return };
    for (width, scheme) in [(1440, "light"), (390, "dark")] {
        browser.resize(width, 900);
        browser.colour_scheme(scheme);
        browser.open(&index.with_file_name("rate.html"));
        browser.screenshot(&format!("rate-{width}-{scheme}"));
        let overflow = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "wider than {width} pixels by {overflow}");
    }
    browser.resize(1440, 900);
    browser.colour_scheme("light");
    let text = |id: &str| {
        let script = format!("return document.getElementById('{id}').innerText");
        browser.run(&script).as_str().unwrap().to_owned()
    };
    browser.click("#deal button");
    assert_eq!(browser.run("return document.getElementById('pair').hidden"), true, "no pair before a name");
    browser.run("document.getElementById('rater').value = 'ann'; document.getElementById('many').value = 500");
    browser.click("#deal button");
    let loaded =
        "return new Promise(told => setTimeout(() => told(document.getElementById('progress').textContent), 300))";
    let progress = browser.run(loaded).as_str().unwrap().to_owned();
    let dealt: usize = progress.strip_prefix("1 of ").unwrap().parse().unwrap();
    assert!((2..500).contains(&dealt), "each pair of unequal texts once: {progress}");
    browser.screenshot("rate-pair");
    let hidden = text("talks");
    assert!(!hidden.contains("trunk") && !hidden.contains("anneal") && !hidden.contains('✓'), "blind: {hidden}");
    browser.keys("\u{e012}"); // ←: the left is better
    assert!(text("reveal").starts_with("The left was "), "{}", text("reveal"));
    browser.screenshot("rate-revealed");
    browser.keys("\u{e014}"); // → does not vote again
    browser.keys("\u{e007}"); // Enter
    let progress = browser.run(loaded).as_str().unwrap().to_owned();
    assert_eq!(progress, format!("2 of {dealt}"));
    browser.keys("\u{e015}"); // ↓: equal
    let kept = browser.run("return Ratings.jsonl()").as_str().unwrap().to_owned();
    let votes: Vec<Rating> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let scores: Vec<f64> = votes.iter().map(|vote| vote.game().unwrap().2).collect();
    assert_eq!(scores, [1.0, 0.5], "{kept}");
    assert!(votes.iter().all(|vote| vote.rater == "ann"));
    // Dealt again, what was judged does not come back.
    browser.open(&index.with_file_name("rate.html"));
    browser.run("document.getElementById('many').value = 500");
    browser.click("#deal button");
    for _ in 0..dealt {
        browser.run(loaded);
        browser.keys("s");
    }
    browser.run(loaded);
    assert_eq!(browser.run("return document.getElementById('done').hidden"), false);
    assert!(text("tally").starts_with("0 votes"), "{}", text("tally"));
    assert!(browser.complaints().is_empty());
}

fn vote(rater: &str, prompt: &str, steps: [u64; 2], winner: Winner) -> Rating {
    let [a, b] = steps.map(|step| RatingPlace { branch: "trunk".into(), step, variant: None });
    let (pack, variables) = ("pirate".into(), serde_json::Map::new());
    let opinion = Opinion::Pair { a, b, winner };
    Rating { rater: rater.into(), pack, prompt: prompt.into(), variables, repeat: 0, opinion, time: String::new() }
}

#[test]
fn the_vibes_page_tells_what_raters_prefer_and_how_they_vote() {
    let mut run = made_up::run();
    let steps: Vec<u64> = run.tree.branches[0].checkpoints.iter().map(|at| at.step).collect();
    let [first, second, third] = [steps[0], steps[1], steps[2]];
    for k in 0..12 {
        let prompt = format!("prompt {k}");
        // ann prefers the later one whichever side it stands on, ben whatever stands left.
        let (sides, later) = if k % 2 == 0 { ([first, second], Winner::B) } else { ([second, first], Winner::A) };
        run.ratings.push(vote("ann", &prompt, sides, later));
        run.ratings.push(vote("ben", &prompt, sides, Winner::A));
    }
    for pair in [[first, second], [second, third], [third, first]] {
        run.ratings.push(vote("cy", "prompt 0", pair, Winner::A));
    }
    let folder = tempfile::tempdir().unwrap();
    let index = report::write(&run, folder.path()).unwrap();
    let page = fs_err::read_to_string(index.with_file_name("vibes").join("index.html")).unwrap();
    let words = page.replace("&#39;", "'"); // as a browser shows them
    assert!(words.contains("27 by 3 raters. Agreement: Krippendorff's α = "), "the whole");
    let row =
        |rater: &str| page.split("<tr>").find(|row| row.contains(&format!("<td>{rater}</td>"))).unwrap().to_owned();
    assert!(row("ben").contains("100.0 %") && row("ben").contains("the side decides"), "{}", row("ben"));
    assert!(row("ann").contains("50.0 %") && !row("ann").contains("the side decides"), "{}", row("ann"));
    assert!(row("cy").contains("1 of 1"), "{}", row("cy"));
    assert!(page.contains("id=\"vibes.ratings\""), "a curve against tokens");
    let Some(browser) = Browser::start() else { return };
    browser.open(&index.with_file_name("vibes").join("index.html"));
    browser.run("document.getElementById('ratings').scrollIntoView()");
    browser.window("vibes-ratings");
    assert!(browser.complaints().is_empty());
}
