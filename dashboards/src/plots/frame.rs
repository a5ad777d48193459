//! What stands round a figure that stands alone, in a paper or on a slide: its title, the names of its axes, the legend, the caption.
//! On a page it is there but not shown, since the page says the same; the file of the figure and what the page saves show it.

use std::fmt::Write;

use super::svg::escape;

/// All in tenths of a pixel, as the figure itself.
const TITLE: i32 = 170;
const LINE: i32 = 140;
const LEFT: i32 = 200;
const SWATCH: i32 = 240;
/// Widths of a character: generous, so that no words leave the figure.
const CHAR: i32 = 56;
const TITLE_CHAR: i32 = 76;

/// What stands round a figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// Width and height of the figure.
    pub(super) size: (i32, i32),
    /// Its title.
    pub(super) title: String,
    /// Name of the horizontal axis, and its middle.
    pub(super) horizontal: Option<(String, i32)>,
    /// Name of the vertical axis with its unit, and its middle.
    pub(super) vertical: Option<(String, i32)>,
    /// Names of the series, and their colours.
    pub(super) legend: Vec<(String, usize)>,
    /// What its marks mean.
    pub(super) caption: String,
}

impl Frame {
    /// The frame as a group, and the box that holds figure and frame: `left top width height`.
    pub(super) fn svg(&self) -> (String, String) {
        let (width, height) = self.size;
        let mut group = String::from("<g class=\"frame\">");
        let mut text = |class: &str, x: i32, y: i32, words: &str| {
            let _ = write!(group, "<text class=\"t {class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(words));
        };
        let titles = lines(&self.title, (width + LEFT) / TITLE_CHAR);
        let top = -60 - TITLE * titles.len() as i32;
        for (line, words) in titles.iter().enumerate() {
            text("ft", -LEFT + 60, top + TITLE * (line as i32 + 1) - 30, words);
        }
        let mut y = height;
        if let Some((name, middle)) = &self.horizontal {
            y += LINE;
            text("fx mid", *middle, y, name);
        }
        let mut x = 0;
        if !self.legend.is_empty() {
            y += LINE + 40;
        }
        let mut legend = String::new();
        for (name, colour) in &self.legend {
            let room = SWATCH + 60 + CHAR * name.chars().count() as i32 + 120;
            if x > 0 && x + room > width {
                (x, y) = (0, y + LINE);
            }
            let _ = write!(
                legend,
                "<path class=\"key s{colour}\" d=\"M{x} {}h{SWATCH}\"/><text class=\"t lg\" x=\"{}\" y=\"{y}\">{}</text>",
                y - 35,
                x + SWATCH + 60,
                escape(name)
            );
            x += room;
        }
        y += 40;
        for words in lines(&self.caption, width / CHAR) {
            y += LINE;
            text("cap", 0, y, &words);
        }
        group += &legend;
        if let Some((name, middle)) = &self.vertical {
            let x = -middle;
            let _ = write!(
                group,
                "<text class=\"t fy mid\" transform=\"rotate(-90)\" x=\"{x}\" y=\"-60\">{}</text>",
                escape(name)
            );
        }
        group += "</g>";
        (group, format!("{} {top} {} {}", -LEFT, width + LEFT, y + 80 - top))
    }
}

/// Words in lines of at most so many characters, as far as no word is longer.
fn lines(words: &str, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most as usize => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_all_that_is_said() {
        let many: Vec<(String, usize)> = (0..9).map(|k| (format!("branch-with-a-name-{k}"), k)).collect();
        let frame = Frame {
            size: (3720, 2400),
            title: "a < b".into(),
            horizontal: Some(("tokens seen".into(), 1500)),
            vertical: Some(("acc, %".into(), 900)),
            legend: many,
            caption: "Bars and bands: 95 % intervals of item sampling. ".repeat(3),
        };
        let (group, sheet) = frame.svg();
        let sheet: Vec<i32> = sheet.split(' ').map(|number| number.parse().unwrap()).collect();
        for said in ["a &lt; b", ">tokens seen<", ">acc, %<", ">branch-with-a-name-8<", "class=\"key s8\""] {
            assert!(group.contains(said), "{said}: {group}");
        }
        for place in group.split(" x=\"").skip(1).filter(|place| !place.contains("y=\"-60\"")) {
            let numbers: Vec<i32> = place.split('"').filter_map(|part| part.parse().ok()).collect();
            let words = place.split(['>', '<']).nth(1).unwrap_or_default().chars().count() as i32;
            let right = numbers[0] + if place.contains("mid") { words * 28 } else { words * 56 };
            assert!(right <= sheet[0] + sheet[2], "{place} leaves the sheet {sheet:?}");
            assert!((sheet[1]..sheet[1] + sheet[3]).contains(&numbers[1]), "{place}");
        }
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(lines("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(lines("longer than", 3), ["longer", "than"]);
        assert!(lines("", 9).is_empty());
    }
}
