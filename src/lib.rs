//! ROM → emulator worker → preprocessed frame → replay → learner → checkpoint → distillation → evaluation → report

// In the order in which they build on one another: a module imports only from modules above it.
pub mod units;

pub mod digest;

pub mod limited;

pub mod progress;

pub mod statistics;

pub mod losses;

pub mod spec;

pub mod game;

pub mod questions;

pub mod config;

pub mod record;

pub mod env;

pub mod replay;

pub mod nn;

pub mod agent;

pub mod teacher;

pub mod distill;

pub mod explain;

pub mod eval;

pub mod report;

pub mod pipeline;

pub mod cli;
