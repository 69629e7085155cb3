//! Real screens in a replay, and a replay on disk.

use std::fs;

use policy_distillation::replay::{Ending, NStep, Place, Replay, Transition, TransitionBatch, transitions};
use policy_distillation::spec::Shape;
use policy_distillation::units::Seed;

const FRAME: usize = Shape::ATARI.frame_bytes();
const OBSERVATION: usize = Shape::ATARI.bytes();
const ONE_STEP: NStep = NStep { n: 1, gamma: 0.99 };

/// 160 steps of Breakout, Enduro, Pong and Q*bert (see golden/README.md).
fn games() -> [Vec<u8>; 4] {
    let frames = |compressed: &[u8]| lz4_flex::decompress_size_prepended(compressed).unwrap();
    [
        frames(include_bytes!("golden/breakout.frames.lz4")),
        frames(include_bytes!("golden/enduro.frames.lz4")),
        frames(include_bytes!("golden/pong.frames.lz4")),
        frames(include_bytes!("golden/qbert.frames.lz4")),
    ]
}

/// The first frame of an episode: every 25th.
fn first(step: usize) -> bool {
    step.is_multiple_of(25)
}

/// A worker for each game, each of which keeps its last 100 steps.
fn replay() -> Replay<Transition> {
    let mut replay = Replay::new(Shape::ATARI, 400, 4);
    for (worker, game) in games().iter().enumerate() {
        for (step, frame) in game.chunks(FRAME).enumerate() {
            let ending = if first(step + 1) { Ending::Terminated } else { Ending::No };
            replay.push(
                worker,
                frame,
                first(step),
                Some(Transition { action: worker as u8, reward: step as f32, ending }),
            );
        }
    }
    replay
}

/// The observation of each step.
fn observations(game: &[u8]) -> Vec<Vec<u8>> {
    let mut stack = vec![0; OBSERVATION];
    let next = |(step, frame): (usize, &[u8])| {
        if first(step) {
            Shape::ATARI.start(&mut stack, frame)
        } else {
            Shape::ATARI.push(&mut stack, frame)
        }
        stack.clone()
    };
    game.chunks(FRAME).enumerate().map(next).collect()
}

#[test]
fn real_screens_come_back_as_they_were() {
    let replay = replay();
    let expected = games().map(|game| observations(&game));
    let mut batch = TransitionBatch::default();
    transitions(&replay, &mut Seed(1).generator(), 1000, ONE_STEP, &mut batch);
    let rows = batch.observations.chunks(OBSERVATION).zip(batch.next_observations.chunks(OBSERVATION));
    for (row, (observation, next)) in rows.enumerate() {
        let (game, step) = (batch.actions[row] as usize, batch.rewards[row] as usize);
        assert!((60..159).contains(&step));
        assert!(*observation == expected[game][step] && *next == expected[game][step + 1], "game {game}, step {step}");
        assert_eq!(batch.discounts[row], if first(step + 1) { 0.0 } else { 0.99 });
    }
}

#[test]
fn returns_of_several_steps_end_with_the_episode_and_with_the_stored_steps() {
    let replay = replay();
    let expected = games().map(|game| observations(&game));
    let mut batch = TransitionBatch::default();
    transitions(&replay, &mut Seed(1).generator(), 1000, NStep { n: 3, gamma: 0.5 }, &mut batch);
    let mut lengths = [0; 4];
    for (row, next) in batch.next_observations.chunks(OBSERVATION).enumerate() {
        let game = batch.actions[row] as usize;
        // The reward of a step is its number, so that sums tell where they begin.
        let sums = |begin: usize| {
            let end = (begin / 25 + 1) * 25;
            let count = 3.min(end - begin).min(159 - begin);
            ((0..count).map(|k| 0.5_f32.powi(k as i32) * (begin + k) as f32).sum::<f32>(), count, begin + count == end)
        };
        let begin = (60..159).find(|&begin| sums(begin).0 == batch.rewards[row]).expect("a sum of one step");
        let (_, count, ended) = sums(begin);
        lengths[count] += 1;
        assert_eq!(batch.discounts[row], if ended { 0.0 } else { 0.5_f32.powi(count as i32) }, "step {begin}");
        assert!(*next == expected[game][begin + count], "game {game}, step {begin}");
        assert!(batch.observations[row * OBSERVATION..][..OBSERVATION] == expected[game][begin], "step {begin}");
    }
    assert!(lengths[1..].iter().all(|&count| count > 10), "{lengths:?}");
}

#[test]
fn real_screens_take_less_than_a_tenth_of_their_size() {
    let mut replay = Replay::new(Shape::ATARI, 160, 1);
    let empty = replay.bytes();
    for (step, frame) in games()[0].chunks(FRAME).enumerate() {
        replay.push(0, frame, first(step), Some(()));
    }
    // One group of frames is not yet packed.
    let packed = replay.bytes() - empty - 16 * FRAME;
    assert!(packed < 144 * FRAME / 10, "{packed} bytes");
}

#[test]
fn a_minibatch_does_not_depend_on_the_number_of_threads() {
    let replay = replay();
    let draw = |threads| {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut batch = TransitionBatch::default();
        threads.install(|| transitions(&replay, &mut Seed(2).generator(), 200, ONE_STEP, &mut batch));
        (batch.observations, batch.next_observations, batch.rewards)
    };
    assert!(draw(1) == draw(3));
}

#[test]
fn a_replay_reads_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("one.bin"), folder.path().join("two.bin")];
    replay().save(&paths[0]).unwrap();
    let mut read = Replay::<Transition>::new(Shape::ATARI, 400, 4);
    read.load(&paths[0]).unwrap();
    read.save(&paths[1]).unwrap();
    assert!(fs::read(&paths[0]).unwrap() == fs::read(&paths[1]).unwrap());
    let place = Place { buffer: 1, age: 50 };
    assert_eq!(read.payload(place), replay().payload(place));
}

#[test]
fn a_damaged_file_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.bin");
    replay().save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let refused = |content: &[u8], what: &str| {
        fs::write(&path, content).unwrap();
        let mut replay = Replay::<Transition>::new(Shape::ATARI, 400, 4);
        let error = format!("{:#}", replay.load(&path).expect_err(what));
        assert!(error.contains("replay.bin: damaged; start over with --fresh"), "{error}");
        assert!(replay.is_empty());
    };
    for at in (0..whole.len()).step_by(997).chain(whole.len() - 32..whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        refused(&damaged, &format!("byte {at} changed"));
        refused(&whole[..at], &format!("cut off at {at}"));
    }
    refused(&[&whole[..], b"x"].concat(), "longer than written");
}
