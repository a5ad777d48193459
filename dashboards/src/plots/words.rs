//! Words in a plot: written in a role, and cut to their room.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::svg::{Canvas, Role};

/// What a plot is drawn on.
pub(super) type Area<'a> = DrawingArea<Canvas<'a>, Shift>;
/// Why drawing cannot go wrong.
pub(super) const SURE: &str = "a string takes every write";
const LABEL_CHARS: usize = 16;

/// Writes a word at a place.
pub(super) fn write(area: &Area<'_>, text: &str, at: (i32, i32), role: Role, index: usize, anchor: HPos) {
    let colour = role.colour(index);
    let style = TextStyle::from(("sans-serif", 100).into_font()).color(&colour).pos(Pos::new(anchor, VPos::Top));
    area.draw(&Text::new(text.to_owned(), at, style)).expect(SURE);
}

/// Whether a name has room between two ends.
pub(super) fn holds(x0: i32, x1: i32, name: &str) -> bool {
    x1 - x0 > 52 * name.len() as i32 + 40
}

/// A name that fits the right margin.
pub(super) fn shortened(name: &str) -> String {
    if name.chars().count() <= LABEL_CHARS {
        return name.to_owned();
    }
    name.chars().take(LABEL_CHARS - 1).chain(['…']).collect()
}
