//! `pd distill`: students that share the play that they learn from are made together.

use std::fmt;

use anyhow::{Context, Result};

use super::experiment::Job;
use super::periodic::Periodic;
use super::terminal::Stage;
use crate::agent::{self, Policy};
use crate::config::{Data, Student};
use crate::distill::{self, Group, Lead};
use crate::game::Game;
use crate::progress::Ended;
use crate::record::Agent;

/// Students of a seed that learn from the same play: of one game, or of all.
struct Class<'a> {
    seed: u64,
    games: Vec<Game>,
    students: Vec<&'a Student>,
}

impl fmt::Display for Class<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.games.as_slice() {
            [game] => write!(f, "students of {game}, seed {}", self.seed),
            games => write!(f, "students of {} games, seed {}", games.len(), self.seed),
        }
    }
}

/// A class for each of its students: whoever plays for themselves learns alone.
fn alone(class: Class<'_>) -> Vec<Class<'_>> {
    let Class { seed, games, students } = class;
    students.into_iter().map(|student| Class { seed, games: games.clone(), students: vec![student] }).collect()
}

impl Job {
    /// Distils every student that has no weights yet.
    pub fn distill_stage(&mut self) -> Result<Ended> {
        self.timed("distill", |job| job.each(job.classes(), Job::distill_class))
    }

    fn classes(&self) -> Vec<Class<'_>> {
        let experiment = &self.experiment;
        let (shared, own): (Vec<_>, Vec<_>) = experiment
            .students
            .iter()
            .filter(|student| !student.is_baseline())
            .partition(|student| student.is_shared());
        let games = experiment.games.iter().map(|&game| (vec![game], own.clone()));
        let kinds: Vec<_> = games.chain([(experiment.games.clone(), shared)]).collect();
        let of_seed = |&seed: &u64| {
            kinds.clone().into_iter().map(move |(games, students)| Class { seed, games, students }).collect::<Vec<_>>()
        };
        let all = experiment.seeds.iter().flat_map(of_seed).filter(|class| !class.students.is_empty());
        if experiment.distillation.data == Data::Teacher {
            return all.collect();
        }
        all.flat_map(alone).collect()
    }

    fn distill_class(&self, class: &Class) -> Result<Ended> {
        let Class { seed, games, students } = class;
        let mut left = Vec::new();
        for &student in students {
            let agent = Agent::of(student, games[0], *seed);
            if self.is_done(&agent)? {
                continue;
            }
            if self.temperature(student, &agent)?.is_none() && self.sweep(student, &agent)? == Ended::Stopped {
                return Ok(Ended::Stopped);
            }
            let temperature = self.temperature(student, &agent)?.context("the sweep chose no temperature")?;
            left.push(Student { temperature, ..student.clone() });
        }
        if left.is_empty() {
            return Ok(Ended::Done);
        }
        let mut led = Vec::new();
        for &game in games {
            led.push((self.played(game), self.lead(&Agent::teacher(game, *seed))?));
        }
        let (experiment, folder, device) = (&self.experiment, &self.folder, self.device);
        self.distill_group(&Group { experiment, seed: *seed, students: left, games: led, folder, device })
    }

    /// Distils a group whose students have their temperatures.
    pub fn distill_group(&self, group: &Group) -> Result<Ended> {
        let games: Vec<_> = group.games.iter().map(|(played, _)| played.game).collect();
        let name = Class { seed: group.seed, games: games.clone(), students: Vec::new() }.to_string();
        let stage = Stage::new(&name, group.updates(), "updates", self.quiet);
        let mut evaluation =
            Periodic::new(self, &games, group.seed, group.experiment.distillation.evaluation_episodes)?;
        let pools = games.iter().map(|&game| self.pool(game)).collect::<Result<_>>()?;
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluation.score(game, policy, steps, updates, &stage);
        distill::distill(group, pools, &mut evaluate, &stage)
    }

    /// Where students of that teacher find whom they learn from.
    fn lead(&self, teacher: &Agent) -> Result<Lead> {
        if self.experiment.distillation.online {
            let frames = self.experiment.teacher.frames;
            return Ok(Lead::Best { folder: self.folder.bests(teacher), frames });
        }
        let path = self.folder.weights(teacher);
        let rom = self.rom_record(teacher.game);
        agent::load_for(&path, self.device, teacher.game, &self.experiment.environment, rom.as_ref())
            .context("the teacher")?;
        Ok(Lead::Final(path))
    }
}
