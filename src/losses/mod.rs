//! Distillation losses, which compare a student's outputs with a teacher's Q-values. This module knows tensors and
//! nothing else.
//!
//! A loss is one value of type [`Loss`] in a file of its own, listed in [`ALL`]. Experiment files, CSV files, weights
//! and reports take their names and units of losses from that list.

mod js;
mod kl;
mod mse;
mod nll;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tch::{Kind, Tensor};

pub use js::JS;
pub use kl::KL;
pub use mse::MSE;
pub use nll::NLL;

/// Every loss, in the order in which reports show them.
pub const ALL: &[Loss] = &[KL, NLL, MSE, JS];

/// A loss between a teacher's Q-values and a student's outputs. Two losses are equal if they have the same name.
#[derive(Clone, Copy)]
pub struct Loss {
    /// Name of the loss in experiment files, CSV files and weights.
    pub name: &'static str,
    /// Name of the loss in tables and legends.
    pub label: &'static str,
    /// Unit of its values.
    pub unit: &'static str,
    pub formula: Formula,
}

/// The formula of a loss. The variant says which quantity of the teacher the formula needs. Each formula returns a
/// scalar, the mean over the batch of a sum over actions: the batch size does not scale it. A student's outputs are
/// [batch, actions].
#[derive(Clone, Copy)]
pub enum Formula {
    /// Needs ln softmax(q/τ), [batch, actions]: a loss with a temperature τ.
    Softened(fn(&Tensor, &Tensor) -> Tensor),
    /// Needs the action with the highest Q-value, `[batch]`.
    BestAction(fn(&Tensor, &Tensor) -> Tensor),
    /// Needs the Q-values themselves, [batch, actions].
    QValues(fn(&Tensor, &Tensor) -> Tensor),
}

impl Loss {
    /// The loss with that name.
    pub fn named(name: &str) -> Option<Loss> {
        ALL.iter().copied().find(|loss| loss.name == name)
    }

    /// Whether the teacher's Q-values are divided by a temperature.
    pub fn has_temperature(&self) -> bool {
        matches!(self.formula, Formula::Softened(_))
    }

    /// The loss of a minibatch, a scalar, for Q-values and outputs [batch, actions]. A loss without a temperature does
    /// not depend on it.
    pub fn value(&self, q: &Tensor, temperature: f64, outputs: &Tensor) -> Tensor {
        match self.formula {
            Formula::Softened(formula) => formula(&softened(q, temperature), outputs),
            Formula::BestAction(formula) => formula(&q.argmax(1, false), outputs),
            Formula::QValues(formula) => formula(q, outputs),
        }
    }
}

/// ln softmax(q/τ). Computed as a logarithm, since q/τ reaches 1e3 at the paper's τ = 0.01.
pub fn softened(q: &Tensor, temperature: f64) -> Tensor {
    (q / temperature).log_softmax(1, Kind::Float)
}

/// Mean entropy of softmax(q/τ) over the batch, in nats.
pub fn entropy(q: &Tensor, temperature: f64) -> Tensor {
    let target = softened(q, temperature);
    -(target.exp() * target).sum_dim_intlist(1, false, Kind::Float).mean(Kind::Float)
}

impl PartialEq for Loss {
    fn eq(&self, other: &Loss) -> bool {
        self.name == other.name
    }
}

impl Eq for Loss {}

impl fmt::Debug for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Loss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loss, D::Error> {
        let name = String::deserialize(deserializer)?;
        let names: Vec<&str> = ALL.iter().map(|loss| loss.name).collect();
        let unknown = || de::Error::custom(format!("no loss has the name \"{name}\"; there are {}", names.join(", ")));
        Loss::named(&name).ok_or_else(unknown)
    }
}

/// Two states of four actions, for tests of each loss against PyTorch's values.
#[cfg(test)]
mod example {
    use tch::Tensor;

    use super::Loss;

    pub fn q() -> Tensor {
        Tensor::from_slice(&[1.00_f32, 1.02, 0.97, -0.5, 3.0, 2.99, 3.005, 2.0]).view([2, 4])
    }

    pub fn outputs() -> Tensor {
        Tensor::from_slice(&[0.3_f32, -1.2, 2.0, 0.1, 0.0, 0.5, -0.5, 1.5]).view([2, 4])
    }

    pub fn value(loss: Loss, temperature: f64) -> f64 {
        loss.value(&q(), temperature, &outputs()).double_value(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::example::{outputs, q, value};
    use super::*;

    #[test]
    fn the_entropy_equals_pytorchs() {
        // PyTorch 2.11, float64: Categorical(logits=q / 0.01).entropy().mean()
        assert!((entropy(&q(), 0.01).double_value(&[]) - 0.6760754).abs() < 1e-5);
    }

    #[test]
    fn repeating_a_minibatch_leaves_every_loss_as_it_is() {
        let twice = |tensor: Tensor| Tensor::cat(&[&tensor, &tensor], 0);
        for &loss in ALL {
            let repeated = loss.value(&twice(q()), 0.01, &twice(outputs())).double_value(&[]);
            assert!((repeated - value(loss, 0.01)).abs() < 1e-5, "{loss:?}");
        }
    }

    #[test]
    fn every_loss_and_its_gradient_are_finite_where_the_softmax_is_a_spike() {
        for loss in ALL {
            let outputs = outputs().set_requires_grad(true);
            let value = loss.value(&(q() * 100.0), 0.001, &outputs);
            value.backward();
            let gradient = bool::try_from(outputs.grad().isfinite().all()).unwrap();
            assert!(value.double_value(&[]).is_finite() && gradient, "{loss:?}");
        }
    }

    #[test]
    fn every_loss_falls_when_the_outputs_go_against_its_gradient() {
        for loss in ALL {
            let outputs = outputs().set_requires_grad(true);
            let before = loss.value(&q(), 0.1, &outputs);
            before.backward();
            let after = loss.value(&q(), 0.1, &(outputs.detach() - outputs.grad() * 0.1));
            assert!(after.double_value(&[]) < before.double_value(&[]), "{loss:?}");
        }
    }

    #[test]
    fn only_a_loss_with_a_temperature_depends_on_it_and_each_has_a_name_of_its_own() {
        for (index, &loss) in ALL.iter().enumerate() {
            assert_eq!(loss.has_temperature(), value(loss, 0.01) != value(loss, 1.0), "{loss:?}");
            assert!(ALL[..index].iter().all(|other| *other != loss && other.label != loss.label), "{loss:?}");
        }
    }
}
