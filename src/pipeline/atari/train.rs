//! Trains networks from rewards: teachers, and the baselines beside the students.

use std::fmt::Display;

use anyhow::{Context, Result};

use super::agents::{architecture, environment, games};
use super::evaluator::TrainingEvaluator;
use super::open::AtariPipeline;
use super::work::AgentWork;
use crate::agent::Policy;
use crate::config::Experiment;
use crate::pipeline::batch::Batch;
use crate::pipeline::task::Amount;
use crate::progress::Ended;
use crate::record::{AgentId, Role};
use crate::teacher::{self, Training};
use crate::units::Steps;

/// Fewer updates than this teach hardly anything.
const FEW_UPDATES: u64 = 100;

/// Warns if `agent` learns from so few updates that its settings are probably a mistake.
pub fn warn_of_few_updates(agent: impl Display, updates: u64, remedy: &str) {
    if updates < FEW_UPDATES {
        log::warn!("{agent}: {updates} updates in all, which teach hardly anything; {remedy}");
    }
}

impl AtariPipeline<'_> {
    /// Trains the agent's network until its weights are on disk.
    pub fn train(&self, batch: &Batch<AgentWork>, agent: &AgentId) -> Result<Ended> {
        let architecture = architecture(&self.experiment, agent).context("random play is not trained")?;
        let games = games(&self.experiment, agent);
        self.warn_of_exploration(agent);
        let console = &self.experiment.environment;
        let updates = self.experiment.teacher.updates(console.frame_skip, console.workers);
        warn_of_few_updates(agent, updates, "raise teacher.frames, or lower teacher.warmup or teacher.rollout");
        let Amount { amount, unit } = batch.tasks[0].amount;
        let progress = &batch.watch(&self.command, &agent.to_string(), amount, unit);
        let episodes = self.experiment.teacher.evaluation_episodes;
        // A baseline may see the games otherwise than the teachers.
        let seen = Experiment { environment: environment(&self.experiment, agent), ..self.experiment.clone() };
        let view = seen.environment.observation;
        let mut evaluator = TrainingEvaluator::new(self, view, agent.seed, episodes);
        let training = Training {
            experiment: &seen,
            agent: agent.clone(),
            architecture,
            games: games.iter().map(|&game| self.played(game, agent)).collect(),
            folder: &self.folder,
            device: self.command.device,
        };
        let pools = games.iter().map(|&game| self.pool(game, &[view])).collect::<Result<_>>()?;
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| evaluator.score(game, policy, steps, updates, progress);
        let ended = teacher::train(&training, pools, &mut evaluate, progress)?;
        if ended == Ended::Done && agent.role == Role::Teacher {
            self.forget_derived(agent)?;
        }
        Ok(ended)
    }

    /// Warns if the training ends before epsilon has fallen: a preset's steps are meant for a long training.
    fn warn_of_exploration(&self, agent: &AgentId) {
        let settings = &self.experiment.teacher;
        let steps = settings.steps(self.experiment.environment.frame_skip);
        let (warmup, fall) = (Steps(settings.steps_of_warmup()), Steps(settings.epsilon_steps.steps(steps.0)));
        if warmup.0 + fall.0 > steps.0 {
            log::warn!(
                "{agent}: epsilon falls over {fall} steps after {warmup}, but the training ends after {steps}, while it \
                 still explores; lower teacher.epsilon_steps, for example to 0.1, a tenth of the training"
            );
        }
    }
}
