//! Checks of the arrays that come beside outcomes.

use crate::{error::Error, outcomes::Outcomes};

/// One finite value per subject.
pub(crate) fn finite(name: &'static str, values: &[f64], outcomes: &Outcomes) -> Result<(), Error> {
    domain(name, values, outcomes, ("finite", f64::is_finite))
}

/// The same where outcomes are at hand only in another form.
pub(crate) fn finite_values(name: &'static str, values: &[f64], n: usize) -> Result<(), Error> {
    if values.len() != n {
        return Err(Error::LengthMismatch { name, expected: n, got: values.len() });
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::OutOfDomain { name, index: i, value: values[i], expected: "finite" }),
        None => Ok(()),
    }
}

/// One probability per subject.
pub(crate) fn probability(
    name: &'static str,
    values: &[f64],
    outcomes: &Outcomes,
) -> Result<(), Error> {
    domain(name, values, outcomes, ("in [0, 1]", |p| (0.0..=1.0).contains(&p)))
}

/// One row per subject.
pub(crate) fn rows(name: &'static str, n_rows: usize, outcomes: &Outcomes) -> Result<(), Error> {
    match n_rows == outcomes.n_subjects() {
        true => Ok(()),
        false => Err(Error::LengthMismatch { name, expected: outcomes.n_subjects(), got: n_rows }),
    }
}

/// One label per subject.
pub(crate) fn length<T>(
    name: &'static str,
    values: &[T],
    outcomes: &Outcomes,
) -> Result<(), Error> {
    if outcomes.n_subjects() == 0 {
        return Err(Error::Empty { name: "outcomes" });
    }
    if values.len() != outcomes.n_subjects() {
        return Err(Error::LengthMismatch {
            name,
            expected: outcomes.n_subjects(),
            got: values.len(),
        });
    }
    Ok(())
}

/// Whether case weights are absent or whole numbers, which count.
pub(crate) fn counts(outcomes: &Outcomes) -> bool {
    outcomes.weights().is_none_or(|weights| weights.iter().all(|w| w.fract() == 0.0))
}

/// All at risk from the start.
pub(crate) fn no_entry(method: &'static str, outcomes: &Outcomes) -> Result<(), Error> {
    match outcomes.entry().is_some() {
        true => Err(Error::Unsupported { what: method, with: "delayed entry" }),
        false => Ok(()),
    }
}

/// A confidence level such as 0.95.
pub(crate) fn level(level: f64) -> Result<f64, Error> {
    if level > 0.0 && level < 1.0 {
        Ok(level)
    } else {
        Err(Error::InvalidSetting {
            name: "level",
            expected: "inside (0, 1)",
            got: level.to_string(),
        })
    }
}

/// A horizon at which something can be read off: see [`is_reached`].
pub(crate) fn reaches(outcomes: &Outcomes, horizon: f64) -> Result<(), Error> {
    if !(horizon.is_finite() && horizon >= 0.0) {
        return Err(Error::InvalidSetting {
            name: "horizon",
            expected: "finite and at least 0 years",
            got: horizon.to_string(),
        });
    }
    let last = outcomes.time().iter().copied().fold(0.0, f64::max);
    let mut at_last = outcomes.time().iter().zip(outcomes.event()).filter(|(t, _)| **t == last);
    match is_reached(horizon, last, at_last.any(|(_, event)| !event)) {
        true => Ok(()),
        false => Err(Error::Undefined { name: "risk at the horizon", why: NOT_REACHED }),
    }
}

/// The one rule for the end of follow-up: a horizon is reached where somebody was followed to it,
/// or where it lies beyond the `last` time and all who were left then had an event there, so that
/// everybody's fate is known. Where somebody was `censored_last`, nothing is known beyond.
pub(crate) fn is_reached(horizon: f64, last: f64, censored_last: bool) -> bool {
    horizon <= last || !censored_last
}

/// Why a figure does not exist where [`is_reached`] says no.
pub(crate) const NOT_REACHED: &str = "nobody was followed to it";

fn domain(
    name: &'static str,
    values: &[f64],
    outcomes: &Outcomes,
    (expected, inside): (&'static str, fn(f64) -> bool),
) -> Result<(), Error> {
    length(name, values, outcomes)?;
    match values.iter().position(|&v| !inside(v)) {
        Some(i) => Err(Error::OutOfDomain { name, index: i, value: values[i], expected }),
        None => Ok(()),
    }
}
