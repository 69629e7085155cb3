//! Tokens per second of transformers: generation and training.

use anyhow::Result;
use rand::RngExt;

use super::Bench;
use super::measure::{Case, per_second};
use crate::nn::language::{AdamW, AdamWSettings, Sampling, Size, Texts, Transformer, generate};
use crate::units::Generator;

/// Tokens of the line's smallest task.
const VOCABULARY: usize = 23;
/// Names, widths, layers and heads.
const SIZES: [(&str, usize, usize, usize); 3] = [("0.15 M", 64, 3, 4), ("0.6 M", 128, 3, 4), ("4 M", 256, 5, 8)];
/// Texts that are generated at once, as in a step of GRPO, with the tokens of a prompt and those that are drawn.
const GENERATED: (usize, usize, usize) = (128, 19, 32);
/// Texts of a step of training, and the tokens of each.
const TRAINED: (usize, usize) = (96, 50);

/// Both kinds of work at each size.
pub fn cases(bench: &Bench) -> Vec<Case> {
    let case = |(name, width, layers, heads): (&str, usize, usize, usize)| {
        let size = Size { vocabulary: VOCABULARY, width, layers, heads };
        let (one, other) = (bench.clone(), bench.clone());
        [
            Case::new(format!("generation, {name}"), "tokens/s", move || generation(&one, size)),
            Case::new(format!("training, {name}"), "tokens/s", move || training(&other, size)),
        ]
    };
    SIZES.into_iter().flat_map(case).collect()
}

fn rows(count: usize, length: usize, generator: &mut Generator) -> Vec<Vec<i64>> {
    let row = |_| (0..length).map(|_| generator.random_range(0..VOCABULARY as i64)).collect();
    (0..count).map(row).collect()
}

/// Tokens drawn per second at temperature 0.7; no text ends early.
fn generation(bench: &Bench, size: Size) -> Result<f64> {
    let model = Transformer::new(size, bench.seed.derive("model", 0), bench.device);
    let mut generator = bench.seed.derive("texts", 0).generator();
    let (texts, prompt, drawn) = GENERATED;
    let prompts = rows(texts, prompt, &mut generator);
    let sampling = Sampling { temperature: 0.7, end: -1, limit: drawn };
    Ok(per_second(bench.options.span(), || {
        generate(&model, &prompts, &sampling, &mut generator);
        texts * drawn
    }))
}

/// Tokens of texts per second of cross-entropy with AdamW.
fn training(bench: &Bench, size: Size) -> Result<f64> {
    let mut model = Transformer::new(size, bench.seed.derive("model", 0), bench.device);
    let settings = AdamWSettings { betas: (0.9, 0.95), weight_decay: 1e-4, max_norm: 1.0 };
    let mut optimizer = AdamW::new(settings, &model);
    let mut generator = bench.seed.derive("texts", 0).generator();
    let (texts, length) = TRAINED;
    let rows = rows(texts, length, &mut generator);
    Ok(per_second(bench.options.span(), || {
        let batch = Texts::new(&rows, 0, |_, place| place > 0, model.device());
        let loss = model.cross_entropy(&batch);
        model.learn(&loss);
        optimizer.step(&mut model, 1e-3);
        texts * length
    }))
}
