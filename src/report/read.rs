//! Reads those files of an experiment's folder that exist already.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::config::{Experiment, StudentSettings};
use crate::game::Game;
use crate::record::{
    AdoptionRow, AgentId, DistillRow, EpisodeRow, EvalRow, Folder, Manifest, Role, ScoreRow, SweepRow, TrainRow,
    read_rows,
};

/// The logs of a trained agent.
pub struct AgentLog<Row> {
    pub agent: AgentId,
    pub train: Vec<Row>,
    pub eval: Vec<EvalRow>,
    /// Whether its final weights exist.
    pub finished: bool,
}

/// The last part of a folder's path, with `results/` before it if it is there. No more of it is known on another
/// machine.
pub fn short(folder: &Path, name: &str) -> PathBuf {
    let results = Path::new("results");
    let is_there = folder.parent().is_some_and(|above| above.ends_with(results));
    let name = folder.file_name().map_or(Path::new(name), Path::new);
    if is_there { results.join(name) } else { name.to_owned() }
}

/// All data that a report is made from.
pub struct Results {
    pub experiment: Experiment,
    /// The folder's name, below `results/` if it is there.
    pub folder: PathBuf,
    /// The experiment's text.
    pub settings: String,
    pub manifest: Option<Manifest>,
    /// Rows of `episodes.csv` that belong to the experiment's agents, games and seeds.
    pub episodes: Vec<EpisodeRow>,
    /// Their scores by agent, in the order of the file.
    episode_scores: BTreeMap<AgentId, Vec<f64>>,
    /// Rows of `scores.csv` that belong to them.
    pub scores: Vec<ScoreRow>,
    /// Number of rows of `scores.csv` with an agent, game or seed that the experiment no longer names.
    pub foreign_scores: usize,
    pub teachers: Vec<AgentLog<TrainRow>>,
    /// Logs of students that are distilled. A network for several games has one entry per game.
    pub students: Vec<AgentLog<DistillRow>>,
    /// Logs of the students that learn from rewards, in the same form.
    pub baselines: Vec<AgentLog<TrainRow>>,
    /// Sweeps of temperatures, by agent.
    pub sweeps: Vec<(AgentId, Vec<SweepRow>)>,
    /// Teachers in training that were followed, by agent.
    pub adoptions: Vec<(AgentId, Vec<AdoptionRow>)>,
    /// Films in the folder, by game: the name of the file.
    pub films: Vec<(Game, String)>,
}

impl Results {
    /// Reads the folder's files that belong to the experiment.
    ///
    /// # Errors
    /// A damaged file, with the way out.
    pub fn read(folder: &Folder, experiment: &Experiment) -> Result<Results> {
        let of_experiment =
            |role: Role, agent: &str, game: &str, seed: u64| belongs(experiment, role, agent, game, seed);
        let mut scores: Vec<ScoreRow> = read_rows(&folder.scores())?;
        let rows_before = scores.len();
        scores.retain(|row| of_experiment(row.role, &row.agent, &row.game, row.seed));
        let mut episodes: Vec<EpisodeRow> = read_rows(&folder.episodes())?;
        episodes.retain(|row| of_experiment(row.role, &row.agent, &row.game, row.seed));
        // There may be more than the experiment asks for.
        episodes.retain(|row| row.episode < experiment.evaluation.episodes as u64);
        let mut episode_scores: BTreeMap<AgentId, Vec<f64>> = BTreeMap::new();
        for row in &episodes {
            episode_scores.entry(row.id()?).or_default().push(row.score);
        }
        Ok(Results {
            manifest: Manifest::read(&folder.manifest())?,
            foreign_scores: rows_before - scores.len(),
            teachers: learners(folder, teachers(experiment), |_| None)?,
            students: learners(
                folder,
                student_agents(experiment, |student| !student.is_baseline()),
                |row: &DistillRow| Some(&row.game),
            )?,
            baselines: learners(folder, student_agents(experiment, StudentSettings::is_baseline), |row: &TrainRow| {
                Some(&row.game)
            })?,
            sweeps: of_networks(experiment, |agent| folder.sweep(agent))?,
            adoptions: of_networks(experiment, |agent| folder.adoptions(agent))?,
            films: films(folder, experiment),
            experiment: experiment.clone(),
            folder: short(folder.root(), &experiment.name),
            settings: toml::to_string(experiment)?,
            episodes,
            episode_scores,
            scores,
        })
    }

    /// The settings of the student of that name.
    pub fn student(&self, name: &str) -> Option<&StudentSettings> {
        self.experiment.students.iter().find(|student| student.name == name)
    }

    /// Whether games share that student's network.
    pub fn is_shared(&self, student: &str) -> bool {
        self.student(student).is_some_and(StudentSettings::is_shared)
    }

    /// Whether a student followed its teacher through the training, each hour a stretch of it. Students that followed a
    /// training in another process had their own pace.
    pub fn followed_at_pace(&self, student: &AgentId) -> bool {
        // Games that share a network have one log.
        let is_own =
            |own: &AgentId| own.name == student.name && own.seed == student.seed && (student.shared || own == student);
        self.adoptions.iter().any(|(own, rows)| is_own(own) && rows.iter().all(|row| row.unix_time.is_none()))
    }

    /// The scores of one agent's episodes, in the order of the file.
    pub fn episode_scores(&self, role: Role, agent: &str, game: Game, seed: u64) -> &[f64] {
        let agent = AgentId { role, name: agent.to_owned(), game, seed, shared: false };
        self.episode_scores.get(&agent).map_or(&[], Vec::as_slice)
    }

    /// Logs of the teachers of a game that have started.
    pub fn teachers_of(&self, game: Game) -> impl Iterator<Item = &AgentLog<TrainRow>> {
        self.teachers.iter().filter(move |teacher| teacher.agent.game == game)
    }

    /// Logs of one baseline's runs in a game, one per seed.
    pub fn baselines_of<'a>(&'a self, game: Game, name: &'a str) -> impl Iterator<Item = &'a AgentLog<TrainRow>> {
        self.baselines.iter().filter(move |baseline| baseline.agent.game == game && baseline.agent.name == name)
    }

    /// Logs of one student's runs in a game, one per seed.
    pub fn students_of<'a>(&'a self, game: Game, name: &'a str) -> impl Iterator<Item = &'a AgentLog<DistillRow>> {
        self.students.iter().filter(move |student| student.agent.game == game && student.agent.name == name)
    }
}

fn films(folder: &Folder, experiment: &Experiment) -> Vec<(Game, String)> {
    let of_game = |&game: &Game| {
        let path = folder.film(game);
        let name = path.file_name().filter(|_| path.is_file())?;
        Some((game, name.to_string_lossy().into_owned()))
    };
    experiment.games.iter().filter_map(of_game).collect()
}

fn teachers(experiment: &Experiment) -> impl Iterator<Item = AgentId> {
    let of_game = |&game: &Game| experiment.teacher_seeds().iter().map(move |&seed| AgentId::teacher(game, seed));
    experiment.games.iter().flat_map(of_game)
}

/// All pairs of game and seed.
pub fn runs(experiment: &Experiment) -> impl Iterator<Item = (Game, u64)> {
    experiment.games.iter().flat_map(|&game| experiment.seeds.iter().map(move |&seed| (game, seed)))
}

fn student_agents(experiment: &Experiment, chosen: fn(&StudentSettings) -> bool) -> impl Iterator<Item = AgentId> {
    runs(experiment).flat_map(move |(game, seed)| {
        experiment
            .students
            .iter()
            .filter(move |student| chosen(student))
            .map(move |student| AgentId::of(student, game, seed))
    })
}

/// The rows of a file for each student network that has some.
fn of_networks<Row: DeserializeOwned>(
    experiment: &Experiment,
    file: impl Fn(&AgentId) -> PathBuf,
) -> Result<Vec<(AgentId, Vec<Row>)>> {
    let first = experiment.games[0];
    let networks = student_agents(experiment, |_| true).filter(|agent| !agent.shared || agent.game == first);
    let read = networks.map(|agent| Ok((read_rows(&file(&agent))?, agent)));
    let found =
        read.filter(|read: &Result<(Vec<Row>, AgentId)>| read.as_ref().map_or(true, |(rows, _)| !rows.is_empty()));
    found.map(|read| read.map(|(rows, agent)| (agent, rows))).collect()
}

fn belongs(experiment: &Experiment, role: Role, agent: &str, game: &str, seed: u64) -> bool {
    let student = role == Role::Student && experiment.students.iter().any(|student| student.name == agent);
    (role != Role::Student || student)
        && experiment.games.iter().any(|known| known.name() == game)
        && if role == Role::Teacher { experiment.teacher_seeds() } else { &experiment.seeds }.contains(&seed)
}

/// `game` returns the game of a row, if a row has one: a network for several games keeps the rows of all of them in one
/// file.
fn learners<Row: DeserializeOwned>(
    folder: &Folder,
    agents: impl Iterator<Item = AgentId>,
    game: fn(&Row) -> Option<&String>,
) -> Result<Vec<AgentLog<Row>>> {
    agents
        .map(|agent| {
            let is_own = |game: Option<&String>| !agent.shared || game.is_none_or(|game| game == agent.game.name());
            let train: Vec<Row> = read_rows(&folder.train(&agent))?;
            let eval: Vec<EvalRow> = read_rows(&folder.eval(&agent))?;
            Ok(AgentLog {
                train: train.into_iter().filter(|row| is_own(game(row))).collect(),
                eval: eval.into_iter().filter(|row| is_own(Some(&row.game))).collect(),
                finished: folder.weights(&agent).exists(),
                agent,
            })
        })
        .collect()
}
