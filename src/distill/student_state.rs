//! The changing state of a student, and a student that was saved.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::average::WeightAverage;
use crate::config;
use crate::nn::OptimizerState;
use crate::record::LogMark;
use crate::units::Generator;

/// The changing state of a student, without its weights and its optimiser.
#[derive(Clone, Serialize, Deserialize)]
pub struct StudentState {
    pub updates: u64,
    /// Updates since the last row of `train.csv`, for each game.
    pub since: Vec<u64>,
    /// Agreement with each game's teacher on the hour's play before the student trained on it.
    pub held_out_agreement: Vec<f64>,
    /// Share of the hidden units that were alive on the same states, for each game.
    pub alive: Vec<f64>,
    /// Highest mean of its periodic evaluations, for each game.
    pub best: Vec<Option<f64>>,
    /// For each game, whether a teacher in training was adopted.
    pub adopted: Vec<bool>,
    /// The temperature in units of Q for each game, for a loss with a temperature; `None` until the first update with
    /// the game's teacher.
    pub temperatures: Vec<Option<f64>>,
    /// Number of games in which the hour's evaluation is done.
    pub evaluated: usize,
    /// The ends of `train.csv`, `eval.csv` and `adoptions.csv`.
    pub logs: [LogMark; 3],
    pub sampler: Generator,
    pub average: WeightAverage,
}

/// A saved [`Student`](super::student::Student).
#[derive(Serialize, Deserialize)]
pub struct SavedStudent {
    pub weights: Vec<Vec<f32>>,
    pub optimizer: OptimizerState,
    pub sums: Vec<f64>,
    pub state: StudentState,
}

impl SavedStudent {
    /// Updates that were made when it was saved.
    pub fn updates(&self) -> u64 {
        self.state.updates
    }
}

impl StudentState {
    /// The state of a student that has learned nothing.
    pub fn new(games: usize, sampler: Generator) -> StudentState {
        StudentState {
            updates: 0,
            since: vec![0; games],
            held_out_agreement: vec![0.0; games],
            alive: vec![0.0; games],
            best: vec![None; games],
            adopted: vec![false; games],
            temperatures: vec![None; games],
            evaluated: 0,
            logs: Default::default(),
            sampler,
            average: WeightAverage::default(),
        }
    }
}

/// The saved student with these settings.
///
/// # Errors
/// If there is none.
pub fn find_saved<'a>(
    saved: &'a [(String, SavedStudent)],
    settings: &config::StudentSettings,
) -> Result<&'a SavedStudent> {
    let section = serde_json::to_string(settings)?;
    let saved_student = saved.iter().find(|(saved, _)| *saved == section).map(|(_, saved)| saved);
    saved_student.with_context(|| {
        format!(
            "student {}: not part of the distillation that was stopped; finish that first, or start over with --fresh",
            settings.name
        )
    })
}
