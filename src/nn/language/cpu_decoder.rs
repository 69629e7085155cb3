//! Generation on a CPU with the kernels of [`crate::nn::cpu`]. Each text is computed apart from the others: its logits
//! depend neither on the batch nor on the number of threads.

use rayon::prelude::*;

use super::lanes;
use super::size::{Size, WIDENING};
use super::transformer::{Transformer, angle};
use crate::nn::cpu::kernel::{self, LANES, Patches, Row, filled};

/// Rows that go through the layers together; more of them leave the second-level cache.
const ROWS: usize = 128;

/// Reads texts of one length token by token.
pub struct CpuDecoder {
    size: Size,
    /// The embedding of each token, padded.
    embedding: Vec<Vec<f32>>,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    output: Product,
    /// Cosine and sine of each position's angles.
    angles: Vec<Vec<(f32, f32)>>,
    /// Positions for which there is room, in whole rows.
    longest: usize,
    texts: Vec<Cache>,
    /// Tokens of each text so far.
    length: usize,
}

/// A block's weights.
struct Layer {
    attention_norm: Vec<f32>,
    attention: Product,
    projection: Product,
    wide_norm: Vec<f32>,
    wide: Product,
    narrow: Product,
}

/// The keys and values of a text's tokens.
#[derive(Clone)]
struct Cache {
    /// [layers, width, positions]
    keys: Vec<f32>,
    /// [layers, heads, positions, values of a head, padded]
    values: Vec<Row>,
}

/// A matrix in panels of [`LANES`] outputs, with a row for each input. Inputs and outputs are padded to whole rows.
struct Product {
    panels: Vec<Row>,
    inputs: usize,
    outputs: usize,
}

impl Product {
    /// From weights as in PyTorch, [outputs, inputs].
    fn new(weights: &[f32], inputs: usize) -> Product {
        let outputs = filled(weights.len() / inputs);
        let mut panels = vec![[0.0; LANES]; outputs / LANES * filled(inputs)];
        for (output, weights) in weights.chunks_exact(inputs).enumerate() {
            let panel = &mut panels[output / LANES * filled(inputs)..];
            panel.iter_mut().zip(weights).for_each(|(row, weight)| row[output % LANES] = *weight);
        }
        Product { panels, inputs: filled(inputs), outputs }
    }

    /// Adds the product with each row of `x` to that of `out`.
    fn add(&self, x: &[f32], out: &mut [f32]) {
        let blocks: Vec<(usize, Patches)> = Patches::blocks(x.len() / self.inputs, self.inputs).collect();
        for (panel, weights) in self.panels.chunks_exact(self.inputs).enumerate() {
            for (start, patches) in &blocks {
                let weights = &weights[*start..start + patches.run];
                kernel::multiply(&x[*start..], patches, weights, &mut out[panel * LANES..], self.outputs);
            }
        }
    }

    /// The product with each row of `x`.
    fn of(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / self.inputs * self.outputs];
        self.add(x, &mut out);
        out
    }
}

fn padded(values: &[f32]) -> Vec<f32> {
    let mut values = values.to_vec();
    values.resize(filled(values.len()), 0.0);
    values
}

impl CpuDecoder {
    /// A decoder of `texts` texts with at most `longest` tokens each.
    pub fn new(model: &Transformer, texts: usize, longest: usize) -> CpuDecoder {
        let size = model.size();
        let (width, longest) = (size.width, filled(longest));
        let mut tensors = model.values().into_iter();
        let mut next = || tensors.next().expect("a tensor for each part");
        let embedding = next().chunks_exact(width).map(padded).collect();
        let layer = |_| Layer {
            attention_norm: padded(&next()),
            attention: Product::new(&next(), width),
            projection: Product::new(&next(), width),
            wide_norm: padded(&next()),
            wide: Product::new(&next(), width),
            narrow: Product::new(&next(), WIDENING * width),
        };
        let layers = (0..size.layers).map(layer).collect();
        let (norm, output) = (padded(&next()), Product::new(&next(), width));
        let sines = |angle: f64| (angle.cos() as f32, angle.sin() as f32);
        let angles = |position| (0..size.head() / 2).map(|i| sines(angle(position, i, size.head()))).collect();
        let rows = size.layers * size.heads * longest * size.head().div_ceil(LANES);
        let cache = Cache { keys: vec![0.0; size.layers * width * longest], values: vec![[0.0; LANES]; rows] };
        CpuDecoder {
            size,
            embedding,
            layers,
            norm,
            output,
            angles: (0..longest).map(angles).collect(),
            longest,
            texts: vec![cache; texts],
            length: 0,
        }
    }

    /// Reads the next tokens of each text, as many of one text after as many of another, and returns the logits after
    /// the last of them, [texts, vocabulary].
    pub fn feed(&mut self, tokens: &[i64]) -> Vec<f32> {
        let new = tokens.len() / self.texts.len();
        let mut texts = std::mem::take(&mut self.texts);
        let together = texts.len().div_ceil(rayon::current_num_threads()).min((ROWS / new).max(1));
        let parts = texts.par_chunks_mut(together).zip(tokens.par_chunks(together * new));
        let logits: Vec<Vec<f32>> = parts.map(|(texts, tokens)| self.read(texts, tokens)).collect();
        self.texts = texts;
        self.length += new;
        logits.concat()
    }

    /// Goes on with some of the texts only, in this order.
    pub fn keep(&mut self, texts: &[usize]) {
        self.texts = texts.iter().map(|&text| self.texts[text].clone()).collect();
    }

    fn read(&self, texts: &mut [Cache], tokens: &[i64]) -> Vec<f32> {
        let (new, width) = (tokens.len() / texts.len(), self.size.width);
        let mut x = tokens.iter().map(|&token| &*self.embedding[token as usize]).collect::<Vec<_>>().concat();
        let mut part = vec![0.0; x.len()];
        let mut scores = Vec::new();
        for (number, layer) in self.layers.iter().enumerate() {
            lanes::normalize(&x, &layer.attention_norm, width, &mut part);
            let mut mixed = layer.attention.of(&part);
            let rows = mixed.chunks_exact_mut(layer.attention.outputs).zip(part.chunks_exact_mut(filled(width)));
            for (row, (mixed, out)) in rows.enumerate() {
                self.attend(number, &mut texts[row / new], self.length + row % new, mixed, &mut scores, out);
            }
            layer.projection.add(&part, &mut x);
            lanes::normalize(&x, &layer.wide_norm, width, &mut part);
            let mut wide = layer.wide.of(&part);
            lanes::gelu(&mut wide);
            layer.narrow.add(&wide, &mut x);
        }
        let last: Vec<f32> = x.chunks_exact(filled(width)).skip(new - 1).step_by(new).flatten().copied().collect();
        let mut normal = vec![0.0; last.len()];
        lanes::normalize(&last, &self.norm, width, &mut normal);
        let logits = self.output.of(&normal);
        let rows = logits.chunks_exact(self.output.outputs);
        rows.flat_map(|row| &row[..self.size.vocabulary]).copied().collect()
    }

    /// Keeps key and value of a token and writes what its query finds in all so far. `mixed` has query, key and value,
    /// not yet rotated.
    fn attend(
        &self,
        layer: usize,
        text: &mut Cache,
        position: usize,
        mixed: &mut [f32],
        scores: &mut Vec<Row>,
        out: &mut [f32],
    ) {
        let (width, heads, head, longest) = (self.size.width, self.size.heads, self.size.head(), self.longest);
        let keys = &mut text.keys[layer * width * longest..][..width * longest];
        let rows = head.div_ceil(LANES);
        let values = &mut text.values[layer * heads * longest * rows..][..heads * longest * rows];
        mixed[..2 * width].chunks_exact_mut(head).for_each(|head| lanes::rotate(head, &self.angles[position]));
        let (query, mixed) = mixed.split_at(width);
        let (key, value) = mixed.split_at(width);
        keys.chunks_exact_mut(longest).zip(key).for_each(|(keys, key)| keys[position] = *key);
        let parts = query.chunks_exact(head).zip(value.chunks_exact(head)).zip(out.chunks_exact_mut(head));
        let kept = keys.chunks_exact(head * longest).zip(values.chunks_exact_mut(longest * rows));
        for (((query, value), out), (keys, values)) in parts.zip(kept) {
            values[position * rows..][..rows].as_flattened_mut()[..head].copy_from_slice(value);
            lanes::attend(query, keys, values, position + 1, scores, out);
        }
    }
}
