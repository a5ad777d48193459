//! Tables of text: every column as wide as its widest cell.

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A table of `N` columns.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    heads: [(&'static str, Align); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table with these column heads.
    pub(super) fn new(heads: [(&'static str, Align); N]) -> Self {
        Self { heads, rows: Vec::new() }
    }

    /// Adds lines at the end.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = [String; N]>) {
        self.rows.extend(rows);
    }

    /// Two spaces between columns.
    pub(super) fn plain(&self) -> String {
        let widths = self.widths(0);
        let heads = self.heads.map(|(head, _)| head.to_owned());
        let line = |row: &[String; N]| self.padded(row, &widths).join("  ").trim_end().to_owned() + "\n";
        std::iter::once(&heads).chain(&self.rows).map(line).collect()
    }

    /// As Markdown, the heads in the middle of their columns.
    pub(super) fn markdown(&self) -> String {
        let widths = self.widths(3); // the least that a rule needs
        let line = |cells: Vec<String>| format!("|{}|\n", cells.join("|"));
        let columns = || self.heads.iter().zip(&widths);
        let heads = columns().map(|((head, _), width)| format!("{head:^width$}")).collect();
        let rule = columns().map(|((_, align), width)| match align {
            Align::Left => "-".repeat(*width),
            Align::Right => "-".repeat(width - 1) + ":",
        });
        let rows = self.rows.iter().map(|row| line(self.padded(row, &widths)));
        [line(heads), line(rule.collect())].into_iter().chain(rows).collect()
    }

    fn widths(&self, least: usize) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.heads[column].0.chars().count(), least]).max().unwrap_or(least)
        };
        (0..N).map(width).collect()
    }

    fn padded(&self, row: &[String; N], widths: &[usize]) -> Vec<String> {
        let cell = |((cell, width), (_, align)): ((&String, &usize), &(&str, Align))| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        };
        row.iter().zip(widths).zip(&self.heads).map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([("task", Align::Left), ("A", Align::Right)]);
        table.extend([["arc_easy", "0.5"], ["x", "12"]].map(|row| row.map(str::to_owned)));
        assert_eq!(table.plain(), "task        A\narc_easy  0.5\nx          12\n");
        assert_eq!(table.markdown(), "|  task  | A |\n|--------|--:|\n|arc_easy|0.5|\n|x       | 12|\n");
    }
}
