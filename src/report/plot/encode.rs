//! A figure as the text of an SVG file and as the bytes of a PNG file.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::canvas::{BITMAP_FACE, FONT, SCALE, SVG_FACE};
use super::figure::Figure;
use crate::report::format::escape;

/// Backend pixels, in each direction, that are averaged into one pixel of a PNG. The PNG thus has twice the CSS size
/// and smooth edges.
const AVERAGED: u32 = SCALE / 2;

/// Registers a font for bitmaps, because a machine may have no font installed.
static LETTERS: LazyLock<bool> = LazyLock::new(|| {
    let font = epaint_default_fonts::UBUNTU_LIGHT;
    register_font(FONT, FontStyle::Normal, font).is_ok()
});

/// The figure as SVG, with texts as text elements. `label` is for those who cannot see it.
///
/// # Errors
/// If the drawing fails.
pub fn svg(figure: &Figure, label: &str) -> Result<String> {
    anyhow::ensure!(*LETTERS, "the built-in font cannot be read");
    let mut text = String::new();
    figure.draw(&SVGBackend::with_string(&mut text, figure.pixels()).into_drawing_area(), SVG_FACE)?;
    let (_, content) = text.split_once(">\n").context("a plot cannot be drawn: no SVG came out")?;
    let ((width, height), (across, down)) = (figure.size(), figure.pixels());
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {across} {down}\" role=\"img\" aria-label=\"{}\">\n{content}",
        escape(label)
    ))
}

/// The figure as PNG, at twice its CSS size.
///
/// # Errors
/// If the drawing fails.
pub fn png(figure: &Figure) -> Result<Vec<u8>> {
    anyhow::ensure!(*LETTERS, "the built-in font cannot be read");
    let (across, down) = figure.pixels();
    let mut pixels = vec![255; 3 * across as usize * down as usize];
    figure.draw(&BitMapBackend::with_buffer(&mut pixels, (across, down)).into_drawing_area(), BITMAP_FACE)?;
    let (width, height) = (across / AVERAGED, down / AVERAGED);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Default);
    encoder.write_header()?.write_image_data(&averaged(&pixels, width as usize, height as usize))?;
    Ok(file)
}

/// A line of text on an image of that width and height: which of its pixels are letters, row by row.
///
/// # Errors
/// If the drawing fails.
pub fn text_mask(text: &str, (width, height): (u32, u32)) -> Result<Vec<bool>> {
    anyhow::ensure!(*LETTERS, "the built-in font cannot be read");
    let mut pixels = vec![255; 3 * (width * height) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    let font = (FONT, f64::from(height) - 3.0).into_font().color(&BLACK);
    // Plotters places letters too high, as [`BITMAP_FACE`] says.
    area.draw_text(text, &font, (6, 4)).map_err(|error| anyhow::anyhow!("a text cannot be drawn: {error}"))?;
    drop(area);
    Ok(pixels.as_chunks::<3>().0.iter().map(|pixel| pixel[0] < 170).collect())
}

/// Averages each square of [`AVERAGED`]² pixels into one.
fn averaged(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let side = AVERAGED as usize;
    let across = 3 * width * side;
    let mut small = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let value = |i: usize| pixels[(y * side + i / side) * across + (x * side + i % side) * 3 + channel];
                let sum: usize = (0..side * side).map(|i| usize::from(value(i))).sum();
                small.push((sum / (side * side)) as u8);
            }
        }
    }
    small
}
