//! Newton's method with step halving, for every regression of the workspace.
//!
//! Maximises a function from its value, gradient (`score`) and negative second derivative
//! (`information`, or a positive definite stand-in for it, as Gauss and Newton take). Parameters
//! belong to covariates of SD 1 and the function is a log likelihood or has its scale, so that
//! distances are measured in standard errors: the *decrement* `step' score` is the squared length
//! of a step.
//!
//! - It has converged when the step after this one would be shorter than 1e-10 standard errors, by
//!   the rate at which steps shrink (Newton's square themselves, those of Gauss and Newton shrink
//!   by a factor); this step is still taken.
//! - A step that lowers the function is halved until it does not. Where no step raises it, the last
//!   digits of its sum are reached: that is the maximum if what is left is short.
//! - There is no maximum where nearly nothing is left of the information that the start had along a
//!   step while a parameter still moves by it: the likelihood is monotone, as when a covariate
//!   separates the events. Doubling all that is known changes neither.

use super::linear::{Matrix, add, dot};
use crate::error::Error;

/// A function at one point: its value and derivatives, and what else its pass has found.
#[derive(Debug, Clone)]
pub(crate) struct Local<T = ()> {
    pub(crate) value: f64,
    pub(crate) score: Vec<f64>,
    pub(crate) information: Matrix,
    pub(crate) rest: T,
}

/// Where Newton's method ended; `here` was found there, or at most 1e-8 standard errors away.
#[derive(Debug)]
pub(crate) struct Maximum<T = ()> {
    pub(crate) parameters: Vec<f64>,
    pub(crate) at_start: Local<T>,
    pub(crate) here: Local<T>,
    pub(crate) steps: usize,
}

/// Why there is no maximum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// The parameters before it determine this one.
    Determined { parameter: usize },
    /// This parameter grows without bound, and these others with it: a combination of them does.
    Unbounded { parameter: usize, reached: f64, with: Vec<usize> },
    /// Still so many standard errors from the maximum after so many steps.
    NotConverged { steps: usize, distance: f64 },
}

impl Failure {
    /// A statistic that has no value for this reason.
    pub(crate) fn undefined(self, name: &'static str) -> Error {
        Error::Undefined {
            name,
            why: match self {
                Self::Determined { .. } => "the covariates determine each other",
                Self::Unbounded { .. } => "no finite coefficients fit best",
                Self::NotConverged { .. } => "its fit does not converge",
            },
        }
    }
}

const MAX_STEPS: usize = 200;
const MAX_HALVINGS: usize = 40;
/// What others leave of a parameter's information, below which they determine it.
pub(crate) const DETERMINED: f64 = 1e-9;
/// The decrement that the step after the last would have.
const CONVERGED: f64 = 1e-20;
/// The decrement of a step of 1e-8 standard errors, after which derivatives are what they were.
const NO_DISTANCE: f64 = 1e-16;
/// The decrement up to which rounding may keep any step from raising the function.
const ROUNDING: f64 = 1e-9;
/// Below this share of the information at the start, the function has stopped rising along a step
/// for any practical purpose ...
const FLAT: f64 = 1e-7;
/// ... and a parameter that still moves by this much has no maximum.
const STILL_MOVING: f64 = 0.3;
/// A parameter that moves by this share of the fastest one belongs to the combination that grows.
const TAKES_PART: f64 = 0.1;

/// Maximises the function `at` from `start`.
pub(crate) fn maximise<T: Clone>(
    start: Vec<f64>,
    at: impl Fn(&[f64]) -> Local<T>,
) -> Result<Maximum<T>, Failure> {
    let mut here = at(&start);
    here.information.cholesky(DETERMINED).map_err(|parameter| Failure::Determined { parameter })?;
    let (mut parameters, at_start, mut steps) = (start, here.clone(), 0);
    let mut previous = f64::NAN; // before the first step no rate is known
    loop {
        let step = step_from(&here).map_err(|parameter| unbounded(&parameters, parameter, &[]))?;
        let decrement = dot(&step, &here.score);
        if let Some(parameter) = runaway(&step, [&here.information, &at_start.information]) {
            return Err(unbounded(&parameters, parameter, &step));
        }
        if decrement * (decrement / previous).min(1.0) <= CONVERGED {
            add(&mut parameters, 1.0, &step);
            if decrement > NO_DISTANCE {
                here = at(&parameters);
            }
            return Ok(Maximum { parameters, at_start, here, steps });
        }
        let failure = Failure::NotConverged { steps, distance: decrement.sqrt() };
        if steps == MAX_STEPS {
            return Err(failure);
        }
        match halved(&parameters, step, here.value, &at) {
            Some(next) => (parameters, here) = next,
            None if decrement < ROUNDING => {
                return Ok(Maximum { parameters, at_start, here, steps });
            }
            None => return Err(failure),
        }
        previous = decrement;
        steps += 1;
    }
}

/// Newton's step, or the parameter without information.
fn step_from<T>(here: &Local<T>) -> Result<Vec<f64>, usize> {
    let step = here.information.cholesky(0.0)?.solve(&here.score);
    match step.iter().position(|s| !s.is_finite()) {
        Some(parameter) => Err(parameter),
        None => Ok(step),
    }
}

/// The parameter that moves most, where a step still moves it along which next to nothing is left
/// of the information at the start.
fn runaway(step: &[f64], [here, start]: [&Matrix; 2]) -> Option<usize> {
    let fastest = (0..step.len()).max_by(|&a, &b| step[a].abs().total_cmp(&step[b].abs()))?;
    let flat = here.along(step) < FLAT * start.along(step);
    (flat && step[fastest].abs() > STILL_MOVING).then_some(fastest)
}

fn unbounded(parameters: &[f64], parameter: usize, step: &[f64]) -> Failure {
    // The direction of the steps is that in which there is no maximum.
    let takes_part =
        |&k: &usize| k != parameter && step[k].abs() > TAKES_PART * step[parameter].abs();
    let with = (0..step.len()).filter(takes_part).collect();
    Failure::Unbounded { parameter, reached: parameters[parameter], with }
}

/// Where the longest of `step`, `step / 2`, `step / 4`, .. leads that does not lower the function.
fn halved<T>(
    from: &[f64],
    mut step: Vec<f64>,
    before: f64,
    at: impl Fn(&[f64]) -> Local<T>,
) -> Option<(Vec<f64>, Local<T>)> {
    // Near the maximum the rise is smaller than the rounding of the sum.
    let enough = before - 1e-12 * before.abs().max(1.0);
    for _ in 0..MAX_HALVINGS {
        let mut there = from.to_vec();
        add(&mut there, 1.0, &step);
        let local = at(&there);
        if local.value >= enough && local.value.is_finite() && local.information.is_finite() {
            return Some((there, local));
        }
        step.iter_mut().for_each(|s| *s *= 0.5);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log likelihood of a logistic regression on an intercept and `x`.
    fn logistic<'a>(x: &'a [f64], y: &'a [bool]) -> impl Fn(&[f64]) -> Local + 'a {
        move |b| {
            let (mut value, mut score) = (0.0, vec![0.0; 2]);
            let mut information = Matrix::zeros(2);
            for (&x, &y) in x.iter().zip(y) {
                let linear = b[0] + b[1] * x;
                let p = 1.0 / (1.0 + (-linear).exp());
                value += if y { p.ln() } else { (1.0 - p).ln() };
                let row = [1.0, x];
                add(&mut score, f64::from(u8::from(y)) - p, &row);
                information.add_outer(p * (1.0 - p), &row);
            }
            information.mirror();
            Local { value, score, information, rest: () }
        }
    }

    const X: [f64; 8] = [-1.5, -1.0, -0.6, -0.1, 0.2, 0.7, 1.1, 1.6];

    /// Golden: the root of the score, by bisection in exact arithmetic of a 2 x 2 table.
    #[test]
    fn finds_the_maximum_of_a_table() {
        let x = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let y = [true, false, false, true, true, true, true, false];
        let maximum = maximise(vec![0.0; 2], logistic(&x, &y)).unwrap();
        let (low, high) = (0.5f64.ln(), 4f64.ln());
        assert!((maximum.parameters[0] - low).abs() < 1e-14);
        assert!((maximum.parameters[1] - (high - low)).abs() < 1e-14);
        assert!(maximum.here.value > maximum.at_start.value && maximum.steps < 8);
    }

    /// A finite maximum is one however flat it is: a single case beyond the threshold of the rest.
    #[test]
    fn a_flat_maximum_is_found() {
        let x: Vec<f64> = (0..4000).map(|i| f64::from(i) / 1000.0 - 2.0).collect();
        let mut y: Vec<bool> = x.iter().map(|x| *x > 0.0).collect();
        y[1500] = true;
        let flat = maximise(vec![0.0; 2], logistic(&x, &y)).unwrap();
        let twice = |v: Vec<f64>| [v.clone(), v].concat();
        let y2 = [y.clone(), y].concat();
        let doubled = maximise(vec![0.0; 2], logistic(&twice(x), &y2)).unwrap();
        assert!(flat.parameters[1] > 5.0);
        for (a, b) in flat.parameters.iter().zip(&doubled.parameters) {
            assert!((a - b).abs() < 1e-9 * b.abs());
        }
    }

    #[test]
    fn what_has_no_maximum_names_its_parameter() {
        let separated = X.map(|x| x > 0.0);
        let error = maximise(vec![0.0; 2], logistic(&X, &separated)).unwrap_err();
        assert!(matches!(error, Failure::Unbounded { parameter: 1, reached, .. } if reached > 3.0));
        let constant = [2.0; 8];
        let error = maximise(vec![0.0; 2], logistic(&constant, &separated)).unwrap_err();
        assert_eq!(error, Failure::Determined { parameter: 1 });
    }
}
