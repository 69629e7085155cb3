//! `index.html`: one file without scripts or external resources.

pub mod figures;
pub mod provenance;
pub mod sections;

use super::format::escape;
use super::write::Report;

/// The text of `index.html`.
pub fn page(report: &Report) -> String {
    let body = [
        sections::goes_on(report.goes_on),
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
    let again = report.goes_on.map(|_| RELOADED);
    document("Policy distillation", &report.results.experiment.name, &report.verdict, &body, again)
}

/// Seconds after which a reader's browser reads the page of unfinished work again.
pub const RELOADED: u64 = 15;

/// A whole page: what kind of experiment, its name, the result in a few sentences, and the sections as HTML; `again` are the seconds
/// after which it is read again.
pub fn document(kind: &str, name: &str, lead: &str, body: &str, again: Option<u64>) -> String {
    let again = again.map_or(String::new(), |seconds| format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"));
    let (kind, name, lead) = (escape(kind), escape(name), escape(lead));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n{again}<title>{name} · {}</title>\n\
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
