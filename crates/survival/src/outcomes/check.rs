//! Checks of the arrays that come beside outcomes.

use crate::{error::Error, outcomes::Outcomes};

/// One finite value per subject.
pub(crate) fn finite(name: &'static str, values: &[f64], outcomes: &Outcomes) -> Result<(), Error> {
    domain(name, values, outcomes, f64::is_finite)
}

/// The same where outcomes are at hand only in another form.
pub(crate) fn finite_values(name: &'static str, values: &[f64], n: usize) -> Result<(), Error> {
    if values.len() != n {
        return Err(Error::LengthMismatch(name, n, values.len()));
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::OutOfDomain(name, i, values[i])),
        None => Ok(()),
    }
}

/// One probability per subject.
pub(crate) fn probability(
    name: &'static str,
    values: &[f64],
    outcomes: &Outcomes,
) -> Result<(), Error> {
    domain(name, values, outcomes, |p| (0.0..=1.0).contains(&p))
}

/// One row per subject.
pub(crate) fn rows(name: &'static str, n_rows: usize, outcomes: &Outcomes) -> Result<(), Error> {
    match n_rows == outcomes.n_subjects() {
        true => Ok(()),
        false => Err(Error::LengthMismatch(name, outcomes.n_subjects(), n_rows)),
    }
}

/// One label per subject.
pub(crate) fn length<T>(
    name: &'static str,
    values: &[T],
    outcomes: &Outcomes,
) -> Result<(), Error> {
    if outcomes.n_subjects() == 0 {
        return Err(Error::Empty("outcomes"));
    }
    if values.len() != outcomes.n_subjects() {
        return Err(Error::LengthMismatch(name, outcomes.n_subjects(), values.len()));
    }
    Ok(())
}

/// No case weights, or such as count subjects alike: whole numbers.
pub(crate) fn frequencies(method: &'static str, outcomes: &Outcomes) -> Result<(), Error> {
    match outcomes.weights().is_some_and(|w| w.iter().any(|w| w.fract() != 0.0)) {
        true => Err(Error::Unsupported(method, "case weights that are not whole numbers")),
        false => Ok(()),
    }
}

/// All at risk from the start.
pub(crate) fn no_entry(method: &'static str, outcomes: &Outcomes) -> Result<(), Error> {
    match outcomes.entry().is_some() {
        true => Err(Error::Unsupported(method, "delayed entry")),
        false => Ok(()),
    }
}

/// A confidence level such as 0.95.
pub(crate) fn level(level: f64) -> Result<f64, Error> {
    if level > 0.0 && level < 1.0 {
        Ok(level)
    } else {
        Err(Error::InvalidSetting("level", "inside (0, 1)", level))
    }
}

/// A horizon that somebody was followed to, so that a curve can be read off there.
pub(crate) fn reaches(outcomes: &Outcomes, horizon: f64) -> Result<(), Error> {
    if !(horizon.is_finite() && horizon >= 0.0) {
        return Err(Error::InvalidSetting("horizon", "finite and at least 0 years", horizon));
    }
    let last = outcomes.time().iter().copied().fold(0.0, f64::max);
    let extinct = outcomes.time().iter().zip(outcomes.event()).any(|(&t, &e)| t == last && e);
    if last < horizon && !extinct {
        return Err(Error::Undefined("risk at the horizon", "nobody was followed to it"));
    }
    Ok(())
}

fn domain(
    name: &'static str,
    values: &[f64],
    outcomes: &Outcomes,
    inside: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    length(name, values, outcomes)?;
    match values.iter().position(|&v| !inside(v)) {
        Some(i) => Err(Error::OutOfDomain(name, i, values[i])),
        None => Ok(()),
    }
}
