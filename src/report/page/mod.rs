//! `index.html`: one file without scripts or external resources.

pub mod figures;
pub mod provenance;
pub mod sections;

use super::format::escape;
use super::write::Report;

/// The text of `index.html`.
pub fn page(report: &Report) -> String {
    let body = [
        sections::warnings(&report.warnings),
        sections::scores(report),
        sections::over_games(report),
        sections::networks(report),
        sections::choices(report),
        sections::games(report),
        sections::paper(report),
        sections::protocol(report.results),
        provenance::machine(report.results),
        provenance::settings(report.results),
        provenance::repeat(report.results),
    ]
    .concat();
    document("Policy distillation", &report.results.experiment.name, &report.verdict, &body)
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

/// Content that a reader opens.
pub fn folded(summary: &str, content: &str) -> String {
    format!("<details class=\"long\">\n<summary>{}</summary>\n{content}</details>\n", escape(summary))
}
