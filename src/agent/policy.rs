//! Policies: networks, and random play.

use anyhow::Result;
use rand::RngExt;

use crate::game::Game;
use crate::nn::Network;
use crate::record::EvalRow;
use crate::units::{Generator, Steps};

/// Chooses an action for each of several observations.
pub trait Policy {
    /// Returns one action per observation in `bytes`. With probability `epsilon` an action is random, drawn from the
    /// observation's own generator.
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize>;
}

/// A network as the player of one of its games.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    network: &'a Network,
    head: usize,
}

impl<'a> Player<'a> {
    /// The player of a head: 0 in a network of one game.
    pub fn new(network: &'a Network, head: usize) -> Player<'a> {
        Player { network, head }
    }

    /// The best action for each observation.
    pub fn greedy(&self, observations: &[u8]) -> Vec<usize> {
        self.network.greedy(self.head, observations)
    }
}

impl Policy for Player<'_> {
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize> {
        let actions = self.network.architecture().actions()[self.head] as usize;
        let greedy = self.greedy(bytes).into_iter().zip(generators);
        greedy.map(|(greedy, generator)| epsilon_greedy(generator, epsilon, actions, greedy)).collect()
    }
}

/// Scores a policy in a game after some steps and updates; returns `None` if it was asked to stop. Training loops
/// receive this function, so that they need not know the evaluation protocol.
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

/// Replaces `action` with probability `epsilon` by a random one of `actions`, which may be the same.
pub fn epsilon_greedy(generator: &mut Generator, epsilon: f64, actions: usize, action: usize) -> usize {
    // Both numbers are drawn in any case, so that the stream does not depend on epsilon.
    let (chance, random) = (generator.random::<f64>(), generator.random_range(0..actions));
    if chance < epsilon { random } else { action }
}
