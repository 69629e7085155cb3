//! `index.html`: one file without scripts or external resources.

pub mod figures;
pub mod provenance;
pub mod sections;

use super::Activity;
use super::format::escape;
use super::prose;
use super::write::Report;

/// Seconds after which a reader's browser reads the page of unfinished work again.
const RELOADED: u64 = 15;

/// Sources that a page names, and a section that its captions name, with their addresses.
const LINKS: [(&str, &str); 5] = [
    ("arXiv 1511.06295", "https://arxiv.org/abs/1511.06295"),
    ("Mnih et al. (2015)", "https://www.nature.com/articles/nature14236"),
    ("Clopper and Pearson, 1934", "https://doi.org/10.1093/biomet/26.4.404"),
    ("rliable draws", "https://arxiv.org/abs/2108.13264"),
    ("see Protocol", "#protocol"),
];

/// A section of a page; an empty one is left out.
pub struct Section {
    id: String,
    title: String,
    class: &'static str,
    /// HTML.
    content: String,
}

/// The text of `index.html`.
pub fn page(report: &Report) -> String {
    let sections = [
        sections::warnings(&report.warnings),
        sections::scores(report),
        sections::over_games(report),
        sections::comparisons(report),
        sections::networks(report),
        sections::sweeps(report),
        sections::adoptions(report),
        sections::curves(report),
        sections::games(report),
        sections::paper(report),
        sections::protocol(&prose::protocol(report.results)),
        provenance::machine(report.results),
        provenance::settings(report.results),
        provenance::repeat(prose::repeat(report.results)),
    ];
    document("Policy distillation", &report.results.experiment.name, &report.verdict, &sections, report.goes_on)
}

/// A whole page: what kind of experiment, its name, the result in a few sentences, the work that goes on, contents and
/// sections.
pub fn document(kind: &str, name: &str, lead: &str, sections: &[Section], goes_on: Option<&Activity>) -> String {
    let again = goes_on.map_or(String::new(), |_| format!("<meta http-equiv=\"refresh\" content=\"{RELOADED}\">\n"));
    let running = goes_on.map_or(String::new(), |activity| sections::goes_on(activity).html());
    let (kind, name, lead) = (escape(kind), escape(name), escape(lead));
    let filled = || sections.iter().filter(|section| !section.content.is_empty());
    let body: String = filled().map(Section::html).collect();
    let contents: String = filled().map(Section::entry).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n{again}<title>{name} · {}</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">{kind}</p>\n\
         <h1>{name}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n{running}\
         <nav aria-label=\"Contents\">\n<ul>\n{contents}</ul>\n</nav>\n{body}</main>\n</body>\n</html>\n",
        kind.to_lowercase(),
        include_str!("style.css"),
    )
}

impl Section {
    pub fn new(id: impl Into<String>, title: &str, content: impl Into<String>) -> Section {
        Section { id: id.into(), title: title.to_owned(), class: "", content: content.into() }
    }

    /// The section with a look of its own.
    pub fn of_class(self, class: &'static str) -> Section {
        Section { class, ..self }
    }

    fn html(&self) -> String {
        let class = if self.class.is_empty() { String::new() } else { format!(" class=\"{}\"", self.class) };
        let (title, content) = (escape(&self.title), linked(&self.content));
        format!("<section id=\"{}\"{class}>\n<h2>{title}</h2>\n{content}</section>\n", self.id)
    }

    /// Its line in the contents.
    fn entry(&self) -> String {
        format!("<li><a href=\"#{}\">{}</a></li>\n", self.id, escape(&self.title))
    }
}

/// The content with the first mention of each source linked.
fn linked(content: &str) -> String {
    LINKS.iter().fold(content.to_owned(), |content, (name, address)| {
        content.replacen(name, &format!("<a href=\"{address}\">{name}</a>"), 1)
    })
}

/// A paragraph of plain text.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// Content that a reader opens.
pub fn folded(id: &str, summary: &str, content: &str) -> String {
    format!("<details id=\"{id}\" class=\"long\">\n<summary>{}</summary>\n{content}</details>\n", escape(summary))
}
