//! Tests of the parts together, and against values from other programs.

mod architecture;
mod bad_input;
mod classic_control;
mod command;
mod documents;
mod emulation;
mod experiments;
mod explanations;
mod follow;
mod fresh;
#[cfg(feature = "gym-rs")]
mod gym_rs;
mod networks;
mod parsers;
mod pipeline;
mod reliability;
mod replay;
mod resume;
mod scoring;
mod taken;
mod teachers;
mod views;
