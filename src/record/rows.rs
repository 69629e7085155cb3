//! One struct per CSV file. A value that does not exist is an empty cell. No row holds a clock's time, so that a run
//! that is repeated gives the same bytes, but for `latency_ms`, a measurement of the machine, and `unix_time`, where
//! a training in another process is followed.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{AgentId, Ratio, Role};
use crate::game::Game;

/// A teacher's `train.csv`: one row per `log_every` steps. Means are over the steps since the row before.
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
    /// The game that the steps, the episodes and their scores are of; updates, loss and Q-values are the network's.
    #[serde(default)]
    pub game: String,
}

/// A student's `train.csv`: several rows per hour, of a network for several games as many for each. Means are over the
/// updates in the game since its row before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistillRow {
    pub hour: u64,
    /// Steps of the game's play so far from which it learns.
    pub steps: u64,
    /// Of the network, in all its games.
    pub updates: u64,
    pub loss: f64,
    /// Entropy of the teacher's softened action distribution, in nats.
    pub teacher_entropy: f64,
    /// Share of minibatch states in which student and teacher prefer the same action.
    pub agreement: f64,
    /// The same on this hour's new play before the student trained on it: states that it has never seen.
    pub held_out_agreement: f64,
    /// The game that the row is of.
    #[serde(default)]
    pub game: String,
    /// Share of the student's hidden units that were active in at least one of some states of this hour's new play,
    /// before the student trained on it.
    #[serde(default)]
    pub alive: Option<f64>,
}

/// `eval.csv`, of teachers and students: one row per periodic evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvalRow {
    /// Agent steps: of the teacher's training, or of the play that a student learned from.
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

/// `adoptions.csv` of a student that follows a teacher in training: one row per teacher that it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdoptionRow {
    pub game: String,
    /// Hours that the student had completed, and updates that it had made, before it took it.
    pub hour: u64,
    pub updates: u64,
    /// Frames for which the teacher had been trained.
    pub teacher_frames: u64,
    /// Mean of the evaluation that made it the best so far.
    pub teacher_score: Option<f64>,
    /// The same of the teacher that it followed before.
    pub before: Option<f64>,
    pub reason: String,
    /// SHA-256 of the teacher's weights.
    pub weights: String,
    /// Seconds since 1970, where a training in another process was followed: such a run cannot be repeated anyway.
    pub unix_time: Option<u64>,
}

/// `sweep.csv`: one row per temperature that was tried for a student.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    pub game: String,
    /// Multiple of the teacher's mean action gap, and the temperature that it was.
    pub gaps: f64,
    pub temperature: f64,
    /// Updates after which the score was measured.
    pub updates: u64,
    /// Agreement with the teacher on play that the student had not trained on, an hour's updates earlier.
    pub held_out_agreement: f64,
    /// Mean score, by episodes other than the final evaluation's, with its 95% interval.
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
    /// Ended by the frame limit instead of by the game.
    pub truncated: bool,
    /// Start of the SHA-256 of the weights that played; empty for random play.
    pub weights: String,
}

impl EpisodeRow {
    /// Who played.
    ///
    /// # Errors
    /// If the catalogue has no such game.
    pub fn id(&self) -> Result<AgentId> {
        id(self.role, &self.agent, &self.game, self.seed)
    }
}

impl ScoreRow {
    /// Who was scored.
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
    /// The mean in relation to the teacher's with the same seed, in the way that `ratio` names.
    pub relative_to_teacher: Option<f64>,
    /// (mean − random) / (human − random), with the catalogue's published scores.
    pub human_normalized: Option<f64>,
    /// The paper's score of its teacher in this game, of another protocol (see the report).
    pub paper: Option<f64>,
    /// Games that share the network, this one included; 1 for a network of one game. None for random play.
    pub network_games: Option<u64>,
    /// What `relative_to_teacher` is: `raw` or `above_random`, one of them for all seeds of an agent in a game.
    pub ratio: Option<Ratio>,
    /// Probability that an episode's score is above one of the teacher with the same seed, an equal one counting half.
    pub beats_teacher: Option<f64>,
    /// Whose play the states are from that a student was distilled on: `teacher`, `student` or `mixed`.
    #[serde(default)]
    pub data: Option<String>,
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
    /// Geometric mean of `relative_to_teacher` over games, each game the mean of its seeds; none where a game's is not
    /// above 0.
    pub relative_geometric_mean: Option<f64>,
    /// 95% interval of it, by bootstrap over seeds and their episodes, stratified by game.
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Interquartile mean of `relative_to_teacher` over games and seeds.
    pub relative_iqm: Option<f64>,
    /// The paper's figure for such an agent, as a geometric mean over its games.
    pub paper: Option<f64>,
    /// How well that figure is known, and which games it is over.
    pub paper_note: Option<String>,
    pub iqm_ci_low: Option<f64>,
    pub iqm_ci_high: Option<f64>,
    /// Arithmetic mean of `relative_to_teacher` over games, each game the mean of its seeds.
    pub relative_mean: Option<f64>,
    pub mean_ci_low: Option<f64>,
    pub mean_ci_high: Option<f64>,
    /// Mean of `beats_teacher` over games, each game the mean of its seeds.
    pub beats_teacher: Option<f64>,
    pub beats_ci_low: Option<f64>,
    pub beats_ci_high: Option<f64>,
}
