//! A plotters backend that writes compact SVG whose colours are classes.
//!
//! plotters' own SVG backend writes fixed colours and one element a mark. Here a plotters colour is a sentinel, a [`Role`]
//! and an index, that becomes a class; neighbours of one class share one `<path>`. Ten units make a pixel, since plotters' coordinates are whole.

use std::convert::Infallible;
use std::fmt::Write;

use super::frame::Frame;
use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

/// The style sheet of a plot: classes to colours, light and dark.
pub(crate) const STYLE: &str = include_str!("plot.css");

/// What a mark means; its class follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Role {
    /// Background of a learning-rate phase; the index alternates.
    Band,
    /// A horizontal rule at a tick.
    Grid,
    /// The score of guessing.
    Chance,
    /// Intervals as thin bars.
    Bar,
    /// Intervals as one area, where bars would touch.
    Area,
    /// The line through the points of a series.
    Line,
    /// The points themselves.
    Dot,
    /// Points that say nothing of their place.
    Hollow,
    /// Learning rate of a series.
    Rate,
    /// Numbers and words beside the axes.
    Text,
    /// A tick label of the horizontal axis.
    TickX,
    /// A tick label of the vertical axis.
    TickY,
    /// The name of a phase.
    PhaseName,
    /// The word that names the chance line.
    ChanceName,
    /// The name of a series, in its colour.
    Name,
    /// Where an onset lies.
    Bracket,
    /// Where an ability went again, or came back.
    Hop,
    /// The name of a branch's phase, in its colour.
    BranchPhase,
    /// A cell of a heat map; the index says how dark.
    Cell,
    /// The line of one seed among others.
    Faint,
    /// The range of several seeds.
    Range,
    /// The median of several seeds.
    Median,
}

impl Role {
    /// Each with the number that its sentinel carries.
    const ALL: [Self; 22] = [
        Self::Band,
        Self::Grid,
        Self::Chance,
        Self::Bar,
        Self::Area,
        Self::Line,
        Self::Dot,
        Self::Hollow,
        Self::Rate,
        Self::Text,
        Self::TickX,
        Self::TickY,
        Self::PhaseName,
        Self::ChanceName,
        Self::Name,
        Self::Bracket,
        Self::Hop,
        Self::BranchPhase,
        Self::Cell,
        Self::Faint,
        Self::Range,
        Self::Median,
    ];

    /// The sentinel colour that plotters carries to the backend.
    pub(crate) fn colour(self, index: usize) -> RGBColor {
        RGBColor(self as u8, (index % 256) as u8, 0)
    }

    fn class(self, index: u8) -> String {
        match self {
            Self::Band => format!("band b{index}"),
            Self::Grid => "grid".to_owned(),
            Self::Chance => "chance".to_owned(),
            Self::Bar => format!("bar s{index}"),
            Self::Area => format!("area s{index}"),
            Self::Line => format!("line s{index}"),
            Self::Dot => format!("dot s{index}"),
            Self::Hollow => format!("hollow s{index}"),
            Self::Rate => format!("rate s{index}"),
            Self::Text => "t".to_owned(),
            Self::TickX => "t tx".to_owned(),
            Self::TickY => "t ty".to_owned(),
            Self::PhaseName => "t ph".to_owned(),
            Self::ChanceName => "t ch".to_owned(),
            Self::Name => format!("t name s{index}"),
            Self::Bracket => format!("bracket s{index}"),
            Self::Hop => format!("hop s{index}"),
            Self::BranchPhase => format!("t bp s{index}"),
            Self::Cell => format!("h{index}"),
            Self::Faint => format!("faint s{index}"),
            Self::Range => format!("range s{index}"),
            Self::Median => format!("median s{index}"),
        }
    }
}

fn class(colour: BackendColor) -> String {
    let (role, index, _) = colour.rgb;
    let role = Role::ALL.into_iter().find(|known| *known as u8 == role).expect("every colour is a role's");
    role.class(index)
}

/// An SVG under construction.
#[derive(Debug)]
pub(crate) struct Svg {
    size: (u32, u32), // in tenths of a pixel
    geometry: String,
    body: String,
    sheet: String,
    open: Option<String>, // class of the path that is still open
}

impl Svg {
    /// `geometry` goes into `data-box`, for scripts that redraw.
    pub(crate) fn new(width: u32, height: u32, geometry: &str) -> Self {
        Self {
            size: (width, height),
            geometry: geometry.to_owned(),
            body: String::new(),
            sheet: String::new(),
            open: None,
        }
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.body.push_str("\"/>");
        }
    }

    /// Goes on with the open path of that class, or begins one.
    fn path(&mut self, class: String) -> &mut String {
        if self.open.as_deref() != Some(&class) {
            self.close();
            self.push(format_args!("<path class=\"{class}\" d=\""));
            self.open = Some(class);
        }
        &mut self.body
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.body.write_fmt(text).expect("a string takes every write");
    }

    /// What stands round the figure where it stands alone.
    pub(super) fn frame(&mut self, frame: &Frame) {
        self.close();
        let (group, sheet) = frame.svg();
        self.body.push_str(&group);
        self.sheet = sheet;
    }

    /// The element, with a title and a description for those who do not see it.
    pub(crate) fn finish(mut self, title: &str, description: &str) -> String {
        self.close();
        let (width, height) = self.size;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" data-box=\"{}\" data-sheet=\"{}\" role=\"img\"><title>{}</title><desc>{}</desc>{}</svg>",
            escape(&self.geometry),
            self.sheet,
            escape(title),
            escape(description),
            self.body
        )
    }
}

/// Text made safe inside XML elements and attributes; control characters, which XML forbids, are dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

/// The door through which plotters draws into an [`Svg`].
pub(crate) struct Canvas<'a>(pub(crate) &'a mut Svg);

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Whether the middle one of three points lies on the level line between the others, which is drawn without it.
fn is_between((before, here, after): (BackendCoord, BackendCoord, BackendCoord)) -> bool {
    before.1 == here.1 && here.1 == after.1 && (before.0 < here.0) == (here.0 < after.0)
}

fn moves(points: impl IntoIterator<Item = BackendCoord>, out: &mut String) {
    let all: Vec<BackendCoord> = points.into_iter().collect();
    let needed = |index: &usize| {
        let inner = *index > 0 && *index + 1 < all.len();
        !(inner && is_between((all[index - 1], all[*index], all[index + 1])))
    };
    let mut last: Option<BackendCoord> = None;
    for (x, y) in (0..all.len()).filter(needed).map(|index| all[index]) {
        match last {
            None => write!(out, "M{x} {y}l").expect("a string takes every write"),
            Some((x0, y0)) => {
                let (dx, dy) = (x - x0, y - y0);
                let apart = if dx < 0 || out.ends_with('l') { "" } else { " " };
                let comma = if dy < 0 { "" } else { " " };
                write!(out, "{apart}{dx}{comma}{dy}").expect("a string takes every write");
            }
        }
        last = Some((x, y));
    }
    if out.ends_with('l') {
        out.pop(); // a lone point: a bare move draws nothing
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.0.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        write!(self.0.path(class(colour)), "M{x} {y}h0").expect("a string takes every write");
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        moves([from, to], self.0.path(class(style.color())));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        moves(path, self.0.path(class(style.color())));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, _: u32, style: &S, _: bool) -> Drawn {
        self.draw_pixel(centre, style.color()) // a round cap on a line of no length; the class says how wide
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        style: &S,
        _: bool,
    ) -> Drawn {
        self.0.close();
        let (class, width, height) = (class(style.color()), x1 - x0, y1 - y0);
        self.0.push(format_args!(
            "<rect class=\"{class}\" x=\"{x0}\" y=\"{y0}\" width=\"{width}\" height=\"{height}\"/>"
        ));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        let path = self.0.path(class(style.color()));
        moves(points, path);
        path.push('z');
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        self.0.close();
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Right => " end",
            HPos::Center => " mid",
        };
        let class = class(style.color());
        self.0.push(format_args!("<text class=\"{class}{anchor}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_run_is_one_stroke_and_keeps_its_ends() {
        let drawn = |points: &[BackendCoord]| {
            let mut out = String::new();
            moves(points.iter().copied(), &mut out);
            out
        };
        assert_eq!(drawn(&[(0, 5), (10, 5), (20, 5), (30, 8), (40, 8)]), "M0 5l20 0 10 3 10 0");
        assert_eq!(drawn(&[(0, 5), (30, 5), (10, 5)]), "M0 5l30 0-20 0", "it turns back");
        assert_eq!((drawn(&[(3, 4), (3, 4)]), drawn(&[(3, 4)])), ("M3 4l0 0".into(), "M3 4".into()));
    }
}
