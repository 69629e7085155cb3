//! Time of one decision: from the bytes of one observation to the action.

use anyhow::Context;

use super::measure::Case;
use super::{Bench, NETWORKS};
use crate::agent::Player;
use crate::cli::terminal::TaskProgress;
use crate::config::NetworkChoice;
use crate::eval;
use crate::game::{ActionSet, View};
use crate::nn::{Architecture, Network};

/// Decisions of one measurement.
const DECISIONS: usize = 500;
/// Decisions of one measurement with `--quick`.
const QUICK_DECISIONS: usize = 5;

/// The paper's networks, with random weights.
pub fn cases(bench: &Bench) -> Vec<Case> {
    let spec = bench.options.games[0].spec(ActionSet::Minimal, View::Pixels);
    let decisions = if bench.options.quick { QUICK_DECISIONS } else { DECISIONS };
    let case = |(name, size)| {
        let architecture = Architecture::new(&NetworkChoice::Named(size), &spec);
        let network = Network::new(&architecture, bench.seed.derive(name, 0), bench.device);
        let shape = spec.observation;
        let measure = move || {
            let (player, stage) = (Player::new(&network, 0), TaskProgress::new("", 0, "", true));
            let quartiles = eval::milliseconds_per_decision(&player, shape, decisions, &stage);
            Ok(quartiles.context("it was asked to stop")?[1])
        };
        Case::new(name, "milliseconds", measure)
    };
    NETWORKS.into_iter().map(case).collect()
}
