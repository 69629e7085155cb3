//! Updates per second of one student.

use std::time::Duration;

use anyhow::{Result, bail};

use super::measure::{Case, Clock};
use super::{Bench, NETWORKS};
use crate::agent::{self, Metadata, Played};
use crate::config::{Experiment, NetworkChoice};
use crate::distill::{self, StudentGroup, TeacherSource};
use crate::env::Pool;
use crate::game::{ActionSet, View};
use crate::nn::{Architecture, Network};
use crate::record::{AgentId, Folder};

/// Kullback-Leibler divergence with minibatches of 32 and RMSProp, as in the paper; one endless hour of updates on
/// little play.
const SETTINGS: &str = "
hours = 1
updates_per_hour = 1000000000
memory = 10000
[[students]]
name = \"bench\"
";

/// Students of the paper's sizes; the teacher has random weights.
pub fn cases(bench: &Bench) -> Vec<Case> {
    let case = |(name, _)| {
        let bench = bench.clone();
        Case::new(name, "updates/s", move || measure(&bench, name))
    };
    NETWORKS.into_iter().map(case).collect()
}

fn measure(bench: &Bench, network: &str) -> Result<f64> {
    let game = bench.options.games[0];
    let envs = bench.envs(&[4])[0];
    let steps = if bench.options.quick { 16 * envs } else { 1000 };
    let settings = format!("[distillation]\nsteps_per_hour = {steps}{SETTINGS}network = \"{network}\"\n");
    let experiment: Experiment = bench.experiment(game, envs, &settings)?;
    let architecture =
        Architecture::new(&NetworkChoice::Named(NETWORKS[0].1), &game.spec(ActionSet::Minimal, View::Pixels));
    let teacher = Network::new(&architecture, bench.seed.derive("teacher", 0), bench.device);
    updates_per_second(&experiment, &teacher, bench.pool(&experiment, game)?, bench.options.span())
}

/// Updates per second of the experiment's students, which learn from `teacher` in its first game, in the environments
/// of `pool`. The clock ends the distillation.
pub fn updates_per_second(experiment: &Experiment, teacher: &Network, pool: Pool, span: Duration) -> Result<f64> {
    let game = experiment.games[0];
    let folder = tempfile::tempdir()?;
    let folder = Folder::at(folder.path());
    let (agent, played) = (AgentId::teacher(game, 1), Played::new(game, &experiment.environment, None));
    let architecture = teacher.architecture();
    let metadata = Metadata::new(&agent, architecture, &experiment.environment, vec![played.clone()], 0);
    agent::save(&folder.weights(&agent), teacher, &metadata)?;
    let group = StudentGroup {
        experiment,
        seed: 1,
        students: experiment.students.clone(),
        games: vec![(played, TeacherSource::Final(folder.weights(&agent)))],
        folder: &folder,
        device: teacher.device(),
    };
    let clock = Clock::new(1, span);
    distill::distill(&group, vec![pool], &mut |_, _, _, _| bail!("nothing is evaluated here"), &clock)?;
    clock.per_second()
}
