//! `pd bench`: measures this machine.
//!
//! A benchmark is a list of [`Case`]s. They are measured in turn, again and again, since a machine's speed drifts within
//! minutes; each one's median and range over the repeats are told.

mod emulation;
mod measure;
mod print;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::arguments::Common;
use crate::game::Game;
use crate::progress::Ended;
use measure::Case;

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Subject {
    /// Agent steps per second, by game, environments and threads
    Emulation,
}

/// Flags of `pd bench`.
#[derive(Debug, Args)]
pub struct Options {
    pub subject: Subject,
    /// Games to measure with
    #[arg(long, value_delimiter = ',', default_value = "breakout,pong,seaquest,qbert", value_parser = game)]
    pub games: Vec<Game>,
    /// Numbers of environments
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub envs: Vec<u16>,
    /// Measurements of each case, after one that does not count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeats: u16,
    /// Seconds that one measurement takes at least
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    pub seconds: f64,
    /// As --repeats 1 --seconds 0.01: to see that everything works
    #[arg(long, conflicts_with_all = ["repeats", "seconds"])]
    pub quick: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
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

/// Measures the subject and prints what was found.
pub fn bench(options: &Options, common: &Common) -> Result<Ended> {
    let cases: Vec<Case> = match options.subject {
        Subject::Emulation => emulation::cases(options, common)?,
    };
    let measured = measure::in_turn(cases, options.repeats());
    if options.json {
        print::json(&measured)?
    } else {
        print::table(&measured)
    }
    Ok(Ended::Done)
}
