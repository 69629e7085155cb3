//! How much the learning curves of students swing that follow a teacher in training, beside their teacher's.

use crate::eval::statistics::{Interval, mean, mean_of_runs_interval, mean_ratio, squared_residuals};
use crate::game::Game;
use crate::record::EvalRow;
use crate::report::agent_result::seed_for;
use crate::report::read::{AgentLog, Results};
use crate::report::table::{Cell, Table, estimates, numbers, words};

/// Half the width of a 95% interval of a mean, in standard errors.
const HALF_WIDTH: f64 = 1.96;

/// The evaluations of one agent in a game during its training, a run for each seed.
struct Curves {
    agent: String,
    evaluations: usize,
    squared_residuals: Vec<Vec<f64>>,
    /// Mean squared standard error of an evaluation.
    by_episodes: Option<f64>,
}

impl Curves {
    fn of<'a>(agent: &str, runs: impl Iterator<Item = &'a [EvalRow]>) -> Curves {
        let runs: Vec<&[EvalRow]> = runs.collect();
        let squared_error = |row: &EvalRow| ((row.ci_high - row.ci_low) / (2.0 * HALF_WIDTH)).powi(2);
        let residuals = |rows: &&[EvalRow]| squared_residuals(&rows.iter().map(|row| row.mean).collect::<Vec<_>>());
        Curves {
            agent: agent.to_owned(),
            evaluations: runs.iter().map(|rows| rows.len()).sum(),
            squared_residuals: runs.iter().map(residuals).collect(),
            by_episodes: mean(&runs.iter().flat_map(|rows| rows.iter()).map(squared_error).collect::<Vec<_>>()),
        }
    }

    fn runs(&self) -> Vec<&[f64]> {
        self.squared_residuals.iter().map(Vec::as_slice).collect()
    }

    /// A row of the table; `None` where some run has fewer than three evaluations.
    fn row(&self, game: Game, teacher: &Curves) -> Option<Vec<Cell>> {
        let seed = seed_for(&format!("curve of {} in {game}", self.agent));
        let (runs, teachers) = (self.runs(), teacher.runs());
        let variance = mean(&runs.iter().map(|run| mean(run)).collect::<Option<Vec<_>>>()?)?;
        let root = |interval: Interval| Interval { low: interval.low.sqrt(), high: interval.high.sqrt() };
        let of_teacher = (self.agent != teacher.agent).then(|| mean_ratio([&runs, &teachers], seed)).flatten();
        Some(vec![
            game.to_string().into(),
            self.agent.clone().into(),
            Cell::number_with_interval(Some(variance.sqrt()), mean_of_runs_interval(&runs, seed).map(root)),
            Cell::number(self.by_episodes.map(f64::sqrt)),
            Cell::percent_with_interval(of_teacher.map(|ratio| ratio.0), of_teacher.and_then(|ratio| ratio.1)),
            format!("{} × {}", runs.len(), self.evaluations / runs.len()).into(),
        ])
    }
}

/// For each game the teacher and every student that followed it. Empty if none did.
pub fn curves(results: &Results) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        estimates("deviation", "Standard deviation of an evaluation from the trend of its neighbours, in points."),
        numbers("by episodes", "The part that the chance of an evaluation’s episodes explains, in points."),
        estimates("variance, of teacher’s", "The deviation squared, divided by the teacher’s."),
        numbers("evaluations", "Seeds × evaluations in training."),
    ];
    let of_game = |&game: &Game| {
        let teacher = Curves::of("teacher", evaluated(results.teachers_of(game)));
        let student = |name: &str| Curves::of(name, evaluated(results.students_of(game, name)));
        let students: Vec<_> = results.experiment.students.iter().map(|settings| student(&settings.name)).collect();
        let rows: Vec<_> = students.iter().filter_map(|student| student.row(game, &teacher)).collect();
        teacher.row(game, &teacher).filter(|_| !rows.is_empty()).into_iter().chain(rows).collect::<Vec<_>>()
    };
    let follow = results.experiment.distillation.online;
    let games = results.experiment.games.iter().filter(|_| follow);
    Table::of(columns, games.flat_map(of_game)).in_files("curves")
}

fn evaluated<'a, Row: 'a>(logs: impl Iterator<Item = &'a AgentLog<Row>>) -> impl Iterator<Item = &'a [EvalRow]> {
    logs.map(|log| log.eval.as_slice()).filter(|rows| !rows.is_empty())
}
