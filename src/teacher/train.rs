//! The loop around a learner: advance, log, evaluate, save.

use std::path::Path;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, TeacherCheckpoint};
use super::learner::{Learner, UpdateSums, learner};
use super::play::Play;
use crate::agent::{self, Evaluate, Metadata, PlayState, Played, Player};
use crate::config::{Experiment, Keep};
use crate::env::Pool;
use crate::nn::{Architecture, Device, Network};
use crate::progress::{Ended, Patience, Progress};
use crate::record::{
    AgentId, Folder, Log, LogMark, TrainRow, best_name, bests, remove_before, remove_checkpoint, remove_file,
};
use crate::units::{Seed, Steps};

/// Settings of one training by the experiment's teacher section: a teacher, or a baseline that learns from rewards.
pub struct Training<'a> {
    pub experiment: &'a Experiment,
    /// The trained agent. For a network for several games, any of its players.
    pub agent: AgentId,
    pub architecture: Architecture,
    /// The games in the order of the network's heads. They take turns of whole episodes.
    pub games: Vec<Played>,
    pub folder: &'a Folder,
    pub device: Device,
}

/// Trains a network until its weights are on disk; continues from its checkpoint if there is one. `pools` has the
/// workers of each game.
///
/// # Errors
/// A file that cannot be read or written, or a checkpoint of other settings.
pub fn train(training: &Training, pools: Vec<Pool>, evaluate: &mut Evaluate, progress: &dyn Progress) -> Result<Ended> {
    let settings = &training.experiment.teacher;
    let mut run = TeacherRun::start(training, pools)?;
    let patience = Patience::new(progress);
    progress.at_share(run.steps(), run.share(), "");
    loop {
        if run.state.to_evaluate.is_some() && !run.evaluate(evaluate)? {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        if run.is_over() {
            run.finish()?;
            return Ok(Ended::Done);
        }
        if progress.stop() {
            run.save()?;
            return Ok(Ended::Stopped);
        }
        let before = run.steps();
        if !run.advance(&patience) {
            log::warn!("{}: stopped in the middle of a rollout; it goes on from its last checkpoint", training.agent);
            return Ok(Ended::Stopped);
        }
        let now = run.steps();
        // With several games, all totals are multiplied by their number.
        let games = run.plays.len() as u64;
        let passed = |every: u64| before / every / games != now / every / games;
        let last = run.is_over();
        if passed(settings.evaluation_every) || last {
            run.state.to_evaluate = Some(0);
        }
        if passed(settings.log_every) || last {
            run.log()?;
        }
        if passed(settings.checkpoint_every) {
            run.save()?;
        }
        progress.at_share(now, run.share(), &run.note);
    }
}

impl Training<'_> {
    /// Agent steps of the training in each game.
    fn steps(&self) -> u64 {
        self.experiment.teacher.steps(self.experiment.environment.frame_skip).0
    }
}

/// The changing state of a training, without learner and play.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct TrainingState {
    /// The head whose game is being played.
    turn: usize,
    /// The ends of `train.csv` and `eval.csv`.
    logs: (LogMark, LogMark),
    /// The first head that the evaluation after the last step has yet to do.
    to_evaluate: Option<usize>,
    best: Option<Best>,
}

/// The best periodic evaluation. Only a network for one game has one: scores of different games have no common scale.
#[derive(Clone, Serialize, Deserialize)]
struct Best {
    score: f64,
    steps: u64,
    weights: Vec<Vec<f32>>,
}

/// Removes best weights that are newer than the checkpoint from which the training continues: it will find its own.
fn forget_later_bests(training: &Training, state: &TrainingState) -> Result<()> {
    let Training { experiment, agent, folder, .. } = training;
    let last = state.best.as_ref().map(|best| Steps(best.steps).frames(experiment.environment.frame_skip).0);
    for (frames, path) in bests(&folder.bests(agent))? {
        if last.is_none_or(|last| frames > last) {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// A training in progress.
pub struct TeacherRun<'a> {
    pub training: &'a Training<'a>,
    pub state: TrainingState,
    pub learner: Box<dyn Learner>,
    pub plays: Vec<Play>,
    train: Log,
    eval: Log,
    note: String,
    /// Whether a warning was given of Q-values beyond the rewards.
    warned: bool,
}

impl<'a> TeacherRun<'a> {
    /// Starts a new training, or continues the one in the checkpoint.
    fn start(training: &'a Training<'a>, pools: Vec<Pool>) -> Result<TeacherRun<'a>> {
        let Training { experiment, agent, architecture, games, folder, device } = training;
        let seed = match agent.shared {
            true => Seed(agent.seed).derive("several games", 0),
            false => Seed(agent.seed).derive(&agent.name, 0).derive(agent.game.name(), 0),
        };
        let workers = experiment.environment.workers;
        let mut learner = learner(&experiment.teacher, architecture, workers, seed, *device);
        let of_game = |played: &Played| if agent.shared { seed.derive(played.game.name(), 0) } else { seed };
        let parts = device.parts(workers);
        let play = |(played, pool)| Play::new(&experiment.teacher, pool, parts, training.steps(), of_game(played));
        let mut plays: Vec<Play> = games.iter().zip(pools).map(play).collect();
        let state = match TeacherCheckpoint::read(training)? {
            Some(checkpoint) => checkpoint.restore(learner.as_mut(), &mut plays, training)?,
            None => TrainingState::default(),
        };
        forget_later_bests(training, &state)?;
        Ok(TeacherRun {
            train: Log::resume(&folder.train(agent), &state.logs.0)?,
            eval: Log::resume(&folder.eval(agent), &state.logs.1)?,
            note: String::new(),
            warned: false,
            training,
            state,
            learner,
            plays,
        })
    }

    /// Steps played in all games.
    fn steps(&self) -> u64 {
        self.plays.iter().map(|play| play.steps()).sum()
    }

    /// The share of the work that is done.
    fn share(&self) -> f64 {
        let shares = self.plays.iter().map(|play| play.schedule.share_of_work(play.steps()));
        shares.sum::<f64>() / self.plays.len() as f64
    }

    fn is_over(&self) -> bool {
        self.plays.iter().all(|play| play.steps() >= self.training.steps())
    }

    /// Plays and learns a little in the game whose turn it is. At the end of an episode, or of the game's training, the
    /// turn passes to the game with the fewest steps. All games thus end together, and those with long episodes have
    /// fewer turns. Returns whether that was done; if not, only a checkpoint can be gone on from.
    fn advance(&mut self, patience: &Patience) -> bool {
        let turn = self.state.turn;
        let before = self.plays[turn].collector.state.episodes_ended;
        if !self.learner.advance(turn, &mut self.plays[turn], patience) {
            return false;
        }
        let PlayState { episodes_ended, steps, .. } = self.plays[turn].collector.state;
        if episodes_ended != before || steps >= self.training.steps() {
            let least = (0..self.plays.len()).min_by_key(|&game| self.plays[game].steps());
            self.state.turn = least.unwrap_or(turn);
        }
        true
    }

    fn log(&mut self) -> Result<()> {
        let UpdateSums { updates, loss, q } = self.learner.take_sums();
        let per_update = |sum: f64| (updates > 0).then(|| sum / updates as f64);
        for (played, play) in self.training.games.iter().zip(&mut self.plays) {
            let (episodes, score) = std::mem::take(&mut play.ended);
            let steps = play.steps();
            let row = TrainRow {
                game: played.game.name().into(),
                steps,
                frames: Steps(steps).frames(self.training.experiment.environment.frame_skip).0,
                updates: self.learner.updates(),
                epsilon: play.epsilon(),
                episodes,
                return_mean: (episodes > 0).then(|| score / episodes as f64),
                loss: per_update(loss),
                q_mean: per_update(q),
            };
            if let Some(mean) = row.return_mean {
                self.note = format!("score {mean:.1} in play of {}, epsilon {:.2}", played.game, row.epsilon);
            }
            self.train.append(&row)?;
            let is_finite = [row.loss, row.q_mean].into_iter().flatten().all(f64::is_finite);
            ensure!(is_finite, "{}", self.divergence("a loss or Q-value"));
            self.warned = self.warned || self.training.warn_of_q(row.q_mean, steps);
        }
        Ok(())
    }

    /// Returns whether the evaluation was finished.
    fn evaluate(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        while let Some(head) = self.state.to_evaluate {
            let network = self.learner.network();
            let (game, steps) = (self.training.games[head].game, Steps(self.plays[head].steps()));
            let Some(mut row) = evaluate(game, &Player::new(network, head), steps, self.learner.updates())? else {
                return Ok(false);
            };
            let one_game = self.plays.len() == 1;
            // Initial weights have learned nothing, however well they happen to play.
            row.best = one_game && row.updates > 0 && self.state.best.as_ref().is_none_or(|best| row.mean > best.score);
            if row.best {
                self.state.best = Some(Best { score: row.mean, steps: row.steps, weights: network.values() });
                self.keep_for_followers()?;
            }
            log::info!("{}: {} steps, score {:.1} in {game}", self.training.agent, steps, row.mean);
            self.eval.append(&row)?;
            self.state.to_evaluate = Some(head + 1).filter(|&next| next < self.plays.len());
        }
        Ok(true)
    }

    /// The message for a training whose numbers are not finite any more.
    fn divergence(&self, which: &str) -> String {
        let (agent, steps) = (&self.training.agent, Steps(self.steps()));
        format!(
            "{agent}: the training diverged: {which} is not a finite number after {steps} steps; lower \
             teacher.learning_rate and start over with --fresh (the last good checkpoint is kept)"
        )
    }

    fn save(&mut self) -> Result<()> {
        let weights = self.learner.network().values();
        ensure!(weights.iter().flatten().all(|weight| weight.is_finite()), "{}", self.divergence("a weight"));
        self.state.logs = (self.train.sync()?, self.eval.sync()?);
        checkpoint::write(self)
    }

    /// Writes the best weights so far, if students will follow the training.
    fn keep_for_followers(&self) -> Result<()> {
        let Training { experiment, agent, folder, .. } = self.training;
        let is_followed = experiment.distillation.online && !agent.is_student();
        let Some(best) = self.state.best.as_ref().filter(|_| is_followed) else { return Ok(()) };
        let frames = Steps(best.steps).frames(experiment.environment.frame_skip).0;
        self.write(&folder.bests(agent).join(best_name(frames)), best.steps, &best.weights, Some(best.score))
    }

    /// Writes the weights that are kept. The checkpoint stays where the training can go on from it.
    fn finish(mut self) -> Result<()> {
        let Training { experiment, agent, folder, .. } = self.training;
        // Where the results folder is gone, nothing is written as if it were there.
        self.train.sync()?;
        self.eval.sync()?;
        if experiment.teacher.can_go_on() {
            self.save()?;
        }
        let path = folder.weights(agent);
        match &self.state.best {
            Some(best) if experiment.teacher.keep == Keep::Best => {
                self.write(&path, best.steps, &best.weights, Some(best.score))?;
            }
            _ => self.write(&path, self.plays[0].steps(), &self.learner.network().values(), None)?,
        }
        let checkpoint = folder.checkpoint(agent);
        if experiment.teacher.can_go_on() { remove_before(&checkpoint) } else { remove_checkpoint(&checkpoint) }
    }

    fn write(&self, path: &Path, steps: u64, weights: &[Vec<f32>], score: Option<f64>) -> Result<()> {
        let Training { experiment, agent, architecture, games, device, .. } = self.training;
        let frames = Steps(steps).frames(experiment.environment.frame_skip).0;
        let mut metadata = Metadata::new(agent, architecture, &experiment.environment, games.clone(), frames);
        metadata.score = score;
        metadata.trained_frames = Some(experiment.teacher.frames);
        agent::save(path, &Network::from_values(architecture, weights, *device), &metadata)
    }
}
