//! Tests of the page of long texts.

use std::sync::Arc;

use spyglass_tasks::{ChoiceRecord, ItemRecord, LongPlace};

use crate::report::made_up::{forked, scored};
use crate::run::{Run, Unit};

/// A needle so deep in a text, found or not.
fn item(doc_id: usize, (length, depth): (usize, f64), found: bool) -> ItemRecord {
    let choice = |logprob| ChoiceRecord { logprob, tokens: 1, chars: 1, bytes: 1, ..ChoiceRecord::default() };
    ItemRecord {
        doc_id,
        choices: vec![choice(if found { -1.0 } else { -3.0 }), choice(-2.0)],
        long: Some(LongPlace { family: "needle".into(), length, depth: Some(depth) }),
        ..ItemRecord::default()
    }
}

/// Five depths of a needle; those before `found` are found.
fn unit(branch: &str, step: u64, length: usize, found: usize) -> Unit {
    let items = (0..5).map(|depth| item(depth, (length, depth as f64 / 4.0), depth < found));
    Unit { items: Arc::new(items.collect()), ..scored(branch, step, &format!("needle_{length}"), found as f64 / 5.0) }
}

fn run() -> Run {
    let mut run = forked();
    run.units = [(1, 1024, 5), (1, 2048, 1), (3, 1024, 5), (3, 2048, 5), (3, 4096, 0)]
        .map(|(step, length, found)| unit("trunk", step, length, found))
        .into();
    let trunk = &mut run.tree.branches[0];
    let stretched = trunk.checkpoints[3].clone().stretched("2");
    trunk.checkpoints.push(stretched.clone());
    for (length, found) in [(1024, 4), (2048, 5), (4096, 5)] {
        let mut unit = unit("trunk", 3, length, found);
        unit.record.checkpoint = stretched.clone();
        run.units.push(unit);
    }
    let mut shuffled = unit("trunk", 3, 1024, 0);
    shuffled.record.inputs.perturb = Some("shuffle".into());
    run.units.push(shuffled);
    run
}

#[test]
fn depth_length_and_effective_length_of_every_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    crate::report::write(&run(), &report).unwrap();
    let read = |name: &str| fs_err::read_to_string(report.join(name)).unwrap();
    let table = read("plots/long-needle-acc.map-1.csv");
    let rest = |start: &str| {
        let line = table.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {table}"));
        line.splitn(10, ',').last().unwrap().to_owned()
    };
    assert_eq!(rest("trunk,1,1000000,1,1024,0,1,"), "1,1024,false,false");
    assert_eq!(rest("trunk,1,1000000,1,2048,,0.2,"), "5,1024,false,false");
    // Asked shuffled as well, which is another family: the plain text of 1,024 tokens is still found.
    assert_eq!(rest("trunk,3,3000000,1,4096,100,0,"), "1,2048,false,false");
    // Four of five are less than the share that counts, at the shortest length.
    assert_eq!(rest("trunk,3,3000000,2,1024,,0.8,0.37"), "5,,false,false");
    assert_eq!(table.lines().count(), 1 + 8 * 6);
    let page = read("long.html");
    for words in [
        ">needle · acc<",
        ">needle · shuffle · acc<",
        "<td class=\"n\">2,048</td>",
        "trunk, positions ÷ 2",
        "below 1,024",
        "not sure: 5 of 5 at 1,024",
        "not sure: 4 of 5 at 1,024",
        "37.6 to 96.4",
        "25 % deep",
        ">4,096</text>",
        "trunk at 1 M",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("long-needle-acc.effective") && report.join("plots/long-needle-acc.effective.svg").exists());
    assert!(read("index.html").contains("long.html"));
    // The curve of a task is of plain positions alone.
    let curve = read("plots/needle_1024.csv");
    assert!(curve.lines().skip(1).all(|line| line.contains(",1,")) && curve.lines().count() == 3, "{curve}");
}

#[test]
fn nothing_longer_was_asked_and_near_depths_stay_apart() {
    let mut run = forked();
    let unit = |length: usize| {
        let items = (0..200).map(|at| item(at, (length, [0.005, 0.01][at % 2]), true)).collect();
        Unit { items: Arc::new(items), ..scored("trunk", 3, &format!("needle_{length}"), 1.0) }
    };
    run.units = [1024, 2048].map(unit).into();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    crate::report::write(&run, &report).unwrap();
    let read = |name: &str| fs_err::read_to_string(report.join(name)).unwrap();
    let (page, table) = (read("long.html"), read("plots/long-needle-acc.map-1.csv"));
    for words in ["<td class=\"n\">2,048 or more</td>", ">0.5 % deep<", ">1 % deep<"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("not sure:"));
    assert!(table.lines().any(|line| line.starts_with("trunk,3,3000000,1,2048,0.5,1,0.9")), "{table}");
    assert!(table.lines().skip(1).all(|line| line.ends_with(",2048,true,true")), "{table}");
}

#[test]
fn a_run_without_long_texts_has_no_such_page() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    crate::report::write(&forked(), &report).unwrap();
    assert!(!report.join("long.html").exists());
    assert!(!fs_err::read_to_string(report.join("index.html")).unwrap().contains("long.html"));
}
