//! Classic control against Gymnasium 1.4.0 (see scripts/record_classic_control.py).

use std::collections::HashMap;

use policy_distillation::env::{Classic, Environment, Pool, Rules};
use policy_distillation::game::{ActionSet, Game};
use policy_distillation::spec::values;
use policy_distillation::units::Seed;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    gymnasium: String,
    #[serde(flatten)]
    games: HashMap<String, Vec<Episode>>,
}

#[derive(Deserialize)]
struct Episode {
    states: Vec<Vec<f64>>,
    actions: Vec<usize>,
    rewards: Vec<f64>,
    terminated: bool,
}

fn env(game: &str) -> Classic {
    let game = Game::named(game).unwrap();
    let actions = game.actions(ActionSet::Minimal);
    let rules = Rules { frame_skip: 1, no_op_max: 0, sticky_actions: 0.0, max_frames: u64::MAX, actions };
    Classic::new(game, &rules).unwrap()
}

fn apart(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

#[test]
fn every_step_equals_gymnasiums() {
    let recorded: Recorded = serde_json::from_str(include_str!("golden/classic_control.json")).unwrap();
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
    let recorded: Recorded = serde_json::from_str(include_str!("golden/classic_control.json")).unwrap();
    for (game, limit) in [("cartpole", 500), ("mountain_car", 200)] {
        let cut_off = recorded.games[game].iter().find(|episode| !episode.terminated).unwrap();
        let mut env = env(game);
        env.set_state(&cut_off.states[0]);
        for (step, &action) in cut_off.actions.iter().enumerate() {
            assert_eq!(env.frames(), step as u64);
            assert_eq!(env.step(action).truncated, step + 1 == limit);
        }
        let expected: Vec<f32> = env.state().iter().map(|&value| value as f32).collect();
        assert_eq!(values(env.frame()).collect::<Vec<_>>(), expected);
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
