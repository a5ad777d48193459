//! Plots: plain series in, SVG text out. Every colour is a class, so the page decides about light and dark; the file of a figure says
//! its colours itself.

mod axis;
mod curve;
mod frame;
mod geometry;
mod heat;
mod labels;
#[cfg(test)]
mod palette;
mod plain;
mod seeds;
mod series;
mod strip;
mod svg;
mod words;

pub(crate) use axis::TokenAxis;
pub(crate) use curve::CurvePlot;
pub(crate) use geometry::Geometry;
pub(crate) use heat::{HeatBranch, HeatMap, Marks};
pub(crate) use plain::plain;
pub(crate) use seeds::{Seeds, seeds};
pub(crate) use series::{Band, BranchPhase, Hop, Onset, Point, Rate, Series, thinned};
pub(crate) use svg::STYLE;
