//! Numbers and texts for readers. A missing value is a dash.

use crate::eval::statistics::Estimate;
use crate::units::grouped;

/// Text of a missing value.
pub const NONE: &str = "–";

/// A score or another plain number: about three significant digits, thousands in groups, a true minus sign.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    let decimals = if size >= 999.5 { 0 } else { if size >= 9.995 { 1 } else { 2 } };
    let digits = format!("{size:.decimals$}");
    let (whole, rest) = digits.split_once('.').map_or((digits.as_str(), ""), |(whole, rest)| (whole, rest));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let zero = digits.chars().all(|digit| "0.".contains(digit));
    let sign = if value < 0.0 && !zero { "−" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// A share as a percentage: whole from 10% on, one decimal below.
pub fn percent(share: f64) -> String {
    format!("{}%", percent_digits(share))
}

fn percent_digits(share: f64) -> String {
    let value = 100.0 * share;
    if !value.is_finite() {
        return value.to_string();
    }
    let text = if value.abs() >= 9.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    if text == "-0.0" { "0.0".to_owned() } else { text.replace('-', "−") }
}

/// `93% [88, 99]`.
pub fn percent_with_interval(share: Estimate) -> String {
    let bounds = share
        .interval
        .map(|interval| format!(" [{}, {}]", percent_digits(interval.low), percent_digits(interval.high)));
    percent(share.value) + &bounds.unwrap_or_default()
}

/// `1,234 [1,100, 1,400]`.
pub fn number_with_interval(figure: Estimate) -> String {
    let bounds = figure.interval.map(|interval| format!(" [{}, {}]", number(interval.low), number(interval.high)));
    number(figure.value) + &bounds.unwrap_or_default()
}

/// Milliseconds, or microseconds where they are few: `0.23 ms`, `0.81 µs`.
pub fn latency(ms: f64) -> String {
    if ms < 0.01 { format!("{:.2} µs", 1e3 * ms) } else { format!("{ms:.2} ms") }
}

/// Text of a value, or a dash if it is missing.
pub fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or(NONE.to_owned(), text)
}

/// `3 h 05 min`, `4 min 10 s` or `12 s`.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first `most` items in a sentence, and the number of the others: `a, b and 3 more`.
pub fn shortened(items: &[String], most: usize) -> String {
    match items.len().saturating_sub(most) {
        0 => listed(items),
        others => listed(&[&items[..most], &[format!("{others} more")]].concat()),
    }
}

/// A number with its noun in singular or plural: `1 seed`, `3 seeds`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `3 games`, or `2 of 3 games` where some lack.
pub fn games_of_all(some: u64, all: usize) -> String {
    if some < all as u64 { format!("{some} of {all} games") } else { format!("{all} games") }
}

/// A box of that class for wide content, which scrolls in it; screen readers call it by `label`, which is escaped text.
pub fn region(class: &str, label: &str, content: &str) -> String {
    format!("<div class=\"{class}\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\">\n{content}</div>\n")
}

/// The text with the characters that have a meaning in HTML content or in quoted attributes replaced.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_about_three_digits() {
        let texts = [1693362.4, 999.6, 401.2, 9.996, 1.7, -20.7, 0.0, -0.001].map(number);
        assert_eq!(texts, ["1,693,362", "1,000", "401.2", "10.0", "1.70", "−20.7", "0.00", "0.00"]);
        assert_eq!([0.934, 0.0674, 1.083, -0.02, -4e-4].map(percent), ["93%", "6.7%", "108%", "−2.0%", "0.0%"]);
        assert_eq!(percent_with_interval(Estimate::between(0.93, Some(0.88), Some(0.99))), "93% [88, 99]");
        assert_eq!((number(f64::NAN), percent(f64::INFINITY)), ("NaN".into(), "inf%".into()));
        assert_eq!([59, 250, 11_100].map(duration), ["59 s", "4 min 10 s", "3 h 05 min"]);
    }

    #[test]
    fn nothing_that_is_escaped_can_open_a_tag_or_leave_an_attribute() {
        assert_eq!(escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    }
}
