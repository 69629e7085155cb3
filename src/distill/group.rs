//! The loop of distillation: an hour of the teacher's play, then updates of each student, and again.

use anyhow::Result;

use super::checkpoint;
use super::play::{PlayState, QValues, play};
use super::student::Student;
use crate::config::{self, Experiment};
use crate::env::{EpisodeSeeds, Pool};
use crate::game::Game;
use crate::nn::{self, Device, Evaluate, Metadata, Network};
use crate::progress::{Ended, Progress};
use crate::record::{Agent, Folder, RomRecord};
use crate::replay::Replay;
use crate::units::{Seed, Steps};

/// Rows of `train.csv` per hour.
const ROWS_PER_HOUR: u64 = 10;
/// States of an hour's new play on which a student's agreement is measured before it trains on them.
const HELD_OUT: usize = 512;

/// The students of a game and seed that are distilled together, and their teacher.
pub struct Group<'a> {
    pub experiment: &'a Experiment,
    pub game: Game,
    pub seed: u64,
    pub students: Vec<&'a config::Student>,
    pub teacher: &'a Network,
    /// SHA-256 of the teacher's weights.
    pub teacher_hash: String,
    pub rom: Option<RomRecord>,
    pub folder: &'a Folder,
    pub device: Device,
}

/// Distils the group's students until their weights are on disk, from their checkpoint if there is one. `progress`
/// counts the updates of all of them.
///
/// # Errors
/// A file that cannot be read or written, or a checkpoint of other settings.
pub fn distill(group: &Group, pool: Pool, evaluate: &mut Evaluate, progress: &dyn Progress) -> Result<Ended> {
    let settings = &group.experiment.distillation;
    let mut run = Run::start(group, pool)?;
    while run.hour < settings.hours {
        if progress.stop() {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        if run.play.steps < (run.hour + 1) * settings.steps_per_hour {
            play(group.teacher, settings.epsilon, &mut run.pool, &mut run.play, &mut run.memory);
        } else if let Some(student) = run.next_to_train() {
            run.update(student)?;
        } else if !run.evaluate(evaluate)? {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        } else {
            run.hour += 1;
            if run.hour.is_multiple_of(settings.checkpoint_every) && run.hour < settings.hours {
                checkpoint::write(&run)?;
            }
        }
        progress.at(run.students.iter().map(|student| student.state.updates).sum(), &run.note);
    }
    run.finish()?;
    Ok(Ended::Done)
}

/// A distillation in progress.
pub struct Run<'a> {
    pub group: &'a Group<'a>,
    /// Hours that are complete.
    pub hour: u64,
    pub play: PlayState,
    pub pool: Pool,
    pub memory: Replay<QValues>,
    pub students: Vec<Student>,
    note: String,
}

impl<'a> Run<'a> {
    /// A new distillation, or the one in the checkpoint.
    fn start(group: &'a Group<'a>, mut pool: Pool) -> Result<Run<'a>> {
        let workers = pool.workers();
        // Students are not part of this seed: the teacher plays the same games for any of them.
        let seed = Seed(group.seed).derive("distillation", 0).derive(group.game.name(), 0);
        let mut memory = Replay::new(group.experiment.distillation.memory, workers);
        let saved = checkpoint::read(group)?;
        let student = |&settings: &&config::Student| {
            let agent = Agent::student(&settings.name, group.game, group.seed);
            let saved = saved.as_ref().map(|saved| saved.student(settings)).transpose()?;
            Student::start(group.experiment, agent, settings, group.folder, group.device, saved)
        };
        let students = group.students.iter().map(student).collect::<Result<_>>()?;
        let (hour, play) = match &saved {
            Some(saved) => {
                pool.restore(&saved.pool)?;
                memory.load(&checkpoint::memory(group))?;
                (saved.hour, saved.play.clone())
            }
            None => {
                let explorer = |i| seed.derive("exploration", i).generator();
                let explorers = (0..workers as u64).map(explorer).collect();
                (0, PlayState { steps: 0, explorers, episodes: EpisodeSeeds::new(seed.derive("play", 0), workers) })
            }
        };
        Ok(Run { group, hour, play, pool, memory, students, note: String::new() })
    }

    /// The first student that has updates left in this hour.
    fn next_to_train(&self) -> Option<usize> {
        let due = (self.hour + 1) * self.group.experiment.distillation.updates_per_hour;
        self.students.iter().position(|student| student.state.updates < due)
    }

    fn update(&mut self, index: usize) -> Result<()> {
        let config::Distillation { updates_per_hour, batch, .. } = self.group.experiment.distillation;
        let held_out = self.held_out(index);
        let student = &mut self.students[index];
        if let Some(agreement) = held_out {
            student.state.held_out_agreement = agreement;
        }
        student.update(&self.memory, batch);
        let in_hour = student.state.updates - self.hour * updates_per_hour;
        let row = in_hour * ROWS_PER_HOUR / updates_per_hour;
        if row > (in_hour - 1) * ROWS_PER_HOUR / updates_per_hour {
            student.log(self.hour + 1, self.play.steps)?;
            let agreement = 100.0 * student.state.held_out_agreement;
            self.note = format!("hour {}, {}: {agreement:.0}% of new states agree", self.hour + 1, student.agent.name);
        }
        Ok(())
    }

    /// Before a student's first update of an hour: its agreement with the teacher on the hour's new play.
    fn held_out(&self, index: usize) -> Option<f64> {
        let config::Distillation { updates_per_hour, steps_per_hour, batch, .. } = self.group.experiment.distillation;
        let student = &self.students[index];
        if student.state.updates != self.hour * updates_per_hour {
            return None;
        }
        let mut generator = Seed(self.group.seed).derive("held out", self.hour).generator();
        let newest = steps_per_hour as usize / self.pool.workers();
        let places = self.memory.sample_newest(&mut generator, HELD_OUT, newest);
        Some(student.agreement_on(&self.memory, &places, batch))
    }

    /// The hour's evaluations, if any is due; whether they were finished.
    fn evaluate(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        let every = self.group.experiment.distillation.evaluation_every;
        if every == 0 || !(self.hour + 1).is_multiple_of(every) {
            return Ok(true);
        }
        for student in &mut self.students {
            if student.state.evaluated_hours > self.hour {
                continue;
            }
            let Some(mut row) = evaluate(&student.network.player(0), Steps(self.play.steps), student.state.updates)?
            else {
                return Ok(false);
            };
            row.best = student.state.best.is_none_or(|best| row.mean > best);
            if row.best {
                student.state.best = Some(row.mean);
            }
            log::info!("{}: hour {}, score {:.1}", student.agent, self.hour + 1, row.mean);
            student.eval.append(&row)?;
            student.state.evaluated_hours = self.hour + 1;
        }
        Ok(true)
    }

    /// Writes the students' weights; the checkpoint has served.
    fn finish(self) -> Result<()> {
        let Group { experiment, folder, rom, .. } = self.group;
        let frames = Steps(self.play.steps).frames(experiment.environment.frame_skip).0;
        for student in &self.students {
            let architecture = student.network.architecture();
            let mut metadata =
                Metadata::new(&student.agent, architecture, &experiment.environment, rom.clone(), frames);
            metadata.loss = Some((student.settings.loss, student.settings.temperature));
            metadata.teacher = Some(self.group.teacher_hash.clone());
            nn::save(&folder.weights(&student.agent), &student.network, &metadata)?;
        }
        folder.remove_distillation(self.group.game, self.group.seed)
    }
}
