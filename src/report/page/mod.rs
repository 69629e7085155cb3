//! `index.html`: one file without scripts or external resources.

mod provenance;
mod sections;

use super::agent_result::AgentResults;
use super::format::escape;
use super::prose;
use super::read::Results;
use super::warning::Warning;
use super::write::Plot;

/// The text of `index.html`.
pub fn page(results: &Results, agent_results: &AgentResults, warnings: &[Warning], plots: &[Plot]) -> String {
    let name = escape(&results.experiment.name);
    let body = [
        sections::warnings(warnings),
        sections::scores(results, agent_results, plots),
        sections::over_games(results, agent_results),
        sections::networks(results, agent_results),
        sections::choices(results),
        sections::games(results, plots),
        sections::paper(results, agent_results),
        sections::protocol(results),
        provenance::machine(results),
        provenance::settings(results),
        provenance::repeat(results),
    ]
    .concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name} · policy distillation</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">Policy distillation</p>\n\
         <h1>{name}</h1>\n<p class=\"lead\">{}</p>\n</header>\n{body}</main>\n</body>\n</html>\n",
        include_str!("style.css"),
        escape(&prose::result(results, agent_results)),
    )
}

/// A section with its heading.
fn section(id: &str, title: &str, content: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n{content}</section>\n", escape(title))
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}
