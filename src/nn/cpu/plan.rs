//! Where every parameter lies in the flat vector, and how PyTorch's layout maps to it.

use std::ops::Range;

use super::kernel::{LANES, Patches};
use super::layer::Layer;
use super::norm::Norm;
use crate::frame::{SIDE, STACK};
use crate::nn::architecture::{Architecture, CONVOLUTIONS, SIDES, TensorKind, TensorShape};

/// The layers of an architecture.
#[derive(Debug, Clone)]
pub struct Plan {
    pub conv: Vec<Layer>,
    /// The fully connected layer that all games share.
    pub shared: Layer,
    /// The layers of each head.
    pub heads: Vec<Vec<Layer>>,
    /// What all games share, then what belongs to each head.
    pub segments: Vec<Range<usize>>,
    /// Of each tensor of [`Architecture::tensors`].
    pub layouts: Vec<Layout>,
    /// Length of the flat vector.
    pub length: usize,
}

/// Where the values of a tensor lie. In PyTorch's layout an output's inputs are ordered by channel and then by place;
/// here the channels of a place are together, filled up to whole rows.
#[derive(Debug, Clone)]
pub struct Layout {
    start: usize,
    /// Values of one output in PyTorch's layout; the whole length of a vector.
    inputs: usize,
    places: usize,
    /// Channels of a place, filled up.
    width: usize,
    is_weight: bool,
    /// Number of values in PyTorch's layout.
    pub count: usize,
}

impl Layout {
    /// The index in the flat vector of the tensor's value number `index`.
    pub fn place(&self, index: usize) -> usize {
        let (output, input) = (index / self.inputs, index % self.inputs);
        let k = input % self.places * self.width + input / self.places;
        if !self.is_weight {
            return self.start + k;
        }
        let length = self.places * self.width;
        self.start + (output / LANES * length + k) * LANES + output % LANES
    }
}

/// Lays layers one after another.
struct Builder {
    tensors: std::vec::IntoIter<TensorShape>,
    layouts: Vec<Layout>,
    length: usize,
}

impl Builder {
    /// Room for the next tensor, whose channels are filled up to `width` at each of its places.
    fn tensor(&mut self, places: usize, width: usize) -> Range<usize> {
        let TensorShape { shape, kind, .. } = self.tensors.next().expect("a layer has these tensors");
        let shape: Vec<_> = shape.into_iter().map(|size| size as usize).collect();
        let is_weight = kind == TensorKind::Weight;
        let count = shape.iter().product();
        let (inputs, size) = match is_weight {
            true => (count / shape[0], filled(shape[0]) * places * width),
            false => (count, places * width),
        };
        let start = self.length;
        self.length += size;
        self.layouts.push(Layout { start, inputs, places, width, is_weight, count });
        start..self.length
    }

    /// A layer for an input with `in_width` channels (filled up) at each place of a patch.
    fn layer(&mut self, channels: i64, patches: Patches, in_width: usize, inputs: usize, with: Kind) -> Layer {
        let channels = channels as usize;
        let width = filled(channels);
        let weights = self.tensor(patches.length() / in_width, in_width);
        let bias = self.tensor(1, width);
        let positions = patches.starts.len();
        let norm = with.norm.then(|| Norm {
            gain: self.tensor(positions, width),
            shift: self.tensor(positions, width),
            count: positions * channels,
        });
        Layer { patches, inputs, channels, width, weights, bias, norm, hidden: with.hidden }
    }

    fn dense(&mut self, channels: i64, in_width: usize, inputs: usize, with: Kind) -> Layer {
        let patches = Patches { starts: vec![0], runs: 1, run_stride: 0, run: inputs };
        self.layer(channels, patches, in_width, inputs, with)
    }
}

/// What follows a layer's product.
#[derive(Clone, Copy)]
struct Kind {
    hidden: bool,
    norm: bool,
}

fn filled(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

impl Plan {
    pub fn new(architecture: &Architecture) -> Plan {
        let mut builder = Builder { tensors: architecture.tensors().into_iter(), layouts: Vec::new(), length: 0 };
        let hidden = Kind { hidden: true, norm: architecture.layer_norm };
        let last = Kind { hidden: false, norm: false };
        let (mut side, mut in_width) = (SIDE, STACK);
        let mut conv = Vec::new();
        for ((&filters, (kernel, stride)), out_side) in architecture.conv.iter().zip(CONVOLUTIONS).zip(SIDES) {
            let patches = patches(kernel as usize, stride as usize, side, in_width, out_side as usize);
            let layer = builder.layer(filters, patches, in_width, side * side * in_width, hidden);
            (side, in_width) = (out_side as usize, layer.width);
            conv.push(layer);
        }
        let shared = builder.dense(architecture.hidden, in_width, side * side * in_width, hidden);
        let mut segments = Vec::new();
        if architecture.heads().is_empty() {
            let output = builder.dense(architecture.actions()[0], shared.width, shared.width, last);
            segments.push(0..builder.length);
            return Plan::finish(builder, conv, shared, vec![vec![output]], segments);
        }
        segments.push(0..builder.length);
        let mut heads = Vec::new();
        for head in architecture.heads() {
            let start = builder.length;
            let units = crate::nn::architecture::HEAD_UNITS;
            let own = builder.dense(units, shared.width, shared.width, hidden);
            let output = builder.dense(head.actions, own.width, own.width, last);
            heads.push(vec![own, output]);
            segments.push(start..builder.length);
        }
        Plan::finish(builder, conv, shared, heads, segments)
    }

    fn finish(
        builder: Builder,
        conv: Vec<Layer>,
        shared: Layer,
        heads: Vec<Vec<Layer>>,
        segments: Vec<Range<usize>>,
    ) -> Plan {
        Plan { conv, shared, heads, segments, layouts: builder.layouts, length: builder.length }
    }

    /// Length of the convolutions' parameters, which come first.
    pub fn conv_length(&self) -> usize {
        self.shared.weights.start
    }
}

/// What a convolution covers of an image of `side` × `side` places with `width` channels, which lie together.
fn patches(kernel: usize, stride: usize, side: usize, width: usize, out_side: usize) -> Patches {
    let start = |i: usize| (i / out_side * stride * side + i % out_side * stride) * width;
    Patches {
        starts: (0..out_side * out_side).map(start).collect(),
        runs: kernel,
        run_stride: side * width,
        run: kernel * width,
    }
}
