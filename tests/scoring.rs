//! The evaluation protocol.

use policy_distillation::agent::{Policy, RandomPlay};
use policy_distillation::env::{Pool, Rules};
use policy_distillation::eval::{Match, play};
use policy_distillation::game::{Game, View};
use policy_distillation::progress::Progress;
use policy_distillation::record::{EpisodeRow, Ratio, Role, ScoreRow, read_rows, write_rows};
use policy_distillation::units::{Generator, Seed};

use super::command::{Run, TINY};

pub struct Watch;

impl Progress for Watch {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        false
    }
}

pub fn pool(workers: usize, max_frames: u64) -> Pool {
    pool_with(&[View::Pixels], workers, max_frames)
}

pub fn pool_with(views: &[View], workers: usize, max_frames: u64) -> Pool {
    let rules = Rules {
        frame_skip: 4,
        no_op_max: 30,
        sticky_actions: 0.0,
        max_frames,
        actions: vec![0, 3, 4],
        views: views.to_vec(),
    };
    Pool::load(Game::named("catch").unwrap(), None, &rules, workers).unwrap()
}

/// Moves the paddle below the ball: the best play of the built-in game.
struct Follow;

impl Policy for Follow {
    fn act(&self, bytes: &[u8], _: f64, generators: &mut [Generator]) -> Vec<usize> {
        let column = |frame: &[u8], rows: std::ops::Range<usize>| {
            let lit = |column: &usize| rows.clone().any(|row| frame[row * 84 + column] > 100);
            let columns: Vec<_> = (0..84).filter(lit).collect();
            columns.iter().sum::<usize>() as f64 / columns.len().max(1) as f64
        };
        let action = |frame: &[u8]| match column(frame, 0..74) - column(frame, 78..81) {
            right if right > 2.0 => 1,
            left if left < -2.0 => 2,
            _ => 0,
        };
        assert_eq!(bytes.len() / 28_224, generators.len());
        bytes.chunks(28_224).map(|stack| action(&stack[21_168..])).collect()
    }
}

const MATCH: Match = Match { episodes: 0..12, epsilon: 0.05, seed: Seed(4) };

#[test]
fn best_play_scores_every_ball_and_random_play_far_fewer() {
    let scores = |policy: &dyn Policy| -> Vec<f64> {
        let episodes = play(&mut pool(5, 108_000), policy, &MATCH, &Watch).unwrap();
        episodes.iter().map(|episode| episode.score).collect()
    };
    assert_eq!(scores(&Follow), vec![10.0; 12]);
    assert!(scores(&RandomPlay { actions: 3 }).iter().sum::<f64>() < 40.0);
}

#[test]
fn the_episodes_are_the_same_with_any_number_of_emulators() {
    let random = RandomPlay { actions: 3 };
    let one = play(&mut pool(1, 108_000), &random, &MATCH, &Watch).unwrap();
    for workers in [3, 12, 20] {
        assert_eq!(play(&mut pool(workers, 108_000), &random, &MATCH, &Watch).unwrap(), one);
    }
    assert!(one.windows(2).any(|pair| pair[0] != pair[1]), "null-op starts make episodes differ");
}

#[test]
fn the_frame_limit_cuts_an_episode_off_and_says_so() {
    let episodes = play(&mut pool(2, 100), &Follow, &MATCH, &Watch).unwrap();
    assert!(episodes.iter().all(|episode| episode.truncated && (100..104).contains(&episode.frames)));
}

#[test]
fn an_agents_scores_are_put_in_relation_to_its_teacher_in_one_way_whatever_seed_is_evaluated() {
    let run = Run::new(&TINY.replace("seeds = [1]", "seeds = [1, 2]"));
    run.succeed(&["run", "x.toml"]);
    let (episodes, scores) = (run.path("results/x/episodes.csv"), run.path("results/x/scores.csv"));
    let mut rows: Vec<EpisodeRow> = read_rows(&episodes).unwrap();
    for row in &mut rows {
        row.score = match (row.role, row.agent.as_str(), row.seed) {
            (Role::Random, ..) => 1.0,
            (Role::Student, "mse", 2) => 0.0,
            _ => 5.0,
        };
    }
    write_rows(&episodes, &rows).unwrap();
    for seed in ["1", "2"] {
        run.succeed(&["evaluate", "x.toml", "--seed", seed]);
        let rows: Vec<ScoreRow> = read_rows(&scores).unwrap();
        let of_mse: Vec<_> = rows.iter().filter(|row| row.agent == "mse").collect();
        assert!(of_mse.iter().all(|row| row.ratio == Some(Ratio::AboveRandom)), "{of_mse:?}");
        let relative = |seed| of_mse.iter().find(|row| row.seed == seed).unwrap().relative_to_teacher;
        assert_eq!((relative(1), relative(2)), (Some(1.0), Some(-0.25)));
    }
}
