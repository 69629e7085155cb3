//! Transitions, from which a teacher learns, and minibatches of them.

use serde::{Deserialize, Serialize};

use super::sample::{Place, Replay};
use crate::units::Generator;

/// The way in which a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The episode goes on.
    No,
    /// The episode ended: the next state has no value to bootstrap from.
    Terminated,
    /// The episode was cut off: the next observation has a value to bootstrap from.
    Truncated,
}

/// A step in the form that a learner uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// Index into the network's outputs.
    pub action: u8,
    /// Clipped if the teacher clips rewards.
    pub reward: f32,
    pub ending: Ending,
}

/// A minibatch in the layout of a network's input.
#[derive(Debug, Default)]
pub struct TransitionBatch {
    /// Observations as bytes, one after another.
    pub observations: Vec<u8>,
    /// Observations one step later. Where `continues` is 0 they may belong to the next episode.
    pub next_observations: Vec<u8>,
    pub actions: Vec<i64>,
    pub rewards: Vec<f32>,
    /// 1 where a value may be bootstrapped from the next observation, else 0.
    pub continues: Vec<f32>,
}

/// Draws a minibatch of `count` transitions into `batch`, and reuses its memory.
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
