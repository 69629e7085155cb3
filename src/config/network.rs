//! The layers of teachers' and students' networks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The layers of a network: one of the paper's four, free widths of their shape, or fully connected layers alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "must be \"teacher\", \"net1\", \"net2\", \"net3\" or { conv = [A, B, C], hidden = D } for images, or \
                 { hidden = [A, …] } for vectors"
)]
pub enum NetworkChoice {
    Named(NamedNetwork),
    Widths(Widths),
    Mlp(Mlp),
}

/// Fully connected layers alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mlp {
    /// Units of each layer before the outputs.
    pub hidden: Vec<i64>,
}

/// The layers of a [`NetworkChoice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers<'a> {
    /// Three convolutions and a fully connected layer.
    Convolutional(Widths),
    /// Fully connected layers, with their numbers of units.
    Dense(&'a [i64]),
}

/// Free widths for the paper's network shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    /// Filters of the three convolutions.
    pub conv: [i64; 3],
    /// Units of the fully connected layer.
    pub hidden: i64,
}

/// The networks of Rusu et al. (2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedNetwork {
    Teacher,
    Net1,
    Net2,
    Net3,
}

impl NamedNetwork {
    /// Filters of the three convolutions and units of the fully connected layer.
    pub const fn widths(self) -> Widths {
        match self {
            NamedNetwork::Teacher => Widths { conv: [32, 64, 64], hidden: 512 },
            NamedNetwork::Net1 => Widths { conv: [16, 32, 32], hidden: 256 },
            NamedNetwork::Net2 => Widths { conv: [16, 16, 16], hidden: 128 },
            NamedNetwork::Net3 => Widths { conv: [16, 16, 16], hidden: 64 },
        }
    }
}

impl NetworkChoice {
    /// The layers of the network.
    pub fn layers(&self) -> Layers<'_> {
        match self {
            NetworkChoice::Named(name) => Layers::Convolutional(name.widths()),
            NetworkChoice::Widths(widths) => Layers::Convolutional(*widths),
            NetworkChoice::Mlp(Mlp { hidden }) => Layers::Dense(hidden),
        }
    }

    /// Filters of the three convolutions and units of the fully connected layer; none without convolutions.
    pub fn widths(&self) -> Option<Widths> {
        match self.layers() {
            Layers::Convolutional(widths) => Some(widths),
            Layers::Dense(_) => None,
        }
    }
}

impl fmt::Display for NetworkChoice {
    /// Filters of convolutions, then units of fully connected layers: `32/64/64, 512`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |widths: &[i64]| widths.iter().map(i64::to_string).collect::<Vec<_>>().join("/");
        match self.layers() {
            Layers::Convolutional(Widths { conv, hidden }) => write!(f, "{}, {hidden}", joined(&conv)),
            Layers::Dense(hidden) => f.write_str(&joined(hidden)),
        }
    }
}
