//! Tables of choices during the experiment: temperatures, and teachers to follow.

use crate::eval::statistics::Estimate;
use crate::record::AdoptionRow;
use crate::report::format::{number, or_dash};
use crate::report::read::Results;
use crate::report::table::{Cell, Table, estimates, numbers, words};
use crate::units::grouped;

/// Every temperature that was tried for a student.
pub fn sweeps(results: &Results) -> Table {
    let columns = vec![
        words("student", ""),
        words("game", ""),
        numbers("seed", ""),
        numbers("action gaps", "The temperature as a multiple of the teacher’s mean action gap."),
        numbers("temperature", "In units of Q."),
        numbers("updates", "After which the score was measured."),
        numbers(
            "agreement, new play",
            "Share of states not trained on in which student and teacher prefer the same action, an hour’s updates earlier.",
        ),
        estimates("score", ""),
        words("", ""),
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (agent, sweep) in &results.sweeps {
        rows.extend(sweep.iter().map(|row| {
            vec![
                agent.name.clone().into(),
                row.game.clone().into(),
                agent.seed.to_string().into(),
                row.gaps.to_string().into(),
                Cell::of(Some(row.temperature), |temperature| format!("{temperature:.4}")),
                grouped(row.updates).into(),
                Cell::percent(Some(row.held_out_agreement)),
                Cell::number_with_interval(Some(Estimate::between(row.mean, Some(row.ci_low), Some(row.ci_high)))),
                if row.chosen { "chosen".to_owned() } else { String::new() }.into(),
            ]
        }));
    }
    Table::of(columns, rows).in_files("temperatures")
}

/// Every teacher in training that a student adopted. Students that followed the same ones share their rows.
pub fn adoptions(results: &Results) -> Table {
    let columns = vec![
        words("student", ""),
        words("game", ""),
        words("seeds", "Seeds of the students that followed this teacher."),
        numbers("hour", "Hours that the student had learned."),
        numbers("updates", "Likewise."),
        numbers("teacher’s frames", "Frames for which the teacher had been trained."),
        numbers("its score", "Mean of the evaluation that made it the best so far."),
        numbers("before", "The score of the teacher that was followed before."),
        words("reason", ""),
    ];
    let mut followed: Vec<(&str, Vec<String>, &[AdoptionRow])> = Vec::new();
    for (agent, adopted) in &results.adoptions {
        match followed.iter_mut().find(|(name, _, same)| *name == agent.name && same == adopted) {
            Some((_, seeds, _)) => seeds.push(agent.seed.to_string()),
            None => followed.push((&agent.name, vec![agent.seed.to_string()], adopted)),
        }
    }
    let rows = followed.into_iter().flat_map(|(name, seeds, adopted)| {
        adopted.iter().map(move |row| {
            vec![
                name.to_owned(),
                row.game.clone(),
                seeds.join(", "),
                row.hour.to_string(),
                grouped(row.updates),
                grouped(row.teacher_frames),
                or_dash(row.teacher_score, number),
                or_dash(row.before, number),
                row.reason.clone(),
            ]
        })
    });
    Table::of(columns, rows).in_files("adoptions")
}
