//! `pd plan`: prints the tasks that would run, and the resources that they need.

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::speed::PlannedTime;
use super::{model_speed, speed};
use crate::config::LineName;
use crate::game::Game;
use crate::pipeline::{
    self, AgentDetails, ModelDetails, Plan, PlannedNetwork, PlannedStage, PlannedTask, Request, Stage, TaskState,
};
use crate::progress::Ended;
use crate::replay::TYPICAL_STEP;
use crate::report::{Table, numbers, words};
use crate::units::grouped;

/// A plan, and its time if that was asked for.
#[derive(Serialize)]
struct TimedPlan<P, T> {
    #[serde(flatten)]
    plan: P,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<T>,
}

/// Prints the plan of an experiment; nothing is changed. With `timed`, the machine is measured.
pub fn plan(request: &Request, timed: bool, json: bool) -> Result<Ended> {
    let (device, jobs) = (request.device, request.jobs());
    match request.line()? {
        LineName::Atari => {
            let plan = pipeline::plan(request)?;
            let measure = || speed::planned_time(&pipeline::read_experiment(request)?.0, &plan, device, jobs);
            let time = if timed { Some(in_a_tasks_threads(request, measure)?) } else { None };
            show(plan, time, jobs, json)
        }
        LineName::Explanations => {
            let plan = pipeline::plan_explanations(request)?;
            let measure = || model_speed::planned_time(&pipeline::read_explanations(request)?.0, &plan, device, jobs);
            let time = if timed { Some(in_a_tasks_threads(request, measure)?) } else { None };
            show(plan, time, jobs, json)
        }
    }
}

/// Does something on as many threads as each of the tasks at once has.
fn in_a_tasks_threads<T: Send>(request: &Request, measure: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let threads = (request.threads / request.jobs()).max(1);
    ThreadPoolBuilder::new().num_threads(threads).build()?.install(measure)
}

/// The part of a plan that a line of experiments prints itself.
trait Details {
    /// The word for what a task works on.
    const SUBJECT: &'static str;

    /// Prints networks and needs, above the tasks.
    fn print(&self);

    /// Prints remarks below the tasks.
    fn print_remarks(&self) {}
}

/// The time that the rest of an experiment takes on this machine.
trait Time: Serialize {
    fn hours(&self) -> &BTreeMap<Stage, f64>;

    /// Prints the speeds from which the hours follow.
    fn print_speeds(&self);
}

fn show<W, D: Details + Serialize>(
    plan: Plan<W, D>,
    time: Option<impl Time>,
    jobs: usize,
    json: bool,
) -> Result<Ended> {
    if json {
        out!("{}", serde_json::to_string_pretty(&TimedPlan { plan, time })?);
        return Ok(Ended::Done);
    }
    out!("experiment {}, in {}", plan.experiment, plan.folder);
    out!("{}", left(&plan.tasks));
    if let Some(time) = time {
        print_hours(time.hours(), jobs);
        time.print_speeds();
    }
    plan.details.print();
    print_stages(&plan.stages, D::SUBJECT);
    plan.details.print_remarks();
    if let Some(refused) = &plan.refused {
        out!("\n`pd run` would refuse: {refused}");
    }
    Ok(Ended::Done)
}

/// How many of the tasks are done, and how many there are. The report, which every command that makes something writes
/// anew, is not one that a person counts.
pub fn done(tasks: &[PlannedTask]) -> (usize, usize) {
    let counted = || tasks.iter().filter(|task| task.stage != Stage::Report);
    (counted().filter(|task| task.state == TaskState::Done).count(), counted().count())
}

/// The work that is left, by its unit.
fn left(tasks: &[PlannedTask]) -> String {
    let mut amounts: Vec<(&str, u64)> = Vec::new();
    // To take a teacher from elsewhere is no work.
    let works =
        |task: &&PlannedTask| task.state != TaskState::Done && task.stage != Stage::Report && task.kind != "take";
    for task in tasks.iter().filter(works) {
        match amounts.iter_mut().find(|(unit, _)| *unit == task.work.unit) {
            Some((_, amount)) => *amount += task.left(),
            None => amounts.push((task.work.unit, task.left())),
        }
    }
    let amounts: Vec<_> = amounts.iter().filter(|(_, amount)| *amount > 0).collect();
    let amounts: Vec<_> = amounts.iter().map(|(unit, amount)| format!("{} {unit}", grouped(*amount))).collect();
    let rest = if amounts.is_empty() { String::new() } else { format!("; left: {}", amounts.join(", ")) };
    let (done, all) = done(tasks);
    format!("{done} of {all} tasks done{rest}")
}

fn print_stages(stages: &[PlannedStage], subject: &'static str) {
    let columns = vec![words("stage", ""), words("done", ""), words(subject, ""), words("work", "")];
    let row = |PlannedStage { stage, agent, done, work }: &PlannedStage| {
        vec![(*stage).to_owned(), if *done { "yes" } else { "no" }.to_owned(), agent.clone(), work.clone()]
    };
    out!("{}", Table::of(columns, stages.iter().map(row)).text());
}

fn print_hours(hours: &BTreeMap<Stage, f64>, jobs: usize) {
    let stages: Vec<String> =
        hours.iter().map(|(stage, &hours)| format!("{} {}", stage.name(), in_words(hours))).collect();
    let tasks = if jobs == 1 { "one task after another".to_owned() } else { format!("{jobs} tasks at once") };
    match stages.is_empty() {
        true => out!("time: nothing is left that takes long"),
        false => out!("time: about {} here, {tasks} ({})", in_words(hours.values().sum()), stages.join(", ")),
    }
}

fn in_words(hours: f64) -> String {
    match hours {
        ..0.02 => "a minute".to_owned(),
        0.02..1.0 => format!("{:.0} min", 60.0 * hours),
        1.0..48.0 => format!("{hours:.1} h"),
        _ => format!("{:.1} days", hours / 24.0),
    }
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

impl Details for AgentDetails {
    const SUBJECT: &'static str = "agent";

    fn print(&self) {
        let followed = if self.is_followed { " and the best teachers, which students follow" } else { "" };
        let [memory, disk] = [self.memory_bytes, self.disk_bytes].map(size);
        out!("memory: about {memory}; disk: at most about {disk} for checkpoints{followed}\n");
        let columns =
            vec![words("network", ""), words("game", ""), numbers("parameters", ""), numbers("with 18 actions", "")];
        let row = |PlannedNetwork { name, game, parameters, parameters_18_actions }: &PlannedNetwork| {
            let with_all_actions = parameters_18_actions.map_or(String::new(), grouped);
            vec![name.clone(), game.clone(), grouped(*parameters), with_all_actions]
        };
        out!("{}", Table::of(columns, self.networks.iter().map(row)).text());
    }

    fn print_remarks(&self) {
        let is_of_console = |network: &PlannedNetwork| Game::named(&network.game).is_ok_and(|game| !game.is_built_in());
        if self.networks.iter().any(is_of_console) {
            out!(
                "memory and disk: with {TYPICAL_STEP} bytes for a step of play, a mean over games; Pong takes less than \
                 half of it, Beam Rider two and a half times as many"
            );
        }
        self.ineffective.iter().for_each(|setting| out!("\n{setting}"));
        self.problems.iter().for_each(|problem| out!("\n`pd run` would fail: {problem}"));
    }
}

impl Time for PlannedTime {
    fn hours(&self) -> &BTreeMap<Stage, f64> {
        &self.hours
    }

    fn print_speeds(&self) {
        let students = self.updates_per_second.iter().map(|(name, speed)| format!("{name} {speed:.0} updates/s"));
        let steps = |what: &str, speed: Option<f64>| speed.map(|speed| format!("{what} {speed:.0} steps/s"));
        let speeds = steps("training", self.training_steps_per_second).into_iter().chain(students);
        let speeds: Vec<String> = speeds.chain(steps("play", self.evaluation_steps_per_second)).collect();
        if !speeds.is_empty() {
            out!("speed of one task in a second each: {}", speeds.join(", "));
        }
        if !self.not_measured.is_empty() {
            out!("not measured: students with a view of their own: {}", self.not_measured.join(", "));
        }
    }
}

impl Details for ModelDetails {
    const SUBJECT: &'static str = "model";

    fn print(&self) {
        let columns = vec![words("model", ""), words("size", "")];
        let row = |(name, size): &(String, String)| vec![name.clone(), size.clone()];
        out!("\n{}", Table::of(columns, self.models.iter().map(row)).text());
    }
}

impl Time for model_speed::ModelTime {
    fn hours(&self) -> &BTreeMap<Stage, f64> {
        &self.hours
    }

    fn print_speeds(&self) {
        let columns = vec![words("measured in a moment", ""), numbers("per second", "")];
        let row = |(what, speed): (&String, &f64)| vec![what.clone(), format!("{speed:.1}")];
        out!("\n{}", Table::of(columns, self.per_second.iter().map(row)).text().trim_end());
    }
}
