//! The environments of the crate `gym-rs` 0.3, under names of their own beside ours of classic control.
//!
//! Its MountainCar has Gymnasium's dynamics and starts. Its CartPole has neither: where Gymnasium multiplies the pole's
//! mass by its half length (0.05), it adds them (0.6), and its episodes start anywhere within ±0.5, of which 58% are
//! beyond the angle that ends an episode. The crate truncates no episode, so that the limits here are Gymnasium's.

use std::cell::RefCell;

use gym_rs::core::{ActionReward, Env};
use gym_rs::envs::classical_control::cartpole::{CartPoleEnv, CartPoleObservation};
use gym_rs::envs::classical_control::mountain_car::{MountainCarEnv, MountainCarObservation};
use gym_rs::utils::custom::types::O64;
use gym_rs::utils::renderer::RenderMode;
use rand::RngExt;

use super::classic::{Model, Next};
use crate::units::Generator;

pub const MODELS: [Model; 2] = [
    Model { name: "gym_rs_cartpole", limit: 500, start: cart_pole_start, next: cart_pole },
    Model { name: "gym_rs_mountain_car", limit: 200, start: mountain_car_start, next: mountain_car },
];

thread_local! {
    // The crate's environments hold a window, even if none is open, and cannot move to another thread. Their state is
    // set before each step, so that each thread has one for all its workers.
    static CART_POLE: RefCell<CartPoleEnv> = RefCell::new(CartPoleEnv::new(RenderMode::None));
    static MOUNTAIN_CAR: RefCell<MountainCarEnv> = RefCell::new(MountainCarEnv::new(RenderMode::None));
}

fn cart_pole_start(generator: &mut Generator) -> Vec<f64> {
    CART_POLE.with_borrow_mut(|env| env.reset(Some(generator.random()), false, None).0.into())
}

fn cart_pole(state: &[f64], action: i32) -> Next {
    let &[x, speed, angle, turn] = state else { unreachable!("the state has four values") };
    CART_POLE.with_borrow_mut(|env| {
        env.state = CartPoleObservation::new(O64::from(x), O64::from(speed), O64::from(angle), O64::from(turn));
        env.steps_beyond_terminated = None;
        let ActionReward { observation, reward, done, .. } = env.step(usize::from(action == 1));
        Next { state: observation.into(), reward: reward.into_inner(), terminated: done }
    })
}

fn mountain_car_start(generator: &mut Generator) -> Vec<f64> {
    MOUNTAIN_CAR.with_borrow_mut(|env| env.reset(Some(generator.random()), false, None).0.into())
}

fn mountain_car(state: &[f64], action: i32) -> Next {
    let &[x, speed] = state else { unreachable!("the state has two values") };
    MOUNTAIN_CAR.with_borrow_mut(|env| {
        env.state = MountainCarObservation::new(O64::from(x), O64::from(speed));
        let ActionReward { observation, reward, done, .. } =
            env.step(usize::try_from(action).expect("actions were checked against the game's"));
        Next { state: observation.into(), reward: reward.into_inner(), terminated: done }
    })
}
