//! What an error shows of a document: its lines, long ones cut, so that a message stays a few lines long.

use std::borrow::Cow;

use miette::SourceSpan;

/// Characters of a line that are shown.
const WIDTH: usize = 160;
/// Characters of a message.
const MESSAGE: usize = 300;

/// The document with its long lines cut; of the line with the error the part round `column` is kept.
pub(super) fn of(text: &str, line: usize, column: usize) -> String {
    let cut = |(index, text): (usize, &str)| {
        let (body, end) = text.strip_suffix('\n').map_or((text, ""), |body| (body, "\n"));
        let from = if index + 1 == line { start(body, column) } else { 0 };
        format!("{}{end}", window(body, from))
    };
    text.split_inclusive('\n').enumerate().map(cut).collect()
}

/// The word at line and column (from 1, columns in characters), in what [`of`] gives.
pub(super) fn span(text: &str, line: usize, column: usize) -> SourceSpan {
    let whole = text.lines().nth(line - 1).unwrap_or_default();
    let column_shown = if start(whole, column) > 0 { WIDTH / 2 } else { column };
    let text = of(text, line, column);
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default().lines().next().unwrap_or_default();
    let skip: usize = rest.chars().take(column_shown - 1).map(char::len_utf8).sum();
    let word = rest[skip..].find([' ', ':', ',', '}', ']']).unwrap_or(rest.len() - skip);
    SourceSpan::from((before + skip, word.max(usize::from(skip < rest.len()))))
}

/// A message whose middle is left out where it is long: paths into deep documents are.
pub(super) fn shortened(problem: &str) -> String {
    let count = problem.chars().count();
    if count <= MESSAGE {
        return problem.to_owned();
    }
    let (head, tail) = (MESSAGE / 3, MESSAGE * 2 / 3);
    let head: String = problem.chars().take(head).collect();
    head + "…" + &problem.chars().skip(count - tail).collect::<String>()
}

/// First character that is shown of a line so that `column` is among them.
fn start(line: &str, column: usize) -> usize {
    if line.chars().count() <= WIDTH { 0 } else { column.saturating_sub(WIDTH / 2) }
}

fn window(line: &str, from: usize) -> Cow<'_, str> {
    if from == 0 && line.chars().count() <= WIDTH {
        return line.into();
    }
    let mark = if from > 0 { "…" } else { "" };
    let shown: String = line.chars().skip(from + mark.chars().count()).take(WIDTH).collect();
    let more = line.chars().nth(from + mark.chars().count() + WIDTH).is_some();
    format!("{mark}{shown}{}", if more { "…" } else { "" }).into()
}

#[cfg(test)]
mod tests {
    use super::{of, shortened, span};

    #[test]
    fn long_lines_are_cut_round_the_error() {
        let text = format!("a: 1\nb: {} here {}\nc: 2\n", "x".repeat(500), "y".repeat(500));
        for (line, column, word) in [(1, 1, "a"), (3, 1, "c"), (2, 1, "b"), (2, 505, "here")] {
            let (shown, span) = (of(&text, line, column), span(&text, line, column));
            assert_eq!(&shown[span.offset()..span.offset() + span.len()], word, "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() < 165) && shown.lines().count() == 3);
        }
        assert_eq!(of("a: ä\n\tb", 1, 1), "a: ä\n\tb");
        let short = shortened(&format!("{}: recursion", "a.".repeat(2000)));
        assert!(short.chars().count() == 301 && short.starts_with("a.a.") && short.ends_with(": recursion"), "{short}");
    }
}
