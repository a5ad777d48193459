//! Where the parts of a plot of curves lie.

/// Where the parts of a plot lie, in tenths of a pixel; the page's script reads them off the SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(super) width: i32,
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    pub(super) strip: (i32, i32),
}

impl Geometry {
    /// One of many on a page: so narrow that its words have 11 pixels and more where three stand side by side.
    pub(crate) const SMALL: Self =
        Self { width: 3720, left: 360, right: 2820, top: 60, bottom: 1700, strip: (1960, 2380) };
    /// The only one on its page.
    pub(crate) const LARGE: Self =
        Self { width: 10_800, left: 420, right: 9800, top: 80, bottom: 3300, strip: (3580, 4200) };
    /// One of several on top of each other, without a strip of its own.
    pub(crate) const PANEL: Self =
        Self { width: 10_800, left: 420, right: 9800, top: 60, bottom: 1200, strip: (1400, 1400) };

    /// As the SVG carries it.
    pub(super) fn text(self) -> String {
        let Self { left, right, top, bottom, strip, .. } = self;
        format!("{left} {right} {top} {bottom} {} {}", strip.0, strip.1)
    }
}
