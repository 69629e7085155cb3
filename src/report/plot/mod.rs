//! Plots. The modules of the first group define the kinds of plots; the others draw all of them, with one function for
//! SVG and PNG.

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
mod draw;
mod encode;
mod figure;
mod style;

pub use distillation::{distillation, students};
pub use encode::{png, svg, text_mask};
pub use figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Scale, mean_curve, thinned};
pub use learning::learning;
pub use online::online;
pub use relative::{costs, relative, relative_in_games};
pub use scores::scores;
pub use style::{Style, numbered};
pub use temperature::temperature;
