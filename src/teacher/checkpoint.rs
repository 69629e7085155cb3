//! A training on disk. A run that was stopped continues from it exactly as if it had not stopped.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::learner::Learner;
use super::play::{Play, SavedPlay};
use super::train::{TeacherRun, Training, TrainingState};
use crate::config;
use crate::env::ale_version;
use crate::record::{Saved, read_checkpoint, write_checkpoint};

/// A training's state, without the part that its learner keeps.
#[derive(Serialize, Deserialize)]
pub struct TeacherCheckpoint {
    pub state: TrainingState,
    /// One for each game.
    plays: Vec<SavedPlay>,
}

/// The properties in which a checkpoint must agree with the training that continues it.
fn identity(training: &Training) -> Result<String> {
    let Training { experiment, agent, architecture, games, .. } = training;
    let chooses = experiment.evaluations_choose(agent.is_student());
    // These have no effect on weights: where teachers are from, how often they are saved and logged, evaluations that
    // choose no weights, and often the length of the training.
    let teacher = config::TeacherSettings {
        from: PathBuf::new(),
        seeds: Vec::new(),
        preset: String::new(),
        checkpoint_every: 0,
        log_every: 0,
        evaluation_every: if chooses { experiment.teacher.evaluation_every } else { 0 },
        evaluation_episodes: if chooses { experiment.teacher.evaluation_episodes } else { 0 },
        frames: if experiment.teacher.can_go_on() { 0 } else { experiment.teacher.frames },
        ..experiment.teacher.clone()
    };
    let settings = (&experiment.environment, &teacher, experiment.evaluation.protocol());
    let roms: Vec<_> = games.iter().map(|played| (played.game, played.rom.as_ref().map(|rom| &rom.md5))).collect();
    Ok(serde_json::to_string(&(&agent.name, agent.seed, architecture, roms, settings, ale_version()))?)
}

/// Replaces the checkpoint in the run's folder atomically; the one before stays beside it.
pub fn write(run: &mut TeacherRun) -> Result<()> {
    let checkpoint = TeacherCheckpoint { state: run.state.clone(), plays: run.plays.iter().map(Play::save).collect() };
    let path = run.training.folder.checkpoint(&run.training.agent);
    write_checkpoint(&path, &identity(run.training)?, &checkpoint, |new| run.learner.save(new))
}

impl TeacherCheckpoint {
    /// The newest whole checkpoint in the training's folder, if there is one.
    ///
    /// # Errors
    /// If all are damaged, or if it is of another game, ROM, ALE or other settings.
    pub fn read(training: &Training) -> Result<Option<TeacherCheckpoint>> {
        let path = training.folder.checkpoint(&training.agent);
        let other = format!("a training with other settings, another ROM or another ALE than {}", ale_version());
        let saved = read_checkpoint(&path, &identity(training)?, &other)?;
        Ok(saved.map(|Saved { state: checkpoint, is_older }: Saved<TeacherCheckpoint>| {
            if is_older {
                training.say_what_is_lost(checkpoint.plays.iter().map(SavedPlay::steps).sum());
            }
            checkpoint
        }))
    }

    /// Restores the learner, the play and the training's state.
    ///
    /// # Errors
    /// If what the learner wrote is damaged, or the emulators are others.
    pub fn restore(self, learner: &mut dyn Learner, plays: &mut [Play], training: &Training) -> Result<TrainingState> {
        plays.iter_mut().zip(self.plays).try_for_each(|(play, saved)| play.restore(saved))?;
        learner.load(&training.folder.checkpoint(&training.agent))?;
        Ok(self.state)
    }
}
