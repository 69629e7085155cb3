//! A decoder-only transformer: rotary positions (Su et al., 2021), normalisation before each part, no biases.

use tch::{Device, IndexOp, Kind, Tensor, no_grad};

use rand::RngExt;

use super::size::Size;
use crate::units::Seed;

/// Base of the rotary frequencies (Su et al., 2021, section 3.2.2).
const ROTARY_BASE: f64 = 10_000.0;
/// Added to the variance of normalisations, PyTorch's default.
const NORM_EPSILON: f64 = 1e-5;
/// Positions for which rotations are tabulated; those of longer texts are computed when needed.
const POSITIONS: i64 = 256;

/// A transformer whose parameters lie in one tensor, so that a copy or an optimiser's step is one operation. The layers
/// are views of this tensor.
pub struct Transformer {
    size: Size,
    pub(super) flat: Tensor,
    /// The gradient of the last call of [`Transformer::learn`], in the same order.
    pub(super) gradient: Tensor,
    parameters: Vec<Tensor>,
    /// Cosines and signed sines of the rotations, [positions, values of a head].
    rotations: (Tensor, Tensor),
}

/// A batch of texts, padded at their ends to one length.
pub struct Texts {
    /// [texts, tokens], integers on the device.
    tokens: Tensor,
    /// [texts, tokens − 1]: the weight of each token after the first in a loss.
    weights: Tensor,
}

impl Texts {
    /// Texts as rows of tokens; `counts(row, place)` says whether the token at a place counts in a loss. A text that is
    /// not the longest is filled with `pad`, which never counts and which no earlier token sees.
    pub fn new(rows: &[Vec<i64>], pad: i64, counts: impl Fn(usize, usize) -> bool, device: Device) -> Texts {
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let padded: Vec<i64> = rows.iter().flat_map(|row| filled(row, pad, longest)).collect();
        let weight = |row: usize, place: usize| f32::from(place < rows[row].len() && counts(row, place));
        let weights: Vec<f32> = (0..rows.len())
            .flat_map(|row| (1..longest).map(move |place| (row, place)))
            .map(|(r, p)| weight(r, p))
            .collect();
        let shape = [rows.len() as i64, -1];
        Texts {
            tokens: Tensor::from_slice(&padded).view(shape).to_device(device),
            weights: Tensor::from_slice(&weights).view(shape).to_device(device),
        }
    }

    /// [texts, tokens − 1]: 1 for each token after the first that counts in a loss, else 0.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }
}

fn filled(row: &[i64], pad: i64, length: usize) -> impl Iterator<Item = i64> {
    row.iter().copied().chain(std::iter::repeat_n(pad, length - row.len()))
}

impl Transformer {
    /// Weights uniform with standard deviation 1/√inputs; those that add to the stream between blocks are smaller by
    /// √(2 · layers), so that the stream's variance does not grow with depth (Radford et al., 2019).
    pub fn new(size: Size, seed: Seed, device: Device) -> Transformer {
        let mut generator = seed.generator();
        let values = size.tensors().into_iter().map(|(name, shape)| {
            let count = shape.iter().product::<i64>() as usize;
            if shape.len() == 1 {
                return vec![1.0; count];
            }
            let inputs = if name.starts_with("embedding") { 1.0 } else { shape[1] as f64 };
            let adds = name.contains("projection") || name.contains("narrow");
            let damping = if adds { 1.0 / (2.0 * size.layers as f64) } else { 1.0 };
            let bound = (3.0 * damping / inputs).sqrt() as f32;
            (0..count).map(|_| generator.random_range(-bound..=bound)).collect()
        });
        Transformer::from_values(size, &values.collect::<Vec<Vec<f32>>>(), device)
    }

    /// A transformer with these values, one slice per tensor of [`Size::tensors`].
    pub fn from_values(size: Size, values: &[Vec<f32>], device: Device) -> Transformer {
        let flat = Tensor::from_slice(&values.concat()).to_device(device);
        let mut start = 0;
        let parameters = size.tensors().into_iter().map(|(_, shape)| {
            let length = shape.iter().product();
            let part = flat.narrow(0, start, length).view(&shape[..]);
            start += length;
            part.detach().set_requires_grad(true)
        });
        let parameters = parameters.collect();
        let gradient = flat.zeros_like();
        let rotations = rotations(POSITIONS, size.head() as i64, device);
        Transformer { size, flat, gradient, parameters, rotations }
    }

    pub fn size(&self) -> Size {
        self.size
    }

    pub fn device(&self) -> Device {
        self.flat.device()
    }

    /// The values of each tensor of [`Size::tensors`].
    pub fn values(&self) -> Vec<Vec<f32>> {
        let all = Vec::<f32>::try_from(self.flat.to_device(Device::Cpu)).expect("parameters are a row of numbers");
        let mut rest = &all[..];
        let lists = self.size.tensors().into_iter().map(|(_, shape)| {
            let (own, others) = rest.split_at(shape.iter().product::<i64>() as usize);
            rest = others;
            own.to_vec()
        });
        lists.collect()
    }

    /// The gradient that [`Transformer::learn`] computed, in the order of the tensors.
    pub fn gradient(&self) -> Vec<f32> {
        Vec::<f32>::try_from(self.gradient.to_device(Device::Cpu)).expect("a gradient is a row of numbers")
    }

    /// Moves this model's weights towards those of another of the same size: `share` of the result is the other's.
    pub fn mix(&mut self, other: &Transformer, share: f64) {
        no_grad(|| drop(self.flat.lerp_(&other.flat, share)));
    }

    /// A copy on the same device.
    pub fn copied(&self) -> Transformer {
        Transformer::from_values(self.size, &self.values(), self.device())
    }

    /// The log-probability of each token after the first, given those before it, with logits divided by `temperature`:
    /// [texts, tokens − 1].
    pub fn log_probabilities(&self, texts: &Texts, temperature: f64) -> Tensor {
        let length = texts.tokens.size()[1] - 1;
        let logits = self.logits(&texts.tokens.narrow(1, 0, length)) / temperature;
        let next = texts.tokens.narrow(1, 1, length).unsqueeze(-1);
        logits.log_softmax(-1, Kind::Float).gather(-1, &next, false).squeeze_dim(-1)
    }

    /// The mean of −log p over the tokens that count.
    pub fn cross_entropy(&self, texts: &Texts) -> Tensor {
        let log_probabilities = self.log_probabilities(texts, 1.0);
        -(log_probabilities * &texts.weights).sum(Kind::Float) / texts.weights.sum(Kind::Float)
    }

    /// Logits of the next token after each, [texts, tokens, vocabulary], for tokens [texts, tokens].
    pub fn logits(&self, tokens: &Tensor) -> Tensor {
        let (batch, length) = tokens.size2().expect("tokens are rows of texts");
        let rotations = self.rotations_at(0, length);
        self.through(tokens, |_, query, key, value| {
            let (query, key) = (rotated(query, &rotations), rotated(key, &rotations));
            attention(&query, &key, value, true).view([batch, length, -1])
        })
    }

    /// Runs all layers. `attend` receives a layer's number with query, key and value, [texts, heads, tokens, values of a
    /// head] and not yet rotated, and returns [texts, tokens, width].
    pub(super) fn through(
        &self,
        tokens: &Tensor,
        mut attend: impl FnMut(usize, &Tensor, &Tensor, &Tensor) -> Tensor,
    ) -> Tensor {
        let (batch, length) = tokens.size2().expect("tokens are rows of texts");
        let (heads, width) = (self.size.heads as i64, self.size.width as i64);
        let mut parameters = self.parameters.iter();
        let mut next = || parameters.next().expect("a tensor for each part");
        let norm = |x: &Tensor, gain: &Tensor| x.layer_norm([width], Some(gain), None::<&Tensor>, NORM_EPSILON, false);
        let mut x = Tensor::embedding(next(), tokens, -1, false, false);
        for layer in 0..self.size.layers {
            let mixed = norm(&x, next()).linear(next(), None::<&Tensor>);
            let parts = mixed.view([batch, length, 3, heads, -1]).permute([2, 0, 3, 1, 4]);
            let attended = attend(layer, &parts.i(0), &parts.i(1), &parts.i(2));
            // Not in place: the gradient needs the stream before each part.
            x = attended.linear(next(), None::<&Tensor>) + x;
            let wide = norm(&x, next()).linear(next(), None::<&Tensor>).gelu("tanh");
            x = wide.linear(next(), None::<&Tensor>) + x;
        }
        norm(&x, next()).linear(next(), None::<&Tensor>)
    }

    /// Rotations of `length` positions from `start`, broadcast over texts and heads.
    pub(super) fn rotations_at(&self, start: i64, length: i64) -> (Tensor, Tensor) {
        let (cosines, sines) = &self.rotations;
        if start + length <= POSITIONS {
            return (cosines.narrow(0, start, length), sines.narrow(0, start, length));
        }
        let (cosines, sines) = rotations(start + length, self.size.head() as i64, self.device());
        (cosines.narrow(0, start, length), sines.narrow(0, start, length))
    }

    /// Computes the gradient of a loss, a scalar, and keeps it for the optimiser's next step.
    pub fn learn(&mut self, loss: &Tensor) {
        let gradients = Tensor::run_backward(&[loss], &self.parameters, false, false);
        let flat: Vec<Tensor> = gradients.iter().map(|gradient| gradient.reshape([-1])).collect();
        no_grad(|| self.gradient.copy_(&Tensor::cat(&flat, 0)));
    }
}

/// Softmax attention, [texts, heads, tokens, values of a head] → [texts, tokens, heads · values].
pub(super) fn attention(query: &Tensor, key: &Tensor, value: &Tensor, causal: bool) -> Tensor {
    let out = Tensor::scaled_dot_product_attention(query, key, value, None::<&Tensor>, 0.0, causal, None, false);
    out.transpose(1, 2).reshape([out.size()[0], out.size()[2], -1])
}

/// Rotates each pair of a head's values, number i and i + half, by its position's angle.
pub(super) fn rotated(x: &Tensor, (cosines, sines): &(Tensor, Tensor)) -> Tensor {
    let half = x.size()[3] / 2;
    let swapped = Tensor::cat(&[x.narrow(3, half, half), x.narrow(3, 0, half)], 3);
    (x * cosines).addcmul_(&swapped, sines)
}

/// Cosines, and sines with the sign that [`rotated`] needs, [positions, values of a head].
fn rotations(positions: i64, head: i64, device: Device) -> (Tensor, Tensor) {
    let half = head / 2;
    let options = (Kind::Double, Device::Cpu);
    let frequencies = (Tensor::arange(half, options) * (-ROTARY_BASE.ln() / half as f64)).exp();
    let angles = Tensor::arange(positions, options).unsqueeze(1) * frequencies.unsqueeze(0);
    let (cosines, sines) = (angles.cos(), angles.sin());
    let table = |parts: &[Tensor; 2]| Tensor::cat(parts, 1).to_kind(Kind::Float).to_device(device);
    (table(&[cosines.shallow_clone(), cosines]), table(&[-&sines, sines]))
}
