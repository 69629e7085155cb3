//! ROM → emulator worker → preprocessed frame → replay → learner → checkpoint → distillation → evaluation → report

pub mod config;
pub mod env;
pub mod frame;
pub mod game;
pub mod record;
pub mod units;
