//! The shape of a network and what it costs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config;
use crate::frame::STACK;
use crate::game::Game;

/// Kernel and stride of the three convolutions, without padding (Mnih et al., 2015).
pub const CONVOLUTIONS: [(i64, i64); 3] = [(8, 4), (4, 2), (3, 1)];
/// Height and width of what each convolution gives for an 84×84 screen.
pub const SIDES: [i64; 3] = [20, 9, 7];
/// Units of the layer that each game of a multi-game network has of its own (Rusu et al., 2016).
pub const HEAD_UNITS: i64 = 128;

/// Three convolutions, a fully connected layer and one output per action, ReLU between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Filters of the convolutions.
    pub conv: [i64; 3],
    /// Units of the fully connected layer.
    pub hidden: i64,
    #[serde(rename = "actions")]
    pub outputs: Outputs,
    /// Each layer but the last is normalised over all its values before its ReLU (Ba et al., 2016), with a gain and a
    /// shift for each of them, as in PQN.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub layer_norm: bool,
}

/// What follows the fully connected layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outputs {
    /// One game: an output per action.
    One(i64),
    /// Several games: each has [`HEAD_UNITS`] units of its own and an output per action.
    PerGame(Vec<Head>),
}

/// A game of a multi-game network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub game: Game,
    pub actions: i64,
}

/// A tensor of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorShape {
    pub name: String,
    /// In PyTorch's layout.
    pub shape: Vec<i64>,
    pub kind: TensorKind,
}

/// What a tensor is for; decides its first values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorKind {
    Weight,
    /// Follows the weight of its layer.
    Bias,
    /// Of a normalisation.
    Gain,
    /// Of a normalisation; follows the gain.
    Shift,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Architecture { conv: [first, second, third], hidden, outputs, layer_norm } = self;
        let norm = if *layer_norm { ", normalised layers" } else { "" };
        write!(f, "a network {first}/{second}/{third}, {hidden}{norm}, for ")?;
        match outputs {
            Outputs::One(actions) => write!(f, "{actions} actions"),
            Outputs::PerGame(heads) => {
                let heads: Vec<_> =
                    heads.iter().map(|head| format!("{} ({} actions)", head.game, head.actions)).collect();
                f.write_str(&heads.join(", "))
            }
        }
    }
}

impl Architecture {
    /// A network of the experiment for one game with that many actions.
    pub fn new(network: config::Network, actions: usize) -> Architecture {
        let config::Widths { conv, hidden } = network.widths();
        Architecture { conv, hidden, outputs: Outputs::One(actions as i64), layer_norm: false }
    }

    /// The teacher's network for one game with that many actions.
    pub fn teacher(settings: &config::Teacher, actions: usize) -> Architecture {
        Architecture { layer_norm: settings.layer_norm, ..Architecture::new(settings.network, actions) }
    }

    /// A student's network for games with so many actions each: the only one, or those that share it.
    pub fn student(settings: &config::Student, games: impl IntoIterator<Item = (Game, usize)>) -> Architecture {
        let mut heads = games.into_iter().map(|(game, actions)| Head { game, actions: actions as i64 });
        match settings.is_shared() {
            true => {
                let outputs = Outputs::PerGame(heads.collect());
                Architecture { outputs, ..Architecture::new(settings.network, 1) }
            }
            false => {
                let actions = heads.next().map_or(0, |head| head.actions);
                Architecture::new(settings.network, actions as usize)
            }
        }
    }

    /// Outputs of each head; one head for a network of one game.
    pub fn actions(&self) -> Vec<i64> {
        match &self.outputs {
            Outputs::One(actions) => vec![*actions],
            Outputs::PerGame(heads) => heads.iter().map(|head| head.actions).collect(),
        }
    }

    /// The heads of a multi-game network; none for a network of one game.
    pub fn heads(&self) -> &[Head] {
        match &self.outputs {
            Outputs::One(_) => &[],
            Outputs::PerGame(heads) => heads,
        }
    }

    /// Every tensor in the order of the data flow, head after head.
    pub fn tensors(&self) -> Vec<TensorShape> {
        let mut tensors = Vec::new();
        let mut layer = |name: &str, weight: Vec<i64>, normalised: Option<Vec<i64>>| {
            let mut push = |part: &str, shape, kind| {
                tensors.push(TensorShape { name: format!("{name}.{part}"), shape, kind });
            };
            let outputs = weight[0];
            push("weight", weight, TensorKind::Weight);
            push("bias", vec![outputs], TensorKind::Bias);
            if let Some(shape) = normalised {
                push("norm.weight", shape.clone(), TensorKind::Gain);
                push("norm.bias", shape, TensorKind::Shift);
            }
        };
        let normalised = |shape: Vec<i64>| self.layer_norm.then_some(shape);
        let mut inputs = STACK as i64;
        for (i, ((&filters, (kernel, _)), side)) in self.conv.iter().zip(CONVOLUTIONS).zip(SIDES).enumerate() {
            let norm = normalised(vec![filters, side, side]);
            layer(&format!("conv{}", i + 1), vec![filters, inputs, kernel, kernel], norm);
            inputs = filters;
        }
        layer("fc1", vec![self.hidden, self.features()], normalised(vec![self.hidden]));
        match &self.outputs {
            Outputs::One(actions) => layer("output", vec![*actions, self.hidden], None),
            Outputs::PerGame(heads) => {
                for Head { game, actions } in heads {
                    let norm = normalised(vec![HEAD_UNITS]);
                    layer(&format!("heads.{game}.fc"), vec![HEAD_UNITS, self.hidden], norm);
                    layer(&format!("heads.{game}.output"), vec![*actions, HEAD_UNITS], None);
                }
            }
        }
        tensors
    }

    /// Inputs of the fully connected layer.
    pub fn features(&self) -> i64 {
        SIDES[2] * SIDES[2] * self.conv[2]
    }

    /// Weights, biases and what normalises.
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|tensor| tensor.shape.iter().product::<i64>() as u64).sum()
    }

    /// Size of the parameters as f32.
    pub fn bytes(&self) -> u64 {
        4 * self.parameters()
    }

    /// Million floating-point operations for one observation, a multiply-add counted as two; biases, normalisation and
    /// ReLU are not counted. Of a multi-game network, with its largest head.
    pub fn mflops(&self) -> f64 {
        let mut inputs = STACK as i64;
        let head = |actions: i64| match self.outputs {
            Outputs::One(_) => self.hidden * actions,
            Outputs::PerGame(_) => self.hidden * HEAD_UNITS + HEAD_UNITS * actions,
        };
        let mut products = self.features() * self.hidden + self.actions().into_iter().map(head).max().unwrap_or(0);
        for ((&filters, (kernel, _)), side) in self.conv.iter().zip(CONVOLUTIONS).zip(SIDES) {
            products += side * side * filters * inputs * kernel * kernel;
            inputs = filters;
        }
        2.0 * products as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NamedNetwork, Network, Widths};

    #[test]
    fn parameter_counts_are_the_papers() {
        let count = |name, actions| Architecture::new(Network::Named(name), actions).parameters();
        use NamedNetwork::{Net1, Net2, Net3, Teacher};
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 18)), [1_693_362, 427_874, 113_346, 61_954]);
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 4)), [1_686_180, 424_276, 111_540, 61_044]);
    }

    #[test]
    fn parameter_counts_of_multi_game_networks_are_the_papers() {
        let count = |conv, hidden, games: &[(&str, i64)]| {
            let head = |&(game, actions): &(&str, i64)| Head { game: Game::named(game).unwrap(), actions };
            let shared = Architecture::new(Network::Widths(Widths { conv, hidden }), 1);
            Architecture { outputs: Outputs::PerGame(games.iter().map(head).collect()), ..shared }.parameters()
        };
        let three = |pong| [("freeway", 3), ("pong", pong), ("qbert", 6)];
        assert_eq!(count([32, 64, 64], 512, &three(3)), 1_882_668);
        assert_eq!(count([32, 64, 64], 512, &three(6)), 1_882_668 + 387);
        let ten = |pong| {
            let others = [("beam_rider", 9), ("breakout", 4), ("enduro", 9), ("freeway", 3), ("ms_pacman", 9)];
            let rest = [("pong", pong), ("qbert", 6), ("riverraid", 18), ("seaquest", 18), ("space_invaders", 6)];
            [others, rest].concat()
        };
        assert_eq!(count([64, 64, 64], 1500, &ten(3)), 6_756_721);
        assert_eq!(count([64, 64, 64], 1500, &ten(6)), 6_756_721 + 387);
    }

    #[test]
    fn a_forward_pass_of_the_teacher_costs_18_7_mflop() {
        let mflops = Architecture::new(Network::Named(NamedNetwork::Teacher), 18).mflops();
        assert!((mflops - 18.7).abs() < 0.05, "{mflops}");
    }
}
