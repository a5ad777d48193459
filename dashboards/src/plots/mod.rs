//! Plots: plain series in, SVG text out. Every colour is a class, so the page decides about light and dark.

mod axis;
mod curve;
mod heat;
mod labels;
mod svg;

pub(crate) use curve::{Band, BranchPhase, CurvePlot, Geometry, Hop, Onset, Point, Rate, Series};
pub(crate) use heat::{HeatBranch, HeatMap};
pub(crate) use svg::STYLE;

pub(crate) use axis::TokenAxis;
pub(crate) use curve::thinned;
