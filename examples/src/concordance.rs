//! Harrell's C, as programs print it.

use serde::Serialize;
use vertebra_evaluation::{Figure, Keys};
use vertebra_survival::CStatistic;

/// The index with its standard error and interval.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Concordance {
    c: f64,
    se: f64,
    lower: f64,
    upper: f64,
}

impl Keys for Concordance {
    const KEYS: &'static [&'static str] = &["c", "se", "lower", "upper"];
}

impl From<CStatistic> for Concordance {
    fn from(CStatistic { estimate, .. }: CStatistic) -> Self {
        let (lower, upper) = (estimate.interval.lower, estimate.interval.upper);
        Self { c: estimate.value, se: estimate.std_error, lower, upper }
    }
}

/// A line of a table: label, index, standard error, interval; or why there is none.
#[must_use]
pub fn line(label: &str, figure: &Figure<Concordance>) -> String {
    match figure {
        Figure::Undefined(why) => format!("{label:<30} {:>8}   {why}", "-"),
        Figure::Defined(Concordance { c, se, lower, upper }) => {
            format!("{label:<30} {c:>8.4} {se:>8.4}   {lower:.4} to {upper:.4}")
        }
    }
}
