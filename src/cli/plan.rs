//! `pd plan`: prints the tasks that would run, and the resources that they need.

use anyhow::Result;

use super::explanations;
use crate::config::{self, Line};
use crate::pipeline::{self, Plan, Request};
use crate::progress::Ended;
use crate::replay::TYPICAL_STEP;
use crate::units::grouped;

/// Prints the plan of an experiment; nothing is changed.
pub fn plan(request: &Request, json: bool) -> Result<Ended> {
    if config::line_of(request.file)? == Line::Explanations {
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
    out!("experiment {}, in {}\n", plan.experiment, plan.folder);
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

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
