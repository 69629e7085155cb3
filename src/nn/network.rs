//! A network: its parameters in one flat tensor, and the forward pass.

use rand::RngExt;
use tch::{Device, Kind, Tensor, no_grad};

use super::architecture::{Architecture, CONVOLUTIONS};
use crate::frame::{SIDE, STACK};
use crate::units::{Generator, Seed};

/// A Q-network or a student. All parameters lie in one tensor, so that copying them, or an optimiser's step over them,
/// is one operation; the layers are views of it. Convolution kernels lie there with their input channels last, the
/// layout in which libtorch's convolutions are fastest.
pub struct Network {
    architecture: Architecture,
    flat: Tensor,
    parameters: Vec<Tensor>,
}

impl Network {
    /// Weights and biases uniform within ±1/√(inputs of a unit), as PyTorch initialises its layers.
    pub fn new(architecture: &Architecture, seed: Seed, device: Device) -> Network {
        let mut generator = seed.generator();
        let mut bound = 0.0;
        let values = architecture.tensors().into_iter().map(|(_, shape)| {
            // A bias follows its weight and has the same bound.
            if shape.len() > 1 {
                bound = 1.0 / (shape[1..].iter().product::<i64>() as f32).sqrt();
            }
            uniform(&mut generator, bound, shape.iter().product())
        });
        Network::from_values(architecture, &values.collect::<Vec<_>>(), device)
    }

    /// A network with these values, one slice per tensor of [`Architecture::tensors`], in PyTorch's layout.
    pub fn from_values(architecture: &Architecture, values: &[Vec<f32>], device: Device) -> Network {
        let tensors = architecture.tensors();
        let in_order = values
            .iter()
            .zip(&tensors)
            .map(|(values, (_, shape))| to_flat(&Tensor::from_slice(values).view(shape.as_slice())));
        let flat = Tensor::cat(&in_order.collect::<Vec<_>>(), 0).to_device(device);
        let mut start = 0;
        let parameters = tensors.iter().map(|(_, shape)| {
            let length = shape.iter().product();
            let part = flat.narrow(0, start, length);
            start += length;
            from_flat(&part, shape).detach().set_requires_grad(true)
        });
        Network { parameters: parameters.collect(), architecture: architecture.clone(), flat }
    }

    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    pub fn device(&self) -> Device {
        self.flat.device()
    }

    /// All parameters, in the order in which they are stored.
    pub fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// The values of each tensor of [`Architecture::tensors`], in PyTorch's layout.
    pub fn values(&self) -> Vec<Vec<f32>> {
        let values = |tensor: &Tensor| {
            let tensor = tensor.detach().contiguous().view(-1).to_device(Device::Cpu);
            let mut values = vec![0.0; tensor.numel()];
            tensor.copy_data(&mut values, tensor.numel());
            values
        };
        self.parameters.iter().map(values).collect()
    }

    /// Makes this network equal to `other`, which has the same architecture.
    pub fn copy_from(&mut self, other: &Network) {
        no_grad(|| self.flat.copy_(&other.flat));
    }

    /// Outputs for observations of [`observations`]: [batch, actions].
    pub fn forward(&self, observations: &Tensor) -> Tensor {
        let mut x = observations.shallow_clone();
        for (layer, (_, stride)) in self.parameters.chunks(2).zip(CONVOLUTIONS) {
            x = x.conv2d(&layer[0], Some(&layer[1]), [stride; 2], [0; 2], [1; 2], 1).relu_();
        }
        let [.., fc_weight, fc_bias, output_weight, output_bias] = self.parameters.as_slice() else {
            unreachable!("every network has ten tensors");
        };
        let hidden = x.flatten(1, -1).linear(fc_weight, Some(fc_bias)).relu_();
        hidden.linear(output_weight, Some(output_bias))
    }

    /// The gradient of the scalar `loss` by all parameters, in the order of [`Network::flat`].
    pub fn gradient(&self, loss: &Tensor) -> Tensor {
        let gradients = Tensor::run_backward(&[loss], &self.parameters, false, false);
        Tensor::cat(&gradients.iter().map(to_flat).collect::<Vec<_>>(), 0)
    }
}

/// Bytes [batch, 4, 84, 84] as a network's input: values between 0 and 1, channels last in memory.
pub fn observations(bytes: &[u8], device: Device) -> Tensor {
    let side = SIDE as i64;
    let batch = Tensor::from_slice(bytes).view([-1, STACK as i64, side, side]).to_device(device);
    let last = batch.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
    last.to_kind(Kind::Float) / 255.0
}

fn uniform(generator: &mut Generator, bound: f32, count: i64) -> Vec<f32> {
    (0..count).map(|_| generator.random_range(-bound..=bound)).collect()
}

/// A tensor's values in the order in which [`Network::flat`] keeps them.
fn to_flat(tensor: &Tensor) -> Tensor {
    match tensor.dim() {
        4 => tensor.permute([0, 2, 3, 1]).reshape([-1]),
        _ => tensor.reshape([-1]),
    }
}

/// The view of that part of the flat tensor which has PyTorch's `shape`.
fn from_flat(part: &Tensor, shape: &[i64]) -> Tensor {
    match *shape {
        [outputs, inputs, height, width] => part.view([outputs, height, width, inputs]).permute([0, 3, 1, 2]),
        _ => part.view(shape),
    }
}
