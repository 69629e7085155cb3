//! The state from which learning continues, and the place where it is kept.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::nn::language::{AdamW, AdamWState, Transformer};
use crate::progress::Progress;
use crate::record::{Log, LogMark, Saved, pool_seconds, read_checkpoint, write_checkpoint};
use crate::units::Generator;

/// Where a run of learning keeps its state and its log, and who watches it.
pub struct Run<'a> {
    /// Stands for everything that the result depends on.
    pub identity: &'a str,
    pub checkpoint: &'a Path,
    pub log: &'a Path,
    /// Least time between two checkpoints; a stop writes one at once.
    pub every: Duration,
    pub progress: &'a dyn Progress,
}

/// Everything that further steps depend on.
#[derive(Serialize, Deserialize)]
struct State {
    steps: u64,
    /// Tokens that have counted in losses.
    tokens: u64,
    log: LogMark,
    generator: Generator,
    model: Vec<Vec<f32>>,
    optimizer: AdamWState,
    reference: Option<Vec<Vec<f32>>>,
    cpu_seconds: Option<f64>,
}

/// A model that is learning.
pub struct Learning {
    pub model: Transformer,
    pub optimizer: AdamW,
    pub generator: Generator,
    pub steps: u64,
    pub tokens: u64,
    pub reference: Option<Transformer>,
    pub log: Log,
    saved: Instant,
    /// Seconds that threads computed before the last continuation, and those of the pool at that time.
    cpu: (Option<f64>, Option<f64>),
}

/// A model that has learned.
pub struct Learned {
    pub model: Transformer,
    /// Seconds that threads computed for it, over all continuations; `None` where a kernel did not say.
    pub cpu_seconds: Option<f64>,
}

impl Learning {
    /// Continues from the run's checkpoint, or begins with `fresh`.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or is one of other settings.
    pub fn resume(run: &Run, fresh: (Transformer, AdamW, Generator, Option<Transformer>)) -> Result<Learning> {
        let (model, optimizer, generator, reference) = fresh;
        let saved = read_checkpoint::<State>(run.checkpoint, run.identity, "was begun with other settings")?;
        let log = Log::resume(run.log, &saved.as_ref().map(|saved| saved.state.log.clone()).unwrap_or_default())?;
        let (saved_at, cpu) = (Instant::now(), (Some(0.0), pool_seconds()));
        let mut learning =
            Learning { model, optimizer, generator, steps: 0, tokens: 0, reference, log, saved: saved_at, cpu };
        let Some(Saved { state, is_older }) = saved else { return Ok(learning) };
        if is_older {
            log::warn!("{}: what was learned after step {} is learned again", run.checkpoint.display(), state.steps);
        }
        let (size, device) = (learning.model.size(), learning.model.device());
        learning.model = Transformer::from_values(size, &state.model, device);
        learning.reference = state.reference.map(|values| Transformer::from_values(size, &values, device));
        learning.optimizer.restore(&state.optimizer)?;
        (learning.generator, learning.steps, learning.tokens) = (state.generator, state.steps, state.tokens);
        learning.cpu.0 = state.cpu_seconds;
        Ok(learning)
    }

    fn cpu_seconds(&self) -> Option<f64> {
        let (before, since) = self.cpu;
        Some(before? + pool_seconds()? - since?)
    }

    /// The model, after the last step.
    pub fn ended(self) -> Learned {
        Learned { cpu_seconds: self.cpu_seconds(), model: self.model }
    }

    /// Saves the state if it is time, or if the run must stop. Returns whether it must.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn keep(&mut self, run: &Run) -> Result<bool> {
        let stop = run.progress.stop();
        if !stop && self.saved.elapsed() < run.every {
            return Ok(false);
        }
        let state = State {
            steps: self.steps,
            tokens: self.tokens,
            log: self.log.sync()?,
            generator: self.generator.clone(),
            model: self.model.values(),
            optimizer: self.optimizer.save(),
            reference: self.reference.as_ref().map(Transformer::values),
            cpu_seconds: self.cpu_seconds(),
        };
        write_checkpoint(run.checkpoint, run.identity, &state, |_| Ok(()))?;
        self.saved = Instant::now();
        Ok(stop)
    }
}
