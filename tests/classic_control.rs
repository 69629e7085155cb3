//! Classic control against Gymnasium 1.4.0 (see scripts/record_classic_control.py).

use std::collections::HashMap;
use std::fs;

use policy_distillation::env::{Classic, Environment, Pool, Rules};
use policy_distillation::game::{ActionSet, Game, View};
use policy_distillation::spec::values;
use policy_distillation::units::Seed;
use serde::Deserialize;

use super::command::Run;

#[derive(Deserialize)]
pub struct Recorded {
    gymnasium: String,
    #[serde(flatten)]
    pub games: HashMap<String, Vec<Episode>>,
}

#[derive(Deserialize)]
pub struct Episode {
    pub states: Vec<Vec<f64>>,
    pub actions: Vec<usize>,
    pub rewards: Vec<f64>,
    pub terminated: bool,
}

pub fn env(game: &str) -> Classic {
    let game = Game::named(game).unwrap();
    let actions = game.actions(ActionSet::Minimal);
    let rules = Rules {
        frame_skip: 1,
        no_op_max: 0,
        sticky_actions: 0.0,
        max_frames: u64::MAX,
        actions,
        views: vec![View::Pixels],
    };
    Classic::new(game, &rules).unwrap()
}

pub fn apart(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    assert!(one.iter().all(|value| value.is_finite()), "{one:?}");
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

pub fn recorded() -> Recorded {
    serde_json::from_str(include_str!("golden/classic_control.json")).unwrap()
}

#[test]
fn every_step_equals_gymnasiums() {
    let recorded = recorded();
    assert_eq!(recorded.gymnasium, "1.4.0");
    for (game, limit) in [("cartpole", 500), ("mountain_car", 200)] {
        let mut ends = (0, 0);
        for Episode { states, actions, rewards, terminated } in &recorded.games[game] {
            // A balanced pole multiplies errors, so each step starts from the recorded state.
            let mut env = env(game);
            for (step, (&action, &reward)) in actions.iter().zip(rewards).enumerate() {
                env.set_state(&states[step]);
                let found = env.step(action);
                assert!(apart(env.state(), &states[step + 1]) < 1e-12, "{game}, step {step}");
                let is_last = step + 1 == actions.len();
                assert_eq!((found.reward, found.terminated), (reward, is_last && *terminated), "{game}, step {step}");
            }
            ends = if *terminated { (ends.0 + 1, ends.1) } else { (ends.0, ends.1 + 1) };
            assert!(*terminated || actions.len() == limit, "{game}");
        }
        assert!(ends.0 > 0 && ends.1 > 0, "{game}: both kinds of ends are recorded");
    }
}

#[test]
fn an_episode_is_truncated_at_gymnasiums_limit_and_seen_as_single_precision() {
    let recorded = recorded();
    for (game, limit) in [("cartpole", 500), ("mountain_car", 200)] {
        let cut_off = recorded.games[game].iter().find(|episode| !episode.terminated).unwrap();
        let mut env = env(game);
        env.set_state(&cut_off.states[0]);
        for (step, &action) in cut_off.actions.iter().enumerate() {
            assert_eq!(env.frames(), step as u64);
            assert_eq!(env.step(action).truncated, step + 1 == limit);
        }
        let expected: Vec<f32> = env.state().iter().map(|&value| value as f32).collect();
        assert_eq!(values(env.frame(0)).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn episodes_start_as_gymnasiums_and_differ_by_their_seed() {
    let mut starts = Vec::new();
    for seed in 0..1000 {
        let [mut pole, mut car] = ["cartpole", "mountain_car"].map(env);
        pole.begin(Seed(seed));
        car.begin(Seed(seed));
        assert!(pole.state().iter().all(|value| value.abs() <= 0.05));
        assert!((-0.6..=-0.4).contains(&car.state()[0]) && car.state()[1] == 0.0);
        starts.push(car.state()[0]);
    }
    let mean = starts.iter().sum::<f64>() / 1000.0;
    assert!((mean + 0.5).abs() < 0.01, "{mean}");
}

#[test]
fn a_restored_pool_goes_on_as_if_it_had_not_stopped() {
    for (game, size) in [("cartpole", 4), ("mountain_car", 2)] {
        let pool = || Pool::new((0..3).map(|_| Box::new(env(game)) as Box<dyn Environment>).collect());
        let play = |pool: &mut Pool, from: usize| {
            for step in from..from + 60 {
                pool.begin(|_| (step % 60 == 30).then_some(Seed(step as u64)));
                pool.step(&[step % 2, 0, step / 2 % 2]);
            }
            pool.observations().to_vec()
        };
        let (mut first, mut second) = (pool(), pool());
        first.begin(|worker| Some(Seed(worker as u64)));
        play(&mut first, 0);
        second.restore(&first.save()).unwrap();
        let observations = play(&mut first, 60);
        assert_eq!(observations.len(), 3 * size * 4);
        assert_eq!(observations, play(&mut second, 60));
    }
}

/// An experiment that goes through every stage in seconds.
pub const TINY: &str = r#"
games = ["cartpole", "mountain_car"]
seeds = [1]
[environment]
workers = 4
[teacher]
frames = 1600
network = { hidden = [8, 8] }
replay = 400
warmup = 100
batch = 8
target_period = 50
log_every = 200
evaluation_every = 400
evaluation_episodes = 2
checkpoint_every = 300
[distillation]
hours = 2
steps_per_hour = 160
updates_per_hour = 20
memory = 200
batch = 8
evaluation_every = 1
evaluation_episodes = 2
[evaluation]
episodes = 3
workers = 2
latency_decisions = 5
[[students]]
name = "kl"
network = { hidden = [4] }
[[students]]
name = "mse"
network = { hidden = [4, 3] }
loss = "mse"
"#;

#[test]
fn every_stage_works_on_vectors_and_gives_the_same_bytes_with_any_number_of_threads() {
    let (one, two) = (Run::new(TINY), Run::new(TINY));
    let out = one.succeed(&["run", "x.toml"]);
    assert!(out.contains("cartpole") && out.contains("report: results/x/report/index.html"), "{out}");
    let output = two.pd_on("2", &["run", "x.toml", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in
        ["episodes.csv", "students/kl/cartpole/seed-1/weights.safetensors", "students/mse/mountain_car/seed-1/eval.csv"]
    {
        let read = |run: &Run| fs::read(run.path("results/x").join(file)).unwrap();
        assert!(read(&one) == read(&two), "{file} differs");
    }
    let teacher = "results/x/teachers/mountain_car/seed-1";
    let played = one.succeed(&["play", teacher, "--episodes", "2"]);
    assert!(played.contains("episode 1: score -200, 200 frames, cut off"), "{played}");
    let refused = one.pd(&["play", teacher, "--gif", "x.gif"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no screen to record"));
}
