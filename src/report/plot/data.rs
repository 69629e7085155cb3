//! The data of a figure, as CSV and in words.

use anyhow::Result;

use super::figure::{Axis, Figure, Mark, Panel, Scale};
use super::style::{Marker, Style};
use crate::report::format::number;

/// Maximum number of values in a figure's words.
const SAID: usize = 12;

impl Figure {
    /// The figure's values, one line for each point: the panel, the thing that it shows, the kind of mark, x, y, and
    /// for a band or an interval its ends.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn csv(&self, names: &[(Style, String)]) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let label = |axis: fn(&Panel) -> &Axis, plain: &'static str| match self.panels.as_slice() {
            [first, others @ ..] if others.iter().all(|panel| axis(panel).label == axis(first).label) => {
                Some(axis(first).label.as_str()).filter(|label| !label.is_empty()).unwrap_or(plain)
            }
            _ => plain,
        };
        let (x, y) = (label(|panel| &panel.x, "x"), label(|panel| &panel.y, "y"));
        writer.write_record(["panel", "series", "kind", x, y, "low", "high"])?;
        for panel in &self.panels {
            for mark in &panel.marks {
                let (series, kind) = (self.series(mark, names), kind(mark));
                for [x, y, low, high] in points(mark) {
                    let [x, y] = [written(x, &panel.x), written(y, &panel.y)];
                    let [low, high] = [low, high].map(plain);
                    writer.write_record([&panel.title, &series, kind, &x, &y, &low, &high])?;
                }
            }
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// Title and values, for those who cannot see the figure.
    pub fn in_words(&self, names: &[(Style, String)]) -> String {
        let mut values = Vec::new();
        for panel in &self.panels {
            let place = if panel.title.is_empty() { String::new() } else { format!("{}, ", panel.title) };
            for mark in &panel.marks {
                let Mark::Marker { x, y, .. } = mark else { continue };
                let (name, value) = match (&panel.x.scale, &panel.y.scale) {
                    (Scale::Names(_), _) => (written(Some(*x), &panel.x), *y),
                    (_, Scale::Names(_)) => (written(Some(*y), &panel.y), *x),
                    _ => (self.series(mark, names), *y),
                };
                values.push(format!("{place}{name}: {}", number(value)));
            }
        }
        let more = if values.len() > SAID { format!("; and {} more", values.len() - SAID) } else { String::new() };
        values.truncate(SAID);
        let values = if values.is_empty() { String::new() } else { format!(". {}{more}", values.join("; ")) };
        format!("{}{values}", self.title)
    }

    /// The thing that a mark shows.
    fn series(&self, mark: &Mark, names: &[(Style, String)]) -> String {
        let style = match mark {
            Mark::Level { label, .. } if !label.is_empty() => return label.clone(),
            Mark::Name { text, .. } => return text.clone(),
            Mark::Line { style, .. } | Mark::Band { style, .. } | Mark::Dots { style, .. } => style,
            Mark::Bar { style, .. } | Mark::Marker { style, .. } | Mark::Level { style, .. } => style,
        };
        if style.marker == Marker::Cross {
            let student = names.iter().find(|(own, _)| own.color == style.color);
            return student.map_or("the paper’s".to_owned(), |(_, name)| format!("{name}, the paper’s"));
        }
        let is_its = |own: &Style| (own.color, own.marker) == (style.color, style.marker);
        let named = names.iter().find(|(own, _)| is_its(own)).map(|(_, name)| name);
        let explained = self.legend.iter().find(|entry| is_its(&entry.style)).map(|entry| &entry.label);
        named.or(explained).cloned().unwrap_or_default()
    }
}

fn kind(mark: &Mark) -> &'static str {
    match mark {
        Mark::Line { .. } => "line",
        Mark::Band { .. } => "band",
        Mark::Dots { .. } => "single values",
        Mark::Bar { .. } => "interval",
        Mark::Marker { .. } => "value",
        Mark::Name { .. } => "name",
        Mark::Level { .. } => "reference",
    }
}

/// x, y, low and high of each of a mark's points. Names are no data.
fn points(mark: &Mark) -> Vec<[Option<f64>; 4]> {
    match mark {
        Mark::Line { points, .. } | Mark::Dots { points, .. } => {
            points.iter().map(|&(x, y)| [Some(x), Some(y), None, None]).collect()
        }
        Mark::Band { points, .. } => {
            points.iter().map(|&(x, low, high)| [Some(x), None, Some(low), Some(high)]).collect()
        }
        Mark::Bar { x, low, high, .. } => vec![[Some(*x), None, Some(*low), Some(*high)]],
        Mark::Marker { x, y, .. } => vec![[Some(*x), Some(*y), None, None]],
        Mark::Level { y, .. } => vec![[None, Some(*y), None, None]],
        Mark::Name { .. } => Vec::new(),
    }
}

/// A value, or the name nearest to it on an axis of names.
fn written(value: Option<f64>, axis: &Axis) -> String {
    match (&axis.scale, value) {
        (Scale::Names(names), Some(value)) => names.get(value.round().max(0.0) as usize).cloned().unwrap_or_default(),
        _ => plain(value),
    }
}

fn plain(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::figure::{LegendEntry, Sample};
    use super::super::style::{PAPER, TEACHER, numbered};
    use super::*;

    #[test]
    fn a_figures_data_name_the_things_that_its_marks_show() {
        let (net1, training) = (numbered(0), Style { marker: Marker::Triangle, ..TEACHER });
        let marks = vec![
            Mark::Bar { x: 1e6, low: 70.5, high: 80.0, style: net1 },
            Mark::Marker { x: 1e6, y: 75.25, style: net1, hollow: false },
            Mark::Marker { x: 1e6, y: 108.0, style: Style { color: net1.color, ..PAPER }, hollow: false },
            Mark::Line { points: vec![(1.0, 2.0)], style: training, width: 1.0, alpha: 1.0 },
            Mark::Name { x: 1.0, y: 1.0, text: "net1".into() },
        ];
        let entry = LegendEntry { label: "play".into(), style: training, sample: Sample::Dot };
        let panel = Panel { title: "pong".into(), x: Axis::log("parameters"), y: Axis::linear("%"), marks };
        let figure = Figure {
            name: "x".into(),
            title: "Score kept".into(),
            caption: String::new(),
            legend: vec![entry],
            columns: 1,
            panel: (100.0, 100.0),
            panels: vec![panel],
        };
        let names = [(net1, "net1".to_owned())];
        assert_eq!(
            figure.csv(&names).unwrap(),
            "panel,series,kind,parameters,%,low,high\n\
             pong,net1,interval,1000000,,70.5,80\n\
             pong,net1,value,1000000,75.25,,\n\
             pong,\"net1, the paper’s\",value,1000000,108,,\n\
             pong,play,line,1,2,,\n"
        );
        assert_eq!(figure.in_words(&names), "Score kept. pong, net1: 75.2; pong, net1, the paper’s: 108.0");
    }
}
