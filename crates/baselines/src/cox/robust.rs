//! Robust (sandwich) variance from the score residuals, summed by cluster.
//!
//! Source: Lin & Wei, *JASA* 84:1074-1078, 1989; with Efron ties as in Therneau & Grambsch,
//! *Modeling Survival Data*, 2000, section 3.2: a tied event is in the l-th term with the share
//! `1 - l/d`, and its own mean is the average of the terms' means.

use super::partial::{Problem, Sweep, add};
use super::plan::Stratum;
use nalgebra::{DMatrix, DVector};
use std::collections::BTreeMap;

/// `V B V`, where `B` is the sum over clusters of the outer products of the weighted score
/// residuals, and `V` the model's variance.
pub(crate) fn sandwich(
    problem: &Problem,
    coef: &DVector<f64>,
    variance: &DMatrix<f64>,
    clusters: &[usize],
) -> DMatrix<f64> {
    let mut sums: BTreeMap<usize, DVector<f64>> = BTreeMap::new();
    for stratum in problem.strata {
        let sweep = problem.sweep(stratum, coef);
        for (&row, residual) in stratum.order.iter().zip(score_residuals(problem, stratum, &sweep))
        {
            let sum = sums.entry(clusters[row]).or_insert_with(|| DVector::zeros(problem.p));
            *sum += DVector::from_vec(residual);
        }
    }
    let mut middle = DMatrix::zeros(problem.p, problem.p);
    for sum in sums.values() {
        middle.ger(1.0, sum, sum, 1.0);
    }
    variance * middle * variance
}

/// Running sums over event times of the hazard step, and of step times mean.
struct Cumulative {
    hazard: Vec<f64>,
    mean: Vec<Vec<f64>>,
}

impl Cumulative {
    fn new(sweep: &Sweep, p: usize) -> Self {
        let (mut hazard, mut mean) = (vec![0.0], vec![vec![0.0; p]]);
        let (mut h, mut m) = (0.0, vec![0.0; p]);
        for terms in &sweep.terms {
            for term in terms {
                h += term.step;
                add(&mut m, term.step, &term.mean);
            }
            hazard.push(h);
            mean.push(m.clone());
        }
        Self { hazard, mean }
    }
}

/// Weighted score residual of each place of a stratum.
fn score_residuals(problem: &Problem, stratum: &Stratum, sweep: &Sweep) -> Vec<Vec<f64>> {
    let cumulative = Cumulative::new(sweep, problem.p);
    (0..stratum.order.len())
        .map(|place| residual(problem, stratum, sweep, &cumulative, place))
        .collect()
}

fn residual(
    problem: &Problem,
    stratum: &Stratum,
    sweep: &Sweep,
    cumulative: &Cumulative,
    place: usize,
) -> Vec<f64> {
    let (row, outcomes) = (stratum.order[place], problem.outcomes);
    let (x, event) = (problem.row(row), outcomes.event()[row]);
    let start = outcomes.entry().map_or(0, |entry| stratum.groups_until(entry[row]));
    let at_risk_until = stratum.groups_until(outcomes.time()[row]);
    let end = at_risk_until - usize::from(event);
    // - r * integral of (x - mean) dH over the time at risk, without the own event
    let mut hazard = cumulative.hazard[end] - cumulative.hazard[start];
    let mut mean = cumulative.mean[end].clone();
    add(&mut mean, -1.0, &cumulative.mean[start]);
    let mut residual = vec![0.0; problem.p];
    if event {
        let own = &sweep.terms[end];
        for term in own {
            hazard += term.own_share * term.step;
            add(&mut mean, term.own_share * term.step, &term.mean);
            add(&mut residual, -problem.weight(row) / own.len() as f64, &term.mean);
        }
        add(&mut residual, problem.weight(row), x);
    }
    let share = sweep.share[place];
    add(&mut residual, -share * hazard, x);
    add(&mut residual, share, &mean);
    residual
}
