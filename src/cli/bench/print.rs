//! Prints measurements for people and for programs.

use anyhow::Result;
use serde::Serialize;

use super::measure::Measured;
use crate::record::Machine;
use crate::report::{Table, numbers, words};

#[derive(Serialize)]
struct Measurements<'a> {
    machine: Machine,
    results: &'a [Measured],
}

pub fn json(results: &[Measured]) -> Result<()> {
    out!("{}", serde_json::to_string_pretty(&Measurements { machine: Machine::this(), results })?);
    Ok(())
}

pub fn table(results: &[Measured]) {
    let Machine { cpu, cores, memory_mib, .. } = Machine::this();
    out!("{cpu}, {cores} cores, {memory_mib} MiB\n");
    let columns = vec![words("case", ""), numbers("median", ""), numbers("range", ""), words("unit", "")];
    let row = |Measured { case, value, unit, low, high, .. }: &Measured| {
        let range = format!("{}..{}", digits(*low), digits(*high));
        vec![case.clone(), digits(*value), range, (*unit).to_owned()]
    };
    out!("{}", Table::of(columns, results.iter().map(row)).text().trim_end());
}

/// Four significant digits, but at least all digits before the point.
fn digits(value: f64) -> String {
    let before = value.abs().max(1e-9).log10().floor() as i32 + 1;
    format!("{value:.*}", (4 - before).clamp(0, 9) as usize)
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn figures_have_four_significant_digits() {
        assert_eq!([12345.6, 1234.5, 1.23456, 0.0123456].map(digits), ["12346", "1234", "1.235", "0.01235"]);
    }
}
