//! The stories of packs and prompts, as the written report shows them, against what is true.

use spyglass_dashboards::number::tokens;
use spyglass_dashboards::report;
use spyglass_dashboards::run::Run;

use super::tally::{Page, Place};
use super::truth::{Learned, Truth};

/// Writes the report, reads the stories and judges them; nothing where no pack was run.
pub(crate) fn stories(page: &mut Page, run: &Run, truth: &Truth) {
    let Some(learned) = truth.vibes.values().next() else { return };
    let folder = tempfile::tempdir().expect("a folder for the report");
    let index = report::write(run, &folder.path().join("report")).expect("a report of a made-up run");
    let html = fs_err::read_to_string(index).expect("the page that was just written");
    let checkpoints: Vec<u64> = run.tree.branches[0].checkpoints.iter().map(|at| at.tokens).collect();
    let told = between(&html, "<ul class=\"told\">", "</ul>").concat();
    for story in between(&told, "</b></a>: ", "</li>") {
        for (name, is_true) in of_pack(story, *learned, &checkpoints) {
            page.say(Place::Said, name, is_true, story);
        }
    }
    for line in between(&told, "</b> on ", "</li>") {
        let is_clear = line.contains("more than luck explains");
        page.say(Place::Said, "pack on a branch", !is_clear || matches!(learned, Learned::Since(_)), line);
    }
    for story in between(&html, "<td class=\"story\"><small>", "</small>") {
        let (name, is_true) = of_prompt(story, *learned, &checkpoints);
        page.say(Place::Said, name, is_true, story);
    }
}

/// All texts between two marks.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(inside, _)| inside).collect()
}

/// The last checkpoint whose tokens are written after these words.
fn said_at(story: &str, words: &str, checkpoints: &[u64]) -> Option<u64> {
    let rest = story.split_once(words)?.1;
    checkpoints.iter().copied().find(|&at| {
        let said = tokens(at as f64);
        rest.strip_prefix(&said).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

fn of_prompt(story: &str, learned: Learned, checkpoints: &[u64]) -> (&'static str, bool) {
    if story.starts_with("passes since") {
        let since = said_at(story, "passes since ", checkpoints);
        // Luck at the checkpoint before it was learned is part of what was seen.
        let next = |at: u64| checkpoints.iter().copied().find(|&later| later > at).unwrap_or(at);
        ("passes since", matches!(learned, Learned::Since(truth) if since.is_some_and(|since| next(since) >= truth)))
    } else if story.starts_with("never passed") {
        ("never passed", learned == Learned::Never)
    } else if story.starts_with("comes and goes") {
        ("prompt comes and goes", true) // a count of changes; a coin does come and go
    } else if story.starts_with("passed up to") {
        ("passed and passes no more", false)
    } else if story.starts_with("passed at") {
        ("passed at times", true) // a count of verdicts, whatever is behind them
    } else {
        ("unjudged story of a prompt", false)
    }
}

/// A pack's story makes several claims.
fn of_pack(story: &str, learned: Learned, checkpoints: &[u64]) -> Vec<(&'static str, bool)> {
    let mut claims = Vec::new();
    let came = |words: &str| {
        let by = story.split_once(words)?.1.split_once(" and ")?.1;
        said_at(&format!("|{by}"), "|", checkpoints)
    };
    let is_since = |by: Option<u64>| matches!(learned, Learned::Since(truth) if by.is_some_and(|by| by == truth));
    if story.contains("comes between ") {
        claims.push(("pack comes", is_since(came("comes between "))));
    }
    if story.contains("is there from the first checkpoint on") {
        claims.push(("pack is there from the first", false));
    }
    if story.contains("for prompts like these it emerged") {
        let by = if story.contains("it emerged between ") {
            came("it emerged between ")
        } else {
            said_at(story, "it emerged by ", checkpoints)
        };
        let is_true = matches!(learned, Learned::Since(truth) if by.is_some_and(|by| by >= truth));
        claims.push(("pack emerged", is_true));
    }
    if story.contains("at least half of it passed at") {
        claims.push(("pack passed at times", true)); // a count
    } else if claims.is_empty() {
        claims.push(("pack has not come", learned == Learned::Never));
    }
    claims
}
