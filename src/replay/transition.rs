//! What a teacher learns from: transitions and minibatches of them.

use serde::{Deserialize, Serialize};

use super::sample::{Place, Replay};
use crate::units::Generator;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The episode goes on.
    No,
    /// Nothing follows that is worth anything: no value is bootstrapped.
    Terminated,
    /// The episode was cut off: the next observation has a value.
    Truncated,
}

/// A step as the learner sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// Index into the network's outputs.
    pub action: u8,
    /// Clipped if the teacher clips rewards.
    pub reward: f32,
    pub ending: Ending,
}

/// A minibatch in the layout that a network takes.
#[derive(Debug, Default)]
pub struct TransitionBatch {
    /// One after another, as bytes.
    pub observations: Vec<u8>,
    /// Likewise, one step later; where `continues` is 0 it may be the next episode's.
    pub next_observations: Vec<u8>,
    pub actions: Vec<i64>,
    pub rewards: Vec<f32>,
    /// 1 where a value may be bootstrapped from the next observation, else 0.
    pub continues: Vec<f32>,
}

/// Draws a minibatch of `count` transitions into `batch`, whose memory is used again.
pub fn transitions(replay: &Replay<Transition>, generator: &mut Generator, count: usize, batch: &mut TransitionBatch) {
    let places = replay.sample(generator, count);
    let bytes = count * replay.shape().bytes();
    batch.observations.resize(bytes, 0);
    batch.next_observations.resize(bytes, 0);
    replay.successions(&places, &mut batch.observations, &mut batch.next_observations);
    let steps = |place: &Place| replay.payload(*place);
    batch.actions = places.iter().map(|place| i64::from(steps(place).action)).collect();
    batch.rewards = places.iter().map(|place| steps(place).reward).collect();
    let continues = |place| f32::from(u8::from(steps(place).ending != Ending::Terminated));
    batch.continues = places.iter().map(continues).collect();
}
