//! The loop around a learner: advance, log, evaluate, save.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Checkpoint};
use super::learner::{Learner, UpdateSums, learner};
use super::play::Play;
use crate::config::{Experiment, Keep};
use crate::env::Pool;
use crate::nn::{self, Device, Evaluate, Metadata, Network};
use crate::progress::{Ended, Progress};
use crate::record::{Agent, EvalRow, Folder, Log, RomRecord, TrainRow, remove_folder};
use crate::units::{Frames, Seed, Steps};

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
    let total = training.steps();
    let mut run = Run::start(training, pool)?;
    loop {
        if run.state.evaluation_due && !run.evaluate(evaluate)? {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        if run.steps() >= total {
            run.finish()?;
            return Ok(Ended::Done);
        }
        if progress.stop() {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        let before = run.steps();
        run.learner.advance(&mut run.play);
        let now = run.steps();
        let passed = |every: u64| before / every != now / every;
        let last = now >= total;
        run.state.evaluation_due = passed(settings.evaluation_every) || last;
        if passed(settings.log_every) || last {
            run.log()?;
        }
        if passed(settings.checkpoint_every) {
            run.save()?;
        }
        progress.at(now, &run.note);
    }
}

impl Training<'_> {
    /// Agent steps that the teacher is trained for.
    fn steps(&self) -> u64 {
        Frames(self.experiment.teacher.frames).steps(self.experiment.environment.frame_skip).0
    }
}

/// What changes while a teacher is trained, besides its learner and its play.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Rows of `train.csv` and `eval.csv`.
    pub rows: (u64, u64),
    /// The evaluation after the last step has not been made.
    pub evaluation_due: bool,
    /// The best periodic evaluation: its mean, after how many steps it was, and the weights that it scored.
    pub best: Option<(f64, u64, Vec<Vec<f32>>)>,
}

/// A training in progress.
pub struct Run<'a> {
    pub training: &'a Training<'a>,
    pub state: State,
    pub learner: Box<dyn Learner>,
    pub play: Play,
    train: Log,
    eval: Log,
    note: String,
}

impl<'a> Run<'a> {
    /// A new training, or the one in the checkpoint.
    fn start(training: &'a Training<'a>, pool: Pool) -> Result<Run<'a>> {
        let Training { experiment, agent, folder, device, .. } = training;
        let seed = Seed(agent.seed).derive("teacher", 0).derive(agent.game.name(), 0);
        let actions = agent.game.actions(experiment.environment.action_set).len();
        let mut learner = learner(&experiment.teacher, pool.workers(), actions, seed, *device);
        let mut play = Play::new(&experiment.teacher, pool, training.steps(), seed);
        let state = match Checkpoint::read(training)? {
            Some(checkpoint) => checkpoint.restore(learner.as_mut(), &mut play, training)?,
            None => State::default(),
        };
        Ok(Run {
            train: Log::resume::<TrainRow>(&folder.train(agent), state.rows.0)?,
            eval: Log::resume::<EvalRow>(&folder.eval(agent), state.rows.1)?,
            note: String::new(),
            training,
            state,
            learner,
            play,
        })
    }

    /// Steps played.
    fn steps(&self) -> u64 {
        self.play.state.steps
    }

    fn log(&mut self) -> Result<()> {
        let (episodes, score) = std::mem::take(&mut self.play.state.ended);
        let UpdateSums { updates, loss, q } = self.learner.take_sums();
        let per_update = |sum: f64| (updates > 0).then(|| sum / updates as f64);
        let row = TrainRow {
            steps: self.steps(),
            frames: Steps(self.steps()).frames(self.training.experiment.environment.frame_skip).0,
            updates: self.learner.updates(),
            epsilon: self.play.epsilon(),
            episodes,
            return_mean: (episodes > 0).then(|| score / episodes as f64),
            loss: per_update(loss),
            q_mean: per_update(q),
        };
        if let Some(mean) = row.return_mean {
            self.note = format!("score {mean:.1} in play, epsilon {:.2}", row.epsilon);
        }
        self.train.append(&row)
    }

    /// Whether the evaluation was finished.
    fn evaluate(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        let network = self.learner.network();
        let Some(mut row) = evaluate(&network.player(0), Steps(self.steps()), self.learner.updates())? else {
            return Ok(false);
        };
        row.best = self.state.best.as_ref().is_none_or(|(best, ..)| row.mean > *best);
        if row.best {
            self.state.best = Some((row.mean, row.steps, network.values()));
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
        let network = self.learner.network();
        let architecture = network.architecture();
        let (steps, values) = match (experiment.teacher.keep, self.state.best) {
            (Keep::Best, Some((_, steps, best))) => (steps, best),
            _ => (self.play.state.steps, network.values()),
        };
        let frames = Steps(steps).frames(experiment.environment.frame_skip).0;
        let metadata = Metadata::new(agent, architecture, &experiment.environment, rom.clone(), frames);
        let network = Network::from_values(architecture, &values, *device);
        nn::save(&folder.weights(agent), &network, &metadata)?;
        remove_folder(&folder.checkpoint(agent))
    }
}
