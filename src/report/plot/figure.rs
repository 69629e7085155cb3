//! The content of a plot as data. Drawing knows nothing of results, and results know nothing of drawing.

use super::style::Style;
use crate::eval::statistics::{self, Interval};
use crate::report::agent_result::seed_for;

/// One plot: panels of one size, row by row, under a common title and legend.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Base name of its files.
    pub name: String,
    pub title: String,
    /// The finding, and the protocol behind it; also for readers who cannot see the figure.
    pub caption: String,
    pub legend: Vec<LegendEntry>,
    /// Panels side by side.
    pub columns: usize,
    /// Width and height of a panel with its axes, in CSS pixels.
    pub panel: (f64, f64),
    pub panels: Vec<Panel>,
}

/// An entry of the legend.
#[derive(Debug, Clone)]
pub struct LegendEntry {
    pub label: String,
    pub style: Style,
    pub sample: Sample,
}

/// The sample beside a legend entry's label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    Line {
        width: f64,
    },
    /// A line that lies over a band.
    LineAndBand,
    Marker {
        hollow: bool,
    },
    /// A marker with an error bar.
    Bar,
    Dot,
}

#[derive(Debug, Clone)]
pub struct Panel {
    /// Empty if the figure's title suffices.
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Marks in the order of drawing.
    pub marks: Vec<Mark>,
}

/// Quantity and unit, and how the values lie along the axis.
#[derive(Debug, Clone)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
    /// Values that the axis shows besides those of the marks.
    pub include: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    Linear,
    /// Logarithmic; values are above 0.
    Log,
    /// One name at each of 0, 1, 2, …
    Names(Vec<String>),
}

/// A shape that is drawn, and the thing that it shows, as the figure's data name it.
#[derive(Debug, Clone)]
pub struct Mark {
    pub series: String,
    pub shape: Shape,
}

#[derive(Debug, Clone)]
pub enum Shape {
    Line {
        points: Vec<(f64, f64)>,
        style: Style,
        width: f64,
        alpha: f64,
    },
    /// Between low and high at each x.
    Band {
        points: Vec<(f64, f64, f64)>,
        style: Style,
    },
    /// Faint single values.
    Dots {
        points: Vec<(f64, f64)>,
        style: Style,
    },
    /// An error bar.
    Bar {
        x: f64,
        low: f64,
        high: f64,
        style: Style,
    },
    Marker {
        x: f64,
        y: f64,
        style: Style,
        hollow: bool,
    },
    /// The series' name above a place.
    Name {
        x: f64,
        y: f64,
    },
    /// A reference line across the panel, with the series' name at one of its ends or without. It does not widen the
    /// axis.
    Level {
        y: f64,
        style: Style,
        named: Option<End>,
    },
}

/// The end of a reference line at which its name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Left,
    Right,
}

/// Width of a phone's screen less the page's margins, in CSS pixels.
const NARROW: f64 = 340.0;

impl Figure {
    /// The figure without its title, for pages that show it above.
    pub fn untitled(&self) -> Figure {
        Figure { title: String::new(), ..self.clone() }
    }

    /// The figure for narrow screens: its panels below one another. `None` if names along an axis would not fit.
    pub fn narrow(&self) -> Option<Figure> {
        let is_named = |panel: &Panel| matches!(panel.x.scale, Scale::Names(_));
        let narrow = Figure { columns: 1, panel: (NARROW, self.panel.1.min(300.0)), ..self.clone() };
        (!self.panels.iter().any(is_named)).then_some(narrow)
    }
}

impl Axis {
    pub fn linear(label: &str) -> Axis {
        Axis { label: label.to_owned(), scale: Scale::Linear, include: Vec::new() }
    }

    pub fn log(label: &str) -> Axis {
        Axis { scale: Scale::Log, ..Axis::linear(label) }
    }

    pub fn including(mut self, values: &[f64]) -> Axis {
        self.include.extend_from_slice(values);
        self
    }
}

impl Panel {
    /// Whether its values lie along y: x, not y, has names or costs.
    pub fn is_upright(&self) -> bool {
        self.y.scale == Scale::Linear
    }
}

impl Shape {
    /// The shape as the mark of a series.
    pub fn of(self, series: impl Into<String>) -> Mark {
        Mark { series: series.into(), shape: self }
    }

    /// The interval of a share at height `y`, on an axis in percent.
    pub fn percents(interval: Interval, y: f64, style: Style) -> Shape {
        let points = vec![(100.0 * interval.low, y), (100.0 * interval.high, y)];
        Shape::Line { points, style: style.unbroken(), width: 2.0, alpha: 1.0 }
    }

    /// The extent of the shape: the values of x and of y that the axes must show.
    pub fn extent(&self) -> (Vec<f64>, Vec<f64>) {
        match self {
            Shape::Line { points, .. } | Shape::Dots { points, .. } => points.iter().copied().unzip(),
            Shape::Band { points, .. } => (
                points.iter().map(|point| point.0).collect(),
                points.iter().flat_map(|point| [point.1, point.2]).collect(),
            ),
            Shape::Bar { x, low, high, .. } => (vec![*x], vec![*low, *high]),
            Shape::Marker { x, y, .. } | Shape::Name { x, y, .. } => (vec![*x], vec![*y]),
            Shape::Level { .. } => (Vec::new(), Vec::new()),
        }
    }
}

/// The name of a curve or value that is one of several seeds of a series.
pub fn one_seed(series: &str) -> String {
    format!("{series}, one seed")
}

/// Most points of a drawn curve.
const POINTS: usize = 120;

/// Thins all curves alike to the means of equal runs of points, if the longest curve has more points than can be seen.
/// Values that are not finite are left out.
pub fn thinned(curves: Vec<Vec<(f64, f64)>>) -> Vec<Vec<(f64, f64)>> {
    let longest = curves.iter().map(Vec::len).max().unwrap_or(0);
    let run = longest.div_ceil(POINTS).max(1);
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = values.collect();
        statistics::mean(&values)
    };
    let point = |run: &[(f64, f64)]| {
        let y = mean(&mut run.iter().map(|point| point.1).filter(|y| y.is_finite()))?;
        Some((mean(&mut run.iter().map(|point| point.0))?, y))
    };
    curves.into_iter().map(|curve| curve.chunks(run).filter_map(point).collect()).collect()
}

/// The pointwise mean of several curves over the points that all of them have.
pub fn mean_curve(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let mean = |(x, values): (f64, Vec<f64>)| Some((x, statistics::mean(&values)?));
    pointwise(curves).into_iter().filter_map(mean).collect()
}

/// The 95% interval of [`mean_curve`] at each of its points, by a bootstrap over the curves.
pub fn mean_band(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, f64, f64)> {
    let interval = |(x, values): (f64, Vec<f64>)| {
        let interval = statistics::mean_interval(&values, seed_for("band"))?;
        Some((x, interval.low, interval.high))
    };
    pointwise(curves).into_iter().filter_map(interval).collect()
}

/// The values of all curves at each point that all of them have.
fn pointwise(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, Vec<f64>)> {
    let Some(first) = curves.first() else { return Vec::new() };
    let at = |x: f64, curve: &Vec<(f64, f64)>| curve.iter().find(|point| point.0 == x).map(|point| point.1);
    let values = |&(x, _): &(f64, f64)| Some((x, curves.iter().map(|curve| at(x, curve)).collect::<Option<_>>()?));
    first.iter().filter_map(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_thinned_alike_and_drop_what_is_not_finite() {
        let long: Vec<_> = (0..240).map(|i| (f64::from(i), if i == 1 { f64::NAN } else { f64::from(i % 2) })).collect();
        let thin = thinned(vec![long.clone(), long[..4].to_vec()]);
        assert_eq!((thin[0].len(), &thin[0][..2]), (120, &[(0.5, 0.0), (2.5, 0.5)][..]));
        assert_eq!(thin[1], thin[0][..2]);
    }

    #[test]
    fn a_mean_curve_ends_where_the_shortest_seed_ends() {
        let curves = [vec![(1.0, 2.0), (2.0, 4.0)], vec![(1.0, 4.0)]];
        assert_eq!(mean_curve(&curves), [(1.0, 3.0)]);
    }

    #[test]
    fn a_band_holds_the_mean_and_not_more_than_the_seeds() {
        let curves = [vec![(1.0, 2.0)], vec![(1.0, 3.0)], vec![(1.0, 7.0)], vec![(1.0, 4.0)]];
        let [(1.0, low, high)] = mean_band(&curves)[..] else { panic!("not one point") };
        assert!(2.0 < low && low < 4.0 && 4.0 < high && high < 7.0, "{low} to {high}");
        assert_eq!(mean_band(&[vec![(1.0, 5.0)], vec![(1.0, 5.0)]]), [(1.0, 5.0, 5.0)]);
    }
}
