//! Where every parameter lies in the flat vector, and how PyTorch's layout maps to it.

use std::ops::Range;

use super::kernel::{self, LANES, Patches};
use super::layer::Layer;
use super::norm::Norm;
use crate::frame::{SIDE, STACK};
use crate::nn::architecture::{Architecture, CONVOLUTIONS, HEAD_UNITS, Outputs, SIDES, TensorKind, TensorShape};

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
    /// Where the channels of each place begin.
    places: Vec<usize>,
    /// Rows of a panel of weights; none of a vector.
    panel: Option<usize>,
    /// Number of values in PyTorch's layout.
    pub count: usize,
}

impl Layout {
    /// The index in the flat vector of the tensor's value number `index`.
    pub fn place(&self, index: usize) -> usize {
        let (output, input) = (index / self.inputs, index % self.inputs);
        let k = self.places[input % self.places.len()] + input / self.places.len();
        match self.panel {
            Some(length) => self.start + (output / LANES * length + k) * LANES + output % LANES,
            None => self.start + k,
        }
    }
}

/// Lays layers one after another.
struct Builder {
    tensors: std::vec::IntoIter<TensorShape>,
    layouts: Vec<Layout>,
    length: usize,
}

impl Builder {
    /// Room for the next tensor, which has `width` channels (filled up) from each of these places on.
    fn tensor(&mut self, places: Vec<usize>, width: usize) -> Range<usize> {
        let TensorShape { shape, kind, .. } = self.tensors.next().expect("a layer has these tensors");
        let shape: Vec<_> = shape.into_iter().map(|size| size as usize).collect();
        let count = shape.iter().product();
        let length = places.len() * width;
        let (inputs, size, panel) = match kind {
            TensorKind::Weight => (count / shape[0], filled(shape[0]) * length, Some(length)),
            _ => (count, length, None),
        };
        let start = self.length;
        self.length += size;
        self.layouts.push(Layout { start, inputs, places, panel, count });
        start..self.length
    }

    /// A layer for an input with `in_width` channels (filled up) at each of the `places` of a patch.
    fn layer(&mut self, channels: i64, patches: Patches, places: Vec<usize>, in_width: usize, with: Kind) -> Layer {
        let channels = channels as usize;
        let width = filled(channels);
        let weights = self.tensor(places, in_width);
        let bias = self.tensor(vec![0], width);
        let positions = patches.starts.len();
        let out_places: Vec<_> = (0..positions).map(|position| position * width).collect();
        let norm = with.norm.then(|| Norm {
            gain: self.tensor(out_places.clone(), width),
            shift: self.tensor(out_places, width),
            count: positions * channels,
        });
        Layer { patches, inputs: with.inputs, channels, width, weights, bias, norm, hidden: with.hidden }
    }

    fn dense(&mut self, channels: i64, in_width: usize, with: Kind) -> Layer {
        let patches = Patches { starts: vec![0], runs: 1, run_stride: 0, run: with.inputs };
        let places = (0..with.inputs).step_by(in_width).collect();
        self.layer(channels, patches, places, in_width, with)
    }
}

/// What a layer's product is preceded by and followed by.
#[derive(Clone, Copy)]
struct Kind {
    /// Values of a sample's input.
    inputs: usize,
    hidden: bool,
    norm: bool,
}

fn filled(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

impl Plan {
    pub fn new(architecture: &Architecture) -> Plan {
        let mut builder = Builder { tensors: architecture.tensors().into_iter(), layouts: Vec::new(), length: 0 };
        let hidden = |inputs| Kind { inputs, hidden: true, norm: architecture.layer_norm };
        let last = |inputs| Kind { inputs, hidden: false, norm: false };
        let (mut side, mut in_width) = (SIDE, STACK);
        let mut conv = Vec::new();
        for ((&filters, (kernel, stride)), out_side) in architecture.conv.iter().zip(CONVOLUTIONS).zip(SIDES) {
            let shape = Convolution { kernel: kernel as usize, stride: stride as usize, side, width: in_width };
            let inputs = side * side * in_width;
            let (patches, places) = if conv.is_empty() { shape.folded() } else { shape.plain() };
            let layer = builder.layer(filters, patches, places, in_width, hidden(inputs));
            (side, in_width) = (out_side as usize, layer.width);
            conv.push(layer);
        }
        let shared = builder.dense(architecture.hidden, in_width, hidden(side * side * in_width));
        let mut segments = Vec::new();
        let mut heads = Vec::new();
        if let Outputs::One(actions) = architecture.outputs {
            heads.push(vec![builder.dense(actions, shared.width, last(shared.width))]);
        }
        segments.push(0..builder.length);
        for head in architecture.heads() {
            let start = builder.length;
            let own = builder.dense(HEAD_UNITS, shared.width, hidden(shared.width));
            let output = builder.dense(head.actions, own.width, last(own.width));
            heads.push(vec![own, output]);
            segments.push(start..builder.length);
        }
        Plan { conv, shared, heads, segments, layouts: builder.layouts, length: builder.length }
    }

    /// Length of the convolutions' parameters, which come first.
    pub fn conv_length(&self) -> usize {
        self.shared.weights.start
    }
}

/// A convolution over an image of `side` × `side` places with `width` channels, which lie together.
struct Convolution {
    kernel: usize,
    stride: usize,
    side: usize,
    width: usize,
}

impl Convolution {
    fn positions(&self) -> impl Iterator<Item = (usize, usize)> {
        let out_side = (self.side - self.kernel) / self.stride + 1;
        (0..out_side * out_side).map(move |i| (i / out_side, i % out_side))
    }

    /// The patches of an image whose places lie row after row, and where the places of a patch begin in it.
    fn plain(&self) -> (Patches, Vec<usize>) {
        let Convolution { kernel, stride, side, width } = *self;
        let start = |(row, column)| (row * stride * side + column * stride) * width;
        let patches = Patches {
            starts: self.positions().map(start).collect(),
            runs: kernel,
            run_stride: side * width,
            run: kernel * width,
        };
        (patches, (0..kernel * kernel).map(|place| place * width).collect())
    }

    /// The same for an image as [`kernel::folded`], whose squares are as wide as the stride: a patch is some squares of
    /// some rows of squares.
    fn folded(&self) -> (Patches, Vec<usize>) {
        let Convolution { kernel, stride, side, width } = *self;
        let (squares, across, square) = (side / stride, kernel / stride, stride * stride * width);
        let start = |(row, column)| (row * squares + column) * square;
        let patches = Patches {
            starts: self.positions().map(start).collect(),
            runs: across,
            run_stride: squares * square,
            run: across * square,
        };
        let place = |place: usize| kernel::folded(place / kernel, place % kernel, across) * width;
        (patches, (0..kernel * kernel).map(place).collect())
    }
}
