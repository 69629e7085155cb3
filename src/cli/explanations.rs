//! `pd plan` for experiments of the line of explanations.

use anyhow::Result;

use super::model_speed::{ModelTime, planned_time};
use super::plan::{TimedPlan, measured, print_hours, print_stages};
use crate::pipeline::{self, ExplainPlan, Request, read_explanations};
use crate::progress::Ended;

/// Prints the plan of an experiment; nothing is changed. With `timed`, the machine is measured.
pub fn plan(request: &Request, timed: bool, json: bool) -> Result<Ended> {
    let plan = pipeline::plan_explanations(request)?;
    let jobs = request.jobs();
    let measure = || planned_time(&read_explanations(request)?.0, &plan, request.device, jobs);
    let time = if timed { Some(measured(request, measure)?) } else { None };
    match json {
        true => out!("{}", serde_json::to_string_pretty(&TimedPlan { plan, time })?),
        false => print(&plan, time.as_ref(), jobs),
    }
    Ok(Ended::Done)
}

fn print(plan: &ExplainPlan, time: Option<&ModelTime>, jobs: usize) {
    out!("experiment {}, in {}", plan.experiment, plan.folder);
    if let Some(time) = time {
        print_hours(&time.hours, jobs);
        out!("per second, of one task in a moment each:");
        time.per_second.iter().for_each(|(what, speed)| out!("  {what:<32} {speed:>8.1}"));
    }
    out!("");
    plan.models.iter().for_each(|(name, size)| out!("{name:<16} {size}"));
    out!("");
    print_stages(&plan.stages, "model");
    if let Some(refused) = &plan.refused {
        out!("`pd run` would refuse: {refused}");
    }
}
