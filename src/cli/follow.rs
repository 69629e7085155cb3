//! `pd follow`: students of a teacher that another process trains.

use std::path::Path;

use anyhow::{Result, ensure};

use super::experiment::Job;
use super::periodic::Periodic;
use super::terminal::Stage;
use super::usage;
use crate::config::{self, Data, Experiment, Overrides};
use crate::distill::{self, Group, Lead};
use crate::game::Game;
use crate::nn::Policy;
use crate::progress::Ended;
use crate::record::{Agent, Folder};

impl Job {
    /// Distils the experiment's students from the best teacher so far of a training in another folder, as long as that
    /// goes on, or as it is still to begin.
    pub fn follow(mut self, from: &Path) -> Result<Ended> {
        let (game, seed) = followed(&self.experiment)?;
        self.timed("distill", |job| job.follow_training(&Folder::at(from), game, seed))
    }

    fn follow_training(&self, from: &Folder, game: Game, seed: u64) -> Result<Ended> {
        let experiment = &self.experiment;
        let mut done = true;
        for student in &experiment.students {
            done &= self.is_done(&Agent::of(student, game, seed))?;
        }
        if done {
            return Ok(Ended::Done);
        }
        let place = from.root().display();
        let keeps_bests =
            !from.experiment().exists() || config::read(&from.experiment(), &Overrides::default())?.distillation.online;
        ensure!(keeps_bests, "{place}: keeps no best teachers; train there with distillation.online = true");
        let teacher = Agent::teacher(game, seed);
        let group = Group {
            experiment,
            seed,
            games: vec![(self.played(game), Lead::Latest(from.bests(&teacher)))],
            students: experiment.students.clone(),
            folder: &self.folder,
            device: self.device,
        };
        let stage = Stage::new(&format!("students that follow {teacher}"), group.updates(), "updates", self.quiet);
        let mut evaluation = Periodic::new(self, &[game], seed, experiment.distillation.evaluation_episodes)?;
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluation.score(game, policy, steps, updates, &stage);
        distill::follow(&group, self.pool(game)?, &from.weights(&teacher), &mut evaluate, &stage)
    }
}

/// The game and seed of the teacher that is followed.
///
/// # Errors
/// If the experiment's students cannot follow one.
fn followed(experiment: &Experiment) -> Result<(Game, u64)> {
    let Experiment { students, distillation, .. } = experiment;
    let (&[game], &[seed]) = (experiment.games.as_slice(), experiment.seeds.as_slice()) else {
        return Err(usage("students follow one teacher: name one game and one seed"));
    };
    let unfit = students.iter().any(|of| of.is_baseline() || of.is_shared() || of.chooses_temperature());
    if students.is_empty() || unfit {
        return Err(usage("follow: needs students of one game with a distillation loss and a given temperature"));
    }
    if distillation.data != Data::Teacher && students.len() > 1 {
        return Err(usage("follow: students that play for themselves follow one by one"));
    }
    Ok((game, seed))
}
