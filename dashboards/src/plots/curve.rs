//! One curve per branch against tokens seen, over the phases, with the learning rate under it on the same axis.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Serialize;

use super::axis::{TokenAxis, ticks};
use super::labels::push_apart;
use super::svg::{Canvas, Role, Svg};
use crate::number::{significant, tokens};

/// Where the parts of a plot lie, in tenths of a pixel; the page's script reads them off the SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    width: i32,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    strip: (i32, i32),
}

impl Geometry {
    /// One of many on a page.
    pub(crate) const SMALL: Self =
        Self { width: 4400, left: 360, right: 3500, top: 60, bottom: 1700, strip: (1960, 2380) };
    /// The only one on its page.
    pub(crate) const LARGE: Self =
        Self { width: 10_800, left: 420, right: 9800, top: 80, bottom: 3300, strip: (3580, 4200) };
    /// One of several on top of each other, without a strip of its own.
    pub(crate) const PANEL: Self =
        Self { width: 10_800, left: 420, right: 9800, top: 60, bottom: 1200, strip: (1400, 1400) };

    fn text(self) -> String {
        let Self { left, right, top, bottom, strip, .. } = self;
        format!("{left} {right} {top} {bottom} {} {}", strip.0, strip.1)
    }
}

const LABEL_GAP: f64 = 112.0;
const LABEL_CHARS: usize = 16;
const MOST_LABELS: usize = 14;
/// From this many points on, bars and dots of a series would touch: an area and the bare line take their place.
const CROWDED: usize = 60;
/// Half the width of a ring.
const RING: i32 = 30;

/// One measured point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// Tokens seen.
    pub(crate) tokens: f64,
    /// The estimate, in the plot's units.
    pub(crate) value: f64,
    /// Lower and upper end of its 95 % interval, where there is one.
    pub(crate) interval: Option<(f64, f64)>,
}

/// The curve of one branch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// Name as the run file gives it.
    pub(crate) name: String,
    /// Which colour; 0 is the trunk's.
    pub(crate) colour: usize,
    /// Where it leaves its parent, if that was measured: a line, but no point of its own.
    pub(crate) fork: Option<Point>,
    /// A place per checkpoint, `None` where nothing was measured: the line has a gap there.
    pub(crate) points: Vec<Option<Point>>,
    /// Points that were measured, but say nothing of their place: rings beside the line.
    pub(crate) hollow: Vec<Point>,
}

/// A learning-rate phase of the trunk, in tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Band {
    /// Left end.
    pub(crate) from: f64,
    /// Right end.
    pub(crate) to: f64,
    /// The phase's name.
    pub(crate) name: String,
}

/// The learning rate of one branch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rate {
    /// Whose it is.
    pub(crate) branch: String,
    /// Which colour.
    pub(crate) colour: usize,
    /// Tokens seen and learning rate, ascending.
    pub(crate) points: Vec<(f64, f64)>,
}

/// The interval of an onset, in tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Onset {
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Its lower end; open where nothing tells it.
    pub(crate) after: Option<f64>,
    /// Its upper end.
    pub(crate) by: f64,
}

/// An ability that went again after it came, or that is back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Hop {
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Tokens of the point that shows it.
    pub(crate) tokens: f64,
    /// The value of that point.
    pub(crate) value: f64,
    /// It came back; otherwise it went.
    pub(crate) back: bool,
}

/// A phase of a branch after it left its parent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BranchPhase {
    /// Whose it is.
    pub(crate) branch: String,
    /// Which colour: that of its branch.
    pub(crate) colour: usize,
    /// Left end, in tokens.
    pub(crate) from: f64,
    /// Right end.
    pub(crate) to: f64,
    /// The phase's name.
    pub(crate) name: String,
}

/// All that one small multiple shows.
#[derive(Debug, Clone)]
pub(crate) struct CurvePlot<'a> {
    /// Accessible title.
    pub(crate) title: &'a str,
    /// Accessible description.
    pub(crate) description: &'a str,
    /// Its size.
    pub(crate) geometry: Geometry,
    /// Horizontal axis.
    pub(crate) axis: TokenAxis,
    /// Ends of the vertical axis.
    pub(crate) range: (f64, f64),
    /// Each point was measured by itself and gets a dot; otherwise only the line is drawn.
    pub(crate) dots: bool,
    /// The values are fractions and shown in per cent.
    pub(crate) fractions: bool,
    /// The score of guessing.
    pub(crate) chance: Option<f64>,
    /// Where it emerged.
    pub(crate) onsets: &'a [Onset],
    /// Where it went again, and came back.
    pub(crate) hops: &'a [Hop],
    /// The curves.
    pub(crate) series: &'a [Series],
    /// Phases.
    pub(crate) bands: &'a [Band],
    /// Phases of branches, named in the strip.
    pub(crate) phases: &'a [BranchPhase],
    /// Learning rates; no strip when empty.
    pub(crate) rates: &'a [Rate],
}

type Area<'a> = DrawingArea<Canvas<'a>, Shift>;
type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;
const SURE: &str = "a string takes every write";

impl CurvePlot<'_> {
    /// Draws the plot.
    pub(crate) fn svg(&self) -> String {
        let Geometry { width, top, bottom, strip, .. } = self.geometry;
        let height = if self.rates.is_empty() { bottom + 190 } else { strip.1 + 20 };
        let mut svg = Svg::new(width as u32, height as u32, &self.geometry.text());
        {
            let area = Canvas(&mut svg).into_drawing_area();
            self.bands(&area, top, bottom);
            self.vertical(&area);
            self.horizontal(&area);
            self.curves(&area);
            self.brackets(&area);
            self.hops(&area);
            self.names(&area);
            if !self.rates.is_empty() {
                self.strip(&area);
            }
        }
        svg.finish(self.title, self.description)
    }

    /// The score of guessing, where the axis reaches it.
    fn shown_chance(&self) -> Option<f64> {
        self.chance.filter(|chance| (self.range.0..=self.range.1).contains(chance))
    }

    /// The plane of the curves.
    fn main(&self, range: (f64, f64)) -> Plane {
        self.plane(range, self.geometry.top, self.geometry.bottom)
    }

    fn plane(&self, range: (f64, f64), top: i32, bottom: i32) -> Plane {
        Cartesian2d::new(
            self.axis.from..self.axis.to,
            range.0..range.1,
            (self.geometry.left..self.geometry.right, bottom..top),
        )
    }

    fn bands(&self, area: &Area<'_>, top: i32, bottom: i32) {
        let plane = area.clone().apply_coord_spec(self.plane((0.0, 1.0), top, bottom));
        for (index, band) in self.bands.iter().enumerate() {
            let corners = [(band.from, 1.0), (band.to, 0.0)];
            plane.draw(&Rectangle::new(corners, Role::Band.colour(index % 2).filled())).expect(SURE);
        }
    }

    fn vertical(&self, area: &Area<'_>) {
        let plane = self.main(self.range);
        let Geometry { left, right, .. } = self.geometry;
        for value in ticks(self.range.0, self.range.1, 4) {
            let y = plane.translate(&(self.axis.from, value)).1;
            area.draw(&PathElement::new(vec![(left, y), (right, y)], Role::Grid.colour(0))).expect(SURE);
            let shown = if self.fractions { value * 100.0 } else { value };
            write(area, &significant(shown), (left - 50, y + 35), Role::TickY, 0, HPos::Right);
        }
        if let Some(chance) = self.shown_chance() {
            let y = plane.translate(&(self.axis.from, chance)).1;
            area.draw(&PathElement::new(vec![(left, y), (right, y)], Role::Chance.colour(0))).expect(SURE);
        }
    }

    fn horizontal(&self, area: &Area<'_>) {
        let plane = self.main(self.range);
        for value in ticks(self.axis.from, self.axis.to, 5) {
            let x = plane.translate(&(value, self.range.0)).0;
            write(area, &tokens(value), (x, self.geometry.bottom + 150), Role::TickX, 0, HPos::Center);
        }
    }

    fn curves(&self, area: &Area<'_>) {
        let plane = area.clone().apply_coord_spec(self.main(self.range));
        let clamp = |value: f64| value.clamp(self.range.0, self.range.1);
        for series in self.series {
            let colour = series.colour;
            let crowded = series.points.len() > CROWDED;
            for stretch in series.stretches() {
                if crowded {
                    let ends = |pick: fn(&(f64, f64)) -> f64| {
                        stretch.iter().filter_map(move |p| p.interval.as_ref().map(|i| (p.tokens, clamp(pick(i)))))
                    };
                    let outline: Vec<_> =
                        ends(|i| i.1).chain(ends(|i| i.0).collect::<Vec<_>>().into_iter().rev()).collect();
                    if outline.len() > 3 {
                        plane.draw(&Polygon::new(outline, Role::Area.colour(colour))).expect(SURE);
                    }
                } else {
                    for point in &stretch {
                        if let Some((low, high)) = point.interval.filter(|_| Some(*point) != series.fork.as_ref()) {
                            let bar = vec![(point.tokens, clamp(low)), (point.tokens, clamp(high))];
                            plane.draw(&PathElement::new(bar, Role::Bar.colour(colour))).expect(SURE);
                        }
                    }
                }
            }
            for stretch in series.stretches() {
                let line: Vec<_> = stretch.iter().map(|p| (p.tokens, clamp(p.value))).collect();
                plane.draw(&PathElement::new(line, Role::Line.colour(colour))).expect(SURE);
            }
            let alone = series.points.iter().flatten().count() == 1;
            for point in series.points.iter().flatten().filter(|_| alone || self.dots && !crowded) {
                let dot = Circle::new((point.tokens, clamp(point.value)), 1, Role::Dot.colour(colour).filled());
                plane.draw(&dot).expect(SURE);
            }
            for point in &series.hollow {
                let (x, y) = self.main(self.range).translate(&(point.tokens, clamp(point.value)));
                area.draw(&PathElement::new(ring(x, y), Role::Hollow.colour(colour))).expect(SURE);
            }
        }
    }

    /// Marks on the axis where the onsets lie.
    fn brackets(&self, area: &Area<'_>) {
        let plane = self.main(self.range);
        let x = |tokens: f64| plane.translate(&(tokens.clamp(self.axis.from, self.axis.to), self.range.0)).0;
        for onset in self.onsets {
            let (from, to, y) = (x(onset.after.unwrap_or(self.axis.from)), x(onset.by), self.geometry.bottom - 20);
            let corners = vec![(from, y - 60), (from, y), (to, y), (to, y - 60)];
            area.draw(&PathElement::new(corners, Role::Bracket.colour(onset.colour))).expect(SURE);
        }
    }

    /// A triangle that points down under a point where the ability is gone, one that points up over a point where it is back.
    fn hops(&self, area: &Area<'_>) {
        let plane = self.main(self.range);
        let Geometry { top, bottom, .. } = self.geometry;
        for hop in self.hops {
            let (x, y) = plane.translate(&(hop.tokens, hop.value.clamp(self.range.0, self.range.1)));
            let (base, tip) = if hop.back {
                let base = (y - 50).max(top + 80);
                (base, base - 80)
            } else {
                let base = (y + 50).min(bottom - 80);
                (base, base + 80)
            };
            let corners = vec![(x - 48, base), (x + 48, base), (x, tip), (x - 48, base)];
            area.draw(&PathElement::new(corners, Role::Hop.colour(hop.colour))).expect(SURE);
        }
    }

    /// Names the branches and the chance line at the right edge, pushed apart.
    fn names(&self, area: &Area<'_>) {
        let plane = self.main(self.range);
        let Geometry { top, bottom, right, .. } = self.geometry;
        let height = |tokens: f64, value: f64| {
            f64::from(plane.translate(&(tokens, value.clamp(self.range.0, self.range.1))).1) + 35.0
        };
        let ends = self.series.iter().filter_map(|series| Some((series, series.points.iter().flatten().next_back()?)));
        let branches = ends.map(|(s, p)| (height(p.tokens, p.value), shortened(&s.name), Role::Name, s.colour));
        let mut labels: Vec<(f64, String, Role, usize)> = branches.take(MOST_LABELS).collect();
        // Margins are not fractions: there, neither side is favoured.
        let guess = if self.fractions { "chance" } else { "even" };
        let chance = self.shown_chance().map(|chance| height(self.axis.to, chance));
        labels.extend(chance.map(|y| (y, guess.to_owned(), Role::ChanceName, 0)));
        let wished: Vec<f64> = labels.iter().map(|label| label.0).collect();
        let placed = push_apart(&wished, LABEL_GAP, f64::from(top) + 40.0, f64::from(bottom));
        for ((_, text, role, colour), y) in labels.iter().zip(placed) {
            write(area, text, (right + 50, y.round() as i32), *role, *colour, HPos::Left);
        }
    }

    fn strip(&self, area: &Area<'_>) {
        let Geometry { left, right, strip: (top, bottom), .. } = self.geometry;
        self.bands(area, top, bottom);
        let peak = self.rates.iter().flat_map(|r| &r.points).map(|p| p.1).fold(0.0, f64::max);
        let range = (0.0, if peak > 0.0 { peak * 1.08 } else { 1.0 });
        let plane = self.plane(range, top, bottom);
        for band in self.bands {
            let (x0, x1) = (plane.translate(&(band.from, 0.0)).0, plane.translate(&(band.to, 0.0)).0);
            if holds(x0, x1, &band.name) {
                write(area, &band.name, (i32::midpoint(x0, x1), bottom - 40), Role::PhaseName, 0, HPos::Center);
            }
        }
        // From the top down, a line a branch, as far as there is room over the trunk's names.
        let mut lines: Vec<usize> = Vec::new();
        for phase in self.phases {
            let line = lines.iter().position(|&colour| colour == phase.colour).unwrap_or_else(|| {
                lines.push(phase.colour);
                lines.len() - 1
            });
            let y = top + 90 + 100 * line as i32;
            let (x0, x1) = (plane.translate(&(phase.from, 0.0)).0, plane.translate(&(phase.to, 0.0)).0);
            if holds(x0, x1, &phase.name) && y < bottom - 100 {
                let at = (i32::midpoint(x0, x1), y);
                write(area, &phase.name, at, Role::BranchPhase, phase.colour, HPos::Center);
            }
        }
        let drawn = area.clone().apply_coord_spec(plane.clone());
        for rate in self.rates {
            drawn
                .draw(&PathElement::new(thinned(&rate.points, &self.axis), Role::Rate.colour(rate.colour)))
                .expect(SURE);
        }
        let peak_label = format!("{peak:.1e}").replace(".0e", "e");
        write(area, &peak_label, (left - 50, top + 90), Role::Text, 0, HPos::Right);
        write(area, "0", (left - 50, bottom), Role::Text, 0, HPos::Right);
        write(area, "learning rate", (right + 50, top + 90), Role::Text, 0, HPos::Left);
    }
}

impl Series {
    /// The points between two gaps, the fork first.
    fn stretches(&self) -> Vec<Vec<&Point>> {
        let mut stretches = vec![self.fork.iter().collect::<Vec<_>>()];
        for point in &self.points {
            match (point, stretches.last_mut()) {
                (Some(point), Some(stretch)) => stretch.push(point),
                _ => stretches.push(Vec::new()),
            }
        }
        stretches.retain(|stretch| !stretch.is_empty());
        stretches
    }
}

/// Corners of an octagon round a point, as curves.js draws it: `RING` from its middle to the middle of each side.
fn ring(x: i32, y: i32) -> Vec<(i32, i32)> {
    let half = (f64::from(RING) * (std::f64::consts::PI / 8.0).tan()).round() as i32;
    let corners = [
        (half, RING),
        (RING, half),
        (RING, -half),
        (half, -RING),
        (-half, -RING),
        (-RING, -half),
        (-RING, half),
        (-half, RING),
    ];
    corners.iter().chain(&corners[..1]).map(|(dx, dy)| (x + dx, y + dy)).collect()
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), role: Role, index: usize, anchor: HPos) {
    let colour = role.colour(index);
    let style = TextStyle::from(("sans-serif", 100).into_font()).color(&colour).pos(Pos::new(anchor, VPos::Top));
    area.draw(&Text::new(text.to_owned(), at, style)).expect(SURE);
}

/// Whether a name has room between two ends.
fn holds(x0: i32, x1: i32, name: &str) -> bool {
    x1 - x0 > 52 * name.len() as i32 + 40
}

/// A name that fits the right margin.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LABEL_CHARS {
        return name.to_owned();
    }
    name.chars().take(LABEL_CHARS - 1).chain(['…']).collect()
}

/// A log has more entries than the strip has pixels: keeps those at least 3 px apart, the turning points and the last.
pub(crate) fn thinned(points: &[(f64, f64)], axis: &TokenAxis) -> Vec<(f64, f64)> {
    let apart = (axis.to - axis.from) / 110.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (k, point) in points.iter().enumerate() {
        let turn = k > 0
            && points
                .get(k + 1)
                .is_some_and(|next| (next.1 - point.1).signum() * (point.1 - points[k - 1].1).signum() < 0.0);
        if turn || k + 1 == points.len() || kept.last().is_none_or(|last| point.0 - last.0 >= apart) {
            kept.push(*point);
        }
    }
    kept
}
