//! Composes the stages; one file per subcommand.

mod arguments;
mod bench;
mod evaluate;
mod experiment;
mod games;
mod observe;
mod plan;
mod play;
mod scores;
mod terminal;
mod train;

use std::process::ExitCode;

use anyhow::{Error, Result};

pub use arguments::Arguments;
use arguments::Command;
use experiment::{Job, Stage};

use crate::progress::Ended;
use crate::{config, env, game, nn};

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
    match command(arguments) {
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

fn command(arguments: &Arguments) -> Result<Ended> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Run { file } => Job::open(file, common, Stage::Run)?.run(),
        Command::Train { file } => Job::open(file, common, Stage::Train)?.train(),
        Command::Distill { file } => Job::open(file, common, Stage::Distill)?.distill(),
        Command::Evaluate { file } => Job::open(file, common, Stage::Evaluate)?.evaluate(),
        Command::Report { file } => Job::open(file, common, Stage::Report)?.report(),
        Command::Plan { file, json } => plan::plan(file, common, *json),
        Command::Games => games::games(),
        Command::Play { checkpoint, episodes, gif } => play::play(checkpoint, *episodes, gif.as_deref(), common),
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
            || cause.is::<nn::WeightsError>()
    })
}
