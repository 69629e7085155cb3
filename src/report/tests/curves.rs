//! The table of how steady learning curves are.

use std::fs;

use super::made::Made;
use crate::game::Game;
use crate::record::{AdoptionRow, AgentId, EvalRow, write_rows};

const FOLLOWING: &str = "name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1, 2]\n[teacher]\nseeds = [1]\n[distillation]\nonline = true\n\
    [[students]]\nname = \"net1\"\nnetwork = \"net1\"\nloss = \"kl\"\ntemperature = 0.5\n";

fn evaluated(made: &Made, agent: &AgentId, means: &[f64]) {
    let row = |(mean, at): (&f64, u64)| EvalRow {
        game: agent.game.name().into(),
        steps: at,
        frames: 4 * at,
        updates: at,
        episodes: 10,
        mean: *mean,
        ci_low: mean - 1.0,
        ci_high: mean + 1.0,
        best: false,
    };
    write_rows(&made.folder.eval(agent), &means.iter().zip(1..).map(row).collect::<Vec<_>>()).unwrap();
}

/// `unix_time` is that of a student that follows another process.
fn adopted(made: &Made, agent: &AgentId, unix_time: Option<u64>) {
    let row = AdoptionRow {
        game: agent.game.name().into(),
        hour: 0,
        updates: 0,
        teacher_frames: 4,
        teacher_score: Some(1.0),
        before: None,
        reason: "because".into(),
        weights: String::new(),
        unix_time,
    };
    write_rows(&made.folder.adoptions(agent), &[row]).unwrap();
}

/// The rows of the table's file, for a teacher and the students with seeds 1 and 2.
fn rows(teacher: &[f64], students: [&[f64]; 2], unix_time: Option<u64>) -> Vec<String> {
    let mut made = Made::with(FOLLOWING);
    let pong = Game::named("pong").unwrap();
    let own = AgentId::teacher(pong, 1);
    made.score(&AgentId::random(pong, 1), 1.0, 40);
    made.score(&own, 10.0, 40);
    evaluated(&made, &own, teacher);
    for (seed, curve) in (1..).zip(students) {
        let agent = AgentId::student("net1", pong, seed);
        made.score(&agent, 10.0, 40);
        evaluated(&made, &agent, curve);
        adopted(&made, &agent, unix_time);
    }
    made.report();
    let text = fs::read_to_string(made.folder.report().join("curves.csv")).unwrap_or_default();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// Each middle point is 10 from the middle of its neighbours: 10 · sqrt(2/3 / 0.454936) = 12.105.
const SWINGS: [f64; 5] = [0.0, 10.0, 0.0, 10.0, 0.0];

#[test]
fn a_student_that_swings_half_as_far_as_its_teacher_has_a_quarter_of_its_variance() {
    let rows = rows(&SWINGS, [&[1.0, 6.0, 1.0, 6.0, 1.0], &SWINGS], None);
    assert_eq!(rows.len(), 2, "{rows:?}");
    let cells: Vec<_> = rows[0].split(',').collect();
    assert_eq!(cells[..4], ["net1", "pong", "1", "5"]);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let near = |cell: &str, expected: f64| assert!((number(cell) - expected).abs() < 1e-3, "{cell}: {expected}");
    near(cells[4], 6.0527);
    near(cells[6], 12.1054);
    near(cells[7], 0.25);
    near(rows[1].split(',').nth(7).unwrap(), 1.0);
}

#[test]
fn curves_of_unequal_length_have_no_ratio_and_short_ones_no_row() {
    let rows = rows(&SWINGS, [&SWINGS[..4], &SWINGS[..2]], None);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with("net1,pong,1,4,") && rows[0].ends_with(','), "{rows:?}");
}

#[test]
fn students_that_follow_another_process_had_a_pace_of_their_own() {
    assert!(rows(&SWINGS, [&SWINGS, &SWINGS], Some(1)).is_empty());
}
