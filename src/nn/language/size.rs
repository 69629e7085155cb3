//! The size of a transformer, and the names and shapes of its tensors.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::explanations::ModelSettings;
use crate::units::grouped;

/// Widths that define a transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Number of tokens.
    pub vocabulary: usize,
    pub width: usize,
    pub layers: usize,
    /// Heads of attention; each has an even number of values.
    pub heads: usize,
}

/// Units of the layer between the two products of a block's last part, as multiples of the width.
pub const WIDENING: usize = 4;

impl Size {
    /// The size of a model with those settings over `vocabulary` tokens.
    pub fn new(settings: ModelSettings, vocabulary: usize) -> Size {
        let ModelSettings { width, layers, heads } = settings;
        Size { vocabulary, width, layers, heads }
    }

    /// Name and shape of each tensor, in the order of the data flow. Products are [outputs, inputs], as in PyTorch.
    pub fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        let (tokens, width) = (self.vocabulary as i64, self.width as i64);
        let wide = WIDENING as i64 * width;
        let mut tensors = vec![("embedding.weight".to_owned(), vec![tokens, width])];
        for layer in 0..self.layers {
            let parts = [
                ("attention_norm", vec![width]),
                ("attention", vec![3 * width, width]),
                ("projection", vec![width, width]),
                ("wide_norm", vec![width]),
                ("wide", vec![wide, width]),
                ("narrow", vec![width, wide]),
            ];
            tensors.extend(parts.map(|(name, shape)| (format!("blocks.{layer}.{name}.weight"), shape)));
        }
        tensors.push(("norm.weight".to_owned(), vec![width]));
        tensors.push(("output.weight".to_owned(), vec![tokens, width]));
        tensors
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|(_, shape)| shape.iter().product::<i64>() as u64).sum()
    }

    /// Values of a head.
    pub fn head(&self) -> usize {
        self.width / self.heads
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { vocabulary, width, layers, heads } = self;
        let parameters = grouped(self.parameters());
        write!(
            f,
            "{layers} layers of width {width} with {heads} heads over {vocabulary} tokens ({parameters} parameters)"
        )
    }
}
