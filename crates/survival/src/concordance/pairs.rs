//! Sums over comparable pairs, for the whole sample and for each subject, in two sweeps over time.

use std::ops::Range;

use crate::{
    numeric::{
        place_set::PlaceSet,
        ranks::Ranks,
        tally::{Tally, Weights},
    },
    outcomes::Outcomes,
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// Weights of pairs by kind, as [`Concordance`](crate::concordance::Concordance) counts them; each
/// pair counts with the product of its subjects' weights and its time weight.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct PairTotals {
    /// Comparable, the earlier event has the higher risk.
    pub concordant: f64,
    /// Comparable, the earlier event has the lower risk.
    pub discordant: f64,
    /// Comparable, equal risk.
    pub tied_risk: f64,
    /// Both had the event at the same time, with different risk: not comparable.
    pub tied_time: f64,
    /// Both had the event at the same time, with equal risk: not comparable.
    pub tied_both: f64,
}

impl PairTotals {
    /// Weight of all comparable pairs.
    #[must_use]
    pub fn comparable(self) -> f64 {
        self.concordant + self.discordant + self.tied_risk
    }

    /// The concordance index, in `[0, 1]`; NaN without a comparable pair.
    #[must_use]
    pub fn index(self) -> f64 {
        (self.concordant + 0.5 * self.tied_risk) / self.comparable()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.concordant += other.concordant;
        self.discordant += other.discordant;
        self.tied_risk += other.tied_risk;
        self.tied_time += other.tied_time;
        self.tied_both += other.tied_both;
    }
}

/// A sample whose pairs are compared: the time weight of each group, 0 where events do not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairing<'a> {
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) groups: &'a TimeGroups,
    pub(crate) time_weights: &'a [f64],
}

/// What each subject's pairs add up to, leaving out the subject's own weight; subjects by
/// increasing time, as [`TimeGroups::order`] has them.
#[derive(Debug, Clone)]
pub(crate) struct SubjectSums {
    /// Concordant pairs and half of those with equal risk.
    pub(crate) score: Vec<f64>,
    /// All comparable pairs.
    pub(crate) pairs: Vec<f64>,
}

impl Pairing<'_> {
    /// Totals, and the sums of each subject's pairs.
    pub(crate) fn sums(self, risk: &[f64]) -> (PairTotals, SubjectSums) {
        self.sums_of(&Ranks::new(risk).reordered(self.groups.order()))
    }

    /// The same from the ranks of the scores, in order of time.
    pub(crate) fn sums_of(self, ranks: &Ranks) -> (PairTotals, SubjectSums) {
        let n = ranks.len();
        let mut sums = SubjectSums { score: vec![0.0; n], pairs: vec![0.0; n] };
        let unit = self.outcomes.weights().is_none();
        let totals = if unit {
            self.as_earlier::<PlaceSet>(ranks, &mut sums)
        } else {
            self.as_earlier::<Weights>(ranks, &mut sums)
        };
        if unit && self.time_weights.iter().all(|&w| w == 1.0 || w == 0.0) {
            self.as_later::<PlaceSet>(ranks, &mut sums);
        } else {
            self.as_later::<Weights>(ranks, &mut sums);
        }
        (totals, sums)
    }

    /// Backwards in time: each event against those still at risk after it.
    fn as_earlier<T: Tally>(self, ranks: &Ranks, sums: &mut SubjectSums) -> PairTotals {
        let order = self.groups.order();
        let weight = |p: usize| self.outcomes.weight(order[p] as usize);
        let mut at_risk = T::new(ranks.len());
        let mut entering = Entering::by_position(self.outcomes, order);
        let mut totals = PairTotals::default();
        for (g, &time_weight) in self.time_weights.iter().enumerate().rev() {
            let (events, censored) = self.groups.positions(g);
            for p in censored.filter(|&p| weight(p) > 0.0) {
                at_risk.insert(ranks.place(p as u32), weight(p));
            }
            entering.leave_from(self.groups.times()[g], |p| {
                at_risk.remove(ranks.place(p as u32), weight(p));
            });
            if time_weight > 0.0 {
                for p in events.clone().filter(|&p| weight(p) > 0.0) {
                    let (lower, equal, higher) = split(&at_risk, ranks.run(p as u32));
                    let w = weight(p) * time_weight;
                    totals.concordant += w * lower;
                    totals.tied_risk += w * equal;
                    totals.discordant += w * higher;
                    sums.score[p] = time_weight * (lower + 0.5 * equal);
                    sums.pairs[p] = time_weight * (lower + equal + higher);
                }
                let (tied, both) = self.tied_events(events.clone(), ranks);
                totals.tied_time += time_weight * (tied - both);
                totals.tied_both += time_weight * both;
            }
            for p in events.filter(|&p| weight(p) > 0.0) {
                at_risk.insert(ranks.place(p as u32), weight(p));
            }
        }
        totals
    }

    /// Pairs of events at one time: all, and those of equal risk.
    fn tied_events(self, events: Range<usize>, ranks: &Ranks) -> (f64, f64) {
        if events.len() < 2 {
            return (0.0, 0.0);
        }
        let order = self.groups.order();
        let one = |p: usize| (ranks.run(p as u32).0, self.outcomes.weight(order[p] as usize));
        let mut events: Vec<(u32, f64)> = events.map(one).collect();
        events.sort_unstable_by_key(|e| e.0);
        let both = events.chunk_by(|a, b| a.0 == b.0).map(pairs_within).sum();
        (pairs_within(&events), both)
    }

    /// Forwards in time: each subject against the events it outlived since it entered.
    fn as_later<T: Tally>(self, ranks: &Ranks, sums: &mut SubjectSums) {
        let order = self.groups.order();
        let mut passed = T::new(ranks.len());
        let mut entering = Entering::by_position(self.outcomes, order);
        let mut meet = |passed: &T, p: usize, sign: f64| {
            if self.outcomes.weight(order[p] as usize) == 0.0 {
                return; // not in this bootstrap sample
            }
            let (lower, equal, higher) = split(passed, ranks.run(p as u32));
            sums.score[p] += sign * (higher + 0.5 * equal);
            sums.pairs[p] += sign * (lower + equal + higher);
        };
        for (g, &time_weight) in self.time_weights.iter().enumerate() {
            let (events, censored) = self.groups.positions(g);
            entering.enter_before(self.groups.times()[g], |p| meet(&passed, p, -1.0));
            for p in events.clone() {
                meet(&passed, p, 1.0);
            }
            if time_weight > 0.0 {
                for p in events {
                    let weight = self.outcomes.weight(order[p] as usize) * time_weight;
                    passed.insert(ranks.place(p as u32), weight);
                }
            }
            for p in censored {
                meet(&passed, p, 1.0);
            }
        }
    }
}

/// Weight below, within and above the places of one risk. A place of its own is empty when its
/// subject is compared.
#[inline]
fn split<T: Tally>(tally: &T, (start, end): (u32, u32)) -> (f64, f64, f64) {
    let lower = tally.below(start);
    let not_higher = if end == start + 1 { lower } else { tally.below(end) };
    (lower, not_higher - lower, tally.total() - not_higher)
}

/// `sum_{a < b} w_a w_b`.
fn pairs_within(events: &[(u32, f64)]) -> f64 {
    let sum: f64 = events.iter().map(|e| e.1).sum();
    let squares: f64 = events.iter().map(|e| e.1 * e.1).sum();
    (sum * sum - squares) / 2.0
}
