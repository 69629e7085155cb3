//! Plots. The modules of the first group define the kinds of plots; the others draw all of them as SVG, and turn that
//! into PNG and PDF.

mod comparisons;
mod distillation;
mod forest;
mod frontier;
mod learning;
mod online;
mod relative;
mod scores;
mod shares;
mod temperature;

mod axis;
mod canvas;
mod data;
mod draw;
mod encode;
mod figure;
mod names;
mod style;

pub use comparisons::{improvement, profile};
pub use distillation::{distillation, students};
pub use encode::{pdf, png, svg, text_mask};
pub use figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Scale, Shape, mean_curve, one_seed, thinned};
pub use learning::learning;
pub use online::online;
pub use relative::{costs, relative, relative_in_games};
pub use scores::scores;
pub use style::{STYLES, Style, numbered};
pub use temperature::temperature;
