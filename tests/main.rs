//! Tests of the parts together, and against values from other programs.

mod architecture;
mod bad_input;
mod classic_control;
mod command;
mod emulation;
mod experiments;
mod explanations;
mod follow;
mod fresh;
mod networks;
mod pipeline;
mod ram;
mod replay;
mod resume;
mod scoring;
mod taken;
mod teachers;
