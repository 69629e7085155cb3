//! Networks, optimisers and targets against PyTorch 2.11.0.

use std::path::Path;

use policy_distillation::config;
use policy_distillation::frame::OBSERVATION;
use policy_distillation::nn::{self, Architecture, Network, Optimizer, observations};
use policy_distillation::teacher::td_targets;
use policy_distillation::units::Seed;
use tch::{Device, Kind, Tensor};

/// Written by PyTorch; see golden/README.md.
fn golden() -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    nn::load(&path, Device::Cpu).unwrap().0
}

/// Two observations of a fixed pattern.
fn pattern() -> Tensor {
    let bytes: Vec<u8> = (0..2 * OBSERVATION).map(|i| (i * 7919 % 251) as u8).collect();
    observations(&bytes, Device::Cpu)
}

fn close(tensor: &Tensor, expected: &[f64]) {
    let found = Vec::<f64>::try_from(tensor.detach().view(-1).to_kind(Kind::Double)).unwrap();
    let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
    assert!(near && found.len() == expected.len(), "{found:?} instead of {expected:?}");
}

#[test]
fn weights_written_by_pytorch_give_pytorchs_q_values() {
    let expected = [0.0988215, 0.3991035, -0.2757553, 0.0999665, 0.3998851, -0.2769360];
    close(&golden().forward(&pattern()), &expected);
}

#[test]
fn a_step_of_adam_equals_pytorchs() {
    let mut network = golden();
    let gradient = network.gradient(&network.forward(&pattern()).square().mean(Kind::Float));
    Optimizer::new(config::Optimizer::Adam, 0.001, 1e-8, &network).step(&mut network, &gradient);
    close(
        &network.forward(&pattern()),
        &[
            0.09829787164926529,
            0.39620792865753174,
            -0.2745237648487091,
            0.09871609508991241,
            0.3962719738483429,
            -0.2748825252056122,
        ],
    );
}

#[test]
fn three_steps_of_rmsprop_equal_the_formula_of_nature_dqn() {
    // g ← 0.95 g + 0.05 d, n ← 0.95 n + 0.05 d², w ← w − lr d / √(n − g² + 0.01), by hand for the first weight.
    let mut network = Network::new(&architecture(), Seed(1), Device::Cpu);
    let start = f64::try_from(network.flat().get(0)).unwrap();
    let mut optimizer = Optimizer::new(config::Optimizer::RmsProp, 0.1, 0.01, &network);
    let (mut mean, mut square, mut expected) = (0.0, 0.0, start);
    for step in 1..=3 {
        let derivative = 0.5 * f64::from(step);
        let gradient = network.flat().ones_like() * derivative;
        optimizer.step(&mut network, &gradient);
        mean = 0.95 * mean + 0.05 * derivative;
        square = 0.95 * square + 0.05 * derivative * derivative;
        expected -= 0.1 * derivative / (square - mean * mean + 0.01_f64).sqrt();
    }
    assert!((f64::try_from(network.flat().get(0)).unwrap() - expected).abs() < 1e-5);
}

fn architecture() -> Architecture {
    Architecture { conv: [2, 3, 4], hidden: 5, actions: 3 }
}

#[test]
fn a_restored_optimiser_goes_on_as_if_it_had_not_stopped() {
    for rule in [config::Optimizer::RmsProp, config::Optimizer::Adam] {
        let mut network = Network::new(&architecture(), Seed(1), Device::Cpu);
        let mut optimizer = Optimizer::new(rule, 0.01, 0.01, &network);
        let gradient = network.gradient(&network.forward(&pattern()).square().mean(Kind::Float));
        optimizer.step(&mut network, &gradient);
        let mut twin = Network::from_values(network.architecture(), &network.values(), Device::Cpu);
        let mut restored = Optimizer::new(rule, 0.01, 0.01, &twin);
        restored.restore(&optimizer.save()).unwrap();
        optimizer.step(&mut network, &gradient);
        restored.step(&mut twin, &gradient);
        assert_eq!(network.values(), twin.values());
    }
}

#[test]
fn td_targets_equal_pytorchs_for_dqn_and_double_dqn() {
    let target = Tensor::from_slice(&[1.0_f32, 2.0, 0.5, 0.0, -1.0, 3.0]).view([2, 3]);
    let online = Tensor::from_slice(&[2.0_f32, 1.0, 0.0, 5.0, 1.0, 2.0]).view([2, 3]);
    let (rewards, continues) = (Tensor::from_slice(&[1.0_f32, -1.0]), Tensor::from_slice(&[1.0_f32, 0.0]));
    close(&td_targets(&target, None, &rewards, &continues, 0.99), &[2.98, -1.0]);
    close(&td_targets(&target, Some(&online), &rewards, &continues, 0.99), &[1.99, -1.0]);
}

#[test]
fn saved_weights_are_the_same_bytes_each_time_and_read_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    let (network, metadata) = nn::load(&path, Device::Cpu).unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    nn::save(&first, &network, &metadata).unwrap();
    nn::save(&second, &network, &metadata).unwrap();
    assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap());
    let (read, read_metadata) = nn::load(&first, Device::Cpu).unwrap();
    assert_eq!((read.values(), read_metadata), (network.values(), metadata));
}
