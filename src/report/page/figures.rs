//! Figures on the page, and the score matrix.

use std::fmt::Write;

use crate::report::format::{escape, percent, region};
use crate::report::table::{Cell, Table};
use crate::report::write::{Place, Plot};

/// A figure with its title, its caption and links to its files. On a narrow screen its panels stand below one another.
pub fn figure(plot: &Plot) -> String {
    let title = escape(&plot.title);
    // Within an HTML page SVG needs no namespace.
    let namespace = " xmlns=\"http://www.w3.org/2000/svg\"";
    let drawings = match &plot.narrow {
        Some(narrow) => {
            region("plot wide", &title, &plot.wide.replacen(namespace, "", 1))
                + &region("plot narrow", &title, &narrow.replacen(namespace, "", 1))
        }
        // It shrinks to a size at which it is still readable, then scrolls.
        None => {
            let narrowest = format!(" style=\"min-width: {}px\"", 3 * plot.width / 5);
            region("plot", &title, &plot.wide.replacen(namespace, &narrowest, 1))
        }
    };
    let (name, caption) = (&plot.name, escape(&plot.caption));
    format!(
        "<figure id=\"figure-{name}\">\n<h3>{title}</h3>\n{drawings}<figcaption>{caption}</figcaption>\n\
         <p class=\"files\"><a href=\"{name}.svg\">SVG</a> · <a href=\"{name}.pdf\">PDF</a> · \
         <a href=\"{name}.png\">PNG</a> · <a href=\"{name}.csv\">CSV</a></p>\n</figure>\n"
    )
}

/// The score matrix: the higher a share of the teacher's score, the stronger its cell's colour. A cell's title has its
/// interval.
///
/// A game's name leads to its figures, if there are some.
pub fn matrix(table: &Table, plots: &[Plot]) -> String {
    let mut html = String::from("<table class=\"matrix\">\n<thead><tr>");
    for column in &table.columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(&column.name));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        let [game, shares @ ..] = row.as_slice() else { continue };
        let name = escape(&game.text);
        let is_its = |plot: &&Plot| matches!(plot.place, Place::Game(own) if own.name() == name.trim_end_matches(" *"));
        let name = match plots.iter().find(is_its) {
            Some(Plot { place: Place::Game(own), .. }) => format!("<a href=\"#game-{own}\">{name}</a>"),
            _ => name,
        };
        let _ = write!(html, "<tr><th scope=\"row\">{name}</th>");
        let students = table.columns.iter().skip(1);
        html.extend(
            students.zip(shares).map(|(student, share)| shaded(&format!("{} in {}", student.name, game.text), share)),
        );
        html.push_str("</tr>\n");
    }
    html += "</tbody></table>\n";
    let note = "<p class=\"quiet\">Shares of the teacher’s score.</p>\n";
    region("scroll", "Every student in every game", &html) + note + &table.note() + &table.links()
}

fn shaded(what: &str, share: &Cell) -> String {
    let title = escape(&format!("{what}: {}", share.text));
    match share.value.filter(|value| value.is_finite()) {
        Some(value) => {
            let shade = (100.0 * value.clamp(0.0, 1.0)).round();
            let text = percent(value);
            format!("<td title=\"{title}\" aria-label=\"{title}\" style=\"--share: {shade}%\">{text}</td>")
        }
        None => format!("<td title=\"{title}\">{}</td>", escape(&share.text)),
    }
}
