//! The maximum of the likelihood of masses.
//!
//! On few points the constrained Newton method: the support is where there is mass and where, in
//! between, the slope is highest; a step maximises the quadratic approximation over masses that are
//! not negative (Wang, *Comput. Stat. Data Anal.* 52:2388-2402, 2008). On many, as where most times
//! are exact, the EM algorithm (self-consistency), extrapolated by squares (Varadhan & Roland,
//! *Scand. J. Stat.* 35:335-353, 2008). Both end when the likelihood is known to lie within
//! [`CONVERGED`] of its maximum.

use super::likelihood::{Likelihood, Point};
use crate::{
    error::Error,
    numeric::linear::{Matrix, dot},
};

/// What the maximum may lie above the result, per unit of weight.
const CONVERGED: f64 = 1e-11;
/// The same where rounding ends the rise.
const CLOSE_ENOUGH: f64 = 1e-8;
/// The same where only the EM algorithm is used.
const CONVERGED_EM: f64 = 1e-8;
const MAX_STEPS: usize = 200;
const MAX_EM_STEPS: usize = 20_000;
/// More points than this are left to the EM algorithm.
const MAX_SUPPORT: usize = 700;

/// Masses of the highest likelihood.
#[derive(Debug, Clone)]
pub(crate) struct Masses {
    pub(crate) mass: Vec<f64>,
    pub(crate) value: f64,
    /// What the maximum may lie above `value`.
    pub(crate) gap: f64,
    pub(crate) steps: usize,
}

impl Likelihood {
    /// The maximum, sought from `start` or from masses that give every subject some probability.
    pub(crate) fn maximise(&self, start: Option<&[f64]>) -> Result<Masses, Error> {
        let mass = match start.filter(|start| self.value(start).is_finite()) {
            Some(start) => start.to_vec(),
            None => self.covering(),
        };
        let mass = self.em_step(&mass, &self.damping());
        match self.newton(mass)? {
            Ok(found) => Ok(found),
            Err(mass) => self.em(mass),
        }
    }

    /// Equal masses at few points such that each range has one: of a range without any yet, the
    /// last one.
    fn covering(&self) -> Vec<f64> {
        let mut by_end: Vec<&_> = self.terms.iter().collect();
        by_end.sort_unstable_by_key(|term| term.end);
        let mut chosen: Vec<usize> = vec![];
        for term in by_end {
            if chosen.last().is_none_or(|&last| last < term.first) {
                chosen.push(term.end - 1);
            }
        }
        let mut mass = vec![0.0; self.cost.len()];
        for k in &chosen {
            mass[*k] = self.total() / (self.cost[*k] * chosen.len() as f64);
        }
        mass
    }

    /// One step of the EM algorithm.
    fn em_step(&self, mass: &[f64], damping: &[f64]) -> Vec<f64> {
        let slope = self.at(mass).slope;
        let by = mass.iter().zip(&slope).zip(self.cost.iter().zip(damping));
        by.map(|((p, d), (c, e))| p * (d + e) / (c + e)).collect()
    }

    /// Newton's steps; where they need too many points, how far they got.
    fn newton(&self, mut mass: Vec<f64>) -> Result<Result<Masses, Vec<f64>>, Error> {
        let mut here = self.at(&mass);
        let mut gap = self.gap(&mass, &here.slope);
        for steps in 0..MAX_STEPS {
            if gap <= CONVERGED * self.total() {
                return Ok(Ok(Masses { mass, value: here.value, gap, steps }));
            }
            let support = self.support(&mass, &here.slope);
            if support.len() > MAX_SUPPORT {
                return Ok(Err(mass));
            }
            let target = self.quadratic_maximum(&support, &mass, &here);
            let Some(next) = self.towards(&mass, &target, here.value) else { break };
            mass = next;
            here = self.at(&mass);
            let before = gap;
            gap = self.gap(&mass, &here.slope);
            // What rounding leaves cannot shrink any more.
            if gap <= CLOSE_ENOUGH * self.total() && gap > 0.5 * before {
                return Ok(Ok(Masses { mass, value: here.value, gap, steps }));
            }
        }
        Ok(Err(mass))
    }

    /// Where there is mass, and between these the point with the steepest rise.
    fn support(&self, mass: &[f64], slope: &[f64]) -> Vec<usize> {
        let rise = |k: usize| (slope[k] - self.cost[k]) / self.cost[k];
        let mut support = vec![];
        let mut steepest: Option<usize> = None;
        for (k, p) in mass.iter().enumerate() {
            if *p > 0.0 {
                support.extend(steepest.take());
                support.push(k);
            } else if rise(k) > 0.0 && steepest.is_none_or(|s| rise(k) > rise(s)) {
                steepest = Some(k);
            }
        }
        support.extend(steepest);
        support
    }

    /// The maximum of the quadratic approximation at `here` over masses on the support.
    fn quadratic_maximum(&self, support: &[usize], mass: &[f64], here: &Point) -> Vec<f64> {
        let hessian = self.hessian(support, mass.len(), &here.curvature);
        let from: Vec<f64> = support.iter().map(|&k| mass[k]).collect();
        let mut target: Vec<f64> = support.iter().map(|&k| here.slope[k] - self.cost[k]).collect();
        for (t, row) in target.iter_mut().zip(hessian.rows()) {
            *t += dot(row, &from);
        }
        let found = non_negative(&hessian, &target, from);
        let mut all = vec![0.0; mass.len()];
        support.iter().zip(found).for_each(|(&k, p)| all[k] = p);
        all
    }

    /// Negative second derivatives on the support: each term adds its curvature to a square block.
    pub(crate) fn hessian(&self, support: &[usize], n: usize, curvature: &[f64]) -> Matrix {
        let size = support.len();
        let place = places(support, n);
        let mut steps = Matrix::zeros(size + 1);
        for (term, h) in self.terms.iter().zip(curvature) {
            let (a, b) = (place[term.first], place[term.end]);
            steps[(a, a)] += h;
            steps[(b, a)] -= h;
            steps[(b, b)] += h;
        }
        // Below the diagonal only: what begins above it in a column begins on it.
        let mut sums = Matrix::zeros(size);
        for column in 0..size {
            for row in column..size {
                let left = if column > 0 { sums[(row, column - 1)] } else { 0.0 };
                let above = if row > column { sums[(row - 1, column)] } else { left };
                let both = if column > 0 { sums[(row - 1, column - 1)] } else { 0.0 };
                sums[(row, column)] = steps[(row, column)] + left + above - both;
            }
        }
        sums.mirror();
        sums
    }

    /// The farthest of `mass + t (target - mass)`, `t = 1, 1/2, ..`, that does not lower the value
    /// by more than rounding, which near the maximum is larger than any rise.
    fn towards(&self, mass: &[f64], target: &[f64], before: f64) -> Option<Vec<f64>> {
        let enough = before - 1e-14 * (before.abs() + self.total());
        let mut share = 1.0;
        for _ in 0..40 {
            let there: Vec<f64> =
                mass.iter().zip(target).map(|(p, q)| (p + share * (q - p)).max(0.0)).collect();
            if self.value(&there) >= enough {
                return Some(there);
            }
            share *= 0.5;
        }
        None
    }

    /// The EM algorithm, every third step extrapolated.
    fn em(&self, start: Vec<f64>) -> Result<Masses, Error> {
        let damping = self.damping();
        let floor = self.total() / self.cost.iter().sum::<f64>() * 1e-3;
        let mut mass: Vec<f64> = start.iter().map(|p| p.max(floor)).collect();
        for steps in (0..MAX_EM_STEPS).step_by(3) {
            let here = self.at(&mass);
            let gap = self.gap(&mass, &here.slope);
            if gap <= CONVERGED_EM * self.total() {
                return Ok(Masses { mass, value: here.value, gap, steps });
            }
            let once = self.em_step(&mass, &damping);
            let twice = self.em_step(&once, &damping);
            mass = self.em_step(&self.extrapolated(&mass, &once, twice), &damping);
        }
        let distance = self.gap(&mass, &self.at(&mass).slope).sqrt();
        Err(Error::NotConverged { steps: MAX_EM_STEPS, distance })
    }

    /// Where two steps lead if they go on as they shrink, or `twice` if that is not higher.
    fn extrapolated(&self, mass: &[f64], once: &[f64], twice: Vec<f64>) -> Vec<f64> {
        let (mut first, mut change) = (0.0, 0.0);
        for ((p, q), r) in mass.iter().zip(once).zip(&twice) {
            first += (q - p).powi(2);
            change += (r - 2.0 * q + p).powi(2);
        }
        let length = (first / change).sqrt();
        if !(length.is_finite() && length > 1.0) {
            return twice;
        }
        let beyond = |((p, q), r): ((&f64, &f64), &f64)| {
            let there = p + 2.0 * length * (q - p) + length * length * (r - 2.0 * q + p);
            if there > 0.0 { there } else { 1e-2 * r }
        };
        let there: Vec<f64> = mass.iter().zip(once).zip(&twice).map(beyond).collect();
        if self.value(&there) > self.value(&twice) { there } else { twice }
    }
}

/// How many points of the support come before each index up to `n`.
fn places(support: &[usize], n: usize) -> Vec<usize> {
    let mut place = Vec::with_capacity(n + 1);
    let mut next = 0;
    for k in 0..=n {
        place.push(next);
        next += usize::from(support.get(next) == Some(&k));
    }
    place
}

/// Approximately the maximum of `target'x - x'Hx / 2` over `x >= 0`: from `from`, towards the
/// maximum without bounds as far as these let, then again without what has become 0.
fn non_negative(hessian: &Matrix, target: &[f64], from: Vec<f64>) -> Vec<f64> {
    let mut x = from;
    let mut free: Vec<usize> = (0..x.len()).collect();
    while !free.is_empty() {
        // A share of the diagonal, as ranges that no term tells apart leave no maximum.
        let part = Matrix::from_fn(free.len(), |j, k| {
            hessian[(free[j], free[k])] * if j == k { 1.0 + 1e-11 } else { 1.0 }
        });
        let Ok(factor) = part.cholesky(0.0) else { break };
        let best = factor.solve(&free.iter().map(|&j| target[j]).collect::<Vec<_>>());
        let reach =
            |(&j, &b): (&usize, &f64)| if b < 0.0 { x[j] / (x[j] - b) } else { f64::INFINITY };
        let reaches: Vec<f64> = free.iter().zip(&best).map(reach).collect();
        let share = reaches.iter().copied().fold(1.0, f64::min);
        for (&j, b) in free.iter().zip(&best) {
            x[j] = (x[j] + share * (b - x[j])).max(0.0);
        }
        let stops = |reach: f64| reach <= share * (1.0 + 1e-12);
        let (stopped, kept): (Vec<_>, Vec<_>) =
            free.iter().zip(&reaches).partition(|(_, reach)| stops(**reach));
        stopped.iter().for_each(|(j, _)| x[**j] = 0.0);
        if stopped.is_empty() {
            break;
        }
        free = kept.into_iter().map(|(j, _)| *j).collect();
    }
    x
}
