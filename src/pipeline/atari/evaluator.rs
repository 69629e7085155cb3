//! Evaluations during a training.

use anyhow::{Context, Result};

use super::open::AtariPipeline;
use crate::agent::Policy;
use crate::env::Pool;
use crate::eval::{self, Match, Split, statistics};
use crate::game::{Game, View};
use crate::progress::Progress;
use crate::record::EvalRow;
use crate::units::Steps;

/// Scores a network during training. Its episodes are not those of the final evaluation.
pub struct TrainingEvaluator<'a> {
    pipeline: &'a AtariPipeline<'a>,
    /// The network's view of the games.
    view: View,
    /// The seed of the training.
    training: u64,
    episodes: usize,
    /// Environments of the games that were played.
    pools: Vec<(Game, Pool)>,
}

/// Passes on the request to stop; an evaluation has no progress of its own.
struct Silent<'a>(&'a dyn Progress);

impl Progress for Silent<'_> {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        self.0.stop()
    }
}

impl<'a> TrainingEvaluator<'a> {
    /// An evaluator for networks that play by this view and are trained with the seed `training`.
    pub fn new(pipeline: &'a AtariPipeline<'a>, view: View, training: u64, episodes: usize) -> TrainingEvaluator<'a> {
        TrainingEvaluator { pipeline, view, training, episodes, pools: Vec::new() }
    }

    /// The policy's row of `eval.csv` in a game; `None` if it was asked to stop.
    ///
    /// # Errors
    /// As [`Pool::load`].
    pub fn score(
        &mut self,
        game: Game,
        policy: &dyn Policy,
        steps: Steps,
        updates: u64,
        progress: &dyn Progress,
    ) -> Result<Option<EvalRow>> {
        let (experiment, seed) = (&self.pipeline.experiment, Split::Validation.seed(self.training, game));
        let place = match self.pools.iter().position(|(own, _)| *own == game) {
            Some(place) => place,
            None => {
                self.pools.push((game, self.pipeline.evaluation_pool(game, self.episodes, self.view)?));
                self.pools.len() - 1
            }
        };
        let played = Match { episodes: 0..self.episodes, epsilon: experiment.evaluation.epsilon, seed };
        let pool = &mut self.pools[place].1;
        let Some(episodes) = eval::play(pool, policy, &played, &Silent(progress)) else { return Ok(None) };
        let scores: Vec<_> = episodes.iter().map(|episode| episode.score).collect();
        let none = "an evaluation has at least one episode";
        let mean = statistics::mean(&scores).context(none)?;
        let interval = statistics::mean_interval(&scores, seed).context(none)?;
        Ok(Some(EvalRow {
            game: game.name().into(),
            steps: steps.0,
            frames: steps.frames(experiment.environment.frame_skip).0,
            updates,
            episodes: scores.len() as u64,
            mean,
            ci_low: interval.low,
            ci_high: interval.high,
            best: false,
        }))
    }
}
