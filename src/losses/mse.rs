//! Squared difference of the Q-values.

use tch::{Reduction, Tensor};

use super::{Formula, Loss};

/// ‖q − outputs‖². Rusu et al. (2016), equation 2.
pub const MSE: Loss = Loss { name: "mse", label: "MSE", unit: "squared Q", formula: Formula::QValues(squared) };

fn squared(q: &Tensor, outputs: &Tensor) -> Tensor {
    let actions = q.size()[1] as f64;
    outputs.mse_loss(q, Reduction::Mean) * actions
}

#[cfg(test)]
mod tests {
    use super::MSE;
    use crate::losses::example::value;

    // PyTorch 2.11, float64: ((q - s) ** 2).sum(1).mean()
    #[test]
    fn the_mse_loss_equals_pytorchs() {
        assert!((value(MSE, 0.01) - 17.2872125).abs() < 1e-4);
    }
}
