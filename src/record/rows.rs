//! One struct per CSV file. A missing value is an empty cell. Rows hold no clock times, so that a repeated run writes
//! the same bytes. There are two exceptions: `latency_ms`, which measures the machine, and `unix_time`, which is
//! written where a training in another process is followed.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{AgentId, Ratio, Role};
use crate::game::Game;

/// A teacher's `train.csv`: one row per `log_every` steps. Means are over the steps since the previous row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainRow {
    pub steps: u64,
    pub frames: u64,
    pub updates: u64,
    pub epsilon: f64,
    /// Games that ended.
    pub episodes: u64,
    /// Mean raw score of those games.
    pub return_mean: Option<f64>,
    /// Mean loss of the updates.
    pub loss: Option<f64>,
    /// Mean Q-value of the actions in the minibatches.
    pub q_mean: Option<f64>,
    /// The game of the steps, episodes and scores in the row. Updates, loss and Q-values belong to the network as a
    /// whole.
    #[serde(default)]
    pub game: String,
}

/// A student's `train.csv`: several rows per hour. A network for several games has as many rows for each game. Means
/// are over the updates in that game since its previous row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistillRow {
    pub hour: u64,
    /// Steps of the game's play that the student has learned from so far.
    pub steps: u64,
    /// Updates of the network, in all its games.
    pub updates: u64,
    pub loss: f64,
    /// Entropy of the teacher's softened action distribution, in nats.
    pub teacher_entropy: f64,
    /// Share of minibatch states in which student and teacher prefer the same action.
    pub agreement: f64,
    /// Agreement on this hour's new play, measured before the student trained on it.
    pub held_out_agreement: f64,
    /// The game of the row.
    #[serde(default)]
    pub game: String,
    /// Share of the student's hidden units that were active in at least one of a sample of states from this hour's new
    /// play, measured before the student trained on it.
    #[serde(default)]
    pub alive: Option<f64>,
}

/// `eval.csv`, of teachers and students: one row per periodic evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvalRow {
    /// Agent steps: those of the teacher's training, or of the play that a student learned from.
    pub steps: u64,
    pub frames: u64,
    pub updates: u64,
    pub episodes: u64,
    pub mean: f64,
    /// 95% bootstrap interval of the mean.
    pub ci_low: f64,
    pub ci_high: f64,
    pub best: bool,
    /// The game that was played.
    #[serde(default)]
    pub game: String,
}

/// `adoptions.csv` of a student that follows a teacher in training: one row per adopted teacher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdoptionRow {
    pub game: String,
    /// Hours that the student had completed, and updates that it had made, when it adopted the teacher.
    pub hour: u64,
    pub updates: u64,
    /// Frames of the teacher's training.
    pub teacher_frames: u64,
    /// Mean score of the evaluation that made the teacher the best so far.
    pub teacher_score: Option<f64>,
    /// Mean score of the teacher that the student followed before.
    pub before: Option<f64>,
    pub reason: String,
    /// SHA-256 of the teacher's weights.
    pub weights: String,
    /// Seconds since 1970, if a training in another process was followed. Such a run cannot be repeated exactly.
    pub unix_time: Option<u64>,
}

/// `sweep.csv`: one row per temperature that was tried for a student.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    pub game: String,
    /// Multiple of the teacher's mean action gap, and the resulting temperature.
    pub gaps: f64,
    pub temperature: f64,
    /// Updates after which the score was measured.
    pub updates: u64,
    /// Agreement with the teacher on play that the student had not trained on, measured one hour of updates earlier.
    pub held_out_agreement: f64,
    /// Mean score over episodes that are not those of the final evaluation, with its 95% interval.
    pub mean: f64,
    pub ci_low: f64,
    pub ci_high: f64,
    pub chosen: bool,
}

/// `episodes.csv`: one row per episode of the final evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpisodeRow {
    pub role: Role,
    pub agent: String,
    pub game: String,
    pub seed: u64,
    pub episode: u64,
    /// Raw, unclipped score.
    pub score: f64,
    /// Emulator frames, null-ops included.
    pub frames: u64,
    /// Whether the frame limit ended the episode, and not the game.
    pub truncated: bool,
    /// First characters of the SHA-256 of the weights that played; empty for random play.
    pub weights: String,
}

impl EpisodeRow {
    /// The agent that played.
    ///
    /// # Errors
    /// If the catalogue has no such game.
    pub fn id(&self) -> Result<AgentId> {
        id(self.role, &self.agent, &self.game, self.seed)
    }
}

impl ScoreRow {
    /// The agent that was scored.
    ///
    /// # Errors
    /// If the catalogue has no such game.
    pub fn id(&self) -> Result<AgentId> {
        id(self.role, &self.agent, &self.game, self.seed)
    }
}

fn id(role: Role, name: &str, game: &str, seed: u64) -> Result<AgentId> {
    Ok(AgentId { role, name: name.to_owned(), game: Game::named(game)?, seed, shared: false })
}

/// `scores.csv`: one row per agent, game and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreRow {
    pub experiment: String,
    pub role: Role,
    pub agent: String,
    pub game: String,
    pub seed: u64,
    /// The name of a distillation loss, or `td`; students only.
    pub loss: Option<String>,
    /// In units of Q, for a loss that has one.
    pub temperature: Option<f64>,
    pub parameters: Option<u64>,
    /// Parameters as a share of the teacher's.
    pub compression: Option<f64>,
    /// Size of the weights as f32.
    pub bytes: Option<u64>,
    /// Million floating-point operations per decision (a multiply-add counts as two).
    pub mflops: Option<f64>,
    /// Median milliseconds per decision at batch 1 on the machine that evaluated.
    pub latency_ms: Option<f64>,
    pub episodes: u64,
    pub mean: f64,
    pub median: f64,
    /// Sample standard deviation of the episodes' scores; none for one episode.
    pub std: Option<f64>,
    /// 95% bootstrap interval of the mean.
    pub ci_low: f64,
    pub ci_high: f64,
    /// The mean relative to the mean of the teacher with the same seed; `ratio` names the definition.
    pub relative_to_teacher: Option<f64>,
    /// (mean − random) / (human − random), with the catalogue's published scores.
    pub human_normalized: Option<f64>,
    /// The paper's score of its teacher in this game, measured by another protocol (see the report).
    pub paper: Option<f64>,
    /// Games that share the network, this one included; 1 for a network of one game. None for random play.
    pub network_games: Option<u64>,
    /// Definition of `relative_to_teacher`: `raw` or `above_random`. It is the same for all agents and seeds in
    /// a game.
    pub ratio: Option<Ratio>,
    /// Probability that an episode's score is above that of an episode of the teacher with the same seed; a tie counts
    /// half.
    pub beats_teacher: Option<f64>,
    /// The player of the states that the student was distilled on: `teacher`, `student` or `mixed`.
    #[serde(default)]
    pub data: Option<String>,
    /// Lower and upper quartile of the decisions' milliseconds, and the processor that took them. Older files lack
    /// them.
    #[serde(default)]
    pub latency_q1_ms: Option<f64>,
    #[serde(default)]
    pub latency_q3_ms: Option<f64>,
    #[serde(default)]
    pub processor: Option<String>,
}

/// `summary.csv`: one row per agent, over games and seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    pub experiment: String,
    pub role: Role,
    pub agent: String,
    pub games: u64,
    pub seeds: u64,
    pub parameters: Option<u64>,
    pub compression: Option<f64>,
    /// Geometric mean of `relative_to_teacher` over games, after averaging over the seeds of each game. Empty if a
    /// game's mean is not above 0.
    pub relative_geometric_mean: Option<f64>,
    /// 95% interval of the geometric mean, by bootstrap over seeds and their episodes, stratified by game.
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Interquartile mean of `relative_to_teacher` over games and seeds.
    pub relative_iqm: Option<f64>,
    /// The paper's figure for the corresponding agent, a geometric mean over its games.
    pub paper: Option<f64>,
    /// Reliability of that figure, and the games that it covers.
    pub paper_note: Option<String>,
    pub iqm_ci_low: Option<f64>,
    pub iqm_ci_high: Option<f64>,
    /// Arithmetic mean of `relative_to_teacher` over games, after averaging over the seeds of each game.
    pub relative_mean: Option<f64>,
    pub mean_ci_low: Option<f64>,
    pub mean_ci_high: Option<f64>,
    /// Mean of `beats_teacher` over games, after averaging over the seeds of each game.
    pub beats_teacher: Option<f64>,
    pub beats_ci_low: Option<f64>,
    pub beats_ci_high: Option<f64>,
}
