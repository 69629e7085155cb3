//! How much the learning curves of students swing that follow a teacher in training, beside their teacher's.

use crate::eval::statistics::deviation;
use crate::record::EvalRow;
use crate::report::read::Results;
use crate::report::table::{Cell, Table, numbers, words};

/// Each student that followed the training of its teacher at its pace, beside that teacher.
pub fn curves(results: &Results) -> Table {
    let columns = vec![
        words("student", ""),
        words("game", ""),
        numbers("seed", ""),
        numbers("evaluations", "During the training."),
        numbers(
            "deviation",
            "Standard deviation of an evaluation from the trend, in points, by the median of the squares.",
        ),
        numbers("teacher’s evaluations", ""),
        numbers("teacher’s deviation", ""),
        numbers("variance, of teacher’s", "The deviation squared, divided by the teacher’s."),
        numbers("by means", "The same by the means of the squares, into which bends of the trend enter."),
    ];
    let followers = results.students.iter().filter(|run| results.followed_at_pace(&run.agent));
    let rows = followers.filter_map(|run| {
        let seed = results.experiment.teacher_seed(run.agent.seed);
        let teacher = results.teachers_of(run.agent.game).find(|teacher| teacher.agent.seed == seed)?;
        let (own, theirs) = (deviation(&means(&run.eval))?, deviation(&means(&teacher.eval))?);
        let is_comparable = are_comparable(&run.eval, &teacher.eval);
        let ratio = |own: f64, theirs: f64| (theirs > 0.0 && is_comparable).then(|| (own / theirs).powi(2));
        Some(vec![
            run.agent.name.clone().into(),
            run.agent.game.to_string().into(),
            run.agent.seed.to_string().into(),
            run.eval.len().to_string().into(),
            Cell::number(Some(own.by_median)),
            teacher.eval.len().to_string().into(),
            Cell::number(Some(theirs.by_median)),
            Cell::percent(ratio(own.by_median, theirs.by_median)),
            Cell::percent(ratio(own.by_mean, theirs.by_mean)),
        ])
    });
    Table::of(columns, rows).in_files("curves")
}

fn means(rows: &[EvalRow]) -> Vec<f64> {
    rows.iter().map(|row| row.mean).collect()
}

/// Whether two curves have equally many evaluations of equally many episodes: more of either make a curve smoother.
fn are_comparable(one: &[EvalRow], other: &[EvalRow]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.episodes == other.episodes)
}
