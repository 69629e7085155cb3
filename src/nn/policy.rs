//! What chooses actions: a network, or chance.

use anyhow::Result;
use rand::RngExt;
use tch::Tensor;

use super::network::Network;
use crate::env::epsilon_greedy;
use crate::game::Game;
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
    /// For each observation of `bytes`, [batch, 4, 84, 84], the action with the highest output of a head: one per
    /// observation, on the device, where it may not be found yet.
    pub fn best(&self, head: usize, bytes: &[u8]) -> Tensor {
        self.forward(head, bytes).argmax(1, false)
    }

    /// The same, waited for.
    pub fn greedy(&self, head: usize, bytes: &[u8]) -> Vec<usize> {
        actions_of(self.best(head, bytes))
    }

    /// The player of a head: 0 in a network of one game.
    pub fn player(&self, head: usize) -> Player<'_> {
        Player { network: self, head }
    }
}

/// Waits for actions that a device finds.
pub fn actions_of(best: Tensor) -> Vec<usize> {
    let best = Vec::<i64>::try_from(best).expect("actions are a row of integers");
    best.into_iter().map(|action| action as usize).collect()
}

impl Policy for Player<'_> {
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize> {
        let actions = self.network.architecture().actions()[self.head] as usize;
        let greedy = self.network.greedy(self.head, bytes).into_iter().zip(generators);
        greedy.map(|(greedy, generator)| epsilon_greedy(generator, epsilon, actions, greedy)).collect()
    }
}

/// Scores a policy in a game, after some steps and updates; `None` if it was asked to stop. Training loops are handed
/// one, so that they need not know how agents are scored.
pub type Evaluate<'a> = dyn FnMut(Game, &dyn Policy, Steps, u64) -> Result<Option<EvalRow>> + 'a;

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
