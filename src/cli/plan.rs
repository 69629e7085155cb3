//! `pd plan`: prints the tasks that would run, and the resources that they need.

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::explanations;
use super::speed::{PlannedTime, planned_time};
use crate::config::LineName;
use crate::game::Game;
use crate::pipeline::{self, Plan, PlannedNetwork, PlannedStage, PlannedTask, Request, Stage, TaskState};
use crate::progress::Ended;
use crate::replay::TYPICAL_STEP;
use crate::report::{Table, numbers, words};
use crate::units::grouped;

/// A plan, and its time if that was asked for.
#[derive(Serialize)]
pub struct TimedPlan<P, T> {
    #[serde(flatten)]
    pub plan: P,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<T>,
}

/// Prints the plan of an experiment; nothing is changed. With `timed`, the machine is measured.
pub fn plan(request: &Request, timed: bool, json: bool) -> Result<Ended> {
    if request.line()? == LineName::Explanations {
        return explanations::plan(request, timed, json);
    }
    let plan = pipeline::plan(request)?;
    let jobs = request.jobs();
    let measure = || planned_time(&pipeline::read_experiment(request)?.0, &plan, request.device, jobs);
    let time = if timed { Some(measured(request, measure)?) } else { None };
    if json {
        out!("{}", serde_json::to_string_pretty(&TimedPlan { plan, time })?);
    } else {
        print(&plan, time.as_ref(), jobs);
    }
    Ok(Ended::Done)
}

/// Measures the machine for some seconds, with as many threads as each of the tasks at once has.
pub fn measured<T: Send>(request: &Request, measure: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let threads = (request.threads / request.jobs()).max(1);
    ThreadPoolBuilder::new().num_threads(threads).build()?.install(measure)
}

fn print(plan: &Plan, time: Option<&PlannedTime>, jobs: usize) {
    out!("experiment {}, in {}", plan.experiment, plan.folder);
    out!("{}", left(plan));
    time.iter().for_each(|time| print_time(time, jobs));
    let followed = if plan.is_followed { " and the best teachers, which students follow" } else { "" };
    let [memory, disk] = [plan.memory_bytes, plan.disk_bytes].map(size);
    out!("memory: about {memory}; disk: at most about {disk} for checkpoints{followed}\n");
    let columns =
        vec![words("network", ""), words("game", ""), numbers("parameters", ""), numbers("with 18 actions", "")];
    let row = |PlannedNetwork { name, game, parameters, parameters_18_actions }: &PlannedNetwork| {
        let with_all_actions = parameters_18_actions.map_or(String::new(), grouped);
        vec![name.clone(), game.clone(), grouped(*parameters), with_all_actions]
    };
    out!("{}", Table::of(columns, plan.networks.iter().map(row)).text());
    print_stages(&plan.stages, "agent");
    let is_of_console = |network: &PlannedNetwork| Game::named(&network.game).is_ok_and(|game| !game.is_built_in());
    if plan.networks.iter().any(is_of_console) {
        out!(
            "memory and disk: with {TYPICAL_STEP} bytes for a step of play, a mean over games; Pong takes less than half \
             of it, Beam Rider two and a half times as many"
        );
    }
    plan.ineffective.iter().for_each(|setting| out!("\n{setting}"));
    plan.problems.iter().for_each(|problem| out!("\n`pd run` would fail: {problem}"));
    if let Some(refused) = &plan.refused {
        out!("\n`pd run` would refuse: {refused}");
    }
}

/// The stages of a plan, whose lines name `subject`s.
pub fn print_stages(stages: &[PlannedStage], subject: &'static str) {
    let columns = vec![words("stage", ""), words("done", ""), words(subject, ""), words("work", "")];
    let row = |PlannedStage { stage, agent, done, work }: &PlannedStage| {
        vec![(*stage).to_owned(), if *done { "yes" } else { "no" }.to_owned(), agent.clone(), work.clone()]
    };
    out!("{}", Table::of(columns, stages.iter().map(row)).text());
}

/// The hours of each stage.
pub fn print_hours(hours: &BTreeMap<Stage, f64>, jobs: usize) {
    let stages: Vec<String> =
        hours.iter().map(|(stage, &hours)| format!("{} {}", stage.name(), in_words(hours))).collect();
    let tasks = if jobs == 1 { "one task after another".to_owned() } else { format!("{jobs} tasks at once") };
    match stages.is_empty() {
        true => out!("time: nothing is left that takes long"),
        false => out!("time: about {} here, {tasks} ({})", in_words(hours.values().sum()), stages.join(", ")),
    }
}

/// The hours of each stage, and the speeds that they follow from.
fn print_time(time: &PlannedTime, jobs: usize) {
    print_hours(&time.hours, jobs);
    let students = time.updates_per_second.iter().map(|(name, speed)| format!("{name} {speed:.0} updates/s"));
    let steps = |what: &str, speed: Option<f64>| speed.map(|speed| format!("{what} {speed:.0} steps/s"));
    let speeds = steps("training", time.training_steps_per_second).into_iter().chain(students);
    let speeds: Vec<String> = speeds.chain(steps("evaluation", time.evaluation_steps_per_second)).collect();
    if !speeds.is_empty() {
        out!("speed of one task in half a second each: {}", speeds.join(", "));
    }
    if !time.not_measured.is_empty() {
        out!("not measured: students with a view of their own: {}", time.not_measured.join(", "));
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

/// How many of the tasks are done, and how many there are. The report, which every command that makes something writes
/// anew, is not one that a person counts.
pub fn done(tasks: &[PlannedTask]) -> (usize, usize) {
    let counted = || tasks.iter().filter(|task| task.kind != "report");
    (counted().filter(|task| task.state == TaskState::Done).count(), counted().count())
}

/// The work that is left, by its unit.
fn left(plan: &Plan) -> String {
    let left: Vec<_> = plan.tasks.iter().filter(|task| task.state != TaskState::Done).collect();
    let of_unit = |unit: &str| left.iter().filter(|task| task.work.unit == unit).map(|task| task.left()).sum();
    let amounts = ["steps", "updates", "episodes"].map(|unit| (unit, of_unit(unit)));
    let amounts: Vec<_> = amounts.iter().filter(|(_, amount)| *amount > 0).collect();
    let amounts: Vec<_> = amounts.iter().map(|(unit, amount)| format!("{} {unit}", grouped(*amount))).collect();
    let rest = if amounts.is_empty() { String::new() } else { format!("; left: {}", amounts.join(", ")) };
    let (done, all) = done(&plan.tasks);
    format!("{done} of {all} tasks done{rest}")
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
