//! The cells of the tables.

use crate::Figure;
use crate::estimate::{Estimate, Interval};
use crate::keys::count::is_whole;
use std::fmt::{Formatter, Result};
use vertebra_survival::numeric::significant;

/// Value, standard error, lower and upper bound.
pub(super) type Cells = (Option<f64>, Option<f64>, Option<f64>, Option<f64>);

/// A number with four decimals, or with four digits where these would not show it; or a dash.
pub(super) fn fixed(value: impl Into<Option<f64>>) -> String {
    let finite = value.into().filter(|value: &f64| value.is_finite());
    finite.map_or("-".to_owned(), |number| match number.abs() < 1e-3 || number.abs() >= 1e7 {
        true => significant(number),
        false => format!("{number:.4}"),
    })
}

/// A P value: four decimals, or two digits of it below that; one that a double does not hold is
/// below its smallest number.
pub(super) fn p_value(p: f64) -> String {
    match p {
        0.0 => "< 1e-307".to_owned(),
        p if p < 1e-4 => format!("{p:.1e}"),
        p => fixed(p),
    }
}

/// A sum of weights; without weights it is a count, and is printed as one.
pub(super) fn count(sum: f64) -> String {
    match is_whole(sum) {
        true => format!("{sum:.0}"),
        false => format!("{sum:?}"),
    }
}

/// Both bounds.
pub(super) fn interval(interval: Interval) -> String {
    format!("{} to {}", fixed(interval.lower), fixed(interval.upper))
}

/// The cells of an estimate.
pub(super) fn cells(estimate: &Estimate) -> Cells {
    let Interval { lower, upper, .. } = estimate.interval;
    (Some(estimate.value), Some(estimate.std_error), Some(lower), Some(upper))
}

/// A line of a table without its end: label, value, standard error, interval; or why there is none.
pub(super) fn line<T>(
    f: &mut Formatter<'_>,
    label: &str,
    figure: &Figure<T>,
    cells: impl FnOnce(&T) -> Cells,
) -> Result {
    match figure {
        Figure::Undefined(why) => write!(f, "{label:<30} {:>8}   {why}", "-"),
        Figure::Defined(figure) => {
            let (value, se, lower, upper) = cells(figure);
            let (value, se) = (fixed(value), fixed(se));
            write!(f, "{label:<30} {value:>8} {se:>8}   {} to {}", fixed(lower), fixed(upper))
        }
    }
}
