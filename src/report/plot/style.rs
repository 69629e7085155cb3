//! Colours, dashes and markers: Okabe and Ito's palette, which colour-blind readers can tell apart, with a dash and a
//! marker beside each colour for prints without colour.

use plotters::style::RGBColor;

/// Style of a line and its markers. A thing has the same style in all plots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub color: RGBColor,
    /// Lengths of stroke and gap in turn; none for an unbroken line.
    pub dash: &'static [f64],
    pub marker: Marker,
}

/// The shape of a single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    /// The paper's.
    Cross,
}

/// Colour of text and axes.
pub const BLACK: RGBColor = RGBColor(34, 34, 34);
/// Colour of reference lines.
pub const GREY: RGBColor = RGBColor(112, 112, 112);
/// Colour of the grid.
pub const PALE: RGBColor = RGBColor(226, 226, 226);

pub const RANDOM: Style = Style { color: GREY, dash: &[2.0, 3.0], marker: Marker::Square };
pub const TEACHER: Style = Style { color: RGBColor(0, 114, 178), dash: &[], marker: Marker::Diamond };
pub const PAPER: Style = Style { color: GREY, dash: &[], marker: Marker::Cross };

const COLORS: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(34, 34, 34),
];
const DASHES: [&[f64]; 4] = [&[], &[7.0, 3.0], &[2.0, 2.5], &[8.0, 3.0, 2.0, 3.0]];
const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

impl Style {
    /// The same style with an unbroken line, for lines that are too thin or too ragged for dashes.
    pub fn unbroken(self) -> Style {
        Style { dash: &[], ..self }
    }

    /// The same style with the dashes of a reference line.
    pub const fn dashed(self) -> Style {
        Style { dash: &[5.0, 4.0], ..self }
    }
}

/// Number of styles that differ.
pub const STYLES: usize = 12;

/// The style of student, or loss, number `index`. The first [`STYLES`] differ.
pub fn numbered(index: usize) -> Style {
    Style { color: COLORS[index % 6], dash: DASHES[index % 4], marker: MARKERS[index % 4] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page recolours in the dark what is drawn in these.
    #[test]
    fn the_page_has_a_rule_for_each_colour_of_paper_and_ink() {
        let rules = include_str!("../page/style.css");
        for RGBColor(red, green, blue) in [BLACK, GREY, PALE, TEACHER.color, plotters::style::WHITE] {
            let color = format!("#{red:02X}{green:02X}{blue:02X}\"]");
            assert!(rules.contains(&color), "{color}");
        }
    }

    #[test]
    fn the_first_styles_differ() {
        let styles: Vec<Style> = (0..STYLES).map(numbered).collect();
        assert!((0..STYLES).all(|i| (0..i).all(|j| styles[i] != styles[j])));
    }
}
