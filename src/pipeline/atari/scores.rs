//! `scores.csv`, which is derived from `episodes.csv`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::agents::{agents, architecture, student, teacher_of};
use super::episodes::{EpisodeRows, read_episodes, short_digest};
use super::evaluate::latency_name;
use crate::agent::{self, Metadata, WeightsError};
use crate::config::{Experiment, Objective, StudentSettings};
use crate::eval::{paper, statistics};
use crate::game::Game;
use crate::nn::Architecture;
use crate::pipeline::digests::Digests;
use crate::record::{AgentId, Folder, Latency, Manifest, Ratio, Role, ScoreRow, read_rows, write_rows};
use crate::units::Seed;

/// The data from which `scores.csv` is written.
pub struct Scores<'a> {
    experiment: &'a Experiment,
    folder: &'a Folder,
    digests: &'a Digests,
    episodes: EpisodeRows,
    latencies: BTreeMap<String, Latency>,
    /// The rows of `scores.csv` so far. For networks whose weights are gone or damaged, they are the only source.
    before: BTreeMap<AgentId, ScoreRow>,
}

/// The part of a row that describes the agent's network.
#[derive(Default)]
struct Description {
    loss: Option<String>,
    temperature: Option<f64>,
    parameters: Option<u64>,
    compression: Option<f64>,
    bytes: Option<u64>,
    mflops: Option<f64>,
    network_games: Option<u64>,
    data: Option<String>,
}

impl<'a> Scores<'a> {
    /// Reads the folder's data.
    ///
    /// # Errors
    /// The file that is damaged.
    pub fn read(experiment: &'a Experiment, folder: &'a Folder, digests: &'a Digests) -> Result<Scores<'a>> {
        let rows: Vec<ScoreRow> = read_rows(&folder.scores())?;
        let before: BTreeMap<AgentId, ScoreRow> =
            rows.into_iter().map(|row| Ok((row.id()?, row))).collect::<Result<_>>()?;
        // Older manifests lack latencies; then `scores.csv` is the only source.
        let old = before.iter().filter_map(|(agent, row)| Some((latency_name(agent), latency_in(row)?)));
        let mut latencies: BTreeMap<String, Latency> = old.collect();
        let manifest = Manifest::read(&folder.manifest())?;
        latencies.extend(manifest.into_iter().flat_map(|manifest| manifest.latencies));
        Ok(Scores { experiment, folder, digests, episodes: read_episodes(folder)?, latencies, before })
    }

    /// Whether the agent's weights exist, have played all their episodes, and were timed.
    ///
    /// # Errors
    /// If the weights cannot be read.
    pub fn are_complete(&self, agent: &AgentId) -> Result<bool> {
        let Some(weights) = short_digest(self.folder, self.digests, agent)? else { return Ok(false) };
        let rows = self.episodes.get(agent).map_or(&[][..], Vec::as_slice);
        let of_these = |own: &Latency| own.weights.is_empty() || own.weights == weights;
        let is_timed = agent.role == Role::Random || self.latencies.get(&latency_name(agent)).is_some_and(of_these);
        let played = rows.len() >= self.experiment.evaluation.episodes;
        Ok(played && is_timed && rows.iter().all(|row| row.weights == weights))
    }

    /// Replaces `scores.csv`. Agents stand in the experiment's order; agents that it does not name follow. Episodes of
    /// weights that were replaced since do not count.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write(&self) -> Result<()> {
        let named = agents(self.experiment);
        let others = self.episodes.keys().filter(|agent| !named.contains(agent));
        let mut rows = Vec::new();
        for agent in named.iter().chain(others) {
            if self.is_current(agent)? {
                rows.extend(self.row(agent)?);
            }
        }
        write_rows(&self.folder.scores(), &rows)
    }

    fn is_current(&self, agent: &AgentId) -> Result<bool> {
        let Some(rows) = self.episodes.get(agent).filter(|rows| !rows.is_empty()) else { return Ok(false) };
        let weights = self.weights(agent)?;
        if weights.is_none() && self.folder.weights(agent).exists() {
            log::warn!("{}: cannot be used; the scores that {agent} had stay", self.folder.weights(agent).display());
        }
        Ok(weights.is_none_or(|weights| rows.iter().all(|row| row.weights == weights)))
    }

    /// The digest of the agent's weights; `None` if they are gone or cannot be used, which does not undo their
    /// episodes.
    fn weights(&self, agent: &AgentId) -> Result<Option<String>> {
        match short_digest(self.folder, self.digests, agent) {
            Err(error) if error.is::<WeightsError>() => Ok(None),
            digest => digest,
        }
    }

    fn row(&self, agent: &AgentId) -> Result<Option<ScoreRow>> {
        let AgentId { role, game, seed, .. } = *agent;
        let Some(description) = self.description(agent)? else { return Ok(None) };
        let scores = self.scores(agent);
        let no_episodes = || format!("{agent}: no episodes");
        let mean = statistics::mean(&scores).with_context(no_episodes)?;
        let bootstrap = Seed(seed).derive("bootstrap", 0);
        let interval = statistics::mean_interval(&scores, bootstrap).with_context(no_episodes)?;
        let ratio = self.ratio(agent);
        let latency = self.latencies.get(&latency_name(agent)).filter(|_| role != Role::Random);
        let quartiles = latency.and_then(|own| own.quartiles);
        Ok(Some(ScoreRow {
            experiment: self.experiment.name.clone(),
            role,
            agent: agent.name.clone(),
            game: game.name().into(),
            seed,
            loss: description.loss,
            temperature: description.temperature,
            parameters: description.parameters,
            compression: description.compression,
            bytes: description.bytes,
            mflops: description.mflops,
            latency_ms: latency.map(|own| own.milliseconds),
            episodes: scores.len() as u64,
            mean,
            median: statistics::median(&scores).with_context(no_episodes)?,
            std: statistics::sample_std(&scores),
            ci_low: interval.low,
            ci_high: interval.high,
            relative_to_teacher: ratio.and_then(|ratio| self.relative(agent, ratio)),
            human_normalized: human_normalized(game, mean),
            paper: paper::teacher(game, self.experiment.teacher_settings(game)).filter(|_| role == Role::Teacher),
            network_games: description.network_games,
            ratio,
            beats_teacher: statistics::win_rate(&scores, &self.scores(&self.teacher(agent))),
            data: description.data,
            latency_q1_ms: quartiles.map(|own| own[0]),
            latency_q3_ms: quartiles.map(|own| own[1]),
            processor: latency.map(|own| own.processor.clone()).filter(|name| !name.is_empty()),
        }))
    }

    /// The description of the agent's network, from its weights, or else from the previous rows.
    fn description(&self, agent: &AgentId) -> Result<Option<Description>> {
        if agent.role == Role::Random {
            return Ok(Some(Description::default()));
        }
        let path = self.folder.weights(agent);
        let is_here = self.weights(agent)?.is_some();
        // The folder of an agent that the experiment does not name may belong to a network for several games.
        let before = self.before.get(agent).filter(|_| !is_here);
        if let Some(row) = before {
            return Ok(Some(Description::from(row)));
        }
        if !is_here {
            return Ok(None);
        }
        let metadata = agent::metadata(&path)?;
        let network = architecture(self.experiment, agent).unwrap_or_else(|| metadata.architecture.clone());
        let student = student(self.experiment, agent);
        let teacher = architecture(self.experiment, &AgentId::teacher(agent.game, agent.seed));
        let parameters = network.parameters();
        let relative = |teacher: Architecture| parameters as f64 / teacher.parameters() as f64;
        Ok(Some(Description {
            loss: loss(agent, student, &metadata).map(|loss| loss.name().to_owned()),
            temperature: metadata.head(agent.game).and_then(|head| metadata.temperatures.get(head).copied()),
            parameters: Some(parameters),
            compression: teacher.map(relative),
            bytes: Some(network.bytes()),
            mflops: Some(network.mflops()),
            network_games: Some(network.actions().len() as u64),
            data: self.data(agent, student, &metadata),
        }))
    }

    fn data(&self, agent: &AgentId, student: Option<&StudentSettings>, found: &Metadata) -> Option<String> {
        let is_distilled = agent.is_student() && student.map_or(found.teacher.is_some(), |own| !own.is_baseline());
        let data = student.map(|_| self.experiment.distillation.data).or(found.data);
        data.filter(|_| is_distilled).map(|data| data.name().to_owned())
    }

    /// The scores of the agent's first episodes, as many as the experiment asks for; empty if it is not scored.
    fn scores(&self, agent: &AgentId) -> Vec<f64> {
        let rows = self.episodes.get(agent).into_iter().flatten();
        rows.take(self.experiment.evaluation.episodes).map(|row| row.score).collect()
    }

    /// The teacher that the agent is compared with; for a teacher, itself.
    fn teacher(&self, agent: &AgentId) -> AgentId {
        match agent.role {
            Role::Teacher => agent.clone(),
            Role::Random | Role::Student => teacher_of(self.experiment, agent.game, agent.seed),
        }
    }

    fn mean(&self, agent: &AgentId) -> Option<f64> {
        statistics::mean(&self.scores(agent))
    }

    /// The ratio that relates agents to their teachers in the agent's game, from all scored agents and seeds, including
    /// those that the experiment does not name; `None` without a teacher.
    fn ratio(&self, agent: &AgentId) -> Option<Ratio> {
        let in_game = || self.episodes.keys().filter(|other| other.game == agent.game);
        let is_compared = in_game().any(|other| other.role == Role::Teacher && self.mean(other).is_some());
        let mut scores = in_game().map(|other| self.scores(other)).filter(|scores| !scores.is_empty());
        is_compared.then(|| Ratio::of_game(scores.all(|scores| statistics::is_clearly_above_0(&scores))))
    }

    fn relative(&self, agent: &AgentId, ratio: Ratio) -> Option<f64> {
        let random = AgentId::random(agent.game, agent.seed);
        ratio.value(self.mean(agent)?, self.mean(&self.teacher(agent))?, self.mean(&random))
    }
}

impl From<&ScoreRow> for Description {
    fn from(row: &ScoreRow) -> Description {
        Description {
            loss: row.loss.clone(),
            temperature: row.temperature,
            parameters: row.parameters,
            compression: row.compression,
            bytes: row.bytes,
            mflops: row.mflops,
            network_games: row.network_games,
            data: row.data.clone(),
        }
    }
}

/// The latency that a row of `scores.csv` tells.
fn latency_in(row: &ScoreRow) -> Option<Latency> {
    Some(Latency {
        weights: String::new(),
        milliseconds: row.latency_ms?,
        quartiles: row.latency_q1_ms.zip(row.latency_q3_ms).map(|(low, high)| [low, high]),
        processor: row.processor.clone().unwrap_or_default(),
    })
}

/// The loss of a student; `td` for one that learned from rewards.
fn loss(agent: &AgentId, student: Option<&StudentSettings>, found: &Metadata) -> Option<Objective> {
    let of_weights = || found.loss.map_or(Objective::Rewards, |(loss, _)| Objective::Teacher(loss));
    agent.is_student().then(|| student.map_or_else(of_weights, |student| student.loss))
}

fn human_normalized(game: Game, mean: f64) -> Option<f64> {
    let entry = game.entry();
    statistics::human_normalized(mean, entry.random?, entry.human?)
}
