//! Intervals and comparisons against rliable 1.2.0 (arch 7.2.0, pandas 2.3.3, scipy 1.17.1, numpy 2.4.6), and against a
//! slow twin in numpy where rliable has nothing like it.

use super::*;
use crate::record::Ratio;
use crate::units::Seed;

pub const SCORES: [f64; 10] = [18.0, 21.0, -3.0, 14.5, 20.0, 7.0, 19.0, 21.0, 11.0, 16.0];
const TEACHER: [f64; 6] = [12.0, 15.0, 9.0, 18.0, 11.0, 14.0];

/// Relative scores of five runs in three games, a row per game.
const RUNS: [[f64; 5]; 3] =
    [[0.95, 1.02, 0.78, 1.20, 0.88], [1.10, 0.87, 1.31, 0.99, 1.05], [0.40, 0.55, 0.61, 0.35, 0.72]];

pub fn near(value: impl Into<Option<f64>>, expected: f64, tolerance: f64) {
    let value = value.into().expect("the number exists");
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

fn within(interval: Option<Interval>, (low, high): (f64, f64), tolerance: f64) {
    near(interval.map(|interval| interval.low), low, tolerance);
    near(interval.map(|interval| interval.high), high, tolerance);
}

/// A run of one episode, with a teacher of its own that always scores 1.
fn single_episode(score: &f64) -> Run<'_> {
    Run { student: std::slice::from_ref(score), teacher: &[1.0], random: &[], seed: 1, teacher_seed: score.to_bits() }
}

/// Runs of one episode each, so that a run's relative score is its episode's.
fn single_episodes(games: &[[f64; 5]]) -> Vec<GameRuns<'_>> {
    games.iter().map(|runs| GameRuns { ratio: Ratio::Raw, runs: runs.iter().map(single_episode).collect() }).collect()
}

/// `x = np.array(RUNS).T; gm = lambda s: np.exp(np.mean(np.log(np.mean(s, axis=0))))`
/// `f = lambda s: np.array([metrics.aggregate_mean(s), metrics.aggregate_iqm(s), gm(s)])`
/// `f(x); library.get_interval_estimates({"x": x}, f, reps=200000)`, and `metrics.aggregate_median(x)`
#[test]
fn aggregates_over_games_and_their_intervals_are_rliables() {
    let against_teacher = |relative: &f64| AgainstTeacher { relative: Some(*relative), beats: None };
    let figures = Figures::of(&RUNS.map(|runs| runs.iter().map(against_teacher).collect()));
    near(figures.mean, 0.852, 1e-12);
    near(figures.interquartile_mean, 0.8744444444444445, 1e-12);
    near(figures.geometric_mean, 0.8146445683134156, 1e-12);
    let in_games: Vec<f64> = figures.games.iter().filter_map(|game| game.relative).collect();
    near(median(&in_games), 0.966, 1e-12);
    let intervals = intervals(&single_episodes(&RUNS), false, Seed(1));
    within(intervals.mean, (0.78266667, 0.92466667), 0.004);
    within(intervals.interquartile_mean, (0.80444444, 0.95222222), 0.004);
    within(intervals.geometric_mean, (0.73523, 0.89043), 0.004);
}

/// A column of the matrices per game, a row per episode in place of a run:
/// `metrics.probability_of_improvement(x, y)`
/// `library.get_interval_estimates({"x,y": (x, y)}, metrics.probability_of_improvement, reps=20000)`
#[test]
fn the_probability_to_beat_the_teacher_is_rliables_probability_of_improvement() {
    const STUDENTS: [&[f64]; 2] =
        [&[300.0, 280.0, 310.0, 260.0, 290.0, 350.0, 240.0, 330.0], &[-5.0, 3.0, -8.0, 2.0, 12.0, 0.0, 9.0, 14.0]];
    const TEACHERS: [&[f64]; 2] = [&[320.0, 340.0, 300.0, 310.0, 330.0, 290.0], &[12.0, 15.0, 9.0, -5.0, 0.0, 14.0]];
    let rates = [0, 1].map(|game| win_rate(STUDENTS[game], TEACHERS[game]).unwrap());
    near(mean(&rates), 0.328125, 1e-12);
    let games = [0, 1].map(|game| GameRuns {
        ratio: Ratio::Raw,
        runs: vec![Run { student: STUDENTS[game], teacher: TEACHERS[game], random: &[], seed: 1, teacher_seed: 1 }],
    });
    within(intervals(&games, false, Seed(1)).beats, (0.140625, 0.544), 0.012);
    assert_eq!((win_rate(&[1.0], &[]), win_rate(&[2.0], &[2.0])), (None, Some(0.5)));
}

/// The first game has two runs and a raw ratio, the second one run and the ratio above random play.
fn two_games() -> [GameRuns<'static>; 2] {
    let raw = vec![
        Run {
            student: &[300.0, 280.0, 310.0, 260.0, 290.0, 350.0, 240.0, 330.0],
            teacher: &[320.0, 340.0, 300.0, 310.0, 330.0, 290.0, 360.0, 350.0],
            random: &[],
            seed: 1,
            teacher_seed: 1,
        },
        Run {
            student: &[200.0, 260.0, 310.0, 150.0],
            teacher: &[300.0, 280.0, 330.0, 250.0, 310.0],
            random: &[],
            seed: 2,
            teacher_seed: 2,
        },
    ];
    let above = Run {
        student: &[-5.0, 3.0, -8.0, 2.0, -1.0, 0.0],
        teacher: &TEACHER,
        random: &[-20.0, -21.0, -21.0, -20.0, -19.0, -21.0],
        seed: 1,
        teacher_seed: 1,
    };
    [GameRuns { ratio: Ratio::Raw, runs: raw }, GameRuns { ratio: Ratio::AboveRandom, runs: vec![above] }]
}

/// In numpy, with 200,000 resamples: `draw = lambda runs: [[rng.choice(v, len(v)) for v in runs[i]] for i in
/// rng.integers(len(runs), size=len(runs))]`, then means, ratios, `scipy.stats.trim_mean(all, 0.25)` and the share of
/// pairs that the student wins; `np.quantile(x, [0.025, 0.975])`.
#[test]
fn intervals_cover_the_chance_of_runs_and_of_the_episodes_of_all_agents() {
    let intervals = intervals(&two_games(), false, Seed(1));
    within(intervals.games[0].0, (0.68368, 0.96206), 0.006);
    within(intervals.games[1].0, (0.45972, 0.66), 0.006);
    within(intervals.games[0].1, (0.05, 0.46094), 0.012);
    within(intervals.games[1].1, (0.0, 0.0), 0.0);
    within(intervals.geometric_mean, (0.59848, 0.76874), 0.005);
    within(intervals.mean, (0.60989, 0.78342), 0.005);
    within(intervals.interquartile_mean, (0.63882, 0.83734), 0.006);
    within(intervals.beats, (0.025, 0.23047), 0.006);
}

/// In numpy: `t = rng.choice(T, 8).mean(); np.mean([rng.choice(S[k], 4).mean() / t for k in rng.integers(3, size=3)])`.
/// With a teacher drawn for each student, as if they were different ones, the interval would be narrower.
#[test]
fn the_chance_of_a_teacher_that_students_share_is_theirs_in_common() {
    const STUDENTS: [&[f64]; 3] =
        [&[300.0, 280.0, 310.0, 260.0], &[200.0, 260.0, 310.0, 150.0], &[290.0, 330.0, 270.0, 350.0]];
    const TEACHER: &[f64] = &[320.0, 340.0, 300.0, 310.0, 330.0, 290.0, 100.0, 420.0];
    let game = |teacher_seed: fn(u64) -> u64| GameRuns {
        ratio: Ratio::Raw,
        runs: (0..3)
            .map(|run| Run {
                student: STUDENTS[run as usize],
                teacher: TEACHER,
                random: &[],
                seed: run,
                teacher_seed: teacher_seed(run),
            })
            .collect(),
    };
    within(intervals(&[game(|_| 1)], false, Seed(1)).games[0].0, (0.70941, 1.21014), 0.012);
    within(intervals(&[game(|run| run)], false, Seed(1)).games[0].0, (0.73842, 1.11611), 0.012);
}

/// In numpy, with the same rows `i = rng.integers(3, size=3)` for both games: `np.exp(np.log(a[i].mean(0)).mean())`.
#[test]
fn runs_of_one_network_are_drawn_for_all_its_games_at_once() {
    const GAMES: [[f64; 3]; 2] = [[0.5, 1.0, 1.4], [0.6, 1.1, 1.2]];
    let games = [&GAMES[0], &GAMES[1]]
        .map(|runs| GameRuns { ratio: Ratio::Raw, runs: runs.iter().map(single_episode).collect() });
    within(intervals(&games, false, Seed(1)).geometric_mean, (0.69522, 1.21564), 0.001);
    within(intervals(&games, true, Seed(1)).geometric_mean, (0.54772, 1.29615), 0.001);
    // Runs of other seeds are of other networks.
    let mut others = games.clone();
    others[1].runs[2].seed = 9;
    assert_eq!(intervals(&others, true, Seed(1)), intervals(&games, false, Seed(1)));
}

/// In numpy, as [`two_games`]' intervals, with two students against each draw of teacher and random play.
#[test]
fn the_difference_of_two_students_is_against_the_same_draws_of_their_teacher() {
    const SECONDS: [&[f64]; 3] =
        [&[250.0, 270.0, 220.0, 300.0], &[230.0, 180.0, 260.0, 210.0, 250.0], &[-9.0, -4.0, -12.0, 1.0]];
    let firsts = two_games();
    let mut seconds = two_games();
    seconds.iter_mut().flat_map(|game| &mut game.runs).zip(SECONDS).for_each(|(run, scores)| run.student = scores);
    let sides: [&[GameRuns]; 2] = [&firsts, &seconds];
    let Estimate { value: mean, interval } = difference(sides, |figures| figures.mean, false, Seed(1)).unwrap();
    near(mean, 0.09748861657177221, 1e-12);
    within(interval, (-0.01718, 0.20397), 0.005);
    let Estimate { value: mean, interval } =
        difference(sides, |figures| figures.geometric_mean, false, Seed(1)).unwrap();
    near(mean, 0.10993472211226507, 1e-12);
    within(interval, (-0.01638, 0.23787), 0.006);
    // The same two runs, of one teacher.
    const TEACHER: &[f64] = &[320.0, 340.0, 300.0, 310.0, 330.0, 290.0, 100.0, 420.0];
    let of_one_teacher = |mut game: GameRuns<'static>| {
        game.runs.iter_mut().for_each(|run| (run.teacher, run.teacher_seed) = (TEACHER, 1));
        [game]
    };
    let [first, second] = [firsts, seconds].map(|[raw, _]| of_one_teacher(raw));
    let Estimate { value: mean, interval } =
        difference([&first, &second], |figures| figures.mean, false, Seed(1)).unwrap();
    near(mean, 0.06473029045643153, 1e-12);
    within(interval, (-0.09163, 0.19737), 0.006);
}

#[test]
fn the_interval_of_a_mean_is_that_of_numpys_resamples() {
    within(mean_interval(&SCORES, Seed(1)), (9.55, 18.4), 0.15);
    within(mean_of_runs_interval(&[&SCORES, &TEACHER], Seed(1)), (11.23333, 16.6), 0.1);
    assert_eq!(mean_interval(&[5.0], Seed(1)), Some(Interval { low: 5.0, high: 5.0 }));
    assert_eq!((mean_interval(&[], Seed(1)), mean_of_runs_interval(&[&SCORES, &[]], Seed(1))), (None, None));
}

#[test]
fn a_seed_repeats_its_intervals() {
    assert_eq!(mean_interval(&SCORES, Seed(7)), mean_interval(&SCORES, Seed(7)));
    assert_eq!(intervals(&two_games(), false, Seed(7)), intervals(&two_games(), false, Seed(7)));
    assert_ne!(intervals(&two_games(), false, Seed(7)), intervals(&two_games(), false, Seed(8)));
}

#[test]
fn a_teacher_that_may_be_no_better_than_random_play_leaves_no_interval_but_that_of_beating_it() {
    let run = Run { student: &[1.0, 2.0], teacher: &[-1.0, 1.5], random: &[0.0, 0.0], seed: 1, teacher_seed: 1 };
    let game = GameRuns { ratio: Ratio::AboveRandom, runs: vec![run] };
    let intervals = intervals(&[game], false, Seed(1));
    assert_eq!((intervals.games[0].0, intervals.geometric_mean, intervals.interquartile_mean), (None, None, None));
    within(intervals.beats, (0.0, 1.0), 0.0);
}

#[test]
fn a_game_that_is_not_above_0_leaves_no_geometric_mean_but_the_other_means() {
    let game = |relative| vec![AgainstTeacher { relative: Some(relative), beats: Some(0.25) }];
    let figures = Figures::of(&[game(-0.2), game(0.8)]);
    assert_eq!(figures.geometric_mean, Some(0.0));
    near(figures.mean, 0.3, 1e-12);
    near(figures.beats, 0.25, 1e-12);
    let lacking = vec![AgainstTeacher { relative: None, beats: None }];
    assert_eq!(Figures::of(&[game(0.8), lacking]).mean, None);
}

#[test]
fn a_difference_of_sides_that_are_drawn_apart_has_the_variance_of_both() {
    // numpy, 400,000 resamples of each list: of means, and of ratios to the mean of another resample of TEACHER.
    let Estimate { value: difference, interval } = mean_difference([&[&SCORES], &[&TEACHER]], Seed(1)).unwrap();
    near(difference, 1.2833333333333332, 1e-12);
    within(interval, (-4.13333, 5.93333), 0.15);
    let game = |student| {
        let run = Run { student, teacher: &TEACHER, random: &[], seed: 1, teacher_seed: 1 };
        [GameRuns { ratio: Ratio::Raw, runs: vec![run] }]
    };
    let Estimate { value: difference, interval } =
        difference_apart([&game(&SCORES), &game(&TEACHER)], |figures| figures.mean, false, Seed(1)).unwrap();
    near(difference, 0.09746835443037982, 1e-12);
    within(interval, (-0.38116, 0.56397), 0.015);
}

/// rliable's `create_performance_profile` counts runs above a threshold; the intervals are of 400,000 resamples in
/// numpy.
#[test]
fn a_profile_is_the_share_of_runs_above_each_threshold() {
    let profile = profile(&single_episodes(&RUNS), &[0.5, 0.9, 1.1], false, Seed(1)).unwrap();
    let expected = [
        (0.8666666666666667, (0.73333, 1.0)),
        (0.4666666666666667, (0.26667, 0.66667)),
        (0.13333333333333333, (0.0, 0.33333)),
    ];
    for (Estimate { value: share, interval }, (value, ends)) in profile.into_iter().zip(expected) {
        near(share, value, 1e-12);
        within(interval, ends, 0.067);
    }
}

/// Mann and Whitney's U over the number of pairs; the interval is of 400,000 resamples in numpy.
#[test]
fn an_improvement_compares_episodes() {
    let run = Run { student: &SCORES, teacher: &TEACHER, random: &[], seed: 1, teacher_seed: 1 };
    let game = GameRuns { ratio: Ratio::Raw, runs: vec![run] };
    let Estimate { value, interval } = improvement(&[game], false, Seed(1)).unwrap();
    near(value, 0.6666666666666666, 1e-12);
    within(interval, (0.38333, 0.91667), 0.02);
}

/// `scipy.stats.binomtest(0, n).proportion_ci(method="exact").high`
const NEVER_IN_10: f64 = 0.308_497_107_818_760_83;
const NEVER_IN_6: f64 = 0.459_258_126_439_900_5;

#[test]
fn shares_of_0_and_of_1_have_the_exact_interval() {
    let of = |share: f64, runs: usize, questions: usize| {
        let shares = vec![share; questions];
        mean_share(&vec![shares.as_slice(); runs], Seed(1)).unwrap()
    };
    let Estimate { value: mean, interval } = of(0.0, 1, 10);
    near(mean, 0.0, 0.0);
    within(interval, (0.0, NEVER_IN_10), 1e-12);
    within(of(1.0, 2, 5).interval, (1.0 - NEVER_IN_10, 1.0), 1e-12);
    within(of(0.0, 1, 1000).interval, (0.0, 0.003_682_083_896_865_672), 1e-12);
    assert_eq!(
        mean_share(&[&[0.5, 1.0], &[0.0, 0.25]], Seed(1)).unwrap().interval,
        mean_of_runs_interval(&[&[0.5, 1.0], &[0.0, 0.25]], Seed(1))
    );
}

#[test]
fn a_difference_that_is_the_same_in_all_questions_is_not_certain() {
    let (low, high): ([f64; 6], [f64; 6]) = ([0.0, 0.75, 0.0, 0.75, 0.0, 0.75], [0.25, 1.0, 0.25, 1.0, 0.25, 1.0]);
    let Estimate { value: by, interval } = share_difference(&[[&high, &low]], Seed(1)).unwrap();
    near(by, 0.25, 1e-12);
    within(interval, (0.25 - 1.25 * NEVER_IN_6, 0.25 + 0.75 * NEVER_IN_6), 1e-12);
    within(share_difference(&[[&low, &low]], Seed(1)).unwrap().interval, (-NEVER_IN_6, NEVER_IN_6), 1e-12);
    // 2/3 − 1/3 and 1/3 − 0 differ in their last digit.
    let thirds = [[2.0 / 3.0, 1.0 / 3.0], [1.0 / 3.0, 0.0]];
    let interval = share_difference(&[[&thirds[0], &thirds[1]]], Seed(1)).unwrap().interval.unwrap();
    assert!(interval.low < 0.0 && interval.high > 0.5, "{interval:?}");
}

#[test]
fn a_difference_is_by_question_within_each_run_or_of_sides_that_are_drawn_apart() {
    let (one, other): ([f64; 4], [f64; 4]) = ([1.0, 0.5, 0.75, 0.25], [0.5, 0.25, 0.25, 0.25]);
    let Estimate { value: by, interval } = share_difference(&[[&one, &other], [&other, &other]], Seed(1)).unwrap();
    near(by, 0.15625, 1e-12);
    assert_eq!(interval, mean_of_runs_interval(&[&[0.5, 0.25, 0.5, 0.0], &[0.0; 4]], Seed(1)));
    assert_eq!(share_difference_apart([&[&one], &[&other]], Seed(1)), mean_difference([&[&one], &[&other]], Seed(1)));
    // A side that is never right lowers the lower end by its own interval.
    let none = [0.0; 10];
    let drawn = mean_difference([&[&one], &[&none]], Seed(1)).unwrap().interval.unwrap();
    let wider = share_difference_apart([&[&one], &[&none]], Seed(1)).unwrap().interval.unwrap();
    near(drawn.low - wider.low, NEVER_IN_10, 1e-12);
    assert_eq!(wider.high, drawn.high);
    let Estimate { value: by, interval } = share_difference_apart([&[&[1.0; 10]], &[&[0.0; 10]]], Seed(1)).unwrap();
    near(by, 1.0, 0.0);
    within(interval, (1.0 - 2.0 * NEVER_IN_10, 1.0), 1e-12);
}
