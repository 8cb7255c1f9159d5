//! Gray's test: do groups have the same cumulative incidence of one cause?
//!
//! As the log-rank test compares hazards, it compares subdistribution hazards: the score of group
//! `k` is `z_k = sum_t L(t) [d_1k - R_k d_1 / R]`, where `d_1k` are the group's events of the
//! cause and `R_k = Y_k (1 - F_k(t-)) / S_k(t-)` stands for those at risk, `Y_k` being at risk,
//! `F_k` the cumulative incidence and `S_k` the survival curve of the group, `R` the sum, and
//! `L = (1 - F_0(t-))^rho` the weight. With `h_k = Y_k / S_k(t-)`, `h` their sum,
//! `dF_0 = d_1 / h` and `dG = dF_0 / (1 - F_0(t-))`, the covariance is
//!
//! `sum_r sum_t a_kr a_lr dF_0 / h_r + sum_r sum_t b_kr b_lr dF_2r / h_r`, where
//! `d_kr = L h_r ([k = r] - h_k / h)`, `c_kr` is the sum of `d_kr dG` after `t`,
//! `b_kr = -c_kr (1 - F_0(t)) / S_r(t)`, `a_kr = d_kr + c_kr + b_kr` and `F_2r` the incidence of
//! the other causes. Where events tie, `dF_0` is multiplied by `1 - (d_1 - 1) / (h S_r(t-) - 1)`
//! and `dF_2r` by `1 - (d_2r - 1) / (Y_r - 1)`, as the hypergeometric variance of a log-rank test
//! has it.
//!
//! Subject `i` of group `r` has the residual `int a_kr / h_r dM_1i + int b_kr / h_r dM_2i` in the
//! score of group `k`, `M_1i` and `M_2i` being the martingales of its events of the cause and of
//! other ones: they make the test of clusters, and that with weights that are not whole numbers, as
//! in the log-rank test.
//!
//! Whole case weights are counts, as in the log-rank test. With delayed entry `Y_k / S_k(t-)` is no
//! longer the group's size times its chance of being uncensored, which the covariance takes it for,
//! so that delayed entry is refused; the cumulative incidences and the cause-specific log-rank test
//! allow for it.
//!
//! Source: Gray, *Ann. Stat.* 16:1141-1154, 1988. Equal to R `cmprsk::cuminc()$Tests` to 12 digits.

use crate::{
    error::Error,
    estimate::{Test, Units, test_of_scores},
    group_tests::{
        dependent::Residuals,
        gray_residuals::{Integrands, residuals_of},
    },
    numeric::{linear::add, running::Running},
    outcomes::{Endpoint, Outcomes, check, labels::members},
    risk_sets::{time_groups::TimeGroups, units_at_risk::UnitsAtRisk},
};

/// Result of Gray's test.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GrayTest {
    /// Subjects of each group, in order of the labels.
    pub n: Vec<usize>,
    /// Score of each group: positive where its incidence is above the common one.
    pub score: Vec<f64>,
    /// Covariance of the scores.
    pub covariance: Vec<Vec<f64>>,
    /// Chi-square test. Its degrees of freedom are the groups that were ever at risk beside
    /// another, less one.
    pub test: Test,
}

/// How to compare cumulative incidences; the default weights all times alike.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct GrayOptions {
    rho: f64,
    strata: Option<Vec<usize>>,
}

/// Gray's test of the groups named by `groups` (one label per subject) for one cause among
/// competing ones.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NoEvents`] without an event of the cause,
/// [`Error::Undefined`] where no two groups can be compared or there are no more clusters than
/// groups, [`Error::Unsupported`] for delayed entry.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, gray_test};
/// let time = (1..13).map(f64::from).collect();
/// let outcomes = CompetingOutcomes::new(time, vec![1, 1, 1, 2, 1, 1, 2, 0, 1, 0, 2, 0])?;
/// let gray = gray_test(&outcomes.cause(1)?, &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])?;
/// assert!(gray.score[0] > 0.0 && gray.test.p < 0.05);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn gray_test(endpoint: &impl Endpoint, groups: &[usize]) -> Result<GrayTest, Error> {
    GrayOptions::default().test(endpoint, groups)
}

impl GrayOptions {
    /// Exponent of the weight `(1 - F(t-))^rho`: above 0, early differences count more.
    #[must_use]
    pub fn with_rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Compares only within strata and adds these up; one label per subject.
    #[must_use]
    pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
        self.strata = Some(strata);
        self
    }

    /// Tests whether all groups (one label per subject) have the same cumulative incidence.
    ///
    /// # Errors
    /// As [`gray_test`], and [`Error::InvalidSetting`] for an exponent that is not finite.
    pub fn test(&self, endpoint: &impl Endpoint, groups: &[usize]) -> Result<GrayTest, Error> {
        let outcomes = endpoint.follow_up();
        let own = |i: usize| outcomes.event()[i] && endpoint.is_of_interest(i);
        self.check(outcomes, groups, own)?;
        let units = Units::of(outcomes, NAME)?;
        let by_group = members(groups);
        let mut group_of = vec![0; groups.len()];
        for (g, subjects) in by_group.iter().enumerate() {
            subjects.iter().for_each(|&i| group_of[i] = g);
        }
        let k = by_group.len();
        let mut sums = Sums { score: vec![0.0; k], covariance: vec![vec![0.0; k]; k] };
        let mut residuals = Residuals::of(outcomes, units, k);
        let mut add_stratum = |subjects: Option<&[usize]>, here: &Outcomes, group_of: &[usize]| {
            let subject = |i: usize| subjects.map_or(i, |subjects| subjects[i]);
            let own = |i: usize| own(subject(i));
            let groups = TimeGroups::new(here);
            let rows = table(here, &groups, own, (group_of, k), units);
            let integrands = sums.add(&rows, self.rho, residuals.is_some());
            if let Some(all) = &mut residuals {
                let add_one = |i: usize, residual: &[f64]| all.add(subject(i), residual);
                residuals_of((&rows, &groups), &integrands, here, (own, group_of), add_one);
            }
        };
        match &self.strata {
            None => add_stratum(None, outcomes, &group_of),
            Some(strata) => {
                check::length("strata", strata, outcomes)?;
                for subjects in members(strata) {
                    let groups: Vec<usize> = subjects.iter().map(|&i| group_of[i]).collect();
                    add_stratum(Some(&subjects), &outcomes.subset(&subjects), &groups);
                }
            }
        }
        let Sums { score, covariance } = sums;
        let (covariance, test) = match residuals {
            None => {
                let test = test_of_scores(NAME, &score, &covariance)?;
                (covariance, test)
            }
            Some(residuals) => residuals.test(NAME, (&score, &covariance))?,
        };
        let n = by_group.iter().map(Vec::len).collect();
        Ok(GrayTest { n, score, covariance, test })
    }

    fn check(
        &self,
        outcomes: &Outcomes,
        groups: &[usize],
        own: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        check::length("groups", groups, outcomes)?;
        check::no_entry(NAME, outcomes)?;
        if !(0..groups.len()).any(own) {
            return Err(Error::NoEvents { n: groups.len() });
        }
        match self.rho.is_finite() {
            true => Ok(()),
            false => {
                let got = self.rho.to_string();
                Err(Error::InvalidSetting { name: "rho", expected: "finite", got })
            }
        }
    }
}

const NAME: &str = "Gray's test";

/// One group at one time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub(super) at_risk: f64,
    /// Units at risk.
    pub(super) units: f64,
    /// Events of the cause.
    pub(super) own: f64,
    /// Events of other causes.
    pub(super) other: f64,
    /// `S(t-)` and `S(t)`.
    pub(super) survival: [f64; 2],
    /// `F(t-)`.
    pub(super) incidence: f64,
}

impl Cell {
    /// What ties leave of a variance of `events` among `at_risk`, both counted in units.
    fn untied(&self, events: f64, at_risk: f64) -> f64 {
        let unit = self.units / self.at_risk;
        untied(events * unit, at_risk * unit)
    }

    /// Survival past the events of this time.
    fn pass(&mut self) {
        let left = 1.0 - (self.own + self.other) / self.at_risk;
        // Weighted sums may differ by rounding.
        self.survival[1] = if left > 1e-12 { self.survival[0] * left } else { 0.0 };
    }

    /// On to the next time.
    fn go_on(&mut self) {
        if self.own > 0.0 {
            self.incidence += self.survival[0] * self.own / self.at_risk;
        }
        (self.own, self.other, self.survival[0]) = (0.0, 0.0, self.survival[1]);
    }

    /// `h = Y / S(t-)`; 0 where nobody is left.
    pub(super) fn expanded(&self) -> f64 {
        if self.at_risk > 0.0 { self.at_risk / self.survival[0] } else { 0.0 }
    }
}

/// A time with an event in any group.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Events of the cause.
    pub(super) own: f64,
    /// Sum of `h`.
    pub(super) expanded: f64,
    /// `F_0(t-)` and `F_0(t)`.
    pub(super) pooled: [f64; 2],
}

fn table(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    own: impl Fn(usize) -> bool,
    (group_of, k): (&[usize], usize),
    units: Units<'_>,
) -> Vec<Row> {
    let mut cells = vec![Cell { survival: [1.0; 2], ..Cell::default() }; k];
    let weight = |i: usize| outcomes.weight(i);
    let mut at_risk = vec![(Running::default(), UnitsAtRisk::none(units)); k];
    for (i, &g) in group_of.iter().enumerate() {
        at_risk[g].0.join(weight(i));
        at_risk[g].1.enter(outcomes, i);
    }
    let mut pooled = 0.0;
    let mut rows = Vec::new();
    for group in groups.iter() {
        for (cell, (weight, units)) in cells.iter_mut().zip(&at_risk) {
            (cell.at_risk, cell.units) = (weight.value(), units.n());
        }
        for &i in group.events {
            let cell = &mut cells[group_of[i as usize]];
            match own(i as usize) {
                true => cell.own += weight(i as usize),
                false => cell.other += weight(i as usize),
            }
        }
        cells.iter_mut().filter(|cell| cell.at_risk > 0.0).for_each(Cell::pass);
        if !group.events.is_empty() {
            let own = cells.iter().map(|cell| cell.own).sum::<f64>();
            let expanded = cells.iter().map(Cell::expanded).sum::<f64>();
            let before = pooled;
            pooled += own / expanded;
            let pooled = [before, pooled];
            rows.push(Row { cells: cells.clone(), own, expanded, pooled });
        }
        cells.iter_mut().for_each(Cell::go_on);
        for i in group.all.iter().map(|&i| i as usize) {
            at_risk[group_of[i]].0.leave(weight(i));
            at_risk[group_of[i]].1.leave(outcomes, i);
        }
    }
    rows
}

struct Sums {
    score: Vec<f64>,
    covariance: Vec<Vec<f64>>,
}

impl Sums {
    /// Adds the rows, and returns what the martingales of each are multiplied by, the last first,
    /// if wanted.
    fn add(&mut self, rows: &[Row], rho: f64, wanted: bool) -> Vec<Integrands> {
        let k = self.score.len();
        let mut kept = Vec::with_capacity(if wanted { rows.len() } else { 0 });
        let mut here = Integrands::none(k);
        // d_kr, and c_kr: what is still to come of `d_kr dG`, walking back in time; by `r`.
        let (mut direct, mut later) = (vec![0.0; k * k], vec![0.0; k * k]);
        for row in rows.iter().rev() {
            let left = 1.0 - row.pooled[0];
            let weight = if rho == 0.0 { 1.0 } else { left.max(0.0).powf(rho) };
            self.add_score(row, weight);
            set_direct(&mut direct, row, weight);
            for r in (0..k).filter(|&r| row.cells[r].at_risk > 0.0) {
                let of = k * r..k * (r + 1);
                here.set(row, r, (&direct[of.clone()], &later[of]));
                self.add_group(row, here.of(r), r);
            }
            if wanted {
                kept.push(here.clone());
            }
            if row.own > 0.0 && left > 0.0 {
                add(&mut later, row.own / row.expanded / left, &direct);
            }
        }
        kept
    }

    fn add_score(&mut self, row: &Row, weight: f64) {
        if row.own == 0.0 {
            return;
        }
        let at_risk = |cell: &Cell| cell.expanded() * (1.0 - cell.incidence);
        let all: f64 = row.cells.iter().map(at_risk).sum();
        for (score, cell) in self.score.iter_mut().zip(&row.cells) {
            *score += weight * (cell.own - at_risk(cell) * row.own / all);
        }
    }

    /// What group `r` adds to the covariance at this time.
    fn add_group(&mut self, row: &Row, (own, other): (&[f64], &[f64]), r: usize) {
        let cell = &row.cells[r];
        let h = cell.expanded();
        if row.own > 0.0 {
            let untied = cell.untied(row.own, row.expanded * cell.survival[0]);
            self.add_square(own, row.own / row.expanded * untied * h);
        }
        if cell.other > 0.0 {
            let incidence = cell.survival[0] * cell.other / cell.at_risk;
            let untied = cell.untied(cell.other, cell.at_risk);
            self.add_square(other, incidence * untied * h);
        }
    }

    fn add_square(&mut self, x: &[f64], factor: f64) {
        for (row, a) in self.covariance.iter_mut().zip(x) {
            row.iter_mut().zip(x).for_each(|(sum, b)| *sum += factor * a * b);
        }
    }
}

/// Sets `d_kr`, by `r` and then `k`.
fn set_direct(direct: &mut [f64], row: &Row, weight: f64) {
    let k = row.cells.len();
    for (r, (direct, of)) in direct.chunks_exact_mut(k).zip(&row.cells).enumerate() {
        let h = of.expanded();
        for (j, (direct, cell)) in direct.iter_mut().zip(&row.cells).enumerate() {
            let same = f64::from(u8::from(j == r));
            *direct = weight * h * (same - cell.expanded() / row.expanded);
        }
    }
}

/// What ties leave of a variance.
fn untied(events: f64, at_risk: f64) -> f64 {
    if events > 1.0 { 1.0 - (events - 1.0) / (at_risk - 1.0) } else { 1.0 }
}
