//! A fixed number of episodes on parallel emulators.

use std::ops::Range;

use crate::agent::{Collector, PlayedStep, Policy};
use crate::env::Pool;
use crate::game::Game;
use crate::progress::Progress;
use crate::units::Seed;

/// The set of episodes of an evaluation. The two sets have no episode in common, so that luck in the choice of a
/// checkpoint does not enter its reported score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Evaluation during training; it chooses checkpoints.
    Validation,
    /// The final evaluation, whose episodes are the results. All agents of a game and seed meet the same starts.
    Test,
}

impl Split {
    /// The seed of [`Match`] for evaluations of the training with seed `training` in `game`.
    pub fn seed(self, training: u64, game: Game) -> Seed {
        let name = match self {
            Split::Validation => "evaluation during training",
            Split::Test => "evaluation",
        };
        Seed(training).derive(name, 0).derive(game.name(), 0)
    }
}

/// A set of episodes to play.
#[derive(Debug, Clone)]
pub struct Match {
    /// Numbers of the episodes.
    pub episodes: Range<usize>,
    /// Probability of a random action.
    pub epsilon: f64,
    /// Each episode's start and exploration are derived from it and the episode's number alone.
    pub seed: Seed,
}

/// An episode that was played to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Raw score.
    pub score: f64,
    /// Emulator frames, null-ops included.
    pub frames: u64,
    /// Whether the frame limit ended the episode.
    pub truncated: bool,
}

/// Plays all episodes of the match to their end, and returns them in the order of their numbers; `None` if it was asked
/// to stop. Every episode that begins counts, so that short episodes are not over-represented.
pub fn play(pool: &mut Pool, policy: &dyn Policy, game: &Match, progress: &dyn Progress) -> Option<Vec<Episode>> {
    play_watched(pool, policy, game, progress, &mut |_| {})
}

/// As [`play`], with a callback `watch` that sees the workers whenever episodes began, and after every step.
pub fn play_watched(
    pool: &mut Pool,
    policy: &dyn Policy,
    game: &Match,
    progress: &dyn Progress,
    watch: &mut dyn FnMut(&Pool),
) -> Option<Vec<Episode>> {
    let mut finished = vec![None; game.episodes.len()];
    let mut collector = Collector::numbered(pool, game.seed, game.episodes.clone());
    // Episodes with lower numbers were played before.
    let mut done = game.episodes.start;
    progress.at(done as u64, "");
    while done < game.episodes.end {
        if progress.stop() {
            return None;
        }
        if collector.begin().contains(&true) {
            watch(&*collector.pool);
        }
        let steps = collector.step(|observations, generators| policy.act(observations, game.epsilon, generators));
        watch(&*collector.pool);
        for PlayedStep { episode, outcome, .. } in steps.into_iter().filter(|step| step.outcome.step.ended()) {
            let truncated = outcome.step.truncated;
            finished[episode - game.episodes.start] =
                Some(Episode { score: outcome.score, frames: outcome.frames, truncated });
            done += 1;
            progress.at(done as u64, "");
        }
    }
    finished.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::agent::episode_seed;

    #[test]
    fn no_episode_that_chooses_a_checkpoint_is_one_that_reports_it() {
        let mut seen = HashSet::new();
        let mut episodes = 0;
        for game in Game::PAPER.map(|name| Game::named(name).unwrap()) {
            for training in 0..5 {
                for split in [Split::Validation, Split::Test] {
                    let game = Match { episodes: 0..100, epsilon: 0.05, seed: split.seed(training, game) };
                    episodes += game.episodes.len();
                    seen.extend(game.episodes.map(|episode| episode_seed(game.seed, episode).0));
                }
            }
        }
        assert_eq!(seen.len(), episodes);
    }
}
