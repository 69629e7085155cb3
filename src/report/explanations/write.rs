//! Writes `scores.csv` and the folder `report/`.

use anyhow::Result;

use super::claims::{Claim, claims};
use super::examples::examples;
use super::figures::figures;
use super::results::ExplanationResults;
use super::tables;
use crate::config::explanations::Explanations;
use crate::record::{Folder, replace_folder, write_file, write_rows};
use crate::report::TerminalReport;
use crate::report::format::{counted, escape, percent_with_interval};
use crate::report::page::{self, document, paragraph, provenance, section};
use crate::report::table::Table;
use crate::report::write::Plot;
use crate::task::QuestionSplit;

/// Fewer seeds than this say little about another training.
const SEEDS: usize = 3;

/// Makes the report of an experiment from its folder. The report of an unfinished run says so.
///
/// # Errors
/// A file that is damaged or cannot be written, and the way out.
pub fn write(folder: &Folder, experiment: &Explanations) -> Result<TerminalReport> {
    let results = ExplanationResults::read(folder, experiment)?;
    write_rows(&folder.scores(), &results.rows())?;
    let report = Report {
        lead: lead(&results),
        warnings: warnings(&results),
        claims: claims(&results),
        tables: vec![
            ("accuracy", "Right answers", tables::accuracy(&results)),
            ("explanations", "Explanations", tables::explanations(&results)),
            ("learning", "Learning from rewards", tables::learning(&results)),
            ("examples", "Examples", examples(&results)),
            ("costs", "Costs", tables::costs(&results)),
        ],
    };
    replace_folder(&folder.report(), |new| {
        let plots: Vec<Plot> =
            figures(&results).iter().map(|figure| Plot::write(new, None, figure)).collect::<Result<_>>()?;
        write_file(&new.join("index.html"), report.html(&results, &plots).as_bytes())?;
        write_file(&new.join("summary.md"), report.markdown(&results, &plots).as_bytes())
    })?;
    let warnings: String = report.warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
    Ok(TerminalReport {
        table: report.tables[0].2.text(),
        verdict: report.lead + &warnings,
        warnings: Vec::new(),
        page: folder.report().join("index.html"),
    })
}

/// The content of the report, before it becomes a page or Markdown.
struct Report {
    lead: String,
    warnings: Vec<String>,
    claims: Vec<Claim>,
    /// Name, title and content of each table.
    tables: Vec<(&'static str, &'static str, Table)>,
}

impl Report {
    fn html(&self, results: &ExplanationResults, plots: &[Plot]) -> String {
        let mut body = String::new();
        if !self.warnings.is_empty() {
            let items: String = self.warnings.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
            body += &format!(
                "<section id=\"warnings\" class=\"warnings\">\n<h2>Read with care</h2>\n<ul>\n{items}</ul>\n</section>\n"
            );
        }
        for (number, (name, title, table)) in self.tables.iter().enumerate() {
            if !table.rows.is_empty() {
                let figures = if number == 0 { page::figures::figures(plots, None) } else { String::new() };
                body += &section(name, title, &(table.html(title) + &figures));
            }
            if number == 0 {
                body += &self.claims.iter().map(claim_html).collect::<String>();
            }
        }
        body += &provenance::made_by(results.manifest.as_ref());
        body += &provenance::settings_of(&results.settings);
        document("Reinforcement-learned teachers", &results.experiment.name, &self.lead, &body)
    }

    fn markdown(&self, results: &ExplanationResults, plots: &[Plot]) -> String {
        let mut text = format!("# {}\n\n{}\n", results.experiment.name, self.lead);
        for warning in &self.warnings {
            text += &format!("\n> {warning}\n");
        }
        for (number, (_, title, table)) in self.tables.iter().enumerate() {
            if !table.rows.is_empty() {
                text += &format!("\n## {title}\n\n{}", table.markdown());
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
        text
    }
}

fn claim_html(claim: &Claim) -> String {
    let sentences: String = claim.sentences.iter().map(|sentence| paragraph(sentence)).collect();
    let id: String = claim.title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    section(&id, claim.title, &sentences)
}

/// The result in one sentence.
fn lead(results: &ExplanationResults) -> String {
    let Some(student) = results.experiment.students.first() else { return String::new() };
    let temperature = results.temperature();
    let accuracy = |teacher: &str| {
        let own = results.student(&student.name, teacher);
        let (mean, interval) = results.accuracy(&own, QuestionSplit::Test, temperature)?;
        Some(format!("{} of {teacher}", percent_with_interval(mean, interval)))
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

fn warnings(results: &ExplanationResults) -> Vec<String> {
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
        warnings.push(format!("{scored} of {expected} students have answered: `pd run` again does the others."));
    }
    if seeds < SEEDS {
        let seeds = counted(seeds as u64, "seed");
        warnings.push(format!(
            "{seeds}: the intervals hardly cover the chance of another training; name more in the file."
        ));
    }
    warnings
}
