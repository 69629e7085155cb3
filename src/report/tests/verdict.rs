//! The sentences at the top of a report.

use super::made::Made;
use crate::game::Game;
use crate::record::AgentId;

/// A folder of one game in which the teacher scores 200 and each student its share of that.
fn made(students: &[(&str, &str, f64)], seeds: &[u64]) -> Made {
    let student = |(name, settings, _): &(&str, &str, f64)| format!("[[students]]\nname = \"{name}\"\n{settings}\n");
    let students_text: String = students.iter().map(student).collect();
    let mut made = Made::with(&format!("name = \"made-up\"\ngames = [\"qbert\"]\nseeds = {seeds:?}\n{students_text}"));
    let qbert = Game::named("qbert").unwrap();
    for &seed in seeds {
        made.score(&AgentId::teacher(qbert, seed), 200.0, 40);
        made.score(&AgentId::random(qbert, seed), 20.0, 40);
        for (name, _, share) in students {
            made.score(&AgentId::student(name, qbert, seed), 200.0 * share, 40);
        }
    }
    made
}

#[test]
fn of_several_sizes_the_verdict_names_the_smallest_that_keeps_the_score() {
    let mut made = made(
        &[("big", "network = \"net1\"", 1.0), ("mid", "network = \"net2\"", 0.99), ("tiny", "network = \"net3\"", 0.8)],
        &[1, 2, 3],
    );
    for (name, size) in [("big", 0.25), ("mid", 0.07), ("tiny", 0.03)] {
        made.scores.iter_mut().filter(|row| row.agent == name).for_each(|row| row.compression = Some(size));
    }
    let verdict = made.report().verdict;
    let begin = "mid is the smallest student that keeps the teacher’s score, with 7.0% of its parameters. \
                 In qbert, with 3 seeds: big (100% [";
    assert!(verdict.starts_with(begin), "{verdict}");
    assert!(verdict.contains("keep the teacher’s score; tiny (size 3.0%) loses 20% ["), "{verdict}");
    assert!(verdict.ends_with("Random play has 10% of the teacher’s score."), "{verdict}");
    let (page, summary) = (made.page(), std::fs::read_to_string(made.folder.report().join("summary.md")).unwrap());
    assert!(page.contains(&verdict) && summary.starts_with(&format!("# made-up\n\n{verdict}\n")), "{summary}");
}

#[test]
fn of_several_games_the_verdict_names_the_smallest_student_in_each() {
    let mut made = Made::with(
        "name = \"made-up\"\ngames = [\"breakout\", \"qbert\", \"seaquest\"]\nseeds = [1, 2]\n\
         [[students]]\nname = \"big\"\nnetwork = \"net1\"\n[[students]]\nname = \"tiny\"\nnetwork = \"net3\"\n",
    );
    for seed in [1, 2] {
        for (name, big, tiny) in [("breakout", 150.0, 100.0), ("qbert", 200.0, 100.0), ("seaquest", 200.0, 199.0)] {
            let game = Game::named(name).unwrap();
            made.score(&AgentId::teacher(game, seed), 200.0, 40);
            made.score(&AgentId::random(game, seed), 20.0, 40);
            made.score(&AgentId::student("big", game, seed), big, 40);
            made.score(&AgentId::student("tiny", game, seed), tiny, 40);
        }
    }
    for (name, size) in [("big", 0.25), ("tiny", 0.03)] {
        made.scores.iter_mut().filter(|row| row.agent == name).for_each(|row| row.compression = Some(size));
    }
    let verdict = made.report().verdict;
    let each =
        "The smallest that keeps it in each game: none in breakout; big (25%) in qbert; tiny (3.0%) in seaquest.";
    assert!(
        verdict.starts_with(&format!("No student is shown to keep the teacher’s score. {each} Over ")),
        "{verdict}"
    );
}

#[test]
fn of_several_losses_the_verdict_tells_which_are_worse_and_which_cannot_be_told_apart() {
    let loss = |loss: &str| format!("network = \"net2\"\nloss = \"{loss}\"");
    let [kl, nll, mse] = ["kl", "nll", "mse"].map(loss);
    let students = [("kl", kl.as_str(), 0.97), ("nll", nll.as_str(), 0.96), ("mse", mse.as_str(), 0.6)];
    let verdict = made(&students, &[1, 2, 3]).report().verdict;
    assert!(verdict.contains(" By loss: kl and nll cannot be told apart (1.0% [−"), "{verdict}");
    assert!(verdict.contains("; kl is better than mse by 37% ["), "{verdict}");
    let alone = made(&students, &[1]).report().verdict;
    assert!(alone.ends_with("With one seed it is not known how another training would come out."), "{alone}");
}

#[test]
fn without_an_interval_no_student_is_said_to_keep_a_score() {
    let qbert = Game::named("qbert").unwrap();
    let mut made = Made::with("name = \"made-up\"\ngames = [\"qbert\"]\nseeds = [1]\n");
    made.score(&AgentId::teacher(qbert, 1), 200.0, 1);
    made.score(&AgentId::student("net1", qbert, 1), 200.0, 1);
    let verdict = made.report().verdict;
    assert!(verdict.contains("it is not clear whether it loses any of the teacher’s score"), "{verdict}");
}

#[test]
fn a_student_with_scores_in_fewer_games_is_left_out_of_every_mean() {
    let mut made = Made::with(
        "name = \"made-up\"\ngames = [\"breakout\", \"qbert\", \"seaquest\"]\nseeds = [1, 2]\n\
         [[students]]\nname = \"big\"\nnetwork = \"net1\"\n[[students]]\nname = \"late\"\nnetwork = \"net3\"\n",
    );
    for seed in [1, 2] {
        for game in ["breakout", "qbert", "seaquest"].map(|name| Game::named(name).unwrap()) {
            made.score(&AgentId::teacher(game, seed), 200.0, 40);
            made.score(&AgentId::random(game, seed), 20.0, 40);
            made.score(&AgentId::student("big", game, seed), 150.0, 40);
        }
        made.score(&AgentId::student("late", Game::named("breakout").unwrap(), seed), 190.0, 40);
    }
    let verdict = made.report().verdict;
    let expected = "Over 3 games (geometric mean), with 2 seeds: big (size 6.6%) loses 25% [";
    assert!(verdict.contains(expected), "{verdict}");
    assert!(verdict.contains("Left out here: late is scored in 1 of 3 games."), "{verdict}");
    assert!(!verdict.contains("late (") && !verdict.contains("By loss"), "{verdict}");
    let read = |name: &str| std::fs::read_to_string(made.folder.report().join(name)).unwrap();
    let matrix = read("matrix.csv");
    assert!(matrix.lines().any(|line| line.starts_with("geometric mean,") && line.ends_with(",,,")), "{matrix}");
    let figure = read("relative.csv");
    assert!(figure.contains("big") && !figure.contains("late"), "{figure}");
    assert!(read("relative-in-games.svg").lines().any(|line| line == "late"), "it has no entry in the legend");
}
