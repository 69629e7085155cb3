//! The report of the line of explanations: answers, explanations and costs → tables, figures and verdicts.

mod claims;
mod examples;
mod figures;
mod protocol;
mod results;
mod tables;
mod write;

pub use results::{Answerer, ExplanationResults, difference};
pub use write::{scored, write};
