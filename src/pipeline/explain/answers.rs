//! Tasks in which models write: teachers explanations, students answers.

use anyhow::Result;

use super::open::ExplainPipeline;
use super::work::{ModelTask, ModelWork};
use crate::config::explanations::{Coefficients, KeptTraces, Method, TeacherModelSettings};
use crate::explain::{
    Asked, Explanation, ExplanationRecord, ExplanationsHeader, Judge, Scripts, answer, is_right, save_explanations,
};
use crate::nn::language::{Sampling, Transformer, generate};
use crate::pipeline::batch::Batch;
use crate::progress::{Ended, Progress};
use crate::questions::{ANSWER, END, Question, QuestionSplit};
use crate::record::{ModelId, pool_seconds, write_rows};
use crate::units::{Generator, Seed};

/// Texts that are drawn at once.
const BATCH: usize = 256;

impl ExplainPipeline<'_> {
    /// Lets a teacher explain questions, and scores what it writes.
    pub fn explain(&self, batch: &Batch<ModelWork>, task: &ModelTask, name: &str, seed: u64) -> Result<Ended> {
        let progress = batch.watch(&self.command, &task.work.to_string(), task.amount.amount, task.amount.unit);
        let since = pool_seconds();
        let settings = self.teacher(name)?;
        let (base, warmup) = (self.load(&ModelId::Base { seed })?, self.load(&ModelId::Warmup { seed })?);
        let learned = match settings.method.learns() {
            true => Some(self.load(&ModelId::Teacher { name: name.to_owned(), seed })?),
            false => None,
        };
        // A teacher's explanations are scored with its own log-probabilities, as in its training.
        let own = learned.as_ref().filter(|_| settings.method == Method::Grpo);
        let judge = Judge {
            student: &base,
            teacher: own.unwrap_or(&warmup),
            coefficients: Coefficients::PUBLISHED,
            temperature: settings.learning.temperature,
        };
        let writer = Writer {
            scripts: self.scripts(QuestionSplit::Train),
            settings,
            model: learned.as_ref().unwrap_or(&warmup),
            temperature: self.experiment.traces.temperature,
            judge: &judge,
        };
        let count = task.amount.amount as usize;
        let Some(kept) = writer.write(count, Seed(seed), &progress) else { return Ok(Ended::Stopped) };
        let (teacher, task_settings) = (name.to_owned(), self.experiment.task.clone());
        let (drawn, traces) = (count as u64, kept.len() as u64);
        let header = ExplanationsHeader { task: task_settings, teacher, seed, drawn, traces };
        let path = self.folder.explanations(name, seed).traces();
        save_explanations(&path, &header, &kept)?;
        self.record(task, &path, pool_seconds().zip(since).map(|(now, since)| now - since))?;
        Ok(Ended::Done)
    }

    /// Asks a model the questions of the evaluation.
    pub fn answer(&self, batch: &Batch<ModelWork>, task: &ModelTask, model: &ModelId) -> Result<Ended> {
        let progress = batch.watch(&self.command, &task.work.to_string(), task.amount.amount, task.amount.unit);
        let since = pool_seconds();
        let settings = &self.experiment.evaluation;
        let network = self.load(model)?;
        let splits = [QuestionSplit::Test, QuestionSplit::OutOfDomain];
        progress.at(0, "");
        let (mut rows, mut drawn) = (Vec::new(), 0);
        for split in &splits[..1 + usize::from(settings.out_of_domain)] {
            for (number, &temperature) in settings.temperatures.iter().enumerate() {
                let samples = if temperature == 0.0 { 1 } else { settings.samples };
                let asked = Asked { questions: settings.questions, temperature, samples };
                let seed = Seed(model.seed());
                let questions = seed.derive(split.name(), 0);
                let answers = seed.derive(&format!("answers to {}", split.name()), number as u64);
                let scripts = self.scripts(*split);
                match answer(&network, &scripts, &asked, questions, answers, &progress) {
                    Some(answered) => rows.extend(answered),
                    None => return Ok(Ended::Stopped),
                }
                drawn += (asked.questions * asked.samples) as u64;
                progress.at(drawn, "");
            }
        }
        let path = self.folder.run(model).answers();
        write_rows(&path, &rows)?;
        self.record(task, &path, pool_seconds().zip(since).map(|(now, since)| now - since))?;
        Ok(Ended::Done)
    }
}

/// Writes a teacher's explanations.
struct Writer<'a> {
    scripts: Scripts<'a>,
    settings: &'a TeacherModelSettings,
    /// The model that writes, where one does.
    model: &'a Transformer,
    temperature: f64,
    judge: &'a Judge<'a>,
}

impl Writer<'_> {
    /// Explains `count` questions; all teachers of a seed explain the same ones.
    fn write(&self, count: usize, seed: Seed, progress: &dyn Progress) -> Option<Vec<ExplanationRecord>> {
        let mut questions = seed.derive("questions to explain", 0).generator();
        let questions: Vec<Question> =
            (0..count).map(|_| self.scripts.task.draw(QuestionSplit::Train, &mut questions)).collect();
        let mut generator = seed.derive(&format!("explanations of {}", self.settings.name), 0).generator();
        let each = self.settings.texts_each();
        let mut kept = Vec::new();
        let mut explained = 0;
        progress.at(explained, "");
        for batch in questions.chunks((BATCH / each).max(1)) {
            if progress.stop() {
                return None;
            }
            kept.extend(self.batch(batch, each, &mut generator));
            explained += batch.len() as u64;
            progress.at(explained, "");
        }
        Some(kept)
    }

    /// The explanations of some questions that are kept; each is explained `each` times, and the one of the rank is
    /// taken.
    fn batch(&self, questions: &[Question], each: usize, generator: &mut Generator) -> Vec<ExplanationRecord> {
        let repeated: Vec<Question> =
            questions.iter().flat_map(|question| std::iter::repeat_n(question.clone(), each)).collect();
        let (explained, right) = self.explanations(repeated, generator);
        let rewards = self.judge.rewards(&self.scripts, &explained);
        let records: Vec<ExplanationRecord> = explained
            .iter()
            .zip(&rewards)
            .map(|(one, reward)| ExplanationRecord {
                question: one.question.text.clone(),
                solution: one.question.solution.clone(),
                explanation: self.scripts.task.alphabet().decode(&one.tokens),
                closed: one.is_closed,
                r_ss: rounded(reward.r_ss),
                r_kl: rounded(reward.r_kl),
                reward: rounded(reward.total()),
            })
            .collect();
        let is_kept = |number: usize| match self.settings.keep {
            KeptTraces::All => true,
            KeptTraces::Right => right[number],
            KeptTraces::Complete => {
                let one = &explained[number];
                self.scripts.task.grade(&one.question, &records[number].explanation).is_complete()
            }
        };
        let taken = |group: usize| {
            let mut order: Vec<usize> = (group * each..(group + 1) * each).collect();
            order.sort_by(|&a, &b| records[b].reward.total_cmp(&records[a].reward));
            order[if each > 1 { self.settings.rank } else { 0 }]
        };
        let numbers = (0..questions.len()).map(taken).filter(|&number| is_kept(number));
        numbers.map(|number| records[number].clone()).collect()
    }

    /// An explanation of each question, and whether the answer after it is right, for a solver.
    fn explanations(&self, questions: Vec<Question>, generator: &mut Generator) -> (Vec<Explanation>, Vec<bool>) {
        let (scripts, task) = (&self.scripts, self.scripts.task);
        let whole = |question: Question, tokens| Explanation { question, tokens, is_closed: true };
        let explained: Vec<Explanation> = match self.settings.method {
            Method::None => questions.into_iter().map(|question| whole(question, Vec::new())).collect(),
            Method::Program => {
                let program = |question: Question| {
                    let tokens = scripts.encode(&task.worked(&question));
                    whole(question, tokens)
                };
                questions.into_iter().map(program).collect()
            }
            Method::Mixture => {
                let mixed = |question: Question| {
                    let tokens = scripts.encode(&task.mixed(&question, generator));
                    whole(question, tokens)
                };
                questions.into_iter().map(mixed).collect()
            }
            Method::Solver => return self.solved(questions, generator),
            Method::Grpo | Method::Untrained | Method::Ranked => {
                let prompts: Vec<_> = questions.iter().map(|question| scripts.teacher_prompt(question)).collect();
                let drawn = self.drawn(&prompts, scripts.teacher_limit(), generator);
                let end = scripts.mark(END);
                let explain = |(question, mut tokens): (Question, Vec<i64>)| {
                    let is_closed = tokens.last() == Some(&end);
                    tokens.truncate(tokens.len() - usize::from(is_closed));
                    Explanation { question, tokens, is_closed }
                };
                questions.into_iter().zip(drawn).map(explain).collect()
            }
        };
        let right = vec![true; explained.len()];
        (explained, right)
    }

    /// A solver's explanations, before its answers.
    fn solved(&self, questions: Vec<Question>, generator: &mut Generator) -> (Vec<Explanation>, Vec<bool>) {
        let scripts = &self.scripts;
        let prompts: Vec<_> = questions.iter().map(|question| scripts.student_prompt(question)).collect();
        let drawn = self.drawn(&prompts, scripts.student_limit(), generator);
        let (answer, end) = (scripts.mark(ANSWER), scripts.mark(END));
        let explain = |(question, completion): (Question, Vec<i64>)| {
            let right = is_right(scripts, &question, &completion);
            let is_closed = completion.last() == Some(&end);
            let tokens = completion.into_iter().take_while(|&token| token != answer && token != end).collect();
            (Explanation { question, tokens, is_closed }, right)
        };
        questions.into_iter().zip(drawn).map(explain).unzip()
    }

    fn drawn(&self, prompts: &[Vec<i64>], limit: usize, generator: &mut Generator) -> Vec<Vec<i64>> {
        let sampling = Sampling { temperature: self.temperature, end: self.scripts.mark(END), limit };
        generate(self.model, prompts, &sampling, generator)
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
