//! Evaluations during a training.

use anyhow::{Context, Result};

use super::open::Pipeline;
use crate::agent::Policy;
use crate::env::Pool;
use crate::eval::{self, Match, Split, statistics};
use crate::game::{Game, View};
use crate::progress::Progress;
use crate::record::EvalRow;
use crate::units::{Seed, Steps};

/// Scores a network during training. Its episodes are not those of the final evaluation.
pub struct TrainingEvaluator {
    games: Vec<(Game, Pool, Seed)>,
    epsilon: f64,
    frame_skip: u32,
    episodes: usize,
}

/// Passes on the request to stop; an evaluation has no progress of its own.
struct Silent<'a>(&'a dyn Progress);

impl Progress for Silent<'_> {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        self.0.stop()
    }
}

impl TrainingEvaluator {
    /// An evaluator for networks that play `games` by this view and are trained with the seed `training`.
    ///
    /// # Errors
    /// As [`Pool::load`].
    pub fn new(
        pipeline: &Pipeline,
        games: &[Game],
        view: View,
        training: u64,
        episodes: usize,
    ) -> Result<TrainingEvaluator> {
        let load = |&game: &Game| {
            Ok((game, pipeline.evaluation_pool(game, episodes, view)?, Split::Validation.seed(training, game)))
        };
        Ok(TrainingEvaluator {
            games: games.iter().map(load).collect::<Result<_>>()?,
            epsilon: pipeline.experiment.evaluation.epsilon,
            frame_skip: pipeline.experiment.environment.frame_skip,
            episodes,
        })
    }

    /// The policy's row of `eval.csv` in one of the games; `None` if it was asked to stop.
    ///
    /// # Errors
    /// If it is another game.
    pub fn score(
        &mut self,
        game: Game,
        policy: &dyn Policy,
        steps: Steps,
        updates: u64,
        progress: &dyn Progress,
    ) -> Result<Option<EvalRow>> {
        let found = self.games.iter_mut().find(|(own, ..)| *own == game);
        let (_, pool, seed) = found.with_context(|| format!("{game} is not evaluated"))?;
        let played = Match { episodes: 0..self.episodes, epsilon: self.epsilon, seed: *seed };
        let Some(episodes) = eval::play(pool, policy, &played, &Silent(progress)) else { return Ok(None) };
        let scores: Vec<_> = episodes.iter().map(|episode| episode.score).collect();
        let none = "an evaluation has at least one episode";
        let mean = statistics::mean(&scores).context(none)?;
        let interval = statistics::mean_interval(&scores, *seed).context(none)?;
        Ok(Some(EvalRow {
            game: game.name().into(),
            steps: steps.0,
            frames: steps.frames(self.frame_skip).0,
            updates,
            episodes: scores.len() as u64,
            mean,
            ci_low: interval.low,
            ci_high: interval.high,
            best: false,
        }))
    }
}
