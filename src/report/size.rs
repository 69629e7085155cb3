//! Sizes of networks, counted from their widths.

use crate::config::{Network, Teacher};

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

/// The same of a teacher, whose layers may be normalised: a gain and a shift for each value of 20×20, 9×9 and 7×7 maps
/// and of the fully connected layer.
pub fn teacher_parameters(teacher: &Teacher, outputs: u64) -> u64 {
    let widths = teacher.network.widths();
    let [first, second, third] = widths.conv.map(i64::unsigned_abs);
    let normalised = 2 * (400 * first + 81 * second + 49 * third + widths.hidden.unsigned_abs());
    parameters(teacher.network, outputs) + if teacher.layer_norm { normalised } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NamedNetwork;

    #[test]
    fn the_papers_networks_have_the_papers_numbers_of_parameters() {
        let of = |name| parameters(Network::Named(name), PAPER_OUTPUTS);
        assert_eq!(of(NamedNetwork::Teacher), 1_693_362);
        assert_eq!(of(NamedNetwork::Net1), 427_874);
        assert_eq!(of(NamedNetwork::Net2), 113_346);
        assert_eq!(of(NamedNetwork::Net3), 61_954);
    }
}
