//! The position of every parameter in the flat vector, and its relation to PyTorch's layout.

use std::ops::Range;

use super::kernel::{self, FOLD, LANES, Patches, STACK, filled};
use super::layer::CpuLayer;
use super::norm::Norm;
use crate::nn::architecture::Architecture;
use crate::nn::block::{self, Block, TensorKind, TensorShape};
use crate::spec::Shape;

/// The layers of an architecture.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// The convolutions of a network for images.
    pub conv: Vec<CpuLayer>,
    /// The fully connected layers that all games share.
    pub dense: Vec<CpuLayer>,
    /// The layers of each head.
    pub heads: Vec<Vec<CpuLayer>>,
    /// The range of the shared parameters, then the range of each head.
    pub segments: Vec<Range<usize>>,
    /// The layout of each tensor of [`Architecture::tensors`].
    pub layouts: Vec<Layout>,
    /// Length of the flat vector.
    pub length: usize,
}

/// The positions of a tensor's values. In PyTorch's layout the inputs of an output are ordered by channel, then by
/// place. Here the channels of a place are adjacent, padded to whole rows.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The position of the tensor in the flat vector.
    pub start: usize,
    /// Number of values of one output in PyTorch's layout; for a vector its whole length.
    inputs: usize,
    /// The start of the channels of each place.
    places: Vec<usize>,
    /// Rows of a panel of weights; `None` for a vector.
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

/// Places layers one after another.
struct Builder {
    tensors: std::vec::IntoIter<TensorShape>,
    layouts: Vec<Layout>,
    length: usize,
}

impl Builder {
    /// Reserves room for the next tensor, which has `width` channels (padded) from each of these places on.
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

    /// A layer for an input of `inputs` values, with `in_width` channels (padded) at each of the `places` of a patch.
    fn layer(
        &mut self,
        block: &Block,
        patches: Patches,
        places: Vec<usize>,
        in_width: usize,
        inputs: usize,
    ) -> CpuLayer {
        let channels = block.output[0] as usize;
        let width = filled(channels);
        let weights = self.tensor(places, in_width);
        let bias = self.tensor(vec![0], width);
        let positions = patches.starts.len();
        let out_places: Vec<_> = (0..positions).map(|position| position * width).collect();
        let norm = block.norm.then(|| Norm {
            gain: self.tensor(out_places.clone(), width),
            shift: self.tensor(out_places, width),
            count: positions * channels,
        });
        CpuLayer { patches, inputs, channels, width, weights, bias, norm, relu: block.relu }
    }

    /// A convolution of an image of `side` × `side` places with `width` channels (padded). The first convolution's
    /// input is folded.
    fn convolution(&mut self, block: &Block, side: usize, width: usize, is_first: bool) -> CpuLayer {
        let block::Layer::Conv { kernel, stride, .. } = block.product else { unreachable!("it is a convolution") };
        let shape = Convolution { kernel: kernel as usize, stride: stride as usize, side, width };
        let (patches, places) = if is_first { shape.folded() } else { shape.plain() };
        self.layer(block, patches, places, width, side * side * width)
    }

    /// A fully connected layer for `inputs` values, with `in_width` of them (padded) at each place.
    fn dense(&mut self, block: &Block, inputs: usize, in_width: usize) -> CpuLayer {
        let patches = Patches { starts: vec![0], runs: 1, run_stride: 0, run: inputs };
        let places = (0..inputs).step_by(in_width).collect();
        self.layer(block, patches, places, in_width, inputs)
    }

    /// Consecutive fully connected layers.
    fn chain(&mut self, blocks: &[Block], inputs: usize, in_width: usize) -> Vec<CpuLayer> {
        let (mut inputs, mut in_width) = (inputs, in_width);
        let mut layers = Vec::new();
        for block in blocks {
            let layer = self.dense(block, inputs, in_width);
            (inputs, in_width) = (layer.width, layer.width);
            layers.push(layer);
        }
        layers
    }
}

/// Whether the kernels can compute the network. For a vector they compute fully connected layers. For a square image of
/// [`STACK`] frames they compute convolutions, the first with a stride of [`FOLD`] pixels and a kernel of a multiple of
/// it, and then fully connected layers.
pub fn knows(architecture: &Architecture) -> bool {
    let blocks = architecture.shared();
    let is_dense = |block: &Block| matches!(block.product, block::Layer::Dense { .. });
    match architecture.observation {
        Shape::Vector { .. } => true,
        Shape::Image { stack, height, width } => {
            let folds = |block: &Block| match block.product {
                block::Layer::Conv { kernel, stride, .. } => {
                    stride as usize == FOLD && (kernel as usize).is_multiple_of(FOLD)
                }
                _ => false,
            };
            let is_square = height == width && width.is_multiple_of(FOLD);
            stack == STACK && is_square && blocks.first().is_some_and(folds) && blocks.last().is_some_and(is_dense)
        }
    }
}

impl LayerPlan {
    /// The plan of a network that the kernels know.
    pub fn new(architecture: &Architecture) -> LayerPlan {
        let mut builder = Builder { tensors: architecture.tensors().into_iter(), layouts: Vec::new(), length: 0 };
        let shared = architecture.shared();
        let convolutions = shared.iter().take_while(|block| block.output.len() > 1).count();
        let (convolutional, dense) = shared.split_at(convolutions);
        let mut conv: Vec<CpuLayer> = Vec::new();
        for block in convolutional {
            let side = block.input[1] as usize;
            let width = conv.last().map_or(STACK, |before| before.width);
            conv.push(builder.convolution(block, side, width, conv.is_empty()));
        }
        let (inputs, in_width) = match (architecture.observation, conv.last()) {
            (_, Some(last)) => (last.outputs(), last.width),
            (Shape::Vector { size }, None) => (filled(size), filled(size)),
            (Shape::Image { .. }, None) => unreachable!("the kernels know no image without convolutions"),
        };
        let dense = builder.chain(dense, inputs, in_width);
        let features = dense.last().expect("a network has shared layers").width;
        let mut segments = Vec::new();
        segments.push(0..builder.length);
        let mut heads = Vec::new();
        for head in architecture.head_blocks() {
            let start = builder.length;
            heads.push(builder.chain(&head, features, features));
            segments.push(start..builder.length);
        }
        if architecture.heads().is_empty() {
            // With one game, its outputs belong to the part that every update changes.
            segments.truncate(1);
            segments[0].end = builder.length;
        }
        LayerPlan { conv, dense, heads, segments, layouts: builder.layouts, length: builder.length }
    }

    /// Length of the convolutions' parameters, which come first.
    pub fn conv_length(&self) -> usize {
        self.dense[0].weights.start
    }
}

/// A convolution over an image of `side` × `side` places with `width` adjacent channels.
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

    /// The patches of an image with its places row after row, and the starts of a patch's places in it.
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

    /// As `plain`, for an image ordered as [`kernel::folded`] says, whose squares are as wide as the stride: a patch is
    /// some squares of some rows of squares.
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
