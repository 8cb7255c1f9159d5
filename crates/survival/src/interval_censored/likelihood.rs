//! The likelihood that Turnbull's estimator and the proportional hazards model share.
//!
//! Over masses `p_k >= 0` of the maximal intersections, the concave function
//!
//! `sum_i w_i f_i(s_i) - sum_k c_k p_k`, `s_i` the sum of `p` on the range of subject `i`,
//!
//! where `f_i(s)` is `ln s` (a probability, or a hazard at an exact time) or
//! `ln(1 - exp(-e_i s))` (the probability of an event while the hazard adds up to `s`).

use super::intersections::Intersections;

/// The function, and where it is to be maximised.
#[derive(Debug, Clone)]
pub(crate) struct Likelihood {
    pub(crate) terms: Vec<Term>,
    /// `c`, above 0, for each intersection.
    pub(crate) cost: Vec<f64>,
}

/// What one subject (or several alike) adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Term {
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) weight: f64,
    /// `e_i`, or 0 where `f` is the logarithm.
    pub(crate) rate: f64,
}

/// The function at one point, with its derivatives.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) value: f64,
    /// Derivative of the sum of terms by each `p_k`, without the cost.
    pub(crate) slope: Vec<f64>,
    /// `-w_i f_i''` of each term.
    pub(crate) curvature: Vec<f64>,
}

impl Term {
    /// `f`, `f'` and `-f''` at `s`.
    fn at(&self, s: f64) -> (f64, f64, f64) {
        if self.rate == 0.0 {
            return (s.ln(), 1.0 / s, 1.0 / (s * s));
        }
        let x = self.rate * s;
        let odds = 1.0 / x.exp_m1();
        ((-(-x).exp_m1()).ln(), self.rate * odds, self.rate * self.rate * odds * (1.0 + odds))
    }
}

impl Likelihood {
    /// That of Turnbull's estimator: the costs add up to the weights, so that at the maximum the
    /// masses add up to 1 by themselves.
    pub(crate) fn of_masses(intersections: &Intersections, weight: impl Fn(usize) -> f64) -> Self {
        let mut terms: Vec<Term> = intersections
            .ranges
            .iter()
            .enumerate()
            .map(|(i, range)| Term { first: range.0, end: range.1, weight: weight(i), rate: 0.0 })
            .collect();
        terms.sort_unstable_by_key(|term| (term.first, term.end));
        terms.dedup_by(|next, kept| {
            let alike = (next.first, next.end) == (kept.first, kept.end);
            if alike {
                kept.weight += next.weight;
            }
            alike
        });
        let total = terms.iter().map(|term| term.weight).sum();
        Self { terms, cost: vec![total; intersections.len()] }
    }

    /// The summed weights of all terms.
    pub(crate) fn total(&self) -> f64 {
        self.terms.iter().map(|term| term.weight).sum()
    }

    pub(crate) fn at(&self, mass: &[f64]) -> Point {
        let sums = cumulative(mass);
        let mut value = -mass.iter().zip(&self.cost).map(|(p, c)| p * c).sum::<f64>();
        let mut slope = vec![0.0; mass.len() + 1];
        let curvature = self.terms.iter().map(|term| {
            let (f, first, second) = term.at(sums[term.end] - sums[term.first]);
            value += term.weight * f;
            slope[term.first] += term.weight * first;
            slope[term.end] -= term.weight * first;
            term.weight * second
        });
        let curvature = curvature.collect();
        Point { value, slope: running(slope), curvature }
    }

    /// The value alone.
    pub(crate) fn value(&self, mass: &[f64]) -> f64 {
        let sums = cumulative(mass);
        let value = |term: &Term| term.weight * term.at(sums[term.end] - sums[term.first]).0;
        let cost: f64 = mass.iter().zip(&self.cost).map(|(p, c)| p * c).sum();
        self.terms.iter().map(value).sum::<f64>() - cost
    }

    /// `sum w_i e_i` over the ranges that contain each intersection: what the missing counts of the
    /// EM algorithm add to numerator and denominator.
    pub(crate) fn damping(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.cost.len() + 1];
        for term in &self.terms {
            sum[term.first] += term.weight * term.rate;
            sum[term.end] -= term.weight * term.rate;
        }
        running(sum).into_iter().map(|v| v.max(0.0)).collect()
    }

    /// A bound of what the maximum lies above `mass`: by concavity `grad'(p_max - p)`, and at the
    /// maximum the costs add up to at most the weights, as `s f(s)' <= 1`. It is 0 where the
    /// conditions of Karush, Kuhn and Tucker hold.
    pub(crate) fn gap(&self, mass: &[f64], slope: &[f64]) -> f64 {
        let (mut steepest, mut along) = (0.0, 0.0);
        for ((p, d), c) in mass.iter().zip(slope).zip(&self.cost) {
            steepest = f64::max(steepest, (d - c) / c);
            along += (c - d) * p;
        }
        steepest * self.total() + along
    }
}

/// `[0, p_0, p_0 + p_1, ..]`.
pub(crate) fn cumulative(mass: &[f64]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(mass.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    sums.extend(mass.iter().map(|p| {
        sum += p;
        sum
    }));
    sums
}

/// What changes by these steps, without the last, behind everything.
pub(crate) fn running(mut steps: Vec<f64>) -> Vec<f64> {
    steps.pop();
    let mut sum = 0.0;
    for step in &mut steps {
        sum += *step;
        *step = sum;
    }
    steps
}
