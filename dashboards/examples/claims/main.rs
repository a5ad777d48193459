//! What the front page says of made-up runs whose truth is known, how often it says it, and how often it is true: printed, not
//! asserted (`tests/simulated.rs` asserts a small part of it).
//!
//! `cargo run --release -p spyglass-dashboards --example claims -- [--pages 25] [--only WORDS] [--markdown]`
//!
//! Answers are drawn as in `simulation/draw.rs`; truth is the accuracy that items like these would give, without the wobble of
//! single checkpoints. What counts as untrue is written in `simulation/judge.rs`, `cells.rs` and `vibes.rs`.
#![expect(clippy::print_stdout, reason = "the tables are the program's result")]

mod simulation;

use miette::{Result, miette};
use simulation::{ALL, Kind, Place, Scenario, Tally, simulate};

struct Options {
    pages: u64,
    only: String,
    markdown: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self { pages: 25, only: String::new(), markdown: false };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| miette!("`{argument}` needs a value"));
            match argument.as_str() {
                "--pages" => options.pages = value()?.parse().map_err(|_| miette!("`--pages` is a count"))?,
                "--only" => options.only = value()?,
                "--markdown" => options.markdown = true,
                other => return Err(miette!("`{other}` is none of --pages N, --only WORDS, --markdown")),
            }
        }
        Ok(options)
    }
}

/// Of fewer intervals a share says little.
const MANY: usize = 50;

/// A scenario of one size, simulated.
struct Cell {
    scenario: &'static Scenario,
    size: (usize, usize),
    tally: Tally,
}

fn main() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut cells = Vec::new();
    for scenario in ALL.iter().filter(|scenario| scenario.name.contains(&options.only)) {
        for &size in scenario.sizes {
            cells.push(Cell { scenario, size, tally: simulate(scenario, size, options.pages) });
        }
    }
    let print = |rows: Vec<Vec<String>>| print_table(&rows, options.markdown);
    println!("Pages with anything untrue (at most 5 % where nothing was learned, at most 10 % elsewhere)\n");
    print(pages(&cells));
    for (kind, words) in [(Kind::Null, "where nothing was learned"), (Kind::Known, "where it is known what happened")] {
        println!("\nWhat is said {words}\n");
        print(claims(&cells, kind));
    }
    println!("\nIntervals of 95 % that hold the truth\n");
    print(covered(&cells));
    println!("\nTrue and to be said\n");
    print(wanted(&cells));
    Ok(())
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn size((checkpoints, items): (usize, usize)) -> String {
    format!("{checkpoints}, {items}")
}

fn pages(cells: &[Cell]) -> Vec<Vec<String>> {
    let mut rows =
        vec![row(["run", "checkpoints, items", "goal", "untrue", "untrue cells", "what is untrue (share of pages)"])];
    for Cell { scenario, size: of, tally } in cells {
        let untrue = tally.claims.iter().filter(|(_, count)| count.untrue_pages > 0);
        let share = |pages: usize| format!("{:.2}", pages as f64 / tally.pages as f64);
        let what: Vec<String> =
            untrue.map(|((_, name), count)| format!("{name} {}", share(count.untrue_pages))).collect();
        let goal = if scenario.kind == Kind::Null { ".05" } else { ".10" };
        rows.push(row([
            scenario.name,
            &size(*of),
            goal,
            &format!("{:.2}", tally.untrue_share()),
            &share(tally.untrue_cells),
            &what.join(", "),
        ]));
    }
    rows
}

fn claims(cells: &[Cell], kind: Kind) -> Vec<Vec<String>> {
    let all = cells.iter().filter(|cell| cell.scenario.kind == kind).map(|cell| cell.tally.clone());
    let all = all.fold(Tally::default(), Tally::merge);
    let mut rows = vec![row(["claim", "said", "on a page", "true", "an untrue one"])];
    for ((place, name), count) in &all.claims {
        let name = if *place == Place::Cell { format!("cell “{name}”") } else { name.clone() };
        let sample = all.samples.get(name.trim_start_matches("cell “").trim_end_matches('”'));
        rows.push(row([
            &name,
            &count.made.to_string(),
            &format!("{:.2}", count.made as f64 / all.pages as f64),
            &format!("{:.3}", count.share()),
            sample.map_or("", String::as_str),
        ]));
    }
    rows
}

/// Each number over all runs, and in the run where its interval holds the truth least often.
fn covered(cells: &[Cell]) -> Vec<Vec<String>> {
    let mut rows = vec![row(["interval", "intervals", "covered", "least", "in the run (checkpoints, items)"])];
    let all = cells.iter().map(|cell| cell.tally.clone()).fold(Tally::default(), Tally::merge);
    for (name, count) in &all.covered {
        let of = |cell: &&Cell| cell.tally.covered.get(name).map_or((0, 1.0), |count| (count.made, count.share()));
        let many = cells.iter().filter(|cell| of(cell).0 >= MANY);
        let (least, place) = match many.min_by(|a, b| of(a).1.total_cmp(&of(b).1)) {
            Some(cell) => (format!("{:.3}", of(&cell).1), format!("{} ({})", cell.scenario.name, size(cell.size))),
            None => (String::new(), String::new()),
        };
        rows.push(row([name, &count.made.to_string(), &format!("{:.3}", count.share()), &least, &place]));
    }
    rows
}

fn wanted(cells: &[Cell]) -> Vec<Vec<String>> {
    let mut rows = vec![row(["run", "checkpoints, items", "claim", "to be said on a page", "said and true"])];
    for Cell { scenario, size: of, tally } in cells {
        for (name, times) in scenario.wanted {
            let said = format!("{:.2}", tally.per_page(name));
            rows.push(row([scenario.name, &size(*of), name, &times.to_string(), &said]));
        }
    }
    rows
}

/// A table in columns, or in Markdown.
fn print_table(rows: &[Vec<String>], markdown: bool) {
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for (number, row) in rows.iter().enumerate() {
        if markdown {
            println!("| {} |", row.join(" | "));
            if number == 0 {
                println!("|{}", "---|".repeat(row.len()));
            }
        } else {
            let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("{}", padded.join("  ").trim_end());
        }
    }
}
