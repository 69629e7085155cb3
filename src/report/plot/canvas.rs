//! Draws lines, areas and texts in CSS pixels. Plotters counts whole pixels, so everything is drawn at [`SCALE`] times
//! its size.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::style::Marker;

/// Plotters' pixels per CSS pixel.
pub const SCALE: u32 = 4;

/// Font family: a generic name.
pub const FONT: &str = "sans-serif";

/// Plotters divides a font's size by this.
const FACTOR: f64 = 1.24;

/// Distance below a text's centre, in letters of size 1, at which to draw so that capitals are centred.
const SINK: f64 = 0.08;

type Point = (f64, f64);

/// Alignment of a text relative to its position.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// The text begins at the position and is vertically centred.
    Left,
    /// The text ends at the position.
    Right,
    /// The text is centred at the position.
    Center,
    /// The text is centred at the position and reads upwards.
    Upward,
}

/// Size and colour of a text.
#[derive(Clone, Copy)]
pub struct Lettering {
    pub size: f64,
    pub color: RGBColor,
    pub anchor: Anchor,
}

pub struct Canvas<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
}

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    pub fn on(area: &'a DrawingArea<DB, Shift>) -> Canvas<'a, DB> {
        Canvas { area }
    }

    /// Draws a line through the points, with gaps as `dash` says.
    pub fn line(&self, points: &[Point], color: RGBAColor, width: f64, dash: &[f64]) -> Result<()> {
        let style = color.stroke_width(scaled(width).max(1) as u32);
        for piece in if dash.is_empty() { vec![points.to_vec()] } else { dashes(points, dash) } {
            let mut pixels: Vec<_> = piece.into_iter().map(pixel).collect();
            pixels.dedup();
            if pixels.len() >= 2 {
                self.area.draw(&PathElement::new(pixels, style)).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Fills the polygon of the points.
    pub fn fill(&self, points: &[Point], color: RGBAColor) -> Result<()> {
        let pixels: Vec<_> = points.iter().copied().map(pixel).collect();
        self.area.draw(&Polygon::new(pixels, color.filled())).map_err(failed)
    }

    pub fn dot(&self, at: Point, radius: f64, color: RGBAColor) -> Result<()> {
        self.area.draw(&Circle::new(pixel(at), scaled(radius), color.filled())).map_err(failed)
    }

    /// Draws a marker with a white rim; a hollow one is white with a coloured rim. A cross has no inside and no rim.
    pub fn marker(&self, at: Point, marker: Marker, color: RGBColor, hollow: bool) -> Result<()> {
        let (rim, inside) = if hollow { (color, WHITE) } else { (WHITE, color) };
        if marker != Marker::Cross {
            self.shape(at, marker, 5.4, rim.mix(1.0))?;
        }
        self.shape(at, marker, 4.0, inside.mix(1.0))
    }

    fn shape(&self, (x, y): Point, marker: Marker, radius: f64, color: RGBAColor) -> Result<()> {
        let r = radius;
        match marker {
            Marker::Circle => self.dot((x, y), r, color),
            Marker::Square => {
                let r = 0.86 * r;
                self.fill(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], color)
            }
            Marker::Triangle => {
                self.fill(&[(x, y - 1.2 * r), (x + 1.1 * r, y + 0.75 * r), (x - 1.1 * r, y + 0.75 * r)], color)
            }
            Marker::Diamond => {
                let r = 1.2 * r;
                self.fill(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], color)
            }
            Marker::Cross => self.cross((x, y), color),
        }
    }

    fn cross(&self, (x, y): Point, color: RGBAColor) -> Result<()> {
        let r = 4.5;
        self.line(&[(x - r, y - r), (x + r, y + r)], color, 2.0, &[])?;
        self.line(&[(x - r, y + r), (x + r, y - r)], color, 2.0, &[])
    }

    /// Draws a white ground for a text, through which what is below it shows.
    pub fn ground(&self, (x, y): Point, (w, h): Point) -> Result<()> {
        self.fill(&[(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], WHITE.mix(0.6))
    }

    pub fn text(&self, text: &str, (x, y): Point, lettering: Lettering) -> Result<()> {
        let font = (FONT, lettering.size * FACTOR * f64::from(SCALE)).into_font();
        let down = lettering.size * SINK;
        let (font, h, at) = match lettering.anchor {
            Anchor::Left => (font, HPos::Left, (x, y + down)),
            Anchor::Right => (font, HPos::Right, (x, y + down)),
            Anchor::Center => (font, HPos::Center, (x, y + down)),
            Anchor::Upward => (font.transform(FontTransform::Rotate270), HPos::Center, (x + down, y)),
        };
        let style = TextStyle::from(font).color(&lettering.color).pos(Pos::new(h, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), pixel(at), style)).map_err(failed)
    }
}

fn failed<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("a plot cannot be drawn: {error}")
}

fn scaled(length: f64) -> i32 {
    (length * f64::from(SCALE)).round() as i32
}

fn pixel((x, y): Point) -> (i32, i32) {
    (scaled(x), scaled(y))
}

/// The pieces of a dashed line.
fn dashes(points: &[Point], dash: &[f64]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = vec![points.first().copied().into_iter().collect()];
    let (mut part, mut left) = (0, dash[0]);
    for ends in points.windows(2) {
        let (mut from, to) = (ends[0], ends[1]);
        let mut length = (to.0 - from.0).hypot(to.1 - from.1);
        while length > left {
            let share = left / length;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if part % 2 == 0 {
                pieces.last_mut().into_iter().for_each(|piece| piece.push(from));
            } else {
                pieces.push(vec![from]);
            }
            length -= left;
            part = (part + 1) % dash.len();
            left = dash[part];
        }
        left -= length;
        if part % 2 == 0 {
            pieces.last_mut().into_iter().for_each(|piece| piece.push(to));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_has_strokes_and_gaps_of_the_lengths_asked_for() {
        let pieces = dashes(&[(0.0, 0.0), (4.0, 0.0), (9.0, 0.0)], &[3.0, 2.0]);
        assert_eq!(pieces, [vec![(0.0, 0.0), (3.0, 0.0)], vec![(5.0, 0.0), (8.0, 0.0)]]);
    }
}
