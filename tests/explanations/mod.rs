//! The line of explanations: its models and its reward against PyTorch, its stages together.

mod language;
mod order;
mod reward;
mod stages;
