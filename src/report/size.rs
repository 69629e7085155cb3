//! Sizes of networks, counted from their widths, and the paper's figures for its own sizes.

use crate::config::{Loss, NamedNetwork, Network, Student};

/// The outputs that the paper's table of sizes counts.
pub const PAPER_OUTPUTS: u64 = 18;

/// Weights and biases of a network with so many outputs: convolutions 8×8, 4×4 and 3×3 of four frames, whose 7×7 maps
/// feed one fully connected layer.
pub fn parameters(network: Network, outputs: u64) -> u64 {
    let widths = network.widths();
    let [first, second, third] = widths.conv.map(i64::unsigned_abs);
    let hidden = widths.hidden.unsigned_abs();
    (4 * 64 + 1) * first
        + (16 * first + 1) * second
        + (9 * second + 1) * third
        + (49 * third + 1) * hidden
        + (hidden + 1) * outputs
}

/// What notes of the paper report for such a student: the geometric mean over its ten games of student / teacher. Only
/// its students distilled with the KL loss have a figure that independent notes agree on.
pub fn paper_relative(student: &Student) -> Option<f64> {
    match (student.loss, student.network) {
        (Loss::Kl, Network::Named(NamedNetwork::Net1)) => Some(1.083),
        (Loss::Kl, Network::Named(NamedNetwork::Net2)) => Some(1.017),
        (Loss::Kl, Network::Named(NamedNetwork::Net3)) => Some(0.839),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_networks_have_the_papers_numbers_of_parameters() {
        let of = |name| parameters(Network::Named(name), PAPER_OUTPUTS);
        assert_eq!(of(NamedNetwork::Teacher), 1_693_362);
        assert_eq!(of(NamedNetwork::Net1), 427_874);
        assert_eq!(of(NamedNetwork::Net2), 113_346);
        assert_eq!(of(NamedNetwork::Net3), 61_954);
    }
}
