//! The items that two units share, side by side.

use std::borrow::Cow;

use super::items::{ItemScores, distinct, shared_ids};
use crate::analysis::confidence::Z95;
use crate::analysis::contrast::{Contrast, clustered_contrast, contrast};
use crate::analysis::intervals::half_width;

/// A contrast over the items that all points share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Paired {
    pub(crate) contrast: Contrast,
    /// Half width of its 95 % interval: 1.96 standard errors, the items' part of them wider where few clusters tell it.
    pub(crate) half: f64,
    /// Items that all points share.
    pub(crate) items: usize,
    /// Some point has items that another lacks.
    pub(crate) partial: bool,
}

/// `Σ_k weights_k · mean of points_k` over shared items; `None` below two of them (or two clusters).
pub(crate) fn paired(points: &[&ItemScores], weights: &[f64], wobble: f64) -> Option<Paired> {
    let ids = shared_ids(points);
    let rows: Vec<Cow<'_, [f64]>> = points.iter().map(|point| point.at(&ids)).collect();
    let rows: Vec<&[f64]> = rows.iter().map(AsRef::as_ref).collect();
    let clusters = points.first()?.clusters_at(&ids);
    let contrast = match &clusters {
        Some(clusters) => clustered_contrast(weights, &rows, wobble, clusters),
        None => contrast(weights, &rows, wobble),
    }?;
    let steps = wobble * wobble * weights.iter().map(|weight| weight * weight).sum::<f64>();
    let of_items = (contrast.se * contrast.se - steps).max(0.0);
    let wide = half_width(clusters.as_deref().map(distinct));
    let half = (wide * wide * of_items + Z95 * Z95 * steps).sqrt();
    Some(Paired { contrast, half, items: ids.len(), partial: points.iter().any(|point| point.ids.len() != ids.len()) })
}
