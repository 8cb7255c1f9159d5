//! Intervals from the profile of the likelihood: the values of one coefficient that the likelihood
//! ratio test does not refuse when the others fit best to each.
//!
//! With `l_p(c)` the maximum over the other coefficients, the bounds solve
//! `2 (l_max - l_p(c)) = q^2`. The signed root of the left side is nearly linear in `c`, so that a
//! few of Newton's steps on it are enough; its slope follows from the score at the inner maximum.
//!
//! Source: Venzon & Moolgavkar, *Appl. Stat.* 37:87-94, 1988.

use crate::numeric::{
    linear::Matrix,
    newton::{Failure, Local, Maximum, maximise},
};

const MAX_STEPS: usize = 60;
/// The root has been found when a step is shorter than this, in standard errors.
const CONVERGED: f64 = 1e-10;
/// A bound so many standard errors away is none.
const UNBOUNDED: f64 = 1e4;

/// The bound of parameter `k` on the side of `sign`, infinite where the profile stays above;
/// `reach` is `q`, `std_error` the distance that is tried first.
pub(super) fn bound<T: Clone>(
    maximum: &Maximum<T>,
    (k, sign): (usize, f64),
    (reach, std_error): (f64, f64),
    at: &dyn Fn(&[f64]) -> Local<T>,
) -> Result<f64, Failure> {
    let best = maximum.parameters[k];
    let mut others = without(&maximum.parameters, k);
    let mut away = reach * std_error;
    for steps in 0..MAX_STEPS {
        let value = best + sign * away;
        let inner = inner_maximum(others.clone(), (k, value), at)?;
        others = inner.parameters;
        let root = (2.0 * (maximum.here.value - inner.here.value)).max(0.0).sqrt();
        // d root / d away
        let slope = -sign * inner.here.rest / root;
        let step = (reach - root) / slope;
        if step.abs() < CONVERGED * std_error || root == reach {
            return Ok(value + sign * step);
        }
        if !(step.is_finite() && away + step < UNBOUNDED * std_error) {
            return Ok(sign * f64::INFINITY);
        }
        // Never more than twice as far, never back to the maximum.
        away = (away + step).clamp(away / 10.0, away * 2.0 + std_error);
        if steps + 1 == MAX_STEPS {
            return Err(Failure::NotConverged {
                steps: MAX_STEPS,
                distance: step.abs() / std_error,
            });
        }
    }
    Ok(sign * f64::INFINITY)
}

/// The maximum over the others, with the score of the one that is held.
fn inner_maximum<T: Clone>(
    start: Vec<f64>,
    (k, value): (usize, f64),
    at: &dyn Fn(&[f64]) -> Local<T>,
) -> Result<Maximum<f64>, Failure> {
    maximise(start, |others| {
        let mut all = others.to_vec();
        all.insert(k, value);
        let Local { value, score, information, .. } = at(&all);
        let skip = |i: usize| i + usize::from(i >= k);
        let minor = Matrix::from_fn(others.len(), |i, j| information[(skip(i), skip(j))]);
        Local { value, score: without(&score, k), information: minor, rest: score[k] }
    })
}

fn without(values: &[f64], k: usize) -> Vec<f64> {
    let mut left = values.to_vec();
    left.remove(k);
    left
}
