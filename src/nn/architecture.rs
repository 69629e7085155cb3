//! The shape of a network and what it costs.

use serde::{Deserialize, Serialize};

use crate::config;
use crate::frame::STACK;

/// Kernel and stride of the three convolutions, without padding (Mnih et al., 2015).
pub const CONVOLUTIONS: [(i64, i64); 3] = [(8, 4), (4, 2), (3, 1)];
/// Height and width of what each convolution gives for an 84×84 screen.
const SIDES: [i64; 3] = [20, 9, 7];

/// Three convolutions, a fully connected layer and one output per action, ReLU between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Filters of the convolutions.
    pub conv: [i64; 3],
    /// Units of the fully connected layer.
    pub hidden: i64,
    /// Outputs.
    pub actions: i64,
}

impl Architecture {
    /// A network of the experiment for a game with that many actions.
    pub fn new(network: config::Network, actions: usize) -> Architecture {
        let config::Widths { conv, hidden } = network.widths();
        Architecture { conv, hidden, actions: actions as i64 }
    }

    /// Name and shape of every tensor, in PyTorch's layout and the order of the data flow.
    pub fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        let mut tensors = Vec::new();
        let mut inputs = STACK as i64;
        for (i, (&filters, (kernel, _))) in self.conv.iter().zip(CONVOLUTIONS).enumerate() {
            tensors.push((format!("conv{}.weight", i + 1), vec![filters, inputs, kernel, kernel]));
            tensors.push((format!("conv{}.bias", i + 1), vec![filters]));
            inputs = filters;
        }
        for (name, outputs, inputs) in [("fc1", self.hidden, self.features()), ("output", self.actions, self.hidden)] {
            tensors.push((format!("{name}.weight"), vec![outputs, inputs]));
            tensors.push((format!("{name}.bias"), vec![outputs]));
        }
        tensors
    }

    /// Inputs of the fully connected layer.
    fn features(&self) -> i64 {
        SIDES[2] * SIDES[2] * self.conv[2]
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|(_, shape)| shape.iter().product::<i64>() as u64).sum()
    }

    /// Size of the parameters as f32.
    pub fn bytes(&self) -> u64 {
        4 * self.parameters()
    }

    /// Million floating-point operations for one observation, a multiply-add counted as two; biases and ReLU are not
    /// counted.
    pub fn mflops(&self) -> f64 {
        let mut inputs = STACK as i64;
        let mut products = self.features() * self.hidden + self.hidden * self.actions;
        for ((&filters, (kernel, _)), side) in self.conv.iter().zip(CONVOLUTIONS).zip(SIDES) {
            products += side * side * filters * inputs * kernel * kernel;
            inputs = filters;
        }
        2.0 * products as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NamedNetwork, Network};

    #[test]
    fn parameter_counts_are_the_papers() {
        let count = |name, actions| Architecture::new(Network::Named(name), actions).parameters();
        use NamedNetwork::{Net1, Net2, Net3, Teacher};
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 18)), [1_693_362, 427_874, 113_346, 61_954]);
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 4)), [1_686_180, 424_276, 111_540, 61_044]);
    }

    #[test]
    fn a_forward_pass_of_the_teacher_costs_18_7_mflop() {
        let mflops = Architecture::new(Network::Named(NamedNetwork::Teacher), 18).mflops();
        assert!((mflops - 18.7).abs() < 0.05, "{mflops}");
    }
}
