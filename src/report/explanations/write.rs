//! Writes `scores.csv` and the folder `report/`.

use anyhow::Result;

use super::claims::{Claim, claims};
use super::examples::examples;
use super::figures::figures;
use super::protocol::protocol;
use super::results::ExplanationResults;
use super::tables;
use crate::config::explanations::Explanations;
use crate::questions::QuestionSplit;
use crate::record::{Folder, replace_folder, write_file, write_rows};
use crate::report::format::percent_with_interval;
use crate::report::markdown;
use crate::report::page::{self, Section, document, paragraph, provenance};
use crate::report::plot::Figure;
use crate::report::prose;
use crate::report::table::Table;
use crate::report::warning::{SEEDS, Warning};
use crate::report::write::{Place, Plot};
use crate::report::{Activity, TerminalReport};

/// Makes the report of an experiment from its folder. The report of an unfinished run says so.
///
/// # Errors
/// A file that is damaged or cannot be written, and the way out.
pub fn write(folder: &Folder, experiment: &Explanations, goes_on: Option<&Activity>) -> Result<TerminalReport> {
    let results = ExplanationResults::read(folder, experiment)?;
    let report = Report::of(&results, goes_on);
    write_rows(&folder.scores(), &results.rows())?;
    replace_folder(&folder.report(), |new| {
        let write = |figure: &Figure| Plot::write(new, Place::Scores, figure);
        let plots: Vec<Plot> = figures(&results).iter().map(write).collect::<Result<_>>()?;
        report.tables.iter().try_for_each(|(_, _, table)| table.write(new))?;
        write_file(&new.join("index.html"), report.html(&results, &plots).as_bytes())?;
        write_file(&new.join("summary.md"), report.markdown(&results, &plots).as_bytes())
    })?;
    report.for_terminal(folder, &results)
}

/// The scores of an experiment, with what a report says of them; nothing is written.
///
/// # Errors
/// A file that is damaged.
pub fn scored(folder: &Folder, experiment: &Explanations) -> Result<TerminalReport> {
    let results = ExplanationResults::read(folder, experiment)?;
    Report::of(&results, None).for_terminal(folder, &results)
}
/// The content of the report, before it becomes a page or Markdown.
struct Report<'a> {
    goes_on: Option<&'a Activity>,
    lead: String,
    warnings: Vec<Warning>,
    claims: Vec<Claim>,
    /// Name, title and content of each table.
    tables: Vec<(&'static str, &'static str, Table)>,
}

impl<'a> Report<'a> {
    fn of(results: &ExplanationResults, goes_on: Option<&'a Activity>) -> Report<'a> {
        Report {
            goes_on,
            lead: lead(results),
            warnings: warnings(results),
            claims: claims(results),
            tables: vec![
                ("accuracy", "Right answers", tables::accuracy(results)),
                ("explanations", "Explanations", tables::explanations(results)),
                ("learning", "Learning from rewards", tables::learning(results)),
                ("examples", "Examples", examples(results)),
                ("costs", "Costs", tables::costs(results)),
            ]
            .into_iter()
            .map(|(name, title, table)| (name, title, table.in_files(name)))
            .collect(),
        }
    }

    fn for_terminal(mut self, folder: &Folder, results: &ExplanationResults) -> Result<TerminalReport> {
        Ok(TerminalReport {
            table: self.tables.swap_remove(0).2,
            verdict: self.lead,
            warnings: self.warnings,
            page: folder.report().join("index.html"),
            scores: results.rows().iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        })
    }

    fn html(&self, results: &ExplanationResults, plots: &[Plot]) -> String {
        let mut sections = vec![page::sections::warnings(&self.warnings)];
        for (number, (name, title, table)) in self.tables.iter().enumerate() {
            if !table.rows.is_empty() {
                let figures =
                    if number == 0 { plots.iter().map(page::figures::figure).collect() } else { String::new() };
                sections.push(Section::new(*name, title, table.html(title) + &figures));
            }
            if number == 0 {
                sections.extend(self.claims.iter().map(section_of));
            }
        }
        sections.extend([
            page::sections::protocol(&protocol(results)),
            provenance::made_by(results.manifest.as_ref()),
            provenance::settings_of(&results.settings),
            provenance::repeat(prose::run_again(&results.folder)),
        ]);
        document("Reinforcement-learned teachers", &results.experiment.name, &self.lead, &sections, self.goes_on)
    }

    fn markdown(&self, results: &ExplanationResults, plots: &[Plot]) -> String {
        let mut text = markdown::opening(&results.experiment.name, &self.lead, self.goes_on, &self.warnings);
        for (number, (_, title, table)) in self.tables.iter().enumerate() {
            if !table.rows.is_empty() {
                let space = if number == 0 { "" } else { "\n" };
                text += &format!("{space}## {title}\n\n{}", table.markdown());
            }
            if number == 0 {
                for plot in plots {
                    text += &format!("\n![{}]({}.png)\n\n{}\n", plot.title, plot.name, plot.caption);
                }
                for claim in &self.claims {
                    let items: String = claim.sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
                    text += &format!("\n## {}\n\n{items}", claim.title);
                }
            }
        }
        let command = prose::run_again(&results.folder).0;
        format!("{text}\n{}\n{}", markdown::protocol(&protocol(results)), markdown::repeat(&command))
    }
}

fn section_of(claim: &Claim) -> Section {
    let sentences: String = claim.sentences.iter().map(|sentence| paragraph(sentence)).collect();
    let id: String = claim.title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    Section::new(id, claim.title, sentences)
}

/// The result in one sentence.
fn lead(results: &ExplanationResults) -> String {
    let Some(student) = results.experiment.students.first() else { return String::new() };
    let temperature = results.temperature();
    let accuracy = |teacher: &str| {
        let own = results.student(&student.name, teacher);
        let accuracy = results.accuracy(&own, QuestionSplit::Test, temperature)?;
        Some(format!("{} of {teacher}", percent_with_interval(accuracy)))
    };
    let mut parts: Vec<String> = results.trained().and_then(accuracy).into_iter().collect();
    let others = results.experiment.teachers.iter().map(|teacher| teacher.name.as_str());
    parts.extend(others.filter(|name| Some(*name) != results.trained()).filter_map(accuracy));
    match parts.is_empty() {
        true => "Nothing is scored yet.".into(),
        false => format!(
            "Right answers of students \"{}\" to test questions at temperature {temperature}, by the source of their \
             explanations: {}.",
            student.name,
            parts.join("; ")
        ),
    }
}

fn warnings(results: &ExplanationResults) -> Vec<Warning> {
    let experiment = results.experiment;
    let mut warnings = Vec::new();
    let students: usize = experiment.students.iter().map(|student| experiment.teachers_of(student).len()).sum();
    let (expected, seeds) = (students * experiment.seeds.len(), experiment.seeds.len());
    let scored: usize = results
        .answerers()
        .iter()
        .map(|one| match one {
            super::results::Answerer::Student { .. } => {
                results.shares(one, QuestionSplit::Test, results.temperature()).len()
            }
            _ => 0,
        })
        .sum();
    if scored < expected {
        warnings.push(Warning::Unanswered { missing: expected - scored, students: expected });
    }
    if seeds < SEEDS {
        warnings.push(Warning::FewSeeds { seeds });
    }
    warnings
}
