//! One table type for the page, for Markdown, for the terminal, and for files.

mod cell;
mod files;

use std::borrow::Cow;
use std::fmt::Write;

pub use cell::Cell;

use super::format::{escape, region};

/// The heading of a column, and the meaning of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: Cow<'static, str>,
    pub kind: Kind,
    pub meaning: &'static str,
    /// Where a terminal is too narrow, columns with the highest number are left out first; those with 0 never.
    left_out: u8,
}

/// The values of a column. Words are aligned left, the others right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Words,
    Number,
    /// A number with its 95% interval.
    Estimate,
}

/// Rows of cells. Rows with the same first cell belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Base name of its CSV and LaTeX files beside the page, if it has some.
    pub file: Option<&'static str>,
    /// A line below it for readers, in which a mark is explained.
    pub note: Option<&'static str>,
}

/// A column of words.
pub fn words(name: impl Into<Cow<'static, str>>, meaning: &'static str) -> Column {
    Column { name: name.into(), kind: Kind::Words, meaning, left_out: 0 }
}

/// A column of numbers.
pub fn numbers(name: impl Into<Cow<'static, str>>, meaning: &'static str) -> Column {
    Column { name: name.into(), kind: Kind::Number, meaning, left_out: 0 }
}

/// A column of numbers with their 95% intervals.
pub fn estimates(name: impl Into<Cow<'static, str>>, meaning: &'static str) -> Column {
    Column { name: name.into(), kind: Kind::Estimate, meaning, left_out: 0 }
}

impl Column {
    /// The column as one that a narrow terminal does without; the higher the number, the sooner.
    pub fn left_out(self, order: u8) -> Column {
        Column { left_out: order, ..self }
    }

    /// The name, and what stands in brackets below it.
    pub fn heading(&self) -> Cow<'static, str> {
        match self.kind {
            Kind::Estimate => format!("{} [95%]", self.name).into(),
            Kind::Words | Kind::Number => self.name.clone(),
        }
    }
}

impl Table {
    pub fn of<C: Into<Cell>>(columns: Vec<Column>, rows: impl IntoIterator<Item = Vec<C>>) -> Table {
        let rows = rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        Table { columns, rows, file: None, note: None }
    }

    /// The table with files of that base name.
    pub fn in_files(self, name: &'static str) -> Table {
        Table { file: Some(name), ..self }
    }

    /// The table with a line below it, if there is one.
    pub fn noted(self, note: Option<&'static str>) -> Table {
        Table { note, ..self }
    }

    /// For each row, whether a line or a space sets it apart from the row above: its first cell is another.
    fn beginnings(&self) -> Vec<bool> {
        let first = |row: Option<&Vec<Cell>>| row.and_then(|row| row.first()).map(|cell| cell.text.clone());
        (0..self.rows.len()).map(|i| i > 0 && first(self.rows.get(i)) != first(self.rows.get(i - 1))).collect()
    }

    /// The table for the page: it scrolls in its own box, and links to its files and the meaning of each column follow
    /// it.
    pub fn html(&self, label: &str) -> String {
        let mut html = String::from("<table>\n<thead><tr>");
        let class = |column: &Column| if column.kind == Kind::Words { "" } else { " class=\"number\"" };
        for column in &self.columns {
            let _ = write!(html, "<th scope=\"col\"{}>{}</th>", class(column), escape(&column.heading()));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for (row, begins) in self.rows.iter().zip(self.beginnings()) {
            html.push_str(if begins { "<tr class=\"begins\">" } else { "<tr>" });
            for (column, cell) in self.columns.iter().zip(row) {
                let _ = write!(html, "<td{}>{}</td>", class(column), escape(&cell.text));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table>\n");
        region("scroll", &escape(label), &html) + &self.note() + &self.links() + &self.meanings()
    }

    /// The line below the table, on the page.
    pub fn note(&self) -> String {
        self.note.map_or(String::new(), |note| format!("<p class=\"quiet\">{}</p>\n", escape(note)))
    }

    /// Links to the table's files.
    pub fn links(&self) -> String {
        self.file.map_or(String::new(), |file| {
            format!("<p class=\"files\"><a href=\"{file}.csv\">CSV</a> · <a href=\"{file}.tex\">LaTeX</a></p>\n")
        })
    }

    fn meanings(&self) -> String {
        let mut html = String::from("<details class=\"meanings\">\n<summary>What the columns mean</summary>\n<dl>\n");
        for column in self.columns.iter().filter(|column| !column.meaning.is_empty()) {
            let (name, meaning) = (escape(&column.heading()), escape(column.meaning));
            let _ = writeln!(html, "<div><dt>{name}</dt> <dd>{meaning}</dd></div>");
        }
        html + "</dl>\n</details>\n"
    }

    /// The table in Markdown with its note, without the meanings of the columns.
    pub fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ");
        let mut text = String::new();
        let mut line = |cells: Vec<String>| {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        };
        line(self.columns.iter().map(|column| cell(&column.heading())).collect());
        let rule = |column: &Column| if column.kind == Kind::Words { "---" } else { "---:" };
        line(self.columns.iter().map(|column| rule(column).to_owned()).collect());
        self.rows.iter().for_each(|row| line(row.iter().map(|own| cell(&own.text)).collect()));
        text + &self.note.map_or(String::new(), |note| format!("\n{note}\n"))
    }

    /// The table for a terminal of that width, if it is known: columns that do not fit are left out, and the last line
    /// says so. Empty without rows.
    pub fn on_terminal(&self, width: Option<usize>) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let mut table = self.clone();
        let mut text = table.text();
        while width.is_some_and(|width| text.lines().any(|line| line.chars().count() > width)) {
            let optional = table.columns.iter().enumerate().filter(|(_, column)| column.left_out > 0);
            let Some((place, _)) = optional.max_by_key(|(_, column)| column.left_out) else { break };
            table.columns.remove(place);
            table.rows.iter_mut().for_each(|row| drop(row.remove(place)));
            text = table.text();
        }
        text.extend(self.note.map(|note| format!("{note}\n")));
        match self.columns.len() - table.columns.len() {
            0 => text,
            1 => text + "(1 more column on the page and on a wider terminal)\n",
            more => text + &format!("({more} more columns on the page and on a wider terminal)\n"),
        }
    }

    /// The table for the terminal: aligned with spaces, without trailing spaces.
    pub fn text(&self) -> String {
        let wide = |text: &str| text.chars().count();
        let heading: Vec<String> = self.columns.iter().map(|column| column.heading().into_owned()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect());
        let lines: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
        let width = |i: usize| lines.iter().map(|line| wide(&line[i])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for line in lines {
            let cells = self.columns.iter().zip(line).zip(&widths).map(|((column, cell), &width)| {
                let free = " ".repeat(width - wide(&cell));
                if column.kind == Kind::Words { cell + &free } else { free + &cell }
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
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
        let rows = [["a|<b>", "−20.7"], ["net1", "1,234"]];
        Table::of(columns, rows.map(|row| row.map(str::to_owned).to_vec()))
    }

    #[test]
    fn a_table_is_aligned_on_a_terminal() {
        assert_eq!(table().text(), "agent   mean\na|<b>  −20.7\nnet1   1,234\n");
    }

    #[test]
    fn a_narrow_terminal_does_without_columns() {
        let columns = vec![words("agent", ""), numbers("human", "").left_out(2), numbers("mean", "").left_out(1)];
        let table = Table::of(columns, [["net1", "5%", "1,234"].map(str::to_owned).to_vec()]);
        assert_eq!(table.on_terminal(None), table.text());
        assert_eq!(table.on_terminal(Some(20)), table.text());
        let narrow = table.on_terminal(Some(14));
        assert!(narrow.starts_with("agent   mean\nnet1   1,234\n(1 more column"), "{narrow}");
        assert!(table.on_terminal(Some(1)).starts_with("agent\nnet1\n(2 more"), "{}", table.on_terminal(Some(1)));
    }

    #[test]
    fn a_note_stands_below_the_table_wherever_it_is_read() {
        let noted = table().noted(Some("* <not> a mean"));
        assert_eq!(noted.on_terminal(None), table().text() + "* <not> a mean\n");
        assert_eq!(noted.markdown(), table().markdown() + "\n* <not> a mean\n");
        assert!(noted.html("x").contains("* &lt;not&gt; a mean</p>"), "{}", noted.html("x"));
    }

    #[test]
    fn cells_are_escaped() {
        assert!(table().html("x").contains("<td>a|&lt;b&gt;</td>") && table().html("x").contains("who &lt;plays&gt;"));
        assert!(table().markdown().contains("| a\\|&lt;b> | −20.7 |"));
    }
}
