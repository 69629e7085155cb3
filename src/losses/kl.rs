//! KL(teacher ‖ student): the Kullback-Leibler divergence of the teacher's softmax from the student's.

use tch::{Kind, Tensor};

use super::{Formula, Loss};

/// Σ softmax(q/τ) · ln(softmax(q/τ) / softmax(outputs)); the temperature τ is on the teacher alone. Rusu et al. (2016),
/// equation 3.
pub const KL: Loss = Loss { name: "kl", label: "KL", unit: "nats", formula: Formula::Softened(divergence) };

fn divergence(target: &Tensor, outputs: &Tensor) -> Tensor {
    let divergence = target.exp() * (target - outputs.log_softmax(1, Kind::Float));
    divergence.sum_dim_intlist(1, false, Kind::Float).mean(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::KL;
    use crate::losses::example::value;

    // PyTorch 2.11, float64: F.kl_div(F.log_softmax(s, 1), F.softmax(q / t, 1), reduction="batchmean")
    #[test]
    fn the_kl_loss_equals_pytorchs() {
        for (temperature, expected) in [(1.0, 0.6399543), (0.1, 1.0528631), (0.01, 2.1132671), (0.001, 3.0097419)] {
            assert!((value(KL, temperature) - expected).abs() < 2e-5, "{temperature}");
        }
    }
}
