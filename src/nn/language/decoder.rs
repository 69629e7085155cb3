//! Generation token by token, with the keys and values of earlier tokens kept.

use tch::{Kind, Tensor, no_grad};

use super::cpu_decoder::CpuDecoder;
use super::transformer::{Transformer, attention, rotated};
use crate::nn::device::Device;

/// Reads texts of one length token by token. Each call of [`Decoder::feed`] continues all of them.
pub struct Decoder<'a>(Backend<'a>);

enum Backend<'a> {
    Cpu(CpuDecoder),
    Torch(TorchDecoder<'a>),
}

impl<'a> Decoder<'a> {
    /// A decoder of `texts` texts with at most `longest` tokens each.
    pub fn new(model: &'a Transformer, texts: usize, longest: usize) -> Decoder<'a> {
        Decoder(match model.device() {
            Device::Cpu => Backend::Cpu(CpuDecoder::new(model, texts, longest)),
            Device::Torch(_) => Backend::Torch(TorchDecoder::new(model, texts, longest)),
        })
    }

    /// Reads the next tokens of each text, [texts, tokens], and returns the logits after the last of them,
    /// [texts, vocabulary]. All tokens but the first call's come one at a time.
    pub fn feed(&mut self, tokens: &[i64]) -> Vec<f32> {
        match &mut self.0 {
            Backend::Cpu(decoder) => decoder.feed(tokens),
            Backend::Torch(decoder) => decoder.feed(tokens),
        }
    }

    /// Goes on with some of the texts only, in this order.
    pub fn keep(&mut self, texts: &[usize]) {
        match &mut self.0 {
            Backend::Cpu(decoder) => decoder.keep(texts),
            Backend::Torch(decoder) => decoder.keep(texts),
        }
    }
}

/// A decoder by libtorch.
struct TorchDecoder<'a> {
    model: &'a Transformer,
    texts: usize,
    /// For each layer, keys and values, [texts, heads, positions, values of a head].
    kept: Vec<(Tensor, Tensor)>,
    /// Tokens of each text so far.
    length: i64,
}

impl<'a> TorchDecoder<'a> {
    fn new(model: &'a Transformer, texts: usize, longest: usize) -> TorchDecoder<'a> {
        let size = model.size();
        let shape = [texts as i64, size.heads as i64, longest as i64, size.head() as i64];
        let empty = || Tensor::zeros(shape, (Kind::Float, model.device().of_tensors()));
        TorchDecoder { model, texts, kept: (0..size.layers).map(|_| (empty(), empty())).collect(), length: 0 }
    }

    fn feed(&mut self, tokens: &[i64]) -> Vec<f32> {
        let device = self.model.device().of_tensors();
        let tokens = Tensor::from_slice(tokens).view([self.texts as i64, -1]).to_device(device);
        let (start, new) = (self.length, tokens.size()[1]);
        debug_assert!(start == 0 || new == 1, "several tokens at once are masked for a text's beginning only");
        let TorchDecoder { model, kept, .. } = self;
        let rotations = model.rotations_at(start, new);
        let logits = no_grad(|| {
            model.through(&tokens, |layer, query, key, value| {
                let (keys, values) = &kept[layer];
                keys.narrow(2, start, new).copy_(&rotated(key, &rotations));
                values.narrow(2, start, new).copy_(value);
                let seen = |kept: &Tensor| kept.narrow(2, 0, start + new);
                attention(&rotated(query, &rotations), &seen(keys), &seen(values), new > 1)
            })
        });
        self.length += new;
        let last = logits.select(1, new - 1).to_device(tch::Device::Cpu).contiguous().view(-1);
        Vec::try_from(last).expect("logits are numbers")
    }

    fn keep(&mut self, texts: &[usize]) {
        self.texts = texts.len();
        let texts: Vec<i64> = texts.iter().map(|&text| text as i64).collect();
        let texts = Tensor::from_slice(&texts).to_device(self.model.device().of_tensors());
        for (keys, values) in &mut self.kept {
            *keys = keys.index_select(0, &texts);
            *values = values.index_select(0, &texts);
        }
    }
}
