//! `pd evaluate`: every agent that is there, scored by the protocol.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::experiment::Job;
use super::terminal::Stage;
use crate::config::Loss;
use crate::eval::{self, Episode, Match, Purpose, statistics};
use crate::game::Game;
use crate::nn::{self, Metadata, Network, Policy, RandomPlay};
use crate::progress::Ended;
use crate::record::{Agent, EpisodeRow, Role, ScoreRow, read_rows, write_rows};
use crate::units::Seed;

/// Scores of the paper's own teachers (Rusu et al., 2016, table 1), from human starts.
const PAPER_TEACHERS: [(&str, f64); 4] = [("breakout", 303.9), ("freeway", 25.8), ("pong", 16.2), ("qbert", 4589.8)];

/// Characters of a weights file's SHA-256 in `episodes.csv`.
const HASH: usize = 16;

/// An agent's key in the files.
type Key = (String, String, String, u64);

impl Job {
    /// Scores every agent whose weights are there and were not scored yet.
    pub fn evaluate_stage(&mut self) -> Result<Ended> {
        self.timed("evaluate", |job| job.evaluate_all())
    }

    fn evaluate_all(&self) -> Result<Ended> {
        let mut episodes: BTreeMap<Key, Vec<EpisodeRow>> = BTreeMap::new();
        for row in read_rows::<EpisodeRow>(&self.folder.episodes())? {
            let key = (row.role.to_string(), row.agent.clone(), row.game.clone(), row.seed);
            episodes.entry(key).or_default().push(row);
        }
        let scores: Vec<ScoreRow> = read_rows(&self.folder.scores())?;
        let mut latencies: BTreeMap<Key, f64> =
            scores.iter().filter_map(|row| Some((score_key(row), row.latency_ms?))).collect();
        for agent in self.agents() {
            let key = key(&agent);
            let Some(hash) = self.hash(&agent)? else { continue };
            let rows = episodes.get(&key).map_or(&[][..], Vec::as_slice);
            let is_scored =
                rows.len() == self.experiment.evaluation.episodes && rows.iter().all(|row| row.weights == hash);
            if is_scored && (agent.role == Role::Random || latencies.contains_key(&key)) {
                continue;
            }
            let Some(played) = self.score(&agent, &mut latencies)? else { return Ok(Ended::Stopped) };
            episodes.insert(key, episode_rows(&agent, &hash, played));
            self.write(&episodes, &latencies)?;
        }
        self.write(&episodes, &latencies)?;
        Ok(Ended::Done)
    }

    /// Every agent of the experiment, in the order of the files.
    fn agents(&self) -> Vec<Agent> {
        let mut agents = Vec::new();
        for &game in &self.experiment.games {
            for &seed in &self.experiment.seeds {
                agents.extend([Agent::random(game, seed), Agent::teacher(game, seed)]);
                let students = self.experiment.students.iter();
                agents.extend(students.map(|student| Agent::student(&student.name, game, seed)));
            }
        }
        agents
    }

    /// What tells the agent's weights from others; empty for random play, none if they are not there yet.
    fn hash(&self, agent: &Agent) -> Result<Option<String>> {
        if agent.role == Role::Random {
            return Ok(Some(String::new()));
        }
        let path = self.folder.weights(agent);
        if !path.exists() {
            log::warn!("{agent}: not scored, since it has no weights yet");
            return Ok(None);
        }
        Ok(Some(nn::sha256(&path)?[..HASH].to_owned()))
    }

    /// Plays the agent's episodes, and measures how long its decisions take.
    fn score(&self, agent: &Agent, latencies: &mut BTreeMap<Key, f64>) -> Result<Option<Vec<Episode>>> {
        let settings = &self.experiment.evaluation;
        let stage = Stage::new(&agent.to_string(), settings.episodes as u64, "episodes", self.quiet);
        let actions = agent.game.actions(self.experiment.environment.action_set).len();
        let policy: Box<dyn Policy> = match self.network(agent)? {
            None => Box::new(RandomPlay { actions }),
            Some((network, _)) => {
                let milliseconds = eval::milliseconds_per_decision(&network, settings.latency_decisions);
                latencies.insert(key(agent), milliseconds);
                Box::new(network)
            }
        };
        let seed = Purpose::Report.seed(agent.seed, agent.game);
        let game = Match { episodes: settings.episodes, epsilon: settings.epsilon, seed };
        let mut pool = self.evaluation_pool(agent.game, settings.episodes)?;
        Ok(eval::play(&mut pool, policy.as_ref(), &game, &stage))
    }

    fn network(&self, agent: &Agent) -> Result<Option<(Network, Metadata)>> {
        if agent.role == Role::Random {
            return Ok(None);
        }
        let rom = self.rom_record(agent.game);
        let path = self.folder.weights(agent);
        nn::load_for(&path, self.device, agent.game, &self.experiment.environment, rom.as_ref()).map(Some)
    }

    /// Replaces `episodes.csv` and `scores.csv`, agents in the experiment's order. Rows of agents that this command does
    /// not know (other games, seeds or students), or whose weights are not here, stay as they are, after the others.
    fn write(&self, episodes: &BTreeMap<Key, Vec<EpisodeRow>>, latencies: &BTreeMap<Key, f64>) -> Result<()> {
        let mut others: BTreeMap<&Key, &Vec<EpisodeRow>> = episodes.iter().collect();
        let means: BTreeMap<Key, f64> =
            episodes.iter().filter_map(|(key, rows)| Some((key.clone(), statistics::mean(&scores(rows))?))).collect();
        let (mut score_rows, mut episode_rows) = (Vec::new(), Vec::new());
        for agent in self.agents() {
            let is_here = agent.role == Role::Random || self.folder.weights(&agent).exists();
            if let Some(rows) = is_here.then(|| others.remove(&key(&agent))).flatten() {
                score_rows.push(self.score_row(&agent, rows, &means, latencies)?);
                episode_rows.extend(rows);
            }
        }
        let old: Vec<ScoreRow> = read_rows(&self.folder.scores())?;
        score_rows.extend(old.into_iter().filter(|row| others.contains_key(&score_key(row))));
        episode_rows.extend(others.values().flat_map(|rows| *rows));
        write_rows(&self.folder.scores(), &score_rows)?;
        write_rows(&self.folder.episodes(), &episode_rows)
    }

    fn score_row(
        &self,
        agent: &Agent,
        rows: &[EpisodeRow],
        means: &BTreeMap<Key, f64>,
        latencies: &BTreeMap<Key, f64>,
    ) -> Result<ScoreRow> {
        let Agent { role, game, seed, .. } = *agent;
        ensure!(!rows.is_empty(), "{agent}: no episodes");
        let scores = scores(rows);
        let mean = statistics::mean(&scores).context("there are episodes")?;
        let interval =
            statistics::mean_interval(&scores, Seed(seed).derive("bootstrap", 0)).context("there are episodes")?;
        let student =
            self.experiment.students.iter().find(|student| role == Role::Student && student.name == agent.name);
        let metadata = self.network(agent)?.map(|(_, metadata)| metadata);
        let architecture = metadata.as_ref().map(|metadata| &metadata.architecture);
        let teacher = nn::Architecture::new(
            self.experiment.teacher.network,
            game.actions(self.experiment.environment.action_set).len(),
        );
        let other = |agent: Agent| means.get(&key(&agent)).copied();
        let (teacher_mean, random) = (other(Agent::teacher(game, seed)), other(Agent::random(game, seed)));
        Ok(ScoreRow {
            experiment: self.experiment.name.clone(),
            role,
            agent: agent.name.clone(),
            game: game.name().into(),
            seed,
            loss: student.map(|student| format!("{:?}", student.loss).to_lowercase()),
            temperature: student.filter(|student| student.loss == Loss::Kl).map(|student| student.temperature),
            parameters: architecture.map(nn::Architecture::parameters),
            compression: architecture.map(|of| of.parameters() as f64 / teacher.parameters() as f64),
            bytes: architecture.map(nn::Architecture::bytes),
            mflops: architecture.map(nn::Architecture::mflops),
            latency_ms: latencies.get(&key(agent)).copied(),
            episodes: scores.len() as u64,
            mean,
            median: statistics::median(&scores).context("there are episodes")?,
            std: statistics::sample_std(&scores),
            ci_low: interval.low,
            ci_high: interval.high,
            relative_to_teacher: teacher_mean.and_then(|teacher| statistics::relative(mean, teacher, random)),
            human_normalized: human_normalized(game, mean),
            paper: paper(agent),
        })
    }
}

fn human_normalized(game: Game, mean: f64) -> Option<f64> {
    let entry = game.entry();
    statistics::human_normalized(mean, entry.random?, entry.human?)
}

fn paper(agent: &Agent) -> Option<f64> {
    let of_game = PAPER_TEACHERS.iter().find(|(game, _)| *game == agent.game.name());
    of_game.filter(|_| agent.role == Role::Teacher).map(|(_, score)| *score)
}

fn key(agent: &Agent) -> Key {
    (agent.role.to_string(), agent.name.clone(), agent.game.name().to_owned(), agent.seed)
}

fn score_key(row: &ScoreRow) -> Key {
    (row.role.to_string(), row.agent.clone(), row.game.clone(), row.seed)
}

fn scores(rows: &[EpisodeRow]) -> Vec<f64> {
    rows.iter().map(|row| row.score).collect()
}

fn episode_rows(agent: &Agent, hash: &str, played: Vec<Episode>) -> Vec<EpisodeRow> {
    let row = |(number, episode): (usize, Episode)| EpisodeRow {
        role: agent.role,
        agent: agent.name.clone(),
        game: agent.game.name().into(),
        seed: agent.seed,
        episode: number as u64,
        score: episode.score,
        frames: episode.frames,
        truncated: episode.truncated,
        weights: hash.to_owned(),
    };
    played.into_iter().enumerate().map(row).collect()
}
