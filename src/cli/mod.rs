//! Composes the stages; one file per subcommand.

mod arguments;
mod bench;
mod distill;
mod evaluate;
mod experiment;
mod follow;
mod fresh;
mod games;
mod manifest;
mod needs;
mod observe;
mod periodic;
mod plan;
mod play;
mod scores;
mod settings;
mod sweep;
mod terminal;
mod train;

use std::process::ExitCode;

use anyhow::{Error, Result};
use rayon::ThreadPoolBuilder;

pub use arguments::Arguments;
use arguments::{Command, Common};
use experiment::{Job, Stage};

use crate::nn::Device;
use crate::progress::Ended;
use crate::{agent, config, env, game, nn};

/// As much as a process's first thread has.
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

/// Runs one command and gives the exit code of the contract: 0 done, 1 a run failed, 2 wrong usage or configuration,
/// 130 interrupted after saving. Results go to stdout, all else to stderr.
pub fn run(arguments: &Arguments) -> ExitCode {
    match on_threads(arguments) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Stopped) => {
            eprintln!("pd: stopped; everything so far is saved, and the same command goes on from there");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("pd: {error:#}");
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Carries the command out on as many threads as it asks for. It is one of them itself, so that work which is divided
/// among them begins without a wait.
fn on_threads(arguments: &Arguments) -> Result<Ended> {
    let threads = arguments.common.threads.map_or(0, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    pool.install(|| command(arguments))
}

/// The device that a command line means.
fn device(common: &Common) -> Result<Device> {
    let device = common.device.resolve().map_err(usage)?;
    nn::set_threads(device, rayon::current_num_threads());
    Ok(device)
}

fn command(arguments: &Arguments) -> Result<Ended> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Run { file } => Job::open(file, common, Stage::Run)?.run(),
        Command::Train { file } => Job::open(file, common, Stage::Train)?.train(),
        Command::Distill { file } => Job::open(file, common, Stage::Distill)?.distill(),
        Command::Follow { file, from } => {
            follow::check(file, common, from)?;
            Job::open(file, common, Stage::Follow)?.follow(from)
        }
        Command::Evaluate { file } => Job::open(file, common, Stage::Evaluate)?.evaluate(),
        Command::Report { file } => Job::open(file, common, Stage::Report)?.report(),
        Command::Plan { file, json } => plan::plan(file, common, *json),
        Command::Games => games::games(),
        Command::Play(options) => play::play(options, common),
        Command::Observe { game, actions } => observe::observe(game, actions, common),
        Command::Bench(options) => bench::bench(options, common),
    }
}

/// A request that cannot be carried out as it stands: nothing was begun, and nothing on disk was changed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Marks `error` as a fault of the request.
fn usage(error: impl std::fmt::Display) -> Error {
    Usage(format!("{error:#}")).into()
}

fn is_usage(error: &Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause.is::<config::Error>()
            || cause.is::<game::UnknownGame>()
            || cause.is::<env::RomError>()
            || cause.is::<agent::WeightsError>()
    })
}
