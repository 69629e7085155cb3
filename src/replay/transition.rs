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

/// n-step returns: r₁ + γ r₂ + … + γⁿ⁻¹ rₙ, with the value after them times γⁿ to be added (Sutton and Barto, 2018, section
/// 7.1). They have no off-policy correction, as in Rainbow (Hessel et al., 2018).
#[derive(Debug, Clone, Copy)]
pub struct NStep {
    /// n, at least 1.
    pub n: usize,
    pub gamma: f64,
}

/// The n-step return of one transition.
struct Return {
    /// The discounted sum of rewards.
    rewards: f64,
    /// The factor of the value after them; 0 if the episode ended.
    discount: f64,
    /// Number of rewards: fewer than n where the episode or the stored steps end.
    steps: usize,
}

impl NStep {
    /// The return of the step at `place`, which must be usable.
    fn of(self, replay: &Replay<Transition>, place: Place) -> Return {
        let mut last = replay.payload(place);
        let mut sum = Return { rewards: f64::from(last.reward), discount: self.gamma, steps: 1 };
        while sum.steps < self.n && last.ending == Ending::No {
            let Some(next) = replay.payload_after(place, sum.steps) else { break };
            sum.rewards += sum.discount * f64::from(next.reward);
            sum.discount *= self.gamma;
            sum.steps += 1;
            last = next;
        }
        if last.ending == Ending::Terminated {
            sum.discount = 0.0;
        }
        sum
    }
}

/// A minibatch in the layout of a network's input.
#[derive(Debug, Default)]
pub struct TransitionBatch {
    /// Observations as bytes, one after another.
    pub observations: Vec<u8>,
    /// Observations after the last reward of each return. Where `discounts` is 0 they may belong to the next episode.
    pub next_observations: Vec<u8>,
    pub actions: Vec<i64>,
    /// The rewards of each return, discounted and summed.
    pub rewards: Vec<f32>,
    /// The factor of the next observation's value in the return; 0 where the episode ended.
    pub discounts: Vec<f32>,
}

/// Draws a minibatch of `count` transitions into `batch`, and reuses its memory.
pub fn transitions(
    replay: &Replay<Transition>,
    generator: &mut Generator,
    count: usize,
    returns: NStep,
    batch: &mut TransitionBatch,
) {
    let places = replay.sample(generator, count);
    let sums: Vec<Return> = places.iter().map(|&place| returns.of(replay, place)).collect();
    let bytes = count * replay.shape().bytes();
    batch.observations.resize(bytes, 0);
    batch.next_observations.resize(bytes, 0);
    let spans: Vec<_> = places.iter().zip(&sums).map(|(&place, sum)| (place, sum.steps)).collect();
    replay.successions(&spans, &mut batch.observations, &mut batch.next_observations);
    batch.actions = places.iter().map(|&place| i64::from(replay.payload(place).action)).collect();
    batch.rewards = sums.iter().map(|sum| sum.rewards as f32).collect();
    batch.discounts = sums.iter().map(|sum| sum.discount as f32).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Shape, write_values};
    use crate::units::Seed;

    const SHAPE: Shape = Shape::Vector { size: 1 };

    /// The steps 0 to 4 are an episode that is cut off before 5; 6 to 9 one that ends; 10 to 12 the newest. Each observation
    /// is the step's number, each reward is 1. The payload of 7 is gone.
    fn replay() -> Replay<Transition> {
        let mut replay = Replay::new(SHAPE, 20, 1);
        for step in 0..13 {
            let ending = match step {
                4 => Ending::Truncated,
                9 => Ending::Terminated,
                _ => Ending::No,
            };
            let mut frame = [0; 4];
            write_values([step as f32], &mut frame);
            let transition = Transition { action: 0, reward: 1.0, ending };
            replay.push(0, &frame, [0, 6, 10].contains(&step), (step != 5).then_some(transition));
        }
        replay.forget(Place { buffer: 0, age: 7 });
        replay
    }

    #[test]
    fn returns_of_three_steps_end_with_the_episode_or_the_stored_steps() {
        // (step, rewards, factor of the next value, observation after them) with γ = 0.5.
        let expected = [
            (0, 1.75, 0.125, 3),
            (1, 1.75, 0.125, 4),
            (2, 1.75, 0.125, 5),
            (3, 1.5, 0.25, 5),
            (4, 1.0, 0.5, 5),
            (6, 1.0, 0.5, 7),
            (8, 1.5, 0.0, 10),
            (9, 1.0, 0.0, 10),
            (10, 1.5, 0.25, 12),
            (11, 1.0, 0.5, 12),
        ];
        let mut batch = TransitionBatch::default();
        transitions(&replay(), &mut Seed(1).generator(), 300, NStep { n: 3, gamma: 0.5 }, &mut batch);
        let values = |bytes: &[u8]| -> Vec<u32> {
            bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()) as u32).collect()
        };
        let (now, next) = (values(&batch.observations), values(&batch.next_observations));
        let rows = now.iter().zip(&next).zip(batch.rewards.iter().zip(&batch.discounts));
        let drawn: std::collections::BTreeSet<_> =
            rows.map(|((now, next), (rewards, discount))| format!("{now} {rewards} {discount} {next}")).collect();
        let expected = expected.map(|(now, rewards, discount, next)| format!("{now} {rewards} {discount} {next}"));
        assert_eq!(drawn, expected.into_iter().collect());
    }
}
