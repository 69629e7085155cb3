//! The loop of distillation: an hour of play, then updates of each student, repeated.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, DistillCheckpoint};
use super::group::StudentGroup;
use super::state_source::StateSource;
use super::student::Student;
use super::teacher_source::Teacher;
use crate::agent::{self, Evaluate, Metadata, Player};
use crate::config::{self, Data};
use crate::env::Pool;
use crate::progress::{Ended, Progress};
use crate::statistics::mean;
use crate::units::{Seed, Steps};

/// Rows of `train.csv` per hour.
const ROWS_PER_HOUR: u64 = 10;
/// The reason, in the log, for which students of a training's recorded history take a teacher.
const BEST: &str = "best so far in the training that is followed";
/// The time of a step of play, in updates: some 1.5 ms beside 10 ms of a small network, on one core.
const UPDATES_PER_STEP: f64 = 0.15;
/// Number of states of an hour's new play, per game, on which a student is measured before it trains on them.
const HELD_OUT: usize = 512;

/// Distils the group's students until their weights are on disk; continues from their checkpoint if there is one.
/// `pools` has the environments of each game, whose first view is the teacher's and whose last is the students';
/// `progress` counts the updates of all students.
///
/// # Errors
/// A file that cannot be read or written, or a checkpoint of other settings.
pub fn distill(
    group: &StudentGroup,
    pools: Vec<Pool>,
    evaluate: &mut Evaluate,
    progress: &dyn Progress,
) -> Result<Ended> {
    let settings = &group.experiment.distillation;
    let mut run = DistillRun::start(group, pools)?;
    progress.at_share(run.updates(), run.share(), "");
    while run.state.hour < settings.hours {
        if progress.stop() {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        // A teacher that has finished stays as it is.
        if group.is_online() && run.begins_hour() {
            for index in 0..run.sources.len() {
                let path = group.games[index].1.at(run.state.hour, settings.hours)?;
                run.log_first(index, BEST)?;
                if let Some(teacher) = Teacher::other(&run, index, &path)? {
                    run.adopt(index, teacher, BEST)?;
                }
            }
        }
        if !run.advance(evaluate)? {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        progress.at_share(run.updates(), run.share(), &run.note);
    }
    run.finish()?;
    Ok(Ended::Done)
}

/// A distillation in progress.
pub struct DistillRun<'a> {
    pub group: &'a StudentGroup<'a>,
    pub state: DistillState,
    pub sources: Vec<StateSource>,
    pub students: Vec<Student>,
    pub note: String,
}

/// The changing state of a distillation, without play and students.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct DistillState {
    /// Hours that are complete.
    pub hour: u64,
    /// When a live training is followed: the hour after which the students have learned enough from their teacher.
    pub until: u64,
    /// The game that is being played. Games take turns of one episode each.
    turn: usize,
}

impl<'a> DistillRun<'a> {
    /// Starts a new distillation with the first hour's teachers, or continues the one in the checkpoint.
    pub fn start(group: &'a StudentGroup<'a>, pools: Vec<Pool>) -> Result<DistillRun<'a>> {
        let settings = &group.experiment.distillation;
        let saved = checkpoint::read(group)?;
        let mut sources = Vec::new();
        for (index, ((played, teacher_source), pool)) in group.games.iter().zip(pools).enumerate() {
            let game = played.game;
            // Where the teacher plays, its episodes do not depend on the students that learn from them.
            let seed = Seed(group.seed).derive("distillation", 0).derive(game.name(), 0);
            let seed = if settings.data == Data::Teacher { seed } else { seed.derive(&group.students[0].name, 0) };
            let first = || {
                Teacher::read(
                    &teacher_source.at(0, settings.hours)?,
                    played,
                    &group.experiment.environment,
                    group.device,
                )
            };
            let teacher =
                saved.as_ref().map_or_else(first, |saved| saved.sources[index].teacher.restore(group, index))?;
            let seen = pool.views().last().map(|view| view.shape);
            ensure!(seen == Some(played.observation), "{game}: the environments do not give the students' view");
            let mut source = StateSource::new(game, teacher, pool, settings.memory, seed);
            if group.is_online() {
                source.keep_teachers_view(settings.memory);
            }
            if let Some(saved) = &saved {
                source.collector.restore(&saved.sources[index].play)?;
                checkpoint::load_memories(group, index, &mut source)?;
            }
            sources.push(source);
        }
        let saved_students = saved.as_ref().map(|saved: &DistillCheckpoint| saved.students.as_slice());
        let student = |settings| Student::start(group, settings, saved_students);
        let students = group.students.iter().map(student).collect::<Result<_>>()?;
        let state = saved.map(|saved| saved.state).unwrap_or_default();
        Ok(DistillRun { group, state, sources, students, note: String::new() })
    }

    fn settings(&self) -> &'a config::Distillation {
        &self.group.experiment.distillation
    }

    /// Updates of all students.
    pub fn updates(&self) -> u64 {
        self.students.iter().map(|student| student.state.updates).sum()
    }

    /// The share of the work of all `hours` that is done, at most 1. Play counts too, by its rough cost.
    pub fn share(&self) -> f64 {
        let work = |updates: u64, steps: u64| updates as f64 + UPDATES_PER_STEP * steps as f64;
        let (hours, games) = (self.settings().hours, self.sources.len() as u64);
        let steps = self.sources.iter().map(StateSource::steps).sum();
        let updates = hours * self.updates_per_hour() * self.students.len() as u64;
        (work(self.updates(), steps) / work(updates, hours * self.settings().steps_per_hour * games)).min(1.0)
    }

    /// Updates of a student in an hour, the same number for each game.
    fn updates_per_hour(&self) -> u64 {
        self.settings().updates_per_hour * self.sources.len() as u64
    }

    /// Whether no step of this hour has been made yet.
    pub fn begins_hour(&self) -> bool {
        let played = self.state.hour * self.settings().steps_per_hour;
        let trained = self.state.hour * self.updates_per_hour();
        // All workers step together, so that an hour may be some steps too long.
        let over = self.sources.iter().all(|source| source.steps() < played + source.workers() as u64);
        over && self.students.iter().all(|student| student.state.updates == trained)
    }

    /// Makes `teacher` the one of a game, and logs it with the reason.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn adopt(&mut self, index: usize, teacher: Teacher, reason: &str) -> Result<()> {
        let before = self.sources[index].teacher.score;
        self.sources[index].adopt(teacher);
        self.log_teacher(index, before, reason)
    }

    /// Logs the teacher with which a game began, unless one is logged already.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn log_first(&mut self, index: usize, reason: &str) -> Result<()> {
        let is_logged = self.students[0].state.adopted[index];
        if is_logged { Ok(()) } else { self.log_teacher(index, None, reason) }
    }

    /// Logs the teacher of a game, after one with the score `before`.
    fn log_teacher(&mut self, index: usize, before: Option<f64>, reason: &str) -> Result<()> {
        let (source, hour) = (&self.sources[index], self.state.hour);
        self.students.iter_mut().try_for_each(|student| student.adopt(source, index, hour, before, reason))
    }

    /// Continues the hour: a step of play, an update, or the evaluation and the hour's end. Returns whether that was
    /// finished.
    pub fn advance(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        if let Some(source) = self.next_to_play() {
            self.play(source);
        } else if let Some(student) = self.next_to_train() {
            self.update(student)?;
        } else if !self.evaluate(evaluate)? {
            return Ok(false);
        } else {
            self.state.hour += 1;
            self.students.iter_mut().for_each(|student| student.state.evaluated = 0);
            let last = self.state.hour == self.settings().hours.max(self.state.until);
            if self.state.hour.is_multiple_of(self.settings().checkpoint_every) && !last {
                checkpoint::write(self)?;
            }
        }
        Ok(true)
    }

    /// The game whose turn it is, or the next game with play left in this hour.
    fn next_to_play(&self) -> Option<usize> {
        let due = (self.state.hour + 1) * self.settings().steps_per_hour;
        let games = self.sources.len();
        let turns = (0..games).map(|next| (self.state.turn + next) % games);
        turns.into_iter().find(|&source| self.sources[source].steps() < due)
    }

    /// Steps every worker of a game. The turn ends with an episode.
    fn play(&mut self, index: usize) {
        let (source, settings) = (&mut self.sources[index], &self.group.experiment.distillation);
        let before = source.collector.state.episodes_ended;
        source.play(settings, Player::new(self.students[0].network(), index));
        let over = source.collector.state.episodes_ended != before;
        self.state.turn = if over { (index + 1) % self.sources.len() } else { index };
        let (before, due) = (self.state.hour * settings.steps_per_hour, settings.steps_per_hour);
        let done = self.sources.iter().map(|source| source.steps().saturating_sub(before).min(due)).sum::<u64>();
        let share = 100 * done / (due * self.sources.len() as u64).max(1);
        self.note = format!("hour {}, play: {share}%", self.state.hour + 1);
    }

    /// The first student that has updates left in this hour.
    fn next_to_train(&self) -> Option<usize> {
        let due = (self.state.hour + 1) * self.updates_per_hour();
        self.students.iter().position(|student| student.state.updates < due)
    }

    fn update(&mut self, index: usize) -> Result<()> {
        let (hour, per_hour) = (self.state.hour, self.updates_per_hour());
        let batch = self.settings().batch;
        if self.students[index].state.updates == hour * per_hour {
            self.begin_hour(index);
        }
        let student = &mut self.students[index];
        student.update(&self.sources, batch);
        let in_hour = student.state.updates - hour * per_hour;
        let row = in_hour * ROWS_PER_HOUR / per_hour;
        if row > (in_hour - 1) * ROWS_PER_HOUR / per_hour {
            student.log(hour + 1, &self.sources)?;
        }
        Ok(())
    }

    /// Before a student's first update of an hour, measures it on states of the hour's new play.
    fn begin_hour(&mut self, index: usize) {
        let settings = self.settings();
        let (steps_per_hour, initialization) = (settings.steps_per_hour, settings.initialization);
        let hour = self.state.hour;
        let mut generator = Seed(self.group.seed).derive("held out", hour).generator();
        let places = |source: &StateSource| {
            let newest = steps_per_hour as usize / source.workers();
            source.memory.sample_newest(&mut generator, HELD_OUT, newest)
        };
        let places: Vec<_> = self.sources.iter().map(places).collect();
        let student = &mut self.students[index];
        if hour == 0 {
            student.initialize(initialization, &self.sources, &places);
        }
        student.inspect(hour, &self.sources, &places, settings);
        let agreement = 100.0 * mean(&student.state.held_out_agreement).expect("a student has games");
        self.note = format!("hour {}, {}: {agreement:.0}% of new states agree", hour + 1, student.agent.name);
    }

    /// Runs the evaluations that are due in this hour; returns whether they were finished.
    fn evaluate(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        let every = self.settings().evaluation_every;
        if every == 0 || !(self.state.hour + 1).is_multiple_of(every) {
            return Ok(true);
        }
        // Each student says itself how far it is: after a stop, those whose weights are on disk are not there any more.
        while let Some(student) = self.students.iter_mut().find(|student| student.state.evaluated < self.sources.len())
        {
            let head = student.state.evaluated;
            let (game, steps) = (self.sources[head].game, Steps(self.sources[head].steps()));
            let Some(row) = evaluate(game, &Player::new(student.network(), head), steps, student.state.updates)? else {
                return Ok(false);
            };
            log::info!("{}: hour {}, score {:.1} in {game}", student.agent, self.state.hour + 1, row.mean);
            student.evaluated(head, row)?;
        }
        Ok(true)
    }

    /// Writes the students' weights, and removes the checkpoint.
    pub fn finish(self) -> Result<()> {
        let StudentGroup { experiment, folder, .. } = self.group;
        let steps = Steps(self.sources.iter().map(StateSource::steps).sum());
        let frames = steps.frames(experiment.environment.frame_skip).0;
        let teachers: Vec<_> = self.sources.iter().map(|source| source.teacher.hash.as_str()).collect();
        for student in &self.students {
            student.sync()?;
            student.finite_weights(self.state.hour)?;
            let games = self.group.games.iter().map(|(played, _)| played.clone()).collect();
            let architecture = student.network().architecture();
            let mut metadata = Metadata::new(&student.agent, architecture, &self.group.environment(), games, frames);
            metadata.loss = Some((student.loss, student.settings.temperature));
            metadata.learning_rate = Some(student.settings.learning_rate.or(experiment.distillation.learning_rate));
            metadata.data = Some(experiment.distillation.data);
            metadata.temperatures = student.state.temperatures.iter().flatten().copied().collect();
            metadata.teacher = Some(teachers.join(","));
            agent::save(&folder.weights(&student.agent), student.network(), &metadata)?;
        }
        folder.remove_distillation(&self.group.name(), self.group.seed)
    }
}
