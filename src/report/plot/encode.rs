//! A figure as the text of an SVG file, and from it as the bytes of a PNG and of a PDF file.

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, anyhow};
use plotters::prelude::*;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::canvas::FONT;
use super::figure::Figure;
use crate::report::format::escape;

/// Pixels of a PNG per CSS pixel.
const PNG_SCALE: f32 = 2.0;

/// The built-in letters, because a machine may have no font installed.
static LETTERS: LazyLock<Options> = LazyLock::new(|| {
    let mut letters = fontdb::Database::new();
    letters.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let families: Vec<String> =
        letters.faces().flat_map(|face| face.families.iter().map(|(family, _)| family.clone())).collect();
    families.into_iter().for_each(|family| letters.set_sans_serif_family(family));
    Options { fontdb: Arc::new(letters), ..Options::default() }
});

/// The figure as SVG, with texts as text elements. `label` is for those who cannot see it.
///
/// # Errors
/// If the drawing fails.
pub fn svg(figure: &Figure, label: &str) -> Result<String> {
    let mut text = String::new();
    figure.draw(&SVGBackend::with_string(&mut text, figure.pixels()).into_drawing_area())?;
    let (_, content) = text.split_once(">\n").context("a plot cannot be drawn: no SVG came out")?;
    let content = content.split_inclusive('\n').map(with_plain_opacity).collect::<String>();
    let ((width, height), (across, down)) = (figure.size(), figure.pixels());
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {across} {down}\" role=\"img\" aria-label=\"{}\">\n{content}",
        escape(label)
    ))
}

/// An element with the opacity of its line or of its area: that of the element as a whole makes a PDF many times
/// larger.
fn with_plain_opacity(element: &str) -> String {
    let own = if element.starts_with("<polyline") { " stroke-opacity=\"" } else { " fill-opacity=\"" };
    element.replace(" opacity=\"1\"", "").replace(" opacity=\"", own)
}

/// A drawing as PNG, at twice its CSS size.
///
/// # Errors
/// If it cannot be drawn.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let image = rastered(&tree(svg)?, PNG_SCALE)?;
    // A plot's paper is opaque.
    let pixels: Vec<u8> = image.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Best);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// A drawing as PDF, with its letters embedded.
///
/// # Errors
/// If it cannot be drawn.
pub fn pdf(svg: &str) -> Result<Vec<u8>> {
    let (drawing, page) = (svg2pdf::ConversionOptions::default(), svg2pdf::PageOptions::default());
    let file =
        svg2pdf::to_pdf(&tree(svg)?, drawing, page).map_err(|error| anyhow!("a plot cannot be drawn: {error}"))?;
    Ok(with_sorted_names(&file))
}

/// The file with the names of its degrees of opacity in order: svg2pdf lists them in a random one, which would make
/// other bytes each time.
fn with_sorted_names(file: &[u8]) -> Vec<u8> {
    let is_name = |line: &&[u8]| line.trim_ascii_start().starts_with(b"/gs") && line.ends_with(b" 0 R");
    let mut lines: Vec<&[u8]> = file.split(|&byte| byte == b'\n').collect();
    lines.chunk_by_mut(|one, other| is_name(one) && is_name(other)).for_each(<[&[u8]]>::sort_unstable);
    lines.join(&b'\n')
}

/// A line of text on an image of that width and height: which of its pixels are letters, row by row.
///
/// # Errors
/// If the drawing fails.
pub fn text_mask(text: &str, (width, height): (u32, u32)) -> Result<Vec<bool>> {
    let (size, down) = (f64::from(height) - 6.0, f64::from(height) - 6.0);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <text x=\"6\" y=\"{down}\" font-family=\"{FONT}\" font-size=\"{size}\">{}</text></svg>",
        escape(text)
    );
    let image = rastered(&tree(&svg)?, 1.0)?;
    Ok(image.pixels().iter().map(|pixel| pixel.alpha() > 85).collect())
}

fn tree(svg: &str) -> Result<Tree> {
    Tree::from_str(svg, &LETTERS).map_err(|error| anyhow!("a plot cannot be drawn: {error}"))
}

fn rastered(tree: &Tree, scale: f32) -> Result<Pixmap> {
    let side = |length: f32| (scale * length).round() as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut image = Pixmap::new(width, height).context("a plot cannot be drawn: it has no size")?;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut image.as_mut());
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_has_the_opacity_of_its_line_or_area() {
        let line = "<polyline fill=\"none\" opacity=\"0.5\" points=\"0,0 1,1\"/>";
        assert_eq!(with_plain_opacity(line), line.replace(" opacity", " stroke-opacity"));
        assert_eq!(with_plain_opacity("<circle r=\"2\" opacity=\"0.5\"/>"), "<circle r=\"2\" fill-opacity=\"0.5\"/>");
        assert_eq!(with_plain_opacity("<circle r=\"2\" opacity=\"1\"/>"), "<circle r=\"2\"/>");
    }

    #[test]
    fn only_the_names_of_a_pdf_are_sorted() {
        let file = b"b\n  /gs2 5 0 R\n  /gs0 3 0 R\n  /gs1 4 0 R\n>>\na\n";
        assert_eq!(with_sorted_names(file), b"b\n  /gs0 3 0 R\n  /gs1 4 0 R\n  /gs2 5 0 R\n>>\na\n");
    }
}
