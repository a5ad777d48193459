//! The strip under a plot: the learning rates of all branches, and the phases of trunk and branches by name.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::curve::CurvePlot;
use super::geometry::Geometry;
use super::series::thinned;
use super::svg::Role;
use super::words::{Area, SURE, holds, write};

impl CurvePlot<'_> {
    /// Draws the strip.
    pub(super) fn strip(&self, area: &Area<'_>) {
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
