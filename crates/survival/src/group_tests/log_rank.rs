//! The log-rank test and its weighted family.
//!
//! At each event time the observed events of a group are compared with `d n_g / n`, the events it
//! would have if all groups had one hazard; the differences are weighted, summed, and standardised
//! by their hypergeometric covariance.
//!
//! Whole case weights are counts: a subject of weight 2 is two alike, in every number above. Where
//! they are not whole numbers, as those that correct for sampling or for confounding, a
//! hypergeometric covariance has no meaning, and the test is the robust one of the same scores.
//! Clusters multiply the statistic by their design effect, with the clusters at risk in place of
//! the subjects at risk in the finite-population factor `n / (n - 1)` of the covariance.
//!
//! Sources: Mantel, *Cancer Chemother. Rep.* 50:163-170, 1966; Peto & Peto, *JRSS A* 135:185-207,
//! 1972; Tarone & Ware, *Biometrika* 64:156-160, 1977; Harrington & Fleming, *Biometrika*
//! 69:553-566, 1982. Equal to R `survdiff()`.

use crate::{
    error::Error,
    estimate::{Test, Units, test_of_scores},
    group_tests::dependent::Residuals,
    numeric::running::Running,
    outcomes::{Outcomes, check, labels::members},
    risk_sets::{entering::Entering, time_groups::TimeGroups, units_at_risk::UnitsAtRisk},
};

const NAME: &str = "the log-rank test";

/// Weight of the event times, of which `n(t)` are at risk and whose pooled curve is at `S(t-)`.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum LogRankWeight {
    /// 1: most powerful against proportional hazards.
    #[default]
    LogRank,
    /// `n(t)`: Gehan's Wilcoxon test.
    Gehan,
    /// `sqrt(n(t))`: Tarone and Ware.
    TaroneWare,
    /// `S(t-)^rho (1 - S(t-))^gamma`: Fleming and Harrington; `rho = 1, gamma = 0` is Peto and
    /// Prentice's Wilcoxon test, R's `survdiff(rho = 1)`.
    FlemingHarrington {
        /// Weight of early differences, at least 0.
        rho: f64,
        /// Weight of late differences, at least 0.
        gamma: f64,
    },
}

/// Result of a log-rank test.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct LogRank {
    /// Subjects of each group, in order of the labels.
    pub n: Vec<usize>,
    /// (Weighted) observed events of each group.
    pub observed: Vec<f64>,
    /// (Weighted) events expected under one hazard.
    pub expected: Vec<f64>,
    /// Covariance of `observed - expected`, a robust one for clusters and for weights that are not
    /// whole numbers.
    pub covariance: Vec<Vec<f64>>,
    /// Chi-square test. Its degrees of freedom are the groups that were ever at risk beside
    /// another, less one.
    pub test: Test,
}

/// How to compare groups; the default is the plain log-rank test.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LogRankOptions {
    weight: LogRankWeight,
    strata: Option<Vec<usize>>,
}

/// Log-rank test of the groups named by `groups` (one label per subject).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Undefined`] where no two groups can be
/// compared, or where there are no more clusters than groups.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, log_rank};
/// let outcomes = Outcomes::new((1..9).map(f64::from).collect(), vec![true; 8])?;
/// let log_rank = log_rank(&outcomes, &[0, 0, 0, 0, 1, 1, 1, 1])?;
/// assert!(log_rank.test.p < 0.01);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn log_rank(outcomes: &Outcomes, groups: &[usize]) -> Result<LogRank, Error> {
    LogRankOptions::default().test(outcomes, groups)
}

impl LogRankOptions {
    /// Weight of the event times.
    #[must_use]
    pub fn with_weight(mut self, weight: LogRankWeight) -> Self {
        self.weight = weight;
        self
    }

    /// Compares only within strata and adds these up; one label per subject.
    #[must_use]
    pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
        self.strata = Some(strata);
        self
    }

    /// Tests whether all groups (one label per subject) have the same hazard.
    ///
    /// # Errors
    /// As [`log_rank`], and [`Error::InvalidSetting`] for a negative exponent.
    pub fn test(&self, outcomes: &Outcomes, groups: &[usize]) -> Result<LogRank, Error> {
        check::length("groups", groups, outcomes)?;
        let units = Units::of(outcomes, NAME)?;
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents { n: outcomes.n_subjects() });
        }
        if let LogRankWeight::FlemingHarrington { rho, gamma } = self.weight {
            for (name, value) in [("rho", rho), ("gamma", gamma)] {
                if !(value.is_finite() && value >= 0.0) {
                    return Err(Error::InvalidSetting {
                        name,
                        expected: "finite and at least 0",
                        got: value.to_string(),
                    });
                }
            }
        }
        let by_group = members(groups);
        let mut group_of = vec![0; groups.len()];
        for (g, subjects) in by_group.iter().enumerate() {
            subjects.iter().for_each(|&i| group_of[i] = g);
        }
        let mut sums = Sums::new(by_group.iter().map(Vec::len).collect());
        let mut residuals = Residuals::of(outcomes, units, by_group.len());
        let mut add = |subjects: Option<&[usize]>, here: &Outcomes, group_of: &[usize]| {
            let times = TimeGroups::new(here);
            let table = self.table(here, &times, (group_of, by_group.len()), units);
            table.iter().for_each(|row| sums.add(row));
            if let Some(all) = &mut residuals {
                let subject = |i: usize| subjects.map_or(i, |subjects| subjects[i]);
                let add = |i: usize, residual: &[f64]| all.add(subject(i), residual);
                residuals_of((&table, &times), here, (group_of, by_group.len()), add);
            }
        };
        match &self.strata {
            None => add(None, outcomes, &group_of),
            Some(strata) => {
                check::length("strata", strata, outcomes)?;
                for subjects in members(strata) {
                    let groups: Vec<usize> = subjects.iter().map(|&i| group_of[i]).collect();
                    add(Some(&subjects), &outcomes.subset(&subjects), &groups);
                }
            }
        }
        sums.test(residuals)
    }

    /// The event times, increasing, with their weights.
    fn table(
        &self,
        outcomes: &Outcomes,
        groups: &TimeGroups,
        (group_of, k): (&[usize], usize),
        units: Units<'_>,
    ) -> Vec<EventTime> {
        let mut at_risk = vec![Running::default(); k];
        let mut units_at_risk = UnitsAtRisk::none(units);
        let mut table: Vec<EventTime> = Vec::new();
        let mut entering = Entering::new(outcomes);
        for (group, &time) in groups.iter().zip(groups.times()).rev() {
            for i in group.all.iter().map(|&i| i as usize) {
                at_risk[group_of[i]].join(outcomes.weight(i));
                units_at_risk.enter(outcomes, i);
            }
            entering.leave_from(time, |i| {
                at_risk[group_of[i]].leave(outcomes.weight(i));
                units_at_risk.leave(outcomes, i);
            });
            if !group.events.is_empty() {
                let mut events = vec![0.0; k];
                for i in group.events.iter().map(|&i| i as usize) {
                    events[group_of[i]] += outcomes.weight(i);
                }
                let at_risk: Vec<f64> = at_risk.iter().map(Running::value).collect();
                let units = units_at_risk.n();
                let (n, d) = (at_risk.iter().sum(), events.iter().sum());
                table.push(EventTime { time, at_risk, events, n, d, units, weight: 1.0 });
            }
        }
        table.reverse();
        let mut survival = 1.0;
        for row in &mut table {
            row.weight = self.weight.at(row.n, survival);
            survival *= 1.0 - row.d / row.n;
        }
        table
    }
}

/// Calls `add` with each subject's weighted residual in `observed - expected` of each of `k`
/// groups, by increasing time.
fn residuals_of(
    (table, groups): (&[EventTime], &TimeGroups),
    outcomes: &Outcomes,
    (group_of, k): (&[usize], usize),
    mut add: impl FnMut(usize, &[f64]),
) {
    // What those at risk have met before each event time, and after the last: the weighted hazard,
    // and its steps times each group's share of those at risk.
    let mut hazard = vec![0.0];
    let mut shares = vec![0.0; k];
    for (at, row) in table.iter().enumerate() {
        let step = row.weight * row.d / row.n;
        hazard.push(hazard[at] + step);
        let share = |g: usize| shares[k * at + g] + step * row.at_risk[g] / row.n;
        let next: Vec<f64> = (0..k).map(share).collect();
        shares.extend(next);
    }
    let until = |time: f64| table.partition_point(|row| row.time <= time);
    let mut residual = vec![0.0; k];
    let mut to = 0;
    for group in groups.iter() {
        to += usize::from(!group.events.is_empty());
        for (at, i) in group.all.iter().map(|&i| i as usize).enumerate() {
            let (own, weight) = (group_of[i], outcomes.weight(i));
            let from = outcomes.entry().map_or(0, |entry| until(entry[i]));
            for (g, residual) in residual.iter_mut().enumerate() {
                *residual = weight * (shares[k * to + g] - shares[k * from + g]);
            }
            residual[own] -= weight * (hazard[to] - hazard[from]);
            if at < group.events.len() {
                let row = &table[to - 1];
                let away = residual.iter_mut().zip(&row.at_risk);
                away.for_each(|(r, at_risk)| *r -= weight * row.weight * at_risk / row.n);
                residual[own] += weight * row.weight;
            }
            add(i, &residual);
        }
    }
}

impl LogRankWeight {
    fn at(self, at_risk: f64, survival: f64) -> f64 {
        match self {
            Self::LogRank => 1.0,
            Self::Gehan => at_risk,
            Self::TaroneWare => at_risk.sqrt(),
            Self::FlemingHarrington { rho, gamma } => {
                survival.powf(rho) * (1.0 - survival).powf(gamma)
            }
        }
    }
}

/// Numbers at risk and events at one time, by group and in all.
struct EventTime {
    time: f64,
    at_risk: Vec<f64>,
    events: Vec<f64>,
    n: f64,
    d: f64,
    /// Units at risk.
    units: f64,
    /// Weight of this time.
    weight: f64,
}

struct Sums {
    n: Vec<usize>,
    observed: Vec<f64>,
    expected: Vec<f64>,
    covariance: Vec<Vec<f64>>,
}

impl Sums {
    fn new(n: Vec<usize>) -> Self {
        let k = n.len();
        Self {
            n,
            observed: vec![0.0; k],
            expected: vec![0.0; k],
            covariance: vec![vec![0.0; k]; k],
        }
    }

    fn add(&mut self, row: &EventTime) {
        let &EventTime { n, d, units, weight, .. } = row;
        let factor = if units > 1.0 { units / (units - 1.0) } else { 0.0 };
        let spread = d * ((n - d) / n) * factor;
        for (g, &n_g) in row.at_risk.iter().enumerate() {
            self.observed[g] += weight * row.events[g];
            self.expected[g] += weight * d * n_g / n;
            for (h, &n_h) in row.at_risk.iter().enumerate() {
                let same = f64::from(u8::from(g == h));
                self.covariance[g][h] += weight * weight * spread * n_g / n * (same - n_h / n);
            }
        }
    }

    fn test(self, residuals: Option<Residuals<'_>>) -> Result<LogRank, Error> {
        let Self { n, observed, expected, covariance } = self;
        let difference: Vec<f64> = observed.iter().zip(&expected).map(|(o, e)| o - e).collect();
        let (covariance, test) = match residuals {
            None => {
                let test = test_of_scores(NAME, &difference, &covariance)?;
                (covariance, test)
            }
            Some(residuals) => residuals.test(NAME, (&difference, &covariance))?,
        };
        Ok(LogRank { n, observed, expected, covariance, test })
    }
}
