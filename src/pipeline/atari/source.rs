//! Takes teachers from another experiment's folder.

use std::path::Path;

use anyhow::{Error, Result, ensure};

use super::agents::{environment, teachers};
use super::clean::remove_rows;
use super::open::AtariPipeline;
use super::settings::learned_otherwise;
use super::state::{check_architecture, is_of_teachers};
use crate::agent::{self, Metadata, WeightsError};
use crate::config::{Experiment, StudentSettings};
use crate::distill::group_names;
use crate::pipeline::digests::Digests;
use crate::progress::Ended;
use crate::record::{
    AgentId, EpisodeRow, Folder, SHARED, ScoreRow, bests, copy_file, read_rows, remove_file, remove_folder,
};

impl AtariPipeline<'_> {
    /// Copies a teacher with its logs from another experiment's folder, unless it was copied before. Missing bests are
    /// copied in any case: the training may have written them since.
    pub fn take(&self, agent: &AgentId, from: &Folder) -> Result<Ended> {
        let (source, target) = (from.weights(agent), self.folder.weights(agent));
        if !source.exists() {
            // It was complete when this copy was made.
            return Ok(Ended::Done);
        }
        self.check_weights(&source, &agent::metadata(&source)?, agent)?;
        let is_taken = has_same_weights(from, &self.folder, agent, &self.digests)?;
        if !is_taken {
            for (log, target) in
                [(from.train(agent), self.folder.train(agent)), (from.eval(agent), self.folder.eval(agent))]
            {
                if log.exists() {
                    copy_file(&log, &target)?;
                }
            }
            remove_folder(&self.folder.bests(agent))?;
        }
        for (_, best) in bests(&from.bests(agent))? {
            let target = self.folder.bests(agent).join(best.file_name().unwrap_or_default());
            if !target.exists() {
                copy_file(&best, &target)?;
            }
        }
        if !is_taken {
            copy_file(&source, &target)?;
            self.command.observer.note(&format!("{agent}: taken from {}", from.root().display()));
            self.forget_derived(agent)?;
        }
        Ok(Ended::Done)
    }

    /// Checks that the weights belong to the agent's network in the experiment, and that it plays its game as the
    /// experiment says.
    ///
    /// # Errors
    /// As [`agent::check_for`], and if they are of another network.
    pub fn check_weights(&self, path: &Path, metadata: &Metadata, agent: &AgentId) -> Result<()> {
        let rom = self.rom_record(agent.game);
        let environment = environment(&self.experiment, agent);
        agent::check_for(path, metadata, agent.game, &environment, rom.as_ref())?;
        check_architecture(&self.experiment, agent, path, metadata)
    }

    /// Removes results in this folder that were made from an earlier teacher: its students and their scores. Results
    /// that were made from the same teacher, while it learned in another folder, stay.
    pub fn forget_derived(&self, teacher: &AgentId) -> Result<()> {
        if self.was_scored(teacher)? {
            return Ok(());
        }
        let mut kept = Vec::new();
        for (student, seed) in self.pupils(teacher) {
            let agent = AgentId::of(student, teacher.game, seed);
            let path = self.folder.weights(&agent);
            let metadata = if path.exists() { Some(agent::metadata(&path)?) } else { None };
            match &metadata {
                Some(metadata) if is_of_teachers(&self.experiment, &self.folder, &self.digests, &agent, metadata)? => {
                    kept.push(agent);
                }
                // The network of a student with other games than now is reported, not removed.
                _ if !student.is_baseline() => {
                    let is_foreign = metadata.is_some_and(|metadata| metadata.head(teacher.game).is_none());
                    self.forget_student(student, &agent, is_foreign)?;
                }
                _ => {}
            }
        }
        self.forget_scores(teacher, &kept)
    }

    /// The students that learn from that teacher, each with its seed.
    fn pupils(&self, teacher: &AgentId) -> impl Iterator<Item = (&StudentSettings, u64)> {
        let seeds = self.experiment.seeds.iter().filter(|&&seed| self.experiment.teacher_seed(seed) == teacher.seed);
        seeds.flat_map(|&seed| self.experiment.students.iter().map(move |student| (student, seed)))
    }

    /// Removes what a student learned from other teachers than those that are there now, before it is distilled anew. A
    /// checkpoint of the new distillation stays.
    pub fn forget_stale(&self, student: &AgentId) -> Result<()> {
        [self.folder.weights(student), self.folder.adoptions(student)].iter().try_for_each(|path| remove_file(path))
    }

    /// Removes a student's weights, unless they are `foreign`, and all unfinished work on it.
    fn forget_student(&self, student: &StudentSettings, agent: &AgentId, foreign: bool) -> Result<()> {
        if !foreign {
            remove_file(&self.folder.weights(agent))?;
            remove_file(&self.folder.sweep(agent))?;
            remove_file(&self.folder.adoptions(agent))?;
        }
        remove_folder(self.folder.candidates(agent).root())?;
        for place in [agent.game.name(), SHARED] {
            let mut names = group_names(&student.name, place).into_iter();
            names.try_for_each(|name| self.folder.remove_distillation(&name, agent.seed))?;
        }
        Ok(())
    }

    /// Whether the folder's episodes were played with exactly these weights. If so, everything in the folder was made
    /// from this teacher.
    fn was_scored(&self, teacher: &AgentId) -> Result<bool> {
        let Some(digest) = self.digests.of_weights(&self.folder.weights(teacher))? else { return Ok(false) };
        let rows: Vec<EpisodeRow> = read_rows(&self.folder.episodes())?;
        let is_own = |row: &EpisodeRow| row.id().is_ok_and(|agent| agent == *teacher);
        Ok(rows.iter().any(|row| is_own(row) && !row.weights.is_empty() && digest.starts_with(&row.weights)))
    }

    /// Removes the scores of a teacher and of its students, except those in `kept`.
    fn forget_scores(&self, teacher: &AgentId, kept: &[AgentId]) -> Result<()> {
        let is_stale = |agent: &AgentId| {
            let is_pupil =
                |(student, seed): (&StudentSettings, u64)| (&student.name, seed) == (&agent.name, agent.seed);
            let is_student = agent.is_student() && self.pupils(teacher).any(is_pupil) && !kept.contains(agent);
            agent == teacher || agent.game == teacher.game && is_student
        };
        let _lock = self.command.locks.wait("scores")?;
        remove_rows(&self.folder.episodes(), |row: &EpisodeRow| row.id().is_ok_and(|agent| is_stale(&agent)))?;
        remove_rows(&self.folder.scores(), |row: &ScoreRow| row.id().is_ok_and(|agent| is_stale(&agent)))
    }
}

/// Whether nothing of a teacher is left to copy.
///
/// # Errors
/// If a file cannot be read.
pub fn is_taken(from: &Folder, to: &Folder, agent: &AgentId, digests: &Digests) -> Result<bool> {
    if !from.weights(agent).exists() {
        return Ok(to.weights(agent).exists());
    }
    let here = |path: &Path| to.bests(agent).join(path.file_name().unwrap_or_default()).exists();
    Ok(has_same_weights(from, to, agent, digests)? && bests(&from.bests(agent))?.iter().all(|(_, path)| here(path)))
}

/// Whether the copy is that of the source. A damaged copy is not; a whole one is, as far as a damaged source can tell.
fn has_same_weights(from: &Folder, to: &Folder, agent: &AgentId, digests: &Digests) -> Result<bool> {
    let copied = digests.of_usable_weights(&to.weights(agent))?;
    match digests.of_weights(&from.weights(agent)) {
        Err(error) if error.is::<WeightsError>() && copied.is_some() => Ok(true),
        source => Ok(source?.is_some_and(|source| Some(source) == copied)),
    }
}

/// Checks, before anything is changed, that the teachers which an experiment takes from another folder exist there and
/// learned as the experiment says. Teachers that were copied before need not exist there any more.
///
/// # Errors
/// The problem with the folder.
pub fn check_source(experiment: &Experiment, folder: &Folder, fresh: bool) -> Result<()> {
    let mut sources = Vec::new();
    for agent in teachers(experiment) {
        let Some(from) = experiment.teacher_source(agent.game).map(Folder::at) else { return Ok(()) };
        ensure!(!folder.is_same(&from), "teacher.from: {} is the experiment's own folder", from.root().display());
        let (source, taken) = (from.weights(&agent), !fresh && folder.weights(&agent).exists());
        let way_out = match experiment.teacher.is_shipped() {
            true => "`pd games` lists the shipped teachers",
            false => "train it there, or name the seeds of the teachers that are there, as teacher.seeds = [1]",
        };
        ensure!(source.exists() || taken, "teacher.from: {}: not found; {way_out}", source.display());
        if source.exists() && !sources.iter().any(|other: &Folder| other.root() == from.root()) {
            sources.push(from.clone());
        }
        let has_bests = |folder: &Folder| Ok::<_, Error>(!bests(&folder.bests(&agent))?.is_empty());
        ensure!(
            !experiment.distillation.online || has_bests(&from)? || taken && has_bests(folder)?,
            "teacher.from: {}: no best teachers, which distillation.online = true needs; train there with it, or set it \
             to false",
            from.bests(&agent).display()
        );
    }
    if experiment.collection.is_some() {
        return Ok(());
    }
    for from in sources {
        let changed = learned_otherwise(&from, experiment)?;
        ensure!(
            changed.is_empty(),
            "teacher.from: the teachers in {} learned with other settings: {changed}; use the same values as there",
            from.root().display()
        );
    }
    Ok(())
}
