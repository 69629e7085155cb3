//! `index.html`: one file without scripts or external resources.

pub mod provenance;
pub mod sections;

use super::agent_result::AgentResults;
use super::format::escape;
use super::read::Results;
use super::warning::Warning;
use super::write::Plot;

/// The text of `index.html`.
pub fn page(
    results: &Results,
    agent_results: &AgentResults,
    verdict: &str,
    warnings: &[Warning],
    plots: &[Plot],
) -> String {
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
    document("Policy distillation", &results.experiment.name, verdict, &body)
}

/// A whole page: what kind of experiment, its name, the result in a few sentences, and the sections as HTML.
pub fn document(kind: &str, name: &str, lead: &str, body: &str) -> String {
    let (kind, name, lead) = (escape(kind), escape(name), escape(lead));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name} · {}</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">{kind}</p>\n\
         <h1>{name}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n{body}</main>\n</body>\n</html>\n",
        kind.to_lowercase(),
        include_str!("style.css"),
    )
}

/// A section with its heading.
pub fn section(id: &str, title: &str, content: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n{content}</section>\n", escape(title))
}

/// A paragraph of plain text.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}
