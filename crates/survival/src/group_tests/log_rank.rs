//! The log-rank test and its weighted family.
//!
//! At each event time the observed events of a group are compared with `d n_g / n`, the events it
//! would have if all groups had one hazard; the differences are weighted, summed, and standardised
//! by their hypergeometric covariance.
//!
//! Case weights are counts: a subject of weight 2 is two alike, in every number above, and weights
//! that are not whole numbers are refused, as a hypergeometric covariance has no meaning for them.
//! Where weights correct for sampling or for confounding, test the group in a weighted Cox model
//! with robust standard errors.
//!
//! Sources: Mantel, *Cancer Chemother. Rep.* 50:163-170, 1966; Peto & Peto, *JRSS A* 135:185-207,
//! 1972; Tarone & Ware, *Biometrika* 64:156-160, 1977; Harrington & Fleming, *Biometrika*
//! 69:553-566, 1982. Equal to R `survdiff()`.

use crate::{
    error::Error,
    estimate::{Test, test_of_scores},
    outcomes::{Outcomes, check, labels::members},
    risk_sets::time_groups::TimeGroups,
};

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
    /// Covariance of `observed - expected`.
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
/// compared, [`Error::Unsupported`] for case weights that are not whole numbers.
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
        check::frequencies("the log-rank test", outcomes)?;
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
        match &self.strata {
            None => self.add(outcomes, &group_of, &mut sums),
            Some(strata) => {
                check::length("strata", strata, outcomes)?;
                for subjects in members(strata) {
                    let groups: Vec<usize> = subjects.iter().map(|&i| group_of[i]).collect();
                    self.add(&outcomes.subset(&subjects), &groups, &mut sums);
                }
            }
        }
        sums.test()
    }

    fn add(&self, outcomes: &Outcomes, group_of: &[usize], sums: &mut Sums) {
        let k = sums.observed.len();
        let mut at_risk = vec![0.0; k];
        let mut table: Vec<EventTime> = Vec::new();
        let mut entering = crate::risk_sets::entering::Entering::new(outcomes);
        let groups = TimeGroups::new(outcomes);
        for (group, &now) in groups.iter().zip(groups.times()).rev() {
            group
                .all
                .iter()
                .for_each(|&i| at_risk[group_of[i as usize]] += outcomes.weight(i as usize));
            entering.leave_from(now, |i| at_risk[group_of[i]] -= outcomes.weight(i));
            if !group.events.is_empty() {
                let mut events = vec![0.0; k];
                group
                    .events
                    .iter()
                    .for_each(|&i| events[group_of[i as usize]] += outcomes.weight(i as usize));
                table.push(EventTime { at_risk: at_risk.clone(), events });
            }
        }
        let mut survival = 1.0;
        for row in table.iter().rev() {
            let (n, d): (f64, f64) = (row.at_risk.iter().sum(), row.events.iter().sum());
            sums.add(row, n, d, self.weight.at(n, survival));
            survival *= 1.0 - d / n;
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

/// Numbers at risk and events at one time, by group.
struct EventTime {
    at_risk: Vec<f64>,
    events: Vec<f64>,
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

    fn add(&mut self, row: &EventTime, n: f64, d: f64, weight: f64) {
        let spread = if n > 1.0 { d * (n - d) / (n - 1.0) } else { 0.0 };
        for (g, &n_g) in row.at_risk.iter().enumerate() {
            self.observed[g] += weight * row.events[g];
            self.expected[g] += weight * d * n_g / n;
            for (h, &n_h) in row.at_risk.iter().enumerate() {
                let same = f64::from(u8::from(g == h));
                self.covariance[g][h] += weight * weight * spread * n_g / n * (same - n_h / n);
            }
        }
    }

    fn test(self) -> Result<LogRank, Error> {
        let Self { n, observed, expected, covariance } = self;
        let difference: Vec<f64> = observed.iter().zip(&expected).map(|(o, e)| o - e).collect();
        let test = test_of_scores("the log-rank test", &difference, &covariance)?;
        Ok(LogRank { n, observed, expected, covariance, test })
    }
}
