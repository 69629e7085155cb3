//! An experiment of the line as a list of tasks.

use anyhow::Result;

use super::work::{ModelTask, ModelWork};
use crate::config::Settings;
use crate::config::explanations::{Explanations, Method, StudentModelSettings, TeacherModelSettings, settings};
use crate::pipeline::key::Key;
use crate::pipeline::task::{Amount, Task, TaskId};
use crate::record::{Folder, ModelId};

/// Every task of the experiment, seed by seed.
///
/// # Errors
/// If the experiment cannot be written as TOML.
pub fn tasks(experiment: &Explanations, folder: &Folder) -> Result<Vec<ModelTask>> {
    let mut list = ModelList { experiment, folder, settings: settings(experiment)?, tasks: Vec::new() };
    for &seed in &experiment.seeds {
        list.add(ModelWork::Learn(ModelId::Base { seed }), &[]);
        list.add(ModelWork::Learn(ModelId::Warmup { seed }), &[ModelWork::Learn(ModelId::Base { seed })]);
    }
    for teacher in &experiment.teachers {
        experiment.seeds.iter().for_each(|&seed| list.add_teacher(teacher, seed));
    }
    for student in &experiment.students {
        for teacher in experiment.teachers_of(student) {
            experiment.seeds.iter().for_each(|&seed| list.add_student(student, teacher, seed));
        }
    }
    for own in &experiment.cold_starts {
        for &seed in &experiment.seeds {
            let (name, teacher) = (own.student.clone(), own.teacher.clone());
            let student = ModelWork::Learn(ModelId::Student { name, teacher, seed });
            list.add(ModelWork::Learn(ModelId::ColdStart { name: own.name.clone(), seed }), &[student]);
        }
    }
    let answering: Vec<ModelId> = list.tasks.iter().filter_map(|task| answers(experiment, &task.work)).collect();
    let mut answered = Vec::new();
    for model in answering {
        let answer = ModelWork::Answer(model.clone());
        list.add(answer.clone(), &[ModelWork::Learn(model)]);
        answered.push(answer);
    }
    list.add(ModelWork::Report, &answered);
    Ok(list.tasks)
}

/// The model that a task makes, if it reads questions without their solutions.
fn answers(experiment: &Explanations, work: &ModelWork) -> Option<ModelId> {
    let ModelWork::Learn(model) = work else { return None };
    let reads = match model {
        ModelId::Base { .. } | ModelId::Student { .. } | ModelId::ColdStart { .. } => true,
        ModelId::Warmup { .. } => false,
        ModelId::Teacher { name, .. } => {
            experiment.teacher(name).is_some_and(|teacher| teacher.method == Method::Solver)
        }
    };
    reads.then(|| model.clone())
}

struct ModelList<'a> {
    experiment: &'a Explanations,
    folder: &'a Folder,
    settings: Settings,
    tasks: Vec<ModelTask>,
}

impl ModelList<'_> {
    fn add_teacher(&mut self, teacher: &TeacherModelSettings, seed: u64) {
        let name = teacher.name.clone();
        let base = ModelWork::Learn(ModelId::Base { seed });
        // The teacher after its warm-up scores what no teacher wrote.
        let warmup = ModelWork::Learn(ModelId::Warmup { seed });
        let mut inputs = vec![base, warmup];
        if teacher.method.learns() {
            let learned = ModelWork::Learn(ModelId::Teacher { name: name.clone(), seed });
            self.add(learned.clone(), &inputs);
            inputs.push(learned);
        }
        self.add(ModelWork::Explain { teacher: name, seed }, &inputs);
    }

    fn add_student(&mut self, student: &StudentModelSettings, teacher: &TeacherModelSettings, seed: u64) {
        let (name, teacher) = (student.name.clone(), teacher.name.clone());
        let inputs = [ModelWork::Learn(ModelId::Base { seed }), ModelWork::Explain { teacher: teacher.clone(), seed }];
        self.add(ModelWork::Learn(ModelId::Student { name, teacher, seed }), &inputs);
    }

    fn add(&mut self, work: ModelWork, inputs: &[ModelWork]) {
        let id = TaskId(work.id());
        let inputs: Vec<TaskId> = inputs.iter().map(|input| TaskId(input.id())).collect();
        let is_input = |task: &&ModelTask| inputs.contains(&task.id);
        let settings = self.settings.iter().filter(|(key, _)| depends_on(&work, key));
        let settings = settings.map(|(key, value)| (key.clone(), value.clone())).collect();
        let key = Key::new(&id, settings, self.tasks.iter().filter(is_input).map(|task| &task.key));
        let outputs = outputs(self.folder, &work);
        let (amount, lock) = (self.amount(&work), id.0.clone());
        self.tasks.push(Task { id, work, inputs, key, outputs, amount, lock });
    }

    fn amount(&self, work: &ModelWork) -> Amount {
        let Explanations { base, warmup, traces, evaluation, .. } = self.experiment;
        let teacher = |name: &str| self.experiment.teacher(name);
        let (amount, unit) = match work {
            ModelWork::Learn(ModelId::Base { .. }) => (base.fit.steps, "steps"),
            ModelWork::Learn(ModelId::Warmup { .. }) => (warmup.steps, "steps"),
            ModelWork::Learn(ModelId::Teacher { name, .. }) => {
                (teacher(name).map_or(0, |own| own.learning.steps), "steps")
            }
            ModelWork::Learn(ModelId::Student { name, .. }) => {
                let student = self.experiment.student(name);
                match student.and_then(StudentModelSettings::budget_in_tokens) {
                    Some(tokens) => (tokens, "tokens"),
                    None => (student.map_or(0, |own| own.fit.steps), "steps"),
                }
            }
            ModelWork::Learn(ModelId::ColdStart { name, .. }) => {
                (self.experiment.cold_start(name).map_or(0, |own| own.learning.steps), "steps")
            }
            ModelWork::Explain { teacher: name, .. } => {
                let own = teacher(name).map_or(0, |own| own.traces);
                (if own == 0 { traces.count } else { own } as u64, "explanations")
            }
            ModelWork::Answer(_) => {
                let of_temperature = |&t: &f64| if t == 0.0 { 1 } else { evaluation.samples };
                let each: usize = evaluation.temperatures.iter().map(of_temperature).sum();
                let splits = 1 + usize::from(evaluation.out_of_domain);
                ((splits * each * evaluation.questions) as u64, "answers")
            }
            ModelWork::Report => (1, "pages"),
        };
        Amount { amount, unit }
    }
}

fn outputs(folder: &Folder, work: &ModelWork) -> Vec<std::path::PathBuf> {
    match work {
        ModelWork::Learn(model) => vec![folder.run(model).weights()],
        ModelWork::Explain { teacher, seed } => vec![folder.explanations(teacher, *seed).traces()],
        ModelWork::Answer(model) => vec![folder.run(model).answers()],
        ModelWork::Report => vec![folder.scores(), folder.report()],
    }
}

/// Settings of a teacher that its explanations depend on, but not its weights.
const OF_EXPLANATIONS: [&str; 3] = ["traces", "keep", "rank"];

/// Whether the result of `work` depends on a setting, apart from its inputs.
fn depends_on(work: &ModelWork, key: &str) -> bool {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    let of = |name: &str| rest.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).filter(|key| *key != "name");
    match work {
        ModelWork::Learn(ModelId::Base { .. }) => ["task", "model", "base"].contains(&section),
        ModelWork::Learn(ModelId::Warmup { .. }) => section == "warmup",
        ModelWork::Learn(ModelId::Teacher { name, .. }) => {
            section == "teachers" && of(name).is_some_and(|key| !OF_EXPLANATIONS.contains(&key))
        }
        ModelWork::Explain { teacher, .. } => section == "traces" || section == "teachers" && of(teacher).is_some(),
        ModelWork::Learn(ModelId::Student { name, .. }) => {
            section == "students" && of(name).is_some_and(|key| key != "teachers")
        }
        ModelWork::Learn(ModelId::ColdStart { name, .. }) => section == "cold_starts" && of(name).is_some(),
        ModelWork::Answer(_) => section == "evaluation",
        ModelWork::Report => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::config::explanations::read_text;

    fn list(more: &str) -> Vec<ModelTask> {
        let text = "seeds = [1]\n[[teachers]]\nname = \"rlt\"\n[[teachers]]\nname = \"plain\"\nmethod = \"untrained\"\n\
                    [[students]]\nname = \"same\"\n";
        let overrides = Overrides { set: more.split_whitespace().map(str::to_owned).collect(), seed: None };
        let experiment = read_text("x.toml", "x", text, &overrides).unwrap();
        tasks(&experiment, &Folder::at("x")).unwrap()
    }

    fn changed(more: &str) -> Vec<String> {
        let before = list("");
        let is_same = |task: &ModelTask| before.iter().any(|old| old.id == task.id && old.key == task.key);
        list(more).into_iter().filter(|task| !is_same(task)).map(|task| task.id.0).collect()
    }

    #[test]
    fn tasks_stand_after_their_inputs() {
        let tasks = list("");
        let ids: Vec<&str> = tasks.iter().map(|task| task.id.0.as_str()).collect();
        assert_eq!(ids.len(), 11, "{ids:?}");
        for (number, task) in tasks.iter().enumerate() {
            assert!(task.inputs.iter().all(|input| ids[..number].contains(&input.0.as_str())), "{}", task.id);
        }
    }

    #[test]
    fn a_changed_setting_changes_the_keys_of_what_depends_on_it_and_no_others() {
        let of_rlt =
            ["explain/rlt/seed-1", "learn/students/same/rlt/seed-1", "answer/students/same/rlt/seed-1", "report"];
        assert_eq!(changed("teachers.rlt.keep=complete"), of_rlt);
        let mut all = vec!["learn/teachers/rlt/seed-1"];
        all.extend(of_rlt);
        assert_eq!(changed("teachers.rlt.divergence.mean=0"), all);
        assert_eq!(changed("students.same.teachers=[\"rlt\"]"), ["report"]);
        assert!(!changed("evaluation.samples=2").iter().any(|id| id.starts_with("learn")));
        assert_eq!(changed("base.steps=7").len(), 11);
    }
}
