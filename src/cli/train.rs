//! `pd train` and `pd distill`: the stages that make networks.

use anyhow::{Context, Error, Result};

use super::experiment::Job;
use super::scores;
use super::terminal::Stage;
use crate::config;
use crate::distill::{self, Group};
use crate::env::Pool;
use crate::eval::{self, Match, Purpose, statistics};
use crate::game::Game;
use crate::nn::{self, Metadata, Policy, WeightsError};
use crate::progress::{Ended, Progress};
use crate::record::{Agent, EpisodeRow, EvalRow, read_rows, write_rows};
use crate::teacher::{self, Training};
use crate::units::{Frames, Seed, Steps};

impl Job {
    /// Trains every teacher that has no weights yet.
    pub fn train_stage(&mut self) -> Result<Ended> {
        self.timed("train", |job| job.each_game_and_seed(Job::train_one))
    }

    /// Distils every student that has no weights yet.
    pub fn distill_stage(&mut self) -> Result<Ended> {
        self.timed("distill", |job| job.each_game_and_seed(Job::distill_one))
    }

    /// Does the work for every game and seed; what fails is told at the end, after the others were done.
    fn each_game_and_seed(&self, work: fn(&Job, Game, u64) -> Result<Ended>) -> Result<Ended> {
        let mut failed = Vec::new();
        for &seed in &self.experiment.seeds {
            for &game in &self.experiment.games {
                match work(self, game, seed) {
                    Ok(Ended::Done) => {}
                    Ok(Ended::Stopped) => {
                        failed.iter().for_each(|error: &Error| eprintln!("pd: {error:#}"));
                        return Ok(Ended::Stopped);
                    }
                    Err(error) => failed.push(error.context(format!("{game}, seed {seed}"))),
                }
            }
        }
        let count = failed.len();
        match failed.pop() {
            None => Ok(Ended::Done),
            Some(error) if count == 1 => Err(error),
            Some(last) => {
                failed.iter().for_each(|error| eprintln!("pd: {error:#}"));
                Err(last.context(format!("{count} runs failed, the last of them")))
            }
        }
    }

    fn train_one(&self, game: Game, seed: u64) -> Result<Ended> {
        let agent = Agent::teacher(game, seed);
        if self.is_done(&agent)? {
            return Ok(Ended::Done);
        }
        let settings = &self.experiment.teacher;
        let steps = Frames(settings.frames).steps(self.experiment.environment.frame_skip);
        let stage = Stage::new(&agent.to_string(), steps.0, "steps", self.quiet);
        let mut evaluation = self.periodic_evaluation(game, seed, settings.evaluation_episodes)?;
        let training = Training {
            experiment: &self.experiment,
            rom: self.rom_record(game),
            folder: &self.folder,
            device: self.device,
            agent,
        };
        let mut evaluate = |policy: &dyn Policy, steps, updates| evaluation.score(policy, steps, updates, &stage);
        let ended = teacher::train(&training, self.pool(game)?, &mut evaluate, &stage)?;
        if ended == Ended::Done {
            self.forget_derived(game, seed)?;
        }
        Ok(ended)
    }

    /// A new teacher makes stale what was made from an earlier one in this folder: its students and all scores.
    fn forget_derived(&self, game: Game, seed: u64) -> Result<()> {
        for student in &self.experiment.students {
            let path = self.folder.weights(&Agent::student(&student.name, game, seed));
            if path.exists() {
                std::fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
            }
        }
        let mut rows: Vec<EpisodeRow> = read_rows(&self.folder.episodes())?;
        if !rows.is_empty() {
            rows.retain(|row| row.game != game.name() || row.seed != seed);
            write_rows(&self.folder.episodes(), &rows)?;
        }
        Ok(())
    }

    fn distill_one(&self, game: Game, seed: u64) -> Result<Ended> {
        let mut students: Vec<&config::Student> = Vec::new();
        for student in &self.experiment.students {
            if !self.is_done(&Agent::student(&student.name, game, seed))? {
                students.push(student);
            }
        }
        if students.is_empty() {
            return Ok(Ended::Done);
        }
        let path = self.folder.weights(&Agent::teacher(game, seed));
        let environment = &self.experiment.environment;
        let (teacher, _) = nn::load_for(&path, self.device, game, environment, self.rom_record(game).as_ref())
            .context("the teacher")?;
        let settings = &self.experiment.distillation;
        let updates = settings.hours * settings.updates_per_hour * students.len() as u64;
        let stage = Stage::new(&format!("students of {game}, seed {seed}"), updates, "updates", self.quiet);
        let mut evaluation = self.periodic_evaluation(game, seed, settings.evaluation_episodes)?;
        let group = Group {
            experiment: &self.experiment,
            game,
            seed,
            students,
            teacher: &teacher,
            teacher_hash: nn::sha256(&path)?,
            rom: self.rom_record(game),
            folder: &self.folder,
            device: self.device,
        };
        distill::distill(
            &group,
            self.pool(game)?,
            &mut |policy, steps, updates| evaluation.score(policy, steps, updates, &stage),
            &stage,
        )
    }

    /// Whether the agent's weights are there and are what the experiment asks for. A student of another teacher than
    /// the one that is there now is not done.
    fn is_done(&self, agent: &Agent) -> Result<bool> {
        let path = self.folder.weights(agent);
        if !path.exists() {
            return Ok(false);
        }
        let environment = &self.experiment.environment;
        let rom = self.rom_record(agent.game);
        let (_, found) = nn::load_for(&path, self.device, agent.game, environment, rom.as_ref())?;
        let student = scores::student(&self.experiment, agent);
        let Some(architecture) = scores::architecture(&self.experiment, agent) else { return Ok(true) };
        let expected = Metadata {
            architecture,
            loss: student.map(|student| (student.loss, student.temperature)),
            ..found.clone()
        };
        if (&expected.architecture, expected.loss) != (&found.architecture, found.loss) {
            let what = |of: &Metadata| format!("{:?} with loss {:?}", of.architecture, of.loss);
            return Err(WeightsError::Mismatch { path, found: what(&found), expected: what(&expected) }.into());
        }
        if student.is_none() {
            return Ok(true);
        }
        let teacher = self.folder.weights(&Agent::teacher(agent.game, agent.seed));
        Ok(!teacher.exists() || found.teacher == Some(nn::sha256(&teacher)?))
    }

    fn periodic_evaluation(&self, game: Game, seed: u64, episodes: usize) -> Result<PeriodicEvaluation> {
        Ok(PeriodicEvaluation {
            pool: self.evaluation_pool(game, episodes)?,
            seed: Purpose::Choose.seed(seed, game),
            epsilon: self.experiment.evaluation.epsilon,
            frame_skip: self.experiment.environment.frame_skip,
            episodes,
        })
    }
}

/// Scores a network in the middle of its training.
struct PeriodicEvaluation {
    pool: Pool,
    seed: Seed,
    epsilon: f64,
    frame_skip: u32,
    episodes: usize,
}

/// Passes on whether to stop; an evaluation has no progress of its own.
struct Silent<'a>(&'a dyn Progress);

impl Progress for Silent<'_> {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        self.0.stop()
    }
}

impl PeriodicEvaluation {
    fn score(&mut self, policy: &dyn Policy, steps: Steps, updates: u64, stage: &Stage) -> Result<Option<EvalRow>> {
        let game = Match { episodes: self.episodes, epsilon: self.epsilon, seed: self.seed };
        let Some(episodes) = eval::play(&mut self.pool, policy, &game, &Silent(stage)) else { return Ok(None) };
        let scores: Vec<_> = episodes.iter().map(|episode| episode.score).collect();
        let mean = statistics::mean(&scores).context("an evaluation has at least one episode")?;
        let interval =
            statistics::mean_interval(&scores, self.seed).context("an evaluation has at least one episode")?;
        Ok(Some(EvalRow {
            steps: steps.0,
            frames: steps.frames(self.frame_skip).0,
            updates,
            episodes: scores.len() as u64,
            mean,
            ci_low: interval.low,
            ci_high: interval.high,
            best: false,
        }))
    }
}
