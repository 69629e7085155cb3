//! From the screens of a step to one frame: the brighter of the last two, shrunk to 84×84 by area.

use super::emulator::SCREEN_WIDTH;
use crate::frame::{FRAME, SIDE};

/// Writes the brighter of the two values of each pixel into `screen`: the console draws some objects only on every
/// other frame.
pub fn max_of_two(screen: &mut [u8], other: &[u8]) {
    for (pixel, other) in screen.iter_mut().zip(other) {
        *pixel = (*pixel).max(*other);
    }
}

/// A source row or column and how much of it a target one covers.
type Share = (usize, u32);

/// Area interpolation of a grey screen to 84×84, as OpenCV's `INTER_AREA`: each target pixel is the mean of the
/// rectangle that it covers. Weights are whole numbers, so that the result is exact before it is rounded.
pub struct Shrink {
    rows: Vec<Vec<Share>>,
    columns: Vec<Vec<Share>>,
    /// Sum of the weights of one target pixel.
    area: u32,
    line: Vec<u32>,
}

impl Shrink {
    /// For screens of `height` rows of [`SCREEN_WIDTH`] pixels.
    pub fn new(height: usize) -> Shrink {
        let (rows, columns) = (shares(height), shares(SCREEN_WIDTH));
        let sum = |shares: &[Share]| shares.iter().map(|share| share.1).sum::<u32>();
        let area = sum(&rows[0]) * sum(&columns[0]);
        Shrink { rows, columns, area, line: vec![0; SCREEN_WIDTH] }
    }

    /// Writes the shrunk `screen` into `frame`.
    pub fn shrink(&mut self, screen: &[u8], frame: &mut [u8]) {
        debug_assert_eq!(frame.len(), FRAME);
        for (target, rows) in frame.chunks_exact_mut(SIDE).zip(&self.rows) {
            self.line.fill(0);
            for &(row, weight) in rows {
                let source = &screen[row * SCREEN_WIDTH..(row + 1) * SCREEN_WIDTH];
                for (sum, &pixel) in self.line.iter_mut().zip(source) {
                    *sum += weight * u32::from(pixel);
                }
            }
            for (pixel, columns) in target.iter_mut().zip(&self.columns) {
                let sum: u32 = columns.iter().map(|&(column, weight)| weight * self.line[column]).sum();
                *pixel = half_to_even(sum, self.area);
            }
        }
    }
}

/// `sum / area`, rounded as OpenCV rounds.
fn half_to_even(sum: u32, area: u32) -> u8 {
    let (whole, rest) = (sum / area, sum % area);
    let up = 2 * rest > area || (2 * rest == area && whole % 2 == 1);
    // A mean of bytes is a byte.
    (whole + u32::from(up)) as u8
}

/// For each of the 84 target lines, the source lines (of `length`) that it covers. Measured in units of which a source
/// line has 84/g and a target line length/g, with g their greatest common divisor.
fn shares(length: usize) -> Vec<Vec<Share>> {
    let divisor = greatest_common_divisor(length, SIDE);
    let (source, target) = (SIDE / divisor, length / divisor);
    let overlap = |line: usize, i: usize| {
        let from = (line * target).max(i * source);
        let to = ((line + 1) * target).min((i + 1) * source);
        to.saturating_sub(from) as u32
    };
    let covered = |line: usize| (0..length).map(move |i| (i, overlap(line, i))).filter(|share| share.1 > 0).collect();
    (0..SIDE).map(covered).collect()
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_pixel_counts_equally() {
        for height in [210, 214, 250] {
            let mut totals = vec![0; height];
            for (row, weight) in shares(height).into_iter().flatten() {
                totals[row] += weight;
            }
            assert!(totals.iter().all(|total| total == &totals[0]), "{height}: {totals:?}");
        }
    }

    #[test]
    fn a_flat_screen_stays_flat_and_a_ramp_keeps_its_mean() {
        let mut frame = vec![0; FRAME];
        Shrink::new(210).shrink(&[77; 210 * SCREEN_WIDTH], &mut frame);
        assert!(frame.iter().all(|&pixel| pixel == 77));
        let ramp: Vec<u8> = (0..210 * SCREEN_WIDTH).map(|i| (i / SCREEN_WIDTH) as u8).collect();
        Shrink::new(210).shrink(&ramp, &mut frame);
        // Target row 0 covers source rows 0, 1 and half of 2: (0 + 1 + 2/2) / 2.5 = 0.8; row 1: (2/2 + 3 + 4) / 2.5.
        assert_eq!((frame[0], frame[SIDE]), (1, 3));
    }
}
