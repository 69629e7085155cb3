//! The tables of a report.

mod choices;
mod curves;
mod matrix;
mod networks;
mod overall;
mod paper;
mod scores;

use super::agent_result::AgentResults;
use super::read::Results;
use super::table::Table;

/// Every table of a report. The page, Markdown and files show the same.
pub struct Tables {
    pub matrix: Table,
    pub scores: Table,
    pub each_seed: Table,
    pub overall: Table,
    pub networks: Table,
    pub sweeps: Table,
    pub adoptions: Table,
    pub curves: Table,
    pub students_beside_paper: Table,
    pub teachers_beside_paper: Table,
    pub differences: Table,
}

impl Tables {
    pub fn of(results: &Results, agent_results: &AgentResults) -> Tables {
        Tables {
            matrix: matrix::matrix(results, agent_results),
            scores: scores::scores(agent_results),
            each_seed: scores::each_seed(results),
            overall: overall::overall(results, agent_results),
            networks: networks::networks(results, agent_results),
            sweeps: choices::sweeps(results),
            adoptions: choices::adoptions(results),
            curves: curves::curves(results),
            students_beside_paper: paper::students_beside_paper(agent_results),
            teachers_beside_paper: paper::teachers_beside_paper(results, agent_results),
            differences: paper::differences(results),
        }
    }

    /// The tables that have rows.
    pub fn filled(&self) -> impl Iterator<Item = &Table> {
        let Tables { matrix, scores, each_seed, overall, networks, sweeps, adoptions, curves, .. } = self;
        let paper = [&self.students_beside_paper, &self.teachers_beside_paper, &self.differences];
        let all = [matrix, scores, each_seed, overall, networks, sweeps, adoptions, curves];
        all.into_iter().chain(paper).filter(|table| !table.rows.is_empty())
    }
}
