//! Arguments and printing, with one file for each larger subcommand.

#[macro_use]
mod print;

mod arguments;
mod bench;
mod explanations;
mod games;
mod observe;
mod plan;
mod play;
mod terminal;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Error, Result};
use rayon::ThreadPoolBuilder;

pub use arguments::Arguments;
use arguments::{Command, Common};
use terminal::Terminal;

use crate::config::Line;
use crate::nn::Device;
use crate::pipeline::{self, Pipeline, Refusal, Request, Scope, TaskId, refused};
use crate::progress::Ended;
use crate::{agent, config, env, explain, game, nn, report};

/// Stack size of a process's first thread.
const STACK_BYTES: usize = 8 << 20;

/// Sends the library's messages to stderr: warnings, and more with `-v` or `RUST_LOG`.
pub fn log_to_stderr(arguments: &Arguments) {
    let level = match arguments.common.verbose {
        _ if arguments.common.quiet => "error",
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let environment = env_logger::Env::default().default_filter_or(level);
    env_logger::Builder::from_env(environment).format_timestamp(None).init();
}

/// Runs one command and returns its exit code: 0 done, 1 a run failed, 2 wrong usage or configuration, 130 interrupted
/// after saving. Results go to stdout, everything else to stderr.
pub fn run(arguments: &Arguments) -> ExitCode {
    match on_threads(arguments) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Stopped) => {
            err!("pd: stopped; everything so far is saved, and the same command continues from there");
            ExitCode::from(130)
        }
        Err(error) => {
            err!("pd: {error:#}");
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Runs the command with the number of threads that it asks for. The calling thread is one of them, so that divided
/// work begins without a wait.
fn on_threads(arguments: &Arguments) -> Result<Ended> {
    let threads = arguments.common.threads.map_or(0, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    pool.install(|| command(arguments))
}

/// The device that the command line chooses.
fn device(common: &Common) -> Result<Device> {
    let device = common.device.resolve().map_err(refused)?;
    nn::set_threads(device, rayon::current_num_threads());
    Ok(device)
}

fn command(arguments: &Arguments) -> Result<Ended> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Run { file, task } => work(&Request { only: task, ..request(Scope::Run, file, common)? }, common),
        Command::Train { file } => work(&request(Scope::Train, file, common)?, common),
        Command::Distill { file } => work(&request(Scope::Distill, file, common)?, common),
        Command::Follow { file, from } => follow(&request(Scope::Follow, file, common)?, common, from),
        Command::Evaluate { file } => work(&request(Scope::Evaluate, file, common)?, common),
        Command::Report { file } => work(&request(Scope::Report, file, common)?, common),
        Command::Plan { file, json } => plan::plan(&request(Scope::Run, file, common)?, *json),
        Command::Merge { folders } => merge(folders, common),
        Command::Export { checkpoint, .. } => export(checkpoint, common),
        Command::Games => games::games(),
        Command::Play(options) => play::play(options, common),
        Command::Observe { game, actions } => observe::observe(game, actions, common),
        Command::Bench(options) => bench::bench(options, common),
    }
}

/// The request that the command line makes of an experiment.
fn request<'a>(scope: Scope, file: &'a Path, common: &'a Common) -> Result<Request<'a>> {
    Ok(Request {
        scope,
        file,
        set: &common.set,
        only: &[],
        seed: common.seed,
        out: common.out.as_deref(),
        device: device(common)?,
        threads: rayon::current_num_threads(),
        jobs: common.jobs.map(usize::from),
        fresh: common.fresh,
    })
}

/// Does the tasks of a command and tells the results.
fn work(request: &Request, common: &Common) -> Result<Ended> {
    if config::line_of(request.file)? == Line::Explanations {
        return explanations::work(request, common);
    }
    let terminal = Terminal::new(common.quiet);
    let pipeline = Pipeline::open(request, &terminal)?;
    terminal::catch_interrupts();
    let only: Vec<TaskId> = request.only.iter().cloned().map(TaskId).collect();
    let ended = pipeline.run(request.scope, &only, None);
    reported(request, ended, &|| report(&pipeline))
}

/// Ends a command with a report, if it has one: also where some tasks failed, so that the others are reported.
fn reported(request: &Request, ended: Result<Ended>, report: &dyn Fn() -> Result<()>) -> Result<Ended> {
    let reports = match request.only {
        [] => matches!(request.scope, Scope::Run | Scope::Report),
        ids => ids.iter().any(|id| id == "report"),
    };
    match ended {
        Ok(Ended::Done) if reports => report().map(|()| Ended::Done),
        Err(error) if reports && !is_usage(&error) => {
            report().unwrap_or_else(|report| err!("pd: {report:#}"));
            Err(error)
        }
        ended => ended,
    }
}

fn follow(request: &Request, common: &Common, from: &Path) -> Result<Ended> {
    pipeline::check_followed(request, from)?;
    let terminal = Terminal::new(common.quiet);
    let pipeline = Pipeline::open(&Request { jobs: Some(1), ..*request }, &terminal)?;
    terminal::catch_interrupts();
    pipeline.run(request.scope, &[], Some(from))
}

/// Writes the report and prints its table.
fn report(pipeline: &Pipeline) -> Result<()> {
    let lock = pipeline.locks.wait("report")?;
    pipeline.write_scores()?;
    let outcome = report::write(&pipeline.folder, &pipeline.experiment)?;
    drop(lock);
    out!("{}\n{}", outcome.table, outcome.result);
    for warning in &outcome.warnings {
        out!("warning: {warning} {}", warning.remedy());
    }
    out!("report: {}", outcome.page.display());
    Ok(())
}

/// Joins folders of one experiment.
fn merge(folders: &[std::path::PathBuf], common: &Common) -> Result<Ended> {
    let out =
        common.out.as_deref().ok_or_else(|| refused("merge needs --out DIR, the folder for the joined results"))?;
    pipeline::merge(folders, out)?;
    out!(
        "{} folders joined in {}; `pd report {} --out {}` reports them",
        folders.len(),
        out.display(),
        out.join("experiment.toml").display(),
        out.display()
    );
    Ok(Ended::Done)
}

/// Writes weights in half precision.
fn export(checkpoint: &Path, common: &Common) -> Result<Ended> {
    let out = common.out.as_deref().ok_or_else(|| refused("export needs --out FILE"))?;
    let path = play::weights_at(checkpoint);
    let (network, metadata) = agent::load(&path, Device::Cpu)?;
    agent::save_as(out, &network, &metadata, nn::Precision::Half)?;
    Ok(Ended::Done)
}

fn is_usage(error: &Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Refusal>()
            || cause.is::<config::ConfigError>()
            || cause.is::<game::UnknownGame>()
            || cause.is::<env::RomError>()
            || cause.is::<agent::WeightsError>()
            || cause.is::<explain::TraceError>()
            || cause.is::<nn::language::ModelError>()
    })
}
