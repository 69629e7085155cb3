//! Networks on a CPU. The kernels are made for few kinds of layers (see [`knows`]), for which a general library spends
//! more time around its products than in them. [`super::torch`] is the counterpart for GPUs, against which this module
//! is tested.

pub(in crate::nn) mod kernel;
mod layer;
mod layer_plan;
pub(in crate::nn) mod norm;
mod orthogonal;
mod step;

use rayon::prelude::*;

use self::kernel::Row;
use self::layer::Trace;
use self::layer_plan::LayerPlan;
use super::architecture::Architecture;
use crate::spec::{Shape, values};

pub use self::layer_plan::knows;
pub use self::step::step;

/// Number of groups of samples. Their gradients are summed separately and then added in order, so that the result does
/// not depend on threads.
const SHARDS: usize = 16;

/// Whether this machine has the vector instructions that the kernels need.
pub fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "aarch64")
}

/// A network's parameters and gradient, with an optimiser's running means.
pub struct CpuNetwork {
    plan: LayerPlan,
    observation: Shape,
    /// The parameters, in the order of [`LayerPlan`].
    pub flat: Vec<f32>,
    /// The gradient of the last call of [`CpuNetwork::learn`], in the same order.
    pub gradient: Vec<f32>,
    /// An optimiser's running means of the gradient and of its square, in the same order; empty without an optimiser.
    pub mean: Vec<f32>,
    pub square: Vec<f32>,
    work: Workspace,
}

/// Buffers that [`CpuNetwork::learn`] reuses.
#[derive(Default)]
struct Workspace {
    samples: Vec<Vec<Trace>>,
    shards: Vec<Vec<f32>>,
}

impl CpuNetwork {
    /// A network that [`knows`] accepts, with these values: one slice per tensor of [`Architecture::tensors`], in
    /// PyTorch's layout.
    pub fn new(architecture: &Architecture, values: &[Vec<f32>]) -> CpuNetwork {
        let plan = LayerPlan::new(architecture);
        let flat = to_flat(&plan, values);
        CpuNetwork {
            gradient: vec![0.0; plan.length],
            mean: Vec::new(),
            square: Vec::new(),
            flat,
            plan,
            observation: architecture.observation,
            work: Workspace::default(),
        }
    }

    /// The ranges of [`CpuNetwork::flat`] that updates of a head change.
    pub fn segments(&self, head: usize) -> Vec<std::ops::Range<usize>> {
        let head_segment = self.plan.segments.get(1 + head).cloned();
        [self.plan.segments[0].clone()].into_iter().chain(head_segment).collect()
    }

    /// The range of [`CpuNetwork::flat`] of each tensor of [`Architecture::tensors`].
    pub fn ranges(&self) -> Vec<std::ops::Range<usize>> {
        let starts: Vec<_> = self.plan.layouts.iter().map(|layout| layout.start).chain([self.plan.length]).collect();
        starts.windows(2).map(|ends| ends[0]..ends[1]).collect()
    }

    /// Converts a vector in the order of [`CpuNetwork::flat`] to values in PyTorch's layout.
    pub fn values(&self, flat: &[f32]) -> Vec<Vec<f32>> {
        let tensor = |layout: &layer_plan::Layout| (0..layout.count).map(|index| flat[layout.place(index)]).collect();
        self.plan.layouts.iter().map(tensor).collect()
    }

    /// The reverse of [`CpuNetwork::values`].
    pub fn flat_of(&self, values: &[Vec<f32>]) -> Vec<f32> {
        to_flat(&self.plan, values)
    }

    /// Outputs of a head, [batch, actions]. Observations follow one another in the slice.
    pub fn forward(&self, head: usize, observations: &[u8]) -> Vec<f32> {
        let bytes = self.observation.bytes();
        let (batch, inputs) = (observations.len() / bytes, self.plan.dense[0].inputs);
        let mut features = vec![0.0; batch * inputs];
        let samples = features.par_chunks_exact_mut(inputs).zip(observations.par_chunks_exact(bytes));
        match self.plan.conv.is_empty() {
            true => self.read_vectors(observations, &mut features),
            false => samples.for_each_init(Default::default, |(x, traces), (features, observation)| {
                features.copy_from_slice(self.convolve(observation, x, traces));
            }),
        }
        let traces = self.dense(head, &features, batch);
        self.outputs(head, &traces)
    }

    /// Copies vectors to rows of the first layer's input. The rows are longer; their rest stays 0.
    fn read_vectors(&self, observations: &[u8], rows: &mut [f32]) {
        let rows = rows.chunks_exact_mut(self.plan.dense[0].inputs);
        for (row, observation) in rows.zip(observations.chunks_exact(self.observation.bytes())) {
            row.iter_mut().zip(values(observation)).for_each(|(to, value)| *to = value);
        }
    }

    /// Runs the convolutions for one sample. `x` receives the interleaved input, `traces` one trace per layer. Returns
    /// the last output.
    fn convolve<'a>(&self, observation: &[u8], x: &mut Vec<f32>, traces: &'a mut Vec<Trace>) -> &'a [f32] {
        self.interleave(observation, x);
        traces.resize(self.plan.conv.len(), Trace::default());
        for (index, layer) in self.plan.conv.iter().enumerate() {
            let (before, trace) = traces.split_at_mut(index);
            layer.forward(&self.flat, before.last().map_or(x, |before| &before.out), &mut trace[0]);
        }
        traces.last().map_or(&[], |last| &last.out)
    }

    fn interleave(&self, observation: &[u8], x: &mut Vec<f32>) {
        let Shape::Image { width, .. } = self.observation else { unreachable!("only images are convolved") };
        x.resize(observation.len(), 0.0);
        kernel::interleave(observation, width, x);
    }

    /// Runs the dense layers of a head for a batch; returns the traces of each layer, one per sample.
    fn dense(&self, head: usize, features: &[f32], batch: usize) -> Vec<Vec<Trace>> {
        let mut layers: Vec<Vec<Trace>> = Vec::new();
        for layer in self.plan.dense.iter().chain(&self.plan.heads[head]) {
            let mut traces = vec![Trace::default(); batch];
            match layers.last() {
                Some(before) => layer.forward_batch(&self.flat, &together(before), &mut traces),
                None => layer.forward_batch(&self.flat, features, &mut traces),
            }
            layers.push(traces);
        }
        layers
    }

    fn outputs(&self, head: usize, traces: &[Vec<Trace>]) -> Vec<f32> {
        let actions = self.plan.heads[head].last().expect("a head has an output layer").channels;
        traces.last().into_iter().flatten().flat_map(|trace| &trace.out[..actions]).copied().collect()
    }

    /// Computes [`CpuNetwork::gradient`] of a loss. `loss` receives the outputs and returns a value, which is passed
    /// on, and its gradient by the outputs, [batch, actions].
    pub fn learn<T>(&mut self, head: usize, observations: &[u8], loss: impl FnOnce(&[f32]) -> (T, Vec<f32>)) -> T {
        let bytes = self.observation.bytes();
        let batch = observations.len() / bytes;
        let mut work = std::mem::take(&mut self.work);
        let features = if self.plan.conv.is_empty() {
            let mut features = vec![0.0; batch * self.plan.dense[0].inputs];
            self.read_vectors(observations, &mut features);
            features
        } else {
            work.samples.resize(batch, Default::default());
            let samples = work.samples.par_iter_mut().zip(observations.par_chunks_exact(bytes));
            samples.for_each_init(Vec::new, |x, (traces, observation)| {
                self.convolve(observation, x, traces);
            });
            work.samples.iter().filter_map(|traces| traces.last()).map(|last| &*last.out).collect::<Vec<_>>().concat()
        };
        let traces = self.dense(head, &features, batch);
        let (loss, d) = loss(&self.outputs(head, &traces));
        let mut gradient = std::mem::take(&mut self.gradient);
        for segment in self.segments(head) {
            gradient[segment].fill(0.0);
        }
        if let Some(d) = self.dense_backward(head, &features, &traces, &d, &mut gradient) {
            self.convolve_backward(observations, d, &mut work, &mut gradient);
        }
        (self.work, self.gradient) = (work, gradient);
        loss
    }

    /// Adds the gradient by the dense layers' parameters, and returns the gradient by the features where convolutions
    /// made them.
    fn dense_backward(
        &self,
        head: usize,
        features: &[f32],
        traces: &[Vec<Trace>],
        d: &[f32],
        gradient: &mut [f32],
    ) -> Option<Vec<f32>> {
        let layers: Vec<_> = self.plan.dense.iter().chain(&self.plan.heads[head]).collect();
        let last = layers[layers.len() - 1];
        let mut d_out = vec![0.0; traces[0].len() * last.width];
        for (row, d) in d_out.chunks_exact_mut(last.width).zip(d.chunks_exact(last.channels)) {
            row[..last.channels].copy_from_slice(d);
        }
        for (index, layer) in layers.iter().enumerate().rev() {
            let before = index.checked_sub(1).map(|before| together(&traces[before]));
            let x = before.as_deref().unwrap_or(features);
            layer.backward_batch(&self.flat, x, &traces[index], &mut d_out, gradient);
            if index == 0 && self.plan.conv.is_empty() {
                return None;
            }
            d_out = layer.input_gradient(&self.flat, traces[index].len(), &d_out);
        }
        Some(d_out)
    }

    /// Adds the gradient by the convolutions' parameters; `d` is the gradient by the features.
    fn convolve_backward(&self, observations: &[u8], mut d: Vec<f32>, work: &mut Workspace, gradient: &mut [f32]) {
        let transposed: Vec<_> = self.plan.conv[1..].iter().map(|layer| layer.transposed(&self.flat)).collect();
        let (batch, length, bytes) = (work.samples.len(), self.plan.conv_length(), self.observation.bytes());
        let (each, features) = (batch.div_ceil(SHARDS), self.plan.dense[0].inputs);
        work.shards.resize(batch.div_ceil(each), Vec::new());
        let samples = work.samples.par_chunks(each).zip(observations.par_chunks(each * bytes));
        let d = d.par_chunks_mut(each * features);
        let shards = work.shards.par_iter_mut().zip(samples).zip(d);
        let scratch = || (Vec::new(), vec![Vec::new(); transposed.len()]);
        shards.for_each_init(scratch, |scratch, ((shard, (samples, observations)), d)| {
            shard.clear();
            shard.resize(length, 0.0);
            let d = d.chunks_exact_mut(features);
            for ((traces, observation), d) in samples.iter().zip(observations.chunks_exact(bytes)).zip(d) {
                self.sample_backward(observation, traces, d, &transposed, shard, scratch);
            }
        });
        let parts = gradient[..length].par_chunks_mut(1 << 13).enumerate();
        parts.for_each(|(part, gradient)| {
            for shard in &work.shards {
                let values = &shard[part << 13..];
                gradient.iter_mut().zip(values).for_each(|(gradient, value)| *gradient += value);
            }
        });
    }

    /// Adds one sample's gradient by the convolutions' parameters. `d` is the gradient by the last convolution's
    /// output; `transposed` has the weights of all convolutions but the first.
    fn sample_backward(
        &self,
        observation: &[u8],
        traces: &[Trace],
        d: &mut [f32],
        transposed: &[Vec<Row>],
        gradient: &mut [f32],
        (x, between): &mut (Vec<f32>, Vec<Vec<f32>>),
    ) {
        self.interleave(observation, x);
        for (index, layer) in self.plan.conv.iter().enumerate().rev() {
            let (below, own) = between.split_at_mut(index);
            let d = own.first_mut().map_or(&mut *d, Vec::as_mut_slice);
            match below.last_mut() {
                Some(dx) => {
                    let dx = Some((transposed[index - 1].as_slice(), dx));
                    layer.backward(&self.flat, &traces[index - 1].out, &traces[index], d, gradient, dx);
                }
                None => layer.backward(&self.flat, x, &traces[index], d, gradient, None),
            }
        }
    }
}

fn to_flat(plan: &LayerPlan, values: &[Vec<f32>]) -> Vec<f32> {
    let mut flat = vec![0.0; plan.length];
    for (layout, values) in plan.layouts.iter().zip(values) {
        for (index, value) in values.iter().enumerate() {
            flat[layout.place(index)] = *value;
        }
    }
    flat
}

/// The outputs of a batch one after another.
fn together(traces: &[Trace]) -> Vec<f32> {
    traces.iter().map(|trace| &*trace.out).collect::<Vec<_>>().concat()
}
