//! An agent's steps, made from an emulator's frames.

use anyhow::Result;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::emulator::{Emulator, SCREEN_WIDTH};
use super::environment::{Environment, Picture};
use super::preprocess::Preprocessor;
use crate::config;
use crate::game::{Game, View};
use crate::spec::{Shape, write_values};
use crate::units::{Generator, Seed};

/// ALE's action that does nothing.
const NO_OP: i32 = 0;

/// How frames become steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Frames for which an action is held.
    pub frame_skip: u32,
    /// Most null-op frames at an episode's start; their number is uniform between 1 and this, or none for 0.
    pub no_op_max: u32,
    /// Probability, per frame, that the previous frame's action is played instead of the chosen one.
    pub sticky_actions: f64,
    /// Frames after which an episode is truncated, null-ops included.
    pub max_frames: u64,
    /// ALE's action ids by the index that an agent chooses.
    pub actions: Vec<i32>,
    /// The parts of the game that are observed, without repetition. Where several agents see the same game, each has a
    /// view of its own.
    pub views: Vec<View>,
}

impl Rules {
    /// The rules of training and of distillation.
    pub fn of_training(environment: &config::EnvironmentSettings, game: Game) -> Rules {
        Rules {
            frame_skip: environment.frame_skip,
            no_op_max: environment.no_op_max,
            sticky_actions: environment.sticky_actions,
            max_frames: environment.max_frames,
            actions: game.actions(environment.action_set),
            views: vec![environment.observation],
        }
    }

    /// The rules of evaluation: starts and frame limit of the protocol, everything else as in training.
    pub fn of_evaluation(experiment: &config::Experiment, game: Game) -> Rules {
        let config::Evaluation { no_op_max, max_frames, .. } = experiment.evaluation;
        Rules { no_op_max, max_frames, ..Rules::of_training(&experiment.environment, game) }
    }
}

/// The result of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Step {
    /// Change of the score, unclipped.
    pub reward: f64,
    /// A life was lost; the game may go on.
    pub life_lost: bool,
    /// The game ended.
    pub terminated: bool,
    /// The frame limit ended the episode; the game would have gone on.
    pub truncated: bool,
}

impl Step {
    /// Whether a new episode must begin.
    pub fn ended(&self) -> bool {
        self.terminated || self.truncated
    }
}

/// One emulator with everything between it and an agent.
pub struct Env {
    emulator: Box<dyn Emulator>,
    rules: Rules,
    preprocessor: Preprocessor,
    /// The console's memory as an observation, if it is observed.
    ram: Vec<u8>,
    /// The step's last screen but one in colour, where pictures are taken.
    before: Option<Vec<u8>>,
    episode: EpisodeState,
}

/// A saved [`Env`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct EnvState {
    /// State from [`Emulator::save`].
    console: Vec<u8>,
    episode: EpisodeState,
}

/// The part of an episode's state that is outside the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct EpisodeState {
    /// The action of the previous frame.
    previous_action: i32,
    frames: u64,
    lives: u32,
    generator: Generator,
}

impl EpisodeState {
    fn new(seed: Seed) -> EpisodeState {
        EpisodeState { previous_action: NO_OP, frames: 0, lives: 0, generator: seed.generator() }
    }
}

impl Env {
    pub fn new(emulator: Box<dyn Emulator>, rules: Rules) -> Env {
        let preprocessor = Preprocessor::new(emulator.as_ref());
        let ram = vec![0; View::Ram.shape().bytes()];
        Env { emulator, rules, preprocessor, ram, before: None, episode: EpisodeState::new(Seed(0)) }
    }

    /// Makes the newest part of each view. With `has_before`, it uses the step's last screen but one too.
    fn look(&mut self, has_before: bool) {
        for view in &self.rules.views {
            match view {
                View::Pixels => self.preprocessor.look_last(self.emulator.as_ref(), has_before),
                View::Ram => {
                    let bytes = self.emulator.ram().into_iter();
                    write_values(bytes.map(|byte| f32::from(byte) / 255.0), &mut self.ram);
                }
            }
        }
    }

    fn play_frame(&mut self, action: i32) -> f64 {
        self.episode.frames += 1;
        self.episode.previous_action = action;
        self.emulator.act(action)
    }

    /// The action of the next frame: `chosen`, or, with the probability of sticky actions, the previous one.
    fn stick(&mut self, chosen: i32) -> i32 {
        let sticky = self.rules.sticky_actions;
        let repeat = sticky > 0.0 && self.episode.generator.random::<f64>() < sticky;
        if repeat { self.episode.previous_action } else { chosen }
    }

    /// Keeps the screen for the picture of this step.
    fn picture_before(&mut self) {
        if let Some(before) = &mut self.before {
            self.emulator.rgb(before);
        }
    }

    /// Lives left.
    pub fn lives(&self) -> u32 {
        self.episode.lives
    }
}

/// How light a colour is, as the eye weighs red, green and blue.
fn light([red, green, blue]: &[u8; 3]) -> u32 {
    299 * u32::from(*red) + 587 * u32::from(*green) + 114 * u32::from(*blue)
}

impl Environment for Env {
    fn views(&self) -> Vec<Shape> {
        self.rules.views.iter().map(|view| view.shape()).collect()
    }

    fn begin(&mut self, seed: Seed) {
        self.episode = EpisodeState::new(seed);
        self.emulator.reset();
        if self.rules.no_op_max > 0 {
            for _ in 0..self.episode.generator.random_range(1..=self.rules.no_op_max) {
                self.play_frame(NO_OP);
                if self.emulator.game_over() {
                    self.emulator.reset();
                }
            }
        }
        self.episode.lives = self.emulator.lives();
        self.look(false);
        self.picture_before();
    }

    fn step(&mut self, action: usize) -> Step {
        let chosen = self.rules.actions[action];
        let skip = self.rules.frame_skip;
        let sees_screen = self.rules.views.contains(&View::Pixels);
        let (mut step, mut has_before) = (Step::default(), false);
        for i in 0..skip {
            let action = self.stick(chosen);
            step.reward += self.play_frame(action);
            step.terminated = self.emulator.game_over();
            if step.terminated {
                break;
            }
            if i + 2 == skip {
                self.picture_before();
                if sees_screen {
                    self.preprocessor.look_before(self.emulator.as_ref());
                }
                has_before = true;
            }
        }
        self.look(has_before && sees_screen);
        if !has_before {
            self.picture_before();
        }
        let lives = self.emulator.lives();
        step.life_lost = lives < self.episode.lives;
        self.episode.lives = lives;
        step.truncated = !step.terminated && self.episode.frames >= self.rules.max_frames;
        step
    }

    fn frame(&self, view: usize) -> &[u8] {
        match self.rules.views[view] {
            View::Pixels => self.preprocessor.frame(),
            View::Ram => &self.ram,
        }
    }

    fn frames(&self) -> u64 {
        self.episode.frames
    }

    fn take_pictures(&mut self) {
        self.before = Some(vec![0; 3 * SCREEN_WIDTH * self.emulator.height()]);
        self.picture_before();
    }

    fn picture(&self) -> Option<Picture> {
        let mut rgb = vec![0; 3 * SCREEN_WIDTH * self.emulator.height()];
        self.emulator.rgb(&mut rgb);
        let before = self.before.as_ref().map_or(&[][..], |before| before.as_chunks().0);
        for (pixel, before) in rgb.as_chunks_mut().0.iter_mut().zip(before) {
            if light(before) > light(pixel) {
                *pixel = *before;
            }
        }
        Some(Picture { width: SCREEN_WIDTH, rgb })
    }

    fn save(&self) -> Vec<u8> {
        let state = EnvState { console: self.emulator.save(), episode: self.episode.clone() };
        postcard::to_stdvec(&state).expect("a state is plain numbers")
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let EnvState { console, episode } = postcard::from_bytes(state)?;
        self.emulator.restore(&console)?;
        self.episode = episode;
        Ok(())
    }
}
