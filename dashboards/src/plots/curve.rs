//! One curve per branch against tokens seen, over the phases, with the learning rate under it on the same axis.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{TokenAxis, ticks};
use super::frame::Frame;
use super::geometry::Geometry;
use super::labels::push_apart;
use super::seeds::{Seeds, is_member};
use super::series::{Band, BranchPhase, Hop, Onset, Rate, Series};
use super::svg::{Canvas, Role, Svg};
use super::words::{Area, SURE, shortened, write};
use crate::analysis::INTERVAL;
use crate::number::{significant, tokens};

const LABEL_GAP: f64 = 112.0;
const MOST_LABELS: usize = 14;
/// From this many points on, bars and dots of a series would touch: an area and the bare line take their place.
const CROWDED: usize = 60;
/// Half the width of a ring.
const RING: i32 = 30;

/// All that one small multiple shows.
#[derive(Debug, Clone)]
pub(crate) struct CurvePlot<'a> {
    /// Accessible title.
    pub(crate) title: &'a str,
    /// Accessible description.
    pub(crate) description: &'a str,
    /// What the horizontal axis counts, and the vertical one with its unit.
    pub(crate) names: (&'a str, &'a str),
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
    /// Groups of them that differ in their seed alone.
    pub(crate) seeds: &'a [Seeds],
    /// Phases.
    pub(crate) bands: &'a [Band],
    /// Phases of branches, named in the strip.
    pub(crate) phases: &'a [BranchPhase],
    /// Learning rates; no strip when empty.
    pub(crate) rates: &'a [Rate],
}

pub(super) type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;

impl<'a> CurvePlot<'a> {
    /// Curves over what they stand on, small, with no words and no marks yet.
    pub(crate) fn of(series: &'a [Series], bands: &'a [Band], axis: TokenAxis, range: (f64, f64)) -> Self {
        Self {
            title: "",
            description: "",
            names: ("", ""),
            geometry: Geometry::SMALL,
            axis,
            range,
            dots: true,
            fractions: false,
            chance: None,
            onsets: &[],
            hops: &[],
            series,
            seeds: &[],
            bands,
            phases: &[],
            rates: &[],
        }
    }

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
            self.groups(&area);
            self.brackets(&area);
            self.hops(&area);
            self.names(&area);
            if !self.rates.is_empty() {
                self.strip(&area);
            }
        }
        svg.frame(&self.frame(height));
        svg.finish(self.title, self.description)
    }

    /// What stands round the plot where it stands alone.
    fn frame(&self, height: i32) -> Frame {
        let Geometry { left, right, top, bottom, width, .. } = self.geometry;
        let legend = self.series.iter().map(|series| (series.name.clone(), series.colour));
        Frame {
            size: (width, height),
            title: self.title.to_owned(),
            horizontal: Some((self.names.0.to_owned(), i32::midpoint(left, right))),
            vertical: Some((self.names.1.to_owned(), i32::midpoint(top, bottom))),
            legend: legend.chain(self.seeds.iter().map(|seeds| (seeds.name.clone(), seeds.colour))).collect(),
            caption: self.caption(),
        }
    }

    /// What the marks mean that are there.
    fn caption(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter().flatten());
        let crowded = |series: &Series| series.points.len() > CROWDED;
        let marks = if self.series.iter().all(crowded) { "Bands" } else { "Bars and bands" };
        let said = [
            (points().any(|point| point.interval.is_some()), format!("{marks}: {INTERVAL}s of item sampling.")),
            (!self.seeds.is_empty(), "Where branches are seeds: thick, their median; band, their range.".to_owned()),
            (!self.onsets.is_empty(), format!("Bracket on the axis: {INTERVAL} of the onset.")),
            (!self.hops.is_empty(), "▽ gone again, △ back.".to_owned()),
            (
                self.series.iter().any(|series| !series.hollow.is_empty()),
                "Rings: weights of another step, left out.".to_owned(),
            ),
            (!self.bands.is_empty(), "Grounds: learning-rate phases of the trunk.".to_owned()),
        ];
        let said: Vec<String> = said.into_iter().filter_map(|(is_there, words)| is_there.then_some(words)).collect();
        said.join(" ")
    }

    /// The score of guessing, where the axis reaches it.
    fn shown_chance(&self) -> Option<f64> {
        self.chance.filter(|chance| (self.range.0..=self.range.1).contains(chance))
    }

    /// The plane of the curves.
    fn main(&self, range: (f64, f64)) -> Plane {
        self.plane(range, self.geometry.top, self.geometry.bottom)
    }

    pub(super) fn plane(&self, range: (f64, f64), top: i32, bottom: i32) -> Plane {
        Cartesian2d::new(
            self.axis.from..self.axis.to,
            range.0..range.1,
            (self.geometry.left..self.geometry.right, bottom..top),
        )
    }

    pub(super) fn bands(&self, area: &Area<'_>, top: i32, bottom: i32) {
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
        for (_, series) in self.series.iter().enumerate().filter(|(index, _)| !is_member(self.seeds, *index)) {
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

    /// Branches that are seeds of one thing: each faint, their range as a band, their median as the line.
    fn groups(&self, area: &Area<'_>) {
        let plane = area.clone().apply_coord_spec(self.main(self.range));
        let clamp = |value: f64| value.clamp(self.range.0, self.range.1);
        for group in self.seeds {
            for stretch in group.members.iter().flat_map(|member| self.series[*member].stretches()) {
                let line: Vec<_> = stretch.iter().map(|p| (p.tokens, clamp(p.value))).collect();
                plane.draw(&PathElement::new(line, Role::Faint.colour(group.colour))).expect(SURE);
            }
            let upper = group.points.iter().map(|p| (p.tokens, clamp(p.high)));
            let lower = group.points.iter().rev().map(|p| (p.tokens, clamp(p.low)));
            plane
                .draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), Role::Range.colour(group.colour)))
                .expect(SURE);
            let line: Vec<_> = group.points.iter().map(|p| (p.tokens, clamp(p.median))).collect();
            plane.draw(&PathElement::new(line, Role::Median.colour(group.colour))).expect(SURE);
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
        let alone = self.series.iter().enumerate().filter(|(index, _)| !is_member(self.seeds, *index));
        let ends = alone.filter_map(|(_, s)| Some((&s.name, s.points.iter().flatten().next_back()?, s.colour)));
        let ends = ends.map(|(name, p, colour)| (height(p.tokens, p.value), name, colour));
        let groups = self.seeds.iter().filter_map(|group| Some((group, group.points.last()?)));
        let ends = ends.chain(groups.map(|(group, p)| (height(p.tokens, p.median), &group.name, group.colour)));
        let branches = ends.map(|(y, name, colour)| (y, shortened(name), Role::Name, colour));
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
}

/// Corners of an octagon round a point, as draw.js draws it: `RING` from its middle to the middle of each side.
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
