//! The likelihood of proportional hazards in the coefficients, the baseline hazard maximised out.
//!
//! Subject `i` with `e_i = exp(x_i'b)` and the cumulative baseline hazard `H` adds
//!
//! `-e_i H(left_i) + ln(1 - exp(-e_i (H(right_i) - H(left_i))))`,
//!
//! without the second part where it is right-censored; with an exact time `t`,
//! `ln h_t + x_i'b - e_i H(t)`. `H` jumps in maximal intersections only.

use super::{
    intersections::Intersections,
    likelihood::{Likelihood, Term, cumulative, running},
    maximum::Masses,
    outcomes::IntervalOutcomes,
};
use crate::{
    error::Error,
    numeric::linear::{Matrix, dot},
};

/// More jumps than this are left out of the information, which then is too large.
const MAX_JUMPS: usize = 700;

/// What does not depend on log hazards.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    subjects: Vec<Subject>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    /// Where the hazard stops being known.
    pub(crate) until: f64,
}

#[derive(Debug, Clone, Copy)]
struct Subject {
    weight: f64,
    /// It lives through the hazard of the intersections before this one.
    free: usize,
    event: Event,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    /// None seen, or one that is certain.
    Unseen,
    /// At this intersection, a point.
    Exact(usize),
    /// In the intersections from `free` to before this one.
    Before(usize),
}

/// The likelihood at log hazards, the baseline hazard being the best for them.
#[derive(Debug, Clone)]
pub(crate) struct Profiled {
    pub(crate) value: f64,
    pub(crate) masses: Masses,
    /// Derivative of the log likelihood by each subject's log hazard.
    pub(crate) score: Vec<f64>,
    likelihood: Likelihood,
    rate: Vec<f64>,
}

impl Profile {
    pub(crate) fn new(outcomes: &IntervalOutcomes) -> Result<Self, Error> {
        outcomes.has_events()?;
        let found = Intersections::new(outcomes, None);
        let free = |i: usize| {
            let (first, end) = found.ranges[i];
            if outcomes.is_exact(i) { end } else { first }
        };
        // Beyond what anybody is known to have lived through, the best hazard is infinite.
        let kept = (0..outcomes.n_subjects()).map(free).max().unwrap_or(0);
        if kept == 0 {
            return Err(Error::Undefined {
                name: "the proportional hazards model",
                why: "nobody is known to be free of the event beyond any event",
            });
        }
        let subject = |i: usize| {
            let (first, end) = found.ranges[i];
            let event = match () {
                () if outcomes.is_exact(i) => Event::Exact(first),
                () if outcomes.right()[i].is_infinite() || end > kept => Event::Unseen,
                () => Event::Before(end),
            };
            Subject { weight: outcomes.weight(i), free: free(i), event }
        };
        let subjects = (0..outcomes.n_subjects()).map(subject).collect();
        let Intersections { mut lower, mut upper, .. } = found;
        let until = lower.get(kept).copied().unwrap_or(upper[kept - 1]);
        lower.truncate(kept);
        upper.truncate(kept);
        Ok(Self { subjects, lower, upper, until })
    }

    /// The best baseline hazard for these log hazards, sought from `start`.
    pub(crate) fn at(&self, log_hazard: &[f64], start: Option<&[f64]>) -> Result<Profiled, Error> {
        let rate: Vec<f64> = log_hazard.iter().map(|h| h.exp()).collect();
        let likelihood = self.likelihood(&rate);
        let masses = likelihood.maximise(start)?;
        let exact = self.subjects.iter().zip(log_hazard);
        let exact = exact.filter(|(s, _)| matches!(s.event, Event::Exact(_)));
        let value = masses.value + exact.map(|(s, h)| s.weight * h).sum::<f64>();
        let sums = cumulative(&masses.mass);
        let by_subject = self.subjects.iter().zip(&rate);
        let score = by_subject.map(|(s, e)| s.weight * s.score(*e, &sums)).collect();
        Ok(Profiled { value, masses, score, likelihood, rate })
    }

    fn likelihood(&self, rate: &[f64]) -> Likelihood {
        let mut cost = vec![0.0; self.lower.len() + 1];
        let mut terms = Vec::new();
        for (s, &rate) in self.subjects.iter().zip(rate) {
            cost[0] += s.weight * rate;
            cost[s.free] -= s.weight * rate;
            let weight = s.weight;
            match s.event {
                Event::Unseen => {}
                Event::Exact(k) => terms.push(Term { first: k, end: k + 1, weight, rate: 0.0 }),
                Event::Before(end) => terms.push(Term { first: s.free, end, weight, rate }),
            }
        }
        Likelihood { terms, cost: running(cost) }
    }

    /// Each subject's log likelihood without its weight.
    pub(crate) fn values(&self, at: &Profiled, log_hazard: &[f64]) -> Vec<f64> {
        let sums = cumulative(&at.masses.mass);
        let value = |((s, e), h): ((&Subject, &f64), &f64)| {
            let event = match s.event {
                Event::Unseen => 0.0,
                Event::Exact(k) => at.masses.mass[k].ln() + h,
                Event::Before(end) => (-(-e * (sums[end] - sums[s.free])).exp_m1()).ln(),
            };
            event - e * sums[s.free]
        };
        self.subjects.iter().zip(&at.rate).zip(log_hazard).map(value).collect()
    }

    /// The negative second derivative of the likelihood by the coefficients of covariates
    /// `row(i)`, `[p]`, with the jumps of the baseline hazard adapted but for where they are.
    pub(crate) fn information<'a>(
        &self,
        at: &Profiled,
        p: usize,
        row: impl Fn(usize) -> &'a [f64],
    ) -> Matrix {
        let sums = cumulative(&at.masses.mass);
        let mut information = Matrix::zeros(p);
        let mut cross = vec![vec![0.0; self.lower.len() + 1]; p];
        for (i, (s, &e)) in self.subjects.iter().zip(&at.rate).enumerate() {
            information.add_outer(s.weight * s.curvature(e, &sums), row(i));
            let (end, within) = s.mixed(e, &sums);
            for (x, cross) in row(i).iter().zip(&mut cross) {
                cross[0] += s.weight * e * x;
                cross[s.free] += s.weight * x * (within - e);
                cross[end] -= s.weight * x * within;
            }
        }
        information.mirror();
        let cross: Vec<Vec<f64>> = cross.into_iter().map(running).collect();
        self.without_jumps(at, information, &cross)
    }

    /// `I_bb - I_bh I_hh^-1 I_hb`, over the jumps that are not 0.
    fn without_jumps(&self, at: &Profiled, of_b: Matrix, cross: &[Vec<f64>]) -> Matrix {
        let mass = &at.masses.mass;
        let support: Vec<usize> = (0..mass.len()).filter(|&k| mass[k] > 0.0).collect();
        if support.len() > MAX_JUMPS {
            return of_b;
        }
        let curvature = at.likelihood.at(mass).curvature;
        let hessian = at.likelihood.hessian(&support, mass.len(), &curvature);
        let hessian = Matrix::from_fn(support.len(), |j, k| {
            hessian[(j, k)] * if j == k { 1.0 + 1e-11 } else { 1.0 }
        });
        let Ok(factor) = hessian.cholesky(0.0) else { return of_b };
        let on_support = |column: &Vec<f64>| support.iter().map(|&k| column[k]).collect();
        let cross: Vec<Vec<f64>> = cross.iter().map(on_support).collect();
        let solved: Vec<Vec<f64>> = cross.iter().map(|column| factor.solve(column)).collect();
        Matrix::from_fn(cross.len(), |j, k| of_b[(j, k)] - dot(&cross[j], &solved[k]))
    }

    /// The intersections with a jump at these masses.
    pub(crate) fn jumps(&self, masses: &Masses) -> Vec<usize> {
        (0..masses.mass.len()).filter(|&k| masses.mass[k] > 0.0).collect()
    }
}

impl Subject {
    /// Derivative of its log likelihood by its log hazard.
    fn score(&self, rate: f64, sums: &[f64]) -> f64 {
        let event = match self.event {
            Event::Unseen => 0.0,
            Event::Exact(_) => 1.0,
            Event::Before(end) => odds(rate * (sums[end] - sums[self.free])).0,
        };
        event - rate * sums[self.free]
    }

    /// The negative second derivative.
    fn curvature(&self, rate: f64, sums: &[f64]) -> f64 {
        let event = match self.event {
            Event::Unseen | Event::Exact(_) => 0.0,
            Event::Before(end) => odds(rate * (sums[end] - sums[self.free])).1,
        };
        event + rate * sums[self.free]
    }

    /// The mixed negative second derivative by its log hazard and the jumps from `free` to before
    /// an end.
    fn mixed(&self, rate: f64, sums: &[f64]) -> (usize, f64) {
        match self.event {
            Event::Unseen | Event::Exact(_) => (self.free, 0.0),
            Event::Before(end) => {
                let s = sums[end] - sums[self.free];
                (end, odds(rate * s).1 / s)
            }
        }
    }
}

/// `g = x / (exp x - 1)` and `-x g'`.
fn odds(x: f64) -> (f64, f64) {
    let odds = 1.0 / x.exp_m1();
    let g = x * odds;
    (g, if x.is_infinite() { 0.0 } else { g * (x * (1.0 + odds) - 1.0) })
}
