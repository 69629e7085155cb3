//! Draws a figure: title, legend, then each panel with its axes and marks.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::Ruler;
use super::canvas::{Anchor, Canvas, Lettering, SCALE};
use super::figure::{End, Figure, LegendEntry, Mark, Panel, Sample, Scale, Shape};
use super::names::{self, Name};
use super::style::{BLACK, GREY, PALE};

const TITLE: f64 = 16.0;
const TEXT: f64 = 13.0;
const SMALL: f64 = 12.0;
/// Height of the title and of a line of the legend.
const LINE: f64 = 24.0;
/// Space to the left of a panel's frame for the label and the ticks' texts; below, the space under it.
const LEFT: f64 = 68.0;
const BELOW: f64 = 48.0;
/// Space above it, for its title if it has one.
const ABOVE: f64 = 26.0;
const ABOVE_UNTITLED: f64 = 12.0;
const RIGHT: f64 = 16.0;
/// Width of a legend entry's sample.
const SAMPLE: f64 = 30.0;

impl Figure {
    /// Width and height in CSS pixels.
    pub fn size(&self) -> (u32, u32) {
        let rows = self.panels.len().div_ceil(self.columns) as f64;
        let width = self.panel.0 * self.columns as f64;
        let (_, lines) = wrapped(&self.legend, width);
        (width as u32, (self.head() + (0.4 + lines as f64) * LINE + rows * self.panel.1) as u32)
    }

    /// Height of the title, if there is one.
    fn head(&self) -> f64 {
        if self.title.is_empty() { 0.2 * LINE } else { 1.6 * LINE }
    }

    /// Draws the figure on an area of [`Figure::size`] times [`SCALE`].
    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<()> {
        let canvas = Canvas::on(area);
        let (width, height) = self.size();
        let (width, height) = (f64::from(width), f64::from(height));
        canvas.fill(&[(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)], WHITE.mix(1.0))?;
        canvas.text(&self.title, (LEFT - 48.0, 0.8 * LINE), lettering(TITLE, BLACK, Anchor::Left))?;
        let (places, lines) = wrapped(&self.legend, width);
        for (key, place) in self.legend.iter().zip(places) {
            let y = self.head() + (0.3 + place.line as f64) * LINE;
            entry(&canvas, key, &place.label, (LEFT - 48.0 + place.x, y))?;
        }
        let top = self.head() + lines as f64 * LINE;
        for (i, panel) in self.panels.iter().enumerate() {
            let corner = ((i % self.columns) as f64 * self.panel.0, top + (i / self.columns) as f64 * self.panel.1);
            Frame::new(panel, corner, self.panel).draw(&canvas)?;
        }
        area.present().map_err(|error| anyhow::anyhow!("a plot cannot be drawn: {error}"))
    }

    /// Size in pixels of the area that [`Figure::draw`] needs.
    pub fn pixels(&self) -> (u32, u32) {
        let (width, height) = self.size();
        (width * SCALE, height * SCALE)
    }
}

fn lettering(size: f64, color: RGBColor, anchor: Anchor) -> Lettering {
    Lettering { size, color, anchor }
}

/// The place of a legend entry: its distance from the left, its first line, and the lines of its label.
struct Place {
    x: f64,
    line: usize,
    label: Vec<String>,
}

/// No font is measured, since a reader's may be another one: letters are about half as wide as high.
pub const LETTER: f64 = 0.54 * TEXT;

/// The place of each legend entry, and the number of lines.
fn wrapped(legend: &[LegendEntry], width: f64) -> (Vec<Place>, usize) {
    let (mut x, mut line) = (0.0, 0);
    let mut places: Vec<Place> = Vec::new();
    let width = width - LEFT + 32.0;
    for key in legend {
        let label = lines_of(&key.label, ((width - SAMPLE - 8.0) / LETTER) as usize);
        let longest = label.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let wide = SAMPLE + 8.0 + LETTER * longest as f64 + 18.0;
        if x > 0.0 && x + wide - 18.0 > width {
            (x, line) = (0.0, line + places.last().map_or(1, |last| last.label.len()));
        }
        places.push(Place { x, line, label });
        x += wide;
    }
    let lines = places.last().map_or(0, |last| last.line + last.label.len());
    (places, lines)
}

/// The words of a text on lines of at most so many letters, as far as words allow.
fn lines_of(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn entry<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    key: &LegendEntry,
    label: &[String],
    (x, y): (f64, f64),
) -> Result<()> {
    let (color, middle) = (key.style.color, (x + SAMPLE / 2.0, y));
    let line = |width: f64| canvas.line(&[(x, y), (x + SAMPLE, y)], color.mix(1.0), width, key.style.dash);
    match key.sample {
        Sample::Line { width } => line(width)?,
        Sample::LineAndBand => {
            let corners = [(x, y - 6.0), (x + SAMPLE, y - 6.0), (x + SAMPLE, y + 6.0), (x, y + 6.0)];
            canvas.fill(&corners, color.mix(0.2))?;
            line(2.0)?;
        }
        Sample::Marker { hollow } => canvas.marker(middle, key.style.marker, color, hollow)?,
        Sample::Bar => {
            canvas.line(&[(middle.0, y - 9.0), (middle.0, y + 9.0)], color.mix(1.0), 2.0, &[])?;
            canvas.marker(middle, key.style.marker, color, false)?;
        }
        Sample::Dot => canvas.dot(middle, 2.5, color.mix(0.5))?,
    }
    let at = |line: usize| (x + SAMPLE + 8.0, y + line as f64 * LINE);
    label
        .iter()
        .enumerate()
        .try_for_each(|(line, text)| canvas.text(text, at(line), lettering(TEXT, BLACK, Anchor::Left)))
}

/// A panel's place on the figure, with its axes.
struct Frame<'a> {
    panel: &'a Panel,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Ruler,
    y: Ruler,
}

impl<'a> Frame<'a> {
    fn new(panel: &'a Panel, (left, top): (f64, f64), (width, height): (f64, f64)) -> Frame<'a> {
        let (xs, ys): (Vec<_>, Vec<_>) = panel.marks.iter().map(|mark| mark.shape.extent()).unzip();
        let above = if panel.title.is_empty() { ABOVE_UNTITLED } else { ABOVE };
        // Names of a few letters have room beside the frame.
        let beside = match &panel.y.scale {
            Scale::Names(names) => {
                let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
                (14.0 + 0.58 * SMALL * longest as f64).clamp(LEFT, 0.45 * width)
            }
            Scale::Linear | Scale::Log => LEFT,
        };
        let has_names = panel.marks.iter().any(|mark| matches!(mark.shape, Shape::Name { .. }));
        let free = match panel.x.scale {
            // Names at the ends have room within the frame.
            _ if has_names => (0.1, 0.09),
            // Its first marker stands beside the other axis.
            Scale::Log => (0.06, 0.05),
            Scale::Linear | Scale::Names(_) => (0.03, 0.05),
        };
        Frame {
            panel,
            left: left + beside,
            top: top + above,
            width: width - beside - RIGHT,
            height: height - above - BELOW,
            x: Ruler::over(&panel.x, xs.into_iter().flatten(), free.0),
            y: Ruler::over(&panel.y, ys.into_iter().flatten(), free.1),
        }
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.x.position(x) * self.width, self.bottom() - self.y.position(y) * self.height)
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<()> {
        self.draw_axes(canvas)?;
        for mark in &self.panel.marks {
            self.draw_shape(canvas, &mark.shape)?;
        }
        self.draw_levels(canvas)?;
        self.draw_names(canvas)?;
        let middle = self.left + self.width / 2.0;
        canvas.text(&self.panel.title, (middle, self.top - 13.0), lettering(TEXT, BLACK, Anchor::Center))?;
        canvas.text(&self.panel.x.label, (middle, self.bottom() + 37.0), lettering(TEXT, BLACK, Anchor::Center))?;
        let beside = (self.left - 56.0, self.top + self.height / 2.0);
        canvas.text(&self.panel.y.label, beside, lettering(TEXT, BLACK, Anchor::Upward))
    }

    fn draw_axes<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<()> {
        for (value, text) in &self.y.ticks {
            let y = self.bottom() - self.y.position(*value) * self.height;
            canvas.line(&[(self.left, y), (self.right(), y)], PALE.mix(1.0), 1.0, &[])?;
            canvas.text(text, (self.left - 8.0, y), lettering(SMALL, BLACK, Anchor::Right))?;
        }
        for (value, text) in &self.x.ticks {
            let x = self.left + self.x.position(*value) * self.width;
            canvas.line(&[(x, self.bottom()), (x, self.bottom() + 5.0)], GREY.mix(1.0), 1.0, &[])?;
            canvas.text(text, (x, self.bottom() + 16.0), lettering(SMALL, BLACK, Anchor::Center))?;
        }
        canvas.line(
            &[(self.left, self.top), (self.left, self.bottom()), (self.right(), self.bottom())],
            GREY.mix(1.0),
            1.0,
            &[],
        )
    }

    fn draw_shape<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, shape: &Shape) -> Result<()> {
        match shape {
            Shape::Line { points, style, width, alpha } => {
                let points: Vec<_> = points.iter().map(|&(x, y)| self.at(x, y)).collect();
                canvas.line(&points, style.color.mix(*alpha), *width, style.dash)
            }
            Shape::Band { points, style } => {
                let high = points.iter().map(|&(x, _, high)| self.at(x, high));
                let low = points.iter().rev().map(|&(x, low, _)| self.at(x, low));
                canvas.fill(&high.chain(low).collect::<Vec<_>>(), style.color.mix(0.2))
            }
            Shape::Dots { points, style } => {
                points.iter().try_for_each(|&(x, y)| canvas.dot(self.at(x, y), 2.2, style.color.mix(0.35)))
            }
            Shape::Bar { x, low, high, style } => {
                let (low, high) = (self.at(*x, *low), self.at(*x, *high));
                let caps = [low, high].map(|(x, y)| [(x - 5.0, y), (x + 5.0, y)]);
                canvas.line(&[low, high], style.color.mix(1.0), 2.0, &[])?;
                caps.iter().try_for_each(|cap| canvas.line(cap, style.color.mix(1.0), 2.0, &[]))
            }
            Shape::Marker { x, y, style, hollow } => canvas.marker(self.at(*x, *y), style.marker, style.color, *hollow),
            Shape::Level { y, style, .. } if self.y.holds(*y) => {
                let (_, height) = self.at(0.0, *y);
                let ends = [(self.left, height), (self.right(), height)];
                canvas.line(&ends, style.color.mix(1.0), 1.2, style.dashed().dash)
            }
            Shape::Level { .. } | Shape::Name { .. } => Ok(()),
        }
    }

    /// Names of levels lie over the curves.
    fn draw_levels<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<()> {
        for mark in &self.panel.marks {
            let Mark { series: label, shape: Shape::Level { y, style, named: Some(named) } } = mark else { continue };
            if !self.y.holds(*y) {
                continue;
            }
            let (_, height) = self.at(0.0, *y);
            let middle = height + if height - self.top < 18.0 { 10.0 } else { -9.0 };
            let half = names::half_width(label);
            let (x, anchor, center) = match named {
                End::Left => (self.left + 6.0, Anchor::Left, self.left + 6.0 + half),
                End::Right => (self.right() - 4.0, Anchor::Right, self.right() - 4.0 - half),
            };
            canvas.ground((center, middle), (half, names::HALF_HEIGHT))?;
            canvas.text(label, (x, middle), lettering(SMALL, style.color, anchor))?;
        }
        Ok(())
    }

    /// Names are placed together and lie over all other marks.
    fn draw_names<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<()> {
        let (mut names, mut markers) = (Vec::new(), Vec::new());
        for mark in &self.panel.marks {
            match &mark.shape {
                Shape::Name { x, y } => names.push(Name { text: &mark.series, point: self.at(*x, *y) }),
                Shape::Marker { x, y, .. } => markers.push(self.at(*x, *y)),
                _ => {}
            }
        }
        let places = names::places(&names, &markers, self.top);
        let draw = |(name, place): (&Name, (f64, f64))| {
            canvas.ground(place, (names::half_width(name.text), names::HALF_HEIGHT))?;
            canvas.text(name.text, place, lettering(SMALL, BLACK, Anchor::Center))
        };
        names.iter().zip(places).try_for_each(draw)
    }
}
