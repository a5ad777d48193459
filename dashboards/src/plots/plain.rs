//! A figure as a file: what the style sheet says of its classes, written into each element as plain attributes, on white ground.
//!
//! Most programs that draw SVG (resvg, and Typst with it; `CairoSVG`; Inkscape; `ImageMagick`) know neither CSS variables nor `color-mix`,
//! and draw such colours black. The style sheet stays the one home of every colour and width; save.js asks the browser for the same.

use std::collections::HashMap;

use super::svg::STYLE;

/// What is carried over; a figure for print moves and hides nothing.
const CARRIED: [&str; 8] = [
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-linecap",
    "opacity",
    "text-anchor",
];
/// Millimetres of a tenth of a pixel (96 pixels are an inch).
const MM: f64 = 2.54 / 96.0;
const FONT: &str = "font-family=\"Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif\"";

type Declarations = Vec<(String, String)>;

/// The rules for elements inside an SVG, in the order of the sheet, each with the classes that an element must have.
struct Sheet {
    variables: HashMap<String, String>,
    rules: Vec<(Vec<String>, Declarations)>,
}

impl Sheet {
    /// Reads the light colours, and each rule whose selector is one of classes alone.
    fn read(css: &str) -> Self {
        let mut sheet = Self { variables: HashMap::new(), rules: Vec::new() };
        let mut rest = css;
        while let Some(open) = rest.find('{') {
            let head = rest[..open].trim();
            let close = end_of_block(rest, open);
            let body = &rest[open + 1..close];
            rest = rest.get(close + 1..).unwrap_or_default();
            if head == ":root" {
                sheet.variables.extend(declarations(body));
            } else if !head.starts_with('@') {
                let selectors = split(head, ',');
                let all = selectors.iter().flat_map(|selector| classes(selector));
                sheet.rules.extend(all.map(|classes| (classes, declarations(body))));
            }
        }
        sheet.variables.insert("--bg".into(), "#ffffff".into());
        sheet
    }

    /// Attributes of an element with these classes.
    fn attributes(&self, classes: &str) -> String {
        let own: Vec<&str> = classes.split(' ').collect();
        let mut variables = self.variables.clone();
        let mut found: Declarations = Vec::new();
        for (wanted, said) in &self.rules {
            if !wanted.iter().all(|class| own.contains(&class.as_str())) {
                continue;
            }
            for (key, value) in said {
                if key.starts_with("--") {
                    variables.insert(key.clone(), resolved(value, &variables));
                } else if key == "font" {
                    let size = value.split("px").next().unwrap_or_default();
                    set(&mut found, "font-size", size);
                } else if key == "font-size" || key == "font-weight" || CARRIED.contains(&key.as_str()) {
                    set(&mut found, key, value.trim_end_matches("px"));
                }
            }
        }
        let font = if own.contains(&"t") { FONT } else { "" };
        let attributes = found.iter().map(|(key, value)| format!("{key}=\"{}\"", resolved(value, &variables)));
        attributes.chain((!font.is_empty()).then(|| font.to_owned())).collect::<Vec<_>>().join(" ")
    }
}

fn set(declarations: &mut Declarations, key: &str, value: &str) {
    declarations.retain(|(known, _)| known != key);
    declarations.push((key.to_owned(), value.to_owned()));
}

/// Where the block ends that opens at `open`.
fn end_of_block(css: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in css[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    css.len()
}

fn declarations(body: &str) -> Declarations {
    let pairs = split(body, ';').into_iter().filter_map(|pair| pair.split_once(':'));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}

/// Parts between separators that stand in no bracket.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The sets of classes that a selector asks for: `svg :is(.line,.rate).s2` those of two kinds of element. None where it asks for more.
fn classes(selector: &str) -> Vec<Vec<String>> {
    let selector = selector.trim().trim_start_matches("svg ").trim();
    let (kinds, rest) = match selector.strip_prefix(":is(").and_then(|rest| rest.split_once(')')) {
        Some((kinds, rest)) => (split(kinds, ','), rest),
        None => (vec![""], selector),
    };
    let of = |kind: &str| -> Option<Vec<String>> {
        let all = format!("{kind}{rest}");
        let is_plain = all.starts_with('.') && !all.contains([' ', ':', '[', '>', '+', '#']);
        is_plain.then(|| all.split('.').filter(|class| !class.is_empty()).map(str::to_owned).collect())
    };
    kinds.into_iter().filter_map(of).collect()
}

/// A value without variables and without mixtures.
fn resolved(value: &str, variables: &HashMap<String, String>) -> String {
    let value = value.trim();
    if let Some(name) = value.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')')) {
        return variables.get(name).map_or_else(|| "#000000".to_owned(), |value| resolved(value, variables));
    }
    let Some(mixed) = value.strip_prefix("color-mix(in srgb,").and_then(|rest| rest.strip_suffix(')')) else {
        return value.to_owned();
    };
    let parts = split(mixed, ',');
    let (first, share) = parts[0].rsplit_once(' ').unwrap_or((parts[0], "50%"));
    let share = share.trim_end_matches('%').parse::<f64>().unwrap_or(50.0) / 100.0;
    let (a, b) = (channels(&resolved(first, variables)), channels(&resolved(parts[1], variables)));
    let mix = |k: usize| (a[k] * share + b[k] * (1.0 - share)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// Red, green and blue of `#rrggbb`, from 0 to 255.
fn channels(colour: &str) -> [f64; 3] {
    let channel = |k: usize| colour.get(1 + 2 * k..3 + 2 * k).and_then(|two| u8::from_str_radix(two, 16).ok());
    [0, 1, 2].map(|k| f64::from(channel(k).unwrap_or(0)))
}

/// The figure as a file: in millimetres, with its frame, on white, without a class.
pub(crate) fn plain(svg: &str) -> String {
    let sheet = Sheet::read(STYLE);
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut file = String::with_capacity(svg.len() * 2);
    let mut rest = svg;
    while let Some(at) = rest.find(" class=\"") {
        let (before, from) = (&rest[..at], &rest[at + 8..]);
        let Some((classes, after)) = from.split_once('"') else { break };
        file.push_str(before);
        let attributes = known.entry(classes).or_insert_with(|| sheet.attributes(classes));
        if !attributes.is_empty() {
            file.push(' ');
            file.push_str(attributes);
        }
        rest = after;
    }
    file.push_str(rest);
    on_white(&file)
}

/// Takes the size of the whole from `data-sheet`, and lays white under it.
fn on_white(svg: &str) -> String {
    let attribute = |name: &str| svg.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    let Some((sheet, _)) = attribute("data-sheet") else { return svg.to_owned() };
    let numbers: Vec<f64> = sheet.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [left, top, width, height] = numbers[..] else { return svg.to_owned() };
    let (Some(title), Some((_, marks))) = (svg.find("<title>"), svg.split_once("</desc>")) else {
        return svg.to_owned();
    };
    let words = &svg[title..svg.len() - marks.len()];
    let (wide, high) = (width * MM, height * MM);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.2}mm\" height=\"{high:.2}mm\" viewBox=\"{sheet}\">{words}<rect \
         x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>{marks}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_become_plain_attributes() {
        let css = ":root{--a:#000000;--b:#ffffff}@media screen{:root{--a:#123456}}.s1{--c:var(--a)}\
            svg .t{font:100px Inter;fill:var(--b)}svg :is(.line,.rate).s1{stroke-dasharray:7 3}svg .line{stroke:var(--c);width:3px}\
            svg .h1{fill:color-mix(in srgb,var(--b) 25%,var(--a))}.other :hover{fill:red}svg .frame{display:none}";
        let sheet = Sheet::read(css);
        let cases = [
            ("line s1", "stroke-dasharray=\"7 3\" stroke=\"#000000\""),
            ("rate s1", "stroke-dasharray=\"7 3\""),
            ("h1", "fill=\"#404040\""),
            ("t", &format!("font-size=\"100\" fill=\"#ffffff\" {FONT}")),
            ("frame", ""),
            ("unknown", ""),
        ];
        for (classes, wanted) in cases {
            assert_eq!(sheet.attributes(classes), wanted, "{classes}");
        }
    }

    #[test]
    fn every_class_of_a_plot_has_its_look_in_the_file() {
        let sheet = Sheet::read(STYLE);
        for classes in [
            "band b0",
            "grid",
            "chance",
            "bar s1",
            "area s1",
            "line s2",
            "dot s0",
            "hollow s3",
            "rate s4",
            "t name s5",
            "bracket s6",
            "hop s1",
            "h10",
            "median s1",
            "range s1",
            "faint s1",
            "key s2",
        ] {
            let attributes = sheet.attributes(classes);
            assert!(attributes.contains('#'), "{classes}: {attributes}");
            assert!(!attributes.contains("var(") && !attributes.contains("color-mix"), "{classes}: {attributes}");
        }
    }
}
