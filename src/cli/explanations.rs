//! `pd plan` for experiments of the line of explanations.

use anyhow::Result;

use crate::pipeline::{self, Request};
use crate::progress::Ended;

/// Prints the plan of an experiment; nothing is changed.
pub fn plan(request: &Request, json: bool) -> Result<Ended> {
    let plan = pipeline::plan_explanations(request)?;
    if json {
        out!("{}", serde_json::to_string_pretty(&plan)?);
        return Ok(Ended::Done);
    }
    out!("experiment {}, in {}\n", plan.experiment, plan.folder);
    plan.models.iter().for_each(|(name, size)| out!("{name:<16} {size}"));
    out!("\n{:<10} {:<6} {:<52} work", "stage", "done", "model");
    for stage in &plan.stages {
        out!("{:<10} {:<6} {:<52} {}", stage.stage, if stage.done { "yes" } else { "no" }, stage.agent, stage.work);
    }
    Ok(Ended::Done)
}
