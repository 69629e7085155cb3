//! Plots. The first four modules say what each kind of plot shows; the others draw any of them, by one function for SVG
//! and PNG alike.

mod distillation;
mod learning;
mod relative;
mod scores;

mod axis;
mod draw;
mod encode;
mod figure;
mod ink;
mod pen;

pub use distillation::{distillation, students};
pub use encode::{png, svg};
pub use figure::Figure;
pub use learning::learning;
pub use relative::relative;
pub use scores::scores;
