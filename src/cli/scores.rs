//! `episodes.csv` and `scores.csv`: what is scored, and the rows that follow from its episodes.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::agent::{self, Metadata};
use crate::config::{Experiment, Loss, Student};
use crate::eval::{Episode, paper, statistics};
use crate::game::Game;
use crate::nn::Architecture;
use crate::record::{Agent, EpisodeRow, Folder, Ratio, Role, ScoreRow, bests, read_rows, write_rows};
use crate::units::Seed;

/// Characters of a weights file's SHA-256 in `episodes.csv`.
const HASH: usize = 16;

/// An agent's key in the files: role, name, game, seed.
type Key = (String, String, String, u64);

/// The episodes of every agent that is scored, and how long its decisions take.
pub struct Scores<'a> {
    experiment: &'a Experiment,
    folder: &'a Folder,
    episodes: BTreeMap<Key, Vec<EpisodeRow>>,
    latencies: BTreeMap<Key, f64>,
    /// What tells the weights that are there from others; empty for random play.
    hashes: BTreeMap<Key, String>,
}

impl<'a> Scores<'a> {
    /// What the files hold so far.
    ///
    /// # Errors
    /// The file that is damaged.
    pub fn read(experiment: &'a Experiment, folder: &'a Folder) -> Result<Scores<'a>> {
        let mut episodes: BTreeMap<Key, Vec<EpisodeRow>> = BTreeMap::new();
        for row in read_rows::<EpisodeRow>(&folder.episodes())? {
            let key = (row.role.to_string(), row.agent.clone(), row.game.clone(), row.seed);
            episodes.entry(key).or_default().push(row);
        }
        let scores: Vec<ScoreRow> = read_rows(&folder.scores())?;
        let latencies = scores.iter().filter_map(|row| Some((row_key(row), row.latency_ms?))).collect();
        let mut hashes = BTreeMap::new();
        for agent in agents(experiment) {
            hashes.extend(hash(folder, &agent)?.map(|hash| (key(&agent), hash)));
        }
        Ok(Scores { experiment, folder, episodes, latencies, hashes })
    }

    /// What tells the agent's weights from others; empty for random play, none if they are not there.
    pub fn hash(&self, agent: &Agent) -> Option<&str> {
        self.hashes.get(&key(agent)).map(String::as_str)
    }

    /// Whether the weights of that hash have played all their episodes.
    pub fn holds(&self, agent: &Agent, hash: &str) -> bool {
        let rows = self.episodes.get(&key(agent)).map_or(&[][..], Vec::as_slice);
        rows.len() == self.experiment.evaluation.episodes
            && rows.iter().all(|row| row.weights == hash)
            && (agent.role == Role::Random || self.latencies.contains_key(&key(agent)))
    }

    /// Takes the place of what was known of the agent.
    pub fn put(&mut self, agent: &Agent, hash: &str, played: Vec<Episode>, latency: Option<f64>) {
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
        self.episodes.insert(key(agent), played.into_iter().enumerate().map(row).collect());
        self.latencies.extend(latency.map(|milliseconds| (key(agent), milliseconds)));
    }

    /// Replaces `episodes.csv` and `scores.csv`, agents in the experiment's order. Rows of agents that the experiment
    /// does not name (other games, seeds or students), or whose weights are not here, stay after the others; only what
    /// puts them in relation to their teacher is that of all seeds now.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write(&self) -> Result<()> {
        let mut others: BTreeMap<&Key, &Vec<EpisodeRow>> = self.episodes.iter().collect();
        let (mut score_rows, mut episode_rows) = (Vec::new(), Vec::new());
        for agent in agents(self.experiment) {
            // What other weights scored, which are here no more, is forgotten.
            let Some(hash) = self.hash(&agent) else { continue };
            let rows = others.remove(&key(&agent));
            if let Some(rows) = rows.filter(|rows| rows.iter().all(|row| row.weights == hash)) {
                score_rows.push(self.row(&agent)?);
                episode_rows.extend(rows);
            }
        }
        let old: Vec<ScoreRow> = read_rows(&self.folder.scores())?;
        for mut row in old.into_iter().filter(|row| others.contains_key(&row_key(row))) {
            let (name, game) = (row.agent.clone(), Game::named(&row.game)?);
            let agent = Agent { role: row.role, name, game, seed: row.seed, shared: false };
            row.ratio = self.ratio(&agent);
            row.relative_to_teacher = row.ratio.and_then(|ratio| self.relative(&agent, ratio));
            score_rows.push(row);
        }
        episode_rows.extend(others.values().flat_map(|rows| *rows));
        write_rows(&self.folder.scores(), &score_rows)?;
        write_rows(&self.folder.episodes(), &episode_rows)
    }

    fn row(&self, agent: &Agent) -> Result<ScoreRow> {
        let Agent { role, game, seed, .. } = *agent;
        let scores = self.of(agent);
        let no_episodes = || format!("{agent}: no episodes");
        let mean = statistics::mean(&scores).with_context(no_episodes)?;
        let bootstrap = Seed(seed).derive("bootstrap", 0);
        let interval = statistics::mean_interval(&scores, bootstrap).with_context(no_episodes)?;
        let student = student(self.experiment, agent);
        let network = architecture(self.experiment, agent);
        let teacher = architecture(self.experiment, &Agent::teacher(game, seed));
        let parameters = network.as_ref().map(Architecture::parameters);
        let ratio = self.ratio(agent);
        Ok(ScoreRow {
            experiment: self.experiment.name.clone(),
            role,
            agent: agent.name.clone(),
            game: game.name().into(),
            seed,
            loss: student.map(|student| format!("{:?}", student.loss).to_lowercase()),
            temperature: self.temperature(agent)?,
            parameters,
            compression: parameters.zip(teacher).map(|(own, teacher)| own as f64 / teacher.parameters() as f64),
            bytes: network.as_ref().map(Architecture::bytes),
            mflops: network.as_ref().map(Architecture::mflops),
            latency_ms: self.latencies.get(&key(agent)).copied(),
            episodes: scores.len() as u64,
            mean,
            median: statistics::median(&scores).with_context(no_episodes)?,
            std: statistics::sample_std(&scores),
            ci_low: interval.low,
            ci_high: interval.high,
            relative_to_teacher: ratio.and_then(|ratio| self.relative(agent, ratio)),
            human_normalized: human_normalized(game, mean),
            paper: paper::teacher(game, &self.experiment.teacher).filter(|_| role == Role::Teacher),
            network_games: network.map(|network| network.actions().len() as u64),
            ratio,
            beats_teacher: statistics::win_rate(&scores, &self.of(&Agent::teacher(game, seed))),
            data: student
                .filter(|student| !student.is_baseline())
                .map(|_| self.experiment.distillation.data.name().to_owned()),
        })
    }

    /// The temperature that the agent was distilled with, in units of Q.
    fn temperature(&self, agent: &Agent) -> Result<Option<f64>> {
        if student(self.experiment, agent).is_none_or(|student| student.loss != Loss::Kl) {
            return Ok(None);
        }
        let metadata = agent::metadata(&self.folder.weights(agent))?;
        Ok(metadata.head(agent.game).and_then(|head| metadata.temperatures.get(head).copied()))
    }

    /// The scores of the agent's episodes; none if it is not scored.
    fn of(&self, agent: &Agent) -> Vec<f64> {
        self.episodes.get(&key(agent)).into_iter().flatten().map(|row| row.score).collect()
    }

    fn mean(&self, agent: &Agent) -> Option<f64> {
        statistics::mean(&self.of(agent))
    }

    /// How the agent is put in relation to its teacher with all seeds that are scored, whether the experiment names
    /// them or not; none without a teacher.
    fn ratio(&self, agent: &Agent) -> Option<Ratio> {
        let is_own = |key: &&Key| (key.1.as_str(), key.2.as_str()) == (agent.name.as_str(), agent.game.name());
        let seeds = self.episodes.keys().filter(|key| key.0 == agent.role.to_string()).filter(is_own).map(|key| key.3);
        let means =
            |seed: u64| self.mean(&Agent { seed, ..agent.clone() }).zip(self.mean(&Agent::teacher(agent.game, seed)));
        let means: Vec<(f64, f64)> = seeds.filter_map(means).collect();
        (!means.is_empty()).then(|| Ratio::of_seeds(means))
    }

    fn relative(&self, agent: &Agent, ratio: Ratio) -> Option<f64> {
        let Agent { game, seed, .. } = *agent;
        ratio.value(self.mean(agent)?, self.mean(&Agent::teacher(game, seed))?, self.mean(&Agent::random(game, seed)))
    }
}

/// Every teacher of the experiment, seed by seed.
pub fn teachers(experiment: &Experiment) -> Vec<Agent> {
    let of_seed = |&seed: &u64| experiment.games.iter().map(move |&game| Agent::teacher(game, seed));
    experiment.seeds.iter().flat_map(of_seed).collect()
}

/// Every network of the students that `of` chooses, seed by seed: one that several games share once, as the player of
/// the first.
pub fn networks(experiment: &Experiment, of: impl Fn(&Student) -> bool) -> Vec<Agent> {
    let mut networks = Vec::new();
    for &seed in &experiment.seeds {
        for student in experiment.students.iter().filter(|student| of(student)) {
            let games = if student.is_shared() { &experiment.games[..1] } else { &experiment.games };
            networks.extend(games.iter().map(|&game| Agent::of(student, game, seed)));
        }
    }
    networks
}

/// Every agent of the experiment, in the order of the files.
pub fn agents(experiment: &Experiment) -> Vec<Agent> {
    let mut agents = Vec::new();
    for &game in &experiment.games {
        for &seed in &experiment.seeds {
            agents.extend([Agent::random(game, seed), Agent::teacher(game, seed)]);
            agents.extend(experiment.students.iter().map(|student| Agent::of(student, game, seed)));
        }
    }
    agents
}

/// What tells the agent's weights from others; empty for random play, none if they are not there yet.
///
/// # Errors
/// If the weights cannot be read.
pub fn hash(folder: &Folder, agent: &Agent) -> Result<Option<String>> {
    if agent.role == Role::Random {
        return Ok(Some(String::new()));
    }
    let path = folder.weights(agent);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(agent::sha256(&path)?[..HASH].to_owned()))
}

/// The games that the agent's network plays, in the order of its heads.
pub fn games(experiment: &Experiment, agent: &Agent) -> Vec<Game> {
    if agent.shared { experiment.games.clone() } else { vec![agent.game] }
}

/// Whether what was found of an agent was made from the teachers that are in the folder now; true where nobody taught
/// it, or where the teachers are not there.
///
/// # Errors
/// If a teacher's weights cannot be read.
pub fn is_of_teachers(experiment: &Experiment, folder: &Folder, agent: &Agent, found: &Metadata) -> Result<bool> {
    let Some(made_from) = &found.teacher else { return Ok(true) };
    let online = experiment.distillation.online;
    let of_teachers = |best: bool| -> Result<Option<String>> {
        let mut hashes = Vec::new();
        for game in games(experiment, agent) {
            let teacher = Agent::teacher(game, agent.seed);
            let last = match best {
                true => bests(&folder.bests(&teacher))?.pop().map(|(_, path)| path),
                false => Some(folder.weights(&teacher)).filter(|path| path.exists()),
            };
            let Some(path) = last else { return Ok(None) };
            hashes.push(agent::sha256(&path)?);
        }
        Ok(Some(hashes.join(",")))
    };
    if of_teachers(online)?.is_none_or(|hashes| hashes == *made_from) {
        return Ok(true);
    }
    // What a training keeps in the end may be its last weights, but who followed it learned from its last best.
    Ok(!online && of_teachers(true)?.is_some_and(|hashes| hashes == *made_from))
}

/// The network that the experiment gives the agent; none for random play.
pub fn architecture(experiment: &Experiment, agent: &Agent) -> Option<Architecture> {
    let spec = |game: Game| experiment.environment.spec(game);
    match agent.role {
        Role::Random => None,
        Role::Teacher => Some(Architecture::teacher(&experiment.teacher, &spec(agent.game))),
        Role::Student => {
            let student = student(experiment, agent)?;
            let games = games(experiment, agent).into_iter().map(|game| (game.name(), spec(game)));
            let architecture = Architecture::student(student, games);
            // What learns from rewards has what their algorithm needs.
            let layer_norm = student.is_baseline() && experiment.teacher.layer_norm;
            Some(architecture.normalised(layer_norm))
        }
    }
}

/// The agent's section of the experiment; none if it is not a student of it.
pub fn student<'a>(experiment: &'a Experiment, agent: &Agent) -> Option<&'a Student> {
    experiment.students.iter().find(|student| agent.role == Role::Student && student.name == agent.name)
}

fn human_normalized(game: Game, mean: f64) -> Option<f64> {
    let entry = game.entry();
    statistics::human_normalized(mean, entry.random?, entry.human?)
}

fn key(agent: &Agent) -> Key {
    (agent.role.to_string(), agent.name.clone(), agent.game.name().to_owned(), agent.seed)
}

fn row_key(row: &ScoreRow) -> Key {
    (row.role.to_string(), row.agent.clone(), row.game.clone(), row.seed)
}
