//! What chooses actions: a network, or chance.

use anyhow::Result;
use rand::RngExt;

use super::network::Network;
use crate::env::epsilon_greedy;
use crate::record::EvalRow;
use crate::units::{Generator, Steps};

/// Chooses an action for each of several observations. It does not matter what made it.
pub trait Policy {
    /// One action per observation of `bytes`, [batch, 4, 84, 84]: with probability `epsilon` a random one, drawn from
    /// that observation's own generator.
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize>;
}

/// A network as a player of one of its games.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    network: &'a Network,
    head: usize,
}

impl Network {
    /// The player of a head: 0 in a network of one game.
    pub fn player(&self, head: usize) -> Player<'_> {
        Player { network: self, head }
    }
}

impl Policy for Player<'_> {
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize> {
        let outputs = self.network.forward(self.head, bytes);
        let actions = outputs.size()[1] as usize;
        let greedy = Vec::<i64>::try_from(outputs.argmax(1, false)).expect("argmax gives a row of integers");
        let choose =
            |(greedy, generator): (i64, &mut Generator)| epsilon_greedy(generator, epsilon, actions, greedy as usize);
        greedy.into_iter().zip(generators).map(choose).collect()
    }
}

/// Scores a policy after some steps and updates; `None` if it was asked to stop. Training loops are handed one, so that
/// they need not know how agents are scored.
pub type Evaluate<'a> = dyn FnMut(&dyn Policy, Steps, u64) -> Result<Option<EvalRow>> + 'a;

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
