//! The environments of the crate gym-rs beside ours, which are Gymnasium's.

use policy_distillation::env::Environment;
use policy_distillation::units::Seed;

use super::classic_control::{Episode, apart, env, recorded};
use super::command::Run;

#[test]
fn its_mountain_car_is_ours_step_by_step() {
    let mut ends = 0;
    for Episode { states, actions, rewards, terminated } in &recorded().games["mountain_car"] {
        let [mut ours, mut theirs] = ["mountain_car", "gym_rs_mountain_car"].map(env);
        ours.set_state(&states[0]);
        theirs.set_state(&states[0]);
        for (step, &action) in actions.iter().enumerate() {
            assert_eq!(theirs.step(action), ours.step(action), "step {step}");
            assert!(apart(theirs.state(), ours.state()) < 1e-12, "step {step}");
            assert!(apart(theirs.state(), &states[step + 1]) < 1e-9, "step {step}");
            assert_eq!(theirs.frame(0), ours.frame(0));
        }
        assert_eq!(rewards.len(), actions.len());
        ends += u32::from(*terminated);
    }
    assert!(ends > 0, "the flag is reached");
}

#[test]
fn its_mountain_car_starts_in_the_valley() {
    let mut car = env("gym_rs_mountain_car");
    let mut positions = Vec::new();
    for seed in 0..1000 {
        car.begin(Seed(seed));
        assert!((-0.6..=-0.4).contains(&car.state()[0]) && car.state()[1] == 0.0);
        positions.push(car.state()[0]);
    }
    let mean = positions.iter().sum::<f64>() / 1000.0;
    assert!((mean + 0.5).abs() < 0.01, "{mean}");
}

/// A step of CartPole as Gymnasium defines it, but for its product of the pole's mass and half length.
fn cart_pole_step(state: &[f64], action: usize, polemass_length: f64) -> Vec<f64> {
    let &[x, speed, angle, turn] = state else { panic!("four values") };
    let (force, mass) = (if action == 1 { 10.0 } else { -10.0 }, 1.1);
    let push = (force + polemass_length * turn * turn * angle.sin()) / mass;
    let turn_change =
        (9.8 * angle.sin() - angle.cos() * push) / (0.5 * (4.0 / 3.0 - 0.1 * angle.cos() * angle.cos() / mass));
    let speed_change = push - polemass_length * turn_change * angle.cos() / mass;
    vec![x + 0.02 * speed, speed + 0.02 * speed_change, angle + 0.02 * turn, turn + 0.02 * turn_change]
}

#[test]
fn its_cart_pole_adds_the_poles_mass_and_half_length_where_gymnasium_multiplies_them() {
    let mut farthest = 0.0_f64;
    for Episode { states, actions, .. } in &recorded().games["cartpole"] {
        let mut theirs = env("gym_rs_cartpole");
        for (state, &action) in states.iter().zip(actions) {
            theirs.set_state(state);
            theirs.step(action);
            assert!(apart(theirs.state(), &cart_pole_step(state, action, 0.1 + 0.5)) < 1e-12);
        }
        // The same actions as in Gymnasium lead elsewhere.
        theirs.set_state(&states[0]);
        for (state, &action) in states[1..].iter().zip(actions).take(23) {
            theirs.step(action);
            farthest = farthest.max((theirs.state()[0] - state[0]).abs());
        }
    }
    assert!(farthest > 0.05, "{farthest}");
    let [ours, theirs] = ["cartpole", "gym_rs_cartpole"].map(|game| {
        let mut env = env(game);
        env.set_state(&[0.0; 4]);
        env.step(1);
        assert!(apart(env.state(), &cart_pole_step(&[0.0; 4], 1, if game == "cartpole" { 0.05 } else { 0.6 })) < 1e-12);
        env.state()[1]
    });
    assert!((theirs / ours - 1.75).abs() < 0.01, "a push makes the cart 75% faster: {theirs} against {ours}");
}

#[test]
fn its_cart_pole_begins_most_episodes_beyond_their_end() {
    let mut pole = env("gym_rs_cartpole");
    let limit = 12.0_f64.to_radians();
    let starts: Vec<f64> = (0..2000)
        .map(|seed| {
            pole.begin(Seed(seed));
            assert!(pole.state().iter().all(|value| value.abs() <= 0.5));
            pole.state()[2]
        })
        .collect();
    let beyond = starts.iter().filter(|angle| angle.abs() > limit).count() as f64 / 2000.0;
    assert!((beyond - (1.0 - limit / 0.5)).abs() < 0.03, "{beyond}; uniform within ±0.5 gives 0.58");
}

#[test]
fn every_stage_works_with_its_games() {
    let games = "games = [\"gym_rs_cartpole\", \"gym_rs_mountain_car\"]";
    let run = Run::new(&super::classic_control::TINY.replace("games = [\"cartpole\", \"mountain_car\"]", games));
    let out = run.succeed(&["run", "x.toml"]);
    assert!(out.contains("gym_rs_cartpole") && out.contains("gym_rs_mountain_car"), "{out}");
    assert!(run.succeed(&["games"]).contains("gym_rs_mountain_car"));
}
