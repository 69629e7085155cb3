//! The experiment as checked values. `defaults.toml` explains each key, and names the source of its default.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::form::WrittenExperiment;
use super::source::Collection;
use super::student::StudentSettings;
use super::teacher::{Keep, OptimizerRule, TeacherSettings};
use crate::game::{ActionSet, Game, View};
use crate::spec::Spec;

/// A whole experiment: games, teachers, distillation, students, evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "WrittenExperiment")]
pub struct Experiment {
    /// Names the folder below `results/`.
    pub name: String,
    /// Each game has teachers and students of its own.
    pub games: Vec<Game>,
    /// Each seed has its own students. It also has its own teachers, unless `teacher.seeds` says otherwise.
    pub seeds: Vec<u64>,
    /// How games are played in training and distillation.
    pub environment: EnvironmentSettings,
    /// How teachers learn.
    pub teacher: TeacherSettings,
    /// The states that students learn from, and the amount of training.
    pub distillation: Distillation,
    /// How every agent is scored.
    pub evaluation: Evaluation,
    /// The students that are distilled, and the baselines that learn from rewards beside them.
    pub students: Vec<StudentSettings>,
    /// The collection from which the experiment takes its teachers, if it does. It is read with the file, and not
    /// written to files.
    #[serde(skip)]
    pub collection: Option<Collection>,
    /// Settings that the file or the command names, but that have no effect, each with the reason. They are not written
    /// to files.
    #[serde(skip)]
    pub ineffective: Vec<String>,
}

impl Experiment {
    /// How the teacher of that game learns, or learned where it is taken from.
    pub fn teacher_settings(&self, game: Game) -> &TeacherSettings {
        self.collection.as_ref().and_then(|collection| collection.settings(game)).unwrap_or(&self.teacher)
    }

    /// Whether the evaluations of a training choose weights: those that are kept, or those that students follow, which
    /// are never a baseline's.
    pub fn evaluations_choose(&self, is_baseline: bool) -> bool {
        self.teacher.keep == Keep::Best || self.distillation.online && !is_baseline
    }

    /// Whether the student's layers are normalised: a baseline has the layers that the teachers' algorithm needs.
    pub fn is_normalised(&self, student: &StudentSettings) -> bool {
        student.is_baseline() && self.teacher.layer_norm
    }

    /// The folder of the experiment from which the teacher of that game is taken; `None` if it is trained here.
    pub fn teacher_source(&self, game: Game) -> Option<PathBuf> {
        let from = &self.teacher.from;
        match &self.collection {
            Some(collection) => Some(collection.folder(game)),
            None => (!from.as_os_str().is_empty()).then(|| from.clone()),
        }
    }

    /// The seeds of the teachers.
    pub fn teacher_seeds(&self) -> &[u64] {
        if self.teacher.seeds.is_empty() { &self.seeds } else { &self.teacher.seeds }
    }

    /// The seed of the teacher of students with `seed`: the same seed if there is such a teacher, else one of the
    /// teachers' seeds by position, in turn. It does not depend on the other seeds of the students, so that each
    /// student can be made alone.
    pub fn teacher_seed(&self, seed: u64) -> u64 {
        let seeds = &self.teacher.seeds;
        if seeds.is_empty() || seeds.contains(&seed) { seed } else { seeds[(seed % seeds.len() as u64) as usize] }
    }
}

/// `[environment]`: from emulator frames to an agent's steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentSettings {
    /// Frames per step.
    pub frame_skip: u32,
    /// Most null-op frames at an episode's start; their number is uniform between 1 and this.
    pub no_op_max: u32,
    /// Probability, per frame, that the previous frame's action is repeated instead.
    pub sticky_actions: f64,
    /// Which actions the agent may choose from.
    pub action_set: ActionSet,
    /// The part of the game that the agent observes. The default, the screen, is not written to files, so that older
    /// files stay valid.
    #[serde(default, skip_serializing_if = "View::is_pixels")]
    pub observation: View,
    /// Frames after which an episode is truncated.
    pub max_frames: u64,
    /// Emulators stepped at once.
    pub workers: usize,
}

impl EnvironmentSettings {
    /// Observations and actions of a game in this environment.
    pub fn spec(&self, game: Game) -> Spec {
        game.spec(self.action_set, self.observation)
    }
}

/// The player whose actions lead to the states that students learn from. The labels are always the teacher's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// The teacher plays, as in the paper. All students of a game share one memory.
    Teacher,
    /// The student itself plays. Each student has its own memory.
    Student,
    /// The student controls every second worker, the teacher the others.
    Mixed,
}

impl Data {
    /// Whether the student controls the worker of that index.
    pub fn is_students(self, worker: usize) -> bool {
        match self {
            Data::Teacher => false,
            Data::Student => true,
            Data::Mixed => worker % 2 == 1,
        }
    }

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Data::Teacher => "teacher",
            Data::Student => "student",
            Data::Mixed => "mixed",
        }
    }
}

/// The initial weights of a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initialization {
    /// Uniform within ±1/√(inputs of a unit), as in PyTorch's layers.
    Uniform,
    /// Uniform weights, with biases that give each unit's pre-activation mean 0 on states of play.
    Biases,
    /// Weights and biases that give each unit's pre-activation mean 0 and variance 1 on states of play (Krähenbühl et
    /// al., 2016; LSUV, Mishkin and Matas, 2016).
    Data,
}

/// `[distillation]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distillation {
    /// The block of `distillation_presets.toml` whose values the file's own values override.
    pub preset: String,
    /// Rounds of new play followed by updates.
    pub hours: u64,
    pub steps_per_hour: u64,
    pub updates_per_hour: u64,
    /// Capacity of the memory of each game's play, in steps.
    pub memory: u64,
    pub data: Data,
    pub initialization: Initialization,
    /// Whether students follow the teacher through its training, and learn in each hour from its best checkpoint so
    /// far, instead of learning from the final one.
    pub online: bool,
    /// Probability of a random action in the teacher's play.
    pub epsilon: f64,
    pub batch: usize,
    pub optimizer: OptimizerRule,
    pub learning_rate: f64,
    /// Share of the learning rate that is left at the last update; it falls linearly.
    pub learning_rate_end_share: f64,
    pub optimizer_epsilon: f64,
    /// Share of the updates at the end whose weights are averaged; 0 to keep the last weights.
    pub average_last: f64,
    /// Hours per row of `eval.csv`; 0 for no such evaluations.
    pub evaluation_every: u64,
    pub evaluation_episodes: usize,
    /// Hours between checkpoints.
    pub checkpoint_every: u64,
    /// Candidates for an automatic temperature, as multiples of the teacher's mean action gap.
    pub sweep_gaps: Vec<f64>,
    /// Hours of distillation for each candidate.
    pub sweep_hours: u64,
}

impl Distillation {
    /// Number of updates of a student of that many games.
    pub fn updates(&self, games: usize) -> u64 {
        self.hours * self.updates_per_hour * games as u64
    }
}

/// `[evaluation]`: the protocol by which every agent is scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub episodes: usize,
    /// Probability of a random action.
    pub epsilon: f64,
    pub no_op_max: u32,
    pub max_frames: u64,
    pub workers: usize,
    /// Decisions timed for `latency_ms`.
    pub latency_decisions: usize,
}

impl Evaluation {
    /// The settings of the final evaluation that evaluations during training, which choose checkpoints, share with it:
    /// `epsilon`, `no_op_max` and `max_frames`.
    pub fn protocol(&self) -> (f64, u32, u64) {
        (self.epsilon, self.no_op_max, self.max_frames)
    }
}
