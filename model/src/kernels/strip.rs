//! Rectangles of a row-major matrix, so that threads can write columns of the same rows.
#![expect(unsafe_code, reason = "disjoint columns of one slice are more than the borrow checker sees")]

use std::marker::PhantomData;

/// Columns of a row-major matrix, borrowed for writing. No two strips overlap.
#[derive(Debug)]
pub(crate) struct Strip<'a> {
    start: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    values: PhantomData<&'a mut [f32]>,
}

// SAFETY: a strip is an exclusive borrow of its numbers, and f32 may go to other threads
unsafe impl Send for Strip<'_> {}
// SAFETY: nothing can be written through a shared strip
unsafe impl Sync for Strip<'_> {}

impl<'a> Strip<'a> {
    /// The whole matrix of rows `width` wide.
    pub(crate) fn new(values: &'a mut [f32], width: usize) -> Self {
        let rows = values.len() / width.max(1);
        Self { start: values.as_mut_ptr(), rows, columns: width, stride: width, values: PhantomData }
    }

    /// Cuts `columns` columns off the left, as many as there are at most.
    pub(crate) fn cut(&mut self, columns: usize) -> Strip<'a> {
        let columns = columns.min(self.columns);
        let left = Strip { columns, ..*self };
        self.start = self.start.wrapping_add(columns);
        self.columns -= columns;
        left
    }

    /// Cuts `rows` rows off the top, as many as there are at most.
    pub(crate) fn cut_rows(&mut self, rows: usize) -> Strip<'a> {
        let rows = rows.min(self.rows);
        let top = Strip { rows, ..*self };
        self.start = self.start.wrapping_add(rows * self.stride);
        self.rows -= rows;
        top
    }

    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// From one row to the next, in numbers.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Where row `row` begins.
    pub(crate) fn pointer(&mut self, row: usize) -> *mut f32 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        self.start.wrapping_add(row * self.stride)
    }

    /// Row `row`.
    pub(crate) fn row(&mut self, row: usize) -> &mut [f32] {
        let start = self.pointer(row);
        // SAFETY: rows and columns lie within the slice it was made of, and no other strip has them
        unsafe { std::slice::from_raw_parts_mut(start, self.columns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_cover_the_matrix_once() {
        let mut values = vec![0.0; 5 * 7];
        let mut whole = Strip::new(&mut values, 7);
        let mut top = whole.cut_rows(2);
        let mut strips = [whole.cut(3), top.cut(4), top.cut(9), whole];
        for (number, strip) in strips.iter_mut().enumerate() {
            for row in 0..strip.rows() {
                strip.row(row).iter_mut().for_each(|value| *value += 1.0 + number as f32);
            }
        }
        let expected: Vec<f32> = (0..35)
            .map(|i| {
                if i / 7 < 2 {
                    if i % 7 < 4 { 2.0 } else { 3.0 }
                } else if i % 7 < 3 {
                    1.0
                } else {
                    4.0
                }
            })
            .collect();
        assert_eq!(values, expected);
    }
}
