//! The step of an optimiser that orthogonalises matrices.
//!
//! A matrix X lies in panels, as weights do: for each 16 of its rows, the columns of X one after another. The iteration
//! of [`NEWTON_SCHULZ`] needs only the small matrix XXᵀ: each X of the iteration is QX with a polynomial Q of XXᵀ.

use rayon::prelude::*;

use super::kernel::{self, LANES, Patches, Row};
use crate::nn::optimizer::{ITERATIONS, MUON_ROWS, NEWTON_SCHULZ, OrthogonalStep};

/// Panels that are orthogonalised together.
const PANELS: usize = MUON_ROWS / LANES;

/// The step over one matrix. `gradient` is scaled by `clip`; `mean` is its running mean.
pub fn step(step: &OrthogonalStep, clip: f32, gradient: &[f32], values: &mut [f32], mean: &mut [f32]) {
    let (new, decay) = ((1.0 - step.decay) as f32, step.decay as f32);
    let panel = values.len() / step.rows.div_ceil(LANES);
    let block = PANELS * panel;
    let blocks = values.par_chunks_mut(block).zip(gradient.par_chunks(block)).zip(mean.par_chunks_mut(block));
    blocks.enumerate().for_each(|(index, ((values, gradient), mean))| {
        let mut direction = Vec::with_capacity(values.len());
        for (g, mean) in gradient.iter().zip(mean) {
            let g = g * clip;
            *mean += new * (g - *mean);
            direction.push(g + decay * (*mean - g));
        }
        let scale = step.scale(MUON_ROWS.min(step.rows - index * MUON_ROWS)) as f32;
        let change = orthogonalised(&direction, panel);
        values.iter_mut().zip(&change).for_each(|(value, change)| *value -= scale * change);
    });
}

/// The matrix with all its singular values brought near to 1; a matrix of zeros stays. `panel` is the number of values
/// in a panel.
fn orthogonalised(x: &[f32], panel: usize) -> Vec<f32> {
    let mut gram = Square::gram(x, panel);
    let norm = gram.trace();
    if norm < f32::MIN_POSITIVE {
        return vec![0.0; x.len()];
    }
    let (a, b, c) = (NEWTON_SCHULZ.0 as f32, NEWTON_SCHULZ.1 as f32, NEWTON_SCHULZ.2 as f32);
    gram.scale(1.0 / norm);
    let mut q = Square::identity(gram.size, 1.0 / norm.sqrt());
    for iteration in 1..=ITERATIONS {
        let mut polynomial = gram.times(&gram);
        polynomial.values.iter_mut().zip(&gram.values).for_each(|(square, value)| *square = c * *square + b * value);
        polynomial.add_to_diagonal(a);
        q = polynomial.times(&q);
        if iteration < ITERATIONS {
            gram = polynomial.times(&gram).times(&polynomial);
        }
    }
    q.times_panels(x, panel)
}

/// A symmetric matrix of whole panels, row after row.
struct Square {
    size: usize,
    values: Vec<f32>,
}

impl Square {
    /// XXᵀ.
    fn gram(x: &[f32], panel: usize) -> Square {
        let size = x.len() / panel * LANES;
        let mut gram = Square { size, values: vec![0.0; size * size] };
        let columns = columns(panel);
        for (i, left) in x.chunks_exact(panel).enumerate() {
            for (j, right) in x.chunks_exact(panel).enumerate() {
                let mut products = [[0.0; LANES]; LANES];
                kernel::multiply_gradient(left, &columns, right, LANES, &mut products);
                for (row, products) in products.iter().enumerate() {
                    let at = (i * LANES + row) * size + j * LANES;
                    gram.values[at..at + LANES].copy_from_slice(products);
                }
            }
        }
        gram
    }

    fn identity(size: usize, value: f32) -> Square {
        let mut identity = Square { size, values: vec![0.0; size * size] };
        identity.add_to_diagonal(value);
        identity
    }

    fn add_to_diagonal(&mut self, value: f32) {
        self.values.iter_mut().step_by(self.size + 1).for_each(|diagonal| *diagonal += value);
    }

    fn trace(&self) -> f32 {
        self.values.iter().step_by(self.size + 1).sum()
    }

    fn scale(&mut self, factor: f32) {
        self.values.iter_mut().for_each(|value| *value *= factor);
    }

    /// The columns of panel number `panel`, a row of 16 values for each row of the matrix.
    fn panel(&self, panel: usize) -> Vec<Row> {
        let row = |row: &[f32]| *row[panel * LANES..].first_chunk().expect("rows are whole panels");
        self.values.chunks_exact(self.size).map(row).collect()
    }

    fn times(&self, other: &Square) -> Square {
        let mut product = Square { size: self.size, values: vec![0.0; self.values.len()] };
        let starts = (0..self.size).map(|row| row * self.size).collect();
        let rows = Patches { starts, runs: 1, run_stride: 0, run: self.size };
        for panel in 0..self.size / LANES {
            let out = &mut product.values[panel * LANES..];
            kernel::multiply(&self.values, &rows, &other.panel(panel), out, self.size);
        }
        product
    }

    /// The product with a matrix in panels, as panels.
    fn times_panels(&self, x: &[f32], panel: usize) -> Vec<f32> {
        let mut product = vec![0.0; x.len()];
        let columns = columns(panel);
        for (i, out) in product.chunks_exact_mut(panel).enumerate() {
            // The matrix is symmetric: its columns are its rows.
            let weights = self.panel(i);
            for (x, weights) in x.chunks_exact(panel).zip(weights.chunks_exact(LANES)) {
                kernel::multiply(x, &columns, weights, out, LANES);
            }
        }
        product
    }
}

/// The columns of a panel as patches.
fn columns(panel: usize) -> Patches {
    Patches::of_rows(panel / LANES, LANES, LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix of `rows` × `columns` in panels, of values between −1 and 1 without pattern.
    fn matrix(rows: usize, columns: usize) -> Vec<f32> {
        let mut panels = vec![0.0; rows.next_multiple_of(LANES) * columns];
        for row in 0..rows {
            for column in 0..columns {
                let value = ((row * 7919 + column * 104_729) % 1009) as f32 / 504.5 - 1.0;
                panels[(row / LANES * columns + column) * LANES + row % LANES] = value;
            }
        }
        panels
    }

    #[test]
    fn an_orthogonalised_matrix_equals_that_of_the_published_iteration() {
        // NumPy, float64: five times x = a x + (b g + c g g) x with g = x xᵀ, from x = m / |m|.
        let expected = [
            [-0.861102, 0.512738, 0.07547, -0.361798, -0.356344],
            [0.398522, 0.121799, -0.032511, -0.186821, -0.5564],
            [0.079087, 0.083629, -0.35455, -0.792729, 0.677498],
        ];
        let found = orthogonalised(&matrix(3, 5), 5 * LANES);
        for (row, expected) in expected.iter().enumerate() {
            for (column, expected) in expected.iter().enumerate() {
                assert!((found[column * LANES + row] - expected).abs() < 1e-4, "{row}, {column}: {found:?}");
            }
        }
    }

    #[test]
    fn the_rows_of_an_orthogonalised_matrix_are_nearly_orthonormal() {
        for (rows, columns) in [(16, 64), (40, 300), (64, 784)] {
            let panel = columns * LANES;
            let gram = Square::gram(&orthogonalised(&matrix(rows, columns), panel), panel);
            // The iteration ends with singular values between 0.68 and 1.13 (Jordan et al., 2024).
            for row in 0..rows {
                for column in 0..rows {
                    let value = gram.values[row * gram.size + column];
                    let expected = if row == column { 0.46..1.28 } else { -0.3..0.3 };
                    assert!(expected.contains(&value), "{rows} × {columns}: {value} at {row}, {column}");
                }
            }
        }
    }

    #[test]
    fn padding_and_a_matrix_of_zeros_stay_zero() {
        assert_eq!(orthogonalised(&[0.0; 160], 160), [0.0; 160]);
        let found = orthogonalised(&matrix(10, 20), 320);
        assert!(found.chunks_exact(LANES).all(|column| column[10..].iter().all(|value| *value == 0.0)));
    }
}
