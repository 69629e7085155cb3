//! A distillation on disk. A run that was stopped continues from it exactly as if it had not stopped.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::group::StudentGroup;
use super::run::{DistillRun, DistillState};
use super::state_source::StateSource;
use super::student::Student;
use super::student_state::SavedStudent;
use super::teacher_source::{Teacher, TeacherSource};
use crate::agent::{self, Played, SavedCollector};
use crate::config;
use crate::env::ale_version;
use crate::nn::Network;
use crate::record::{Saved, peek_checkpoint, read_checkpoint, write_checkpoint};

/// A distillation's state, without its memories.
#[derive(Serialize, Deserialize)]
pub struct DistillCheckpoint {
    pub state: DistillState,
    /// One for each game.
    pub sources: Vec<SavedSource>,
    /// Each student with its section of the experiment as JSON. Students whose final weights are on disk may be among
    /// them.
    pub students: Vec<(String, SavedStudent)>,
}

/// A saved source of states, without its memory.
#[derive(Serialize, Deserialize)]
pub struct SavedSource {
    pub teacher: SavedTeacher,
    pub play: SavedCollector,
}

/// The teacher whose Q-values a saved memory holds.
#[derive(Serialize, Deserialize)]
pub struct SavedTeacher {
    /// The name of the file with its weights, and their SHA-256.
    name: String,
    hash: String,
    frames: u64,
    score: Option<f64>,
    /// Architecture as JSON, and weights, if the teacher is still in training: that training may remove or replace its
    /// file.
    network: Option<(String, Vec<Vec<f32>>)>,
}

impl SavedTeacher {
    fn of(teacher: &Teacher, teacher_source: &TeacherSource) -> Result<SavedTeacher> {
        let Teacher { network, path, hash, frames, score } = teacher;
        let network = match teacher_source {
            TeacherSource::Latest(_) => Some((serde_json::to_string(network.architecture())?, network.values())),
            TeacherSource::Final(_) | TeacherSource::Best { .. } => None,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(SavedTeacher { name, hash: hash.clone(), frames: *frames, score: *score, network })
    }

    /// The teacher with which a game of the group continues.
    ///
    /// # Errors
    /// If the file of its weights is missing or was replaced, unless the teacher is still in training.
    pub fn restore(&self, group: &StudentGroup, index: usize) -> Result<Teacher> {
        let (played, teacher_source) = &group.games[index];
        let path = teacher_source.called(&self.name);
        if let (TeacherSource::Latest(_), Some((architecture, weights))) = (teacher_source, &self.network) {
            let network = Network::from_values(&serde_json::from_str(architecture)?, weights, group.device);
            return Ok(Teacher { network, path, hash: self.hash.clone(), frames: self.frames, score: self.score });
        }
        ensure!(
            path.exists() && agent::sha256(&path).is_ok_and(|hash| hash == self.hash),
            "{}: not there any more, or not the teacher from which the distillation in {} learned; put it back, or \
             start over with --fresh",
            path.display(),
            place(group).display()
        );
        Teacher::read(&path, played, &group.experiment.environment, group.device)
    }
}

/// The properties in which a checkpoint must agree with the distillation that continues it.
fn identity(group: &StudentGroup) -> Result<String> {
    let StudentGroup { experiment, games, seed, .. } = group;
    let mut teachers = Vec::new();
    for (played, teacher_source) in games {
        let rom = played.rom.as_ref().map(|rom| &rom.md5);
        let teacher = match teacher_source {
            TeacherSource::Final(path) => Some(agent::sha256(path)?),
            TeacherSource::Best { .. } | TeacherSource::Latest(_) => None,
        };
        teachers.push((played.game, rom, teacher));
    }
    // The result does not depend on how often it is saved and scored, nor on the number of final episodes, nor on
    // sweeps.
    let without_effect = config::Distillation {
        preset: String::new(),
        checkpoint_every: 0,
        evaluation_every: 0,
        evaluation_episodes: 0,
        sweep_gaps: Vec::new(),
        sweep_hours: 0,
        ..experiment.distillation.clone()
    };
    let settings = (&experiment.environment, &without_effect, experiment.evaluation.protocol());
    Ok(serde_json::to_string(&(teachers, seed, settings, ale_version()))?)
}

/// The folder of the group's checkpoint.
pub fn place(group: &StudentGroup) -> PathBuf {
    group.folder.distillation(&group.name(), group.seed)
}

/// The students in a checkpoint, finished or not.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn students_in(checkpoint: &Path) -> Result<Vec<config::StudentSettings>> {
    let state: DistillCheckpoint = peek_checkpoint(checkpoint)?;
    state.students.iter().map(|(settings, _)| Ok(serde_json::from_str(settings)?)).collect()
}

/// Reads the memories of a game in the group's checkpoint.
///
/// # Errors
/// If a file is missing or damaged.
pub fn load_memories(group: &StudentGroup, index: usize, source: &mut StateSource) -> Result<()> {
    let place = place(group);
    source.memory.load(&place.join(memory_file(index)))?;
    source.teachers_view.as_mut().map_or(Ok(()), |view| view.load(&place.join(view_file(index))))
}

fn save_memories(folder: &Path, index: usize, source: &StateSource) -> Result<()> {
    source.memory.save(&folder.join(memory_file(index)))?;
    source.teachers_view.as_ref().map_or(Ok(()), |view| view.save(&folder.join(view_file(index))))
}

fn memory_file(index: usize) -> String {
    format!("memory-{index}.bin")
}

/// The file of the teacher's view of a game's states.
fn view_file(index: usize) -> String {
    format!("view-{index}.bin")
}

/// Replaces the group's checkpoint atomically; the one before stays beside it.
pub fn write(run: &DistillRun) -> Result<()> {
    let save = |student: &Student| Ok((serde_json::to_string(&student.settings)?, student.save(run.state.hour + 1)?));
    let source = |(source, (_, teacher_source)): (&StateSource, &(Played, TeacherSource))| {
        let teacher = SavedTeacher::of(&source.teacher, teacher_source)?;
        Ok(SavedSource { teacher, play: source.collector.save() })
    };
    let checkpoint = DistillCheckpoint {
        state: run.state.clone(),
        sources: run.sources.iter().zip(&run.group.games).map(source).collect::<Result<_>>()?,
        students: run.students.iter().map(save).collect::<Result<_>>()?,
    };
    write_checkpoint(&place(run.group), &identity(run.group)?, &checkpoint, |new| {
        let save = |(index, source): (usize, &StateSource)| save_memories(new, index, source);
        run.sources.iter().enumerate().try_for_each(save)
    })
}

/// The group's newest whole checkpoint, if there is one.
///
/// # Errors
/// If all are damaged, or if it is of another teacher, ALE or other settings.
pub fn read(group: &StudentGroup) -> Result<Option<DistillCheckpoint>> {
    let path = place(group);
    let other =
        format!("a distillation from another teacher, with other settings or another ALE than {}", ale_version());
    let saved = read_checkpoint(&path, &identity(group)?, &other)?;
    Ok(saved.map(|Saved { state: checkpoint, is_older }: Saved<DistillCheckpoint>| {
        if is_older {
            let updates: u64 = checkpoint.students.iter().map(|(_, student)| student.updates()).sum();
            log::warn!("{}: what was learned after {updates} updates is lost and learned again", path.display());
        }
        checkpoint
    }))
}
