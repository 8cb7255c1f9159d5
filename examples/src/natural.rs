//! The order in which people list labels: numbers by their size, and the numbers inside of texts.

use std::cmp::Ordering;

/// Compares two labels: `2` before `10`, `stage 2` before `stage 10`, numbers before texts.
///
/// ```
/// let mut labels = ["10", "2", "-1", "g10", "g2", "g"];
/// labels.sort_by(|a, b| vertebra_examples::natural::compare(a, b));
/// assert_eq!(labels, ["-1", "2", "10", "g", "g2", "g10"]);
/// ```
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => parts(a).cmp(parts(b)).then_with(|| a.cmp(b)),
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|x: &f64| x.is_finite())
}

/// Runs of digits, by their length without zeros and then by digits, and other texts.
fn parts(text: &str) -> impl Iterator<Item = (bool, usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        let part = if digits { part.trim_start_matches('0') } else { part };
        Some((!digits, if digits { part.len() } else { 0 }, part))
    })
}
