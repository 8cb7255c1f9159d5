//! The exact partial likelihood of tied events.
//!
//! Where `d` subjects of a risk set `R` have the event at one time, the likelihood is
//! `prod_D exp(h_i) / B(d, R)`, `B` the sum over all sets of `d` subjects at risk of the product of
//! their `exp(h)`. Member by member, `B(k, R + j) = B(k, R) + exp(h_j) B(k - 1, R)` (Gail, Lubin &
//! Rubinstein, *Biometrika* 68:703-707, 1981). Kept here are `ln B(k)` and the mean and covariance
//! of the sum of covariates over a set drawn with these odds, its first two derivatives: member `j`
//! is in the set with probability `q = exp(h_j) B(k - 1, R) / B(k, R + j)`, so that both are those
//! of a mixture of two sets, and nothing overflows or cancels.
//!
//! With one event at each time it is the usual partial likelihood. It has no case weights.

use super::derivatives::StratumRows;
use crate::numeric::{
    linear::{Matrix, add},
    newton::Local,
};

/// Log likelihood, score and information, summed over strata.
pub(super) fn derivatives(strata: &[StratumRows<'_>], b: &[f64]) -> Local {
    let p = b.len();
    let (mut score, mut information) = (vec![0.0; p], Matrix::zeros(p));
    let mut value = 0.0;
    for rows in strata {
        let log_hazard = rows.log_hazard(b);
        for (members, events) in risk_sets(rows) {
            let sets = Sets::new(rows, &log_hazard, &members, events.len());
            value -= sets.log_sum;
            for &i in events {
                value += log_hazard[i as usize];
                add(&mut score, 1.0, rows.covariates().row(i as usize));
            }
            add(&mut score, -1.0, &sets.mean);
            sets.add_covariance(&mut information);
        }
    }
    information.mirror();
    Local { value, score, information, rest: () }
}

/// Who is at risk at each time with events, and whose these are.
fn risk_sets<'a>(rows: &'a StratumRows<'a>) -> impl Iterator<Item = (Vec<usize>, &'a [u32])> {
    let (outcomes, groups) = (&rows.stratum.outcomes, &rows.stratum.groups);
    let with_events = (0..groups.len()).filter(|&g| !groups.get(g).events.is_empty());
    with_events.map(move |g| {
        let now = groups.times()[g];
        let entered = |&i: &usize| outcomes.entry().is_none_or(|entry| entry[i] < now);
        let all = (g..groups.len()).flat_map(|g| groups.get(g).all).map(|&i| i as usize);
        (all.filter(entered).collect(), groups.get(g).events)
    })
}

/// The sets of `k` members.
#[derive(Clone)]
struct Sets {
    /// `ln B(k)`; `-inf` where there are fewer members.
    log_sum: f64,
    /// Of the sum of covariates.
    mean: Vec<f64>,
    /// Below its diagonal and on it.
    covariance: Matrix,
}

impl Sets {
    fn empty(log_sum: f64, p: usize) -> Self {
        Self { log_sum, mean: vec![0.0; p], covariance: Matrix::zeros(p) }
    }

    /// Those of `size` of the members.
    fn new(rows: &StratumRows<'_>, log_hazard: &[f64], members: &[usize], size: usize) -> Self {
        let p = rows.n_columns();
        let mut sets = vec![Self::empty(f64::NEG_INFINITY, p); size + 1];
        sets[0].log_sum = 0.0;
        for (seen, &j) in members.iter().enumerate() {
            // A set that the members left cannot fill is not needed.
            let least = (size + seen + 1).saturating_sub(members.len()).max(1);
            for k in (least..=size.min(seen + 1)).rev() {
                let (smaller, larger) = sets.split_at_mut(k);
                larger[0].join(&smaller[k - 1], log_hazard[j], rows.covariates().row(j));
            }
        }
        sets.swap_remove(size)
    }

    /// Adds the sets of one member less, each with this one.
    fn join(&mut self, smaller: &Self, log_hazard: f64, x: &[f64]) {
        let with = smaller.log_sum + log_hazard;
        let most = self.log_sum.max(with);
        let log_sum = most + ((self.log_sum - most).exp() + (with - most).exp()).ln();
        let q = (with - log_sum).exp();
        let shift: Vec<f64> =
            smaller.mean.iter().zip(x).zip(&self.mean).map(|((s, x), m)| s + x - m).collect();
        self.log_sum = log_sum;
        add(&mut self.mean, q, &shift);
        self.covariance.mix(q, &smaller.covariance);
        self.covariance.add_outer(q * (1.0 - q), &shift);
    }

    fn add_covariance(&self, information: &mut Matrix) {
        information.add_scaled(1.0, &self.covariance);
    }
}

/// The log likelihood of one time by its definition, for tests.
#[cfg(test)]
fn by_definition(log_hazard: &[f64], events: usize) -> f64 {
    let n = log_hazard.len();
    let sum: f64 = (0..1u32 << n)
        .filter(|set| set.count_ones() as usize == events)
        .map(|set| (0..n).filter(|i| set >> i & 1 == 1).map(|i| log_hazard[i]).sum::<f64>().exp())
        .sum();
    log_hazard[..events].iter().sum::<f64>() - sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cox::{Design, Ties, derivatives::Problem},
        outcomes::Outcomes,
    };

    #[test]
    fn is_the_probability_of_these_of_all_sets_and_its_derivatives_are_its_own() {
        let x = [[0.3, 1.0], [-1.2, 0.4], [2.0, -0.7], [0.1, 0.2], [-0.5, 1.9], [1.1, -1.4]];
        let event = vec![true, true, true, false, false, false];
        let outcomes = Outcomes::new(vec![1.0, 1.0, 1.0, 1.0, 2.0, 3.0], event).unwrap();
        let design = Design::from_rows(2, x.concat()).unwrap();
        let (problem, _) = Problem::of(&outcomes, &design, Ties::Exact).unwrap();
        let at = |b: [f64; 2]| problem.derivatives(&b);
        let here = at([0.4, -0.9]);
        let log_hazard = problem.strata[0].log_hazard(&[0.4, -0.9]);
        assert!((here.value - by_definition(&log_hazard, 3)).abs() < 1e-13);
        let h = 1e-5;
        for k in 0..2 {
            let moved = |d: f64| {
                at([0.4 + if k == 0 { d } else { 0.0 }, -0.9 + if k == 1 { d } else { 0.0 }])
            };
            let (up, down) = (moved(h), moved(-h));
            assert!((here.score[k] - (up.value - down.value) / (2.0 * h)).abs() < 1e-9);
            for j in 0..2 {
                let curvature = -(up.score[j] - down.score[j]) / (2.0 * h);
                assert!((here.information[(j, k)] - curvature).abs() < 1e-9, "{j} {k}");
            }
        }
    }
}
