//! From the screens of a step to one frame: the brighter of the last two screens, shrunk to 84×84 by area. Parts that
//! did not change since the previous step are not computed again.

use super::emulator::{Emulator, SCREEN_WIDTH};
use super::screen::{Palette, Screen};
use crate::spec::Shape;

/// Height and width of a frame.
const SIDE: usize = 84;
/// Bytes of a frame: one grey value per pixel, row by row.
const FRAME: usize = Shape::ATARI.frame_bytes();

/// Makes frames of an emulator's screens.
pub struct Preprocessor {
    palette: Palette,
    /// The last screen of a step and the one before.
    last: Screen,
    before: Screen,
    /// The pixel-wise maximum from which `frame` was made.
    brighter: Vec<u8>,
    /// For each row of `brighter`, whether it changed with the last step.
    changed: Vec<bool>,
    shrink: Shrink,
    frame: Vec<u8>,
}

impl Preprocessor {
    /// A preprocessor for the screens of `emulator`. The first frame is black.
    pub fn new(emulator: &dyn Emulator) -> Preprocessor {
        let (mut palette, height) = (Palette::new(), emulator.height());
        Preprocessor {
            last: Screen::new(emulator, &mut palette),
            before: Screen::new(emulator, &mut palette),
            brighter: vec![0; SCREEN_WIDTH * height],
            changed: vec![false; height],
            shrink: Shrink::new(height),
            frame: vec![0; FRAME],
            palette,
        }
    }

    /// Reads the last screen but one of a step.
    pub fn look_before(&mut self, emulator: &dyn Emulator) {
        self.before.look(emulator, &mut self.palette);
    }

    /// Reads the last screen of a step and makes the frame. The console draws some objects only on every other screen:
    /// if [`Preprocessor::look_before`] was called in this step, the brighter of the two values of each pixel counts.
    pub fn look_last(&mut self, emulator: &dyn Emulator, has_before: bool) {
        self.last.look(emulator, &mut self.palette);
        let (last, before) = (self.last.grey(), if has_before { &self.before } else { &self.last }.grey());
        let rows = last.chunks_exact(SCREEN_WIDTH).zip(before.chunks_exact(SCREEN_WIDTH));
        let old = self.brighter.chunks_exact_mut(SCREEN_WIDTH).zip(&mut self.changed);
        for ((last, before), (old, changed)) in rows.zip(old) {
            let mut new = [0; SCREEN_WIDTH];
            for (pixel, (a, b)) in new.iter_mut().zip(last.iter().zip(before)) {
                *pixel = *a.max(b);
            }
            *changed = *old != new;
            if *changed {
                old.copy_from_slice(&new);
            }
        }
        self.shrink.shrink(&self.brighter, &self.changed, &mut self.frame);
    }

    /// The newest frame.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }
}

/// A source row or column and how much of it a target one covers.
type Share = (usize, u32);

/// Area interpolation of a grey screen to 84×84, as OpenCV's `INTER_AREA`: each target pixel is the mean of the
/// rectangle that it covers. Weights are whole numbers, so that the result is exact before it is rounded.
struct Shrink {
    rows: Vec<Vec<Share>>,
    /// A target pixel covers at most three columns: the first of them, and the weights.
    columns: Vec<(usize, [u32; 3])>,
    mean: Mean,
}

impl Shrink {
    /// A table for screens of `height` rows of [`SCREEN_WIDTH`] pixels.
    fn new(height: usize) -> Shrink {
        let (rows, columns) = (shares(height), shares(SCREEN_WIDTH));
        let sum = |shares: &[Share]| shares.iter().map(|share| share.1).sum::<u32>();
        let mean = Mean::of(sum(&rows[0]) * sum(&columns[0]));
        let three = |shares: Vec<Share>| {
            let first = shares[0].0.min(SCREEN_WIDTH - 3);
            let mut weights = [0; 3];
            shares.into_iter().for_each(|(column, weight)| weights[column - first] = weight);
            (first, weights)
        };
        Shrink { rows, columns: columns.into_iter().map(three).collect(), mean }
    }

    /// Writes those rows of `frame` that cover a `changed` row of `screen`.
    fn shrink(&self, screen: &[u8], changed: &[bool], frame: &mut [u8]) {
        for (target, rows) in frame.chunks_exact_mut(SIDE).zip(&self.rows) {
            if rows.iter().all(|&(row, _)| !changed[row]) {
                continue;
            }
            let mut line = [0; SCREEN_WIDTH];
            for &(row, weight) in rows {
                let source = &screen[row * SCREEN_WIDTH..(row + 1) * SCREEN_WIDTH];
                for (sum, &pixel) in line.iter_mut().zip(source) {
                    *sum += weight * u32::from(pixel);
                }
            }
            for (pixel, &(first, [a, b, c])) in target.iter_mut().zip(&self.columns) {
                *pixel = self.mean.rounded(a * line[first] + b * line[first + 1] + c * line[first + 2]);
            }
        }
    }
}

/// Division of sums of weighted bytes by the sum of the weights, rounded as OpenCV rounds: half to even.
struct Mean {
    area: u32,
    /// 2⁴⁰ / area, rounded up. Rounding makes a quotient too large by less than sum / 2⁴⁰. While 255 · area² < 2⁴⁰ this
    /// is too little to reach the next whole number.
    reciprocal: u64,
}

impl Mean {
    fn of(area: u32) -> Mean {
        assert!(area < 1 << 16, "the console has at most 300 rows, whose weights sum up to 12,000");
        Mean { area, reciprocal: (1 << 40) / u64::from(area) + 1 }
    }

    fn rounded(&self, sum: u32) -> u8 {
        let whole = ((u64::from(sum) * self.reciprocal) >> 40) as u32;
        let rest = sum - whole * self.area;
        let up = 2 * rest > self.area || (2 * rest == self.area && whole % 2 == 1);
        // A mean of bytes is a byte.
        (whole + u32::from(up)) as u8
    }
}

/// For each of the 84 target lines, the source lines (of `length`) that it covers. Shares are in units in which a
/// source line has 84/g and a target line length/g, with g their greatest common divisor.
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
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

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
    fn means_are_rounded_half_to_even() {
        for area in [200, 428, 5000, 11_960] {
            let mean = Mean::of(area);
            for sum in 0..=255 * area {
                let exact = f64::from(sum) / f64::from(area);
                assert_eq!(mean.rounded(sum), exact.round_ties_even() as u8, "{sum} / {area}");
            }
        }
    }

    fn shrunk(screen: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; FRAME];
        let height = screen.len() / SCREEN_WIDTH;
        Shrink::new(height).shrink(screen, &vec![true; height], &mut frame);
        frame
    }

    #[test]
    fn a_flat_screen_stays_flat_and_a_ramp_keeps_its_mean() {
        assert!(shrunk(&[77; 210 * SCREEN_WIDTH]).iter().all(|&pixel| pixel == 77));
        let down: Vec<u8> = (0..210 * SCREEN_WIDTH).map(|i| (i / SCREEN_WIDTH) as u8).collect();
        // Target row 0 covers source rows 0, 1 and half of 2: (0 + 1 + 2/2) / 2.5 = 0.8; row 1: (2/2 + 3 + 4) / 2.5.
        let frame = shrunk(&down);
        assert_eq!((frame[0], frame[SIDE]), (1, 3));
        let across: Vec<u8> = (0..210 * SCREEN_WIDTH).map(|i| (i % SCREEN_WIDTH) as u8).collect();
        // Target column 0 covers source columns 0 and 19/21 of 1: 19/40; the last one 158 with 19/21 and 159.
        let frame = shrunk(&across);
        assert_eq!((frame[0], frame[SIDE - 1]), (0, 159));
    }

    /// A console that shows given screens, with a palette whose order is not that of brightness.
    struct Slides(Vec<u8>);

    impl Emulator for Slides {
        fn height(&self) -> usize {
            self.0.len() / SCREEN_WIDTH
        }
        fn colours(&self, screen: &mut [u8]) {
            screen.copy_from_slice(&self.0);
        }
        fn grey(&self, screen: &mut [u8]) {
            screen.iter_mut().zip(&self.0).for_each(|(grey, colour)| *grey = colour.wrapping_mul(77));
        }
        fn ram(&self) -> [u8; crate::game::RAM] {
            [0; crate::game::RAM]
        }
        fn rgb(&self, _: &mut [u8]) {}
        fn reset(&mut self) {}
        fn act(&mut self, _: i32) -> f64 {
            0.0
        }
        fn game_over(&self) -> bool {
            false
        }
        fn lives(&self) -> u32 {
            0
        }
        fn save(&self) -> Vec<u8> {
            self.0.clone()
        }
        fn restore(&mut self, state: &[u8]) -> anyhow::Result<()> {
            self.0.copy_from_slice(state);
            Ok(())
        }
    }

    #[test]
    fn frames_are_as_if_everything_were_computed_anew() {
        let mut generator = Seed(1).generator();
        let mut slides = Slides(vec![0; 250 * SCREEN_WIDTH]);
        let mut preprocessor = Preprocessor::new(&slides);
        let mut greys = [vec![0; 250 * SCREEN_WIDTH], vec![0; 250 * SCREEN_WIDTH]];
        for step in 0..200 {
            for (i, grey) in greys.iter_mut().enumerate() {
                for _ in 0..generator.random_range(0..4) {
                    let (start, length) =
                        (generator.random_range(0..249 * SCREEN_WIDTH), generator.random_range(0..160));
                    slides.0[start..start + length].fill(generator.random());
                }
                slides.grey(grey);
                match i {
                    0 => preprocessor.look_before(&slides),
                    _ => preprocessor.look_last(&slides, step % 5 > 0),
                }
            }
            let [before, last] = &greys;
            let brighter: Vec<u8> = last.iter().zip(before).map(|(a, b)| *a.max(b)).collect();
            assert!(preprocessor.frame() == shrunk(if step % 5 > 0 { &brighter } else { last }), "step {step}");
        }
    }
}
