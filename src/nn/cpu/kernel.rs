//! The three products behind every layer, for whole rows of [`LANES`] outputs at a time.
//!
//! A layer is a matrix product over *patches* of its input. A patch of a dense layer is a sample; a patch of a
//! convolution is the area under the kernel at one position. Patches are read in place, so that nothing is copied. Each
//! output is summed in a fixed order. A result therefore depends neither on the vector unit nor on the number of
//! threads.

use multiversion::multiversion;

/// Outputs that are computed side by side.
pub const LANES: usize = 16;
/// One value for each of the [`LANES`] outputs.
pub type Row = [f32; LANES];

/// Patches whose sums are kept in registers together; with more of them a 256-bit unit runs out of registers.
const TILE: usize = 4;
/// Rows of weights whose gradients are kept in registers together.
const GRADIENT_TILE: usize = 6;

/// The positions of an input's patches. A patch is `runs` stretches of `run` consecutive values.
#[derive(Debug, Clone)]
pub struct Patches {
    /// Index of each patch's first value.
    pub starts: Vec<usize>,
    pub runs: usize,
    /// Distance from one stretch to the next.
    pub run_stride: usize,
    pub run: usize,
}

/// The number of values that fill whole rows.
pub fn filled(values: usize) -> usize {
    values.next_multiple_of(LANES)
}

/// Inputs of a dense layer in one block. A block stays in the first-level cache while it is used for several panels.
pub const BLOCK: usize = 128;

impl Patches {
    /// Samples of a batch as patches: `run` values from each stretch of `stride`.
    pub fn of_rows(batch: usize, stride: usize, run: usize) -> Patches {
        Patches { starts: (0..batch).map(|sample| sample * stride).collect(), runs: 1, run_stride: 0, run }
    }

    /// Blocks of the inputs of a batch, each with the index of its first input.
    pub fn blocks(batch: usize, inputs: usize) -> impl Iterator<Item = (usize, Patches)> {
        let block = move |start| (start, Patches::of_rows(batch, inputs, BLOCK.min(inputs - start)));
        (0..inputs).step_by(BLOCK).map(block)
    }

    /// Values in a patch.
    pub fn length(&self) -> usize {
        self.runs * self.run
    }

    /// Offset within a patch's source of its value number `k`.
    pub fn offset(&self, k: usize) -> usize {
        k / self.run * self.run_stride + k % self.run
    }
}

/// Divides `0..length` into the fewest parts of at most `most`, of nearly equal size.
#[inline(always)]
fn parts(length: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = length.div_ceil(most);
    (0..count).map(move |part| (part * length / count, (part + 1) * length / count))
}

/// `sums[i] += Σ_t rows[i][t] · b[t]`
#[inline(always)]
fn accumulate<const M: usize>(rows: [&[f32]; M], b: &[Row], sums: &mut [Row; M]) {
    let rows = rows.map(|row| &row[..b.len()]);
    // Kept in registers, where `sums` itself would not stay.
    let mut local = *sums;
    for (t, b) in b.iter().enumerate() {
        for (row, sum) in rows.iter().zip(&mut local) {
            for (sum, b) in sum.iter_mut().zip(b) {
                *sum = row[t].mul_add(*b, *sum);
            }
        }
    }
    *sums = local;
}

#[inline(always)]
fn row_mut(values: &mut [f32], at: usize) -> &mut Row {
    values[at..].first_chunk_mut().expect("buffers hold whole rows")
}

#[inline(always)]
fn add(to: &mut Row, row: &Row) {
    for (to, value) in to.iter_mut().zip(row) {
        *to += value;
    }
}

/// `out[i] += patch i · weights`, for the rows of `out` that begin `width` values apart; `weights` has a row for each
/// value of a patch.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn multiply(x: &[f32], patches: &Patches, weights: &[Row], out: &mut [f32], width: usize) {
    for (first, end) in parts(patches.starts.len(), TILE) {
        match end - first {
            1 => multiply_tile::<1>(x, patches, first, weights, out, width),
            2 => multiply_tile::<2>(x, patches, first, weights, out, width),
            3 => multiply_tile::<3>(x, patches, first, weights, out, width),
            _ => multiply_tile::<TILE>(x, patches, first, weights, out, width),
        }
    }
}

#[inline(always)]
fn multiply_tile<const M: usize>(
    x: &[f32],
    patches: &Patches,
    first: usize,
    weights: &[Row],
    out: &mut [f32],
    width: usize,
) {
    let mut sums = std::array::from_fn(|i| *row_mut(out, (first + i) * width));
    for (run, weights) in weights.chunks_exact(patches.run).enumerate() {
        let rows = std::array::from_fn(|i| &x[patches.starts[first + i] + run * patches.run_stride..]);
        accumulate::<M>(rows, weights, &mut sums);
    }
    for (i, sum) in sums.iter().enumerate() {
        *row_mut(out, (first + i) * width) = *sum;
    }
}

/// `gradient[k] += Σ_i patch i [k] · d[i]`, for the rows of `d` that begin `width` values apart.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn multiply_gradient(x: &[f32], patches: &Patches, d: &[f32], width: usize, gradient: &mut [Row]) {
    for (run, gradient) in gradient.chunks_exact_mut(patches.run).enumerate() {
        for (first, end) in parts(patches.run, GRADIENT_TILE) {
            let (x, gradient) = (&x[run * patches.run_stride + first..], &mut gradient[first..end]);
            match end - first {
                1 => gradient_tile::<1>(x, &patches.starts, d, width, gradient),
                2 => gradient_tile::<2>(x, &patches.starts, d, width, gradient),
                3 => gradient_tile::<3>(x, &patches.starts, d, width, gradient),
                4 => gradient_tile::<4>(x, &patches.starts, d, width, gradient),
                5 => gradient_tile::<5>(x, &patches.starts, d, width, gradient),
                _ => gradient_tile::<GRADIENT_TILE>(x, &patches.starts, d, width, gradient),
            }
        }
    }
}

#[inline(always)]
fn gradient_tile<const M: usize>(x: &[f32], starts: &[usize], d: &[f32], width: usize, gradient: &mut [Row]) {
    let mut sums = [[0.0; LANES]; M];
    for (&start, d) in starts.iter().zip(d.chunks(width)) {
        let x: &[f32; M] = x[start..].first_chunk().expect("patches lie within the input");
        let d: &Row = d.first_chunk().expect("buffers hold whole rows");
        for (x, sum) in x.iter().zip(&mut sums) {
            for (sum, d) in sum.iter_mut().zip(d) {
                *sum = x.mul_add(*d, *sum);
            }
        }
    }
    gradient.iter_mut().zip(&sums).for_each(|(gradient, sum)| add(gradient, sum));
}

/// `dx[patch i][offset ..] += d[i] · weights`, one row of each patch. Rows of `d` begin `width` values apart; `weights`
/// has one row for each used value of `d[i]`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn scatter(d: &[f32], width: usize, weights: &[Row], starts: &[usize], offset: usize, dx: &mut [f32]) {
    for (first, end) in parts(starts.len(), TILE) {
        let (d, starts) = (&d[first * width..], &starts[first..end]);
        match end - first {
            1 => scatter_tile::<1>(d, width, weights, starts, offset, dx),
            2 => scatter_tile::<2>(d, width, weights, starts, offset, dx),
            3 => scatter_tile::<3>(d, width, weights, starts, offset, dx),
            _ => scatter_tile::<TILE>(d, width, weights, starts, offset, dx),
        }
    }
}

#[inline(always)]
fn scatter_tile<const M: usize>(
    d: &[f32],
    width: usize,
    weights: &[Row],
    starts: &[usize],
    offset: usize,
    dx: &mut [f32],
) {
    let mut sums = [[0.0; LANES]; M];
    accumulate::<M>(std::array::from_fn(|i| &d[i * width..]), weights, &mut sums);
    for (&start, sum) in starts.iter().zip(&sums) {
        add(row_mut(dx, start + offset), sum);
    }
}

/// Writes rows `16·chunk ..` of a layer's weights, transposed: `transposed[output]` is that output's row of weights for
/// 16 inputs. `weights` are panels of `length` rows.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn transpose(weights: &[Row], length: usize, chunk: usize, transposed: &mut [Row]) {
    for (panel, transposed) in weights.chunks_exact(length).zip(transposed.chunks_exact_mut(LANES)) {
        let block: &[Row; LANES] = panel[chunk * LANES..].first_chunk().expect("layers have whole rows of inputs");
        let mut turned = [[0.0; LANES]; LANES];
        for (i, row) in block.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                turned[j][i] = *value;
            }
        }
        transposed.copy_from_slice(&turned);
    }
}

/// Side of the squares of pixels that lie together in a network's input: the first convolution's stride.
pub const FOLD: usize = 4;

/// Index of pixel (`row`, `column`) of an image whose rows have `squares` squares of pixels. The pixels of a square are
/// adjacent, so that a convolution's patch consists of few long stretches.
#[inline(always)]
pub fn folded(row: usize, column: usize, squares: usize) -> usize {
    let square = row / FOLD * squares + column / FOLD;
    square * FOLD * FOLD + row % FOLD * FOLD + column % FOLD
}

/// Frames in an image that [`interleave`] reads.
pub const STACK: usize = 4;

/// Converts [`STACK`] frames of `side` × `side` bytes to values between 0 and 1. Pixels are ordered as [`folded`] says,
/// each with its value in every frame.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn interleave(observation: &[u8], side: usize, x: &mut [f32]) {
    let frame = side * side;
    let frames: [&[u8]; STACK] = std::array::from_fn(|i| &observation[i * frame..(i + 1) * frame]);
    let pixels = x.as_chunks_mut::<STACK>().0;
    for row in 0..side {
        let rows = frames.map(|frame| frame[row * side..(row + 1) * side].as_chunks::<FOLD>().0);
        for square in 0..side / FOLD {
            let to = folded(row, square * FOLD, side / FOLD);
            let target: &mut [[f32; STACK]; FOLD] =
                pixels[to..].first_chunk_mut().expect("squares lie within an image");
            for (i, pixel) in target.iter_mut().enumerate() {
                *pixel = rows.map(|row| f32::from(row[square][i]) / 255.0);
            }
        }
    }
}
