//! A network as a list of layers, with its parameters and operations counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::block::{Block, Layer, TensorShape};
use super::saved::Saved;
use crate::config;
use crate::spec::{Shape, Spec};

/// Kernel and stride of the paper's three convolutions, without padding (Mnih et al., 2015).
pub const CONVOLUTIONS: [(i64, i64); 3] = [(8, 4), (4, 2), (3, 1)];
/// Units of the layer that each game of a multi-game network has for itself (Rusu et al., 2016).
pub const HEAD_UNITS: i64 = 128;

/// A network for observations of one shape: layers shared by all its games, then outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Architecture {
    pub observation: Shape,
    /// In the order of the data flow.
    pub layers: Vec<Layer>,
    pub outputs: Outputs,
}

/// The layers after the shared ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outputs {
    /// One game: an output per action.
    One(i64),
    /// Several games. Each has its own [`HEAD_UNITS`] units and one output per action.
    PerGame(Vec<Head>),
}

/// A game of a multi-game network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The game's name.
    pub game: String,
    pub actions: i64,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let norm = if self.is_normalised() { ", normalised layers" } else { "" };
        write!(f, "a network {}{norm}, for {} and ", self.widths(), self.observation)?;
        match &self.outputs {
            Outputs::One(actions) => write!(f, "{actions} actions"),
            Outputs::PerGame(heads) => {
                let heads: Vec<_> =
                    heads.iter().map(|head| format!("{} ({} actions)", head.game, head.actions)).collect();
                f.write_str(&heads.join(", "))
            }
        }
    }
}

/// Convolutions with these numbers of filters, then dense layers with these numbers of units. After each is a
/// normalisation, if `norm`, and a ReLU.
pub fn layers_of(conv: &[i64], dense: &[i64], norm: bool) -> Vec<Layer> {
    let conv = conv.iter().zip(CONVOLUTIONS);
    let conv = conv.map(|(&filters, (kernel, stride))| Layer::Conv { filters, kernel, stride });
    let dense = dense.iter().map(|&units| Layer::Dense { units });
    let followed = |layer| [Some(layer), norm.then_some(Layer::Norm), Some(Layer::Relu)];
    conv.chain(dense).flat_map(followed).flatten().collect()
}

impl Architecture {
    /// The network that an experiment chooses, for one game.
    pub fn new(network: &config::NetworkChoice, spec: &Spec) -> Architecture {
        let layers = match network.layers() {
            config::Layers::Convolutional(config::Widths { conv, hidden }) => layers_of(&conv, &[hidden], false),
            config::Layers::Dense(units) => layers_of(&[], units, false),
        };
        Architecture { observation: spec.observation, layers, outputs: Outputs::One(spec.actions.len() as i64) }
    }

    /// The teacher's network for one game.
    pub fn teacher(settings: &config::TeacherSettings, spec: &Spec) -> Architecture {
        Architecture::new(&settings.network, spec).normalised(settings.layer_norm)
    }

    /// A student's network for the games with these names: one game, or several that share it.
    pub fn student<'a>(
        settings: &config::StudentSettings,
        games: impl IntoIterator<Item = (&'a str, Spec)>,
    ) -> Architecture {
        let games: Vec<_> = games.into_iter().collect();
        let one = Architecture::new(&settings.network, &games[0].1);
        if !settings.is_shared() {
            return one;
        }
        let head = |(game, spec): &(&str, Spec)| Head { game: (*game).into(), actions: spec.actions.len() as i64 };
        Architecture { outputs: Outputs::PerGame(games.iter().map(head).collect()), ..one }
    }

    /// The same network with a normalisation after each shared convolution or fully connected layer, or without any.
    pub fn normalised(self, norm: bool) -> Architecture {
        let mut layers = Vec::new();
        for layer in self.layers.into_iter().filter(|&layer| layer != Layer::Norm) {
            layers.push(layer);
            if norm && layer != Layer::Relu {
                layers.push(Layer::Norm);
            }
        }
        Architecture { layers, ..self }
    }

    /// Whether layers are normalised. The layers of heads are normalised if the shared ones are.
    pub fn is_normalised(&self) -> bool {
        self.layers.contains(&Layer::Norm)
    }

    /// Filters of convolutions, then units of fully connected layers: `32/64/64, 512`.
    pub fn widths(&self) -> String {
        let (mut filters, mut widths) = (Vec::new(), Vec::new());
        for layer in &self.layers {
            match layer {
                Layer::Conv { filters: width, .. } => filters.push(width.to_string()),
                Layer::Dense { units } => widths.push(units.to_string()),
                Layer::Norm | Layer::Relu => {}
            }
        }
        let parts = [filters.join("/"), widths.join("/")];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Number of outputs of each head. A network for one game has one head.
    pub fn actions(&self) -> Vec<i64> {
        match &self.outputs {
            Outputs::One(actions) => vec![*actions],
            Outputs::PerGame(heads) => heads.iter().map(|head| head.actions).collect(),
        }
    }

    /// The heads of a multi-game network; empty for a network for one game.
    pub fn heads(&self) -> &[Head] {
        match &self.outputs {
            Outputs::One(_) => &[],
            Outputs::PerGame(heads) => heads,
        }
    }

    /// The shared blocks.
    pub fn shared(&self) -> Vec<Block> {
        let mut flow = match self.observation {
            Shape::Image { stack, height, width } => vec![stack as i64, height as i64, width as i64],
            Shape::Vector { size } => vec![size as i64],
        };
        let mut blocks: Vec<Block> = Vec::new();
        let (mut convolutions, mut dense) = (0, 0);
        for &layer in &self.layers {
            let (name, output) = match layer {
                Layer::Conv { filters, kernel, stride } => {
                    convolutions += 1;
                    let shrunk = flow[1..].iter().map(|side| (side - kernel) / stride + 1);
                    (format!("conv{convolutions}"), [filters].into_iter().chain(shrunk).collect())
                }
                Layer::Dense { units } => {
                    dense += 1;
                    (format!("fc{dense}"), vec![units])
                }
                Layer::Norm | Layer::Relu => {
                    let block = blocks.last_mut().expect("a list of layers begins with a product");
                    block.norm |= layer == Layer::Norm;
                    block.relu |= layer == Layer::Relu;
                    continue;
                }
            };
            let input = std::mem::replace(&mut flow, output.clone());
            blocks.push(Block {
                name,
                product: layer,
                input,
                output,
                norm: false,
                relu: false,
                head: None,
                is_output: false,
            });
        }
        blocks
    }

    /// The blocks of each head. A network for one game has one head.
    pub fn head_blocks(&self) -> Vec<Vec<Block>> {
        let features = self.features();
        let dense = |name: String, input: &[i64], units, head, is_output: bool| Block {
            name,
            product: Layer::Dense { units },
            input: input.to_vec(),
            output: vec![units],
            norm: !is_output && self.is_normalised(),
            relu: !is_output,
            head,
            is_output,
        };
        let of_head = |(index, Head { game, actions }): (usize, &Head)| {
            let hidden = dense(format!("heads.{game}.fc"), &features, HEAD_UNITS, Some(index), false);
            let output = dense(format!("heads.{game}.output"), &hidden.output, *actions, Some(index), true);
            vec![hidden, output]
        };
        match &self.outputs {
            Outputs::One(actions) => vec![vec![dense("output".into(), &features, *actions, None, true)]],
            Outputs::PerGame(heads) => heads.iter().enumerate().map(of_head).collect(),
        }
    }

    /// Output shape of the shared layers.
    fn features(&self) -> Vec<i64> {
        let shared = self.shared();
        shared.last().expect("a network has shared layers").output.clone()
    }

    /// Every tensor in the order of the data flow, head after head.
    pub fn tensors(&self) -> Vec<TensorShape> {
        let heads = self.head_blocks();
        self.shared().iter().chain(heads.iter().flatten()).flat_map(Block::tensors).collect()
    }

    /// Number of parameters: weights, biases, gains and shifts.
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|tensor| tensor.count() as u64).sum()
    }

    /// Size of the parameters as f32.
    pub fn bytes(&self) -> u64 {
        4 * self.parameters()
    }

    /// Million floating-point operations for one observation. A multiply-add counts as two; biases, normalisation and
    /// ReLU do not count. A multi-game network is counted with its largest head.
    pub fn mflops(&self) -> f64 {
        let sum = |blocks: &[Block]| blocks.iter().map(Block::products).sum::<i64>();
        let head = self.head_blocks().iter().map(|head| sum(head)).max().unwrap_or(0);
        2.0 * (sum(&self.shared()) + head) as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Mlp, NamedNetwork, NetworkChoice, Widths};

    fn spec(actions: i32) -> Spec {
        Spec { observation: Shape::ATARI, actions: (0..actions).collect() }
    }

    #[test]
    fn parameter_counts_are_the_papers() {
        let count = |name, actions| Architecture::new(&NetworkChoice::Named(name), &spec(actions)).parameters();
        use NamedNetwork::{Net1, Net2, Net3, Teacher};
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 18)), [1_693_362, 427_874, 113_346, 61_954]);
        assert_eq!([Teacher, Net1, Net2, Net3].map(|name| count(name, 4)), [1_686_180, 424_276, 111_540, 61_044]);
    }

    #[test]
    fn parameter_counts_of_multi_game_networks_are_the_papers() {
        let count = |conv, hidden, games: &[(&str, i64)]| {
            let head = |&(game, actions): &(&str, i64)| Head { game: game.into(), actions };
            let shared = Architecture::new(&NetworkChoice::Widths(Widths { conv, hidden }), &spec(1));
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
        let mflops = Architecture::new(&NetworkChoice::Named(NamedNetwork::Teacher), &spec(18)).mflops();
        assert!((mflops - 18.7).abs() < 0.05, "{mflops}");
    }

    #[test]
    fn a_dense_network_has_a_layer_for_each_width() {
        let spec = Spec { observation: Shape::Vector { size: 4 }, actions: vec![0, 1] };
        let network = Architecture::new(&NetworkChoice::Mlp(Mlp { hidden: vec![64, 32] }), &spec);
        let names: Vec<_> = network.tensors().into_iter().map(|tensor| tensor.name).collect();
        assert_eq!(names[..3], ["fc1.weight", "fc1.bias", "fc2.weight"]);
        assert_eq!(network.parameters(), (4 + 1) * 64 + (64 + 1) * 32 + (32 + 1) * 2);
        assert_eq!(network.clone().normalised(true).parameters(), network.parameters() + 2 * (64 + 32));
    }
}
