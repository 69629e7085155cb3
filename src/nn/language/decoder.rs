//! Generation token by token, with the keys and values of earlier tokens kept.

use tch::{Kind, Tensor, no_grad};

use super::transformer::{Transformer, attention, rotated};

/// Reads texts of one length token by token. Each call of [`Decoder::feed`] continues all of them.
pub struct Decoder<'a> {
    model: &'a Transformer,
    /// For each layer, keys and values, [texts, heads, positions, values of a head].
    kept: Vec<(Tensor, Tensor)>,
    /// Tokens of each text so far.
    length: i64,
}

impl<'a> Decoder<'a> {
    /// A decoder of `texts` texts with at most `longest` tokens each.
    pub fn new(model: &'a Transformer, texts: usize, longest: usize) -> Decoder<'a> {
        let size = model.size();
        let shape = [texts as i64, size.heads as i64, longest as i64, size.head() as i64];
        let empty = || Tensor::zeros(shape, (Kind::Float, model.device()));
        Decoder { model, kept: (0..size.layers).map(|_| (empty(), empty())).collect(), length: 0 }
    }

    /// Reads the next tokens of each text, [texts, tokens], and returns the logits after the last of them,
    /// [texts, vocabulary]. All tokens but the first call's come one at a time.
    pub fn feed(&mut self, tokens: &Tensor) -> Tensor {
        let (start, new) = (self.length, tokens.size()[1]);
        debug_assert!(start == 0 || new == 1, "several tokens at once are masked for a text's beginning only");
        let Decoder { model, kept, .. } = self;
        let rotations = model.rotations_at(start, new);
        let logits = no_grad(|| {
            model.through(tokens, |layer, query, key, value| {
                let (keys, values) = &kept[layer];
                keys.narrow(2, start, new).copy_(&rotated(key, &rotations));
                values.narrow(2, start, new).copy_(value);
                let seen = |kept: &Tensor| kept.narrow(2, 0, start + new);
                attention(&rotated(query, &rotations), &seen(keys), &seen(values), new > 1)
            })
        });
        self.length += new;
        logits.select(1, new - 1)
    }

    /// Goes on with some of the texts only, in this order.
    pub fn keep(&mut self, rows: &[i64]) {
        let rows = Tensor::from_slice(rows).to_device(self.model.device());
        for (keys, values) in &mut self.kept {
            *keys = keys.index_select(0, &rows);
            *values = values.index_select(0, &rows);
        }
    }
}
