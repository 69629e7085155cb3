//! `pd bench`: measures this machine.
//!
//! A benchmark is a list of [`measure::Case`]s. They are measured in turn, again and again, since a machine's speed
//! drifts within minutes. The output has the median and the range of each case over the repeats.

mod distillation;
mod emulation;
mod inference;
mod language;
pub mod measure;
mod print;
mod replay;
mod teacher;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::arguments::Common;
use crate::config::{self, Experiment, NamedNetwork, Overrides};
use crate::env::{Pool, Rom, Rules};
use crate::game::Game;
use crate::nn::Device;
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::units::Seed;

pub use self::distillation::updates_per_second;
pub use self::teacher::steps_per_second;

/// The paper's networks and their names.
const NETWORKS: [(&str, NamedNetwork); 4] = [
    ("teacher", NamedNetwork::Teacher),
    ("net1", NamedNetwork::Net1),
    ("net2", NamedNetwork::Net2),
    ("net3", NamedNetwork::Net3),
];

/// The subject of a benchmark.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Subject {
    /// Agent steps per second, by game, environments and threads
    Emulation,
    /// Memory and time of a step in the replay, and of a minibatch
    Replay,
    /// Agent steps per second of PQN and of DQN at the settings of Nature, and what the parts of DQN take
    Teacher,
    /// Updates per second of students of the paper's four sizes
    Distillation,
    /// Milliseconds from one observation to the action, for the paper's four sizes
    Inference,
    /// Tokens per second of generation and of training, for transformers of three sizes
    Language,
}

/// Flags of `pd bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchOptions {
    pub subject: Subject,
    /// Games to measure with; distillation and inference, which hardly depend on it, take the first
    #[arg(long, value_delimiter = ',', default_value = "breakout,pong,seaquest,qbert", value_parser = game)]
    pub games: Vec<Game>,
    /// Numbers of environments; for emulation 1,2,4,8,16 unless given, else 8
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub envs: Vec<u16>,
    /// Measurements of each case, after one that does not count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeats: u16,
    /// Seconds that one measurement takes at least
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    pub seconds: f64,
    /// Only the case of this name
    #[arg(long, value_name = "CASE")]
    pub only: Option<String>,
    /// Chooses the play that is measured
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Same as --repeats 1 --seconds 0.01: a quick check that everything works
    #[arg(long, conflicts_with_all = ["repeats", "seconds"])]
    pub quick: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl BenchOptions {
    fn repeats(&self) -> u16 {
        if self.quick { 1 } else { self.repeats }
    }

    fn span(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 0.01 } else { self.seconds })
    }
}

fn game(name: &str) -> Result<Game, String> {
    Game::named(name).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.001..=600.0).contains(&seconds) { Ok(seconds) } else { Err("between 0.001 and 600".into()) }
}

/// Measures the subject and prints the results.
pub fn bench(options: &BenchOptions, common: &Common) -> Result<Ended> {
    let device = super::device(common)?;
    let seed = Seed(options.seed).derive("bench", 0);
    let bench = Bench { options: options.clone(), device, seed };
    let mut cases = match options.subject {
        Subject::Emulation => emulation::cases(&bench, common.threads.is_some())?,
        Subject::Replay => replay::cases(&bench)?,
        Subject::Teacher => teacher::cases(&bench)?,
        Subject::Distillation => distillation::cases(&bench),
        Subject::Inference => inference::cases(&bench),
        Subject::Language => language::cases(&bench),
    };
    if let Some(only) = &options.only {
        cases.retain(|case| case.name == *only);
        if cases.is_empty() {
            return Err(refused(format!("there is no case {only:?}; without --only, all cases are measured")));
        }
    }
    let measured = measure::in_turn(cases, options.repeats())?;
    if options.json {
        print::json(&measured)?
    } else {
        print::table(&measured)
    }
    Ok(Ended::Done)
}

/// Common settings of the cases.
#[derive(Clone)]
struct Bench {
    options: BenchOptions,
    device: Device,
    seed: Seed,
}

impl Bench {
    /// Numbers of environments: those of the command line, or else `default`.
    fn envs(&self, default: &[u16]) -> Vec<usize> {
        let envs = if self.options.envs.is_empty() { default } else { &self.options.envs };
        envs.iter().copied().map(usize::from).collect()
    }

    /// An experiment with `settings` over the defaults; its results are thrown away.
    fn experiment(&self, game: Game, envs: usize, settings: &str) -> Result<Experiment> {
        let text = format!("games = [\"{game}\"]\nseeds = [1]\nenvironment.workers = {envs}\n{settings}");
        Ok(config::read_text("bench", "bench", &text, &Overrides::default())?)
    }

    /// Emulators in the form that the experiment trains on.
    fn pool(&self, experiment: &Experiment, game: Game) -> Result<Pool> {
        let rules = Rules::of_training(&experiment.environment, game);
        Pool::load(game, Rom::find(game)?.as_ref(), &rules, experiment.environment.workers)
    }
}

/// `8 environments`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
