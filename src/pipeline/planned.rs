//! Tasks as a plan lists them.

use serde::Serialize;

use super::quoted;
use super::request::Request;
use super::task::{Amount, Stage, Task, TaskId, TaskState, Work};
use crate::record::Folder;
use crate::units::grouped;

/// The plan of `pd run` for an experiment of any line.
#[derive(Debug, Serialize)]
pub struct Plan<W, D> {
    pub experiment: String,
    pub folder: String,
    /// Networks, and what else the line tells of its experiments.
    #[serde(flatten)]
    pub details: D,
    pub tasks: Vec<PlannedTask>,
    /// The work of each task.
    #[serde(skip)]
    pub work: Vec<W>,
    /// The tasks grouped for people: all evaluations are one line.
    pub stages: Vec<PlannedStage>,
    /// The reason why `pd run` would be refused.
    pub refused: Option<String>,
}

/// A task and its state.
#[derive(Debug, Serialize)]
pub struct PlannedTask {
    pub id: TaskId,
    pub kind: &'static str,
    pub stage: Stage,
    pub inputs: Vec<TaskId>,
    pub key: String,
    pub state: TaskState,
    pub outputs: Vec<String>,
    pub work: Amount,
    /// The part of the work that is done, in the unit of `work`.
    pub done: u64,
    /// Does this task alone, once its inputs are done; students that learn from the same play are made together.
    pub command: String,
}

/// A line of the plan.
#[derive(Debug, Serialize)]
pub struct PlannedStage {
    pub stage: &'static str,
    pub agent: String,
    pub done: bool,
    pub work: String,
}

impl PlannedStage {
    /// The lines below the trainings and distillations: one for the evaluations of all `subjects`, and the report.
    pub fn last(tasks: &[PlannedTask], subjects: &str) -> [PlannedStage; 2] {
        let of = |stage| tasks.iter().filter(move |task| task.stage == stage);
        let is_done = |task: &&PlannedTask| task.state == TaskState::Done;
        let (all, done) = (of(Stage::Evaluate).count(), of(Stage::Evaluate).filter(is_done).count());
        let left = all - done;
        let each = |Amount { amount, unit }: Amount| format!("{} {unit} each", grouped(amount));
        let evaluations = PlannedStage {
            stage: Stage::Evaluate.name(),
            agent: if left == 0 { format!("{all} {subjects}") } else { format!("{left} of {all} {subjects} left") },
            done: left == 0,
            work: of(Stage::Evaluate).next().map_or(String::new(), |task| each(task.work)),
        };
        let report = PlannedStage {
            stage: Stage::Report.name(),
            agent: String::new(),
            done: left == 0 && of(Stage::Report).all(|task| is_done(&task)),
            work: "tables, index.html, plots".into(),
        };
        [evaluations, report]
    }
}

impl PlannedTask {
    /// A task of any line in the plan of a request.
    pub fn of<W: Work>(request: &Request, folder: &Folder, task: &Task<W>, state: TaskState) -> PlannedTask {
        let (file, flags) = (quoted(&request.file.display().to_string()), request.flags() + &request.seed_flag());
        PlannedTask {
            id: task.id.clone(),
            kind: task.work.kind(),
            stage: task.work.stage(),
            inputs: task.inputs.clone(),
            key: task.key.to_string(),
            state,
            outputs: task.outputs.iter().map(|output| output.display().to_string()).collect(),
            work: task.amount,
            done: match state {
                TaskState::Done => task.amount.amount,
                _ if request.fresh => 0,
                _ => task.work.begun(folder, task.amount),
            },
            command: match task.work.stage() {
                Stage::Report => format!("pd report {file}{flags}"),
                _ => format!("pd run {file}{flags} --task {}", task.id),
            },
        }
    }

    /// The amount of work that is left.
    pub fn left(&self) -> u64 {
        self.work.amount - self.done
    }

    /// The amount of work in words, with what is done of it.
    pub fn in_words(&self) -> String {
        let Amount { amount, unit } = self.work;
        match self.done {
            done if done == 0 || done == amount => format!("{} {unit}", grouped(amount)),
            done => format!("{} of {} {unit} done", grouped(done), grouped(amount)),
        }
    }
}
