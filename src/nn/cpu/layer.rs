//! One layer: the position of its parameters, and its forward and backward pass.

use std::ops::Range;

use rayon::prelude::*;

use super::kernel::{self, BLOCK, LANES, Patches, Row};
use super::norm::{self, Norm};

/// Products of a batch below which a layer is not worth a second thread.
const WORTH_A_THREAD: usize = 1 << 19;
const GROUP: usize = 4;

/// A layer. Its weights lie in panels of 16 outputs, with one [`Row`] for each input. Outputs, and the channels between
/// layers, are padded with zeros to whole rows. The padded parameters are 0 and stay 0.
#[derive(Debug, Clone)]
pub struct CpuLayer {
    /// For a convolution, the patches of one sample; for a dense layer, a single patch of all inputs.
    pub patches: Patches,
    /// Values of a sample's input.
    pub inputs: usize,
    /// Number of outputs, without and with padding.
    pub channels: usize,
    pub width: usize,
    pub weights: Range<usize>,
    pub bias: Range<usize>,
    pub norm: Option<Norm>,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// The values of a sample's forward pass through a layer that its backward pass needs.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The layer's output.
    pub out: Vec<f32>,
    /// For a layer with normalisation: the normalised values, and the reciprocal of the standard deviation before it.
    normal: Vec<f32>,
    inverse_deviation: f32,
}

impl CpuLayer {
    /// Values of a sample's output.
    pub fn outputs(&self) -> usize {
        self.patches.starts.len() * self.width
    }

    /// The whole layer for one sample.
    pub fn forward(&self, flat: &[f32], x: &[f32], trace: &mut Trace) {
        trace.out.resize(self.outputs(), 0.0);
        let bias = &flat[self.bias.clone()];
        trace.out.chunks_exact_mut(self.width).for_each(|row| row.copy_from_slice(bias));
        for (panel, weights) in self.panels(flat) {
            kernel::multiply(x, &self.patches, weights, &mut trace.out[panel * LANES..], self.width);
        }
        self.activate(flat, trace);
    }

    fn panels<'a>(&self, flat: &'a [f32]) -> impl Iterator<Item = (usize, &'a [Row])> {
        flat[self.weights.clone()].as_chunks().0.chunks_exact(self.patches.length()).enumerate()
    }

    /// Applies the normalisation and the ReLU to the product.
    fn activate(&self, flat: &[f32], trace: &mut Trace) {
        if let Some(norm) = &self.norm {
            trace.normal.resize(self.outputs(), 0.0);
            trace.inverse_deviation = norm::forward(norm, flat, &mut trace.out, &mut trace.normal);
        }
        if self.relu {
            // Not `max`, which makes 0 of NaN: a training that diverged must show.
            trace.out.iter_mut().for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
        }
    }

    /// Turns the gradient by a sample's output into the gradient by its product, and adds the gradient of bias and
    /// norm.
    fn activate_backward(&self, flat: &[f32], trace: &Trace, d: &mut [f32], gradient: &mut [f32]) {
        if self.relu {
            for (d, out) in d.iter_mut().zip(&trace.out) {
                *d = if *out > 0.0 { *d } else { 0.0 };
            }
        }
        if let Some(norm) = &self.norm {
            norm::backward(norm, flat, &trace.normal, trace.inverse_deviation, d, gradient);
            d.chunks_exact_mut(self.width).for_each(|row| row[self.channels..].fill(0.0));
        }
        for row in d.chunks_exact(self.width) {
            gradient[self.bias.clone()].iter_mut().zip(row).for_each(|(gradient, d)| *gradient += d);
        }
    }

    /// Backward pass of a convolution for one sample. It adds the gradient by the parameters to `gradient` and writes
    /// the gradient by the input into `dx`, which needs the transposed weights. `d` is the gradient by the output; its
    /// content is overwritten.
    pub fn backward(
        &self,
        flat: &[f32],
        x: &[f32],
        trace: &Trace,
        d: &mut [f32],
        gradient: &mut [f32],
        dx: Option<(&[Row], &mut Vec<f32>)>,
    ) {
        self.activate_backward(flat, trace, d, gradient);
        let rows = gradient[self.weights.clone()].as_chunks_mut().0;
        for (panel, rows) in rows.chunks_exact_mut(self.patches.length()).enumerate() {
            kernel::multiply_gradient(x, &self.patches, &d[panel * LANES..], self.width, rows);
        }
        let Some((transposed, dx)) = dx else { return };
        dx.clear();
        dx.resize(self.inputs, 0.0);
        for (chunk, weights) in transposed.chunks_exact(self.width).enumerate() {
            let offset = self.patches.offset(chunk * LANES);
            kernel::scatter(d, self.width, weights, &self.patches.starts, offset, dx);
        }
    }

    /// The weights with one row of 16 inputs for each output: `[inputs of a patch / 16][width]`.
    pub fn transposed(&self, flat: &[f32]) -> Vec<Row> {
        let length = self.patches.length();
        let weights = flat[self.weights.clone()].as_chunks().0;
        let mut transposed = vec![[0.0; LANES]; length / LANES * self.width];
        for (chunk, rows) in transposed.chunks_exact_mut(self.width).enumerate() {
            kernel::transpose(weights, length, chunk, rows);
        }
        transposed
    }

    /// Minimum number of panels (or chunks) of a dense layer that a thread should take at once.
    fn grain(&self, batch: usize) -> usize {
        if batch * self.inputs * self.width < WORTH_A_THREAD { usize::MAX } else { 1 }
    }

    /// Forward pass of a dense layer; `x` is [batch, inputs].
    pub fn forward_batch(&self, flat: &[f32], x: &[f32], traces: &mut [Trace]) {
        let batch = traces.len();
        let bias = &flat[self.bias.clone()];
        let weights = flat[self.weights.clone()].as_chunks().0;
        let mut products = vec![0.0; batch * self.width];
        let groups = products.par_chunks_mut(GROUP * batch * LANES).zip(weights.par_chunks(GROUP * self.inputs));
        let groups = groups.zip(bias.par_chunks(GROUP * LANES));
        groups.with_min_len(self.grain(batch)).for_each(|((products, weights), bias)| {
            for (products, bias) in products.chunks_exact_mut(batch * LANES).zip(bias.chunks_exact(LANES)) {
                products.chunks_exact_mut(LANES).for_each(|row| row.copy_from_slice(bias));
            }
            for (start, patches) in Patches::blocks(batch, self.inputs) {
                let panels = products.chunks_exact_mut(batch * LANES).zip(weights.chunks_exact(self.inputs));
                for (products, weights) in panels {
                    kernel::multiply(&x[start..], &patches, &weights[start..start + patches.run], products, LANES);
                }
            }
        });
        for (sample, trace) in traces.iter_mut().enumerate() {
            trace.out.resize(self.width, 0.0);
            gather(&products, batch, sample, &mut trace.out);
            self.activate(flat, trace);
        }
    }

    /// Backward pass of a dense layer: writes the gradient by the parameters into `gradient`. `d`, [batch, width], is
    /// the gradient by the output; it becomes that before the activation.
    pub fn backward_batch(&self, flat: &[f32], x: &[f32], traces: &[Trace], d: &mut [f32], gradient: &mut [f32]) {
        let batch = traces.len();
        for (trace, d) in traces.iter().zip(d.chunks_exact_mut(self.width)) {
            self.activate_backward(flat, trace, d, gradient);
        }
        let groups = gradient[self.weights.clone()].par_chunks_mut(GROUP * self.inputs * LANES).enumerate();
        groups.with_min_len(self.grain(batch)).for_each(|(group, gradient)| {
            for (start, patches) in Patches::blocks(batch, self.inputs) {
                for (panel, rows) in gradient.as_chunks_mut().0.chunks_exact_mut(self.inputs).enumerate() {
                    let d = &d[(group * GROUP + panel) * LANES..];
                    let rows = &mut rows[start..start + patches.run];
                    kernel::multiply_gradient(&x[start..], &patches, d, self.width, rows);
                }
            }
        });
    }

    /// The gradient by the input of a dense layer, [batch, inputs]; `d` is that before the activation, as
    /// [`CpuLayer::backward_batch`] leaves it.
    pub fn input_gradient(&self, flat: &[f32], batch: usize, d: &[f32]) -> Vec<f32> {
        let weights = flat[self.weights.clone()].as_chunks().0;
        let starts = Patches::of_rows(batch, LANES, LANES).starts;
        let mut products = vec![0.0; batch * self.inputs];
        let chunks = products.par_chunks_exact_mut(batch * LANES).enumerate();
        let scratch = || vec![[0.0; LANES]; self.width];
        chunks.with_min_len(self.grain(batch)).for_each_init(scratch, |transposed, (chunk, products)| {
            kernel::transpose(weights, self.inputs, chunk, transposed);
            for (block, weights) in transposed.chunks(BLOCK).enumerate() {
                kernel::scatter(&d[block * BLOCK..], self.width, weights, &starts, 0, products);
            }
        });
        let mut dx = vec![0.0; batch * self.inputs];
        dx.par_chunks_exact_mut(self.inputs)
            .with_min_len(self.grain(batch))
            .enumerate()
            .for_each(|(sample, dx)| gather(&products, batch, sample, dx));
        dx
    }
}

/// Writes one sample out of an array of shape [rows of a sample, batch, 16].
fn gather(products: &[f32], batch: usize, sample: usize, out: &mut [f32]) {
    for (out, rows) in out.chunks_exact_mut(LANES).zip(products.chunks_exact(batch * LANES)) {
        out.copy_from_slice(&rows[sample * LANES..(sample + 1) * LANES]);
    }
}
