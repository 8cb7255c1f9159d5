//! Newton's method with step halving.

use super::collinear::first_collinear;
use super::partial::{Derivatives, Problem};
use crate::Error;
use nalgebra::{DMatrix, DVector};

const MAX_ITERATIONS: usize = 60;
const MAX_HALVINGS: usize = 40;
/// The squared length of the last step in standard errors (the Newton decrement).
const CONVERGED: f64 = 1e-20;
/// From this decrement on, the likelihood has stopped rising for any practical purpose ...
const FLAT: f64 = 1e-3;
/// ... and a coefficient that still moves by this much (per SD of its column) has no maximum.
const STILL_MOVING: f64 = 0.3;

/// Where Newton's method ended.
pub(crate) struct Maximum {
    pub(crate) coef: DVector<f64>,
    pub(crate) at_null: Derivatives,
    pub(crate) at_maximum: Derivatives,
    pub(crate) iterations: usize,
}

/// Maximises the log partial likelihood less `sum(penalty * coef^2) / 2` from `coef = 0`.
pub(crate) fn maximise(
    problem: &Problem,
    penalty: &DVector<f64>,
    names: &[String],
) -> Result<Maximum, Error> {
    let mut coef = DVector::zeros(problem.p);
    let at_null = problem.derivatives(&coef);
    if let Some(column) = first_collinear(&penalised(&at_null.information, penalty)) {
        return Err(Error::Collinear(names[column].clone()));
    }
    let mut now = problem.derivatives(&coef);
    let mut iterations = 0;
    loop {
        let score = &now.score - penalty.component_mul(&coef);
        let step = solve(&penalised(&now.information, penalty), &score)
            .ok_or_else(|| runaway(&coef, &coef, names))?;
        let decrement = step.dot(&score);
        if decrement < FLAT && step.amax() > STILL_MOVING {
            return Err(runaway(&coef, &step, names));
        }
        if decrement <= CONVERGED {
            // The last, tiny step still halves the remaining digits.
            coef += step;
            let at_maximum = problem.derivatives(&coef);
            return Ok(Maximum { coef, at_null, at_maximum, iterations });
        }
        if iterations == MAX_ITERATIONS {
            return Err(Error::NotConverged(iterations, decrement.sqrt()));
        }
        iterations += 1;
        match halve(problem, penalty, &coef, &now, step) {
            Some((next, derivatives)) => (coef, now) = (next, derivatives),
            // No step raises a likelihood that is at its last digit: this is the maximum.
            None if decrement < 1e-9 => {
                return Ok(Maximum { coef, at_null, at_maximum: now, iterations });
            }
            None => return Err(Error::NotConverged(iterations, decrement.sqrt())),
        }
    }
}

/// The longest of step, step/2, step/4, ... that does not lower the likelihood.
fn halve(
    problem: &Problem,
    penalty: &DVector<f64>,
    coef: &DVector<f64>,
    now: &Derivatives,
    mut step: DVector<f64>,
) -> Option<(DVector<f64>, Derivatives)> {
    let objective = |coef: &DVector<f64>, at: &Derivatives| {
        at.loglik - penalty.component_mul(coef).dot(coef) / 2.0
    };
    let old = objective(coef, now);
    for _ in 0..MAX_HALVINGS {
        let next = coef + &step;
        let derivatives = problem.derivatives(&next);
        let new = objective(&next, &derivatives);
        // Near the maximum the rise is smaller than the rounding of the sum.
        if new.is_finite() && new >= old - 1e-12 * old.abs() {
            return Some((next, derivatives));
        }
        step *= 0.5;
    }
    None
}

/// The column with the largest coefficient, or the one that moves most.
fn runaway(coef: &DVector<f64>, step: &DVector<f64>, names: &[String]) -> Error {
    let column = step.iamax();
    Error::MonotoneLikelihood(names[column].clone(), coef[column])
}

/// Information plus the penalty's curvature.
pub(crate) fn penalised(information: &DMatrix<f64>, penalty: &DVector<f64>) -> DMatrix<f64> {
    information + DMatrix::from_diagonal(penalty)
}

fn solve(matrix: &DMatrix<f64>, vector: &DVector<f64>) -> Option<DVector<f64>> {
    let solution = matrix.clone().cholesky()?.solve(vector);
    solution.iter().all(|v| v.is_finite()).then_some(solution)
}
