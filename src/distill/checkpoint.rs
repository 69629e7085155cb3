//! A distillation on disk: everything from which it continues as if it had not stopped.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::group::{Group, Run};
use super::play::PlayState;
use super::student::{SavedStudent, Student};
use crate::config;
use crate::env::PoolState;
use crate::record::{read_state, replace_folder, write_file};

const STATE: &str = "state.bin";
const MEMORY: &str = "memory.bin";

/// A distillation's state, but for its memory.
#[derive(Serialize, Deserialize)]
pub struct Checkpoint {
    identity: String,
    pub hour: u64,
    pub play: PlayState,
    pub pool: PoolState,
    /// Each with its section of the experiment as JSON.
    students: Vec<(String, SavedStudent)>,
}

impl Checkpoint {
    /// The saved state of a student. The checkpoint may have others, whose weights were already written.
    ///
    /// # Errors
    /// If the student was not part of the distillation that was stopped.
    pub fn student(&self, settings: &config::Student) -> Result<&SavedStudent> {
        let section = serde_json::to_string(settings)?;
        let found = self.students.iter().find(|(saved, _)| *saved == section).map(|(_, saved)| saved);
        found.with_context(|| {
            format!(
                "student {}: not part of the distillation that was stopped; finish that first, or --fresh",
                settings.name
            )
        })
    }
}

/// What a checkpoint must agree in with the distillation that continues it.
fn identity(group: &Group) -> Result<String> {
    let Group { experiment, game, seed, teacher_hash, .. } = group;
    let settings = (&experiment.environment, &experiment.distillation, &experiment.evaluation);
    Ok(serde_json::to_string(&(game, seed, teacher_hash, settings))?)
}

/// The memory's file in the group's checkpoint.
pub fn memory(group: &Group) -> PathBuf {
    group.folder.distillation(group.game, group.seed).join(MEMORY)
}

/// Replaces the group's checkpoint, whole.
pub fn write(run: &Run) -> Result<()> {
    let save = |student: &Student| Ok((serde_json::to_string(&student.settings)?, student.save()?));
    let checkpoint = Checkpoint {
        identity: identity(run.group)?,
        hour: run.hour,
        play: run.play.clone(),
        pool: run.pool.save(),
        students: run.students.iter().map(save).collect::<Result<_>>()?,
    };
    replace_folder(&run.group.folder.distillation(run.group.game, run.group.seed), |new| {
        write_file(&new.join(STATE), &postcard::to_stdvec(&checkpoint)?)?;
        run.memory.save(&new.join(MEMORY))
    })
}

/// The group's checkpoint, if there is one.
///
/// # Errors
/// If it is damaged, or of another teacher or other settings.
pub fn read(group: &Group) -> Result<Option<Checkpoint>> {
    let path = group.folder.distillation(group.game, group.seed);
    let Some(checkpoint): Option<Checkpoint> = read_state(&path, STATE)? else { return Ok(None) };
    ensure!(
        checkpoint.identity == identity(group)?,
        "{}: a distillation from another teacher or with other settings; start over with --fresh, \
         or choose another folder with --out",
        path.display()
    );
    Ok(Some(checkpoint))
}
