//! The paper's three losses between a teacher's Q-values and a student's outputs, both [batch, actions]. Each is summed
//! over actions and averaged over the batch: the size of a minibatch does not change it.

use tch::{Kind, Reduction, Tensor};

use crate::config::Loss;

/// The loss of a minibatch, a scalar. Rusu et al. (2016), equations 1 to 3.
///
/// - [`Loss::Kl`]: Σ softmax(q/τ) · ln(softmax(q/τ) / softmax(outputs)); the temperature τ is on the teacher alone.
/// - [`Loss::Nll`]: −ln softmax(outputs) at the action with the highest q.
/// - [`Loss::Mse`]: ‖q − outputs‖².
pub fn loss(kind: Loss, temperature: f64, q: &Tensor, outputs: &Tensor) -> Tensor {
    match kind {
        Loss::Kl => {
            let target = softened(q, temperature);
            let divergence = target.exp() * (&target - outputs.log_softmax(1, Kind::Float));
            divergence.sum_dim_intlist(1, false, Kind::Float).mean(Kind::Float)
        }
        Loss::Nll => outputs.log_softmax(1, Kind::Float).nll_loss(&q.argmax(1, false)),
        Loss::Mse => {
            let actions = q.size()[1] as f64;
            outputs.mse_loss(q, Reduction::Mean) * actions
        }
        Loss::Td => unreachable!("who learns from rewards is not distilled"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn q() -> Tensor {
        Tensor::from_slice(&[1.00_f32, 1.02, 0.97, -0.5, 3.0, 2.99, 3.005, 2.0]).view([2, 4])
    }

    fn outputs() -> Tensor {
        Tensor::from_slice(&[0.3_f32, -1.2, 2.0, 0.1, 0.0, 0.5, -0.5, 1.5]).view([2, 4])
    }

    fn value(kind: Loss, temperature: f64) -> f64 {
        loss(kind, temperature, &q(), &outputs()).double_value(&[])
    }

    // PyTorch 2.11, float64, with the same q and s:
    //   F.kl_div(F.log_softmax(s, 1), F.softmax(q / t, 1), reduction="batchmean")
    //   F.cross_entropy(s, q.argmax(1)); ((q - s) ** 2).sum(1).mean()
    //   Categorical(logits=q / t).entropy().mean()
    #[test]
    fn losses_equal_pytorchs() {
        for (temperature, expected) in [(1.0, 0.6399543), (0.1, 1.0528631), (0.01, 2.1132671), (0.001, 3.0097419)] {
            assert!((value(Loss::Kl, temperature) - expected).abs() < 2e-5, "{temperature}");
        }
        assert!((value(Loss::Nll, 0.01) - 3.0315075).abs() < 1e-5);
        assert!((value(Loss::Mse, 0.01) - 17.2872125).abs() < 1e-4);
        assert!((entropy(&q(), 0.01).double_value(&[]) - 0.6760754).abs() < 1e-5);
    }

    #[test]
    fn repeating_a_minibatch_leaves_the_losses_as_they_are() {
        let twice = |tensor: Tensor| Tensor::cat(&[&tensor, &tensor], 0);
        for kind in [Loss::Kl, Loss::Nll, Loss::Mse] {
            let repeated = loss(kind, 0.01, &twice(q()), &twice(outputs())).double_value(&[]);
            assert!((repeated - value(kind, 0.01)).abs() < 1e-5);
        }
    }

    #[test]
    fn the_kl_loss_and_its_gradient_are_finite_where_the_softmax_is_a_spike() {
        let outputs = outputs().set_requires_grad(true);
        let loss = loss(Loss::Kl, 0.001, &(q() * 100.0), &outputs);
        loss.backward();
        assert!(loss.double_value(&[]).is_finite() && bool::try_from(outputs.grad().isfinite().all()).unwrap());
    }
}
