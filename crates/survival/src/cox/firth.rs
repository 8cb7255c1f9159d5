//! Firth's penalty: the log likelihood plus half the log determinant of its information.
//!
//! It removes the first-order bias of the coefficients, and they are finite also where a covariate
//! separates the events. Its score adds to that of coefficient `r` half of
//! `trace(I^-1 dI/db_r) = sum v E[(x_r - M_r) (x - M)' I^-1 (x - M)]`, third central moments of the
//! covariates over the risk sets (those that the r-th of tied events sees, by Efron).
//!
//! Sources: Firth, *Biometrika* 80:27-38, 1993; Heinze & Schemper, *Biometrics* 57:114-119, 2001.

use super::{
    derivatives::{Problem, StratumRows},
    ties::Ties,
};
use crate::numeric::{
    linear::{Matrix, add, dot},
    newton::Local,
};

/// The same with the penalty added to value and score; the information, which Newton's method takes
/// for that of the penalised likelihood, stays. Unchanged where the information has no inverse.
pub(super) fn penalised(problem: &Problem<'_>, b: &[f64], mut at: Local) -> Local {
    let Ok(factor) = at.information.cholesky(0.0) else { return at };
    let inverse = factor.inverse();
    at.value += factor.log_determinant() / 2.0;
    for rows in &problem.strata {
        add_score(rows, &rows.log_hazard(b), (&inverse, problem.ties), &mut at.score);
    }
    at
}

fn add_score(
    rows: &StratumRows<'_>,
    log_hazard: &[f64],
    (inverse, ties): (&Matrix, Ties),
    score: &mut [f64],
) {
    let (outcomes, groups) = (&rows.stratum.outcomes, &rows.stratum.groups);
    let most = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let share = |i: usize| outcomes.weight(i) * (log_hazard[i] - most).exp();
    let mut risk_set = Moments::new(inverse.size());
    let add_to = |moments: &mut Moments, i: usize| {
        moments.add(share(i), rows.covariates().row(i), inverse);
    };
    for g in (0..groups.len()).rev() {
        let (group, now) = (groups.get(g), groups.times()[g]);
        match outcomes.entry() {
            None => group.all.iter().for_each(|&i| add_to(&mut risk_set, i as usize)),
            Some(entry) if !group.events.is_empty() => {
                risk_set = Moments::new(inverse.size());
                let all = (g..groups.len()).flat_map(|g| groups.get(g).all).map(|&i| i as usize);
                all.filter(|&i| entry[i] < now).for_each(|i| add_to(&mut risk_set, i));
            }
            Some(_) => {}
        }
        if group.events.is_empty() {
            continue;
        }
        let weight = outcomes.weigh(group.events) / group.events.len() as f64;
        let mut tied = Moments::new(inverse.size());
        group.events.iter().for_each(|&i| add_to(&mut tied, i as usize));
        for r in 0..group.events.len() {
            let gone = match ties {
                Ties::Efron => r as f64 / group.events.len() as f64,
                _ => 0.0,
            };
            add(score, weight / 2.0, &risk_set.less(gone, &tied).third(inverse));
        }
    }
}

/// Sums over a risk set of `w exp(h)` times 1, `x`, `x x'`, `s = x' I^-1 x` and `s x`.
#[derive(Clone)]
struct Moments {
    zero: f64,
    one: Vec<f64>,
    /// Below its diagonal and on it.
    two: Matrix,
    square: f64,
    square_one: Vec<f64>,
}

impl Moments {
    fn new(p: usize) -> Self {
        let (one, square_one) = (vec![0.0; p], vec![0.0; p]);
        Self { zero: 0.0, one, two: Matrix::zeros(p), square: 0.0, square_one }
    }

    fn add(&mut self, share: f64, x: &[f64], inverse: &Matrix) {
        let square = share * dot(x, &inverse.apply(x));
        self.zero += share;
        add(&mut self.one, share, x);
        self.two.add_outer(share, x);
        self.square += square;
        add(&mut self.square_one, square, x);
    }

    /// The sums without the part `gone` of those of others.
    fn less(&self, gone: f64, other: &Self) -> Self {
        let mut left = self.clone();
        left.zero -= gone * other.zero;
        add(&mut left.one, -gone, &other.one);
        left.two.add_scaled(-gone, &other.two);
        left.square -= gone * other.square;
        add(&mut left.square_one, -gone, &other.square_one);
        left
    }

    /// `E[(x - M) (x - M)' I^-1 (x - M)]` `= Cov(x, s) - 2 Var(x) I^-1 M`.
    fn third(mut self, inverse: &Matrix) -> Vec<f64> {
        self.two.mirror();
        let mean: Vec<f64> = self.one.iter().map(|one| one / self.zero).collect();
        let towards = inverse.apply(&mean);
        let mut third: Vec<f64> = self.square_one.iter().map(|s| s / self.zero).collect();
        add(&mut third, -self.square / self.zero, &mean);
        add(&mut third, -2.0 / self.zero, &self.two.apply(&towards));
        add(&mut third, 2.0 * dot(&mean, &towards), &mean);
        third
    }
}
