//! `pd plan`: prints the tasks that would run, and the resources that they need.

use anyhow::Result;

use super::explanations;
use crate::config::LineName;
use crate::pipeline::{self, Plan, Request, TaskState};
use crate::progress::Ended;
use crate::replay::TYPICAL_STEP;
use crate::units::grouped;

/// Prints the plan of an experiment; nothing is changed.
pub fn plan(request: &Request, json: bool) -> Result<Ended> {
    if request.line()? == LineName::Explanations {
        return explanations::plan(request, json);
    }
    let plan = pipeline::plan(request)?;
    if json {
        out!("{}", serde_json::to_string_pretty(&plan)?);
    } else {
        print(&plan);
    }
    Ok(Ended::Done)
}

fn print(plan: &Plan) {
    out!("experiment {}, in {}", plan.experiment, plan.folder);
    out!("{}\n", left(plan));
    out!("{:<12} {:<20} {:>12} {:>20}", "network", "game", "parameters", "with 18 actions");
    for network in &plan.networks {
        let own = grouped(network.parameters);
        let all = network.parameters_18_actions.map_or("".to_owned(), grouped);
        out!("{:<12} {:<20} {own:>12} {all:>20}", network.name, network.game);
    }
    out!("\n{:<10} {:<6} {:<44} work", "stage", "done", "agent");
    for stage in &plan.stages {
        out!("{:<10} {:<6} {:<44} {}", stage.stage, if stage.done { "yes" } else { "no" }, stage.agent, stage.work);
    }
    out!(
        "\nmemory: about {}; disk: at most about {}, for checkpoints and the best teachers that students \
         follow (with {TYPICAL_STEP} bytes for a step of play, the mean of ten games; Pong takes less than half of it, \
         Beam Rider two and a half times as many)",
        size(plan.memory_bytes),
        size(plan.disk_bytes)
    );
    if let Some(refused) = &plan.refused {
        out!("\n`pd run` would refuse: {refused}");
    }
}

/// The work that is left, by its unit.
fn left(plan: &Plan) -> String {
    let left: Vec<_> = plan.tasks.iter().filter(|task| task.state != TaskState::Done).collect();
    let of_unit = |unit: &str| left.iter().filter(|task| task.work.unit == unit).map(|task| task.work.amount).sum();
    let amounts = ["steps", "updates", "episodes"].map(|unit| (unit, of_unit(unit)));
    let amounts: Vec<_> = amounts.iter().filter(|(_, amount)| *amount > 0).collect();
    let amounts: Vec<_> = amounts.iter().map(|(unit, amount)| format!("{} {unit}", grouped(*amount))).collect();
    let done = plan.tasks.len() - left.len();
    let rest = if amounts.is_empty() { String::new() } else { format!("; left: {}", amounts.join(", ")) };
    format!("{done} of {} tasks done{rest}", plan.tasks.len())
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
