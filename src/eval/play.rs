//! A fixed number of episodes on parallel emulators.

use crate::env::Pool;
use crate::frame::OBSERVATION;
use crate::game::Game;
use crate::nn::Policy;
use crate::progress::Progress;
use crate::units::{Generator, Seed};

/// What an evaluation is for. The episodes that choose a checkpoint are never those that report it, so that a checkpoint
/// with luck in the first has no more of it in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An evaluation during training.
    Choose,
    /// The final one, whose episodes are the results. All agents of a game and seed meet the same starts.
    Report,
}

impl Purpose {
    /// The seed of [`Match`] for a training's evaluations in `game`.
    pub fn seed(self, training: u64, game: Game) -> Seed {
        let name = match self {
            Purpose::Choose => "evaluation during training",
            Purpose::Report => "evaluation",
        };
        Seed(training).derive(name, 0).derive(game.name(), 0)
    }
}

/// What is played.
#[derive(Debug, Clone, Copy)]
pub struct Match {
    pub episodes: usize,
    /// Probability of a random action.
    pub epsilon: f64,
    /// Each episode's start and exploration are derived from it and the episode's number alone.
    pub seed: Seed,
}

impl Match {
    fn seed_of(&self, episode: usize) -> Seed {
        self.seed.derive("episode", episode as u64)
    }
}

/// An episode that was played to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Raw score.
    pub score: f64,
    /// Emulator frames, null-ops included.
    pub frames: u64,
    /// Ended by the frame limit.
    pub truncated: bool,
}

/// Plays the episodes 0 to `episodes` − 1, each to its end, and gives them in this order; `None` if it was asked to
/// stop. Every episode that is begun counts, so that short ones are not over-represented.
pub fn play(pool: &mut Pool, policy: &dyn Policy, game: &Match, progress: &dyn Progress) -> Option<Vec<Episode>> {
    let mut finished = vec![None; game.episodes];
    let mut begun = 0;
    let mut done = 0;
    // The episode that each worker plays, and the generator of its exploration.
    let mut playing: Vec<Option<(usize, Generator)>> = vec![None; pool.workers()];
    while done < game.episodes {
        if progress.stop() {
            return None;
        }
        let seeds: Vec<_> = playing
            .iter_mut()
            .map(|slot| {
                (slot.is_none() && begun < game.episodes).then(|| {
                    let seed = game.seed_of(begun);
                    *slot = Some((begun, seed.derive("exploration", 0).generator()));
                    begun += 1;
                    seed
                })
            })
            .collect();
        pool.begin(|worker| seeds[worker]);
        let actions = act(pool, policy, game.epsilon, &mut playing);
        for (slot, outcome) in playing.iter_mut().zip(pool.step(&actions)) {
            let Some(outcome) = outcome.as_ref().filter(|outcome| outcome.step.ended()) else { continue };
            let (episode, _) = slot.take().expect("only a worker with an episode is stepped");
            let truncated = outcome.step.truncated;
            finished[episode] = Some(Episode { score: outcome.score, frames: outcome.frames, truncated });
            done += 1;
            progress.at(done as u64, "");
        }
    }
    finished.into_iter().collect()
}

/// The actions of all workers; those without an episode get 0, which is not played.
fn act(pool: &Pool, policy: &dyn Policy, epsilon: f64, playing: &mut [Option<(usize, Generator)>]) -> Vec<usize> {
    let mut observations = Vec::new();
    let mut generators = Vec::new();
    for (slot, observation) in playing.iter().zip(pool.observations().chunks(OBSERVATION)) {
        if let Some((_, generator)) = slot {
            observations.extend_from_slice(observation);
            generators.push(generator.clone());
        }
    }
    let mut chosen = policy.act(&observations, epsilon, &mut generators).into_iter().zip(generators);
    let each = playing.iter_mut().map(|slot| {
        let Some((_, own)) = slot else { return 0 };
        let (action, generator) = chosen.next().expect("one action per episode");
        *own = generator;
        action
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_episode_that_chooses_a_checkpoint_is_one_that_reports_it() {
        let mut seen = HashSet::new();
        let mut episodes = 0;
        for game in Game::PAPER.map(|name| Game::named(name).unwrap()) {
            for training in 0..5 {
                for purpose in [Purpose::Choose, Purpose::Report] {
                    let of = Match { episodes: 100, epsilon: 0.05, seed: purpose.seed(training, game) };
                    seen.extend((0..of.episodes).map(|episode| of.seed_of(episode).0));
                    episodes += of.episodes;
                }
            }
        }
        assert_eq!(seen.len(), episodes);
    }
}
