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
    seen(game, &[View::Pixels], no_op_max, sticky_actions)
}

fn seen(game: &str, views: &[View], no_op_max: u32, sticky_actions: f64) -> Env {
    let game = Game::named(game).unwrap();
    let rom = Rom::find(game).unwrap();
    let actions = game.actions(ActionSet::Minimal);
    let rules = Rules { frame_skip: 4, no_op_max, sticky_actions, max_frames: 108_000, actions, views: views.to_vec() };
    Env::new(load(game, rom.as_ref()).unwrap(), rules)
}

#[test]
fn a_picture_shows_what_is_drawn_in_either_of_the_last_two_frames() {
    let lit = |env: &Env| env.picture().unwrap().rgb.iter().filter(|&&value| value > 0).count();
    let [mut plain, mut pictured] = [env("catch", 0, 0.0), env("catch", 0, 0.0)];
    pictured.take_pictures();
    for env in [&mut plain, &mut pictured] {
        env.begin(Seed(1));
    }
    assert_eq!(lit(&plain), lit(&pictured));
    for _ in 0..5 {
        plain.step(0);
        pictured.step(0);
        // The ball falls, so that it covers more in two frames than in one.
        assert!(lit(&pictured) > lit(&plain), "{} and {}", lit(&pictured), lit(&plain));
    }
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
        let differences: Vec<_> = env.frame(0).iter().zip(frame).map(|(a, b)| a.abs_diff(*b)).collect();
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

/// The record of games.py: changes of rewards and lives, and digests of 8 digits for each step.
#[derive(Deserialize)]
struct Reference {
    game: Game,
    rom_md5: String,
    action_set: Vec<i32>,
    rewards: Vec<(usize, f64)>,
    lives: Vec<(usize, u32)>,
    game_over: Vec<usize>,
    screens: String,
    observations: String,
    opencv_differs_by_one: usize,
}

fn references() -> Vec<Reference> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/games");
    let read = |game| serde_json::from_slice(&std::fs::read(folder.join(format!("{game}.json"))).unwrap()).unwrap();
    Game::PAPER.map(read).into()
}

impl Reference {
    fn steps(&self) -> usize {
        self.screens.len() / 8
    }

    /// The index of the action of each step.
    fn actions(&self) -> impl Iterator<Item = usize> {
        let count = self.action_set.len() as u64;
        let states = std::iter::successors(Some(12345u64), |state| {
            Some(state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407))
        });
        states.skip(1).take(self.steps()).map(move |state| ((state >> 33) % count) as usize)
    }

    /// Reward, lives and game over after a step.
    fn expected(&self, step: usize) -> (f64, u32, bool) {
        let reward = self.rewards.iter().find(|(i, _)| *i == step).map_or(0.0, |&(_, reward)| reward);
        let lives = self.lives.iter().rev().find(|(i, _)| *i <= step).unwrap().1;
        (reward, lives, self.game_over.contains(&step))
    }

    /// Whether a new episode begins after a step.
    fn begins_after(&self, step: usize) -> bool {
        step + 1 == 500 || self.game_over.contains(&step)
    }
}

fn digest(parts: &[&[u8]]) -> String {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
    hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn in_the_papers_ten_games_screens_memory_rewards_lives_and_ends_equal_ale_py_exactly() {
    for reference in references() {
        let rom = Rom::find(reference.game).unwrap().unwrap();
        assert_eq!(rom.record.md5, reference.rom_md5);
        let mut ale = ale_rs::Ale::load(&rom.bytes, reference.game.name()).unwrap();
        let mut grey = vec![0; ale.width() * ale.height()];
        ale.reset();
        for (i, action) in reference.actions().enumerate() {
            let action = u8::try_from(reference.action_set[action]).unwrap();
            let reward: i32 = (0..4).map(|_| ale.act(action)).sum();
            let seen = (f64::from(reward), ale.lives(), ale.game_over());
            assert_eq!(seen, reference.expected(i), "{} step {i}", reference.game);
            ale.grey(&mut grey);
            let expected = &reference.screens[8 * i..8 * i + 8];
            assert_eq!(digest(&[&grey, ale.ram()]), expected, "{} step {i}: another screen or memory", reference.game);
            if reference.begins_after(i) {
                ale.reset();
            }
        }
    }
}

#[test]
fn in_the_papers_ten_games_observations_are_the_exact_means_over_areas() {
    for reference in references() {
        assert_eq!(reference.game.actions(ActionSet::Minimal), reference.action_set);
        let mut env = env(reference.game.name(), 0, 0.0);
        env.begin(Seed(0));
        for (i, action) in reference.actions().enumerate() {
            let step = env.step(action);
            let seen = (step.reward, env.lives(), step.terminated);
            assert_eq!(seen, reference.expected(i), "{} step {i}", reference.game);
            let expected = &reference.observations[8 * i..8 * i + 8];
            assert_eq!(digest(&[env.frame(0)]), expected, "{} step {i}: another observation", reference.game);
            if reference.begins_after(i) {
                env.begin(Seed(0));
            }
        }
        // 3,079 of 70,560,000 pixels in all; games.py makes sure that no difference is larger than 1.
        let pixels = reference.steps() * FRAME;
        assert!(reference.opencv_differs_by_one <= pixels / 4_000, "{}: OpenCV differs", reference.game);
    }
}

/// Plays `steps` steps of fixed actions, beginning anew at an episode's end, and gives what was seen.
fn play(env: &mut Env, from: usize, steps: usize) -> Vec<u8> {
    let mut seen = Vec::new();
    for i in from..from + steps {
        let step = env.step((i * 7 + i / 5) % 3);
        seen.extend_from_slice(env.frame(0));
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
    for game in Game::PAPER.into_iter().chain(["catch"]) {
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
    for game in Game::PAPER.into_iter().chain(["catch"]) {
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
fn a_pool_with_two_views_gives_each_as_a_pool_with_that_view_alone() {
    let pool = |views: &[View]| {
        let env = || Box::new(seen("pong", views, 30, 0.25)) as Box<dyn Environment>;
        Pool::new((0..3).map(|_| env()).collect())
    };
    let mut pools = [pool(&[View::Pixels, View::Ram]), pool(&[View::Pixels]), pool(&[View::Ram])];
    let mut seeds = [(); 3].map(|()| EpisodeSeeds::new(Seed(3), 3));
    for step in 0..300 {
        pools.iter_mut().zip(&mut seeds).for_each(|(pool, seeds)| pool.begin_ended(seeds));
        let actions = [step / 30 % 6, step / 7 % 6, step % 6];
        let [both, pixels, ram] = pools.each_mut().map(|pool| pool.step(&actions).to_vec());
        assert_eq!((&both, &both), (&pixels, &ram), "step {step}");
        let [both, pixels, ram] = &pools;
        let seen = |view: usize| both.views()[view].observations(both.observations());
        assert!(*seen(0) == *pixels.observations() && *seen(1) == *ram.observations(), "step {step}");
        if step == 150 {
            let saved = pools[0].save();
            pools[0] = pool(&[View::Pixels, View::Ram]);
            pools[0].restore(&saved).unwrap();
        }
    }
}

#[test]
fn pongs_memory_shows_ball_and_paddles_where_its_players_know_them() {
    // Anand et al. (2019), "Unsupervised State Representation Learning in Atari": Pong has its players' scores at 13
    // and 14, the ball's place at 49 and 54, and the right paddle's at 51.
    let mut env = seen("pong", &[View::Ram], 0, 0.0);
    assert_eq!(env.views(), [Shape::Vector { size: RAM }]);
    env.begin(Seed(1));
    let (mut lost, mut paddle, mut ball) = (0.0, Vec::new(), Vec::new());
    for step in 0..400 {
        // Up for a while, then down.
        let result = env.step(if step / 40 % 2 == 0 { 2 } else { 3 });
        lost += f64::from(u8::from(result.reward < 0.0));
        let ram: Vec<f32> = values(env.frame(0)).map(|value| (value * 255.0).round()).collect();
        assert_eq!(f64::from(ram[13]), lost, "step {step}");
        paddle.push(ram[51]);
        ball.push(ram[49]);
    }
    assert!(lost > 0.0);
    let distinct =
        |values: &[f32]| values.iter().map(|value| *value as u8).collect::<std::collections::BTreeSet<_>>().len();
    assert!(distinct(&paddle) > 20 && distinct(&ball) > 20, "{} and {}", distinct(&paddle), distinct(&ball));
}
