//! Measures a student before it trains on an hour's new play: its agreement with the teacher, the share of units that
//! are alive, and whether it learns at all.

use super::initialization::by_unit;
use super::state_source::{QValues, StateSource};
use super::student::{Student, agreement, minibatch};
use crate::config::{Distillation, Initialization};
use crate::game::Game;
use crate::nn::{Network, best_action};
use crate::replay::{Place, Replay};

/// Number of states. A unit is alive if it is active in at least one of them.
const STATES: usize = 128;
/// Hours after which a student must beat a constant action.
const STARTED: u64 = 2;
/// Share of hidden units alive below which a student is said to have lost them. Sound students here have 0.3 and more, those
/// whose units died 0.1 and less.
const FEW_ALIVE: f64 = 0.2;

/// Advice for a student that does not learn.
fn remedy(settings: &Distillation) -> String {
    let biases = match settings.initialization {
        Initialization::Uniform => "set distillation.initialization = \"biases\" or",
        Initialization::Biases | Initialization::Data => "set more distillation.updates_per_hour or",
    };
    format!(
        "{biases} another distillation.learning_rate (a lower one for several games at once, or for a teacher that changes), and start over with --fresh"
    )
}

/// Activity of a hidden layer on some states.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerActivity {
    pub layer: String,
    pub units: i64,
    /// Number of units that are active in at least one of the states.
    pub alive: i64,
}

impl Student {
    /// Measures agreement and the share of units alive for each head. `places` are states of the hour's new play in
    /// each head's game. Warns once if a student cannot learn or does not.
    pub fn inspect(&mut self, hour: u64, sources: &[StateSource], places: &[Vec<Place>], settings: &Distillation) {
        let batch = settings.batch;
        for (head, (StateSource { game, memory, .. }, places)) in sources.iter().zip(places).enumerate() {
            let agreement = self.agreement_on(head, memory, places, batch);
            let mut observations = Vec::new();
            memory.observations(&places[..STATES.min(places.len())], &mut observations);
            let layers = hidden_layers(self.network(), head, &observations);
            self.state.held_out_agreement[head] = agreement;
            self.state.alive[head] = share_alive(&layers);
            let constant = share_of_commonest(memory, places);
            let problem = match too_few_alive(&layers, *game) {
                Some(problem) => problem,
                None if hour == STARTED && agreement <= constant => format!(
                    "agrees with its teacher in {:.0}% of new states of {game} after {hour} hours, but a \
                     constant action would agree in {:.0}%: it does not learn",
                    100.0 * agreement,
                    100.0 * constant
                ),
                None => continue,
            };
            if !self.warned {
                log::warn!("{}: {problem}; {}", self.agent, remedy(settings));
                self.warned = true;
            }
        }
    }

    /// Share of `places` in a head's game at which the student prefers the teacher's action.
    fn agreement_on(&self, head: usize, memory: &Replay<QValues>, places: &[Place], batch: usize) -> f64 {
        let mut observations = Vec::new();
        let agreeing = places.chunks(batch).map(|places| {
            let q = minibatch(memory, places, self.network().device(), &mut observations);
            let share = agreement(&q, &self.network().forward(head, &observations)).double_value(&[]);
            share * places.len() as f64
        });
        agreeing.sum::<f64>() / places.len() as f64
    }
}

/// The hidden layers on the way to a head's outputs, for observations that follow one another.
pub fn hidden_layers(network: &Network, head: usize, observations: &[u8]) -> Vec<LayerActivity> {
    let tensors = network.architecture().tensors();
    let mut layers = Vec::new();
    network.visit_layers(head, observations, &mut |index, x| {
        let layer = tensors[index].name.trim_end_matches(".weight").to_owned();
        let is_active = by_unit(&x).gt(0.0).any_dim(1, false);
        let alive = is_active.sum(tch::Kind::Int64).int64_value(&[]);
        layers.push(LayerActivity { layer, units: x.size()[1], alive });
        x
    });
    // The last layer gives the outputs, which have no ReLU.
    layers.pop();
    layers
}

/// Share of the units of all these layers that are alive.
fn share_alive(layers: &[LayerActivity]) -> f64 {
    let sum = |count: fn(&LayerActivity) -> i64| layers.iter().map(count).sum::<i64>() as f64;
    sum(|layer| layer.alive) / sum(|layer| layer.units)
}

/// The problem of a student with too few units alive; `None` if there are enough.
fn too_few_alive(layers: &[LayerActivity], game: Game) -> Option<String> {
    let share = share_alive(layers);
    match layers.iter().find(|layer| layer.alive == 0) {
        Some(LayerActivity { layer, .. }) => {
            Some(format!("no unit of its layer {layer} is active in any of {STATES} states of {game}: it cannot learn"))
        }
        None if share < FEW_ALIVE => Some(format!(
            "{:.0}% of its hidden units are active in any of {STATES} states of {game}: it has lost the others",
            100.0 * share
        )),
        None => None,
    }
}

/// Share of `places` at which the teacher prefers its most frequent action.
fn share_of_commonest(memory: &Replay<QValues>, places: &[Place]) -> f64 {
    let mut counts = Vec::new();
    for &place in places {
        let q = memory.payload(place);
        counts.resize(q.len(), 0);
        counts[best_action(q)] += 1;
    }
    f64::from(counts.into_iter().max().unwrap_or(0)) / places.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Initialization::{Biases, Uniform};
    use crate::distill::initialization::initialize;
    use crate::distill::initialization::tests::{states, student};
    use crate::nn::{Device, Outputs};

    #[test]
    fn units_are_alive_that_some_state_moves_and_more_of_them_with_biases_from_states() {
        let states = states(40);
        let alive = |initialization| {
            let mut network = student(Outputs::One(3), 3);
            initialize(&mut network, initialization, std::slice::from_ref(&states));
            hidden_layers(&network, 0, &states)
        };
        let (drawn, centred) = (alive(Uniform), alive(Biases));
        assert_eq!(
            drawn.iter().map(|layer| layer.layer.as_str()).collect::<Vec<_>>(),
            ["conv1", "conv2", "conv3", "fc1"]
        );
        assert_eq!(centred.iter().map(|layer| layer.alive).collect::<Vec<_>>(), [8, 8, 8, 16]);
        assert!(share_alive(&drawn) < 0.9 && share_alive(&centred) == 1.0, "{drawn:?}");
    }

    #[test]
    fn a_layer_whose_units_are_all_inactive_is_found() {
        let network = student(Outputs::One(3), 1);
        let mut values = network.values();
        values[3].fill(-1e3);
        let network = Network::from_values(network.architecture(), &values, Device::Cpu);
        let layers = hidden_layers(&network, 0, &states(4));
        assert_eq!(layers[1], LayerActivity { layer: "conv2".into(), units: 8, alive: 0 });
    }

    #[test]
    fn a_student_that_has_lost_its_units_is_told_of_though_some_are_left_in_each_layer() {
        let told = |alive: [i64; 2]| {
            let layer = |(layer, alive): (&str, i64)| LayerActivity { layer: layer.into(), units: 50, alive };
            too_few_alive(&["conv1", "fc1"].into_iter().zip(alive).map(layer).collect::<Vec<_>>(), catch())
        };
        assert_eq!(told([20, 10]), None);
        assert!(told([40, 0]).unwrap().starts_with("no unit of its layer fc1 is active"));
        assert!(told([4, 2]).unwrap().starts_with("6% of its hidden units are active"));
    }

    fn catch() -> Game {
        Game::named("catch").unwrap()
    }
}
