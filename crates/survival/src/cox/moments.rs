//! Sums over risk sets, which Cox's and Fine and Gray's models share.

use super::standardised::Standardised;
use crate::{
    numeric::linear::add,
    outcomes::Outcomes,
    risk_sets::{
        entering::Entering,
        time_groups::{TimeGroup, TimeGroups},
    },
};

/// `sum w exp(h)` over some subjects, and of it times their covariates.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub(crate) zero: f64,
    pub(crate) one: Vec<f64>,
}

impl Moments {
    pub(crate) fn new(p: usize) -> Self {
        Self { zero: 0.0, one: vec![0.0; p] }
    }

    #[inline]
    pub(crate) fn add(&mut self, share: f64, row: &[f64]) {
        self.zero += share;
        add(&mut self.one, share, row);
    }

    pub(crate) fn add_all(&mut self, factor: f64, other: &Self) {
        self.zero += factor * other.zero;
        add(&mut self.one, factor, &other.one);
    }

    /// The mean covariates.
    pub(crate) fn mean(&self) -> Vec<f64> {
        self.one.iter().map(|one| one / self.zero).collect()
    }
}

/// The subjects whose risk sets are summed, by index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members<'a> {
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) groups: &'a TimeGroups,
    pub(crate) covariates: &'a Standardised,
    /// `w exp(h)`, on a scale of the caller.
    pub(crate) shares: &'a [f64],
}

impl Members<'_> {
    /// Calls `visit` with every group, from the last, and the sums over those at risk at its time.
    pub(crate) fn walk_back(&self, mut visit: impl FnMut(usize, TimeGroup<'_>, &Moments)) {
        let mut risk_set = Moments::new(self.covariates.n_columns());
        let mut entering = Entering::new(self.outcomes);
        let mut peak = 0.0;
        for (g, group) in self.groups.iter().enumerate().rev() {
            for &i in group.all {
                self.add(i as usize, 1.0, &mut risk_set);
            }
            peak = risk_set.zero.max(peak);
            entering.leave_from(self.groups.times()[g], |i| self.add(i, -1.0, &mut risk_set));
            // What was subtracted leaves its rounding errors behind.
            if risk_set.zero < 1e-2 * peak {
                risk_set = self.at_risk(g);
                peak = risk_set.zero;
            }
            visit(g, group, &risk_set);
        }
    }

    #[inline]
    fn add(&self, i: usize, sign: f64, risk_set: &mut Moments) {
        risk_set.add(sign * self.shares[i], self.covariates.row(i));
    }

    /// The same sums from the start.
    fn at_risk(&self, group: usize) -> Moments {
        let now = self.groups.times()[group];
        let entered = |i: usize| self.outcomes.entry().is_none_or(|entry| entry[i] < now);
        let mut risk_set = Moments::new(self.covariates.n_columns());
        let members = (group..self.groups.len()).flat_map(|g| self.groups.get(g).all);
        for i in members.map(|&i| i as usize).filter(|&i| entered(i)) {
            self.add(i, 1.0, &mut risk_set);
        }
        risk_set
    }
}
