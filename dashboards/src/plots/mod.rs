//! Plots: plain series in, SVG text out. Every colour is a class, so the page decides about light and dark.

mod axis;
mod curve;
mod heat;
mod labels;
mod number;
mod svg;

pub use curve::{Band, BranchPhase, CurvePlot, Geometry, Hop, Onset, Point, Rate, Series};
pub use heat::{HeatBranch, HeatMap};
pub use number::{percent, points, tokens};
pub use svg::STYLE;

pub use axis::TokenAxis;
pub(crate) use curve::thinned;
pub(crate) use number::significant;
