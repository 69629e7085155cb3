//! An experiment as a list of tasks, in the order in which a single process does them.

use std::collections::BTreeMap;

use anyhow::Result;

use super::agents::{agents, games, networks, student, teacher_of, teachers};
use super::effect::depends_on;
use super::work::{AgentTask, AgentWork};
use crate::config::{Data, Experiment, Settings, settings};
use crate::distill::group_name;
use crate::pipeline::key::Key;
use crate::pipeline::scope::Scope;
use crate::pipeline::task::{Amount, TaskId, Work};
use crate::record::{AgentId, Folder, SHARED};

/// The state of the students' teachers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teaching {
    /// Teachers finish first, in this experiment or in the one that `teacher.from` names.
    Finished,
    /// Another process is still training the teacher: students follow it, and its teacher is copied in the end.
    Live,
}

/// Every task of the experiment.
///
/// # Errors
/// If the experiment cannot be written as TOML.
pub fn tasks(experiment: &Experiment, folder: &Folder, teaching: Teaching) -> Result<Vec<AgentTask>> {
    let mut list =
        List { experiment, folder, settings: settings(experiment)?, tasks: Vec::new(), by_id: BTreeMap::new() };
    let is_distilled = |agent: &AgentId| student(experiment, agent).is_some_and(|student| !student.is_baseline());
    let (distilled, baselines): (Vec<_>, Vec<_>) = networks(experiment, |_| true).into_iter().partition(is_distilled);
    let takes = teaching == Teaching::Live || !experiment.teacher.from.as_os_str().is_empty();
    let teach = |agent| if takes { AgentWork::Take(agent) } else { AgentWork::Train(agent) };
    if teaching == Teaching::Finished {
        teachers(experiment).into_iter().for_each(|agent| list.add(teach(agent), &[]));
    }
    baselines.into_iter().for_each(|agent| list.add(AgentWork::Train(agent), &[]));
    for agent in distilled {
        list.add_student(agent, teaching);
    }
    if teaching == Teaching::Live {
        let followers: Vec<TaskId> = list.tasks.iter().map(|task| task.id.clone()).collect();
        teachers(experiment).into_iter().for_each(|agent| list.add(teach(agent), &followers));
    }
    let mut scored = Vec::new();
    for agent in agents(experiment) {
        let network = list.network_of(&agent);
        list.add(AgentWork::Evaluate(agent), network.as_slice());
        scored.extend(list.tasks.last().map(|task| task.id.clone()));
    }
    list.add(AgentWork::Report, &scored);
    Ok(list.tasks)
}

/// The id of a task: its kind and its agent.
pub fn id(work: &AgentWork) -> TaskId {
    let Some(agent) = work.agent() else { return TaskId(work.kind().into()) };
    let is_network = !matches!(work, AgentWork::Evaluate(_));
    let game = if agent.shared && is_network { SHARED } else { agent.game.name() };
    TaskId(format!("{}/{}/{game}/seed-{}", work.kind(), agent.name, agent.seed))
}

struct List<'a> {
    experiment: &'a Experiment,
    folder: &'a Folder,
    settings: Settings,
    tasks: Vec<AgentTask>,
    /// Index of each task in the list.
    by_id: BTreeMap<TaskId, usize>,
}

impl List<'_> {
    fn add(&mut self, work: AgentWork, inputs: &[TaskId]) {
        let id = id(&work);
        let settings = self.settings.iter().filter(|(key, _)| depends_on(self.experiment, &work, key));
        let settings = settings.map(|(key, value)| (key.clone(), value.clone())).collect();
        let key = Key::new(&id, settings, inputs.iter().map(|input| &self.tasks[self.by_id[input]].key));
        self.by_id.insert(id.clone(), self.tasks.len());
        self.tasks.push(AgentTask {
            inputs: inputs.to_vec(),
            key,
            outputs: self.outputs(&work),
            amount: self.amount(&work),
            lock: self.lock(&work, &id),
            id,
            work,
        });
    }

    /// Adds a student's distillation, after the choice of its temperature if there is one.
    fn add_student(&mut self, agent: AgentId, teaching: Teaching) {
        if teaching == Teaching::Live {
            return self.add(AgentWork::Follow(agent), &[]);
        }
        let is_teacher = |task: &&AgentTask| {
            let is_own = |own: &AgentId| *own == teacher_of(self.experiment, own.game, agent.seed);
            let teacher = task.work.agent().filter(|own| is_own(own));
            teacher.is_some_and(|own| agent.shared || own.game == agent.game)
        };
        let mut inputs: Vec<TaskId> = self.tasks.iter().filter(is_teacher).map(|task| task.id.clone()).collect();
        if student(self.experiment, &agent).is_some_and(|student| student.chooses_temperature()) {
            let sweep = AgentWork::Sweep(agent.clone());
            let chosen = id(&sweep);
            self.add(sweep, &inputs);
            inputs.push(chosen);
        }
        self.add(AgentWork::Distill(agent), &inputs);
    }

    /// The task that makes the network of the agent; `None` for random play.
    fn network_of(&self, agent: &AgentId) -> Option<TaskId> {
        let makes = |task: &&AgentTask| match &task.work {
            AgentWork::Train(own) | AgentWork::Take(own) | AgentWork::Distill(own) | AgentWork::Follow(own) => {
                let same = (own.role, &own.name, own.seed) == (agent.role, &agent.name, agent.seed);
                same && (own.shared || own.game == agent.game)
            }
            AgentWork::Sweep(_) | AgentWork::Evaluate(_) | AgentWork::Report => false,
        };
        self.tasks.iter().find(makes).map(|task| task.id.clone())
    }

    fn outputs(&self, work: &AgentWork) -> Vec<std::path::PathBuf> {
        let folder = self.folder;
        match work {
            AgentWork::Train(agent) | AgentWork::Take(agent) | AgentWork::Distill(agent) | AgentWork::Follow(agent) => {
                vec![folder.weights(agent)]
            }
            AgentWork::Sweep(agent) => vec![folder.sweep(agent)],
            AgentWork::Evaluate(_) => vec![folder.episodes()],
            AgentWork::Report => vec![folder.scores(), folder.summary(), folder.report()],
        }
    }

    fn amount(&self, work: &AgentWork) -> Amount {
        let Experiment { environment, teacher, distillation, evaluation, .. } = self.experiment;
        let games = work.agent().map_or(1, |agent| games(self.experiment, agent).len());
        let (amount, unit) = match work {
            AgentWork::Train(_) => (games as u64 * teacher.steps(environment.frame_skip).0, "steps"),
            AgentWork::Take(_) => (1, "teachers"),
            AgentWork::Sweep(_) => {
                let tried = distillation.sweep_gaps.len() as u64 * distillation.sweep_hours;
                (games as u64 * tried * distillation.updates_per_hour, "updates")
            }
            AgentWork::Distill(_) | AgentWork::Follow(_) => (distillation.updates(games), "updates"),
            AgentWork::Evaluate(_) => (evaluation.episodes as u64, "episodes"),
            AgentWork::Report => (1, "pages"),
        };
        Amount { amount, unit }
    }

    /// The lock of a task. Students that learn from the same play share one; other tasks have their own.
    fn lock(&self, work: &AgentWork, id: &TaskId) -> String {
        let (AgentWork::Distill(agent) | AgentWork::Follow(agent)) = work else { return id.0.clone() };
        let Some(student) = student(self.experiment, agent) else { return id.0.clone() };
        let game = agent.place();
        match self.experiment.distillation.data {
            Data::Teacher => {
                format!("{}/{}/seed-{}", work.kind(), group_name(self.experiment, student, game), agent.seed)
            }
            Data::Student | Data::Mixed => id.0.clone(),
        }
    }
}

/// The tasks that a command makes anew with `--fresh`, and those that become stale by it.
pub fn renewed(scope: Scope, tasks: &[AgentTask]) -> Vec<&AgentTask> {
    let mut renewed = scope.renews(tasks);
    // The teacher that was followed is another process's work.
    renewed.retain(|task| scope != Scope::Follow || task.work.agent().is_none_or(AgentId::is_student));
    renewed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, read_text};

    fn list(text: &str) -> Vec<AgentTask> {
        let experiment = read_text("x.toml", "x", text, &Overrides::default()).unwrap();
        tasks(&experiment, &Folder::at("results/x"), Teaching::Finished).unwrap()
    }

    const TWO_GAMES: &str = "games = [\"pong\", \"qbert\"]\nseeds = [1]\n[[students]]\nname = \"a\"\nnetwork = \"net3\"\n\
                             [[students]]\nname = \"b\"\ngames = \"together\"\ntemperature = \"auto\"\n";

    #[test]
    fn a_task_comes_after_its_inputs_and_each_has_an_id_of_its_own() {
        let tasks = list(TWO_GAMES);
        let ids: Vec<_> = tasks.iter().map(|task| task.id.0.as_str()).collect();
        for (index, task) in tasks.iter().enumerate() {
            assert!(task.inputs.iter().all(|input| ids[..index].contains(&input.0.as_str())), "{}", task.id);
            assert!(!ids[..index].contains(&task.id.0.as_str()), "{} twice", task.id);
        }
        let shared = tasks.iter().find(|task| task.id.0 == "distill/b/multi/seed-1").unwrap();
        let inputs: Vec<_> = shared.inputs.iter().map(|input| input.0.as_str()).collect();
        assert_eq!(inputs, ["train/teacher/pong/seed-1", "train/teacher/qbert/seed-1", "sweep/b/multi/seed-1"]);
        let scored = tasks.iter().find(|task| task.id.0 == "evaluate/b/qbert/seed-1").unwrap();
        assert_eq!(scored.inputs[0].0, "distill/b/multi/seed-1");
    }

    /// The ids of the tasks whose keys change when a setting is added.
    fn keys_changed_by(setting: &str) -> Vec<String> {
        let (before, after) = (list(TWO_GAMES), list(&format!("{setting}\n{TWO_GAMES}")));
        let changed = before.iter().zip(&after).filter(|(one, other)| one.key != other.key);
        changed.map(|(task, _)| task.id.0.clone()).collect()
    }

    #[test]
    fn what_changes_no_result_is_in_no_key() {
        for setting in [
            "teacher.log_every = 7",
            "teacher.checkpoint_every = 7",
            "teacher.lambda = 0.5",
            "distillation.evaluation_every = 3",
            "distillation.checkpoint_every = 3",
            "evaluation.workers = 3",
            "evaluation.latency_decisions = 3",
            "evaluation.episodes = 3",
        ] {
            assert!(keys_changed_by(setting).is_empty(), "{setting}");
        }
    }

    #[test]
    fn a_setting_changes_the_keys_of_what_is_made_with_it_and_of_what_is_made_from_that() {
        let of_sweeps = keys_changed_by("distillation.sweep_hours = 3");
        assert!(of_sweeps.contains(&"evaluate/b/pong/seed-1".to_owned()), "{of_sweeps:?}");
        assert!(!of_sweeps.iter().any(|id| id.contains("/a/") || id.contains("teacher")), "{of_sweeps:?}");
        let of_play = keys_changed_by("evaluation.epsilon = 0.1");
        assert!(of_play.iter().all(|id| id.starts_with("evaluate") || id == "report") && of_play.len() == 9);
        let trained = keys_changed_by("teacher.gamma = 0.9");
        assert_eq!(trained.len(), list(TWO_GAMES).len() - 2, "all but random play in two games");
    }
}
