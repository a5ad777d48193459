//! What the scripts need of a page's plots, to redraw them on another axis and to read numbers off: each plot, and what all share.

use serde::{Serialize, Serializer};

use super::axes::BranchPlaces;
use super::curves::{Shared, TaskCurves};
use super::figure::{hops, onsets};
use crate::plots::{Band, BranchPhase, Hop, Onset, Point, Rate, Seeds, Series, TokenAxis, seeds, thinned};
use crate::series::TaskFindings;

/// One plot.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlotData {
    /// The figure's id.
    id: String,
    /// Ends of the vertical axis.
    range: (f64, f64),
    /// Values are shares, shown in per cent.
    percent: bool,
    /// Its points are entries of the training log, not checkpoints.
    logged: bool,
    chance: Option<f64>,
    onsets: Vec<Onset>,
    hops: Vec<Hop>,
    series: Vec<SeriesData>,
    /// Groups of them that differ in their seed alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seeds: Vec<Seeds>,
}

/// One branch's curve.
#[derive(Debug, Clone, Serialize)]
struct SeriesData {
    name: String,
    colour: usize,
    fork: Option<PointData>,
    /// `None` where nothing was measured: the line has a gap there.
    points: Vec<Option<PointData>>,
    /// Points that say nothing of their place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hollow: Vec<PointData>,
}

/// Tokens, value, and the ends of its interval where there is one, as a list: a page has thousands of them. On a page the tokens are
/// their place in its list of tokens ([`places_of`]), since all plots have points at the same ones.
#[derive(Debug, Clone)]
struct PointData(Point);

impl Serialize for PointData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let short = |value: f64| (value * 1e4).round() / 1e4;
        let Point { tokens, value, interval } = self.0;
        match interval {
            Some((low, high)) => (tokens as u64, short(value), short(low), short(high)).serialize(serializer),
            None => (tokens as u64, short(value)).serialize(serializer),
        }
    }
}

impl PlotData {
    /// A task's curve; `found` is what the analysis says of it.
    pub(crate) fn of(task: &TaskCurves<'_>, id: &str, found: Option<&TaskFindings>) -> Self {
        Self {
            id: id.to_owned(),
            range: task.range,
            percent: task.fractions,
            logged: false,
            chance: task.chance,
            onsets: onsets(task, found),
            hops: hops(task, found),
            series: task.series.iter().map(SeriesData::of).collect(),
            seeds: seeds(&task.series),
        }
    }

    /// Columns of the training log, a series a branch.
    pub(crate) fn of_log(id: &str, range: (f64, f64), series: &[Series]) -> Self {
        Self {
            id: id.to_owned(),
            range,
            percent: false,
            logged: true,
            chance: None,
            onsets: Vec::new(),
            hops: Vec::new(),
            series: series.iter().map(SeriesData::of).collect(),
            seeds: Vec::new(),
        }
    }
}

impl PlotData {
    fn points(&mut self) -> impl Iterator<Item = &mut PointData> {
        self.series.iter_mut().flat_map(SeriesData::all)
    }
}

impl SeriesData {
    fn all(&mut self) -> impl Iterator<Item = &mut PointData> {
        self.points.iter_mut().flatten().chain(&mut self.fork).chain(&mut self.hollow)
    }

    fn of(series: &Series) -> Self {
        let point = |point: &Point| PointData(point.clone());
        Self {
            name: series.name.clone(),
            colour: series.colour,
            fork: series.fork.as_ref().map(point),
            points: series.points.iter().map(|measured| measured.as_ref().map(point)).collect(),
            hollow: series.hollow.iter().map(point).collect(),
        }
    }
}

/// All plots of a page.
#[derive(Serialize)]
struct PageData<'a> {
    axis: TokenAxis,
    bands: &'a [Band],
    phases: &'a [BranchPhase],
    rates: Vec<Rate>,
    places: &'a [BranchPlaces],
    /// All counts of tokens at which a plot has a point.
    tokens: Vec<u64>,
    plots: &'a [PlotData],
}

/// The page's data as JSON that may stand inside a `<script>` element.
pub(crate) fn inline(shared: &Shared, plots: &[PlotData]) -> String {
    let thin = |rate: &Rate| Rate { points: thinned(&rate.points, &shared.axis), ..rate.clone() };
    let mut plots = plots.to_vec();
    let tokens = places_of(&mut plots);
    let page = PageData {
        axis: shared.axis,
        bands: &shared.bands,
        phases: &shared.phases,
        rates: shared.rates.iter().map(thin).collect(),
        places: &shared.places,
        tokens,
        plots: &plots,
    };
    escaped(&serde_json::to_string(&page).expect("numbers and strings are JSON"))
}

/// The counts of tokens of all points, ascending; the points have their places in it instead.
fn places_of(plots: &mut [PlotData]) -> Vec<u64> {
    let mut tokens: Vec<u64> = plots.iter_mut().flat_map(PlotData::points).map(|point| point.0.tokens as u64).collect();
    tokens.sort_unstable();
    tokens.dedup();
    for point in plots.iter_mut().flat_map(PlotData::points) {
        point.0.tokens = tokens.partition_point(|known| *known < point.0.tokens as u64) as f64;
    }
    tokens
}

/// JSON that may stand inside a `<script>` element.
pub(crate) fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Axis;

    #[test]
    fn a_script_reads_names_and_cannot_be_left() {
        let point = |interval| Some(Point { tokens: 2e6, value: 0.123_456_78, interval });
        let points = vec![point(Some((0.1, 0.2))), None, point(None)];
        let series = Series { name: "</script>".into(), colour: 1, fork: None, points, hollow: Vec::new() };
        let axis = TokenAxis::over([0.0, 4e6]);
        let shared = Shared {
            axis,
            bands: Vec::new(),
            phases: Vec::new(),
            rates: Vec::new(),
            places: Vec::new(),
            counts: Axis::default(),
        };
        let text = inline(&shared, &[PlotData::of_log("loss", (0.0, 1.0), &[series])]);
        assert!(!text.contains('<'), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let plot = &read["plots"][0];
        assert_eq!(plot["series"][0]["name"], "</script>");
        let points = serde_json::json!([[0, 0.1235, 0.1, 0.2], null, [0, 0.1235]]);
        assert_eq!(read["tokens"], serde_json::json!([2_000_000]));
        assert_eq!(plot["series"][0]["points"], points);
        assert_eq!((&plot["logged"], &plot["chance"]), (&true.into(), &serde_json::Value::Null));
    }
}
