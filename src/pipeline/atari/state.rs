//! Finds out from the folder whether a task is done.

use std::cell::OnceCell;
use std::path::Path;

use anyhow::{Error, Result};

use super::agents::{architecture, games, student, teacher_of};
use super::scores::Scores;
use super::source::is_taken;
use super::work::{AgentTask, AgentWork};
use crate::agent::{self, Metadata, WeightsError};
use crate::config::{Experiment, Temperature};
use crate::losses::Loss;
use crate::pipeline::digests::Digests;
use crate::pipeline::task::TaskState;
use crate::record::{AgentId, Folder, bests};
use crate::report;

/// The data from which the states of tasks are derived.
pub struct Inspection<'a> {
    pub experiment: &'a Experiment,
    pub folder: &'a Folder,
    pub digests: &'a Digests,
    /// Scores, which are read once for all evaluations.
    scores: OnceCell<Scores<'a>>,
}

impl<'a> Inspection<'a> {
    /// Nothing is read yet.
    pub fn new(experiment: &'a Experiment, folder: &'a Folder, digests: &'a Digests) -> Inspection<'a> {
        Inspection { experiment, folder, digests, scores: OnceCell::new() }
    }

    /// The task's state.
    ///
    /// # Errors
    /// If a file is damaged, or holds a network of another kind.
    pub fn state(&self, task: &AgentTask) -> Result<TaskState> {
        let done = |is_done: bool| if is_done { TaskState::Done } else { TaskState::Missing };
        match &task.work {
            AgentWork::Train(agent) => self.trained(agent),
            AgentWork::Take(agent) => self.taken(agent),
            AgentWork::Sweep(agent) => self.swept(agent),
            AgentWork::Distill(agent) | AgentWork::Follow(agent) => self.distilled(agent),
            AgentWork::Evaluate(agent) => Ok(done(self.scores()?.are_complete(agent)?)),
            AgentWork::Report => Ok(done(report::is_current(self.folder, self.experiment)?)),
        }
    }

    fn scores(&self) -> Result<&Scores<'a>> {
        if let Some(scores) = self.scores.get() {
            return Ok(scores);
        }
        let scores = Scores::read(self.experiment, self.folder, self.digests)?;
        Ok(self.scores.get_or_init(|| scores))
    }

    /// A training that was shorter than the experiment's is stale: it goes on.
    fn trained(&self, agent: &AgentId) -> Result<TaskState> {
        let Some(found) = self.fitting(agent)? else { return Ok(TaskState::Missing) };
        let is_shorter = found.trained_frames.is_some_and(|frames| frames < self.experiment.teacher.frames);
        Ok(if is_shorter { TaskState::Stale } else { TaskState::Done })
    }

    fn taken(&self, agent: &AgentId) -> Result<TaskState> {
        let there = self.fitting(agent);
        let Some(from) = self.experiment.teacher_source(agent.game).map(Folder::at) else {
            // The teacher of a training that was followed.
            return Ok(if there?.is_some() { TaskState::Done } else { TaskState::Missing });
        };
        let is_damaged = |error: &Error| matches!(error.downcast_ref(), Some(WeightsError::Damaged { .. }));
        if from.weights(agent).exists() && there.as_ref().is_err_and(is_damaged) {
            // It is copied again.
            return Ok(TaskState::Stale);
        }
        let is_there = there?.is_some();
        let is_current = is_taken(&from, self.folder, agent, self.digests)?;
        Ok(match (is_there, is_current) {
            (_, true) => TaskState::Done,
            (true, false) => TaskState::Stale,
            (false, false) => TaskState::Missing,
        })
    }

    /// A temperature is chosen for good, unless the student was then distilled from other teachers than those that are
    /// there now.
    fn swept(&self, agent: &AgentId) -> Result<TaskState> {
        if !self.folder.sweep(agent).exists() {
            return Ok(TaskState::Missing);
        }
        let student = self.distilled(agent)?;
        Ok(if student == TaskState::Stale { TaskState::Stale } else { TaskState::Done })
    }

    fn distilled(&self, agent: &AgentId) -> Result<TaskState> {
        let Some(found) = self.fitting(agent)? else { return Ok(TaskState::Missing) };
        let made = is_of_teachers(self.experiment, self.folder, self.digests, agent, &found)?;
        Ok(if made { TaskState::Done } else { TaskState::Stale })
    }

    /// The metadata of the agent's weights; `None` if there are no weights.
    ///
    /// # Errors
    /// If they are damaged, or as [`check_architecture`] and [`check_fit`].
    fn fitting(&self, agent: &AgentId) -> Result<Option<Metadata>> {
        let path = self.folder.weights(agent);
        if !path.exists() {
            return Ok(None);
        }
        self.digests.of_weights(&path)?;
        let metadata = agent::metadata(&path)?;
        check_architecture(self.experiment, agent, &path, &metadata)?;
        check_fit(self.experiment, self.folder, agent, &path, &metadata)?;
        Ok(Some(metadata))
    }
}

/// Checks that the weights of a student were fitted by the loss, and at the temperature and the learning rate, that the
/// experiment gives it. Other agents pass.
///
/// # Errors
/// [`WeightsError::Mismatch`].
pub fn check_fit(
    experiment: &Experiment,
    folder: &Folder,
    agent: &AgentId,
    path: &Path,
    metadata: &Metadata,
) -> Result<()> {
    let Some((student, loss)) = student(experiment, agent).and_then(|own| Some((own, own.loss.loss()?))) else {
        return Ok(());
    };
    let mismatch = |found, expected| WeightsError::Mismatch { path: path.to_owned(), found, expected };
    let temperature = super::sweep::temperature(folder, student, agent)?.unwrap_or(student.temperature);
    if metadata.loss != Some((loss, temperature)) {
        let told = |(loss, temperature): (Loss, Temperature)| format!("loss {loss:?}, temperature {temperature}");
        let found = metadata.loss.map_or("no distillation loss".to_owned(), told);
        return Err(mismatch(found, told((loss, temperature))).into());
    }
    let rate = student.learning_rate.or(experiment.distillation.learning_rate);
    if let Some(found) = metadata.learning_rate.filter(|found| *found != rate) {
        let [found, expected] = [found, rate].map(|rate| format!("learning rate {rate}"));
        return Err(mismatch(found, expected).into());
    }
    Ok(())
}

/// Checks that weights are of the network that the experiment gives the agent.
///
/// # Errors
/// [`WeightsError::Mismatch`].
pub fn check_architecture(experiment: &Experiment, agent: &AgentId, path: &Path, found: &Metadata) -> Result<()> {
    let Some(expected) = architecture(experiment, agent).filter(|expected| *expected != found.architecture) else {
        return Ok(());
    };
    let (found, expected) = (found.architecture.to_string(), expected.to_string());
    Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into())
}

/// Whether the agent was made from the teachers that are in the folder now. It is true for agents without a teacher,
/// and if the teachers are absent or damaged.
///
/// # Errors
/// If a folder of a teacher's bests cannot be read.
pub fn is_of_teachers(
    experiment: &Experiment,
    folder: &Folder,
    digests: &Digests,
    agent: &AgentId,
    found: &Metadata,
) -> Result<bool> {
    let Some(made_from) = &found.teacher else { return Ok(true) };
    let online = experiment.distillation.online;
    let teachers = |best: bool| -> Result<Option<String>> {
        let mut hashes = Vec::new();
        for game in games(experiment, agent) {
            let teacher = teacher_of(experiment, game, agent.seed);
            let last = match best {
                true => bests(&folder.bests(&teacher))?.pop().map(|(_, path)| path),
                false => Some(folder.weights(&teacher)),
            };
            let Some(path) = last else { return Ok(None) };
            let Some(hash) = digests.of_usable_weights(&path)? else { return Ok(None) };
            hashes.push(hash);
        }
        Ok(Some(hashes.join(",")))
    };
    if teachers(online)?.is_none_or(|hashes| hashes == *made_from) {
        return Ok(true);
    }
    // A training may keep its last weights in the end, but its followers learned from its last best.
    Ok(!online && teachers(true)?.is_some_and(|hashes| hashes == *made_from))
}
