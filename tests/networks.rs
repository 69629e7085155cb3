//! Networks, optimisers and targets against PyTorch 2.11.0, and the CPU's kernels against libtorch.

use std::path::Path;

use policy_distillation::agent::{self, Metadata, Played};
use policy_distillation::config::{self, EnvironmentSettings, Mlp, Widths};
use policy_distillation::game::{Game, RAM, View};
use policy_distillation::nn::{
    Architecture, Device, Head, Layer, LearningNetwork, Network, ObservationStore, Outputs, Precision,
};
use policy_distillation::record::AgentId;
use policy_distillation::spec::{Shape, Spec, write_values};
use policy_distillation::teacher::td_targets;
use policy_distillation::units::Seed;
use rayon::ThreadPoolBuilder;
use tch::{Kind, Tensor};

const LIBTORCH: Device = Device::Torch(tch::Device::Cpu);

/// Libtorch on the GPU, where there is one, else on the CPU. Its convolutions round to TF32 on a GPU unless the
/// variable NVIDIA_TF32_OVERRIDE is 0.
fn libtorch() -> Device {
    Device::Torch(tch::Device::cuda_if_available())
}

/// Written by PyTorch; see golden/README.md.
fn golden(device: Device) -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    agent::load(&path, device).unwrap().0
}

/// Images of a fixed pattern.
fn pattern(batch: usize) -> Vec<u8> {
    (0..batch * Shape::ATARI.bytes()).map(|i| (i * 7919 % 251) as u8).collect()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    Vec::<f64>::try_from(tensor.detach().contiguous().view(-1).to_kind(Kind::Double)).unwrap()
}

fn close(tensor: &Tensor, expected: &[f64]) {
    let found = values(tensor);
    let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
    assert!(near && found.len() == expected.len(), "{found:?} instead of {expected:?}");
}

fn squares(outputs: &Tensor) -> Tensor {
    outputs.square().mean(Kind::Float)
}

#[test]
fn weights_written_by_pytorch_give_pytorchs_q_values() {
    let expected = [0.0988215, 0.3991035, -0.2757553, 0.0999665, 0.3998851, -0.2769360];
    for device in [Device::Cpu, LIBTORCH, libtorch()] {
        close(&golden(device).forward(0, &pattern(2)), &expected);
    }
}

#[test]
fn a_weight_that_is_no_number_shows_in_the_outputs() {
    for device in [Device::Cpu, LIBTORCH] {
        let sound = golden(device);
        let mut weights = sound.values();
        weights[0].fill(f32::NAN);
        let diverged = Network::from_values(sound.architecture(), &weights, device);
        assert!(values(&diverged.forward(0, &pattern(1))).iter().all(|value| value.is_nan()), "{device:?}");
    }
}

#[test]
fn steps_of_adam_and_radam_equal_pytorchs() {
    // PyTorch 2.11, steps on the mean square of the outputs: torch.optim.Adam(parameters, 0.001), one step;
    // torch.optim.RAdam(parameters, 0.001), eight, and after torch.nn.utils.clip_grad_norm_(parameters, 0.1).
    let adam = [0.0982979, 0.3962079, -0.2745238, 0.0987161, 0.3962720, -0.2748825];
    let radam = [0.0984436, 0.3970677, -0.2745785, 0.0994998, 0.3977720, -0.2756623];
    let clipped = [0.0986733, 0.3983446, -0.2753415, 0.0997453, 0.3990497, -0.2764383];
    for device in [Device::Cpu, LIBTORCH, libtorch()] {
        let trained = |rule, steps, max_norm: f64| {
            let mut learning = LearningNetwork::new(golden(device), rule, 1e-8).clipped(max_norm);
            for _ in 0..steps {
                let _ = learning.network.learn(0, &pattern(2), squares);
                learning.step(0, 0.001);
            }
            learning.network.forward(0, &pattern(2))
        };
        close(&trained(config::OptimizerRule::Adam, 1, 0.0), &adam);
        close(&trained(config::OptimizerRule::RAdam, 8, 0.0), &radam);
        close(&trained(config::OptimizerRule::RAdam, 8, 0.1), &clipped);
    }
}

/// A network for images with outputs for several games, or for one with so many actions.
fn network(conv: [i64; 3], hidden: i64, outputs: Outputs) -> Architecture {
    let spec = Spec { observation: Shape::ATARI, actions: vec![0] };
    Architecture { outputs, ..Architecture::new(&config::NetworkChoice::Widths(Widths { conv, hidden }), &spec) }
}

/// A network for vectors.
fn dense(size: usize, hidden: &[i64], outputs: Outputs) -> Architecture {
    let spec = Spec { observation: Shape::Vector { size }, actions: vec![0] };
    Architecture { outputs, ..Architecture::new(&config::NetworkChoice::Mlp(Mlp { hidden: hidden.to_vec() }), &spec) }
}

/// Networks of all kinds that the kernels know: even and odd widths, with and without normalisation, of one and of
/// several games, for images and for vectors.
fn architectures() -> Vec<Architecture> {
    let games =
        Outputs::PerGame(vec![Head { game: "pong".into(), actions: 6 }, Head { game: "freeway".into(), actions: 3 }]);
    let mut small = network([16, 16, 16], 24, Outputs::One(4));
    small.observation = Shape::Image { stack: 4, height: 48, width: 48 };
    small.layers.remove(small.layers.len() - 1);
    small.layers.extend([Layer::Dense { units: 12 }, Layer::Relu]);
    vec![
        network([32, 64, 64], 512, Outputs::One(18)),
        network([16, 16, 16], 64, Outputs::One(4)),
        network([2, 3, 17], 21, Outputs::One(5)),
        network([2, 3, 17], 21, Outputs::One(5)).normalised(true),
        network([16, 32, 16], 48, Outputs::One(9)).normalised(true),
        network([16, 16, 16], 40, games.clone()),
        network([3, 16, 16], 40, games.clone()).normalised(true),
        small,
        dense(4, &[64, 64], Outputs::One(2)),
        dense(130, &[33], Outputs::One(3)).normalised(true),
        dense(17, &[20, 10, 5], games),
    ]
}

/// Observations of a fixed pattern.
fn observations(shape: Shape, batch: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..batch * shape.bytes()).map(|i| (i * 7919 % 251) as u8).collect();
    if let Shape::Vector { size } = shape {
        write_values((0..batch * size).map(|i| (i * 7919 % 251) as f32 / 100.0 - 1.25), &mut bytes);
    }
    bytes
}

/// Largest difference over largest value, tensor by tensor.
fn difference(found: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    let largest = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0_f32, |most, value| most.max(value.abs()));
    let lengths = |tensors: &[Vec<f32>]| tensors.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(found), lengths(expected));
    assert!(found.iter().flatten().all(|value| value.is_finite()), "a value is not a finite number");
    let one = |(found, expected): (&Vec<f32>, &Vec<f32>)| {
        let apart = largest(&mut found.iter().zip(expected).map(|(found, expected)| found - expected));
        apart / largest(&mut expected.iter().copied()).max(1e-12)
    };
    found.iter().zip(expected).map(one).fold(0.0, f32::max)
}

#[test]
fn the_kernels_outputs_and_gradients_equal_libtorchs() {
    for architecture in architectures() {
        for head in 0..architecture.actions().len() {
            let [mut ours, mut twin] = [Device::Cpu, libtorch()].map(|on| Network::new(&architecture, Seed(5), on));
            for batch in [1, 7, 32] {
                let observations = observations(architecture.observation, batch);
                let (outputs, expected) = (ours.forward(head, &observations), twin.forward(head, &observations));
                let apart = (&outputs - expected.to_device(tch::Device::Cpu)).abs().max().double_value(&[]);
                assert!(apart < 2e-5 && outputs.size() == expected.size(), "{architecture:?}, {batch}: {apart}");
                let (loss, same) = (ours.learn(head, &observations, squares), twin.learn(head, &observations, squares));
                assert!((loss.double_value(&[]) - same.double_value(&[])).abs() < 1e-5);
                let apart = difference(&ours.gradient(), &twin.gradient());
                assert!(apart < 2e-3, "{architecture:?}, batch of {batch}, head {head}: {apart}");
            }
        }
    }
}

#[test]
fn stored_observations_teach_the_same_as_the_same_ones_copied() {
    for architecture in [&architectures()[1], &architectures()[8]] {
        let (all, size) = (observations(architecture.observation, 6), architecture.observation.bytes());
        for device in [Device::Cpu, LIBTORCH, libtorch()] {
            let mut network = Network::new(architecture, Seed(5), device);
            let mut store = ObservationStore::new(&network, 6);
            let _ = network.forward_stored(0, &vec![0; 2 * size], &mut store);
            store.clear();
            let outputs = [&all[..4 * size], &all[4 * size..]].map(|part| network.forward_stored(0, part, &mut store));
            close(&Tensor::cat(&outputs, 0), &values(&network.forward(0, &all)));
            let rows = Tensor::from_slice(&[5_i64, 0, 3]).to_device(device.of_tensors());
            let _ = network.learn_stored(0, &mut store, &rows, squares);
            let stored = network.gradient();
            let copied: Vec<u8> =
                [5, 0, 3].iter().flat_map(|row| &all[row * size..(row + 1) * size]).copied().collect();
            let _ = network.learn(0, &copied, squares);
            assert!(difference(&stored, &network.gradient()) < 1e-5, "{device}");
        }
    }
}

#[test]
fn what_the_kernels_do_not_know_runs_on_libtorch_on_the_cpu_too() {
    let observation = Shape::Image { stack: 2, height: 20, width: 31 };
    let layers = vec![Layer::Conv { filters: 5, kernel: 3, stride: 2 }, Layer::Relu];
    let flat =
        Architecture { observation, layers: vec![Layer::Dense { units: 7 }, Layer::Relu], outputs: Outputs::One(3) };
    let convolutional = Architecture { layers, ..flat.clone() };
    for architecture in [flat, convolutional] {
        let [ours, twin] = [Device::Cpu, LIBTORCH].map(|on| Network::new(&architecture, Seed(5), on));
        let observations = observations(observation, 4);
        let outputs = ours.forward(0, &observations);
        assert_eq!((outputs.size(), values(&outputs)), (vec![4, 3], values(&twin.forward(0, &observations))));
    }
}

#[test]
fn the_kernels_give_the_same_bytes_with_any_number_of_threads_and_whatever_is_beside_in_the_batch() {
    let architecture = &architectures()[0];
    let trained = |threads: usize| {
        let threads = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        threads.install(|| {
            let network = Network::new(architecture, Seed(5), Device::Cpu);
            let mut learning = LearningNetwork::new(network, config::OptimizerRule::Adam, 1e-8);
            for _ in 0..3 {
                let _ = learning.network.learn(0, &pattern(13), squares);
                learning.step(0, 0.01);
            }
            learning.network.values()
        })
    };
    assert!(trained(1) == trained(3));
    let network = Network::new(architecture, Seed(5), Device::Cpu);
    let (all, first) = (network.forward(0, &pattern(9)), network.forward(0, &pattern(2)));
    assert_eq!(values(&all.narrow(0, 0, 2)), values(&first));
}

#[test]
fn the_optimisers_steps_equal_those_over_tensors() {
    use config::OptimizerRule::{Adam, Muon, RAdam, RmsProp};
    let architecture = &architectures()[5];
    for rule in [RmsProp, Adam, RAdam, Muon] {
        for max_norm in [0.0, 0.01] {
            let trained = |device| {
                let network = Network::new(architecture, Seed(5), device);
                let mut learning = LearningNetwork::new(network, rule, 1e-5).clipped(max_norm);
                for step in 0..8 {
                    let _ = learning.network.learn(step % 2, &pattern(4), squares);
                    learning.step(step % 2, 0.001);
                }
                learning.network.values()
            };
            let apart = difference(&trained(Device::Cpu), &trained(libtorch()));
            assert!(apart < 1e-3, "{rule:?}, gradients up to {max_norm}: {apart}");
        }
    }
}

#[test]
fn a_step_for_one_game_leaves_the_other_games_parameters_alone() {
    let architecture = &architectures()[5];
    let start = Network::new(architecture, Seed(5), Device::Cpu).values();
    let network = Network::new(architecture, Seed(5), Device::Cpu);
    let mut learning = LearningNetwork::new(network, config::OptimizerRule::Adam, 1e-8);
    for _ in 0..2 {
        let _ = learning.network.learn(1, &pattern(3), squares);
        learning.step(1, 0.01);
    }
    for ((before, after), tensor) in start.iter().zip(&learning.network.values()).zip(architecture.tensors()) {
        assert_eq!(before == after, tensor.name.starts_with("heads.pong"), "{}", tensor.name);
    }
}

#[test]
fn three_steps_of_rmsprop_equal_the_formula_of_nature_dqn() {
    // g ← 0.95 g + 0.05 d, n ← 0.95 n + 0.05 d², w ← w − lr d / √(n − g² + 0.01), by hand for an output's bias, by
    // which the derivative of d·Σ outputs is d.
    let architecture = &architectures()[1];
    let network = Network::new(architecture, Seed(1), Device::Cpu);
    let bias = |network: &Network| f64::from(network.values()[9][2]);
    let mut learning = LearningNetwork::new(network, config::OptimizerRule::RmsProp, 0.01);
    let (mut mean, mut square, mut expected) = (0.0, 0.0, bias(&learning.network));
    for step in 1..=3 {
        let derivative = 0.5 * f64::from(step);
        let _ = learning.network.learn(0, &pattern(1), |outputs| outputs.sum(Kind::Float) * derivative);
        learning.step(0, 0.1);
        mean = 0.95 * mean + 0.05 * derivative;
        square = 0.95 * square + 0.05 * derivative * derivative;
        expected -= 0.1 * derivative / (square - mean * mean + 0.01_f64).sqrt();
    }
    assert!((bias(&learning.network) - expected).abs() < 1e-5);
}

#[test]
fn a_restored_optimiser_goes_on_as_if_it_had_not_stopped() {
    use config::OptimizerRule::{Adam, Muon, RAdam, RmsProp};
    let architecture = &architectures()[6];
    let on_the_cpu = [RmsProp, Adam, RAdam, Muon].map(|rule| (rule, Device::Cpu));
    for (rule, device) in on_the_cpu.into_iter().chain([(Adam, LIBTORCH), (Muon, LIBTORCH)]) {
        let network = Network::new(architecture, Seed(1), device);
        let mut learning = LearningNetwork::new(network, rule, 0.01);
        let step = |learning: &mut LearningNetwork| {
            let _ = learning.network.learn(0, &pattern(2), squares);
            learning.step(0, 0.01);
        };
        step(&mut learning);
        let mut restored = LearningNetwork::new(Network::new(architecture, Seed(2), device), rule, 0.01);
        restored.restore(&learning.network.values(), &learning.save_optimizer()).unwrap();
        step(&mut learning);
        step(&mut restored);
        assert_eq!(learning.network.values(), restored.network.values());
    }
}

#[test]
fn td_targets_equal_pytorchs_for_dqn_and_double_dqn() {
    let target = Tensor::from_slice(&[1.0_f32, 2.0, 0.5, 0.0, -1.0, 3.0]).view([2, 3]);
    let online = Tensor::from_slice(&[2.0_f32, 1.0, 0.0, 5.0, 1.0, 2.0]).view([2, 3]);
    let (rewards, discounts) = (Tensor::from_slice(&[1.0_f32, -1.0]), Tensor::from_slice(&[0.99_f32, 0.0]));
    close(&td_targets(&target, None, &rewards, &discounts), &[2.98, -1.0]);
    close(&td_targets(&target, Some(&online), &rewards, &discounts), &[1.99, -1.0]);
}

#[test]
fn saved_weights_are_the_same_bytes_each_time_and_read_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    let (network, metadata) = agent::load(&path, Device::Cpu).unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    agent::save(&first, &network, &metadata).unwrap();
    agent::save(&second, &network, &metadata).unwrap();
    assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap());
    let (read, read_metadata) = agent::load(&first, Device::Cpu).unwrap();
    assert_eq!((read.values(), read_metadata), (network.values(), metadata));
}

#[test]
fn weights_for_other_observations_or_actions_than_the_environments_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let experiment = config::read_text("x.toml", "x", "games = [\"catch\"]", &config::Overrides::default()).unwrap();
    let (game, environment) = (experiment.games[0], &experiment.environment);
    let load = || agent::load_for(&path, Device::Cpu, game, environment, None);
    let of_memory = dense(RAM, &[8], Outputs::One(3));
    let of_two_actions = network([2, 2, 2], 8, Outputs::One(2));
    for (view, actions, architecture, problem) in [
        (View::Ram, vec![0, 3, 4], of_memory, "a vector of 128"),
        (View::Pixels, vec![0, 1], of_two_actions, "2 actions [0, 1]"),
    ] {
        let theirs = EnvironmentSettings { observation: view, ..environment.clone() };
        let played = Played { actions, ..Played::new(game, &theirs, None) };
        let network = Network::new(&architecture, Seed(1), Device::Cpu);
        let metadata = Metadata::new(&AgentId::teacher(game, 1), &architecture, &theirs, vec![played], 0);
        agent::save(&path, &network, &metadata).unwrap();
        assert_eq!(agent::load(&path, Device::Cpu).unwrap().1, metadata);
        let refused = load().map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(problem) && refused.contains("4 frames of 84×84"), "{refused}");
    }
}

#[test]
fn weights_with_actions_that_their_game_does_not_have_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let experiment = config::read_text("x.toml", "x", "games = [\"catch\"]", &config::Overrides::default()).unwrap();
    let (game, environment) = (experiment.games[0], &experiment.environment);
    for action in [-4, 18, 300] {
        let mut played = Played::new(game, environment, None);
        played.actions[0] = action;
        let architecture = network([2, 2, 2], 8, Outputs::One(played.actions.len() as i64));
        let network = Network::new(&architecture, Seed(1), Device::Cpu);
        let metadata = Metadata::new(&AgentId::teacher(game, 1), &architecture, environment, vec![played], 0);
        agent::save(&path, &network, &metadata).unwrap();
        let refused = agent::load(&path, Device::Cpu).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("plays actions that the game does not have"), "{refused}");
    }
}

#[test]
fn weights_say_with_which_ale_they_were_made_and_old_ones_are_of_0_6_0() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let old = agent::metadata(&root.join("teachers/freeway/teachers/freeway/seed-1/weights.safetensors")).unwrap();
    assert_eq!(old.ale(), Some("0.6.0"));
    assert_eq!(
        agent::metadata(&root.join("tests/golden/network.safetensors")).unwrap().ale(),
        None,
        "the built-in game"
    );
    let (folder, environment) = (tempfile::tempdir().unwrap(), old.environment);
    let path = folder.path().join("weights.safetensors");
    let game = Game::named("pong").unwrap();
    let architecture = Architecture { outputs: Outputs::One(6), ..old.architecture };
    let played = vec![Played::new(game, &environment, None)];
    let metadata = Metadata::new(&AgentId::teacher(game, 1), &architecture, &environment, played, 0);
    agent::save(&path, &Network::new(&architecture, Seed(1), Device::Cpu), &metadata).unwrap();
    assert_eq!(agent::metadata(&path).unwrap().ale(), Some("0.12.1"));
    let content = std::fs::read(&path).unwrap();
    assert!(content.windows(14).any(|bytes| bytes == br#""ale":"0.12.1""#), "as plain text in the header");
}

#[test]
fn weights_in_eight_bits_take_a_quarter_of_the_size_and_keep_a_127th_of_their_rows_largest() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let original = root.join("tests/golden/network.safetensors");
    let (network, metadata) = agent::load(&original, Device::Cpu).unwrap();
    let path = folder.path().join("int8.safetensors");
    agent::save_as(&path, &network, &metadata, Precision::Byte).unwrap();
    let (rounded, found) = agent::load(&path, Device::Cpu).unwrap();
    assert_eq!((&found, &agent::metadata(&path).unwrap()), (&metadata, &metadata));
    let tensors = network.architecture().tensors();
    for ((tensor, before), after) in tensors.iter().zip(network.values()).zip(rounded.values()) {
        if tensor.shape.len() == 1 {
            assert_eq!(before, after, "{}", tensor.name);
            continue;
        }
        let inputs = before.len() / tensor.shape[0] as usize;
        for (before, after) in before.chunks(inputs).zip(after.chunks(inputs)) {
            let largest = before.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            let apart = before.iter().zip(after).map(|(before, after)| (before - after).abs()).fold(0.0, f32::max);
            assert!(apart <= largest / 253.9, "{}: {apart} of {largest}", tensor.name);
        }
    }
    let size = |path: &Path| std::fs::metadata(path).unwrap().len() as f64;
    assert!(size(&path) < 0.26 * size(&original) + 4000.0);
}

#[test]
fn weights_in_half_precision_take_half_the_size_and_keep_eleven_bits() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (network, metadata) = agent::load(&root.join("tests/golden/network.safetensors"), Device::Cpu).unwrap();
    let path = folder.path().join("half.safetensors");
    agent::save_as(&path, &network, &metadata, Precision::Half).unwrap();
    let (half, found) = agent::load(&path, Device::Cpu).unwrap();
    assert_eq!((&found, &agent::metadata(&path).unwrap()), (&metadata, &metadata));
    let pairs = network.values().into_iter().flatten().zip(half.values().into_iter().flatten());
    let mut differ = 0;
    for (single, half) in pairs {
        assert!((single - half).abs() <= single.abs() / 2048.0 + 3e-8, "{single} became {half}");
        differ += usize::from(single != half);
    }
    assert!(differ > 100, "only {differ} weights were rounded");
    let size = |path: &Path| std::fs::metadata(path).unwrap().len() as f64;
    assert!(size(&path) < 0.6 * size(&root.join("tests/golden/network.safetensors")) + 2000.0);
}

#[test]
fn weights_that_half_precision_cannot_hold_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut network, metadata) = agent::load(&root.join("tests/golden/network.safetensors"), Device::Cpu).unwrap();
    let path = folder.path().join("half.safetensors");
    let mut values = network.values();
    for (largest, problem) in [(65_520.0, "above 65,504"), (f32::INFINITY, "training diverged")] {
        values[0][0] = largest;
        network.set_values(&values);
        let refused = agent::save_as(&path, &network, &metadata, Precision::Half).unwrap_err();
        assert!(format!("{refused:#}").contains(problem) && !path.exists(), "{refused:#}");
    }
}
