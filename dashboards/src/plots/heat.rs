//! A heat map: a row for each part of a task, a column for each checkpoint, branch beside branch; under it the tokens at which each
//! branch begins and ends, or those of every column, and what the shades stand for.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::frame::Frame;
use super::svg::{Canvas, Role, Svg};
use crate::number::{significant, tokens, whole};

const LEFT: i32 = 2400; // tenths of a pixel, as everything here
const WIDTH: i32 = 10_800;
const TOP: i32 = 200;
const ROW: i32 = 180;
const GAP: i32 = 60;
/// From one line of words to the next.
const LINE: i32 = 130;
/// Shades beside the empty one.
const LEVELS: usize = 10;
/// Shades that the legend shows, from the palest to the darkest.
const LEGEND: usize = 5;
const LEGEND_LEFT: i32 = LEFT - 1100; // room for `100 %` on either side
const LEGEND_CELL: i32 = 110;
const NAME_CHARS: usize = 34;
/// A generous guess at the width of a character, so that no words reach the next.
const CHAR: usize = 58;
const SURE: &str = "a string takes every write";

/// The columns of one branch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeatBranch {
    /// Name as the run file gives it.
    pub(crate) name: String,
    /// Which colour its name has.
    pub(crate) colour: usize,
    /// Tokens at each of its columns, ascending.
    pub(crate) tokens: Vec<f64>,
}

/// Which columns are marked with their tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// A branch's first and last, to three figures.
    Ends,
    /// Each, to the token.
    Each,
}

impl Marks {
    /// Room on the right; words in the middle under the last column are wider than it.
    fn margin(self) -> i32 {
        match self {
            Self::Ends => 40,
            Self::Each => 240,
        }
    }
}

/// All that a heat map shows.
#[derive(Debug, Clone)]
pub(crate) struct HeatMap<'a> {
    /// Accessible title.
    pub(crate) title: &'a str,
    /// Accessible description.
    pub(crate) description: &'a str,
    /// The columns.
    pub(crate) branches: &'a [HeatBranch],
    /// Names of the rows with a value in [0, 1] for each column, `None` where nothing was measured.
    pub(crate) rows: &'a [(String, Vec<Option<f64>>)],
    /// What the palest shade stands for (chance); the darkest stands for 1.
    pub(crate) pale: f64,
    /// What stands under the columns.
    pub(crate) marks: Marks,
}

impl HeatMap<'_> {
    /// Draws the map.
    pub(crate) fn svg(&self) -> String {
        let foot = TOP + ROW * self.rows.len() as i32 + 40;
        let edges = self.edges();
        let each = if self.marks == Marks::Each { self.each(&edges) } else { Vec::new() };
        let height = foot + ROW + LINE * each.iter().map(|(_, line)| *line).max().unwrap_or(0);
        let mut svg = Svg::new(WIDTH as u32, height as u32, "");
        {
            let area = Canvas(&mut svg).into_drawing_area();
            let mut cells: Vec<(usize, [(i32, i32); 2])> = Vec::new();
            for (row, (_, values)) in self.rows.iter().enumerate() {
                let y = TOP + ROW * row as i32;
                let measured =
                    values.iter().zip(&edges).filter_map(|(value, edge)| Some((self.level((*value)?), edge)));
                cells.extend(measured.map(|(level, (x0, x1))| (level, [(*x0, y), (*x1, y + ROW - 16)])));
            }
            cells.extend((0..LEGEND).map(|shade| {
                let x = LEGEND_LEFT + shade as i32 * LEGEND_CELL;
                (shade * LEVELS / (LEGEND - 1), [(x, foot), (x + LEGEND_CELL, foot + ROW - 40)])
            }));
            cells.sort_by_key(|(level, _)| *level); // one path a shade
            for (level, [(x0, y0), (x1, y1)]) in cells {
                let corners = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
                area.draw(&Polygon::new(corners, Role::Cell.colour(level))).expect(SURE);
            }
            let write = |text: String, at: (i32, i32), role: Role, index: usize, anchor: HPos| {
                let colour = role.colour(index);
                let style = TextStyle::from(("sans-serif", 100).into_font()).color(&colour);
                area.draw(&Text::new(text, at, style.pos(Pos::new(anchor, VPos::Top)))).expect(SURE);
            };
            for (row, (name, _)) in self.rows.iter().enumerate() {
                let y = TOP + ROW * row as i32 + 120;
                write(shortened(name, NAME_CHARS), (LEFT - 60, y), Role::Text, 0, HPos::Right);
            }
            let under = foot + 110;
            let pale = format!("{} %", significant(self.pale * 100.0));
            write(pale, (LEGEND_LEFT - 40, under), Role::Text, 0, HPos::Right);
            let right = LEGEND_LEFT + LEGEND as i32 * LEGEND_CELL + 40;
            write("100 %".to_owned(), (right, under), Role::Text, 0, HPos::Left);
            let mut first = 0;
            for branch in self.branches {
                let next = first + branch.tokens.len();
                if let Some(((x0, _), (_, x1))) = edges.get(first).zip(edges.get(next.saturating_sub(1))) {
                    let room = (x1 - x0) as usize / CHAR;
                    write(shortened(&branch.name, room), (*x0, TOP - 60), Role::Name, branch.colour, HPos::Left);
                    let places = [(*x0, HPos::Left), (*x1, HPos::Right)];
                    let ends = if self.marks == Marks::Ends { ends(branch, room) } else { Vec::new() };
                    for (text, (x, anchor)) in ends.into_iter().zip(places) {
                        write(text, (x, under), Role::Text, 0, anchor);
                    }
                }
                first = next;
            }
            for ((text, line), (x0, x1)) in each.into_iter().zip(&edges) {
                let at = (i32::midpoint(*x0, *x1), under + LINE * line);
                write(text, at, Role::Text, 0, HPos::Center);
            }
        }
        svg.frame(&Frame {
            size: (WIDTH, height),
            title: self.title.to_owned(),
            horizontal: None,
            vertical: None,
            legend: Vec::new(),
            caption: self.description.to_owned(),
        });
        svg.finish(self.title, self.description)
    }

    /// Left and right edge of each column: equally wide, with a gap between branches.
    fn edges(&self) -> Vec<(i32, i32)> {
        let columns: usize = self.branches.iter().map(|branch| branch.tokens.len()).sum();
        let room = WIDTH - LEFT - self.marks.margin() - GAP * self.branches.len().saturating_sub(1) as i32;
        let width = f64::from(room) / columns.max(1) as f64;
        let mut edges = Vec::with_capacity(columns);
        let mut x = f64::from(LEFT);
        for branch in self.branches {
            for _ in &branch.tokens {
                edges.push((x.round() as i32, (x + width).round() as i32));
                x += width;
            }
            x += f64::from(GAP);
        }
        edges
    }

    /// Tokens of every column, and the line that each stands in: where they are wider than columns, neighbours take turns.
    fn each(&self, edges: &[(i32, i32)]) -> Vec<(String, i32)> {
        let tokens = self.branches.iter().flat_map(|branch| &branch.tokens);
        let said: Vec<String> = tokens.map(|tokens| whole(*tokens as usize)).collect();
        let widest = said.iter().map(|text| (text.len() + 1) * CHAR).max().unwrap_or(0);
        let narrowest = edges.iter().map(|(x0, x1)| (x1 - x0).max(1) as usize).min().unwrap_or(1);
        let lines = widest.div_ceil(narrowest).max(1);
        said.into_iter().enumerate().map(|(column, text)| (text, (column % lines) as i32)).collect()
    }

    fn level(&self, value: f64) -> usize {
        let share = (value - self.pale) / (1.0 - self.pale).max(1e-9);
        (share.clamp(0.0, 1.0) * LEVELS as f64).round() as usize
    }
}

/// Tokens at a branch's first and last column (of a lone column once), or nothing where `room` characters are too few.
fn ends(branch: &HeatBranch, room: usize) -> Vec<String> {
    let ends = match branch.tokens[..] {
        [first, .., last] => vec![first, last],
        ref lone => lone.to_vec(),
    };
    let said: Vec<String> = ends.into_iter().map(tokens).collect();
    if said.iter().map(|text| text.chars().count() + 1).sum::<usize>() <= room { said } else { Vec::new() }
}

fn shortened(name: &str, room: usize) -> String {
    if name.chars().count() <= room {
        return name.to_owned();
    }
    name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_one_shade_share_a_path_and_gaps_stay_empty() {
        let branches = [HeatBranch { name: "trunk".into(), colour: 0, tokens: vec![0.0, 1e6, 2e6] }];
        let rows = [
            ("law".to_owned(), vec![Some(0.25), None, Some(1.0)]),
            ("art".to_owned(), vec![Some(0.2), None, Some(0.99)]),
        ];
        let map =
            HeatMap { title: "t", description: "d", branches: &branches, rows: &rows, pale: 0.25, marks: Marks::Ends };
        let svg = map.svg();
        assert_eq!(svg.matches("class=\"h0\"").count(), 1);
        assert_eq!(svg.matches("class=\"h10\"").count(), 1);
        assert_eq!(svg.matches('z').count(), 4 + LEGEND, "four cells, and none where nothing was measured: {svg}");
        for seen in [">trunk<", ">0<", ">2 M<", ">25 %<", ">100 %<"] {
            assert!(svg.contains(seen), "{seen}: {svg}");
        }
    }

    #[test]
    fn every_column_is_marked_and_no_mark_touches_the_next() {
        let tokens = vec![1024.0, 2048.0, 4096.0, 8192.0, 16_384.0, 32_768.0];
        let branch = HeatBranch { name: "trunk".into(), colour: 0, tokens };
        for (beside, lines) in [(1, 1), (3, 1), (6, 2), (20, 7)] {
            let branches = vec![branch.clone(); beside];
            let map = HeatMap {
                title: "t",
                description: "d",
                branches: &branches,
                rows: &[],
                pale: 0.25,
                marks: Marks::Each,
            };
            let edges = map.edges();
            let each = map.each(&edges);
            assert_eq!(each.len(), 6 * beside);
            let mut ends = vec![LEFT - 200; lines]; // the legend ends before
            for ((text, line), (x0, x1)) in each.iter().zip(&edges) {
                let (middle, half) = (i32::midpoint(*x0, *x1), (text.len() * CHAR / 2) as i32);
                assert!(middle - half > ends[*line as usize] && middle + half <= WIDTH, "{text} of {beside}");
                ends[*line as usize] = middle + half;
            }
            let svg = map.svg();
            assert_eq!(svg.matches(">4,096<").count(), beside);
            assert!(!svg.contains(">1.02 k<"), "{svg}");
        }
    }

    #[test]
    fn words_keep_to_their_columns() {
        assert_eq!([20, 11, 1].map(|room| shortened("anneal-roleplay", room)), ["anneal-roleplay", "anneal-rol…", "…"]);
        let branch = |tokens: &[f64]| HeatBranch { name: String::new(), colour: 0, tokens: tokens.to_vec() };
        assert_eq!(ends(&branch(&[9.2e6, 9.6e6, 1.0e7]), 11), ["9.2 M", "10 M"]);
        assert!(ends(&branch(&[9.2e6, 9.6e6, 1.0e7]), 10).is_empty());
        assert_eq!(ends(&branch(&[9.2e6]), 6), ["9.2 M"], "a lone column has one end");
    }
}
