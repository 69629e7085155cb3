//! Classic control (Sutton and Barto, 2018; Barto, Sutton and Anderson, 1983) as Gymnasium 1.4 defines it. The agent
//! observes the state itself, a few numbers that a formula updates. There are no frames to skip, no lives and no
//! null-ops.

use anyhow::{Context, Result, ensure};
use rand::RngExt;

use super::environment::{Environment, Picture};
#[cfg(feature = "gym-rs")]
use super::gym_rs::MODELS as GYM_RS;
use super::step::{Rules, Step};
use crate::game::{ActionSet, Game, View};
use crate::spec::{Shape, write_values};
use crate::units::{Generator, Seed};

/// A game of classic control.
pub struct Model {
    pub name: &'static str,
    /// Steps after which an episode is truncated.
    pub limit: u64,
    /// A first state.
    pub start: fn(&mut Generator) -> Vec<f64>,
    /// The transition function: state and action to the next state.
    pub next: fn(&[f64], i32) -> Next,
}

/// The result of an action.
pub struct Next {
    pub state: Vec<f64>,
    pub reward: f64,
    pub terminated: bool,
}

/// The games of the crate `gym-rs`, which the feature of that name adds.
#[cfg(not(feature = "gym-rs"))]
const GYM_RS: [Model; 0] = [];

static MODELS: [&[Model]; 2] = [&OURS, &GYM_RS];

const OURS: [Model; 2] = [
    Model { name: "cartpole", limit: 500, start: cart_pole_start, next: cart_pole },
    Model { name: "mountain_car", limit: 200, start: mountain_car_start, next: mountain_car },
];

/// `CartPole-v1`: every value uniform within ±0.05.
fn cart_pole_start(generator: &mut Generator) -> Vec<f64> {
    (0..4).map(|_| generator.random_range(-0.05..0.05)).collect()
}

/// `CartPole-v1`. State: position and speed of the cart, angle and angular speed of the pole, integrated by Euler's
/// method. Actions: push left (0) or right (1). Reward: 1 for every step.
fn cart_pole(state: &[f64], action: i32) -> Next {
    const GRAVITY: f64 = 9.8;
    const POLE_MASS: f64 = 0.1;
    const MASS: f64 = 1.0 + POLE_MASS;
    /// Half of the pole's length.
    const LENGTH: f64 = 0.5;
    const FORCE: f64 = 10.0;
    const SECONDS: f64 = 0.02;
    const FARTHEST: f64 = 2.4;
    const STEEPEST: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;
    let &[x, speed, angle, turn] = state else { unreachable!("the state has four values") };
    let force = if action == 1 { FORCE } else { -FORCE };
    let (sin, cos) = (angle.sin(), angle.cos());
    let push = (force + POLE_MASS * LENGTH * (turn * turn) * sin) / MASS;
    let turn_change = (GRAVITY * sin - cos * push) / (LENGTH * (4.0 / 3.0 - POLE_MASS * (cos * cos) / MASS));
    let speed_change = push - POLE_MASS * LENGTH * turn_change * cos / MASS;
    let state =
        vec![x + SECONDS * speed, speed + SECONDS * speed_change, angle + SECONDS * turn, turn + SECONDS * turn_change];
    let terminated = state[0].abs() > FARTHEST || state[2].abs() > STEEPEST;
    Next { state, reward: 1.0, terminated }
}

/// `MountainCar-v0`: somewhere in the valley, at rest.
fn mountain_car_start(generator: &mut Generator) -> Vec<f64> {
    vec![generator.random_range(-0.6..-0.4), 0.0]
}

/// `MountainCar-v0`. State: position and speed. Actions: push left (0), no push (1) or push right (2). Reward: −1 for
/// every step until the flag is reached.
fn mountain_car(state: &[f64], action: i32) -> Next {
    const FORCE: f64 = 0.001;
    const GRAVITY: f64 = 0.0025;
    const FASTEST: f64 = 0.07;
    const LEFT: f64 = -1.2;
    const RIGHT: f64 = 0.6;
    const FLAG: f64 = 0.5;
    let &[x, speed] = state else { unreachable!("the state has two values") };
    let speed = speed + (f64::from(action - 1) * FORCE + (3.0 * x).cos() * -GRAVITY);
    let speed = speed.clamp(-FASTEST, FASTEST);
    let x = (x + speed).clamp(LEFT, RIGHT);
    let speed = if x == LEFT && speed < 0.0 { 0.0 } else { speed };
    Next { state: vec![x, speed], reward: -1.0, terminated: x >= FLAG && speed >= 0.0 }
}

/// A game of classic control as an agent plays it.
pub struct Classic {
    model: &'static Model,
    limit: u64,
    actions: Vec<i32>,
    state: Vec<f64>,
    steps: u64,
    frame: Vec<u8>,
}

impl Classic {
    /// A game with a state of zeros.
    ///
    /// # Errors
    /// If the game is none of classic control.
    pub fn new(game: Game, rules: &Rules) -> Result<Classic> {
        let model = MODELS.into_iter().flatten().find(|model| model.name == game.name());
        let model = model.with_context(|| format!("{game}: not a game of classic control"))?;
        let shape = game.spec(ActionSet::Minimal, View::Pixels).observation;
        let Shape::Vector { size } = shape else { unreachable!("classic control is seen as a vector") };
        Ok(Classic {
            model,
            limit: model.limit.min(rules.max_frames),
            actions: rules.actions.clone(),
            state: vec![0.0; size],
            steps: 0,
            frame: vec![0; shape.frame_bytes()],
        })
    }

    /// Continues from `state` as if it had been reached in the first step.
    pub fn set_state(&mut self, state: &[f64]) {
        (self.state, self.steps) = (state.to_vec(), 0);
        self.look();
    }

    /// The numbers that the formula moves.
    pub fn state(&self) -> &[f64] {
        &self.state
    }

    fn look(&mut self) {
        write_values(self.state.iter().map(|&value| value as f32), &mut self.frame);
    }
}

impl Environment for Classic {
    fn views(&self) -> Vec<Shape> {
        vec![Shape::Vector { size: self.state.len() }]
    }

    fn begin(&mut self, seed: Seed) {
        self.set_state(&(self.model.start)(&mut seed.generator()));
    }

    fn step(&mut self, action: usize) -> Step {
        let Next { state, reward, terminated } = (self.model.next)(&self.state, self.actions[action]);
        self.state = state;
        self.steps += 1;
        self.look();
        let truncated = !terminated && self.steps >= self.limit;
        Step { reward, life_lost: false, terminated, truncated }
    }

    fn frame(&self, _: usize) -> &[u8] {
        &self.frame
    }

    fn frames(&self) -> u64 {
        self.steps
    }

    fn take_pictures(&mut self) {}

    fn picture(&self) -> Option<Picture> {
        None
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&(&self.state, self.steps)).expect("a state is plain numbers")
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let (state, steps): (Vec<f64>, u64) = postcard::from_bytes(state)?;
        ensure!(state.len() == self.state.len(), "the checkpoint's state is of another game");
        self.set_state(&state);
        self.steps = steps;
        Ok(())
    }
}
