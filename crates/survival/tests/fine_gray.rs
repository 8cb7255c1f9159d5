//! The sandwich of a subdistribution hazard fit against the coefficients' own derivative with
//! respect to each subject's case weight.

#![allow(clippy::unwrap_used)] // a helper of tests may stop

use vertebra_survival::{CompetingOutcomes, fine_gray, fine_gray::FineGrayFit};

struct Cohort {
    outcomes: CompetingOutcomes,
    covariates: [Vec<f64>; 2],
}

impl Cohort {
    /// Two covariates, two causes, censoring, three in four entering late.
    fn new(n: usize) -> Self {
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) as f64 + 0.5) / (1u64 << 31) as f64
        };
        let (mut time, mut cause, mut entry) = (Vec::new(), Vec::new(), Vec::new());
        let mut covariates = [Vec::new(), Vec::new()];
        while time.len() < n {
            let x = [2.0 * uniform() - 1.0, f64::from(uniform() < 0.4)];
            let own = -uniform().ln() / (0.15 * (1.5 * x[0] + 0.5 * x[1]).exp());
            let other = -uniform().ln() / (0.3 * (1.5 * x[0] - x[1]).exp());
            let (censored, late) = (5.0 * uniform() + 0.2, 4.0 * uniform());
            let from = if time.len() % 4 != 0 { late } else { 0.0 };
            let end = own.min(other).min(censored);
            if end <= from {
                continue; // never seen
            }
            time.push(end);
            entry.push(from);
            cause.push(if end == own {
                1
            } else if end == other {
                2
            } else {
                0
            });
            covariates.iter_mut().zip(x).for_each(|(all, x)| all.push(x));
        }
        let outcomes = CompetingOutcomes::new(time, cause).unwrap().with_entry(entry).unwrap();
        Self { outcomes, covariates }
    }

    fn fit(&self, weights: &[f64]) -> FineGrayFit {
        let outcomes = self.outcomes.clone().with_weights(weights.to_vec()).unwrap();
        let [x, y] = &self.covariates;
        fine_gray(&outcomes.cause(1).unwrap(), &[x, y]).unwrap()
    }
}

#[test]
fn standard_errors_are_those_of_the_derivative_by_weights() {
    let n = 600;
    let cohort = Cohort::new(n);
    let weights: Vec<f64> = (0..n).map(|i| 1.0 + (i % 4) as f64 / 2.0).collect();
    let fit = cohort.fit(&weights);
    let mut variance = [0.0; 2];
    for i in 0..n {
        let at = |step: f64| {
            let mut moved = weights.clone();
            moved[i] *= 1.0 + step;
            cohort.fit(&moved).coefficients
        };
        let (up, down) = (at(1e-3), at(-1e-3));
        (0..2).for_each(|k| variance[k] += ((up[k] - down[k]) / 2e-3).powi(2));
    }
    for (got, expected) in fit.std_errors.iter().zip(variance.map(f64::sqrt)) {
        // The curves' parts are those of their martingales, which differ by one part in those at
        // risk: by 1e-4 here. Without the part in G the first would differ by 1e-3, without that in
        // H by 4e-3.
        assert!((got / expected - 1.0).abs() < 3e-4, "got {got}, expected {expected}");
    }
}
