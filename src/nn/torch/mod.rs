//! Networks in libtorch: for GPUs, and the counterpart against which [`super::cpu`] is tested.

mod step;

use std::ops::Range;

use tch::{Device, Kind, Tensor, no_grad};

use super::architecture::Architecture;
use super::block::{Block, Layer, NORM_EPSILON, TensorKind, TensorShape};
use crate::spec::{Shape, values};

pub use step::step;

/// A network whose parameters lie in one tensor, so that a copy or an optimiser's step is one operation. The layers are
/// views of this tensor. Convolution kernels are stored with their input channels last, the layout in which libtorch's
/// convolutions are fastest.
pub struct TorchNetwork {
    pub flat: Tensor,
    /// The gradient of the last call of [`TorchNetwork::learn`], in the same order.
    pub gradient: Tensor,
    /// An optimiser's running means of the gradient and of its square, in the same order; undefined without an
    /// optimiser.
    pub mean: Tensor,
    pub square: Tensor,
    parameters: Vec<Parameter>,
    shapes: Vec<Vec<i64>>,
    observation: Shape,
    /// The shared blocks, and the blocks of each head.
    shared: Vec<Block>,
    heads: Vec<Vec<Block>>,
    /// Ranges of tensors and of values: the shared ones, then those of each head.
    segments: Vec<(Range<usize>, Range<usize>)>,
}

struct Parameter {
    tensor: Tensor,
    kind: TensorKind,
}

impl TorchNetwork {
    /// A network with these values, one slice per tensor of [`Architecture::tensors`], in PyTorch's layout.
    pub fn new(architecture: &Architecture, values: &[Vec<f32>], device: Device) -> TorchNetwork {
        let tensors = architecture.tensors();
        let shapes: Vec<_> = tensors.iter().map(|tensor| tensor.shape.clone()).collect();
        let flat = flatten(&shapes, values).to_device(device);
        let mut start = 0;
        let parameters = tensors.iter().map(|tensor| {
            let length = tensor.count() as i64;
            let part = flat.narrow(0, start, length);
            start += length;
            let tensor_view = from_flat(&part, &tensor.shape).detach().set_requires_grad(true);
            Parameter { tensor: tensor_view, kind: tensor.kind }
        });
        let parameters = parameters.collect();
        let (gradient, mean, square) = (flat.zeros_like(), Tensor::new(), Tensor::new());
        TorchNetwork {
            flat,
            gradient,
            mean,
            square,
            parameters,
            shapes,
            observation: architecture.observation,
            shared: architecture.shared(),
            heads: architecture.head_blocks(),
            segments: segments(&tensors),
        }
    }

    /// The ranges of [`TorchNetwork::flat`] that updates of a head change.
    pub fn segments(&self, head: usize) -> Vec<Range<usize>> {
        self.segment_indices(head).map(|index| self.segments[index].1.clone()).collect()
    }

    /// The range of [`TorchNetwork::flat`] of each tensor of [`Architecture::tensors`].
    pub fn ranges(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let range = |shape: &Vec<i64>| {
            let end = start + shape.iter().product::<i64>() as usize;
            std::mem::replace(&mut start, end)..end
        };
        self.shapes.iter().map(range).collect()
    }

    fn segment_indices(&self, head: usize) -> impl Iterator<Item = usize> + use<> {
        let head_segment = (self.segments.len() > 1).then_some(1 + head);
        std::iter::once(0).chain(head_segment)
    }

    /// Converts a vector in the order of [`TorchNetwork::flat`] to values in PyTorch's layout.
    pub fn values(&self, flat: &Tensor) -> Vec<Vec<f32>> {
        let flat = flat.to_device(Device::Cpu);
        let values = self.shapes.iter().zip(self.ranges()).map(|(shape, range)| {
            let part = flat.narrow(0, range.start as i64, range.len() as i64);
            let tensor = from_flat(&part, shape).contiguous().view(-1);
            let mut values = vec![0.0; range.len()];
            tensor.copy_data(&mut values, range.len());
            values
        });
        values.collect()
    }

    /// The reverse of [`TorchNetwork::values`].
    pub fn flat_of(&self, values: &[Vec<f32>]) -> Tensor {
        flatten(&self.shapes, values).to_device(self.flat.device())
    }

    /// Outputs of a head, [batch, actions]. Observations follow one another in the slice.
    pub fn forward(&self, head: usize, observations: &[u8]) -> Tensor {
        self.forward_by_layer(head, observations, &mut |_, x| x)
    }

    /// As [`TorchNetwork::forward`], with a visit of each layer; see [`crate::nn::Network::visit_layers`].
    pub fn forward_by_layer(
        &self,
        head: usize,
        observations: &[u8],
        visit: &mut dyn FnMut(usize, Tensor) -> Tensor,
    ) -> Tensor {
        self.forward_uploaded(head, &self.upload(observations), visit)
    }

    /// Copies observations, which follow one another in the slice, to the device: pixels as bytes, [batch, stack,
    /// height, width], vectors as floats, [batch, size].
    pub fn upload(&self, observations: &[u8]) -> Tensor {
        let device = self.flat.device();
        let host = match self.observation {
            Shape::Image { stack, height, width } => {
                Tensor::from_slice(observations).view([-1, stack as i64, height as i64, width as i64])
            }
            Shape::Vector { size } => {
                Tensor::from_slice(&values(observations).collect::<Vec<f32>>()).view([-1, size as i64])
            }
        };
        // From pinned memory the copy does not wait for the device's current work.
        if device.is_cuda() {
            host.internal_pin_memory(device).to_device_(device, host.kind(), true, false)
        } else {
            host
        }
    }

    /// As [`TorchNetwork::forward_by_layer`], on uploaded observations.
    pub fn forward_uploaded(
        &self,
        head: usize,
        uploaded: &Tensor,
        visit: &mut dyn FnMut(usize, Tensor) -> Tensor,
    ) -> Tensor {
        let mut x = input(uploaded);
        let mut parameters = Parameters { all: &self.parameters, next: 0 };
        for block in &self.shared {
            x = parameters.apply(block, x, visit);
        }
        if self.segments.len() > 1 {
            parameters.next = self.segments[1 + head].0.start;
        }
        for block in &self.heads[head] {
            x = parameters.apply(block, x, visit);
        }
        x
    }

    /// Computes [`TorchNetwork::gradient`] of a loss on uploaded observations and returns the loss, which maps a head's
    /// outputs to a scalar.
    pub fn learn(&mut self, head: usize, uploaded: &Tensor, loss: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        let loss = loss(&self.forward_uploaded(head, uploaded, &mut |_, x| x));
        let segments = || self.segment_indices(head).map(|index| self.segments[index].clone());
        let parameters = segments().flat_map(|(tensors, _)| &self.parameters[tensors]);
        let parameters: Vec<_> = parameters.map(|parameter| &parameter.tensor).collect();
        let mut gradients = Tensor::run_backward(&[&loss], &parameters, false, false).into_iter();
        for (tensors, values) in segments() {
            let parts: Vec<_> = gradients.by_ref().take(tensors.len()).map(|gradient| to_flat(&gradient)).collect();
            let mut part = self.gradient.narrow(0, values.start as i64, values.len() as i64);
            no_grad(|| part.copy_(&Tensor::cat(&parts, 0)));
        }
        loss.detach()
    }
}

/// A network's parameters in the order of the data flow.
struct Parameters<'a> {
    all: &'a [Parameter],
    next: usize,
}

impl<'a> Parameters<'a> {
    fn take(&mut self, kind: TensorKind) -> &'a Tensor {
        let parameter = &self.all[self.next];
        debug_assert_eq!(parameter.kind, kind);
        self.next += 1;
        &parameter.tensor
    }

    /// Applies a block to a batch; `visit` receives the output before the ReLU.
    fn apply(&mut self, block: &Block, x: Tensor, visit: &mut dyn FnMut(usize, Tensor) -> Tensor) -> Tensor {
        let index = self.next;
        let (weight, bias) = (self.take(TensorKind::Weight), self.take(TensorKind::Bias));
        let mut x = match block.product {
            Layer::Conv { stride, .. } => x.conv2d(weight, Some(bias), [stride; 2], [0; 2], [1; 2], 1),
            _ => x.flatten(1, -1).linear(weight, Some(bias)),
        };
        if block.norm {
            let (gain, shift) = (self.take(TensorKind::Gain), self.take(TensorKind::Shift));
            x = x.layer_norm(&block.output, Some(gain), Some(shift), NORM_EPSILON, true);
        }
        x = visit(index, x);
        if block.relu { x.relu() } else { x }
    }
}

/// Uploaded observations as a network's input. Pixels become values between 0 and 1, with channels last in memory;
/// vectors stay as they are.
fn input(uploaded: &Tensor) -> Tensor {
    if uploaded.kind() != Kind::Uint8 {
        return uploaded.shallow_clone();
    }
    let last = uploaded.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
    last.to_kind(Kind::Float) / 255.0
}

/// The ranges of tensors and of values that belong together: the shared ones, then those of each head.
fn segments(tensors: &[TensorShape]) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut index, mut at) = (0, 0);
    let segment = |part: &[TensorShape]| {
        let (first, start) = (index, at);
        index += part.len();
        at += part.iter().map(TensorShape::count).sum::<usize>();
        (first..index, start..at)
    };
    tensors.chunk_by(|one, next| one.head == next.head).map(segment).collect()
}

fn flatten(shapes: &[Vec<i64>], values: &[Vec<f32>]) -> Tensor {
    let parts = values.iter().zip(shapes).map(|(values, shape)| to_flat(&Tensor::from_slice(values).view(&shape[..])));
    Tensor::cat(&parts.collect::<Vec<_>>(), 0)
}

/// A tensor's values in the order of [`TorchNetwork::flat`].
fn to_flat(tensor: &Tensor) -> Tensor {
    match tensor.dim() {
        4 => tensor.permute([0, 2, 3, 1]).reshape([-1]),
        _ => tensor.reshape([-1]),
    }
}

/// A view of a part of the flat tensor with PyTorch's `shape`.
fn from_flat(part: &Tensor, shape: &[i64]) -> Tensor {
    match *shape {
        [outputs, inputs, height, width] => part.view([outputs, height, width, inputs]).permute([0, 3, 1, 2]),
        _ => part.view(shape),
    }
}
