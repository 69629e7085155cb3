//! `pd train`: teachers, and the networks that learn from rewards beside them.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Error, Result, ensure};

use super::experiment::Job;
use super::fresh::remove_rows;
use super::periodic::Periodic;
use super::scores;
use super::settings::{OF_EVERY_EVALUATION, WITHOUT_EFFECT, changes, listed};
use super::terminal::Stage;
use crate::agent::{self, Metadata, Policy, WeightsError};
use crate::config::{self, Experiment, Overrides, Student};
use crate::nn::Network;
use crate::progress::Ended;
use crate::record::{
    Agent, EpisodeRow, Folder, Role, SHARED, ScoreRow, bests, read_rows, remove_folder, write_file, write_rows,
};
use crate::teacher::{self, Training};
use crate::units::Frames;

impl Job {
    /// Trains, or takes from another folder, every teacher that has no weights yet; then the students that learn from
    /// rewards.
    pub fn train_stage(&mut self) -> Result<Ended> {
        self.timed("train", |job| {
            let from = &job.experiment.teacher.from;
            let of_teachers = |job: &Job, agent: &Agent| match from.as_os_str().is_empty() {
                true => job.learn(agent),
                false => job.take(agent, &Folder::at(from)),
            };
            if job.each(scores::teachers(&job.experiment), of_teachers)? == Ended::Stopped {
                return Ok(Ended::Stopped);
            }
            job.each(scores::networks(&job.experiment, |student| student.is_baseline()), Job::learn)
        })
    }

    fn learn(&self, agent: &Agent) -> Result<Ended> {
        if self.is_done(agent)? {
            return Ok(Ended::Done);
        }
        let architecture = scores::architecture(&self.experiment, agent).context("random play is not trained")?;
        let games = scores::games(&self.experiment, agent);
        let settings = &self.experiment.teacher;
        let steps = Frames(settings.frames).steps(self.experiment.environment.frame_skip).0 * games.len() as u64;
        let stage = Stage::new(&agent.to_string(), steps, "steps", self.quiet);
        let mut evaluation = Periodic::new(self, &games, agent.seed, settings.evaluation_episodes)?;
        let training = Training {
            experiment: &self.experiment,
            agent: agent.clone(),
            architecture,
            games: games.iter().map(|&game| self.played(game)).collect(),
            folder: &self.folder,
            device: self.device,
        };
        let pools = games.iter().map(|&game| self.pool(game)).collect::<Result<_>>()?;
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluation.score(game, policy, steps, updates, &stage);
        let ended = teacher::train(&training, pools, &mut evaluate, &stage)?;
        if ended == Ended::Done {
            self.forget_derived(agent)?;
        }
        Ok(ended)
    }

    /// Takes a teacher with its logs from another experiment's folder, unless it was taken already. Bests that are not
    /// here are taken in any case: the training may have kept them since.
    pub fn take(&self, agent: &Agent, from: &Folder) -> Result<Ended> {
        let (source, own) = (from.weights(agent), self.folder.weights(agent));
        if !source.exists() {
            // It was there when this one was taken.
            return Ok(Ended::Done);
        }
        self.load(&source, agent)?;
        let is_taken = own.exists() && agent::sha256(&own)? == agent::sha256(&source)?;
        if !is_taken {
            for (log, own) in
                [(from.train(agent), self.folder.train(agent)), (from.eval(agent), self.folder.eval(agent))]
            {
                if log.exists() {
                    copy(&log, &own)?;
                }
            }
            remove_folder(&self.folder.bests(agent))?;
        }
        for (_, best) in bests(&from.bests(agent))? {
            let own = self.folder.bests(agent).join(best.file_name().unwrap_or_default());
            if !own.exists() {
                copy(&best, &own)?;
            }
        }
        if !is_taken {
            copy(&source, &own)?;
            self.forget_derived(agent)?;
        }
        Ok(Ended::Done)
    }

    /// A new teacher makes stale what was made from an earlier one in this folder: its students and their scores. What
    /// was made from this very one, while it learned in another folder, stays.
    fn forget_derived(&self, teacher: &Agent) -> Result<()> {
        let Agent { game, seed, .. } = *teacher;
        if *teacher != Agent::teacher(game, seed) || self.was_scored(teacher)? {
            return Ok(());
        }
        let mut kept = Vec::new();
        for student in &self.experiment.students {
            let agent = Agent::of(student, game, seed);
            let path = self.folder.weights(&agent);
            let found = if path.exists() { Some(agent::metadata(&path)?) } else { None };
            match &found {
                Some(found) if scores::is_of_teachers(&self.experiment, &self.folder, &agent, found)? => {
                    kept.push(student.name.as_str());
                }
                // A network for other games than it is made for now is told of, not removed.
                _ if !student.is_baseline() => {
                    let is_foreign = found.is_some_and(|found| found.head(game).is_none());
                    self.forget_student(student, &agent, is_foreign)?;
                }
                _ => {}
            }
        }
        self.forget_scores(teacher, &kept)
    }

    /// Removes a student's weights, unless they are `foreign`, and whatever was begun for it.
    fn forget_student(&self, student: &Student, agent: &Agent, foreign: bool) -> Result<()> {
        if !foreign {
            remove_file(&self.folder.weights(agent))?;
            remove_file(&self.folder.sweep(agent))?;
            remove_file(&self.folder.adoptions(agent))?;
        }
        remove_folder(self.folder.candidates(agent).root())?;
        for place in [agent.game.name(), SHARED] {
            self.folder.remove_distillation(place, agent.seed)?;
            self.folder.remove_distillation(&format!("{place}.{}", student.name), agent.seed)?;
        }
        Ok(())
    }

    /// Whether the folder's episodes are of these very weights, so that all that was made from them is of this teacher.
    fn was_scored(&self, teacher: &Agent) -> Result<bool> {
        let hash = scores::hash(&self.folder, teacher)?;
        let rows: Vec<EpisodeRow> = read_rows(&self.folder.episodes())?;
        let is_own =
            |row: &EpisodeRow| row.role == Role::Teacher && row.game == teacher.game.name() && row.seed == teacher.seed;
        Ok(rows.iter().any(|row| is_own(row) && Some(&row.weights) == hash.as_ref()))
    }

    /// Removes the scores that a teacher and the experiment's students of it had, unless they are `kept`. All others
    /// lose their relation to a teacher that is here no more.
    fn forget_scores(&self, teacher: &Agent, kept: &[&str]) -> Result<()> {
        let is_own = |game: &str, seed: u64| game == teacher.game.name() && seed == teacher.seed;
        let goes = |role: Role, name: &str, game: &str, seed: u64| {
            let is_named = self.experiment.students.iter().any(|student| student.name == name);
            let is_stale = role == Role::Teacher || role == Role::Student && is_named && !kept.contains(&name);
            is_own(game, seed) && is_stale
        };
        let (episodes, scores) = (self.folder.episodes(), self.folder.scores());
        remove_rows(&episodes, |row: &EpisodeRow| goes(row.role, &row.agent, &row.game, row.seed))?;
        remove_rows(&scores, |row: &ScoreRow| goes(row.role, &row.agent, &row.game, row.seed))?;
        let mut rows: Vec<ScoreRow> = read_rows(&scores)?;
        for row in rows.iter_mut().filter(|row| is_own(&row.game, row.seed)) {
            (row.relative_to_teacher, row.ratio, row.beats_teacher) = (None, None, None);
        }
        if rows.is_empty() { Ok(()) } else { write_rows(&scores, &rows) }
    }

    /// Whether the agent's weights are there and are what the experiment asks for. A student of other teachers than
    /// those that are there now is not done.
    ///
    /// # Errors
    /// If there are weights of another kind.
    pub fn is_done(&self, agent: &Agent) -> Result<bool> {
        let path = self.folder.weights(agent);
        if !path.exists() {
            return Ok(false);
        }
        let (_, found) = self.load(&path, agent)?;
        let Some(student) = scores::student(&self.experiment, agent).filter(|student| !student.is_baseline()) else {
            return Ok(true);
        };
        let expected = (student.loss, self.temperature(student, agent)?.unwrap_or(student.temperature));
        if found.loss != Some(expected) {
            let what = |loss: Option<_>| format!("loss {loss:?}");
            let (found, expected) = (what(found.loss), what(Some(expected)));
            return Err(WeightsError::Mismatch { path, found, expected }.into());
        }
        scores::is_of_teachers(&self.experiment, &self.folder, agent, &found)
    }

    /// Reads weights, which must be of the network that the experiment gives the agent.
    ///
    /// # Errors
    /// As [`agent::load_for`], and if they are of another network.
    pub fn load(&self, path: &Path, agent: &Agent) -> Result<(Network, Metadata)> {
        let (environment, rom) = (&self.experiment.environment, self.rom_record(agent.game));
        let (network, found) = agent::load_for(path, self.device, agent.game, environment, rom.as_ref())?;
        let expected = scores::architecture(&self.experiment, agent).context("random play has no network")?;
        if expected != found.architecture {
            let (found, expected) = (found.architecture.to_string(), expected.to_string());
            return Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into());
        }
        Ok((network, found))
    }
}

/// Checks that the teachers that an experiment takes from another folder are there, and learned as it says, before
/// anything is changed. Those that were taken already need not be there any more.
///
/// # Errors
/// What is wrong with the folder.
pub fn check_source(experiment: &Experiment, folder: &Folder, fresh: bool) -> Result<()> {
    let path = &experiment.teacher.from;
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let from = Folder::at(path);
    let same = path.canonicalize().ok().is_some_and(|path| folder.root().canonicalize().is_ok_and(|own| own == path));
    ensure!(!same, "teacher.from: {} is the experiment's own folder", path.display());
    let mut any = false;
    for agent in scores::teachers(experiment) {
        let (source, taken) = (from.weights(&agent), !fresh && folder.weights(&agent).exists());
        ensure!(source.exists() || taken, "teacher.from: {}: not found; train it there", source.display());
        any |= source.exists();
        let has_bests = |folder: &Folder| Ok::<_, Error>(!bests(&folder.bests(&agent))?.is_empty());
        ensure!(
            !experiment.distillation.online || has_bests(&from)? || taken && has_bests(folder)?,
            "teacher.from: {}: no best teachers, which distillation.online = true needs; train there with it, or set it \
             to false",
            from.bests(&agent).display()
        );
    }
    if !any {
        return Ok(());
    }
    let changed = learned_otherwise(&from, experiment)?;
    ensure!(
        changed.is_empty(),
        "teacher.from: the teachers in {} learned with other settings: {changed}; set them as there",
        path.display()
    );
    Ok(())
}

/// The settings with which the teachers of a folder learned, where an experiment's are others, as text.
///
/// # Errors
/// If the folder's experiment cannot be read.
pub fn learned_otherwise(from: &Folder, experiment: &Experiment) -> Result<String> {
    let theirs = config::read(&from.experiment(), &Overrides::default())?;
    let matters = |key: &str| {
        let section =
            key.starts_with("environment.") || key.starts_with("teacher.") || OF_EVERY_EVALUATION.contains(&key);
        section && key != "teacher.log_every" && !WITHOUT_EFFECT.contains(&key)
    };
    Ok(listed(&changes(&theirs, experiment, matters)?))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let content = std::fs::read(from).with_context(|| format!("{}: cannot be read", from.display()))?;
    write_file(to, &content)
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
