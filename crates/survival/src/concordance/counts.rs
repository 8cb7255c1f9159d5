//! Harrell's concordance index for right-censored outcomes.
//!
//! A pair `(i, j)` is *comparable* if `i` had the event at `t_i` and `j` is at risk after it:
//! `t_i < t_j`, or `t_i = t_j` and `j` was censored; with entry times also `entry_j < t_i`. A
//! higher *risk score* means an earlier expected event:
//! `C = (concordant + tied_risk / 2) / (concordant + discordant + tied_risk)`.
//!
//! Source: Harrell, Lee & Mark, *Stat. Med.* 15(4):361-387, 1996. Pairs and ties as in R
//! `survival::concordance(.., reverse = TRUE)`; lifelines uses the opposite sign.

use std::ops::Range;

use crate::{
    error::Error,
    numeric::{place_set::PlaceSet, ranks::Ranks},
    outcomes::{Outcomes, check},
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// Numbers of pairs; `concordant` is where the earlier event has the higher risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive] // only `concordance` builds one
pub struct Concordance {
    /// Comparable, the earlier event has the higher risk.
    pub concordant: u64,
    /// Comparable, the earlier event has the lower risk.
    pub discordant: u64,
    /// Comparable, equal risk.
    pub tied_risk: u64,
    /// Both had the event at the same time, with different risk: not comparable.
    pub tied_time: u64,
    /// Both had the event at the same time, with equal risk: not comparable.
    pub tied_both: u64,
}

impl Concordance {
    /// Number of comparable pairs.
    #[must_use]
    pub fn n_comparable(self) -> u64 {
        self.concordant + self.discordant + self.tied_risk
    }

    /// The concordance index, in `[0, 1]`; [`concordance`] guarantees at least one pair.
    #[must_use]
    pub fn index(self) -> f64 {
        (self.concordant as f64 + 0.5 * self.tied_risk as f64) / self.n_comparable() as f64
    }
}

/// Counts the pairs ordered by `risk` (log hazard or any score, shape `[n]`, finite) in O(n log n).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NoComparablePair`], or
/// [`Error::Unsupported`] for weighted outcomes.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, concordance};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0], vec![true, true, false])?;
/// assert_eq!(concordance(&outcomes, &[0.9, 0.1, 0.4])?.index(), 2.0 / 3.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn concordance(outcomes: &Outcomes, risk: &[f64]) -> Result<Concordance, Error> {
    check::finite("risk", risk, outcomes)?;
    if outcomes.weights().is_some() {
        return Err(Error::Unsupported {
            what: "a count of pairs",
            with: "weighted subjects; see `harrell_c`",
        });
    }
    let groups = TimeGroups::new(outcomes);
    let pairs = count_pairs(outcomes, &groups, risk);
    if pairs.n_comparable() == 0 {
        return Err(Error::NoComparablePair { n: outcomes.n_subjects() });
    }
    Ok(pairs)
}

fn count_pairs(outcomes: &Outcomes, groups: &TimeGroups, risk: &[f64]) -> Concordance {
    let ranks = Ranks::new(risk).reordered(groups.order());
    let mut at_risk = PlaceSet::new(ranks.len());
    let mut entering = Entering::by_position(outcomes, groups.order());
    let mut pairs = Concordance::default();
    for g in (0..groups.len()).rev() {
        let (events, censored) = groups.positions(g);
        censored.for_each(|p| at_risk.insert(ranks.place(p as u32)));
        entering.leave_from(groups.times()[g], |p| {
            at_risk.remove(ranks.place(p as u32));
        });
        for p in events.clone() {
            let (start, end) = ranks.run(p as u32);
            let lower = at_risk.below(start);
            let not_higher = if end == start + 1 { lower } else { at_risk.below(end) };
            pairs.concordant += u64::from(lower);
            pairs.tied_risk += u64::from(not_higher - lower);
            pairs.discordant += u64::from(at_risk.len() - not_higher);
        }
        count_tied_events(&mut pairs, events.clone(), &ranks);
        events.for_each(|p| at_risk.insert(ranks.place(p as u32)));
    }
    pairs
}

fn count_tied_events(pairs: &mut Concordance, events: Range<usize>, ranks: &Ranks) {
    if events.len() < 2 {
        return;
    }
    let choose_two = |n: usize| (n as u64 * (n as u64 - 1)) / 2;
    let all = choose_two(events.len());
    let mut tied: Vec<u32> = events.map(|p| ranks.run(p as u32).0).collect();
    tied.sort_unstable();
    let both: u64 = tied.chunk_by(|a, b| a == b).map(|run| choose_two(run.len())).sum();
    pairs.tied_both += both;
    pairs.tied_time += all - both;
}
