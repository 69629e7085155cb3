//! Group-relative policy optimisation (Shao et al., 2024), one update for each batch: the arithmetic.

use tch::{Kind, Tensor};

use crate::statistics::{mean, sample_std};

/// Added to a group's standard deviation.
const EPSILON: f64 = 1e-4;

/// The advantage of each completion within its group of `group`: (r − mean) / (standard deviation with n − 1 + 10⁻⁴).
/// The deviation of a single reward is 0.
pub fn advantages(rewards: &[f64], group: usize) -> Vec<f64> {
    let of_group = |rewards: &[f64]| {
        let mean = mean(rewards).expect("a group has rewards");
        let deviation = sample_std(rewards).unwrap_or(0.0);
        rewards.iter().map(|reward| (reward - mean) / (deviation + EPSILON)).collect::<Vec<_>>()
    };
    rewards.chunks(group).flat_map(of_group).collect()
}

/// The loss −(A − β · k3), a mean over each completion's tokens and then over completions; its gradient is that of the
/// on-policy update, where the ratio of new to old policy is 1 and nothing is clipped. k3 = e^d − d − 1 with d = log
/// π_ref − log π (Schulman, 2020). `log_policy` and `log_reference` are [completions, tokens], `counts` is 1 for the
/// tokens that were drawn. Also returns the mean of k3 in the same sense.
pub fn loss(
    log_policy: &Tensor,
    log_reference: &Tensor,
    counts: &Tensor,
    advantages: &Tensor,
    beta: f64,
) -> (Tensor, Tensor) {
    let ratio = (log_policy - log_policy.detach()).exp();
    let distance = log_reference - log_policy;
    let k3 = distance.exp() - &distance - 1.0;
    let lengths = counts.sum_dim_intlist([1].as_slice(), false, Kind::Float).clamp_min(1.0);
    let of_completions =
        |tokens: &Tensor| (tokens * counts).sum_dim_intlist([1].as_slice(), false, Kind::Float) / &lengths;
    let gain = of_completions(&(ratio * advantages.unsqueeze(1)));
    let k3 = of_completions(&k3).mean(Kind::Float);
    (&k3 * beta - gain.mean(Kind::Float), k3.detach())
}
