//! Speed of the teachers' training, and costs of the parts of a DQN step.

use std::time::Duration;

use anyhow::{Result, bail};

use super::measure::{Case, Clock, milliseconds};
use super::replay::played;
use super::{Bench, count, emulation};
use crate::agent::{Played, Player, Policy};
use crate::config::Experiment;
use crate::env::Pool;
use crate::game::{ActionSet, Game, View};
use crate::nn::{Architecture, Device};
use crate::record::{AgentId, Folder};
use crate::replay::{TransitionBatch, transitions};
use crate::teacher::{self, Networks, Training};

/// Nothing is logged, evaluated or saved while the clock runs.
const SETTINGS: &str = "
[teacher]
log_every = 1000000000
evaluation_every = 1000000000
checkpoint_every = 1000000000
";
/// Settings of Nature DQN from its first update on; the replay is smaller, so that it is filled quickly.
const DQN: &str = "replay = 20000";

/// PQN and DQN in every game, and the parts of DQN.
pub fn cases(bench: &Bench) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for &game in &bench.options.games {
        for envs in bench.envs(&[8]) {
            // The minimum that an experiment allows.
            let warmup = if bench.options.quick { 16 * envs } else { 1000.max(16 * envs) };
            let settings = format!("{SETTINGS}{DQN}\nwarmup = {warmup}\n");
            let experiment = bench.experiment(game, envs, &settings)?;
            let pqn = bench.experiment(game, envs, &format!("{SETTINGS}algorithm = \"pqn\"\n"))?;
            let name = |algorithm| format!("{algorithm}, {game}, {}", count(envs, "environment"));
            cases.push(training(bench.clone(), name("pqn"), pqn, game));
            let (pqn, name) = (name("pqn"), name("dqn"));
            cases.push(training(bench.clone(), name.clone(), experiment.clone(), game));
            if bench.options.only.as_ref().is_some_and(|only| [&pqn, &name].contains(&only)) {
                // Filling a replay for the parts takes a while.
                continue;
            }
            let mut emulation = emulation::random_play(bench, game, envs)?;
            cases.push(Case::new(format!("{name}: emulation alone"), "agent steps/s", move || Ok(emulation())));
            cases.extend(parts(bench, &name, &experiment, game)?);
        }
    }
    Ok(cases)
}

/// The real training.
fn training(bench: Bench, name: String, experiment: Experiment, game: Game) -> Case {
    let measure = move || {
        let architecture = Architecture::teacher(&experiment.teacher, &game.spec(ActionSet::Minimal, View::Pixels));
        let pool = bench.pool(&experiment, game)?;
        steps_per_second(&experiment, architecture, bench.device, pool, bench.options.span())
    };
    Case::new(name, "agent steps/s", measure)
}

/// Agent steps per second of a training from its warm-up on, in the experiment's first game, in the environments of
/// `pool`. The clock ends the training.
pub fn steps_per_second(
    experiment: &Experiment,
    architecture: Architecture,
    device: Device,
    pool: Pool,
    span: Duration,
) -> Result<f64> {
    let game = experiment.games[0];
    let folder = tempfile::tempdir()?;
    let folder = Folder::at(folder.path());
    let training = Training {
        experiment,
        agent: AgentId::teacher(game, 1),
        architecture,
        games: vec![Played::new(game, &experiment.environment, None)],
        folder: &folder,
        device,
    };
    let clock = Clock::new(experiment.teacher.warmup, span);
    teacher::train(&training, vec![pool], &mut |_, _, _, _| bail!("nothing is evaluated here"), &clock)?;
    clock.per_second()
}

fn parts(bench: &Bench, name: &str, experiment: &Experiment, game: Game) -> Result<Vec<Case>> {
    let (play, replay) = played(bench, experiment, game)?;
    let envs = play.collector.pool.workers();
    let settings = &experiment.teacher;
    let architecture = Architecture::teacher(settings, &game.spec(ActionSet::Minimal, View::Pixels));
    let networks = || Networks::new(settings, &architecture, bench.seed.derive("weights", 0), bench.device);
    let (actor, mut learner) = (networks(), networks());
    let mut explorers: Vec<_> = (0..envs as u64).map(|i| bench.seed.derive("exploration", i).generator()).collect();
    let (span, size, learning_rate) = (bench.options.span(), settings.batch, settings.learning_rate);
    let acting = move || {
        let observations = play.collector.pool.observations();
        Ok(milliseconds(span, || drop(Player::new(actor.online(), 0).act(observations, 0.1, &mut explorers))))
    };
    let (mut sampler, mut batch) = (bench.seed.derive("sampling", 0).generator(), TransitionBatch::default());
    let returns = teacher::n_step(settings);
    transitions(&replay, &mut sampler, size, returns, &mut batch);
    let mut drawn = TransitionBatch::default();
    let minibatch = move || Ok(milliseconds(span, || transitions(&replay, &mut sampler, size, returns, &mut drawn)));
    let update = move || Ok(milliseconds(span, || learner.update(0, &batch, learning_rate)));
    Ok(vec![
        Case::new(format!("{name}: acting, {}", count(envs, "decision")), "milliseconds", acting),
        Case::new(format!("{name}: minibatch of {size}"), "milliseconds", minibatch),
        Case::new(format!("{name}: update with it"), "milliseconds", update),
    ])
}
