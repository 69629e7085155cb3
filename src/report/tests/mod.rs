//! Reports of made-up folders.

mod compare;
mod curves;
mod explanations;
mod made;
mod page;
mod verdict;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use made::{EXPERIMENT, Made};

use super::format::{number, number_with_interval, percent};
use super::{Warning, is_current};
use crate::eval::statistics::{self, Estimate, Interval};
use crate::game::Game;
use crate::losses::{self, Loss};
use crate::record::{
    AdoptionRow, AgentId, DistillRow, ScoreRow, SummaryRow, SweepRow, TrainRow, read_rows, write_file, write_rows,
};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_same_files_give_the_same_bytes_and_nothing_old_stays() {
    let made = Made::finished();
    let outcome = made.report();
    let (report, summary) = (files(&made.folder.report()), fs::read(made.folder.summary()).unwrap());
    write_file(&made.folder.report().join("old.svg"), b"").unwrap();
    assert_eq!(made.report(), outcome);
    assert!(files(&made.folder.report()) == report, "the report's bytes differ");
    assert_eq!(fs::read(made.folder.summary()).unwrap(), summary);
    let kinds = ["scores", "learning", "distillation", "students"];
    for name in kinds.iter().flat_map(|kind| ["breakout", "pong"].map(|game| format!("{kind}-{game}"))) {
        assert!(report.contains_key(&format!("{name}.svg")), "{name} is missing");
        assert!(report[&format!("{name}.png")].starts_with(b"\x89PNG"));
    }
}

#[test]
fn the_files_of_a_table_hold_the_values_that_the_page_rounds() {
    let made = Made::finished();
    made.report();
    let read = |name: &str| fs::read_to_string(made.folder.report().join(name)).unwrap();
    let text = read("scores.csv");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    assert_eq!(header[..5], ["game", "agent", "score", "score low", "score high"]);
    let row = lines.find(|row| row[..2] == ["breakout", "random"]).unwrap();
    let of_random = |row: &&ScoreRow| row.agent == "random" && row.game == "breakout";
    let means: Vec<f64> = made.scores.iter().filter(of_random).map(|row| row.mean).collect();
    assert_eq!(row[2].parse::<f64>().unwrap(), statistics::mean(&means).unwrap());
    assert!(read("matrix.tex").contains("\\\\\n\\midrule\nbreakout"), "{}", read("matrix.tex"));
}

#[test]
fn a_taken_teachers_parameters_are_those_of_the_network_with_which_it_learned() {
    let shipped = "name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n[teacher]\nfrom = \"shipped\"\n\
        [[students]]\nname = \"net1\"\nnetwork = \"net1\"\nloss = \"kl\"\ntemperature = 0.5\n";
    let mut made = Made::with(shipped);
    let pong = Game::named("pong").unwrap();
    for agent in [AgentId::random(pong, 1), AgentId::teacher(pong, 1), AgentId::student("net1", pong, 1)] {
        made.score(&agent, 10.0, 40);
    }
    made.report();
    // The paper's 1,693,362, and PQN's scale and shift for each of 12,800 + 5,184 + 3,136 + 512 normalised outputs.
    let networks = fs::read_to_string(made.folder.report().join("networks.csv")).unwrap();
    assert!(networks.lines().any(|line| line.starts_with("teacher,") && line.contains("1736626")), "{networks}");
}

#[test]
fn tables_show_the_numbers_of_the_files() {
    let made = Made::finished();
    let outcome = made.report();
    let (page, summary) = (made.page(), fs::read_to_string(made.folder.report().join("summary.md")).unwrap());
    for row in &made.scores {
        let interval = Interval { low: row.ci_low, high: row.ci_high };
        assert!(
            page.contains(&number_with_interval(Estimate { value: row.mean, interval: Some(interval) })),
            "{row:?}"
        );
    }
    let of_small = |row: &&ScoreRow| row.agent == "small" && row.game == "pong";
    let means: Vec<f64> = made.scores.iter().filter(of_small).map(|row| row.mean).collect();
    let mean = number(statistics::mean(&means).unwrap());
    let table = outcome.table.text();
    let line = table.lines().find(|line| line.starts_with("pong      small ")).unwrap();
    assert!(line.contains(&mean) && summary.contains(&mean), "{mean} is not in {line}");
}

#[test]
fn the_summary_is_the_geometric_mean_beside_the_papers_figure() {
    let made = Made::finished();
    let outcome = made.report();
    let small = made.summary("small");
    let in_game = |game: &str| {
        let of_game = |row: &&ScoreRow| row.agent == "small" && row.game == game;
        let shares: Vec<f64> = made.scores.iter().filter(of_game).filter_map(|row| row.relative_to_teacher).collect();
        statistics::mean(&shares).unwrap()
    };
    let expected = (in_game("breakout") * in_game("pong")).sqrt();
    assert_eq!((small.games, small.seeds, small.paper), (2, 3, Some(1.017)));
    assert!((small.relative_geometric_mean.unwrap() - expected).abs() < 1e-12);
    assert!(small.ci_low.unwrap() < expected && expected < small.ci_high.unwrap());
    assert!(small.iqm_ci_low < small.relative_iqm && small.relative_iqm < small.iqm_ci_high);
    assert!(small.beats_ci_low < small.beats_teacher && small.beats_teacher < Some(0.5));
    // No figure of the paper for NLL is reported for such a network.
    assert_eq!(made.summary("smaller").paper, None);
    let lost = format!("small (size 6.6%) loses {} [", percent(1.0 - expected));
    assert!(outcome.verdict.contains(&lost), "{lost} is not in {}", outcome.verdict);
}

#[test]
fn a_figure_of_the_paper_never_stands_without_what_it_is() {
    let made = Made::finished();
    made.report();
    let note = "reported by several notes, unconfirmed; over 10 games, of which 2 here";
    assert_eq!(made.summary("small").paper_note.as_deref(), Some(note));
    let files = files(&made.folder.report());
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    for line in text("summary.md").lines().chain(text("index.html").lines()).filter(|line| line.contains("101.7%")) {
        assert!(line.contains(note), "{line}");
    }
    // A long label has several lines.
    let figure = text("relative.svg");
    let lines: Vec<&str> = figure.lines().filter(|line| !line.starts_with('<')).collect();
    assert!(text("summary.md").contains("101.7%") && lines.join(" ").contains(note), "{lines:?}");
}

#[test]
fn students_with_one_network_for_several_games_stand_beside_the_papers() {
    let mut made = Made::with(
        "name = \"made-up\"\ngames = [\"freeway\", \"pong\", \"qbert\"]\nseeds = [1, 2]\n[[students]]\n\
         name = \"multi\"\nnetwork = \"teacher\"\ngames = \"together\"\n[[students]]\nname = \"net2\"\nnetwork = \"net2\"\n",
    );
    for seed in 1..=2 {
        for game in ["freeway", "pong", "qbert"].map(|name| Game::named(name).unwrap()) {
            made.score(&AgentId::random(game, seed), 1.0, 40);
            made.score(&AgentId::teacher(game, seed), 20.0, 40);
            made.score(&AgentId::student("multi", game, seed), 22.0 - seed as f64, 40);
            made.score(&AgentId::student("net2", game, seed), 22.0 - seed as f64, 40);
        }
    }
    made.share("multi", 3);
    made.report();
    let (multi, single) = (made.summary("multi"), made.summary("net2"));
    let note = "reported by one note, unconfirmed; over the same 3 games in one network";
    assert_eq!((multi.paper, multi.paper_note.as_deref()), (Some(1.169), Some(note)));
    assert_eq!(multi.relative_geometric_mean, single.relative_geometric_mean);
    // The chance that the games share does not average out.
    let width = |row: &SummaryRow| row.ci_high.unwrap() - row.ci_low.unwrap();
    assert!(width(&multi) > 1.2 * width(&single), "{} and {}", width(&multi), width(&single));
    assert!(made.page().contains("32/64/64, 512; 3 games"));
}

#[test]
fn followed_teachers_and_temperatures_are_drawn_and_listed() {
    let student = |name: &str, temperature: &str| {
        format!("[[students]]\nname = \"{name}\"\nnetwork = \"net2\"\ntemperature = {temperature}\n")
    };
    let students = student("hot", "1.0") + &student("warm", "{ gaps = 1.0 }") + &student("auto", "\"auto\"");
    let mut made = Made::with(&format!(
        "name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1, 2]\n[distillation]\nonline = true\n{students}"
    ));
    let pong = Game::named("pong").unwrap();
    made.learned(&AgentId::teacher(pong, 1));
    made.score(&AgentId::random(pong, 1), 1.0, 40);
    made.score(&AgentId::teacher(pong, 1), 20.0, 40);
    for (name, temperature) in [("hot", 1.0), ("warm", 0.02), ("auto", 0.006)] {
        let agent = AgentId::student(name, pong, 1);
        made.learned(&agent);
        made.score(&agent, 18.0, 40);
        made.scores.last_mut().unwrap().temperature = Some(temperature);
        let (reason, weights) = ("because".to_owned(), String::new());
        let (teacher_score, before, unix_time) = (Some(12.25), None, None);
        let game = "pong".to_owned();
        let row = AdoptionRow {
            game,
            hour: 3,
            updates: 7,
            teacher_frames: 4321,
            teacher_score,
            before,
            reason,
            weights,
            unix_time,
        };
        // Both seeds followed the same teacher, as students of one training do.
        for seed in [1, 2] {
            write_rows(&made.folder.adoptions(&AgentId { seed, ..agent.clone() }), std::slice::from_ref(&row)).unwrap();
        }
    }
    let (game, held_out_agreement, updates) = ("pong".to_owned(), 0.875, 99);
    let (mean, ci_low, ci_high, chosen) = (3.25, 2.0, 4.0, true);
    let row =
        SweepRow { game, gaps: 0.3, temperature: 0.006, updates, held_out_agreement, mean, ci_low, ci_high, chosen };
    write_rows(&made.folder.sweep(&AgentId::student("auto", pong, 1)), &[row]).unwrap();
    made.report();
    let (page, files) = (made.page(), files(&made.folder.report()));
    assert!(files.contains_key("online-pong.svg") && files.contains_key("temperature.svg"), "{:?}", files.keys());
    let followed = String::from_utf8_lossy(&files["adoptions.csv"]);
    assert_eq!(followed.matches("hot,pong,\"1, 2\",3,7,").count(), 1, "{followed}");
    assert_eq!(followed.lines().count(), 4, "{followed}");
    for text in ["4,321", "12.2", "because", "88%", "3.25 [2.00, 4.00]", "0.0060", "chosen", "best so far"] {
        assert!(page.contains(text), "{text} is not in the page");
    }
}

#[test]
fn every_loss_has_a_curve_a_table_row_and_a_legend() {
    let student = |loss: &Loss| {
        let name = loss.name;
        format!("[[students]]\nname = \"by-{name}\"\nnetwork = \"net2\"\nloss = \"{name}\"\ntemperature = 0.5\n")
    };
    let students: String = losses::ALL.iter().map(student).collect();
    let mut made = Made::with(&format!("name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n{students}"));
    let pong = Game::named("pong").unwrap();
    made.score(&AgentId::random(pong, 1), 1.0, 40);
    made.score(&AgentId::teacher(pong, 1), 20.0, 40);
    for loss in losses::ALL {
        let agent = AgentId::student(&format!("by-{}", loss.name), pong, 1);
        made.learned(&agent);
        made.score(&agent, 18.0, 40);
    }
    made.report();
    let files = files(&made.folder.report());
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let (curves, sizes, summary) = (text("distillation-pong.svg"), text("relative.svg"), text("summary.md"));
    for loss in losses::ALL {
        let temperature = if loss.has_temperature() { ", τ = 0.5" } else { "" };
        assert!(curves.contains(&format!("{} loss", loss.label)), "{loss:?} has no panel");
        assert!(curves.contains(&format!("loss ({})", loss.unit)), "{loss:?} has no axis");
        assert!(curves.contains(&format!("by-{}", loss.name)), "{loss:?} has no curve");
        assert!(sizes.contains(&format!("by-{}", loss.name)), "{loss:?} has no relative score");
        assert!(summary.contains(&format!("| by-{} | {}{temperature} |", loss.name, loss.label)), "{summary}");
    }
}

#[test]
fn the_differences_of_protocol_are_those_of_the_settings() {
    let differences = |settings: &str| {
        let made = Made::with(&format!("name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n{settings}"));
        made.report();
        let text = fs::read_to_string(made.folder.report().join("summary.md")).unwrap();
        let of_table = text.split("## Differences of protocol").nth(1).unwrap().split("\n\n").nth(1).unwrap();
        of_table.to_owned()
    };
    let paper = differences("");
    assert!(paper.contains("| starts of scored episodes | human starts, not public | 1 to 30 null-op frames |"));
    for same in ["sticky", "training", "play for students", "optimiser", "longest"] {
        assert!(!paper.contains(same), "{same} in {paper}");
    }
    let ours = differences(
        "[environment]\nsticky_actions = 0.25\n[teacher]\nframes = 960000\n[distillation]\nhours = 5\n\
         optimizer = \"adam\"\n",
    );
    for difference in [
        "| sticky actions | none | probability 0.25 | Mnih et al. (2015) |",
        "| teacher’s training | 200,000,000 frames | 960,000 frames | Mnih et al. (2015) |",
        "| play for students | 500 hours | 5 hours | one note |",
        "| students’ optimiser | RMSProp | Adam | several notes |",
    ] {
        assert!(ours.contains(difference), "{difference} not in {ours}");
    }
}

#[test]
fn networks_of_students_that_are_not_those_of_the_papers_experiment_are_a_difference() {
    let summary = |games: &str, students: &[(&str, &str)]| {
        let student = |(at, (network, loss)): (usize, &(&str, &str))| {
            format!("[[students]]\nname = \"s{at}\"\nnetwork = {network}\n{loss}\n")
        };
        let students: String = students.iter().enumerate().map(student).collect();
        let made = Made::with(&format!("name = \"made-up\"\ngames = {games}\nseeds = [1]\n{students}"));
        made.report();
        fs::read_to_string(made.folder.report().join("summary.md")).unwrap()
    };
    let [teacher, net2, net3] = [r#""teacher""#, r#""net2""#, r#""net3""#];
    let small = "{ conv = [8, 16, 16], hidden = 32 }";
    let (nll, together) = ("loss = \"nll\"", "games = \"together\"");
    let (one, three) = ("[\"pong\"]", "[\"freeway\", \"pong\", \"qbert\"]");
    for (games, students, line) in [
        (one, &[(net2, ""), (net2, nll)][..], "| students’ networks | 32/64/64, 512 | 16/16/16, 128 | several notes |"),
        (one, &[(small, "")], "| students’ networks | 16/32/32, 256; 16/16/16, 128; 16/16/16, 64 | 8/16/16, 32 |"),
        (three, &[(net2, together)], "| network for several games | 32/64/64, 512 | 16/16/16, 128 | one note |"),
    ] {
        let summary = summary(games, students);
        assert!(summary.contains(line), "{line} not in {summary}");
    }
    for same in [&[(net3, ""), (net2, "")][..], &[(teacher, ""), (teacher, nll)], &[(net3, "")]] {
        assert!(!summary(one, same).contains("| students’ networks |"));
    }
    assert!(!summary(three, &[(teacher, together)]).contains("| network for several games |"));
}

#[test]
fn without_a_geometric_mean_the_other_means_are_shown_and_it_is_said_why() {
    let mut made = Made::finished();
    made.scores.retain(|row| row.agent != "smaller" || row.game != "pong");
    for seed in 1..=3 {
        made.score(&AgentId::student("smaller", Game::named("pong").unwrap(), seed), -22.0, 40);
    }
    let outcome = made.report();
    let row = made.summary("smaller");
    assert_eq!((row.relative_geometric_mean, row.ci_low, row.ci_high), (None, None, None));
    assert!(row.relative_mean.is_some() && row.mean_ci_low.is_some() && row.relative_iqm.is_some());
    assert!(outcome.warnings.contains(&Warning::NoGeometricMean { students: vec!["smaller in pong".into()] }));
    assert!(outcome.verdict.contains("Over 2 games (arithmetic mean)"), "{}", outcome.verdict);
}

#[test]
fn a_report_is_current_until_the_scores_change() {
    let mut made = Made::finished();
    assert!(!is_current(&made.folder, &made.experiment).unwrap());
    made.report();
    assert!(is_current(&made.folder, &made.experiment).unwrap());
    made.scores.retain(|row| row.agent != "small" || row.seed != 3);
    write_rows(&made.folder.scores(), &made.scores).unwrap();
    assert!(!is_current(&made.folder, &made.experiment).unwrap());
}

#[test]
fn a_report_is_of_the_experiment_that_it_is_asked_for() {
    let mut made = Made::finished();
    made.experiment.seeds = vec![2];
    let outcome = made.report();
    assert_eq!(made.summary("small").seeds, 1);
    let foreign = Warning::Foreign { rows: 16 };
    assert!(outcome.warnings.contains(&foreign), "{:?}", outcome.warnings);
    assert!(foreign.remedy().contains("name them in the experiment file"));
    assert!(made.page().contains("seeds = [2]"));
    made.experiment.seeds = vec![1, 2, 3];
    assert!(!is_current(&made.folder, &made.experiment).unwrap());
    let outcome = made.report();
    assert_eq!(made.summary("small").seeds, 3);
    assert!(!outcome.warnings.iter().any(|warning| matches!(warning, Warning::Foreign { .. })));
}

#[test]
fn an_unfinished_run_is_marked_as_such() {
    let made = Made::with(EXPERIMENT);
    made.trained(&AgentId::teacher(Game::named("pong").unwrap(), 2), 25_000);
    let outcome = made.report();
    assert_eq!((outcome.table.on_terminal(None).as_str(), outcome.verdict.as_str()), ("", "No student is scored yet."));
    let [Warning::Unfinished { runs }] = &outcome.warnings[..] else { panic!("{:?}", outcome.warnings) };
    assert_eq!((runs.len(), runs[0].as_str()), (24, "teacher of pong, seed 2 (50% learned)"));
    assert!(made.page().contains("24 runs not scored yet: teacher of pong, seed 2 (50% learned)"));
    assert!(files(&made.folder.report()).contains_key("learning-pong.svg"));
}

#[test]
fn scores_below_0_are_compared_above_random_play() {
    let pong = Game::named("pong").unwrap();
    let mut made = Made::with("name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n");
    for (agent, around) in [
        (AgentId::random(pong, 1), -20.0),
        (AgentId::teacher(pong, 1), -5.0),
        (AgentId::student("net1", pong, 1), -8.0),
    ] {
        made.score(&agent, around, 40);
    }
    let outcome = made.report();
    assert!(outcome.warnings.contains(&Warning::FewSeeds { seeds: 1 }));
    assert!(outcome.verdict.contains("by the score above random play"), "{}", outcome.verdict);
    let table = outcome.table.text();
    let line = table.lines().last().unwrap();
    assert!(line.contains("% [") && line.contains("]*"), "{line}");
    let note = "Marked *: by (student − random) / (teacher − random), since";
    let summary = fs::read_to_string(made.folder.report().join("summary.md")).unwrap();
    assert!([outcome.table.on_terminal(None), summary.clone(), made.page()].iter().all(|text| text.contains(note)));
    assert!(summary.contains("the game is marked *, here pong."), "{summary}");
}

#[test]
fn a_single_episode_has_no_interval_and_is_warned_about() {
    let catch = Game::named("catch").unwrap();
    let mut made = Made::with("name = \"made-up\"\ngames = [\"catch\"]\nseeds = [1]\n");
    made.score(&AgentId::random(catch, 1), 1.0, 1);
    made.score(&AgentId::teacher(catch, 1), 1.0, 1);
    made.score(&AgentId::student("net1", catch, 1), 1.0, 1);
    let outcome = made.report();
    assert!(!outcome.table.text().lines().skip(1).any(|line| line.contains('[')), "{:?}", outcome.table);
    assert!(outcome.warnings.contains(&Warning::FewEpisodes { episodes: 1 }));
    assert!(outcome.warnings.iter().any(|warning| matches!(warning, Warning::TeacherNearRandom { .. })));
    let students = vec!["net1 in catch (1.08 against 1.08)".to_owned()];
    assert!(outcome.warnings.contains(&Warning::StudentNotAboveRandom { students }), "{:?}", outcome.warnings);
}

#[test]
fn q_values_far_beyond_what_the_rewards_allow_are_a_warning() {
    let made = Made::finished();
    let teacher = AgentId::teacher(Game::named("pong").unwrap(), 1);
    let mut rows: Vec<TrainRow> = read_rows(&made.folder.train(&teacher)).unwrap();
    let warned = |rows: &[TrainRow]| {
        write_rows(&made.folder.train(&teacher), rows).unwrap();
        let warnings = made.report().warnings;
        warnings.into_iter().filter(|warning| matches!(warning, Warning::BeyondRewards { .. })).collect::<Vec<_>>()
    };
    // With rewards up to 1 and a discount of 0.99 no sum of rewards is above 100.
    rows[10].q_mean = Some(-150.0);
    assert_eq!(warned(&rows), []);
    rows[10].q_mean = Some(-1234.0);
    let runs = vec!["teacher of pong, seed 1 (1,234 of at most 100)".to_owned()];
    assert_eq!(warned(&rows), [Warning::BeyondRewards { runs }]);
}

#[test]
fn a_value_that_is_not_finite_is_named_and_not_drawn() {
    let mut made = Made::finished();
    let agent = AgentId::student("small", Game::named("pong").unwrap(), 1);
    let mut rows: Vec<DistillRow> = read_rows(&made.folder.train(&agent)).unwrap();
    rows[10].loss = f64::NAN;
    write_rows(&made.folder.train(&agent), &rows).unwrap();
    made.scores[0].seed = 9;
    let outcome = made.report();
    let files = vec!["the log of student small of pong, seed 1".to_owned()];
    assert!(outcome.warnings.contains(&Warning::NonFinite { files }), "{:?}", outcome.warnings);
    assert!(outcome.warnings.contains(&Warning::Foreign { rows: 1 }));
    assert!(!made.page().contains("NaN"));
}

#[test]
fn a_distillation_without_any_finite_value_has_no_figure() {
    let made = Made::with("name = \"made-up\"\ngames = [\"pong\"]\nseeds = [1]\n[[students]]\nname = \"small\"\n");
    let agent = AgentId::student("small", Game::named("pong").unwrap(), 1);
    made.learned(&agent);
    let mut rows: Vec<DistillRow> = read_rows(&made.folder.train(&agent)).unwrap();
    for row in &mut rows {
        (row.loss, row.agreement, row.held_out_agreement) = (f64::NAN, f64::NAN, f64::NAN);
    }
    write_rows(&made.folder.train(&agent), &rows).unwrap();
    made.report();
    assert!(made.page().contains("are not finite numbers") && !made.page().contains("distillation-pong"));
}

#[test]
fn students_are_compared_with_each_other_by_their_episodes() {
    let made = Made::finished();
    made.report();
    let data = fs::read_to_string(made.folder.report().join("improvement.csv")).unwrap();
    let of = |name: &str| {
        let line = data.lines().find(|line| line.contains(",value,") && line.contains(name)).unwrap();
        line.split(',').nth(3).unwrap().parse::<f64>().unwrap()
    };
    assert!((of("small > teacher") / 100.0 - made.summary("small").beats_teacher.unwrap()).abs() < 1e-9);
    assert!(of("small > smaller") > 95.0, "{data}");
    let profile = fs::read_to_string(made.folder.report().join("profile.csv")).unwrap();
    assert!(profile.contains(",small,line,0,100,,\n") && profile.contains(",smaller,line,150,0,,\n"), "{profile}");
}

#[test]
fn a_teacher_far_below_published_dqn_is_warned_about() {
    // Published DQN: 10,596 in Q*bert, random play 163.9.
    let warned = |teacher: f64| {
        let qbert = Game::named("qbert").unwrap();
        let mut made = Made::with("name = \"made-up\"\ngames = [\"qbert\"]\nseeds = [1]\n");
        made.score(&AgentId::teacher(qbert, 1), teacher, 40);
        made.report().warnings.contains(&Warning::WeakTeacher { games: vec!["qbert".into()] })
    };
    assert!(warned(5_000.0) && !warned(6_000.0));
}
