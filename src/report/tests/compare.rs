//! Two experiments side by side.

use std::path::Path;

use super::made::Made;
use crate::config::{Overrides, explanations};
use crate::explain::AnswerRow;
use crate::game::Game;
use crate::questions::QuestionSplit;
use crate::record::{AgentId, Folder, ModelId, Ratio, write_file, write_rows, write_toml};
use crate::report::compare::{Comparison, of_games, places, written};

/// A folder of one game in which the teacher scores 200 and the student its share of that.
fn made(settings: &str, teacher: f64, share: f64) -> Made {
    let mut made = Made::with(&format!(
        "name = \"made-up\"\ngames = [\"qbert\"]\nseeds = [1, 2]\n{settings}[[students]]\nname = \"net3\"\nnetwork = \"net3\"\n"
    ));
    let qbert = Game::named("qbert").unwrap();
    for seed in [1, 2] {
        made.score(&AgentId::teacher(qbert, seed), teacher, 40);
        made.score(&AgentId::random(qbert, seed), 20.0, 40);
        made.score(&AgentId::student("net3", qbert, seed), share * teacher, 40);
    }
    made.report();
    let text = toml::to_string(&made.experiment).unwrap();
    write_file(&made.folder.experiment(), text.as_bytes()).unwrap();
    made
}

fn compare(folders: [&Path; 2]) -> anyhow::Result<Comparison> {
    of_games(places(folders)?)
}

fn compared(first: &Made, second: &Made) -> Comparison {
    compare([first.folder.root(), &second.folder.experiment()]).unwrap()
}

#[test]
fn two_experiments_are_compared_by_the_difference_of_their_students() {
    let (teachers, mixed) = (made("", 200.0, 0.7), made("[distillation]\ndata = \"mixed\"\n", 200.0, 0.9));
    let comparison = compared(&teachers, &mixed);
    let [settings] = comparison.head.settings.as_slice() else { panic!("{:?}", comparison.head.settings) };
    assert_eq!(
        (settings.key.as_str(), &settings.values),
        ("distillation.data", &["\"teacher\"", "\"mixed\""].map(String::from))
    );
    let students: Vec<_> = comparison.in_games.iter().filter(|own| own.agent == "net3").collect();
    let [net3] = students.as_slice() else { panic!("{students:?}") };
    let share = net3.of_teacher.unwrap();
    assert!((share.difference.value - 0.2).abs() < 1e-3 && share.difference.is_above(0.1), "{share:?}");
    let score = net3.score.unwrap();
    assert!((score.difference.value - 40.0).abs() < 0.5 && score.difference.is_above(30.0), "{score:?}");
    let teacher = comparison.in_games.iter().find(|own| own.agent == "teacher").and_then(|own| own.score).unwrap();
    assert_eq!((teacher.difference.value, teacher.difference.interval), (0.0, None), "the same episodes");
    let verdict = comparison.head.verdict.join(" ");
    assert!(verdict.starts_with("They differ in distillation.data (\"teacher\" in "), "{verdict}");
    assert!(
        verdict.contains("In qbert, of the teacher’s score: net3 has 70% in ")
            && verdict.contains(" is better by 20% ["),
        "{verdict}"
    );
    assert!(!verdict.contains("teachers are not the same"), "{verdict}");
    let written = written([teachers.folder.root(), mixed.folder.root()]).unwrap();
    assert!(
        written.markdown.contains("| qbert | net3 | 70% [") && written.text.contains("distillation.data"),
        "{}",
        written.markdown
    );
}

#[test]
fn what_is_the_same_cannot_be_told_apart_and_other_teachers_are_named() {
    let (one, same, other) = (made("", 200.0, 0.9), made("", 200.0, 0.9), made("", 100.0, 0.9));
    let verdict = compared(&one, &same).head.verdict.join(" ");
    assert!(
        verdict.starts_with("Their settings are the same.") && verdict.contains("cannot be told apart"),
        "{verdict}"
    );
    let verdict = compared(&one, &other).head.verdict.join(" ");
    assert!(verdict.contains("cannot be told apart (0.0% ["), "{verdict}");
    assert!(
        verdict.contains("Their teachers are not the same in 1 game") && verdict.contains("clearly more in 1, "),
        "{verdict}"
    );
}

#[test]
fn a_student_is_compared_by_one_definition_though_another_student_changes_that_of_one_side() {
    let scored = |dead: bool| {
        let dead_student = if dead { "[[students]]\nname = \"dead\"\nnetwork = \"net3\"\n" } else { "" };
        let mut made = Made::with(&format!(
            "name = \"made-up\"\ngames = [\"qbert\"]\nseeds = [1]\n[[students]]\nname = \"net3\"\nnetwork = \"net3\"\n\
             {dead_student}"
        ));
        let qbert = Game::named("qbert").unwrap();
        made.score(&AgentId::teacher(qbert, 1), 700.0, 40);
        made.score(&AgentId::random(qbert, 1), 150.0, 40);
        made.score(&AgentId::student("net3", qbert, 1), 490.0, 40);
        if dead {
            made.score(&AgentId::student("dead", qbert, 1), 0.0, 40);
            // What the command that scores them would have written.
            for row in &mut made.scores {
                row.ratio = Some(Ratio::AboveRandom);
                row.relative_to_teacher = row.relative_to_teacher.map(|_| (row.mean - 150.0) / (700.0 - 150.0));
            }
        }
        write_file(&made.folder.experiment(), toml::to_string(&made.experiment).unwrap().as_bytes()).unwrap();
        made.report();
        made
    };
    let comparison = compared(&scored(false), &scored(true));
    let [net3] = comparison.over_games.as_slice() else { panic!("{:?}", comparison.over_games) };
    let share = net3.of_teacher.unwrap();
    let expected = (490.0 - 150.0) / (700.0 - 150.0);
    assert!([share.first, share.second].iter().all(|own| (own.value - expected).abs() < 0.01), "{share:?}");
    assert!(share.difference.value.abs() < 1e-9, "{share:?}");
}

#[test]
fn a_student_with_scores_in_other_games_on_each_side_is_not_compared_over_games() {
    let scored = |games_of_late: &[&str]| {
        let mut made = Made::with(
            "name = \"made-up\"\ngames = [\"breakout\", \"qbert\"]\nseeds = [1]\n\
             [[students]]\nname = \"net3\"\nnetwork = \"net3\"\n[[students]]\nname = \"late\"\nnetwork = \"net3\"\n",
        );
        for name in ["breakout", "qbert"] {
            let game = Game::named(name).unwrap();
            made.score(&AgentId::teacher(game, 1), 200.0, 40);
            made.score(&AgentId::random(game, 1), 20.0, 40);
            made.score(&AgentId::student("net3", game, 1), 150.0, 40);
            if games_of_late.contains(&name) {
                made.score(&AgentId::student("late", game, 1), 180.0, 40);
            }
        }
        write_file(&made.folder.experiment(), toml::to_string(&made.experiment).unwrap().as_bytes()).unwrap();
        made.report();
        made
    };
    for (first, second) in [(["breakout", "qbert"].as_slice(), ["breakout"].as_slice()), (&["qbert"], &["qbert"])] {
        let comparison = compared(&scored(first), &scored(second));
        let over_games: Vec<&str> = comparison.over_games.iter().map(|own| own.agent.as_str()).collect();
        let verdict = comparison.head.verdict.join(" ");
        assert_eq!((over_games, comparison.mean), (vec!["net3"], "geometric mean"), "{verdict}");
        assert!(
            verdict.contains("Over 2 games (geometric mean), of the teacher’s score: net3 has 75% in "),
            "{verdict}"
        );
        let left_out = "Not compared over games, since scored in fewer or not in the same: late.";
        assert!(verdict.contains(left_out), "{verdict}");
    }
}

#[test]
fn a_folder_without_results_or_with_other_games_is_refused() {
    let one = made("", 200.0, 0.9);
    let error = compare([one.folder.root(), &one.folder.report()]).unwrap_err().to_string();
    assert!(error.contains("no results there"), "{error}");
    let pong = Made::with("name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n");
    write_file(&pong.folder.experiment(), toml::to_string(&pong.experiment).unwrap().as_bytes()).unwrap();
    write_rows(&pong.folder.scores(), &pong.scores).unwrap();
    let error = compare([one.folder.root(), pong.folder.root()]).unwrap_err().to_string();
    assert!(error.contains("no game in common"), "{error}");
}

/// A folder of an experiment with explanations, whose base model gives these answers to questions of seed 1.
fn answered(more: &str, right: &[u32]) -> tempfile::TempDir {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::at(kept.path());
    let text = format!("seeds = [1]\n{more}[[teachers]]\nname = \"rlt\"\n[[students]]\nname = \"same\"\n");
    let experiment = explanations::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
    write_toml(&folder.experiment(), &experiment).unwrap();
    let answer = |(number, &right): (usize, &u32)| AnswerRow {
        split: QuestionSplit::Test,
        temperature: 0.7,
        question: number.to_string(),
        samples: 4,
        right,
        tokens: 1.0,
        wrong: 0.0,
        skipped: 0.0,
    };
    let rows: Vec<AnswerRow> = right.iter().enumerate().map(answer).collect();
    let answers = folder.run(&ModelId::Base { seed: 1 }).answers();
    std::fs::create_dir_all(answers.parent().unwrap()).unwrap();
    write_rows(&answers, &rows).unwrap();
    kept
}

#[test]
fn models_are_compared_question_by_question_where_they_answered_the_same_ones() {
    // Hard questions and easy ones: question by question the second has one more right each time but the last.
    let (first, second) = (answered("", &[0, 3, 0, 3, 0, 3]), answered("", &[1, 4, 1, 4, 1, 3]));
    let own = written([first.path(), second.path()]).unwrap();
    let of_base = &own.json["models"][0]["accuracy"];
    assert_eq!(of_base["first"]["value"], 0.375);
    let difference = &of_base["difference"];
    assert!((difference["value"].as_f64().unwrap() - 5.0 / 24.0).abs() < 1e-9, "{difference}");
    assert!(difference["low"].as_f64() > Some(0.0) && difference["high"].as_f64() <= Some(0.25), "{difference}");
    assert!(own.text.contains("In 1 of 1 model the two can be told apart"), "{}", own.text);
    assert!(own.markdown.contains("| test | 0.7 |"), "{}", own.markdown);

    let other = answered("[task]\nlength = [2, 4]\n", &[1, 4, 1, 4, 1, 4]);
    let own = written([first.path(), other.path()]).unwrap();
    let of_base = &own.json["models"][0]["accuracy"]["difference"];
    assert!(of_base["low"].as_f64() < Some(0.0) && of_base["high"].as_f64() > Some(0.5), "{of_base}");
    assert!(own.text.contains("Their questions are not the same (task.length)."), "{}", own.text);
    assert!(own.text.contains("In 0 of 1 model"), "{}", own.text);
}

#[test]
fn a_difference_that_is_the_same_in_every_question_has_an_interval_of_some_width() {
    let (first, second) = (answered("", &[0, 3, 0, 3, 0, 3]), answered("", &[1, 4, 1, 4, 1, 4]));
    let own = written([first.path(), second.path()]).unwrap();
    let difference = &own.json["models"][0]["accuracy"]["difference"];
    assert_eq!(difference["value"], 0.25);
    assert!(difference["low"].as_f64() < Some(0.0) && difference["high"].as_f64() > Some(0.5), "{difference}");
    assert!(own.text.contains("In 0 of 1 model the two can be told apart"), "{}", own.text);
    let text = written([first.path(), first.path()]).unwrap().text;
    assert!(text.contains("0.0% [−46, 46]"), "{text}");
}

#[test]
fn experiments_of_different_lines_are_not_compared() {
    let games = made("", 200.0, 0.9);
    let error = written([games.folder.root(), answered("", &[1]).path()]).err().unwrap().to_string();
    assert!(error.contains("nothing to compare"), "{error}");
}
