//! Negative log-likelihood of the teacher's best action.

use tch::{Kind, Tensor};

use super::{Formula, Loss};

/// −ln softmax(outputs) at the action with the highest q. Rusu et al. (2016), equation 1.
pub const NLL: Loss = Loss { name: "nll", label: "NLL", unit: "nats", formula: Formula::BestAction(negative_log) };

fn negative_log(best: &Tensor, outputs: &Tensor) -> Tensor {
    outputs.log_softmax(1, Kind::Float).nll_loss(best)
}

#[cfg(test)]
mod tests {
    use super::NLL;
    use crate::losses::example::value;

    // PyTorch 2.11, float64: F.cross_entropy(s, q.argmax(1))
    #[test]
    fn the_nll_loss_equals_pytorchs() {
        assert!((value(NLL, 0.01) - 3.0315075).abs() < 1e-5);
    }
}
