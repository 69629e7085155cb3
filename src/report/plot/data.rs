//! The data of a figure, as CSV and in words.

use anyhow::Result;

use super::figure::{Axis, Figure, Panel, Scale, Shape};
use crate::report::format::number;

/// Maximum number of values in a figure's words.
const SAID: usize = 12;

impl Figure {
    /// The figure's values, one line for each point: the panel, the thing that it shows, the kind of mark, x, y, and
    /// for a band or an interval its ends.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn csv(&self) -> Result<String> {
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
                for [x, y, low, high] in points(&mark.shape) {
                    let [x, y] = [written(x, &panel.x), written(y, &panel.y)];
                    let [low, high] = [low, high].map(plain);
                    writer.write_record([&panel.title, &mark.series, kind(&mark.shape), &x, &y, &low, &high])?;
                }
            }
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// Title and values, for those who cannot see the figure.
    pub fn in_words(&self) -> String {
        let mut values = Vec::new();
        for panel in &self.panels {
            let place = if panel.title.is_empty() { String::new() } else { format!("{}, ", panel.title) };
            for mark in &panel.marks {
                let Shape::Marker { x, y, .. } = mark.shape else { continue };
                let value = if matches!(panel.y.scale, Scale::Names(_)) { x } else { y };
                values.push(format!("{place}{}: {}", mark.series, number(value)));
            }
        }
        let more = if values.len() > SAID { format!("; and {} more", values.len() - SAID) } else { String::new() };
        values.truncate(SAID);
        let values = if values.is_empty() { String::new() } else { format!(". {}{more}", values.join("; ")) };
        format!("{}{values}", self.title)
    }
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Line { .. } => "line",
        Shape::Band { .. } => "band",
        Shape::Dots { .. } => "single values",
        Shape::Bar { .. } => "interval",
        Shape::Marker { .. } => "value",
        Shape::Name { .. } => "name",
        Shape::Level { .. } => "reference",
    }
}

/// x, y, low and high of each of a shape's points. Names are no data.
fn points(shape: &Shape) -> Vec<[Option<f64>; 4]> {
    match shape {
        Shape::Line { points, .. } | Shape::Dots { points, .. } => {
            points.iter().map(|&(x, y)| [Some(x), Some(y), None, None]).collect()
        }
        Shape::Band { points, .. } => {
            points.iter().map(|&(x, low, high)| [Some(x), None, Some(low), Some(high)]).collect()
        }
        Shape::Bar { x, low, high, .. } => vec![[Some(*x), None, Some(*low), Some(*high)]],
        Shape::Marker { x, y, .. } => vec![[Some(*x), Some(*y), None, None]],
        Shape::Level { y, .. } => vec![[None, Some(*y), None, None]],
        Shape::Name { .. } => Vec::new(),
    }
}

/// A value, or on an axis of names the one within whose half it lies; nothing on the border of two.
fn written(value: Option<f64>, axis: &Axis) -> String {
    match (&axis.scale, value) {
        (Scale::Names(names), Some(value)) => {
            let own = names.iter().enumerate().find(|(place, _)| (value - *place as f64).abs() < 0.5);
            own.map_or(String::new(), |(_, name)| name.clone())
        }
        _ => plain(value),
    }
}

fn plain(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::style::{RANDOM, TEACHER, numbered};
    use super::*;

    fn figure(panel: Panel) -> Figure {
        Figure {
            name: "x".into(),
            title: "Score kept".into(),
            caption: String::new(),
            legend: Vec::new(),
            columns: 1,
            panel: (100.0, 100.0),
            panels: vec![panel],
        }
    }

    #[test]
    fn a_figures_data_name_the_things_that_its_marks_show() {
        let marks = vec![
            Shape::Bar { x: 1e6, low: 70.5, high: 80.0, style: numbered(0) }.of("net1"),
            Shape::Marker { x: 1e6, y: 75.25, style: numbered(0), hollow: false }.of("net1"),
            Shape::Marker { x: 1e6, y: 108.0, style: numbered(0), hollow: false }.of("net1, the paper’s"),
            Shape::Line { points: vec![(1.0, 2.0)], style: TEACHER, width: 1.0, alpha: 1.0 }.of("play"),
            Shape::Name { x: 1.0, y: 1.0 }.of("net1"),
        ];
        let panel = Panel { title: "pong".into(), x: Axis::log("parameters"), y: Axis::linear("%"), marks };
        assert_eq!(
            figure(panel.clone()).csv().unwrap(),
            "panel,series,kind,parameters,%,low,high\n\
             pong,net1,interval,1000000,,70.5,80\n\
             pong,net1,value,1000000,75.25,,\n\
             pong,\"net1, the paper’s\",value,1000000,108,,\n\
             pong,play,line,1,2,,\n"
        );
        assert_eq!(figure(panel).in_words(), "Score kept. pong, net1: 75.2; pong, net1, the paper’s: 108.0");
    }

    #[test]
    fn on_an_axis_of_names_data_have_the_name_of_their_line_and_what_crosses_all_lines_has_none() {
        let marks = vec![
            Shape::Line { points: vec![(50.0, -0.5), (50.0, 1.5)], style: RANDOM, width: 1.0, alpha: 1.0 }.of("even"),
            Shape::Marker { x: 60.0, y: 1.16, style: numbered(0), hollow: false }.of("net1, greedy"),
        ];
        let y = Axis { label: String::new(), scale: Scale::Names(vec!["net2".into(), "net1".into()]), include: vec![] };
        let figure = figure(Panel { title: String::new(), x: Axis::linear("%"), y, marks });
        let rows =
            "panel,series,kind,%,y,low,high\n,even,line,50,,,\n,even,line,50,,,\n,\"net1, greedy\",value,60,net1,,\n";
        assert_eq!(figure.csv().unwrap(), rows);
        assert_eq!(figure.in_words(), "Score kept. net1, greedy: 60.0");
    }
}
