//! Commands on experiments of the line of explanations.

use anyhow::Result;

use super::arguments::Common;
use super::reported;
use super::terminal::{self, Terminal};
use crate::pipeline::{self, ExplainPipeline, Request, TaskId};
use crate::progress::Ended;

/// Does the tasks of a command and tells the results.
pub fn work(request: &Request, common: &Common) -> Result<Ended> {
    let terminal = Terminal::new(common.quiet);
    let pipeline = ExplainPipeline::open(request, &terminal)?;
    terminal::catch_interrupts();
    let only: Vec<TaskId> = request.only.iter().cloned().map(TaskId).collect();
    let ended = pipeline.run(request.scope, &only);
    reported(request, ended, &|| report(&pipeline))
}

/// Writes the report and prints its table.
fn report(pipeline: &ExplainPipeline) -> Result<()> {
    let written = pipeline.report()?;
    out!("{}\n{}", written.table, written.result);
    out!("report: {}", written.page.display());
    Ok(())
}

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
