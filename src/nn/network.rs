//! A network on any device.

use std::ops::Range;

use rand::RngExt;
use tch::{Tensor, no_grad};

use super::architecture::Architecture;
use super::block::{TensorKind, TensorShape};
use super::device::Device;
use super::observation_store::{Batch, ObservationStore};
use super::optimizer::Matrix;
use super::{cpu, torch};
use crate::units::{Generator, Seed};

/// A Q-network or a student.
pub struct Network {
    architecture: Architecture,
    device: Device,
    backend: Backend,
}

/// The library that computes: this crate's kernels or libtorch.
pub enum Backend {
    Cpu(Box<cpu::CpuNetwork>),
    Torch(torch::TorchNetwork),
}

impl Network {
    /// Weights and biases uniform within ±1/√(inputs of a unit), as PyTorch initialises its layers.
    pub fn new(architecture: &Architecture, seed: Seed, device: Device) -> Network {
        let mut generator = seed.generator();
        let mut bound = 0.0;
        let values = architecture.tensors().into_iter().map(|tensor| {
            let count = tensor.count();
            match tensor.kind {
                TensorKind::Gain => return vec![1.0; count],
                TensorKind::Shift => return vec![0.0; count],
                TensorKind::Weight => bound = 1.0 / (tensor.shape[1..].iter().product::<i64>() as f32).sqrt(),
                TensorKind::Bias => {}
            }
            uniform(&mut generator, bound, count)
        });
        Network::from_values(architecture, &values.collect::<Vec<_>>(), device)
    }

    /// A network with these values, one slice per tensor of [`Architecture::tensors`], in PyTorch's layout. On the CPU
    /// it runs on libtorch if the kernels of this crate do not know its layers.
    pub fn from_values(architecture: &Architecture, values: &[Vec<f32>], device: Device) -> Network {
        let backend = match device {
            Device::Cpu if cpu::knows(architecture) => {
                Backend::Cpu(Box::new(cpu::CpuNetwork::new(architecture, values)))
            }
            Device::Cpu => Backend::Torch(torch::TorchNetwork::new(architecture, values, tch::Device::Cpu)),
            Device::Torch(device) => Backend::Torch(torch::TorchNetwork::new(architecture, values, device)),
        };
        Network { architecture: architecture.clone(), device, backend }
    }

    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    pub fn device(&self) -> Device {
        self.device
    }

    pub(super) fn backend(&self) -> &Backend {
        &self.backend
    }

    pub(super) fn backend_mut(&mut self) -> &mut Backend {
        &mut self.backend
    }

    /// The values of each tensor of [`Architecture::tensors`], in PyTorch's layout.
    pub fn values(&self) -> Vec<Vec<f32>> {
        match &self.backend {
            Backend::Cpu(network) => network.values(&network.flat),
            Backend::Torch(network) => network.values(&network.flat),
        }
    }

    /// The gradient that [`Network::learn`] computed, in the layout of [`Network::values`]. The values of other heads
    /// are meaningless.
    pub fn gradient(&self) -> Vec<Vec<f32>> {
        match &self.backend {
            Backend::Cpu(network) => network.values(&network.gradient),
            Backend::Torch(network) => network.values(&network.gradient),
        }
    }

    /// Makes this network equal to `other`, which has the same architecture and device.
    pub fn copy_from(&mut self, other: &Network) {
        match (&mut self.backend, &other.backend) {
            (Backend::Cpu(network), Backend::Cpu(other)) => network.flat.copy_from_slice(&other.flat),
            (Backend::Torch(network), Backend::Torch(other)) => no_grad(|| network.flat.copy_(&other.flat)),
            _ => unreachable!("networks are copied on one device"),
        }
    }

    /// Replaces all weights by `values`, in the order of [`Architecture::tensors`].
    pub fn set_values(&mut self, values: &[Vec<f32>]) {
        self.copy_from(&Network::from_values(self.architecture(), values, self.device()));
    }

    /// Outputs of a head (0 in a network for one game), [batch, actions], without gradient. Observations follow one
    /// another in the slice.
    pub fn forward(&self, head: usize, observations: &[u8]) -> Tensor {
        match &self.backend {
            Backend::Cpu(network) => {
                Tensor::from_slice(&network.forward(head, observations)).view([self.count(observations), -1])
            }
            Backend::Torch(network) => no_grad(|| network.forward(head, observations)),
        }
    }

    /// As [`Network::forward`], and appends the observations to `store`; they are copied to the device once.
    pub fn forward_stored(&self, head: usize, observations: &[u8], store: &mut ObservationStore) -> Tensor {
        match &self.backend {
            Backend::Cpu(_) => {
                store.push(&Batch::Host(observations));
                self.forward(head, observations)
            }
            Backend::Torch(network) => {
                let uploaded = network.upload(observations);
                let outputs = no_grad(|| network.forward_uploaded(head, &uploaded, &mut |_, x| x));
                store.push(&Batch::Uploaded(uploaded));
                outputs
            }
        }
    }

    /// Runs the layers of a head in libtorch. Observations follow one another in the slice. `visit` receives each
    /// layer's output before its ReLU, [batch, units] or [batch, filters, height, width], and returns the value with
    /// which the next layer continues. It also receives the index of the layer's weight in [`Architecture::tensors`];
    /// the bias follows the weight.
    pub fn visit_layers(&self, head: usize, observations: &[u8], visit: &mut dyn FnMut(usize, Tensor) -> Tensor) {
        let _outputs = no_grad(|| match &self.backend {
            Backend::Cpu(_) => torch::TorchNetwork::new(&self.architecture, &self.values(), tch::Device::Cpu)
                .forward_by_layer(head, observations, visit),
            Backend::Torch(network) => network.forward_by_layer(head, observations, visit),
        });
    }

    /// For each observation, the action with the highest output of a head. The tensor is on the device; its computation
    /// may still be running.
    pub fn best(&self, head: usize, observations: &[u8]) -> Tensor {
        self.forward(head, observations).argmax(1, false)
    }

    /// As [`Network::best`], but waits for the result.
    pub fn greedy(&self, head: usize, observations: &[u8]) -> Vec<usize> {
        match &self.backend {
            Backend::Cpu(network) => {
                let actions = self.architecture.actions()[head] as usize;
                network.forward(head, observations).chunks_exact(actions).map(best_action).collect()
            }
            Backend::Torch(_) => actions_of(self.best(head, observations)),
        }
    }

    fn count(&self, observations: &[u8]) -> i64 {
        (observations.len() / self.architecture.observation.bytes()) as i64
    }

    /// Computes the gradient of a loss and stores it for the optimiser's next step. `loss` maps a head's outputs to a
    /// scalar, which is returned.
    pub fn learn(&mut self, head: usize, observations: &[u8], loss: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        let batch = self.count(observations);
        match &mut self.backend {
            Backend::Torch(network) => {
                let uploaded = network.upload(observations);
                network.learn(head, &uploaded, loss)
            }
            Backend::Cpu(network) => network.learn(head, observations, |values| {
                let outputs = Tensor::from_slice(values).view([batch, -1]).set_requires_grad(true);
                let loss = loss(&outputs);
                let gradient = Tensor::run_backward(&[&loss], &[&outputs], false, false).remove(0);
                let mut values = vec![0.0; values.len()];
                gradient.contiguous().view(-1).copy_data(&mut values, gradient.numel());
                (loss.detach(), values)
            }),
        }
    }

    /// As [`Network::learn`], on stored observations: those in `rows`, an integer tensor, `[batch]`, on the device.
    pub fn learn_stored(
        &mut self,
        head: usize,
        store: &mut ObservationStore,
        rows: &Tensor,
        loss: impl FnOnce(&Tensor) -> Tensor,
    ) -> Tensor {
        match (store.take(rows), &mut self.backend) {
            (Batch::Uploaded(observations), Backend::Torch(network)) => network.learn(head, &observations, loss),
            (Batch::Host(observations), _) => self.learn(head, observations, loss),
            (Batch::Uploaded(_), Backend::Cpu(_)) => unreachable!("a store is made for its network's device"),
        }
    }

    /// The ranges of the parameters that updates of a head change: the shared ones, then the head's own.
    pub(super) fn segments(&self, head: usize) -> Vec<Range<usize>> {
        match &self.backend {
            Backend::Cpu(network) => network.segments(head),
            Backend::Torch(network) => network.segments(head),
        }
    }

    /// The weights of the hidden layers, in the order of the parameters.
    pub(super) fn hidden_matrices(&self) -> Vec<Matrix> {
        let ranges = match &self.backend {
            Backend::Cpu(network) => network.ranges(),
            Backend::Torch(network) => network.ranges(),
        };
        let tensors = self.architecture.tensors().into_iter().zip(ranges);
        let hidden = tensors.filter(|(tensor, _)| tensor.kind == TensorKind::Weight && !tensor.is_output);
        let matrix = |(TensorShape { shape, .. }, range): (TensorShape, _)| {
            let columns = shape[1..].iter().product::<i64>();
            Matrix { range, rows: shape[0] as usize, columns: columns as usize }
        };
        hidden.map(matrix).collect()
    }
}

/// The first action with the highest Q-value.
pub fn best_action(q: &[f32]) -> usize {
    (1..q.len()).fold(0, |best, action| if q[action] > q[best] { action } else { best })
}

/// Waits until a device has computed the actions.
pub fn actions_of(best: Tensor) -> Vec<usize> {
    let best = Vec::<i64>::try_from(best).expect("actions are a row of integers");
    best.into_iter().map(|action| action as usize).collect()
}

fn uniform(generator: &mut Generator, bound: f32, count: usize) -> Vec<f32> {
    (0..count).map(|_| generator.random_range(-bound..=bound)).collect()
}
