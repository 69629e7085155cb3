//! The loop around a learner: play, learn, log, evaluate, save.

use anyhow::Result;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use tch::Device;

use super::checkpoint::{self, Checkpoint};
use super::dqn::Dqn;
use super::schedule::Epsilon;
use crate::config::{Experiment, Keep};
use crate::env::{EpisodeSeeds, Outcome, Pool};
use crate::nn::{self, Architecture, Evaluate, Metadata, Network, Policy};
use crate::progress::{Ended, Progress};
use crate::record::{Agent, EvalRow, Folder, Log, RomRecord, TrainRow, remove_folder};
use crate::replay::{Ending, Replay, Transition, TransitionBatch, transitions};
use crate::units::{Frames, Generator, Seed, Steps};

/// One teacher to train.
pub struct Training<'a> {
    pub experiment: &'a Experiment,
    pub agent: Agent,
    pub rom: Option<RomRecord>,
    pub folder: &'a Folder,
    pub device: Device,
}

/// Trains a teacher on the workers of `pool` until its weights are on disk, from its checkpoint if there is one.
///
/// # Errors
/// A file that cannot be read or written, or a checkpoint of other settings.
pub fn train(training: &Training, pool: Pool, evaluate: &mut Evaluate, progress: &dyn Progress) -> Result<Ended> {
    let settings = &training.experiment.teacher;
    let total = Frames(settings.frames).steps(training.experiment.environment.frame_skip).0;
    let mut run = Run::start(training, pool)?;
    loop {
        if run.state.evaluation_due && !run.evaluate(evaluate)? {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        if run.state.steps >= total {
            run.finish()?;
            return Ok(Ended::Done);
        }
        if progress.stop() {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        let before = run.state.steps;
        run.play();
        run.learn(before);
        let now = run.state.steps;
        let passed = |every: u64| before / every != now / every;
        let last = now >= total;
        run.state.evaluation_due = passed(settings.evaluation_every) || last;
        if passed(settings.log_every) || last {
            run.log()?;
        }
        if passed(settings.checkpoint_every) {
            run.save()?;
        }
        progress.at(run.state.steps, &run.note);
    }
}

/// What changes while a teacher is trained, besides networks, replay and emulators.
#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    pub steps: u64,
    pub updates: u64,
    /// Rows of `train.csv` and `eval.csv`.
    pub rows: (u64, u64),
    pub explorers: Vec<Generator>,
    pub sampler: Generator,
    pub episodes: EpisodeSeeds,
    /// Since the last row of `train.csv`: episodes, their summed score, updates.
    pub since: (u64, f64, u64),
    /// The evaluation after the last step has not been made.
    pub evaluation_due: bool,
    /// The best periodic evaluation: its mean, after how many steps it was, and the weights that it scored.
    pub best: Option<(f64, u64, Vec<Vec<f32>>)>,
}

/// A training in progress.
pub struct Run<'a> {
    pub training: &'a Training<'a>,
    pub state: State,
    pub dqn: Dqn,
    pub pool: Pool,
    pub replay: Replay<Transition>,
    epsilon: Epsilon,
    batch: TransitionBatch,
    train: Log,
    eval: Log,
    note: String,
}

impl<'a> Run<'a> {
    /// A new training, or the one in the checkpoint.
    fn start(training: &'a Training<'a>, mut pool: Pool) -> Result<Run<'a>> {
        let (experiment, agent) = (training.experiment, &training.agent);
        let settings = &experiment.teacher;
        let seed = Seed(agent.seed).derive("teacher", 0).derive(agent.game.name(), 0);
        let workers = pool.workers();
        let architecture =
            Architecture::new(settings.network, agent.game.actions(experiment.environment.action_set).len());
        let mut dqn = Dqn::new(settings, &architecture, seed.derive("weights", 0), training.device);
        let mut replay = Replay::new(settings.replay, workers);
        let state = match Checkpoint::read(training)? {
            Some(checkpoint) => checkpoint.restore(&mut dqn, &mut pool, &mut replay, training)?,
            None => State {
                steps: 0,
                updates: 0,
                rows: (0, 0),
                explorers: (0..workers as u64).map(|i| seed.derive("exploration", i).generator()).collect(),
                sampler: seed.derive("sampling", 0).generator(),
                episodes: EpisodeSeeds::new(seed.derive("play", 0), workers),
                since: (0, 0.0, 0),
                evaluation_due: false,
                best: None,
            },
        };
        Ok(Run {
            train: Log::resume::<TrainRow>(&training.folder.train(agent), state.rows.0)?,
            eval: Log::resume::<EvalRow>(&training.folder.eval(agent), state.rows.1)?,
            epsilon: Epsilon::new(settings),
            batch: TransitionBatch::default(),
            note: String::new(),
            training,
            state,
            dqn,
            pool,
            replay,
        })
    }

    /// One step of every worker, into the replay.
    fn play(&mut self) {
        let settings = &self.training.experiment.teacher;
        let begun: Vec<_> = (0..self.pool.workers()).map(|worker| !self.pool.is_playing(worker)).collect();
        self.pool.begin_ended(&mut self.state.episodes);
        let frames: Vec<_> = (0..self.pool.workers()).map(|worker| self.pool.frame(worker).to_vec()).collect();
        let actions = self.act();
        let outcomes: Vec<Outcome> = self.pool.step(&actions).iter().flatten().cloned().collect();
        for (worker, outcome) in outcomes.iter().enumerate() {
            let step = &outcome.step;
            let lost = settings.life_loss_ends_episode && step.life_lost;
            let ending = match () {
                () if step.terminated || lost => Ending::Terminated,
                () if step.truncated => Ending::Truncated,
                () => Ending::No,
            };
            let reward = if settings.clip_rewards { step.reward.clamp(-1.0, 1.0) } else { step.reward } as f32;
            let transition = Transition { action: actions[worker] as u8, reward, ending };
            self.replay.push(worker, &frames[worker], begun[worker], Some(transition));
            if ending == Ending::Truncated {
                // The value of what would have followed is bootstrapped from this frame.
                self.replay.push(worker, self.pool.frame(worker), false, None);
            }
            if step.ended() {
                self.state.since.0 += 1;
                self.state.since.1 += outcome.score;
            }
        }
        self.state.steps += outcomes.len() as u64;
    }

    fn act(&mut self) -> Vec<usize> {
        let epsilon = self.epsilon.at(self.state.steps);
        if epsilon < 1.0 {
            return self.dqn.online().act(self.pool.observations(), epsilon, &mut self.state.explorers);
        }
        let actions = self.dqn.online().architecture().actions as usize;
        self.state.explorers.iter_mut().map(|explorer| explorer.random_range(0..actions)).collect()
    }

    /// The updates that are due for the steps since `before`.
    fn learn(&mut self, before: u64) {
        let settings = &self.training.experiment.teacher;
        for step in before + 1..=self.state.steps {
            if step <= settings.warmup {
                continue;
            }
            if step.is_multiple_of(settings.update_period) {
                transitions(&self.replay, &mut self.state.sampler, settings.batch, &mut self.batch);
                self.dqn.update(&self.batch);
                self.state.updates += 1;
                self.state.since.2 += 1;
            }
            if step.is_multiple_of(settings.target_period) {
                self.dqn.update_target();
            }
        }
    }

    fn log(&mut self) -> Result<()> {
        let (episodes, score, updates) = std::mem::take(&mut self.state.since);
        let sums = self.dqn.take_sums();
        let per_update = |sum: f64| (updates > 0).then(|| sum / updates as f64);
        let row = TrainRow {
            steps: self.state.steps,
            frames: Steps(self.state.steps).frames(self.training.experiment.environment.frame_skip).0,
            updates: self.state.updates,
            epsilon: self.epsilon.at(self.state.steps),
            episodes,
            return_mean: (episodes > 0).then(|| score / episodes as f64),
            loss: per_update(sums.loss),
            q_mean: per_update(sums.q),
        };
        if let Some(mean) = row.return_mean {
            self.note = format!("score {mean:.1} in play, epsilon {:.2}", row.epsilon);
        }
        self.train.append(&row)
    }

    /// Whether the evaluation was finished.
    fn evaluate(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        let Some(mut row) = evaluate(self.dqn.online(), Steps(self.state.steps), self.state.updates)? else {
            return Ok(false);
        };
        row.best = self.state.best.as_ref().is_none_or(|(best, ..)| row.mean > *best);
        if row.best {
            self.state.best = Some((row.mean, row.steps, self.dqn.online().values()));
        }
        log::info!("{}: {} steps, score {:.1}", self.training.agent, Steps(row.steps), row.mean);
        self.eval.append(&row)?;
        self.state.evaluation_due = false;
        Ok(true)
    }

    fn save(&mut self) -> Result<()> {
        self.state.rows = (self.train.rows(), self.eval.rows());
        self.train.sync()?;
        self.eval.sync()?;
        checkpoint::write(self)
    }

    /// Writes the weights that are kept; the checkpoint has served.
    fn finish(self) -> Result<()> {
        let Training { experiment, agent, rom, folder, device } = self.training;
        let architecture = self.dqn.online().architecture();
        let (steps, values) = match (experiment.teacher.keep, self.state.best) {
            (Keep::Best, Some((_, steps, best))) => (steps, best),
            _ => (self.state.steps, self.dqn.online().values()),
        };
        let frames = Steps(steps).frames(experiment.environment.frame_skip).0;
        let metadata = Metadata::new(agent, architecture, &experiment.environment, rom.clone(), frames);
        let network = Network::from_values(architecture, &values, *device);
        nn::save(&folder.weights(agent), &network, &metadata)?;
        remove_folder(&folder.checkpoint(agent))
    }
}
