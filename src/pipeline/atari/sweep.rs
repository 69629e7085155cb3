//! Chooses a temperature: tries several for a short while and keeps the best.

use anyhow::{Context, Result};

use super::agents::{games, student, teacher_of};
use super::open::AtariPipeline;
use super::work::AgentWork;
use crate::agent;
use crate::config::{Data, Experiment, StudentSettings, Temperature};
use crate::distill::{self, StudentGroup, TeacherSource};
use crate::pipeline::batch::Batch;
use crate::progress::Ended;
use crate::record::{
    AgentId, DistillRow, EvalRow, Folder, SweepRow, read_rows, remove_file, remove_folder, write_rows,
};

/// The temperature with which a student is distilled; `None` if it has yet to be chosen.
///
/// # Errors
/// If the file with the choice is damaged.
pub fn temperature(folder: &Folder, student: &StudentSettings, agent: &AgentId) -> Result<Option<Temperature>> {
    if !student.chooses_temperature() {
        return Ok(Some(student.temperature));
    }
    let rows: Vec<SweepRow> = read_rows(&folder.sweep(agent))?;
    Ok(rows.iter().find(|row| row.chosen).map(|row| Temperature::relative(row.gaps)))
}

impl AtariPipeline<'_> {
    /// Distils a candidate with each temperature of the sweep, and writes down their results and the choice.
    pub fn sweep(&self, batch: &Batch<AgentWork>, agent: &AgentId) -> Result<Ended> {
        let student = student(&self.experiment, agent).with_context(|| format!("{agent}: not a student"))?;
        if self.folder.sweep(agent).exists() {
            // The teachers were replaced since.
            self.forget_stale(agent)?;
            remove_file(&self.folder.sweep(agent))?;
        }
        let settings = &self.experiment.distillation;
        let candidate = |&gaps: &f64| StudentSettings {
            name: format!("{}-{gaps}", student.name),
            temperature: Temperature::relative(gaps),
            ..student.clone()
        };
        let candidates: Vec<StudentSettings> = settings.sweep_gaps.iter().map(candidate).collect();
        let mut experiment = Experiment { students: candidates.clone(), ..self.experiment.clone() };
        experiment.distillation.hours = settings.sweep_hours;
        experiment.distillation.evaluation_every = settings.sweep_hours;
        // All candidates learn from the same states, so that they can be compared.
        experiment.distillation.data = Data::Teacher;
        let folder = self.folder.candidates(agent);
        let games = games(&self.experiment, agent).into_iter();
        let teacher = |game| TeacherSource::Final(self.folder.weights(&teacher_of(&self.experiment, game, agent.seed)));
        let group = StudentGroup {
            experiment: &experiment,
            seed: agent.seed,
            students: candidates.clone(),
            games: games.map(|game| (self.played(game, agent), teacher(game))).collect(),
            folder: &folder,
            device: self.command.device,
        };
        log::info!("{agent}: choosing the temperature");
        if self.distill_group(batch, &group)? == Ended::Stopped {
            return Ok(Ended::Stopped);
        }
        let mut rows = Vec::new();
        for (candidate, &gaps) in candidates.iter().zip(&settings.sweep_gaps) {
            rows.extend(reached(&folder, &AgentId::of(candidate, agent.game, agent.seed), gaps)?);
        }
        distill::choose(&mut rows);
        write_rows(&self.folder.sweep(agent), &rows)?;
        remove_folder(folder.root())?;
        Ok(Ended::Done)
    }
}

/// The results of a candidate in each of its games.
fn reached(folder: &Folder, candidate: &AgentId, gaps: f64) -> Result<Vec<SweepRow>> {
    let trained: Vec<DistillRow> = read_rows(&folder.train(candidate))?;
    let evaluated: Vec<EvalRow> = read_rows(&folder.eval(candidate))?;
    let temperatures = agent::metadata(&folder.weights(candidate))?.temperatures;
    let row = |(eval, temperature): (EvalRow, f64)| {
        let last = trained.iter().rfind(|row| row.game == eval.game).context("a candidate left no log")?;
        Ok(SweepRow {
            game: eval.game,
            gaps,
            temperature,
            updates: last.updates,
            held_out_agreement: last.held_out_agreement,
            mean: eval.mean,
            ci_low: eval.ci_low,
            ci_high: eval.ci_high,
            chosen: false,
        })
    };
    evaluated.into_iter().zip(temperatures).map(row).collect()
}
