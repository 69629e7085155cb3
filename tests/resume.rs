//! A run that is stopped and continued gives the bytes that it would have given without the stop.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use policy_distillation::agent::{self, Metadata, Played, Player, Policy};
use policy_distillation::config::{self, Experiment, Overrides};
use policy_distillation::distill::{StudentGroup, TeacherSource, distill};
use policy_distillation::env::{Pool, Rom, Rules};
use policy_distillation::eval::{Match, play};
use policy_distillation::game::Game;
use policy_distillation::nn::{Architecture, Device, Network};
use policy_distillation::progress::{Ended, Progress};
use policy_distillation::record::{AdoptionRow, AgentId, EvalRow, Folder, best_name, read_rows};
use policy_distillation::teacher::{Training, train};
use policy_distillation::units::{Seed, Steps};

use super::classic_control;
use super::command::{Run, TINY, content};
use super::scoring::pool;

/// Asks to stop at the n-th question.
pub struct StopAfter(pub Cell<u64>);

/// As [`StopAfter`], and checks that work which begins anew says so before it is done.
struct Stopper {
    stop: StopAfter,
    begins: Cell<bool>,
}

impl Stopper {
    fn new(stops: u64, checkpoint: &Path) -> Stopper {
        Stopper { stop: StopAfter(Cell::new(stops)), begins: Cell::new(!checkpoint.exists()) }
    }
}

impl Progress for Stopper {
    fn at(&self, done: u64, _: &str) {
        assert!(!self.begins.replace(false) || done == 0, "{done} were done before the first report");
    }

    fn stop(&self) -> bool {
        self.stop.stop()
    }
}

impl Progress for StopAfter {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() == 0
    }
}

/// Emulators of the built-in game, or of a real one whose games are cut short.
pub fn emulators(game: Game, workers: usize, max_frames: u64) -> Pool {
    if game.name() == "catch" {
        return pool(workers, max_frames);
    }
    let experiment = experiment();
    let rules = Rules { max_frames: max_frames.min(300), ..Rules::of_training(&experiment.environment, game) };
    Pool::load(game, Rom::find(game).unwrap().as_ref(), &rules, workers).unwrap()
}

pub fn evaluate(
    game: Game,
    policy: &dyn Policy,
    steps: Steps,
    updates: u64,
    progress: &dyn Progress,
) -> Option<EvalRow> {
    let played = Match { episodes: 0..2, epsilon: 0.05, seed: Seed(9) };
    let episodes = play(&mut emulators(game, 2, 100), policy, &played, progress)?;
    let mean = episodes.iter().map(|episode| episode.score).sum::<f64>() / 2.0;
    let (frames, best) = (steps.frames(4).0, false);
    let game = game.name().into();
    Some(EvalRow { game, steps: steps.0, frames, updates, episodes: 2, mean, ci_low: mean, ci_high: mean, best })
}

pub fn played(experiment: &Experiment, game: Game) -> Played {
    Played::new(game, &experiment.environment, None)
}

/// Trains the agent, a teacher or the player of a network for all the experiment's games.
fn train_agent(experiment: &Experiment, agent: AgentId, architecture: Architecture, root: &Path, stops: u64) -> Ended {
    let games = if agent.shared { experiment.games.as_slice() } else { &experiment.games[..1] };
    let training = Training {
        experiment,
        agent,
        architecture,
        games: games.iter().map(|&game| played(experiment, game)).collect(),
        folder: &Folder::at(root),
        device: Device::Cpu,
    };
    let progress = Stopper::new(stops, &Folder::at(root).checkpoint(&training.agent));
    let mut evaluate =
        |game, policy: &dyn Policy, steps, updates| Ok(evaluate(game, policy, steps, updates, &progress));
    let pools = games.iter().map(|&game| emulators(game, 4, 108_000)).collect();
    train(&training, pools, &mut evaluate, &progress).unwrap()
}

fn teach(experiment: &Experiment, root: &Path, stops: u64) -> Ended {
    let game = experiment.games[0];
    let architecture = Architecture::teacher(&experiment.teacher, &played(experiment, game).spec());
    train_agent(experiment, AgentId::teacher(experiment.games[0], 1), architecture, root, stops)
}

/// Writes a teacher of a game with random weights.
pub fn teacher(experiment: &Experiment, game: Game, path: &Path, seed: u64) {
    let played = played(experiment, game);
    let architecture = Architecture::teacher(&experiment.teacher, &played.spec());
    let network = Network::new(&architecture, Seed(seed), Device::Cpu);
    let agent = AgentId::teacher(game, 1);
    let metadata = Metadata::new(&agent, &architecture, &experiment.environment, vec![played], seed);
    agent::save(path, &network, &metadata).unwrap();
}

/// Distils the experiment's students, whose teachers lie where `source` says.
fn pupils(experiment: &Experiment, root: &Path, source: impl Fn(Game) -> TeacherSource, stops: u64) -> Ended {
    try_pupils(experiment, root, source, stops).unwrap()
}

/// The same where it may fail.
pub fn try_pupils(
    experiment: &Experiment,
    root: &Path,
    source: impl Fn(Game) -> TeacherSource,
    stops: u64,
) -> Result<Ended> {
    let games = experiment.games.iter();
    let group = StudentGroup {
        experiment,
        seed: 1,
        students: experiment.students.clone(),
        games: games.clone().map(|&game| (played(experiment, game), source(game))).collect(),
        folder: &Folder::at(root),
        device: Device::Cpu,
    };
    let progress = Stopper::new(stops, &Folder::at(root).distillation(&group.name(), group.seed));
    let mut evaluate =
        |game, policy: &dyn Policy, steps, updates| Ok(evaluate(game, policy, steps, updates, &progress));
    let pools = games.map(|&game| emulators(game, 4, 108_000)).collect();
    distill(&group, pools, &mut evaluate, &progress)
}

/// Runs `work` once without stopping and once stopping every `every` questions; both must leave the same files.
pub fn survives_stops(every: u64, work: impl Fn(&Path, u64) -> Ended) {
    let (straight, stopped) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(work(straight.path(), u64::MAX), Ended::Done);
    let mut stops = 0;
    while work(stopped.path(), every) == Ended::Stopped {
        stops += 1;
    }
    assert!(stops > 3, "it was stopped {stops} times only");
    let relative = |root: &Path| -> Vec<_> {
        let strip = |(path, bytes): (std::path::PathBuf, Vec<u8>)| (path.strip_prefix(root).unwrap().to_owned(), bytes);
        content(root).into_iter().map(strip).collect()
    };
    let (straight, stopped) = (relative(straight.path()), relative(stopped.path()));
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&straight), names(&stopped));
    for (one, other) in straight.iter().zip(&stopped) {
        assert!(one.1 == other.1, "{} differs after stops", one.0.display());
    }
}

/// Inverts a bit in the middle of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(path, bytes).unwrap();
}

/// Stops `work` twice, damages a file of the newest checkpoint, and finishes: nothing may differ from a straight run.
fn survives_damage(files: &[&str], stops: u64, checkpoint: &str, work: impl Fn(&Path, u64) -> Ended) {
    let straight = tempfile::tempdir().unwrap();
    assert_eq!(work(straight.path(), u64::MAX), Ended::Done);
    for file in files {
        let root = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            assert_eq!(work(root.path(), stops), Ended::Stopped);
        }
        flip(&root.path().join(checkpoint).join(file));
        assert_eq!(work(root.path(), u64::MAX), Ended::Done);
        for ((path, one), (_, other)) in content(straight.path()).iter().zip(content(root.path())) {
            assert!(*one == other, "{} differs after damage to {file}", path.display());
        }
        assert_eq!(content(straight.path()).len(), content(root.path()).len());
    }
}

#[test]
fn a_damaged_checkpoint_costs_the_steps_since_the_one_before_and_nothing_else() {
    let experiment = experiment();
    let files = ["state.bin", "learner.bin", "replay-0.bin", "files.bin"];
    survives_damage(&files, 60, "teachers/catch/seed-1/checkpoint", |root, stops| teach(&experiment, root, stops));
    let teachers = tempfile::tempdir().unwrap();
    let path = teachers.path().join("catch.safetensors");
    teacher(&experiment, experiment.games[0], &path, 3);
    let work = |root: &Path, stops| pupils(&experiment, root, |_| TeacherSource::Final(path.clone()), stops);
    survives_damage(&["state.bin", "memory-0.bin", "files.bin"], 40, "distillation/catch/seed-1/checkpoint", work);
}

#[test]
fn a_changed_log_costs_the_log_and_not_the_training() {
    let (experiment, straight, changed) = (experiment(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(teach(&experiment, straight.path(), u64::MAX), Ended::Done);
    let folder = |root: &Path| root.join("teachers/catch/seed-1");
    assert_eq!(teach(&experiment, changed.path(), 110), Ended::Stopped);
    let path = folder(changed.path()).join("train.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("100,400", "100,404", 1)).unwrap();
    fs::remove_file(folder(changed.path()).join("eval.csv")).unwrap();
    assert_eq!(teach(&experiment, changed.path(), u64::MAX), Ended::Done);
    let weights = |root: &Path| fs::read(folder(root).join("weights.safetensors")).unwrap();
    assert!(weights(straight.path()) == weights(changed.path()));
    assert!(folder(changed.path()).join("train.damaged.csv").exists());
    let whole = fs::read_to_string(folder(straight.path()).join("train.csv")).unwrap();
    let rest = fs::read_to_string(path).unwrap();
    assert!(whole.ends_with(rest.split_once('\n').unwrap().1) && rest.lines().count() > 1, "{rest}");
}

#[test]
fn a_results_folder_that_goes_away_is_noticed_when_the_training_is_saved() {
    let (experiment, root) = (experiment(), tempfile::tempdir().unwrap());
    let game = experiment.games[0];
    let training = Training {
        experiment: &experiment,
        agent: AgentId::teacher(game, 1),
        architecture: Architecture::teacher(&experiment.teacher, &played(&experiment, game).spec()),
        games: vec![played(&experiment, game)],
        folder: &Folder::at(root.path().join("x")),
        device: Device::Cpu,
    };
    let progress = StopAfter(Cell::new(u64::MAX));
    let mut evaluate = |game, policy: &dyn Policy, steps, updates| {
        fs::rename(root.path().join("x"), root.path().join("y")).ok();
        Ok(evaluate(game, policy, steps, updates, &progress))
    };
    let error = train(&training, vec![emulators(game, 4, 108_000)], &mut evaluate, &progress).unwrap_err().to_string();
    assert!(error.contains("bring the results folder back"), "{error}");
    assert!(!root.path().join("x").exists(), "it must not begin a second one");
}

/// A stop in the last evaluation, then a kill between the writing of the students' weights: the second student goes on
/// alone, from the state of both.
#[test]
fn a_kill_between_the_weights_of_two_students_loses_no_evaluation() {
    let (experiment, teachers) = (experiment(), tempfile::tempdir().unwrap());
    let path = teachers.path().join("catch.safetensors");
    teacher(&experiment, experiment.games[0], &path, 3);
    let work = |experiment: &Experiment, root: &Path, stops| {
        pupils(experiment, root, |_| TeacherSource::Final(path.clone()), stops)
    };
    let ends = |stops: u64| work(&experiment, tempfile::tempdir().unwrap().path(), stops) == Ended::Done;
    let (mut least, mut most) = (1, 1 << 14);
    while least < most {
        let middle = (least + most) / 2;
        if ends(middle) { most = middle } else { least = middle + 1 }
    }
    let straight = tempfile::tempdir().unwrap();
    assert_eq!(work(&experiment, straight.path(), u64::MAX), Ended::Done);
    let second = Experiment { students: experiment.students[1..].to_vec(), ..experiment.clone() };
    for stops in least - 12..least {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(work(&experiment, root.path(), stops), Ended::Stopped);
        assert_eq!(work(&second, root.path(), u64::MAX), Ended::Done);
        for file in ["train.csv", "eval.csv", "weights.safetensors"] {
            let read = |root: &Path| fs::read(root.join("students/mse/catch/seed-1").join(file)).unwrap();
            assert!(read(root.path()) == read(straight.path()), "{file} differs after {stops} questions");
        }
    }
}

fn experiment() -> Experiment {
    config::read_text("x.toml", "x", TINY, &Overrides::default()).unwrap()
}

#[test]
fn a_teacher_survives_stops_at_any_moment() {
    let experiment = experiment();
    survives_stops(37, |root, stops| teach(&experiment, root, stops));
}

/// The tiny experiment with PQN.
fn pqn(frames: u64, more: &str) -> Experiment {
    let settings = format!("algorithm = \"pqn\"\nrollout = 16\nminibatches = 2\n{more}\nframes = {frames}");
    let text = TINY.replace("preset = \"cleanrl\"\nframes = 2400", &settings);
    config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap()
}

#[test]
fn a_pqn_teacher_survives_stops_at_any_moment() {
    let experiment = pqn(7200, "epochs = 2\nstagger = 100");
    survives_stops(27, |root, stops| teach(&experiment, root, stops));
}

#[test]
fn teachers_and_students_that_see_vectors_survive_stops_at_any_moment() {
    for algorithm in ["algorithm = \"dqn\"", "algorithm = \"pqn\"\nrollout = 16\nminibatches = 2"] {
        let text = classic_control::TINY.replace("[teacher]", &format!("[teacher]\n{algorithm}"));
        let experiment: Experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        survives_stops(37, |root, stops| teach(&experiment, root, stops));
        let teachers = tempfile::tempdir().unwrap();
        let path = |game: Game| teachers.path().join(format!("{game}.safetensors"));
        let experiment = Experiment { games: experiment.games[..1].to_vec(), ..experiment };
        teacher(&experiment, experiment.games[0], &path(experiment.games[0]), 3);
        survives_stops(29, |root, stops| pupils(&experiment, root, |game| TeacherSource::Final(path(game)), stops));
    }
}

#[test]
fn a_distillation_survives_stops_at_any_moment() {
    let (experiment, teachers) = (experiment(), tempfile::tempdir().unwrap());
    let path = teachers.path().join("catch.safetensors");
    teacher(&experiment, experiment.games[0], &path, 3);
    survives_stops(29, |root, stops| pupils(&experiment, root, |_| TeacherSource::Final(path.clone()), stops));
}

#[test]
fn a_distillation_with_every_option_survives_stops_at_any_moment_and_gives_other_weights() {
    let options = "initialization = \"data\"\nlearning_rate_end_share = 0.1\naverage_last = 0.6\noptimizer = \"adam\"";
    let with = |options: &str| {
        let text = TINY.replace("hours = 2", &format!("hours = 2\n{options}"));
        config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap()
    };
    let (experiment, teachers) = (with(options), tempfile::tempdir().unwrap());
    let path = teachers.path().join("catch.safetensors");
    teacher(&experiment, experiment.games[0], &path, 3);
    survives_stops(29, |root, stops| pupils(&experiment, root, |_| TeacherSource::Final(path.clone()), stops));
    let weights = |options: &str| {
        let root = tempfile::tempdir().unwrap();
        let experiment = with(options);
        pupils(&experiment, root.path(), |_| TeacherSource::Final(path.clone()), u64::MAX);
        fs::read(Folder::at(root.path()).weights(&AgentId::of(&experiment.students[0], experiment.games[0], 1)))
            .unwrap()
    };
    for option in options.lines().map(String::from) {
        let without: String = options.lines().filter(|line| *line != option).map(|line| format!("{line}\n")).collect();
        assert!(weights(options) != weights(&without), "{option} changes nothing");
    }
}

/// The same experiment with other values of what no training and no distillation depends on.
fn otherwise_saved_and_scored(experiment: &Experiment) -> Experiment {
    let mut other = experiment.clone();
    other.teacher.from = "elsewhere".into();
    other.teacher.checkpoint_every = 70;
    other.distillation.checkpoint_every = 2;
    other.evaluation.episodes = 7;
    other.evaluation.workers = 1;
    other.evaluation.latency_decisions = 9;
    other
}

#[test]
fn a_stopped_run_goes_on_with_other_settings_on_which_it_does_not_depend() {
    let (experiment, teachers) = (experiment(), tempfile::tempdir().unwrap());
    let other = otherwise_saved_and_scored(&experiment);
    let path = teachers.path().join("catch.safetensors");
    teacher(&experiment, experiment.games[0], &path, 3);
    let turns = std::cell::RefCell::new([&experiment, &other].into_iter().cycle());
    let settings = || turns.borrow_mut().next().unwrap();
    survives_stops(37, |root, stops| teach(settings(), root, stops));
    survives_stops(29, |root, stops| pupils(settings(), root, |_| TeacherSource::Final(path.clone()), stops));
}

/// The tiny experiment with two games, and students that play both.
fn two_games() -> Experiment {
    let text = TINY.replace("[\"catch\"]", "[\"catch\", \"pong\"]").replace("loss = \"mse\"", "loss = \"nll\"");
    let text = text.replace("hidden = 8 }", "hidden = 8 }\ngames = \"together\"");
    config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap()
}

#[test]
fn a_distillation_of_several_games_survives_stops_at_any_moment() {
    let (experiment, teachers) = (two_games(), tempfile::tempdir().unwrap());
    let path = |game: Game| teachers.path().join(format!("{game}.safetensors"));
    experiment.games.iter().for_each(|&game| teacher(&experiment, game, &path(game), 3));
    survives_stops(53, |root, stops| pupils(&experiment, root, |game| TeacherSource::Final(path(game)), stops));
}

#[test]
fn a_network_that_learns_several_games_from_rewards_survives_stops_at_any_moment() {
    let experiment = two_games();
    let games = experiment.games.iter().map(|game| (game.name(), played(&experiment, *game).spec()));
    let architecture = Architecture::student(&experiment.students[0], games);
    let agent = AgentId::of(&experiment.students[0], experiment.games[0], 1);
    survives_stops(67, |root, stops| train_agent(&experiment, agent.clone(), architecture.clone(), root, stops));
}

#[test]
fn students_that_play_themselves_and_follow_a_training_survive_stops_at_any_moment() {
    let teachers = tempfile::tempdir().unwrap();
    for data in ["student", "mixed"] {
        let text = TINY.replace("hours = 2", &format!("hours = 3\nonline = true\ndata = \"{data}\""));
        let text = text.replace("name = \"kl\"", "name = \"kl\"\ntemperature = { gaps = 1.0 }");
        let mut experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        experiment.students.truncate(1);
        for frames in [700, 1500] {
            let name = best_name(frames);
            teacher(&experiment, experiment.games[0], &teachers.path().join(name), frames);
        }
        let source = |_| TeacherSource::Best { folder: teachers.path().to_owned(), frames: experiment.teacher.frames };
        survives_stops(29, |root, stops| pupils(&experiment, root, source, stops));
        let root = tempfile::tempdir().unwrap();
        pupils(&experiment, root.path(), source, u64::MAX);
        let agent = AgentId::of(&experiment.students[0], experiment.games[0], 1);
        let rows: Vec<AdoptionRow> = read_rows(&Folder::at(root.path()).adoptions(&agent)).unwrap();
        let adopted: Vec<_> = rows.iter().map(|row| (row.hour, row.updates, row.teacher_frames)).collect();
        assert_eq!(adopted, [(0, 0, 700), (1, 20, 1500)], "of 2400 frames, 800 an hour");
    }
}

#[test]
fn an_interrupted_command_exits_with_130_and_goes_on_to_the_same_weights() {
    let text = TINY.replace("frames = 2400", "frames = 40000");
    let (straight, stopped) = (Run::new(&text), Run::new(&text));
    straight.succeed(&["train", "x.toml"]);
    let program = env!("CARGO_BIN_EXE_pd");
    let mut child =
        Command::new(program).args(["train", "x.toml", "--quiet"]).current_dir(&stopped.folder).spawn().unwrap();
    let folder = stopped.path("results/x/teachers/catch/seed-1");
    while fs::read_to_string(folder.join("train.csv")).unwrap_or_default().lines().count() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
    }
    // Not SIGINT, which is ignored where a script runs the tests in the background.
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(folder.join("checkpoint").exists() && !folder.join("weights.safetensors").exists());
    assert!(stopped.path("results/x/manifest.json").exists());
    stopped.succeed(&["train", "x.toml"]);
    for file in ["weights.safetensors", "train.csv", "eval.csv"] {
        let read = |run: &Run| fs::read(run.path("results/x/teachers/catch/seed-1").join(file)).unwrap();
        assert!(read(&straight) == read(&stopped), "{file} differs");
    }
}

/// The tiny experiment with a DQN that has time to learn.
fn dqn(more: &str) -> Experiment {
    let text = TINY.replace("frames = 2400", "frames = 10000");
    let text = text.replace("conv = [4, 4, 4], hidden = 16", "conv = [8, 8, 8], hidden = 32").replace(
        "replay = 400",
        "learning_rate = 0.001\noptimizer_epsilon = 1e-4\ntd_error = \"huber\"\nreplay = 4000",
    );
    let text = text.replace("batch = 8\nepsilon_steps = 200", "batch = 32\nepsilon_steps = 1000");
    let text = text.replace("target_period", &format!("{more}\ntarget_period"));
    config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap()
}

#[test]
fn a_dqn_teacher_of_the_built_in_game_learns_to_play_it() {
    learns(&dqn(""));
}

#[test]
fn a_dqn_teacher_with_returns_of_three_steps_learns_to_play_the_built_in_game() {
    learns(&dqn("n_step = 3"));
}

#[test]
fn a_munchausen_dqn_teacher_of_the_built_in_game_learns_to_play_it() {
    learns(&dqn("munchausen = true"));
}

#[test]
fn a_pqn_teacher_of_the_built_in_game_learns_to_play_it() {
    learns(&pqn(24000, "learning_rate = 0.002\nkeep = \"last\""));
}

/// Trains the experiment's teacher and has it play.
fn learns(experiment: &Experiment) {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(teach(experiment, root.path(), u64::MAX), Ended::Done);
    let path = Folder::at(root.path()).weights(&AgentId::teacher(experiment.games[0], 1));
    let (network, _) = agent::load(&path, Device::Cpu).unwrap();
    let game = Match { episodes: 0..20, epsilon: 0.05, seed: Seed(77) };
    let episodes =
        play(&mut pool(10, 108_000), &Player::new(&network, 0), &game, &StopAfter(Cell::new(u64::MAX))).unwrap();
    let mean = episodes.iter().map(|episode| episode.score).sum::<f64>() / 20.0;
    assert!(mean > 3.5, "random play scores 1.3, this teacher {mean}");
}
