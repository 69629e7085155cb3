//! `pd train`: teachers, and the networks that learn from rewards beside them.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::experiment::{Job, differences};
use super::periodic::Periodic;
use super::scores;
use super::terminal::Stage;
use crate::config::{self, Overrides};
use crate::nn::{self, Metadata, WeightsError};
use crate::progress::Ended;
use crate::record::{Agent, EpisodeRow, Folder, read_rows, write_file, write_rows};
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
            |game, policy: &dyn nn::Policy, steps, updates| evaluation.score(game, policy, steps, updates, &stage);
        let ended = teacher::train(&training, pools, &mut evaluate, &stage)?;
        if ended == Ended::Done {
            self.forget_derived(agent)?;
        }
        Ok(ended)
    }

    /// Refuses teachers that learned in another way than the experiment says.
    fn check_settings(&self, from: &Folder) -> Result<()> {
        let theirs = config::read(&from.experiment(), &Overrides::default())?;
        let changed = differences(&theirs, &self.experiment, |key| {
            let section = key.starts_with("environment.") || key.starts_with("teacher.");
            section && !["teacher.from", "teacher.log_every", "teacher.checkpoint_every"].contains(&key)
        })?;
        ensure!(
            changed.is_empty(),
            "teacher.from: the teachers in {} learned with other settings: {changed}; set them as there",
            from.root().display()
        );
        Ok(())
    }

    /// Takes a teacher with its logs from another experiment's folder, unless it was taken already.
    fn take(&self, agent: &Agent, from: &Folder) -> Result<Ended> {
        let (source, own) = (from.weights(agent), self.folder.weights(agent));
        if !source.exists() {
            if own.exists() {
                return Ok(Ended::Done);
            }
            bail!("{}: not found; train it there, or set teacher.from", source.display());
        }
        self.check_settings(from)?;
        self.check(&source, agent)?;
        if own.exists() && nn::sha256(&own)? == nn::sha256(&source)? {
            return Ok(Ended::Done);
        }
        let copy = |from: &Path, to: &Path| -> Result<()> {
            let content = std::fs::read(from).with_context(|| format!("{}: cannot be read", from.display()))?;
            write_file(to, &content)
        };
        for (log, own) in [(from.train(agent), self.folder.train(agent)), (from.eval(agent), self.folder.eval(agent))] {
            if log.exists() {
                copy(&log, &own)?;
            }
        }
        for (_, best) in crate::distill::bests(&from.bests(agent))? {
            copy(&best, &self.folder.bests(agent).join(best.file_name().unwrap_or_default()))?;
        }
        copy(&source, &own)?;
        self.forget_derived(agent)?;
        Ok(Ended::Done)
    }

    /// A new teacher makes stale what was made from an earlier one in this folder: its students and all scores.
    fn forget_derived(&self, teacher: &Agent) -> Result<()> {
        if *teacher != Agent::teacher(teacher.game, teacher.seed) {
            return Ok(());
        }
        for student in self.experiment.students.iter().filter(|student| !student.is_baseline()) {
            let agent = Agent::of(student, teacher.game, teacher.seed);
            for path in [self.folder.weights(&agent), self.folder.sweep(&agent)] {
                if path.exists() {
                    std::fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
                }
            }
        }
        let mut rows: Vec<EpisodeRow> = read_rows(&self.folder.episodes())?;
        if !rows.is_empty() {
            rows.retain(|row| row.game != teacher.game.name() || row.seed != teacher.seed);
            write_rows(&self.folder.episodes(), &rows)?;
        }
        Ok(())
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
        let found = self.check(&path, agent)?;
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

    /// Refuses weights that are not of the network that the experiment gives the agent.
    fn check(&self, path: &Path, agent: &Agent) -> Result<Metadata> {
        let environment = &self.experiment.environment;
        let (_, found) =
            nn::load_for(path, self.device, agent.game, environment, self.rom_record(agent.game).as_ref())?;
        let expected = scores::architecture(&self.experiment, agent);
        if expected.as_ref() != Some(&found.architecture) {
            let (found, expected) = (format!("{:?}", found.architecture), format!("{expected:?}"));
            return Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into());
        }
        Ok(found)
    }
}
