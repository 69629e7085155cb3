//! Distils students of a teacher that another process trains.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use super::agents::teacher_of;
use super::evaluator::TrainingEvaluator;
use super::open::AtariPipeline;
use super::settings::learned_otherwise;
use super::state::is_of_teachers;
use super::work::AgentWork;
use crate::agent::{self, Policy};
use crate::config::{self, Data, Experiment, Overrides, StudentSettings};
use crate::distill::{self, StudentGroup, TeacherSource};
use crate::game::Game;
use crate::pipeline::batch::Batch;
use crate::pipeline::{refused, with_commas};
use crate::progress::{Ended, Progress};
use crate::record::{AdoptionRow, AgentId, Folder, read_rows};

/// Time between two looks for the start of the training.
const PAUSE: Duration = Duration::from_millis(500);

impl AtariPipeline<'_> {
    /// Distils students from the best teacher so far of a training in another folder, until that training ends. If it
    /// has not begun yet, waits for it.
    pub fn follow(&self, batch: &Batch<AgentWork>, from: &Path, agents: &[&AgentId]) -> Result<Ended> {
        let experiment = &self.experiment;
        let (game, seed) = followed(experiment)?;
        let (from, teacher) = (Folder::at(from), teacher_of(experiment, game, seed));
        let students = self.students(agents)?;
        let first = agents.first().context("nobody follows")?;
        let games = vec![(self.played(game, first), TeacherSource::Latest(from.bests(&teacher)))];
        let group =
            StudentGroup { experiment, seed, games, students, folder: &self.folder, device: self.command.device };
        let name = format!("students that follow {teacher}");
        let progress = &batch.watch(&self.command, &name, group.updates(), "updates");
        if wait_for_training(&from, &teacher, experiment, progress)? == Ended::Stopped {
            return Ok(Ended::Stopped);
        }
        let episodes = experiment.distillation.evaluation_episodes;
        let view = group.environment().observation;
        let mut evaluator = TrainingEvaluator::new(self, view, seed, episodes);
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluator.score(game, policy, steps, updates, progress);
        distill::follow(&group, self.pool(game, &group.views())?, &from.weights(&teacher), &mut evaluate, progress)
    }

    /// Copies the teacher of a training that is over, if the students followed it, so that both are scored together.
    pub fn take_followed(&self, from: &Folder, teacher: &AgentId) -> Result<Ended> {
        if !from.weights(teacher).exists() || !from.experiment().exists() {
            return Ok(Ended::Done);
        }
        let place = from.root().display();
        let (_, seed) = followed(&self.experiment)?;
        for student in &self.experiment.students {
            let agent = AgentId::of(student, teacher.game, seed);
            let found = agent::metadata(&self.folder.weights(&agent))?;
            if !is_of_teachers(&self.experiment, from, &self.digests, &agent, &found)? {
                log::warn!(
                    "{place}: its teacher is not copied, because it is not the one that {agent} followed; start over with --fresh"
                );
                return Ok(Ended::Done);
            }
        }
        self.take(teacher, from)
    }
}

/// Waits until a training has begun in the folder.
///
/// # Errors
/// If it is none of that teacher, or keeps no best ones.
fn wait_for_training(
    from: &Folder,
    teacher: &AgentId,
    experiment: &Experiment,
    progress: &dyn Progress,
) -> Result<Ended> {
    let place = from.root().display();
    let has_begun = || from.experiment().exists() || from.bests(teacher).exists();
    if !has_begun() {
        let missing = if from.root().exists() { "no experiment in it" } else { "not found" };
        log::warn!("{place}: {missing}; waiting until `pd train` begins there");
    }
    while !has_begun() {
        progress.at(0, &format!("waiting for a training in {place}"));
        if progress.stop() {
            return Ok(Ended::Stopped);
        }
        sleep(PAUSE);
    }
    check_followed(from, teacher, experiment)?;
    Ok(Ended::Done)
}

/// Checks, before anything is changed, that students of the experiment can follow the training in a folder, as far as
/// it has begun.
///
/// # Errors
/// The obstacle.
pub fn check(experiment: &Experiment, folder: &Folder, from: &Path) -> Result<()> {
    if folder.is_same(&Folder::at(from)) {
        let from = from.display();
        let problem = format!("{from}: the training's own folder; followers need another, with --out or a name");
        return Err(refused(problem));
    }
    let (game, seed) = followed(experiment)?;
    check_followed(&Folder::at(from), &teacher_of(experiment, game, seed), experiment)
}

/// Checks that the students which are there already followed a training, too.
///
/// # Errors
/// A student that did not, and the way out; a log that is damaged.
pub fn check_students(experiment: &Experiment, folder: &Folder) -> Result<()> {
    let (game, seed) = followed(experiment)?;
    for student in &experiment.students {
        let agent = AgentId::of(student, game, seed);
        let adopted = read_rows::<AdoptionRow>(&folder.adoptions(&agent))?;
        if folder.weights(&agent).exists() && adopted.iter().all(|row| row.unix_time.is_none()) {
            let place = folder.root().display();
            let problem =
                format!("{place}: its {agent} followed no training; choose another folder with --out, or --fresh");
            return Err(refused(problem));
        }
    }
    Ok(())
}

/// Checks that the experiment in the folder, if one is written there, trains the teacher as the students' experiment
/// says, and keeps its bests. It may have trained others before.
fn check_followed(from: &Folder, teacher: &AgentId, experiment: &Experiment) -> Result<()> {
    if !from.experiment().exists() {
        return Ok(());
    }
    let place = from.root().display();
    let theirs = config::read(&from.experiment(), &Overrides::default())?;
    let AgentId { game, seed, .. } = teacher;
    let is_there = from.bests(teacher).exists();
    if !is_there && !theirs.games.contains(game) {
        let games = with_commas(&theirs.games);
        return Err(refused(format!("{place}: no teacher of {game} is trained there; choose among games = {games}")));
    }
    if !is_there && !theirs.teacher_seeds().contains(seed) {
        let seeds = with_commas(theirs.teacher_seeds());
        let problem = format!("{place}: no teacher of seed {seed} is trained there; choose --seed among {seeds}");
        return Err(refused(problem));
    }
    if !theirs.distillation.online {
        return Err(refused(format!("{place}: keeps no best teachers; train there with distillation.online = true")));
    }
    let changed = learned_otherwise(from, experiment)?;
    if !changed.is_empty() {
        let problem =
            format!("{place}: its teacher learns with other settings: {changed}; use the same values as there");
        return Err(refused(problem));
    }
    Ok(())
}

/// The game and seed of the followed teacher.
///
/// # Errors
/// If the experiment's students cannot follow one.
fn followed(experiment: &Experiment) -> Result<(Game, u64)> {
    let Experiment { students, distillation, .. } = experiment;
    let (&[game], &[seed]) = (experiment.games.as_slice(), experiment.seeds.as_slice()) else {
        return Err(refused("students follow one teacher: name one game and one seed"));
    };
    let cannot_follow =
        students.iter().any(|student| student.is_baseline() || student.is_shared() || student.chooses_temperature());
    if students.is_empty() || cannot_follow {
        return Err(refused("follow: needs students of one game with a distillation loss and a given temperature"));
    }
    if distillation.data != Data::Teacher && students.len() > 1 {
        return Err(refused("follow: students that play for themselves must follow one at a time"));
    }
    let view = |student: &StudentSettings| student.observation.beside(experiment.environment.observation);
    if students.iter().any(|student| view(student) != view(&students[0])) {
        return Err(refused("follow: students with different views must follow one view at a time"));
    }
    Ok((game, seed))
}
