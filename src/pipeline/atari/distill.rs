//! Distils the students that learn from the same play together.

use std::fmt;

use anyhow::{Context, Result};

use super::agents::{games, student, teacher_of};
use super::evaluator::TrainingEvaluator;
use super::open::AtariPipeline;
use super::sweep::temperature;
use super::train::warn_of_few_updates;
use super::work::AgentWork;
use crate::agent::{self, Policy};
use crate::config::StudentSettings;
use crate::distill::{self, Diverged, StudentGroup, TeacherSource, group_name};
use crate::game::Game;
use crate::pipeline::batch::Batch;
use crate::progress::Ended;
use crate::record::AgentId;

/// The students, of the same seed and games, that are distilled together, for messages.
struct Together<'a> {
    students: Vec<&'a str>,
    seed: u64,
    games: &'a [Game],
}

impl fmt::Display for Together<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.students.as_slice() {
            [student] => write!(f, "student {student} of ")?,
            students => write!(f, "{} students of ", students.len())?,
        }
        match self.games {
            [game] => write!(f, "{game}")?,
            games => write!(f, "{} games", games.len())?,
        }
        write!(f, ", seed {}", self.seed)
    }
}

impl AtariPipeline<'_> {
    /// Distils students with the same games and seed until their weights are on disk. One that diverges takes none with
    /// it: the others go on from the last checkpoint without it.
    ///
    /// # Errors
    /// The failure of all, or of a student that diverged, after the others are done.
    pub fn distill(&self, batch: &Batch<AgentWork>, agents: &[&AgentId]) -> Result<Ended> {
        // What has weights is not done, so that those are of other teachers.
        let mut stale = agents.iter().filter(|agent| self.folder.weights(agent).exists());
        stale.try_for_each(|agent| self.forget_stale(agent))?;
        let (begun, new) = self.begun(agents)?;
        let mut failure = None;
        for mut together in [begun, new] {
            while !together.is_empty() {
                match self.distill_together(batch, &together) {
                    Ok(Ended::Done) => break,
                    Ok(Ended::Stopped) => return Ok(Ended::Stopped),
                    Err(error) => {
                        let Some(Diverged { student, .. }) = error.downcast_ref() else {
                            let students = together.iter().map(|agent| agent.name.as_str()).collect();
                            let seed = together[0].seed;
                            let name = Together { students, seed, games: &games(&self.experiment, together[0]) };
                            return Err(error.context(name.to_string()));
                        };
                        together.retain(|agent| *agent != student);
                        failure
                            .replace(error)
                            .iter()
                            .for_each(|earlier| self.command.observer.say(&format!("{earlier:#}")));
                    }
                }
            }
        }
        failure.map_or(Ok(Ended::Done), Err)
    }

    /// The agents whose distillation is in the checkpoint of their group, if there is one, and those that begin.
    fn begun<'b>(&self, agents: &[&'b AgentId]) -> Result<(Vec<&'b AgentId>, Vec<&'b AgentId>)> {
        let first = agents.first().context("a distillation without students")?;
        let student = student(&self.experiment, first).with_context(|| format!("{first}: not a student"))?;
        let place = first.place();
        let checkpoint = self.folder.distillation(&group_name(&self.experiment, student, place), first.seed);
        // A checkpoint that cannot be read is reported when it is continued.
        let saved = distill::students_in(&checkpoint).unwrap_or_default();
        let is_saved = |agent: &&&AgentId| saved.is_empty() || saved.iter().any(|saved| saved.name == agent.name);
        Ok(agents.iter().partition(is_saved))
    }

    fn distill_together(&self, batch: &Batch<AgentWork>, agents: &[&AgentId]) -> Result<Ended> {
        let first = agents.first().context("a distillation without students")?;
        let students = self.students(agents)?;
        let games = games(&self.experiment, first);
        let leads = games.iter().map(|&game| {
            Ok((self.played(game, first), self.teacher_source(&teacher_of(&self.experiment, game, first.seed))?))
        });
        let games = leads.collect::<Result<_>>()?;
        let (experiment, folder, device) = (&self.experiment, &self.folder, self.command.device);
        let updates = experiment.distillation.updates(1);
        warn_of_few_updates(first, updates, "raise distillation.hours or distillation.updates_per_hour");
        self.distill_group(batch, &StudentGroup { experiment, seed: first.seed, students, games, folder, device })
    }

    /// The agents' sections of the experiment, with their chosen temperatures.
    pub fn students(&self, agents: &[&AgentId]) -> Result<Vec<StudentSettings>> {
        let section = |agent: &&AgentId| {
            let student = student(&self.experiment, agent).with_context(|| format!("{agent}: not a student"))?;
            let temperature = temperature(&self.folder, student, agent)?.context("the sweep chose no temperature")?;
            Ok(StudentSettings { temperature, ..student.clone() })
        };
        agents.iter().map(section).collect()
    }

    /// Distils a group whose students have numeric temperatures.
    pub fn distill_group(&self, batch: &Batch<AgentWork>, group: &StudentGroup) -> Result<Ended> {
        let games: Vec<_> = group.games.iter().map(|(played, _)| played.game).collect();
        let students = group.students.iter().map(|student| student.name.as_str()).collect();
        let name = Together { students, seed: group.seed, games: &games }.to_string();
        let progress = &batch.watch(&self.command, &name, group.updates(), "updates");
        let episodes = group.experiment.distillation.evaluation_episodes;
        let view = group.environment().observation;
        let mut evaluator = TrainingEvaluator::new(self, view, group.seed, episodes);
        let pools = games.iter().map(|&game| self.pool(game, &group.views())).collect::<Result<_>>()?;
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluator.score(game, policy, steps, updates, progress);
        distill::distill(group, pools, &mut evaluate, progress)
    }

    /// The source of the teachers for students of `teacher`.
    fn teacher_source(&self, teacher: &AgentId) -> Result<TeacherSource> {
        if self.experiment.distillation.online {
            let frames = self.experiment.teacher.frames;
            return Ok(TeacherSource::Best { folder: self.folder.bests(teacher), frames });
        }
        let path = self.folder.weights(teacher);
        let rom = self.rom_record(teacher.game);
        let check = || {
            let metadata = agent::metadata(&path)?;
            agent::check_for(&path, &metadata, teacher.game, &self.experiment.environment, rom.as_ref())
        };
        check().context("the teacher")?;
        Ok(TeacherSource::Final(path))
    }
}
