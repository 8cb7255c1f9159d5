//! Score and information in one pass over the rows, where all are at risk from the start and a
//! double holds the spread of log hazards. The general form is that of `derivatives`, which this
//! one is tested against.
//!
//! Rows are read where the design has them and standardised one by one, so that no second copy of
//! the data is needed. Subjects by decreasing time are cut into parts that threads work through; a
//! part does not know the sum of covariates of those after it. But every mean that it needs is
//! `a + c A` in that sum `A`, so that it keeps `sum v a a'`, `sum v c a` and `sum v c c`, from which
//! `sum v (a + c A) (a + c A)'` follows when `A` is known. Parts are the same, and are put together
//! in the same order, on any number of threads.

use super::{
    derivatives::StratumRows,
    plain::{Events, PART, Shares},
    reader::Reader,
    ties::Ties,
};
use crate::numeric::{
    gram::{Gram, LANES, Lanes, add_lanes},
    linear::{Matrix, add},
};
use rayon::prelude::*;
use std::ops::Range;
use vertebra_wide::{Loops, widest};

/// What the risk sets are at given log hazards.
pub(super) struct Walk {
    pub(super) shares: Shares,
    pub(super) log_likelihood: f64,
    /// The groups with events, by increasing time.
    pub(super) events: Vec<(usize, Events)>,
}

/// `sum g U` and `sum g V` of the score and the information that each time adds, weighted by a
/// factor `g` of time; the matrix below its diagonal and on it.
pub(super) struct Weighted {
    pub(super) score: Vec<f64>,
    pub(super) information: Matrix,
}

/// A factor of time at each time with events, and the hazard times it that was met before.
struct Weighting {
    factor: Vec<f64>,
    met: Vec<f64>,
}

impl StratumRows<'_> {
    /// `None` where the general form is needed.
    pub(super) fn walk(&self, log_hazard: &[f64], ties: Ties) -> Option<Walk> {
        let (outcomes, groups) = (&self.stratum.outcomes, &self.stratum.groups);
        let shares = Shares::new(outcomes, groups, log_hazard)?;
        let mut events = Vec::new();
        let loss = shares
            .walk_back((outcomes, groups), log_hazard, ties, |g, found| events.push((g, found)));
        events.reverse();
        Some(Walk { shares, log_likelihood: -loss, events })
    }

    /// Score and information, once for each factor of time.
    pub(super) fn weighted(
        &self,
        walk: &Walk,
        factors: &[&(dyn Fn(f64) -> f64 + Sync)],
    ) -> Vec<Weighted> {
        let times = self.stratum.groups.times();
        let weighting = |factor: &&(dyn Fn(f64) -> f64 + Sync)| {
            let factor: Vec<f64> = walk.events.iter().map(|(g, _)| factor(times[*g])).collect();
            let mut met = vec![0.0];
            for ((_, events), factor) in walk.events.iter().zip(&factor) {
                met.push(met[met.len() - 1] + factor * events.step() * events.tied.others);
            }
            Weighting { factor, met }
        };
        let weightings: Vec<Weighting> = factors.iter().map(weighting).collect();
        let part =
            |groups| widest(Part { rows: self, walk, weightings: &weightings, groups }).known();
        let parts: Vec<(Vec<Lanes>, Vec<Known>)> = self.parts().into_par_iter().map(part).collect();
        put_together(parts, factors.len(), self.n_columns())
    }

    /// Groups of equal times, about [`PART`] subjects together.
    fn parts(&self) -> Vec<Range<usize>> {
        let groups = &self.stratum.groups;
        let mut parts = Vec::new();
        let (mut start, mut from) = (0, 0);
        for g in 0..groups.len() {
            let end = groups.positions(g).1.end;
            if end - from >= PART || g + 1 == groups.len() {
                parts.push(start..g + 1);
                (start, from) = (g + 1, end);
            }
        }
        parts
    }
}

/// From the last part, whose risk sets have nobody after them.
fn put_together(parts: Vec<(Vec<Lanes>, Vec<Known>)>, factors: usize, p: usize) -> Vec<Weighted> {
    let zero = || Weighted { score: vec![0.0; p], information: Matrix::zeros(p) };
    let mut all: Vec<Weighted> = (0..factors).map(|_| zero()).collect();
    let mut after = vec![[0.0; LANES]; p.div_ceil(LANES)];
    for (total, of) in parts.into_iter().rev() {
        for (Weighted { score, information }, mut of) in all.iter_mut().zip(of) {
            add(score, 1.0, of.score.as_flattened());
            add(score, -of.reach, after.as_flattened());
            information.add_scaled(1.0, &of.information);
            // -(along A' + A along' + square A A')
            add_lanes(&mut of.along, of.square / 2.0, &after);
            let (along, after) = (of.along.as_flattened(), after.as_flattened());
            for j in 0..p {
                for k in 0..=j {
                    information[(j, k)] -= along[j] * after[k] + after[j] * along[k];
                }
            }
        }
        add_lanes(&mut after, 1.0, &total);
    }
    all
}

/// Some groups of equal times.
struct Part<'a> {
    rows: &'a StratumRows<'a>,
    walk: &'a Walk,
    weightings: &'a [Weighting],
    groups: Range<usize>,
}

/// What a part adds.
struct Sums {
    /// Shares times covariates.
    total: Vec<Lanes>,
    /// For each factor.
    of: Vec<SumsOf>,
}

/// What a part adds for one factor, and the rows that are still to be multiplied.
struct SumsOf {
    known: Known,
    gram: Gram,
}

/// What a part adds for one factor; `v` is the weight of events times the factor.
struct Known {
    /// `sum v x` minus `sum v a`.
    score: Vec<Lanes>,
    /// `sum v c`.
    reach: f64,
    /// `sum e x x' - sum v a a'`, below the diagonal and on it.
    information: Matrix,
    /// `sum v c a`.
    along: Vec<Lanes>,
    /// `sum v c c`.
    square: f64,
}

/// Sums of covariates at one time.
struct AtTime {
    /// Of the events, by share.
    own: Vec<Lanes>,
    /// Of the events, by weight.
    observed: Vec<Lanes>,
    mean: Vec<Lanes>,
}

impl Loops for Part<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run(self) -> Sums {
        // Loops over a number of panels that the compiler knows become straight lines.
        match self.rows.n_columns().div_ceil(LANES) {
            1 => self.of_panels(1),
            2 => self.of_panels(2),
            panels => self.of_panels(panels),
        }
    }
}

impl Part<'_> {
    #[inline(always)]
    fn of_panels(&self, panels: usize) -> Sums {
        let Self { rows, walk, weightings, groups } = self;
        let zero = || vec![[0.0; LANES]; panels];
        let mut sums = self.sums(rows.n_columns());
        let mut reader = Reader::new(rows, panels);
        let mut at = AtTime { own: zero(), observed: zero(), mean: zero() };
        let mut met = walk.events.partition_point(|(g, _)| *g < groups.end);
        for g in groups.clone().rev() {
            let (events, censored) = rows.stratum.groups.positions(g);
            for position in censored.rev() {
                let (row, share) = (reader.row(position), walk.shares.by_position[position]);
                add_lanes(&mut sums.total, share, row);
                for (sums, weighting) in sums.of.iter_mut().zip(*weightings) {
                    sums.gram.add(share * weighting.met[met], row);
                }
            }
            if events.is_empty() {
                continue;
            }
            met -= 1;
            at.own.fill([0.0; LANES]);
            at.observed.fill([0.0; LANES]);
            let of_events = &walk.events[met].1;
            let own_step = of_events.step() * of_events.tied.own;
            for position in events.rev() {
                let (row, share) = (reader.row(position), walk.shares.by_position[position]);
                add_lanes(&mut at.own, share, row);
                let i = rows.stratum.groups.order()[position] as usize;
                add_lanes(&mut at.observed, rows.stratum.outcomes.weight(i), row);
                for (sums, weighting) in sums.of.iter_mut().zip(*weightings) {
                    let hazard = weighting.met[met] + weighting.factor[met] * own_step;
                    sums.gram.add(share * hazard, row);
                }
            }
            add_lanes(&mut sums.total, 1.0, &at.own);
            self.end_time(met, &mut at, &mut sums);
        }
        sums
    }

    fn sums(&self, p: usize) -> Sums {
        let groups = &self.rows.stratum.groups;
        let first = groups.positions(self.groups.start).0.start;
        let n = groups.positions(self.groups.end - 1).1.end - first;
        let zero = || vec![[0.0; LANES]; p.div_ceil(LANES)];
        let known = || Known {
            score: zero(),
            reach: 0.0,
            information: Matrix::zeros(p),
            along: zero(),
            square: 0.0,
        };
        let of = |_: &Weighting| SumsOf { known: known(), gram: Gram::new(p, n) };
        Sums { total: zero(), of: self.weightings.iter().map(of).collect() }
    }

    /// The mean covariates of the risk sets of the events at one time, and their spread.
    #[inline(always)]
    fn end_time(&self, k: usize, at: &mut AtTime, sums: &mut Sums) {
        let events = &self.walk.events[k].1;
        let AtTime { own, observed, mean } = at;
        let others = events.tied.others;
        let spread = events.tied.others_squared - others * others;
        // The mean that they see, `own + others (risk set - own)`.
        let c = others / events.risk_set;
        mean.fill([0.0; LANES]);
        add_lanes(mean, c, &sums.total);
        if others != 1.0 {
            add_lanes(mean, (1.0 - others) / events.own, own);
        }
        for (sums, weighting) in sums.of.iter_mut().zip(self.weightings) {
            let factor = weighting.factor[k];
            let v = factor * events.weight;
            add_lanes(&mut sums.known.score, factor, observed);
            add_lanes(&mut sums.known.score, -v, mean);
            sums.known.reach += v * c;
            sums.take(v, (mean, c));
        }
        if spread > 0.0 {
            let c = 1.0 / events.risk_set;
            mean.fill([0.0; LANES]);
            add_lanes(mean, c, &sums.total);
            add_lanes(mean, -1.0 / events.own, own);
            for (sums, weighting) in sums.of.iter_mut().zip(self.weightings) {
                sums.take(weighting.factor[k] * events.weight * spread, (mean, c));
            }
        }
    }
}

impl Sums {
    /// Without the blocks of rows, of which few parts at a time need one.
    fn known(self) -> (Vec<Lanes>, Vec<Known>) {
        let known = |SumsOf { mut known, gram }: SumsOf| {
            gram.add_to(&mut known.information);
            known
        };
        (self.total, self.of.into_iter().map(known).collect())
    }
}

impl SumsOf {
    /// `-v (a + c A) (a + c A)'`.
    #[inline(always)]
    fn take(&mut self, v: f64, (a, c): (&[Lanes], f64)) {
        self.gram.add(-v, a);
        add_lanes(&mut self.known.along, v * c, a);
        self.known.square += v * c * c;
    }
}

#[cfg(test)]
mod tests;
