//! A table as a CSV file for programs and as a LaTeX file for papers.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::{Cell, Kind, Table};
use crate::record::write_file;
use crate::report::format::NONE;

impl Table {
    /// Writes the table's files, if it has some.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let Some(name) = self.file else { return Ok(()) };
        write_file(&folder.join(format!("{name}.csv")), self.csv()?.as_bytes())?;
        write_file(&folder.join(format!("{name}.tex")), self.latex().as_bytes())
    }

    /// The table as CSV. Values are not rounded, shares are not percentages, a missing value is an empty field, and an
    /// estimate has three columns: the value and both ends of its interval.
    ///
    /// # Errors
    /// If the table cannot be written.
    fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self.columns.iter().flat_map(|column| match column.kind {
            Kind::Estimate => ["", " low", " high"].map(|end| format!("{}{end}", column.name)).to_vec(),
            Kind::Words | Kind::Number => vec![column.name.to_string()],
        });
        writer.write_record(header)?;
        for row in &self.rows {
            writer.write_record(self.columns.iter().zip(row).flat_map(|(column, cell)| fields(column.kind, cell)))?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// The table as a `tabular` with the rules of the LaTeX package booktabs.
    fn latex(&self) -> String {
        let alignment: String =
            self.columns.iter().map(|column| if column.kind == Kind::Words { 'l' } else { 'r' }).collect();
        let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        let heading = line(self.columns.iter().map(|column| in_latex(&column.heading())).collect());
        let mut text =
            format!("% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{alignment}}}\n\\toprule\n{heading}\\midrule\n");
        for (row, begins) in self.rows.iter().zip(self.beginnings()) {
            let space = if begins { "\\addlinespace\n" } else { "" };
            let _ = write!(text, "{space}{}", line(row.iter().map(|cell| in_latex(&cell.text)).collect()));
        }
        text + "\\bottomrule\n\\end{tabular}\n"
    }
}

fn fields(kind: Kind, cell: &Cell) -> Vec<String> {
    let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let shown = if cell.text == NONE { String::new() } else { cell.text.clone() };
    match kind {
        Kind::Words => vec![shown],
        Kind::Number => vec![if cell.value.is_some() { text(cell.value) } else { shown }],
        Kind::Estimate => {
            vec![text(cell.value), text(cell.interval.map(|own| own.low)), text(cell.interval.map(|own| own.high))]
        }
    }
}

/// The text with the characters that mean something to LaTeX, or are not in its usual fonts, replaced.
fn in_latex(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', character]),
            '\\' => safe.push_str("\\textbackslash{}"),
            '~' => safe.push_str("\\textasciitilde{}"),
            '^' => safe.push_str("\\textasciicircum{}"),
            '−' => safe.push_str("$-$"),
            '×' => safe.push_str("$\\times$"),
            'τ' => safe.push_str("$\\tau$"),
            '–' => safe.push_str("--"),
            '’' => safe.push('\''),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::{estimates, numbers, words};
    use super::*;
    use crate::eval::statistics::Estimate;

    fn table() -> Table {
        let columns = vec![words("agent", ""), estimates("kept", ""), numbers("size", "")];
        let share = Estimate::between(0.9375, Some(0.875), Some(1.25));
        let cells = |name: &str, share, size| {
            vec![name.to_owned().into(), Cell::percent_with_interval(share), Cell::percent(size)]
        };
        Table::of(columns, vec![cells("a_1, b", Some(share), Some(0.0625)), cells("c", None, None)])
    }

    #[test]
    fn a_csv_file_has_values_and_ends_of_intervals_in_columns_of_their_own() {
        assert_eq!(
            table().csv().unwrap(),
            "agent,kept,kept low,kept high,size\n\"a_1, b\",0.9375,0.875,1.25,0.0625\nc,,,,\n"
        );
    }

    #[test]
    fn a_latex_file_has_the_texts_between_the_rules_of_booktabs() {
        let text = "% \\usepackage{booktabs}\n\\begin{tabular}{lrr}\n\\toprule\nagent & kept [95\\%] & size \\\\\n\\midrule\n\
                    a\\_1, b & 94\\% [88, 125] & 6.2\\% \\\\\n\\addlinespace\nc & -- & -- \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(table().latex(), text);
        assert_eq!(in_latex("−20 × τ^2 \\ 5"), "$-$20 $\\times$ $\\tau$\\textasciicircum{}2 \\textbackslash{} 5");
    }
}
