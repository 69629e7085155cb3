//! `pd evaluate`: every agent that is there, scored by the protocol.

use anyhow::Result;

use super::experiment::Job;
use super::scores::{self, Scores};
use super::terminal::Stage;
use crate::eval::{self, Episode, Match, Purpose};
use crate::nn::{self, Architecture, Network, Policy, RandomPlay, WeightsError};
use crate::progress::Ended;
use crate::record::Agent;

impl Job {
    /// Scores every agent whose weights are there and were not scored yet.
    pub fn evaluate_stage(&mut self) -> Result<Ended> {
        self.timed("evaluate", |job| job.evaluate_all())
    }

    fn evaluate_all(&self) -> Result<Ended> {
        let mut all = Scores::read(&self.experiment, &self.folder)?;
        for agent in scores::agents(&self.experiment) {
            let Some(hash) = scores::hash(&self.folder, &agent)? else {
                log::warn!("{agent}: not scored, since it has no weights yet");
                continue;
            };
            if all.holds(&agent, &hash) {
                continue;
            }
            let Some((played, latency)) = self.score(&agent)? else { return Ok(Ended::Stopped) };
            all.put(&agent, &hash, played, latency);
            all.write()?;
        }
        all.write()?;
        Ok(Ended::Done)
    }

    /// Plays the agent's episodes, and measures how long its decisions take.
    fn score(&self, agent: &Agent) -> Result<Option<(Vec<Episode>, Option<f64>)>> {
        let settings = &self.experiment.evaluation;
        let stage = Stage::new(&agent.to_string(), settings.episodes as u64, "episodes", self.quiet);
        let network = self.network(agent)?;
        let actions = agent.game.actions(self.experiment.environment.action_set).len();
        let random = RandomPlay { actions };
        let player = network.as_ref().map(|(network, head)| network.player(*head));
        let latency = player.as_ref().map(|player| eval::milliseconds_per_decision(player, settings.latency_decisions));
        let policy: &dyn Policy = player.as_ref().map_or(&random, |player| player);
        let seed = Purpose::Report.seed(agent.seed, agent.game);
        let game = Match { episodes: settings.episodes, epsilon: settings.epsilon, seed };
        let mut pool = self.evaluation_pool(agent.game, settings.episodes)?;
        Ok(eval::play(&mut pool, policy, &game, &stage).map(|played| (played, latency)))
    }

    /// The agent's network, which must be the one that the experiment gives it, and its head; none for random play.
    fn network(&self, agent: &Agent) -> Result<Option<(Network, usize)>> {
        let Some(expected) = scores::architecture(&self.experiment, agent) else { return Ok(None) };
        let rom = self.rom_record(agent.game);
        let path = self.folder.weights(agent);
        let (network, found) =
            nn::load_for(&path, self.device, agent.game, &self.experiment.environment, rom.as_ref())?;
        if found.architecture != expected {
            let what = |of: &Architecture| format!("{of:?}");
            let (found, expected) = (what(&found.architecture), what(&expected));
            return Err(WeightsError::Mismatch { path, found, expected }.into());
        }
        Ok(found.head(agent.game).map(|head| (network, head)))
    }
}
