//! What chooses actions: a network, or chance.

use anyhow::Result;
use rand::RngExt;
use tch::no_grad;

use super::network::{Network, observations};
use crate::env::epsilon_greedy;
use crate::record::EvalRow;
use crate::units::{Generator, Steps};

/// Chooses an action for each of several observations. It does not matter what made it.
pub trait Policy {
    /// One action per observation of `bytes`, [batch, 4, 84, 84]: with probability `epsilon` a random one, drawn from
    /// that observation's own generator.
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize>;
}

impl Policy for Network {
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize> {
        let outputs = no_grad(|| self.forward(&observations(bytes, self.device())));
        let greedy = Vec::<i64>::try_from(outputs.argmax(1, false)).expect("argmax gives a row of integers");
        let actions = self.architecture().actions as usize;
        let choose =
            |(greedy, generator): (i64, &mut Generator)| epsilon_greedy(generator, epsilon, actions, greedy as usize);
        greedy.into_iter().zip(generators).map(choose).collect()
    }
}

/// Scores a network after some steps and updates; `None` if it was asked to stop. Training loops are handed one, so that
/// they need not know how agents are scored.
pub type Evaluate<'a> = dyn FnMut(&Network, Steps, u64) -> Result<Option<EvalRow>> + 'a;

/// Uniformly random actions.
#[derive(Debug, Clone, Copy)]
pub struct RandomPlay {
    /// Number of actions to choose from.
    pub actions: usize,
}

impl Policy for RandomPlay {
    fn act(&self, _: &[u8], _: f64, generators: &mut [Generator]) -> Vec<usize> {
        generators.iter_mut().map(|generator| generator.random_range(0..self.actions)).collect()
    }
}
