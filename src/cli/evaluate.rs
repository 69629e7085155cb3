//! `pd evaluate`: every agent that is there, scored by the protocol.

use std::cell::RefCell;

use anyhow::Result;

use super::experiment::Job;
use super::scores::{self, Scores};
use super::terminal::Stage;
use crate::agent::{Player, Policy, RandomPlay};
use crate::eval::{self, Episode, Match, Purpose};
use crate::nn::Network;
use crate::progress::Ended;
use crate::record::{Agent, Role};

impl Job {
    /// Scores every agent whose weights are there and were not scored yet.
    pub fn evaluate_stage(&mut self) -> Result<Ended> {
        self.timed("evaluate", |job| job.evaluate_all())
    }

    fn evaluate_all(&self) -> Result<Ended> {
        let all = RefCell::new(Scores::read(&self.experiment, &self.folder)?);
        let ended = self.each(scores::agents(&self.experiment), |job, agent| {
            let hash = all.borrow().hash(agent).map(str::to_owned);
            let Some(hash) = hash else {
                log::warn!("{agent}: not scored, since it has no weights yet");
                return Ok(Ended::Done);
            };
            if all.borrow().holds(agent, &hash) {
                return Ok(Ended::Done);
            }
            let Some((played, latency)) = job.score(agent)? else { return Ok(Ended::Stopped) };
            let mut all = all.borrow_mut();
            all.put(agent, &hash, played, latency);
            all.write()?;
            Ok(Ended::Done)
        })?;
        if ended == Ended::Done {
            all.borrow().write()?;
        }
        Ok(ended)
    }

    /// Plays the agent's episodes, and measures how long its decisions take.
    fn score(&self, agent: &Agent) -> Result<Option<(Vec<Episode>, Option<f64>)>> {
        let settings = &self.experiment.evaluation;
        let stage = Stage::new(&agent.to_string(), settings.episodes as u64, "episodes", self.quiet);
        let network = self.network(agent)?;
        let actions = agent.game.actions(self.experiment.environment.action_set).len();
        let random = RandomPlay { actions };
        let player = network.as_ref().map(|(network, head)| Player::new(network, *head));
        let shape = self.experiment.environment.spec(agent.game).observation;
        let latency =
            player.as_ref().map(|player| eval::milliseconds_per_decision(player, shape, settings.latency_decisions));
        let policy: &dyn Policy = player.as_ref().map_or(&random, |player| player);
        let seed = Purpose::Report.seed(agent.seed, agent.game);
        let game = Match { episodes: settings.episodes, epsilon: settings.epsilon, seed };
        let mut pool = self.evaluation_pool(agent.game, settings.episodes)?;
        Ok(eval::play(&mut pool, policy, &game, &stage).map(|played| (played, latency)))
    }

    /// The agent's network and its head; none for random play.
    fn network(&self, agent: &Agent) -> Result<Option<(Network, usize)>> {
        if agent.role == Role::Random {
            return Ok(None);
        }
        let (network, found) = self.load(&self.folder.weights(agent), agent)?;
        Ok(found.head(agent.game).map(|head| (network, head)))
    }
}
