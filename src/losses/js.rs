//! Jensen-Shannon divergence between the teacher's and the student's softmax.

use std::f64::consts::LN_2;

use tch::{Kind, Tensor};

use super::{Formula, Loss};

/// ½ KL(p ‖ m) + ½ KL(s ‖ m) for p = softmax(q/τ), s = softmax(outputs) and m = (p + s)/2: at most ln 2, so that no
/// state outweighs the others. Agarwal et al. (2024, arXiv 2306.13649), equation 1 with β = ½; the temperature τ is on
/// the teacher alone, as in [`KL`](super::KL).
pub const JS: Loss = Loss { name: "js", label: "JS", unit: "nats", formula: Formula::Softened(divergence) };

fn divergence(target: &Tensor, outputs: &Tensor) -> Tensor {
    let student = outputs.log_softmax(1, Kind::Float);
    let mean = target.logaddexp(&student) - LN_2;
    let divergences = target.exp() * (target - &mean) + student.exp() * (&student - &mean);
    divergences.sum_dim_intlist(1, false, Kind::Float).mean(Kind::Float) / 2.0
}

#[cfg(test)]
mod tests {
    use super::JS;
    use crate::losses::example::value;

    // By the definition in Python's doubles, with which KL has the values that PyTorch gives (see kl.rs).
    #[test]
    fn the_js_loss_equals_its_definition() {
        for (temperature, expected) in [(1.0, 0.1391134), (0.1, 0.2487554), (0.01, 0.4261366), (0.001, 0.5827232)] {
            assert!((value(JS, temperature) - expected).abs() < 1e-5, "{temperature}");
        }
    }
}
