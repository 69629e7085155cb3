//! Observations of several views of one game, side by side in one row of bytes.

use std::borrow::Cow;
use std::ops::Range;

use crate::spec::Shape;

/// The place of one view in the rows of a [`super::Pool`]. A row is the observation of a worker: one view after
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewSlot {
    /// Shape of the view's observations.
    pub shape: Shape,
    start: usize,
    /// Bytes of a row.
    row: usize,
}

impl ViewSlot {
    /// The places of views with these shapes, in that order.
    pub fn side_by_side(shapes: &[Shape]) -> Vec<ViewSlot> {
        let row = shapes.iter().map(|shape| shape.bytes()).sum();
        let mut start = 0;
        let slot = |&shape: &Shape| {
            let slot = ViewSlot { shape, start, row };
            start += shape.bytes();
            slot
        };
        shapes.iter().map(slot).collect()
    }

    /// The bytes of the view within a row.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.shape.bytes()
    }

    /// The view's observations, one after another, out of whole rows. They are copied only if rows hold other views
    /// too.
    pub fn observations<'a>(&self, rows: &'a [u8]) -> Cow<'a, [u8]> {
        if self.row == self.shape.bytes() {
            return Cow::Borrowed(rows);
        }
        Cow::Owned(rows.chunks_exact(self.row).map(|row| &row[self.range()]).collect::<Vec<_>>().concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_view_comes_out_of_the_rows_as_it_went_in() {
        let [wide, narrow] = [Shape::Vector { size: 2 }, Shape::Vector { size: 1 }];
        let rows: Vec<u8> = (0..24).collect();
        let slots = ViewSlot::side_by_side(&[wide, narrow]);
        assert_eq!(*slots[0].observations(&rows), [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19]);
        assert_eq!(*slots[1].observations(&rows), [8, 9, 10, 11, 20, 21, 22, 23]);
        let alone = ViewSlot::side_by_side(&[wide]);
        assert!(matches!(alone[0].observations(&rows), Cow::Borrowed(same) if same == rows));
    }
}
