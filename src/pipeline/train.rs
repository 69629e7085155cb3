//! Networks that learn from rewards: teachers, and the baselines beside their students.

use anyhow::{Context, Result};

use super::agents::{architecture, games};
use super::evaluator::TrainingEvaluator;
use super::open::Pipeline;
use super::task::Task;
use crate::agent::Policy;
use crate::progress::Ended;
use crate::record::{Agent, Role};
use crate::teacher::{self, Training};

impl Pipeline<'_> {
    /// Trains the agent's network until its weights are on disk.
    pub fn train(&self, task: &Task, agent: &Agent) -> Result<Ended> {
        let architecture = architecture(&self.experiment, agent).context("random play is not trained")?;
        let games = games(&self.experiment, agent);
        let progress = self.observer.begin(&agent.to_string(), task.amount.amount, task.amount.unit);
        let progress = progress.as_ref();
        let episodes = self.experiment.teacher.evaluation_episodes;
        let mut evaluator = TrainingEvaluator::new(self, &games, agent.seed, episodes)?;
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
            |game, policy: &dyn Policy, steps, updates| evaluator.score(game, policy, steps, updates, progress);
        let ended = teacher::train(&training, pools, &mut evaluate, progress)?;
        if ended == Ended::Done && agent.role == Role::Teacher {
            self.forget_derived(agent)?;
        }
        Ok(ended)
    }
}
