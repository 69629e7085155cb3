//! The mean over games by which agents are compared.

use crate::eval::statistics::{Estimate, Figures};
use crate::record::SummaryRow;

/// A mean over games that all compared agents have; those are scored in equally many games.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mean {
    /// The paper's.
    Geometric,
    /// Where some agent has no geometric mean, and in a single game.
    Arithmetic,
}

impl Mean {
    /// The mean by which to compare the agents of these rows.
    pub fn over<'a>(rows: impl Iterator<Item = &'a SummaryRow>) -> Mean {
        let has_geometric = |row: &SummaryRow| row.games > 1 && row.relative_geometric_mean.is_some();
        let mut rows = rows.peekable();
        if rows.peek().is_some() && rows.all(has_geometric) { Mean::Geometric } else { Mean::Arithmetic }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mean::Geometric => "geometric mean",
            Mean::Arithmetic => "arithmetic mean",
        }
    }

    /// An agent's mean with its interval.
    pub fn of(self, row: &SummaryRow) -> Option<Estimate> {
        match self {
            Mean::Geometric => Some(Estimate::between(row.relative_geometric_mean?, row.ci_low, row.ci_high)),
            Mean::Arithmetic => Some(Estimate::between(row.relative_mean?, row.mean_ci_low, row.mean_ci_high)),
        }
    }

    /// The same mean of resampled scores.
    pub fn figure(self) -> fn(&Figures) -> Option<f64> {
        match self {
            Mean::Geometric => |figures| figures.geometric_mean,
            Mean::Arithmetic => |figures| figures.mean,
        }
    }
}
