//! The final evaluation: scores every agent by the protocol.

use anyhow::{Context, Result};

use super::agents::environment;
use super::episodes;
use super::open::AtariPipeline;
use super::work::AgentWork;
use crate::agent::{self, Player, Policy, RandomPlay};
use crate::eval::{self, Match, Split};
use crate::nn::Network;
use crate::pipeline::batch::Batch;
use crate::pipeline::task::Amount;
use crate::progress::Ended;
use crate::record::{AgentId, Latency, Role};

impl AtariPipeline<'_> {
    /// Plays the agent's episodes, and measures the time of its decisions.
    pub fn evaluate(&self, batch: &Batch<AgentWork>, agent: &AgentId) -> Result<Ended> {
        let settings = &self.experiment.evaluation;
        let weights = episodes::short_digest(&self.folder, &self.digests, agent)?;
        let weights = weights.with_context(|| format!("{}: not found", self.folder.weights(agent).display()))?;
        let Amount { amount, unit } = batch.tasks[0].amount;
        let progress = batch.watch(&self.command, &agent.to_string(), amount, unit);
        let network = self.network(agent)?;
        let random = RandomPlay { actions: agent.game.actions(self.experiment.environment.action_set).len() };
        let player = network.as_ref().map(|(network, head)| Player::new(network, *head));
        let environment = environment(&self.experiment, agent);
        let shape = environment.spec(agent.game).observation;
        let decisions = settings.latency_decisions;
        let measure = |player: &Player| eval::milliseconds_per_decision(player, shape, decisions, &progress);
        let latency = player.as_ref().map(measure);
        if latency == Some(None) {
            return Ok(Ended::Stopped);
        }
        let policy: &dyn Policy = player.as_ref().map_or(&random, |player| player);
        let seed = Split::Test.seed(agent.seed, agent.game);
        let before = self.take_recorded(batch, agent, &weights)?;
        let game = Match { episodes: before..settings.episodes.max(before), epsilon: settings.epsilon, seed };
        let mut played = Vec::new();
        if !game.episodes.is_empty() {
            let mut pool = self.evaluation_pool(agent.game, game.episodes.len(), environment.observation)?;
            let Some(episodes) = eval::play(&mut pool, policy, &game, &progress) else { return Ok(Ended::Stopped) };
            played = episodes;
        }
        self.folder.check_there()?;
        let lock = self.command.locks.wait("scores")?;
        episodes::put(&self.experiment, &self.folder, agent, &weights, played)?;
        drop(lock);
        if let Some([low, milliseconds, high]) = latency.flatten() {
            let quartiles = Some([low, high]);
            let measured = Latency { weights, milliseconds, quartiles, processor: self.command.machine.cpu.clone() };
            self.command.write_manifest(|manifest| manifest.latencies.extend([(latency_name(agent), measured)]))?;
        }
        Ok(Ended::Done)
    }

    /// Copies the episodes that the teachers' own folder has of the agent, and returns how many there are then.
    fn take_recorded(&self, batch: &Batch<AgentWork>, agent: &AgentId, weights: &str) -> Result<usize> {
        let before = episodes::played(&self.folder, agent, weights)?;
        let mut recorded = self.recorded(&batch.tasks[0].key, agent, weights)?;
        recorded.truncate(self.experiment.evaluation.episodes);
        if recorded.len() <= before {
            return Ok(before);
        }
        let (count, _lock) = (recorded.len(), self.command.locks.wait("scores")?);
        episodes::put(&self.experiment, &self.folder, agent, weights, recorded.split_off(before))?;
        Ok(count)
    }

    /// The agent's network and its head; none for random play.
    fn network(&self, agent: &AgentId) -> Result<Option<(Network, usize)>> {
        if agent.role == Role::Random {
            return Ok(None);
        }
        let path = self.folder.weights(agent);
        let (network, metadata) = agent::load(&path, self.command.device)?;
        self.check_weights(&path, &metadata, agent)?;
        Ok(metadata.head(agent.game).map(|head| (network, head)))
    }
}

/// The agent's name in the manifest's table of latencies.
pub fn latency_name(agent: &AgentId) -> String {
    format!("{}/{}/{}/seed-{}", agent.role, agent.name, agent.game, agent.seed)
}
