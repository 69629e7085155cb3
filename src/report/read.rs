//! The files of an experiment's folder, as far as they exist yet.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::config::{Experiment, StudentSettings};
use crate::game::Game;
use crate::record::{
    AdoptionRow, AgentId, DistillRow, EpisodeRow, EvalRow, Folder, Manifest, Role, ScoreRow, SweepRow, TrainRow,
    read_rows,
};

/// What a trained agent has left so far.
pub struct AgentLog<Row> {
    pub agent: AgentId,
    pub train: Vec<Row>,
    pub eval: Vec<EvalRow>,
    /// Its final weights exist.
    pub finished: bool,
}

/// All that a report is made from.
pub struct Results {
    pub experiment: Experiment,
    /// The experiment's text.
    pub settings: String,
    pub manifest: Option<Manifest>,
    /// Rows of the experiment's agents, games and seeds alone.
    pub episodes: Vec<EpisodeRow>,
    /// The same.
    pub scores: Vec<ScoreRow>,
    /// Rows of `scores.csv` that belong to something that the experiment no longer names.
    pub foreign_scores: usize,
    pub teachers: Vec<AgentLog<TrainRow>>,
    /// Those that are distilled. A network of several games is there once for each.
    pub students: Vec<AgentLog<DistillRow>>,
    /// The other students, likewise.
    pub baselines: Vec<AgentLog<TrainRow>>,
    /// How temperatures were chosen, by agent.
    pub sweeps: Vec<(AgentId, Vec<SweepRow>)>,
    /// Which teachers in training were followed, by agent.
    pub adoptions: Vec<(AgentId, Vec<AdoptionRow>)>,
}

impl Results {
    /// Reads what the folder holds of the experiment.
    ///
    /// # Errors
    /// The file that is damaged, and the way out.
    pub fn read(folder: &Folder, experiment: &Experiment) -> Result<Results> {
        let of_experiment =
            |role: Role, agent: &str, game: &str, seed: u64| belongs(experiment, role, agent, game, seed);
        let mut scores: Vec<ScoreRow> = rows(&folder.scores())?;
        let all = scores.len();
        scores.retain(|row| of_experiment(row.role, &row.agent, &row.game, row.seed));
        let mut episodes: Vec<EpisodeRow> = rows(&folder.episodes())?;
        episodes.retain(|row| of_experiment(row.role, &row.agent, &row.game, row.seed));
        // There may be more than the experiment asks for.
        episodes.retain(|row| row.episode < experiment.evaluation.episodes as u64);
        Ok(Results {
            manifest: Manifest::read(&folder.manifest())?,
            foreign_scores: all - scores.len(),
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
            experiment: experiment.clone(),
            settings: toml::to_string(experiment)?,
            episodes,
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

    /// The scores of one agent's episodes, in the order of the file.
    pub fn episode_scores(&self, role: Role, agent: &str, game: Game, seed: u64) -> Vec<f64> {
        let of_agent =
            |row: &&EpisodeRow| row.role == role && row.agent == agent && row.game == game.name() && row.seed == seed;
        self.episodes.iter().filter(of_agent).map(|row| row.score).collect()
    }

    /// The teachers of a game that have started.
    pub fn teachers_of(&self, game: Game) -> impl Iterator<Item = &AgentLog<TrainRow>> {
        self.teachers.iter().filter(move |teacher| teacher.agent.game == game)
    }

    /// The seeds' runs in a game of one student that learns from rewards.
    pub fn baselines_of<'a>(&'a self, game: Game, name: &'a str) -> impl Iterator<Item = &'a AgentLog<TrainRow>> {
        self.baselines.iter().filter(move |baseline| baseline.agent.game == game && baseline.agent.name == name)
    }

    /// The seeds' runs of one student in a game.
    pub fn students_of<'a>(&'a self, game: Game, name: &'a str) -> impl Iterator<Item = &'a AgentLog<DistillRow>> {
        self.students.iter().filter(move |student| student.agent.game == game && student.agent.name == name)
    }
}

fn teachers(experiment: &Experiment) -> impl Iterator<Item = AgentId> {
    let of_game = |&game: &Game| experiment.teacher_seeds().iter().map(move |&seed| AgentId::teacher(game, seed));
    experiment.games.iter().flat_map(of_game)
}

/// Every game with every seed.
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

/// The rows of a file that some students' networks have.
fn of_networks<Row: DeserializeOwned>(
    experiment: &Experiment,
    file: impl Fn(&AgentId) -> PathBuf,
) -> Result<Vec<(AgentId, Vec<Row>)>> {
    let first = experiment.games[0];
    let networks = student_agents(experiment, |_| true).filter(|agent| !agent.shared || agent.game == first);
    let read = networks.map(|agent| Ok((rows(&file(&agent))?, agent)));
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

/// `game` tells which game a row is of, if it is of one: a network of several games has all their rows in one file.
fn learners<Row: DeserializeOwned>(
    folder: &Folder,
    agents: impl Iterator<Item = AgentId>,
    game: fn(&Row) -> Option<&String>,
) -> Result<Vec<AgentLog<Row>>> {
    agents
        .map(|agent| {
            let is_own = |game: Option<&String>| !agent.shared || game.is_none_or(|game| game == agent.game.name());
            let train: Vec<Row> = rows(&folder.train(&agent))?;
            let eval: Vec<EvalRow> = rows(&folder.eval(&agent))?;
            Ok(AgentLog {
                train: train.into_iter().filter(|row| is_own(game(row))).collect(),
                eval: eval.into_iter().filter(|row| is_own(Some(&row.game))).collect(),
                finished: folder.weights(&agent).exists(),
                agent,
            })
        })
        .collect()
}

fn rows<Row: DeserializeOwned>(path: &Path) -> Result<Vec<Row>> {
    read_rows(path).context("correct that line, or remove the file and repeat the stage that writes it")
}
