//! The teacher's play: what students learn from.

use crate::env::{EpisodeSeeds, Pool, epsilon_greedy};
use crate::nn::Network;
use crate::replay::Replay;
use crate::units::Generator;

/// What the memory holds of a step besides its frame: the teacher's Q-values.
pub type QValues = Vec<f32>;

/// The part of the play that changes, besides the emulators.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct PlayState {
    /// Steps played.
    pub steps: u64,
    pub explorers: Vec<Generator>,
    pub episodes: EpisodeSeeds,
}

/// One step of every worker with the teacher's epsilon-greedy action, into the memory.
pub fn play(teacher: &Network, epsilon: f64, pool: &mut Pool, state: &mut PlayState, memory: &mut Replay<QValues>) {
    let begun: Vec<_> = (0..pool.workers()).map(|worker| !pool.is_playing(worker)).collect();
    pool.begin_ended(&mut state.episodes);
    let outputs = teacher.forward(0, pool.observations());
    let actions = outputs.size()[1] as usize;
    let values = Vec::<f32>::try_from(outputs.view(-1)).expect("outputs are one float per worker and action");
    let mut chosen = Vec::with_capacity(pool.workers());
    for (worker, q) in values.chunks(actions).enumerate() {
        let greedy = (1..actions).fold(0, |best, action| if q[action] > q[best] { action } else { best });
        chosen.push(epsilon_greedy(&mut state.explorers[worker], epsilon, actions, greedy));
        memory.push(worker, pool.frame(worker), begun[worker], Some(q.to_vec()));
    }
    pool.step(&chosen);
    state.steps += pool.workers() as u64;
}
