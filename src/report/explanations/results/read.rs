//! Reads the results from the folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::{Answerer, ExplanationResults, Lessons};
use crate::config::explanations::{Explanations, Method};
use crate::explain::{AnswerRow, ExplanationRecord, ReinforceRow, load_explanations};
use crate::questions::{Quality, QuestionTask};
use crate::record::{Folder, Manifest, ModelId, TaskRecord, read_rows};
use crate::report::read::short;

impl<'a> ExplanationResults<'a> {
    /// Reads what is there; an unfinished experiment has less.
    ///
    /// # Errors
    /// The file that is damaged.
    pub fn read(folder: &Folder, experiment: &'a Explanations) -> Result<ExplanationResults<'a>> {
        let mut results = ExplanationResults {
            experiment,
            folder: short(folder.root(), &experiment.name),
            manifest: Manifest::read(&folder.manifest())?,
            settings: toml::to_string(experiment)?,
            answers: BTreeMap::new(),
            learning: BTreeMap::new(),
            lessons: BTreeMap::new(),
            seconds: BTreeMap::new(),
            task: QuestionTask::new(&experiment.task),
        };
        for &seed in &experiment.seeds {
            results.read_models(folder, seed)?;
            for teacher in &experiment.teachers {
                results.read_lessons(folder, &teacher.name, seed)?;
            }
        }
        Ok(results)
    }

    fn read_models(&mut self, folder: &Folder, seed: u64) -> Result<()> {
        self.read_answers(folder, Answerer::Base, &ModelId::Base { seed })?;
        self.count(&folder.run(&ModelId::Base { seed }).weights(), "base model")?;
        self.count(&folder.run(&ModelId::Warmup { seed }).weights(), "warm-up of teachers")?;
        for teacher in self.experiment.teachers.iter().filter(|teacher| teacher.method.learns()) {
            let model = ModelId::Teacher { name: teacher.name.clone(), seed };
            let run = folder.run(&model);
            let rows: Vec<ReinforceRow> = read_rows(&run.train())?;
            if !rows.is_empty() {
                self.learning.entry(teacher.name.clone()).or_default().insert(seed, rows);
            }
            self.count(&run.weights(), &format!("learning of {}", teacher.name))?;
            if teacher.method == Method::Solver {
                self.read_answers(folder, Answerer::Teacher(teacher.name.clone()), &model)?;
            }
        }
        for own in &self.experiment.cold_starts {
            let model = ModelId::ColdStart { name: own.name.clone(), seed };
            let run = folder.run(&model);
            let rows: Vec<ReinforceRow> = read_rows(&run.train())?;
            if !rows.is_empty() {
                self.learning.entry(own.name.clone()).or_default().insert(seed, rows);
            }
            self.count(&run.weights(), &format!("learning of {}", own.name))?;
            self.read_answers(folder, Answerer::ColdStart(own.name.clone()), &model)?;
        }
        for student in &self.experiment.students {
            for teacher in self.experiment.teachers_of(student) {
                let (name, teacher) = (student.name.clone(), teacher.name.clone());
                let model = ModelId::Student { name: name.clone(), teacher: teacher.clone(), seed };
                self.count(&folder.run(&model).weights(), &format!("students {name}"))?;
                self.read_answers(folder, Answerer::Student { name, teacher }, &model)?;
            }
        }
        Ok(())
    }

    fn read_answers(&mut self, folder: &Folder, answerer: Answerer, model: &ModelId) -> Result<()> {
        let path = folder.run(model).answers();
        let rows: Vec<AnswerRow> = read_rows(&path)?;
        self.count(&path, "answers")?;
        if !rows.is_empty() {
            self.answers.entry(answerer).or_default().insert(model.seed(), rows);
        }
        Ok(())
    }

    fn read_lessons(&mut self, folder: &Folder, teacher: &str, seed: u64) -> Result<()> {
        let path = folder.explanations(teacher, seed).traces();
        if !path.exists() {
            return Ok(());
        }
        self.count(&path, &format!("explanations of {teacher}"))?;
        let (header, traces) = load_explanations(&path, &self.experiment.task)?;
        let quality = |trace: &ExplanationRecord| {
            let question = self.task.question(&trace.question)?;
            Some(self.task.grade(&question, &trace.explanation))
        };
        let qualities: Option<Vec<Quality>> = traces.iter().map(quality).collect();
        let qualities = qualities.unwrap_or_default();
        self.lessons.entry(teacher.to_owned()).or_default().insert(seed, Lessons { header, traces, qualities });
        Ok(())
    }

    /// Adds the CPU seconds of the task that made an output.
    fn count(&mut self, output: &Path, what: &str) -> Result<()> {
        if let Some(seconds) = TaskRecord::read(output)?.and_then(|record| record.cpu_seconds) {
            let (sum, count) = self.seconds.entry(what.to_owned()).or_default();
            *sum += seconds;
            *count += 1;
        }
        Ok(())
    }
}
