//! Sums over comparable pairs, for the whole sample and for each subject, in two sweeps over time.

use crate::{
    Outcomes,
    entering::Entering,
    order::argsort,
    place_set::PlaceSet,
    ranks::Ranks,
    tally::{Tally, WeightTally},
    time_groups::{TimeGroup, TimeGroups},
};

/// Weights of pairs by kind, as [`Concordance`](crate::Concordance) counts them; each pair counts
/// with the product of its subjects' weights and its time weight.
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

    pub(crate) fn index(self) -> f64 {
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

/// What each subject's pairs add up to, leaving out the subject's own weight.
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
        let ranks = Ranks::new(risk);
        let n = risk.len();
        let mut sums = SubjectSums { score: vec![0.0; n], pairs: vec![0.0; n] };
        let unit = self.outcomes.weights().is_none();
        let totals = if unit {
            self.as_earlier::<PlaceSet>(&ranks, Some(&mut sums))
        } else {
            self.as_earlier::<WeightTally>(&ranks, Some(&mut sums))
        };
        if unit && self.time_weights.iter().all(|&w| w == 1.0) {
            self.as_later::<PlaceSet>(&ranks, &mut sums);
        } else {
            self.as_later::<WeightTally>(&ranks, &mut sums);
        }
        (totals, sums)
    }

    /// Backwards in time: each event against those still at risk after it.
    fn as_earlier<T: Tally>(self, ranks: &Ranks, mut sums: Option<&mut SubjectSums>) -> PairTotals {
        let weight = |i: u32| self.outcomes.weight(i as usize);
        let mut at_risk = T::new(ranks.len());
        let mut entering = Entering::new(self.outcomes);
        let mut totals = PairTotals::default();
        for (group, &time_weight) in self.groups.iter().zip(self.time_weights).rev() {
            group.censored.iter().for_each(|&i| at_risk.insert(ranks.place(i), weight(i)));
            let now = self.outcomes.time()[group.all[0] as usize];
            entering.leave_from(now, |i| at_risk.remove(ranks.place(i), weight(i)));
            if time_weight > 0.0 {
                for &i in group.events {
                    let (lower, equal, higher) = split(&at_risk, ranks.run(i));
                    let w = weight(i) * time_weight;
                    totals.concordant += w * lower;
                    totals.tied_risk += w * equal;
                    totals.discordant += w * higher;
                    if let Some(sums) = &mut sums {
                        sums.score[i as usize] = time_weight * (lower + 0.5 * equal);
                        sums.pairs[i as usize] = time_weight * (lower + equal + higher);
                    }
                }
                let (tied, both) = self.tied_events(group, ranks);
                totals.tied_time += time_weight * (tied - both);
                totals.tied_both += time_weight * both;
            }
            group.events.iter().for_each(|&i| at_risk.insert(ranks.place(i), weight(i)));
        }
        totals
    }

    /// Pairs of events at one time: all, and those of equal risk.
    fn tied_events(self, group: TimeGroup<'_>, ranks: &Ranks) -> (f64, f64) {
        if group.events.len() < 2 {
            return (0.0, 0.0);
        }
        let one = |&i: &u32| (ranks.run(i).0, self.outcomes.weight(i as usize));
        let mut events: Vec<(u32, f64)> = group.events.iter().map(one).collect();
        events.sort_unstable_by_key(|e| e.0);
        let both = events.chunk_by(|a, b| a.0 == b.0).map(pairs_within).sum();
        (pairs_within(&events), both)
    }

    /// Forwards in time: each subject against the events it outlived since it entered.
    fn as_later<T: Tally>(self, ranks: &Ranks, sums: &mut SubjectSums) {
        let mut events = T::new(ranks.len());
        let mut entering = EnteringForward::new(self.outcomes);
        let mut meet = |events: &T, i: u32, sign: f64| {
            let (lower, equal, higher) = split(events, ranks.run(i));
            sums.score[i as usize] += sign * (higher + 0.5 * equal);
            sums.pairs[i as usize] += sign * (lower + equal + higher);
        };
        for (group, &time_weight) in self.groups.iter().zip(self.time_weights) {
            let now = self.outcomes.time()[group.all[0] as usize];
            entering.enter_before(now, |i| meet(&events, i, -1.0));
            group.events.iter().for_each(|&i| meet(&events, i, 1.0));
            if time_weight > 0.0 {
                for &i in group.events {
                    events.insert(ranks.place(i), self.outcomes.weight(i as usize) * time_weight);
                }
            }
            group.censored.iter().for_each(|&i| meet(&events, i, 1.0));
        }
    }
}

#[inline]
fn split<T: Tally>(tally: &T, (start, end): (u32, u32)) -> (f64, f64, f64) {
    let lower = tally.below(start);
    let not_higher = tally.below(end);
    (lower, not_higher - lower, tally.total() - not_higher)
}

/// `sum_{a < b} w_a w_b`.
fn pairs_within(events: &[(u32, f64)]) -> f64 {
    let sum: f64 = events.iter().map(|e| e.1).sum();
    let squares: f64 = events.iter().map(|e| e.1 * e.1).sum();
    (sum * sum - squares) / 2.0
}

/// Subjects with delayed entry by increasing entry.
struct EnteringForward<'a> {
    entry: &'a [f64],
    by_entry: Vec<u32>,
    next: usize,
}

impl<'a> EnteringForward<'a> {
    fn new(outcomes: &'a Outcomes) -> Self {
        let entry = outcomes.entry().unwrap_or_default();
        Self { entry, by_entry: argsort(entry.iter().copied()), next: 0 }
    }

    /// Calls `enter` once for every subject with `entry < time`, for increasing `time`: the events
    /// passed so far are those at or before its entry.
    fn enter_before(&mut self, time: f64, mut enter: impl FnMut(u32)) {
        while let Some(&i) =
            self.by_entry.get(self.next).filter(|&&i| self.entry[i as usize] < time)
        {
            enter(i);
            self.next += 1;
        }
    }
}
