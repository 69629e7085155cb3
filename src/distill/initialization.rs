//! Initial weights of a student from states of play, so that no unit starts without effect.

use tch::{Kind, Tensor};

use crate::config::Initialization;
use crate::nn::Network;

/// Standard deviation of the outputs with [`Initialization::Data`]. It is small, so that no action is preferred by
/// much.
const OUTPUTS: f64 = 0.1;
/// A unit whose values vary less than this over the states is not scaled, because the states do not move it.
const CONSTANT: f64 = 1e-6;

/// Replaces the weights of [`Initialization::Uniform`] by those that `initialization` defines. `states` has the
/// observations of each head's game, one after another. Layers are set one after another, each on the outputs of the
/// layers before it. Shared layers are set on the states of all games.
pub fn initialize(network: &mut Network, initialization: Initialization, states: &[Vec<u8>]) {
    if initialization == Initialization::Uniform {
        return;
    }
    set_layers(network, initialization, 0, &states.concat(), None);
    if network.architecture().heads().is_empty() {
        return;
    }
    for (head, states) in states.iter().enumerate() {
        set_layers(network, initialization, head, states, Some(head));
    }
}

/// Sets those layers on the way to a head's outputs that belong to `owner`: that head, or `None` for the shared layers.
fn set_layers(
    network: &mut Network,
    initialization: Initialization,
    head: usize,
    observations: &[u8],
    owner: Option<usize>,
) {
    let (mut values, tensors) = (network.values(), network.architecture().tensors());
    network.visit_layers(head, observations, &mut |index, x| {
        let tensor = &tensors[index];
        if tensor.head != owner {
            return x;
        }
        let (mean, deviation) = moments(&x);
        let wanted = if tensor.is_output { OUTPUTS } else { 1.0 };
        let scale = |&deviation: &f64| match initialization {
            Initialization::Data if deviation > CONSTANT => wanted / deviation,
            _ => 1.0,
        };
        let scales: Vec<f64> = deviation.iter().map(scale).collect();
        let inputs = values[index].len() / scales.len();
        for (weights, scale) in values[index].chunks_exact_mut(inputs).zip(&scales) {
            weights.iter_mut().for_each(|weight| *weight *= *scale as f32);
        }
        for ((bias, scale), mean) in values[index + 1].iter_mut().zip(&scales).zip(&mean) {
            *bias = ((f64::from(*bias) - mean) * scale) as f32;
        }
        let each = |values: &[f64]| {
            let mut shape = vec![1; x.dim()];
            shape[1] = values.len() as i64;
            Tensor::from_slice(values).to_kind(Kind::Float).to_device(x.device()).view(&shape[..])
        };
        (&x - each(&mean)) * each(&scales)
    });
    network.set_values(&values);
}

/// Mean and standard deviation of each unit over the batch, and for a convolution also over the screen.
fn moments(x: &Tensor) -> (Vec<f64>, Vec<f64>) {
    let units = by_unit(x).to_kind(Kind::Double);
    let numbers = |tensor: Tensor| Vec::try_from(tensor).expect("a double for each unit");
    (numbers(units.mean_dim(1, false, Kind::Double)), numbers(units.std_dim(1, false, false)))
}

/// A layer's outputs as [units, values].
pub fn by_unit(x: &Tensor) -> Tensor {
    x.transpose(0, 1).reshape([x.size()[1], -1])
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::config::Initialization::{Biases, Data, Uniform};
    use crate::config::{self, Widths};
    use crate::nn::{Architecture, Device, Head, Outputs};
    use crate::spec::{Shape, Spec};
    use crate::units::Seed;

    const OBSERVATION: usize = Shape::ATARI.bytes();

    /// Grey screens with one bright column that moves; like a game's screens they are nearly constant.
    pub fn states(count: usize) -> Vec<u8> {
        let mut states = vec![87; count * OBSERVATION];
        for (number, state) in states.chunks_exact_mut(OBSERVATION).enumerate() {
            state.chunks_exact_mut(84).for_each(|row| row[(7 * number) % 80..][..4].fill(236));
        }
        states
    }

    pub fn student(outputs: Outputs, seed: u64) -> Network {
        let widths = config::NetworkChoice::Widths(Widths { conv: [8, 8, 8], hidden: 16 });
        let spec = Spec { observation: Shape::ATARI, actions: vec![0, 3, 4] };
        let architecture = Architecture { outputs, ..Architecture::new(&widths, &spec) };
        Network::new(&architecture, Seed(seed), Device::Cpu)
    }

    /// Mean and standard deviation of each unit of each layer.
    fn moments(network: &Network, head: usize, states: &[u8]) -> Vec<(f64, f64)> {
        let mut statistics = Vec::new();
        network.visit_layers(head, states, &mut |_, x| {
            let units = by_unit(&x);
            for unit in 0..x.size()[1] {
                let values = units.get(unit);
                statistics
                    .push((values.mean(tch::Kind::Double).double_value(&[]), values.std(false).double_value(&[])));
            }
            x
        });
        statistics
    }

    #[test]
    fn biases_from_states_centre_each_unit_and_data_scales_it_too() {
        let states = states(40);
        for initialization in [Biases, Data] {
            let mut network = student(Outputs::One(3), 1);
            initialize(&mut network, initialization, std::slice::from_ref(&states));
            let moments = moments(&network, 0, &states);
            assert_eq!(moments.len(), 8 + 8 + 8 + 16 + 3);
            assert!(moments.iter().all(|(mean, _)| mean.abs() < 1e-4), "{moments:?}");
            let wanted = |unit: usize| if unit < 40 { 1.0 } else { 0.1 };
            let scaled =
                moments.iter().enumerate().all(|(unit, (_, deviation))| (deviation - wanted(unit)).abs() < 1e-3);
            assert_eq!(scaled, initialization == Data, "{moments:?}");
        }
    }

    #[test]
    fn uniform_weights_stay_as_they_were_drawn() {
        let mut network = student(Outputs::One(3), 1);
        initialize(&mut network, Uniform, &[states(4)]);
        assert_eq!(network.values(), student(Outputs::One(3), 1).values());
    }

    #[test]
    fn what_games_share_is_set_on_the_states_of_all_and_each_head_on_its_own() {
        let head = |name: &str| Head { game: name.to_owned(), actions: 3 };
        let mut network = student(Outputs::PerGame(vec![head("pong"), head("freeway")]), 2);
        let (first, second) = (states(30), states(60)[30 * OBSERVATION..].to_vec());
        initialize(&mut network, Data, &[first.clone(), second.clone()]);
        let together = moments(&network, 0, &[first.clone(), second.clone()].concat());
        assert!(together[..40].iter().all(|(mean, deviation)| mean.abs() < 1e-4 && (deviation - 1.0).abs() < 1e-3));
        for (head, states) in [first, second].iter().enumerate() {
            let unit_moments = moments(&network, head, states);
            assert_eq!(unit_moments.len(), 40 + 128 + 3);
            assert!(unit_moments[40..].iter().all(|(mean, _)| mean.abs() < 1e-4), "head {head}");
            assert!(unit_moments[40..168].iter().all(|(_, deviation)| (deviation - 1.0).abs() < 1e-3), "head {head}");
        }
    }
}
