//! The table of how steady learning curves are.

use super::made::Made;
use crate::game::Game;
use crate::record::{AgentId, EvalRow, write_rows};

const FOLLOWING: &str = "name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n[distillation]\nonline = true\n\
    [[students]]\nname = \"net1\"\nnetwork = \"net1\"\nloss = \"kl\"\ntemperature = 0.5\n";

fn evaluated(made: &Made, agent: &AgentId, means: &[f64]) {
    let row = |(mean, at): (&f64, u64)| EvalRow {
        game: agent.game.name().into(),
        steps: at,
        frames: 4 * at,
        updates: at,
        episodes: 10,
        mean: *mean,
        ci_low: mean - 1.96,
        ci_high: mean + 1.96,
        best: false,
    };
    write_rows(&made.folder.eval(agent), &means.iter().zip(1..).map(row).collect::<Vec<_>>()).unwrap();
}

fn report_of(settings: &str, teacher: &[f64], student: &[f64]) -> String {
    let mut made = Made::with(settings);
    let pong = Game::named("pong").unwrap();
    let agents = [AgentId::random(pong, 1), AgentId::teacher(pong, 1), AgentId::student("net1", pong, 1)];
    agents.iter().for_each(|agent| made.score(agent, 10.0, 40));
    evaluated(&made, &agents[1], teacher);
    evaluated(&made, &agents[2], student);
    made.report();
    made.page()
}

#[test]
fn a_student_that_swings_half_as_far_as_its_teacher_has_a_quarter_of_its_variance() {
    // Each middle point is 10 or 5 from the middle of its neighbours: sqrt(2/3) of it is 8.16 or 4.08.
    let page = report_of(FOLLOWING, &[0.0, 10.0, 0.0, 10.0, 0.0], &[1.0, 6.0, 1.0, 6.0, 1.0]);
    for text in ["How steady the curves are", "8.16", "4.08", "25%", "1.00", "1 × 5"] {
        assert!(page.contains(text), "{text} is not in the page");
    }
}

#[test]
fn two_evaluations_say_nothing_about_steadiness() {
    assert!(!report_of(FOLLOWING, &[0.0, 10.0], &[0.0, 10.0]).contains("How steady"));
}

#[test]
fn students_that_follow_nobody_are_not_set_beside_the_training_of_their_teacher() {
    let offline = FOLLOWING.replace("online = true", "online = false");
    let curve = [0.0, 10.0, 0.0, 10.0, 0.0];
    assert!(!report_of(&offline, &curve, &curve).contains("How steady"));
}
