//! Real games through the whole preprocessing, against ale-py and OpenCV (see golden/README.md).

use policy_distillation::env::{Env, Environment, EpisodeSeeds, Pool, Rom, Rules, load};
use policy_distillation::game::{ActionSet, Game, RAM, View};
use policy_distillation::spec::{Shape, values};
use policy_distillation::units::Seed;
use serde::Deserialize;
use sha2::{Digest, Sha256};

const FRAME: usize = Shape::ATARI.frame_bytes();

#[derive(Deserialize)]
struct Golden {
    game: Game,
    rom_md5: String,
    action_set: Vec<i32>,
    steps: Vec<GoldenStep>,
}

#[derive(Deserialize)]
struct GoldenStep {
    action: usize,
    reward: f64,
    lives: u32,
    game_over: bool,
}

fn env(game: &str, no_op_max: u32, sticky_actions: f64) -> Env {
    seen(game, View::Pixels, no_op_max, sticky_actions)
}

fn seen(game: &str, view: View, no_op_max: u32, sticky_actions: f64) -> Env {
    let game = Game::named(game).unwrap();
    let rom = Rom::find(game).unwrap();
    let actions = game.actions(ActionSet::Minimal);
    let rules = Rules { frame_skip: 4, no_op_max, sticky_actions, max_frames: 108_000, actions, view };
    Env::new(load(game, rom.as_ref()).unwrap(), rules)
}

/// Everything equal, but pixels by at most 1: OpenCV rounds sums of floats, which differ from the exact ones at ties.
fn equals_golden(steps: &str, frames: &[u8]) {
    let golden: Golden = serde_json::from_str(steps).unwrap();
    let frames = lz4_flex::decompress_size_prepended(frames).unwrap();
    assert_eq!(frames.len(), golden.steps.len() * FRAME);
    let mut env = env(golden.game.name(), 0, 0.0);
    assert_eq!(Rom::find(golden.game).unwrap().unwrap().record.md5, golden.rom_md5);
    assert_eq!(golden.game.actions(ActionSet::Minimal), golden.action_set);
    let mut unequal = 0;
    env.begin(Seed(0));
    for (i, (expected, frame)) in golden.steps.iter().zip(frames.chunks(FRAME)).enumerate() {
        let step = env.step(expected.action);
        let seen = (step.reward, env.lives(), step.terminated);
        assert_eq!(seen, (expected.reward, expected.lives, expected.game_over), "{} step {i}", golden.game);
        let differences: Vec<_> = env.frame().iter().zip(frame).map(|(a, b)| a.abs_diff(*b)).collect();
        assert!(differences.iter().all(|&difference| difference <= 1), "{} step {i}: another screen", golden.game);
        unequal += differences.iter().filter(|&&difference| difference > 0).count();
        if step.ended() {
            env.begin(Seed(0));
        }
    }
    assert!(unequal <= frames.len() / 50_000, "{}: {unequal} pixels differ by 1", golden.game);
}

#[test]
fn pong_equals_the_reference() {
    equals_golden(include_str!("golden/pong.json"), include_bytes!("golden/pong.frames.lz4"));
}

#[test]
fn breakout_equals_the_reference() {
    equals_golden(include_str!("golden/breakout.json"), include_bytes!("golden/breakout.frames.lz4"));
}

#[test]
fn enduro_equals_the_reference() {
    equals_golden(include_str!("golden/enduro.json"), include_bytes!("golden/enduro.frames.lz4"));
}

#[test]
fn qbert_equals_the_reference() {
    equals_golden(include_str!("golden/qbert.json"), include_bytes!("golden/qbert.frames.lz4"));
}

/// Plays `steps` steps of fixed actions, beginning anew at an episode's end, and gives what was seen.
fn play(env: &mut Env, from: usize, steps: usize) -> Vec<u8> {
    let mut seen = Vec::new();
    for i in from..from + steps {
        let step = env.step((i * 7 + i / 5) % 3);
        seen.extend_from_slice(env.frame());
        seen.push(step.reward as u8);
        seen.push(u8::from(step.ended()) + 2 * u8::from(step.life_lost));
        if step.ended() {
            env.begin(Seed(i as u64));
        }
    }
    seen
}

#[test]
fn a_restored_environment_goes_on_as_if_it_had_not_stopped() {
    for game in ["pong", "breakout", "qbert", "seaquest", "freeway", "ms_pacman", "catch"] {
        let mut first = env(game, 30, 0.25);
        first.begin(Seed(1));
        play(&mut first, 0, 150);
        let saved = first.save();
        let expected = play(&mut first, 150, 300);
        let mut second = env(game, 30, 0.25);
        second.restore(&saved).unwrap();
        assert!(play(&mut second, 150, 300) == expected, "{game}: differs after a restore");
    }
}

#[test]
fn an_episode_depends_on_its_seed_and_not_on_what_was_played_before() {
    for game in ["pong", "breakout", "qbert", "enduro", "seaquest", "beam_rider", "freeway", "catch"] {
        let mut fresh = env(game, 30, 0.0);
        fresh.begin(Seed(5));
        let expected = play(&mut fresh, 0, 100);
        let mut used = env(game, 30, 0.0);
        used.begin(Seed(6));
        play(&mut used, 3, 333);
        used.begin(Seed(5));
        assert!(play(&mut used, 0, 100) == expected, "{game}: an earlier episode shows");
    }
}

#[test]
fn a_pool_gives_the_same_with_one_thread_as_with_three() {
    let run = || {
        let mut pool = Pool::new((0..5).map(|_| Box::new(env("breakout", 30, 0.25)) as Box<dyn Environment>).collect());
        let mut seeds = EpisodeSeeds::new(Seed(3), 5);
        let mut scores = 0.0;
        for i in 0..200 {
            pool.begin_ended(&mut seeds);
            let actions: Vec<_> = (0..5).map(|worker| (i + worker) % 4).collect();
            scores += pool.step(&actions).iter().flatten().map(|outcome| outcome.step.reward).sum::<f64>();
        }
        (Sha256::digest(pool.observations()).to_vec(), scores)
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    let (observations, scores) = on(1);
    assert_eq!(on(3), (observations, scores));
    assert!(scores > 0.0);
}

#[test]
fn pongs_memory_shows_ball_and_paddles_where_its_players_know_them() {
    // Anand et al. (2019), "Unsupervised State Representation Learning in Atari": Pong has its players' scores at 13 and
    // 14, the ball's place at 49 and 54, and the right paddle's at 51.
    let mut env = seen("pong", View::Ram, 0, 0.0);
    assert_eq!(env.observation(), Shape::Vector { size: RAM });
    env.begin(Seed(1));
    let (mut lost, mut paddle, mut ball) = (0.0, Vec::new(), Vec::new());
    for step in 0..400 {
        // Up for a while, then down.
        let result = env.step(if step / 40 % 2 == 0 { 2 } else { 3 });
        lost += f64::from(u8::from(result.reward < 0.0));
        let ram: Vec<f32> = values(env.frame()).map(|value| (value * 255.0).round()).collect();
        assert_eq!(f64::from(ram[13]), lost, "step {step}");
        paddle.push(ram[51]);
        ball.push(ram[49]);
    }
    assert!(lost > 0.0);
    let distinct =
        |values: &[f32]| values.iter().map(|value| *value as u8).collect::<std::collections::BTreeSet<_>>().len();
    assert!(distinct(&paddle) > 20 && distinct(&ball) > 20, "{} and {}", distinct(&paddle), distinct(&ball));
}
