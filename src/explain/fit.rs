//! Learning from texts (supervised fine-tuning): cross-entropy with AdamW, warm-up and cosine.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Kind;

use super::checkpoint::{Learned, Learning, Run};
use crate::nn::language::{AdamW, AdamWSettings, Texts, Transformer};
use crate::units::Generator;

/// Betas of the published warm-up, and of most language models.
const BETAS: (f64, f64) = (0.9, 0.95);
/// Largest norm of a gradient.
const MAX_NORM: f64 = 1.0;
/// Steps between two rows of the log.
const LOG_EVERY: u64 = 25;

/// Budget and rates of a fit.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// The last step; with a budget of tokens the fit ends when that is used up.
    pub steps: u64,
    /// Tokens that count in losses, if they are the budget.
    pub tokens: Option<u64>,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Share of the budget in which the rate rises to it from 0; then it falls to 0 as a cosine.
    pub warmup: f64,
    pub weight_decay: f64,
}

/// `train.csv` of a fit; means since the row before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitRow {
    pub step: u64,
    /// Mean of −log p over the tokens that count.
    pub loss: f64,
    /// Tokens that have counted so far.
    pub tokens: u64,
    pub learning_rate: f64,
}

/// A text as tokens, and the first place that counts in the loss.
pub type Counted = (Vec<i64>, usize);

/// Fits a model to texts. `batch` gives the texts of a step, each with the first place that counts. Returns `None` if
/// it was stopped; its state is on disk then.
///
/// # Errors
/// If the loss is not finite, or the run's files cannot be read or written.
pub fn fit(
    run: &Run,
    settings: &Fit,
    pad: i64,
    (model, generator): (Transformer, Generator),
    batch: &mut dyn FnMut(u64, &mut Generator) -> Vec<Counted>,
) -> Result<Option<Learned>> {
    let constants = AdamWSettings { betas: BETAS, weight_decay: settings.weight_decay, max_norm: MAX_NORM };
    let optimizer = AdamW::new(constants, &model);
    let mut learning = Learning::resume(run, (model, optimizer, generator, None))?;
    let (mut losses, mut count) = (0.0, 0.0);
    run.progress.at(settings.reached(&learning), "");
    while settings.done(&learning) < 1.0 {
        let rate = settings.rate(settings.done(&learning));
        let texts = batch(learning.steps, &mut learning.generator);
        let (rows, from): (Vec<Vec<i64>>, Vec<usize>) = texts.into_iter().unzip();
        let texts = Texts::new(&rows, pad, |row, place| place >= from[row], learning.model.device());
        let loss = learning.model.cross_entropy(&texts);
        learning.model.learn(&loss);
        learning.optimizer.step(&mut learning.model, rate);
        learning.tokens += texts.weights().sum(Kind::Float).double_value(&[]) as u64;
        learning.steps += 1;
        losses += loss.double_value(&[]);
        count += 1.0;
        if learning.steps.is_multiple_of(LOG_EVERY) || settings.done(&learning) >= 1.0 {
            let (step, tokens, loss) = (learning.steps, learning.tokens, losses / count);
            ensure!(loss.is_finite(), "training diverged at step {step}: the loss is {loss}; lower the learning rate");
            learning.log.append(&FitRow { step, loss, tokens, learning_rate: rate })?;
            run.progress.at(settings.reached(&learning), &format!("loss {loss:.3}"));
            (losses, count) = (0.0, 0.0);
            // Rows are whole here, so that a log that goes on is the one without a stop.
            if learning.keep(run)? && settings.done(&learning) < 1.0 {
                return Ok(None);
            }
        }
    }
    Ok(Some(learning.ended()))
}

impl Fit {
    /// The tokens or steps that are used of the budget.
    fn reached(&self, learning: &Learning) -> u64 {
        if self.tokens.is_some() { learning.tokens } else { learning.steps }
    }

    /// The share of the budget that is used.
    fn done(&self, learning: &Learning) -> f64 {
        self.reached(learning) as f64 / self.tokens.unwrap_or(self.steps) as f64
    }

    /// The learning rate at a share of the budget.
    fn rate(&self, done: f64) -> f64 {
        if done < self.warmup {
            // The first step is not without effect.
            return self.learning_rate * ((done / self.warmup) + 1.0 / self.steps as f64).min(1.0);
        }
        let falling = (done - self.warmup) / (1.0 - self.warmup);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * falling).cos())
    }
}
