//! How teachers learn: `[teacher]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::network::NetworkChoice;
use super::source::SHIPPED;
use crate::units::{Frames, Steps};

/// α, the weight of the policy's logarithm in Munchausen-DQN's target (Vieillard et al., 2020).
pub const MUNCHAUSEN_ALPHA: f64 = 0.9;
/// Multiple of the largest possible Q-value that is far beyond it: a little too much is the usual overestimation.
const FAR: f64 = 2.0;

/// How a teacher learns its Q-values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Deep Q-learning with replay and a target network (Mnih et al., 2015).
    Dqn,
    /// Parallelised Q-network: λ-returns of short rollouts, no replay, no target network (Gallici et al., 2025).
    Pqn,
}

/// The choice of a teacher's checkpoint for distillation and scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The checkpoint with the highest mean in the periodic evaluations. Their episodes are never those of the final
    /// evaluation.
    Best,
    /// The last checkpoint.
    Last,
}

/// The optimiser's rule; its other constants are in the module `nn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerRule {
    /// Centred RMSProp (Graves, 2013), decay 0.95.
    RmsProp,
    /// Adam (Kingma and Ba, 2015), betas 0.9 and 0.999.
    Adam,
    /// Rectified Adam (Liu et al., 2020), betas 0.9 and 0.999.
    RAdam,
    /// Muon (Jordan et al., 2024) for the weights of hidden layers, Adam for all other parameters.
    Muon,
}

/// The loss on the temporal-difference error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TdError {
    /// Quadratic within ±1, linear beyond.
    Huber,
    /// The square, as in CleanRL's `F.mse_loss`.
    Squared,
}

/// `[teacher]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeacherSettings {
    pub algorithm: Algorithm,
    /// The folder of an experiment, or of a collection with an experiment for each game, whose teachers are copied, so
    /// that none are trained; `shipped` for the repository's collection; empty if teachers are trained.
    pub from: PathBuf,
    /// Seeds of the teachers, if they differ from those of the students; else empty.
    pub seeds: Vec<u64>,
    /// The block of `presets.toml` whose values the file's own values override.
    pub preset: String,
    /// Length of training in emulator frames.
    pub frames: u64,
    pub network: NetworkChoice,
    /// Normalises each layer before its ReLU.
    pub layer_norm: bool,
    /// Only for DQN: Double DQN's target (van Hasselt et al., 2016).
    pub double: bool,
    /// Only for DQN: Munchausen-DQN's target (Vieillard et al., 2020).
    pub munchausen: bool,
    /// Only for DQN: number of rewards in a return before the value that it bootstraps from (Sutton and Barto, 2018,
    /// section 7.1).
    pub n_step: usize,
    /// Whether rewards are clipped to [-1, 1].
    pub clip_rewards: bool,
    /// Whether a lost life is terminal for the learner. The game goes on.
    pub life_loss_ends_episode: bool,
    /// Steps of each worker over which the ends of the workers' first episodes are spread evenly: worker i of n (from 0)
    /// abandons its episode after `stagger` · i / n of them and begins another ("staggered resets", Bharthulwar et al.,
    /// 2025, arXiv 2511.21011). 0: none is abandoned.
    pub stagger: u64,
    pub keep: Keep,
    /// Only for DQN: capacity of the replay, in steps.
    pub replay: u64,
    /// Only for DQN: steps of random play before the first update.
    pub warmup: u64,
    /// Only for DQN: minibatch size.
    pub batch: usize,
    /// Only for DQN: steps per update.
    pub update_period: u64,
    /// Only for DQN: steps between copies into the target network.
    pub target_period: u64,
    /// Only for PQN: steps of each worker between two phases of learning.
    pub rollout: u64,
    /// Only for PQN: number of times that the updates use each step of a rollout.
    pub epochs: u64,
    /// Only for PQN: updates per epoch.
    pub minibatches: usize,
    /// Only for PQN: λ, the weight of the next step's return against its value.
    pub lambda: f64,
    pub gamma: f64,
    pub epsilon_start: f64,
    pub epsilon_end: f64,
    /// Steps after the warm-up over which epsilon falls linearly.
    pub epsilon_steps: StepSpan,
    pub optimizer: OptimizerRule,
    pub learning_rate: f64,
    /// Share of the learning rate that is left at the end of training; it falls linearly.
    pub learning_rate_end_share: f64,
    pub optimizer_epsilon: f64,
    /// Maximum norm of the gradient; a larger gradient is scaled down to it. 0 for no limit.
    pub max_gradient_norm: f64,
    pub td_error: TdError,
    /// Steps per row of `train.csv`.
    pub log_every: u64,
    /// Steps per row of `eval.csv`.
    pub evaluation_every: u64,
    pub evaluation_episodes: usize,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
}

impl Algorithm {
    /// Names the section of the settings that it alone reads.
    pub fn section(self) -> &'static str {
        match self {
            Algorithm::Dqn => "dqn",
            Algorithm::Pqn => "pqn",
        }
    }

    /// The settings of its section, which it alone reads.
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Algorithm::Dqn => &["double", "munchausen", "n_step", "replay", "batch", "update_period", "target_period"],
            Algorithm::Pqn => &["rollout", "epochs", "minibatches", "lambda"],
        }
    }

    /// Whether it alone reads that setting: one of its section, or DQN's warm-up, which files have in `[teacher]` itself.
    pub fn alone_reads(self, key: &str) -> bool {
        self.settings().contains(&key) || self == Algorithm::Dqn && key == "warmup"
    }

    /// Every algorithm.
    pub const ALL: [Algorithm; 2] = [Algorithm::Dqn, Algorithm::Pqn];
}

/// A part of a training: a number of steps, or a share of all its steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StepSpan {
    Steps(u64),
    Share(f64),
}

impl StepSpan {
    /// The number of steps in a training of `total` steps; at least 1.
    pub fn steps(self, total: u64) -> u64 {
        match self {
            StepSpan::Steps(steps) => steps,
            StepSpan::Share(share) => (share * total as f64).round() as u64,
        }
        .max(1)
    }
}

impl TeacherSettings {
    /// The name of the algorithm and its variant in reports.
    pub fn algorithm_name(&self) -> String {
        let name = match self.algorithm {
            Algorithm::Pqn => "PQN",
            Algorithm::Dqn if self.double => "Double DQN",
            Algorithm::Dqn if self.munchausen => "Munchausen-DQN",
            Algorithm::Dqn => "DQN",
        };
        match self.n_step {
            n if self.algorithm == Algorithm::Dqn && n > 1 => format!("{name} with {n}-step returns"),
            _ => name.to_owned(),
        }
    }

    /// Whether the algorithm is that of Mnih et al. (2015), the paper's, without a later variant.
    pub fn is_plain_dqn(&self) -> bool {
        self.algorithm == Algorithm::Dqn && !self.double && !self.munchausen && self.n_step == 1
    }

    /// Whether the teachers are the repository's own.
    pub fn is_shipped(&self) -> bool {
        self.from.as_os_str() == SHIPPED
    }

    /// Steps of random play before the first update. PQN learns from its first rollout on.
    pub fn steps_of_warmup(&self) -> u64 {
        if self.algorithm == Algorithm::Dqn { self.warmup } else { 0 }
    }

    /// Agent steps of a training, in each game.
    pub fn steps(&self, frame_skip: u32) -> Steps {
        Frames(self.frames).steps(frame_skip)
    }

    /// Number of updates of a training with that many workers, in each game.
    pub fn updates(&self, frame_skip: u32, workers: usize) -> u64 {
        let steps = self.steps(frame_skip).0;
        match self.algorithm {
            Algorithm::Dqn => (steps / self.update_period).saturating_sub(self.warmup / self.update_period),
            Algorithm::Pqn => {
                let rollouts = steps.div_ceil(self.rollout.saturating_mul(workers as u64));
                rollouts.saturating_mul(self.epochs).saturating_mul(self.minibatches as u64)
            }
        }
    }

    /// The largest magnitude that a Q-value can have: that of the largest reward in every step. `None` where rewards or
    /// their sum have no bound.
    pub fn most_q(&self) -> Option<f64> {
        // Munchausen-DQN takes up to α from a reward.
        let reward = if self.munchausen { 1.0 + MUNCHAUSEN_ALPHA } else { 1.0 };
        (self.clip_rewards && self.gamma < 1.0).then(|| reward / (1.0 - self.gamma))
    }

    /// Whether a mean Q-value is far beyond what the rewards allow, as in a training that diverges.
    pub fn is_beyond_rewards(&self, q: f64) -> bool {
        self.most_q().is_some_and(|most| q.abs() > FAR * most)
    }

    /// Whether the first steps of a training do not depend on its length, so that a finished training can go on. A
    /// learning rate that falls until the last step depends on it, and so does an epsilon that falls over a share.
    pub fn can_go_on(&self) -> bool {
        self.learning_rate_end_share == 1.0 && matches!(self.epsilon_steps, StepSpan::Steps(_))
    }
}
