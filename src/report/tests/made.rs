//! A made-up folder of results.

use std::fs;

use crate::config::{self, Experiment, Overrides};
use crate::eval::statistics;
use crate::game::Game;
use crate::record::{
    AgentId, DistillRow, EpisodeRow, EvalRow, Folder, Ratio, Role, ScoreRow, SummaryRow, TrainRow, read_rows,
    write_file, write_rows,
};
use crate::report::{TerminalReport, write};
use crate::units::Seed;

/// Two games, three seeds, two students.
pub const EXPERIMENT: &str = r#"
name = "made-up"
games = ["breakout", "pong"]
seeds = [1, 2, 3]
[[students]]
name = "small"
network = "net2"
[[students]]
name = "smaller"
network = "net3"
loss = "nll"
[teacher]
from = "<script>alert('settings')</script>"
"#;

/// A folder to fill and report on.
pub struct Made {
    pub folder: Folder,
    pub experiment: Experiment,
    pub scores: Vec<ScoreRow>,
    episodes: Vec<EpisodeRow>,
    _kept: tempfile::TempDir,
}

impl Made {
    pub fn with(experiment: &str) -> Made {
        let kept = tempfile::tempdir().unwrap();
        let folder = Folder::at(kept.path().join("made-up"));
        let experiment = config::read_text("x.toml", "x", experiment, &Overrides::default()).unwrap();
        Made { folder, experiment, scores: Vec::new(), episodes: Vec::new(), _kept: kept }
    }

    /// The experiment above with every agent scored and every log written.
    pub fn finished() -> Made {
        let mut made = Made::with(EXPERIMENT);
        for seed in 1..=3 {
            for (game, random, teacher) in [("breakout", 2.0, 300.0), ("pong", -20.0, 12.0)] {
                let game = Game::named(game).unwrap();
                made.learned(&AgentId::teacher(game, seed));
                made.score(&AgentId::random(game, seed), random, 40);
                made.score(&AgentId::teacher(game, seed), teacher, 40);
                for (name, share) in [("small", 0.9), ("smaller", 0.7)] {
                    let agent = AgentId::student(name, game, seed);
                    made.learned(&agent);
                    made.score(&agent, random + share * (teacher - random), 40);
                }
            }
        }
        made
    }

    pub fn score(&mut self, agent: &AgentId, around: f64, episodes: u64) {
        let spread = |i: u64| 0.1 * (around.abs() + 1.0) * ((i * 7 % 11) as f64 - 5.0) / 5.0;
        let scores: Vec<f64> = (0..episodes).map(|i| around + spread(i + agent.seed)).collect();
        let mean = statistics::mean(&scores).unwrap();
        let interval = statistics::mean_interval(&scores, Seed(1)).unwrap();
        let row_of = |role| self.scores.iter().find(|row| row.role == role && row.game == agent.game.name());
        let (teacher, random) = (row_of(Role::Teacher).map(|row| row.mean), row_of(Role::Random).map(|row| row.mean));
        let ratio = teacher.map(|teacher| Ratio::of_game(teacher > 0.0 && random.is_none_or(|random| random > 0.0)));
        let size = (agent.role != Role::Random).then_some(if agent.role == Role::Teacher { 1.0 } else { 0.066 });
        self.scores.push(ScoreRow {
            experiment: "made-up".into(),
            role: agent.role,
            agent: agent.name.clone(),
            game: agent.game.name().into(),
            seed: agent.seed,
            loss: None,
            temperature: None,
            parameters: size.map(|size| (1_686_180.0 * size) as u64),
            compression: size,
            bytes: size.map(|size| (6_744_720.0 * size) as u64),
            mflops: size.map(|size| 18.7 * size),
            latency_ms: size,
            episodes,
            mean,
            median: statistics::median(&scores).unwrap(),
            std: statistics::sample_std(&scores),
            ci_low: interval.low,
            ci_high: interval.high,
            relative_to_teacher: ratio.zip(teacher).and_then(|(ratio, teacher)| ratio.value(mean, teacher, random)),
            human_normalized: None,
            paper: None,
            network_games: size.map(|_| 1),
            ratio,
            beats_teacher: statistics::win_rate(&scores, &self.teacher_scores(agent)),
            data: None,
            latency_q1_ms: size.map(|size| 0.9 * size),
            latency_q3_ms: size.map(|size| 1.1 * size),
            processor: None,
        });
        self.play(agent, &scores);
    }

    fn teacher_scores(&self, agent: &AgentId) -> Vec<f64> {
        let of_teacher =
            |row: &&EpisodeRow| row.role == Role::Teacher && row.game == agent.game.name() && row.seed == agent.seed;
        self.episodes.iter().filter(of_teacher).map(|row| row.score).collect()
    }

    fn play(&mut self, agent: &AgentId, scores: &[f64]) {
        let row = |(episode, &score): (usize, &f64)| EpisodeRow {
            role: agent.role,
            agent: agent.name.clone(),
            game: agent.game.name().into(),
            seed: agent.seed,
            episode: episode as u64,
            score,
            frames: 4000,
            truncated: false,
            weights: String::new(),
        };
        self.episodes.extend(scores.iter().enumerate().map(row));
    }

    pub fn learned(&self, agent: &AgentId) {
        let steps = (1..=300).map(|i| i * 1000);
        match agent.role {
            Role::Student => {
                let row = |steps: u64| DistillRow {
                    hour: steps / 600,
                    steps,
                    updates: steps / 5,
                    loss: 1e3 / steps as f64,
                    teacher_entropy: 0.2,
                    agreement: 0.9,
                    held_out_agreement: 0.8,
                    game: agent.game.name().into(),
                    alive: Some(0.9),
                };
                write_rows(&self.folder.train(agent), &steps.map(row).collect::<Vec<_>>()).unwrap();
            }
            _ => self.trained(agent, 300),
        }
        let row = |steps: u64| EvalRow {
            game: agent.game.name().into(),
            steps,
            frames: 4 * steps,
            updates: steps / 4,
            episodes: 10,
            mean: steps as f64,
            ci_low: 0.9 * steps as f64,
            ci_high: 1.1 * steps as f64,
            best: steps == 2,
        };
        write_rows(&self.folder.eval(agent), &[row(1), row(2)]).unwrap();
        write_file(&self.folder.weights(agent), b"").unwrap();
    }

    pub fn trained(&self, teacher: &AgentId, rows: u64) {
        let row = |i: u64| TrainRow {
            game: teacher.game.name().into(),
            steps: 1000 * i,
            frames: 4000 * i,
            updates: 250 * i,
            epsilon: 0.1,
            episodes: i % 2,
            return_mean: (i % 2 == 1).then_some(i as f64),
            loss: Some(0.01),
            q_mean: Some(1.0),
        };
        write_rows(&self.folder.train(teacher), &(1..=rows).map(row).collect::<Vec<_>>()).unwrap();
    }

    /// Marks the student's network as shared by `games` games.
    pub fn share(&mut self, student: &str, games: u64) {
        let own = self.scores.iter_mut().filter(|row| row.agent == student);
        own.for_each(|row| row.network_games = Some(games));
    }

    pub fn summary(&self, agent: &str) -> SummaryRow {
        let rows: Vec<SummaryRow> = read_rows(&self.folder.summary()).unwrap();
        rows.into_iter().find(|row| row.agent == agent).unwrap()
    }

    pub fn report(&self) -> TerminalReport {
        write_rows(&self.folder.scores(), &self.scores).unwrap();
        write_rows(&self.folder.episodes(), &self.episodes).unwrap();
        write(&self.folder, &self.experiment, None).unwrap()
    }

    pub fn page(&self) -> String {
        fs::read_to_string(self.folder.report().join("index.html")).unwrap()
    }
}
