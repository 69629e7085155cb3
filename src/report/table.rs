//! One table type for the page, for Markdown and for the terminal.

use std::fmt::Write;

use super::format::escape;

/// The heading of a column, and the meaning of its values.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// Whether values are aligned right.
    pub number: bool,
    pub meaning: &'static str,
}

/// Rows of texts. Rows with the same first cell belong together.
#[derive(Debug, Clone)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

/// A column of words.
pub const fn words(name: &'static str, meaning: &'static str) -> Column {
    Column { name, number: false, meaning }
}

/// A column of numbers.
pub const fn numbers(name: &'static str, meaning: &'static str) -> Column {
    Column { name, number: true, meaning }
}

impl Table {
    /// The table for the page: it scrolls in its own box, and the meaning of each column follows it.
    pub fn html(&self, label: &str) -> String {
        let mut html =
            format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n", escape(label));
        html.push_str("<table>\n<thead><tr>");
        let class = |column: &Column| if column.number { " class=\"number\"" } else { "" };
        for column in &self.columns {
            let _ = write!(html, "<th scope=\"col\"{}>{}</th>", class(column), escape(column.name));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        let mut group = None;
        for row in &self.rows {
            let begins = group.is_some() && group != row.first();
            html.push_str(if begins { "<tr class=\"begins\">" } else { "<tr>" });
            for (column, cell) in self.columns.iter().zip(row) {
                let _ = write!(html, "<td{}>{}</td>", class(column), escape(cell));
            }
            html.push_str("</tr>\n");
            group = row.first();
        }
        html.push_str("</tbody></table>\n</div>\n");
        html + &self.meanings()
    }

    fn meanings(&self) -> String {
        let mut html = String::from("<details class=\"meanings\">\n<summary>What the columns mean</summary>\n<dl>\n");
        for column in self.columns.iter().filter(|column| !column.meaning.is_empty()) {
            let (name, meaning) = (escape(column.name), escape(column.meaning));
            let _ = writeln!(html, "<div><dt>{name}</dt> <dd>{meaning}</dd></div>");
        }
        html + "</dl>\n</details>\n"
    }

    /// The table in Markdown, without the meanings of the columns.
    pub fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ");
        let mut text = String::new();
        let mut line = |cells: Vec<String>| {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        };
        line(self.columns.iter().map(|column| cell(column.name)).collect());
        line(self.columns.iter().map(|column| if column.number { "---:" } else { "---" }.to_owned()).collect());
        self.rows.iter().for_each(|row| line(row.iter().map(|text| cell(text)).collect()));
        text
    }

    /// The table for the terminal: aligned with spaces, without trailing spaces.
    pub fn text(&self) -> String {
        let wide = |text: &str| text.chars().count();
        let width = |i: usize| {
            let cells = self.rows.iter().map(|row| wide(&row[i]));
            cells.max().unwrap_or(0).max(wide(self.columns[i].name))
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        for row in std::iter::once(&names).chain(&self.rows) {
            let cells = self.columns.iter().zip(row).zip(&widths).map(|((column, cell), &width)| {
                let free = " ".repeat(width - wide(cell));
                if column.number { free + cell } else { cell.clone() + &free }
            });
            let line: Vec<String> = cells.collect();
            text.push_str(line.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![words("agent", "who <plays>"), numbers("mean", "")];
        Table { columns, rows: vec![vec!["a|<b>".into(), "−20.7".into()], vec!["net1".into(), "1,234".into()]] }
    }

    #[test]
    fn a_table_is_aligned_on_a_terminal() {
        assert_eq!(table().text(), "agent   mean\na|<b>  −20.7\nnet1   1,234\n");
    }

    #[test]
    fn cells_are_escaped() {
        assert!(table().html("x").contains("<td>a|&lt;b&gt;</td>") && table().html("x").contains("who &lt;plays&gt;"));
        assert!(table().markdown().contains("| a\\|&lt;b> | −20.7 |"));
    }
}
