//! The subdistribution hazard of Fine and Gray: how covariates act on the cumulative incidence of one cause.
//!
//! Who had another event stays in the risk sets of the cause with a weight that falls as its censoring would
//! have: at an event time `t` the risk set is `sum_i w_i(t) exp(h_i)`, with `w_i(t) = 1` while `i` is
//! followed, 0 after its censoring or its event of the cause, and `G(t-) / G(t_i-)` after its event of another
//! cause at `t_i`. `G` is the Kaplan-Meier curve of the censoring, events taken to come before censorings at
//! equal times. Tied events of the cause see the same risk set (Breslow). The standard errors are those of Fine and Gray, with what the estimated `G` adds.
//!
//! With delayed entry the weight after an event of another cause is `G(t-) H(t-) / (G(t_i-) H(t_i-))`, where
//! `H(t-)` is the probability of having entered before `t`: the Kaplan-Meier curve of the entry times with time
//! reversed, `H(t-) = prod_{u >= t} (1 - e(u) / R(u))` over entry times `u`, with `e(u)` entering at `u` and
//! `R(u)` followed just after it. [`fine_gray_rows`] weights so; [`fine_gray`] refuses delayed entry, because
//! its standard errors would need what the estimated `H` adds.
//!
//! Sources: Fine & Gray, *JASA* 94:496-509, 1999; Geskus, *Biometrics* 67:39-49, 2011 (weights as data).
//! [`fine_gray_rows`] equals R `survival::finegray()`, the likelihood `coxph()` on these rows;
//! coefficients and standard errors equal `cmprsk::crr()` where no event ties with a censoring.

use crate::{
    Error, OneCause, Outcomes, check,
    cox_fit::Column,
    entering::Entering,
    linear::{invert, solve},
    normal,
    time_groups::TimeGroups,
    time_weight::at_risk,
};

/// The subjects of a Fine-Gray analysis as weighted rows `(entry, time]` for any Cox regression: fit it with
/// these outcomes and the covariates of `subject`, with robust standard errors clustered by subject.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FineGrayRows {
    /// Row by row, the index of its subject.
    pub subject: Vec<usize>,
    /// Entry, exit, event of the cause, and weight of each row.
    pub outcomes: Outcomes,
}

/// The weighted rows of one cause; who had another event has a row for each weight it has at an event of the
/// cause after it. Case weights and entry times are honoured.
///
/// # Errors
/// [`Error::OutOfDomain`] for an event or a censoring at time 0, which no row `(entry, time]` can hold;
/// [`Error::Undefined`] where nobody was at risk for a while between an event of another cause and a later one of
/// this cause, as delayed entry allows.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, fine_gray_rows};
/// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![2, 0, 1, 1])?;
/// let rows = fine_gray_rows(outcomes.cause(1)?)?;
/// assert_eq!(rows.subject, [0, 0, 1, 2, 3]);
/// assert_eq!(rows.outcomes.weights().unwrap()[..2], [1.0, 2.0 / 3.0]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn fine_gray_rows(cause: OneCause<'_>) -> Result<FineGrayRows, Error> {
    let (outcomes, any) = (cause.outcomes(), cause.outcomes().any());
    if let Some(i) = any.time().iter().position(|&t| t == 0.0) {
        return Err(Error::OutOfDomain("time", i, 0.0));
    }
    let groups = TimeGroups::new(any);
    let curve = observable_before(any, &groups);
    let is_own = |i: usize| outcomes.causes()[i] == cause.number();
    let runs = runs(&groups, &curve, |i| is_own(i as usize));
    let mut group_of = vec![0; any.n_subjects()];
    for (g, group) in groups.iter().enumerate() {
        group.all.iter().for_each(|&i| group_of[i as usize] = g);
    }
    let (mut subject, mut entry, mut time) = (Vec::new(), Vec::new(), Vec::new());
    let (mut event, mut weight) = (Vec::new(), Vec::new());
    let mut push = |i: usize, from: f64, to: f64, is_event: bool, factor: f64| {
        subject.push(i);
        entry.push(from);
        time.push(to);
        event.push(is_event);
        weight.push(any.weight(i) * factor);
    };
    for (i, (&g, &t)) in group_of.iter().zip(any.time()).enumerate() {
        let entered = any.entry().map_or(0.0, |entry| entry[i]);
        if !any.event()[i] || is_own(i) {
            push(i, entered, t, is_own(i), 1.0);
            continue;
        }
        let later = &runs[runs.partition_point(|run| run.last <= g)..];
        if curve[g] == 0.0 && !later.is_empty() {
            return Err(Error::Undefined(
                "Fine and Gray's weight",
                "nobody was at risk for a while between two events",
            ));
        }
        let (mut from, mut to, mut factor) = (entered, t, 1.0);
        for run in later {
            let next = run.observable / curve[g];
            if next != factor {
                push(i, from, to, false, factor);
                (from, factor) = (to, next);
            }
            to = groups.times()[run.last];
        }
        if factor > 0.0 {
            push(i, from, to, false, factor);
        }
    }
    let outcomes = Outcomes::new(time, event)?.with_entry(entry)?.with_weights(weight)?;
    Ok(FineGrayRows { subject, outcomes })
}

/// Neighbouring groups with events of the cause, at which the curve has one value.
struct Run {
    /// The last of them.
    last: usize,
    observable: f64,
}

fn runs(groups: &TimeGroups, curve: &[f64], is_own: impl Fn(u32) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (g, group) in groups.iter().enumerate() {
        if !group.events.iter().any(|&i| is_own(i)) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.observable == curve[g] => run.last = g,
            _ => runs.push(Run { last: g, observable: curve[g] }),
        }
    }
    runs
}

/// `G H` just before each group's time.
fn observable_before(any: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut curve = censoring_before(any, groups);
    if any.entry().is_some() {
        curve.iter_mut().zip(entered_before(any, groups)).for_each(|(g, h)| *g *= h);
    }
    curve
}

/// `H` just before each group's time: with time reversed, subjects come at risk at the end of their follow-up
/// and leave at their entry.
fn entered_before(any: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut entering = Entering::new(any);
    let (mut followed, mut entered) = (0.0, 1.0);
    let mut tied = Tied::default();
    let mut curve = vec![0.0; groups.len()];
    for ((group, &now), before) in groups.iter().zip(groups.times()).zip(&mut curve).rev() {
        // Entries at or after `now`, from those followed beyond it.
        entering.leave_from(now, |i| {
            let at = any.entry().map_or(0.0, |entry| entry[i as usize]);
            if at != tied.at {
                entered *= tied.share_left(&mut followed);
                tied.at = at;
            }
            tied.weight += any.weight(i as usize);
        });
        entered *= tied.share_left(&mut followed);
        *before = entered;
        followed += any.weigh(group.all);
    }
    curve
}

/// Those who enter at one time.
#[derive(Default)]
struct Tied {
    at: f64,
    weight: f64,
}

impl Tied {
    /// The share of those `followed` just after this time who had entered before it; they alone stay.
    fn share_left(&mut self, followed: &mut f64) -> f64 {
        let (all, entering) = (*followed, std::mem::take(&mut self.weight));
        if entering == 0.0 {
            return 1.0;
        }
        let left = all - entering;
        *followed = if left <= all * 1e-12 { 0.0 } else { left }; // weighted sums may differ by rounding
        *followed / all
    }
}

/// `G` just before each group's time.
fn censoring_before(any: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut uncensored = 1.0;
    let curve = groups.iter().zip(at_risk(any, groups)).map(|(group, at_risk)| {
        let before = uncensored;
        let censored = any.weigh(group.censored);
        if censored > 0.0 {
            let left = at_risk - any.weigh(group.events);
            uncensored *= ((left - censored) / left).max(0.0);
        }
        before
    });
    curve.collect()
}

/// A fitted subdistribution hazard model.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct FineGrayFit {
    /// Log subdistribution hazard ratio of each covariate.
    pub coefficients: Vec<f64>,
    /// Their covariance: a sandwich that includes what the estimated censoring curve adds.
    pub covariance: Vec<Vec<f64>>,
    /// Standard errors, the roots of its diagonal.
    pub std_errors: Vec<f64>,
    /// Log partial likelihood with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Log partial likelihood at the coefficients.
    pub log_likelihood: f64,
    /// Event times of the cause in years, increasing.
    times: Vec<f64>,
    /// Cumulative subdistribution hazard of a subject with all covariates 0 at each.
    cumulative_hazard: Vec<f64>,
}

/// A subdistribution hazard ratio for one unit of a covariate, with its 95 % interval and test against 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct SubdistributionHazardRatio {
    /// `exp(coefficient)`.
    pub ratio: f64,
    /// Lower bound of the interval, on the log scale.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The coefficient divided by its standard error.
    pub z: f64,
    /// Two-sided P of `z`.
    pub p: f64,
}

impl FineGrayFit {
    /// The hazard ratio of the `covariate`-th covariate, from 0.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] where there is no such covariate, [`Error::Undefined`] where its standard error is 0,
    /// as where nobody is left at risk beside those with the event.
    pub fn hazard_ratio(&self, covariate: usize) -> Result<SubdistributionHazardRatio, Error> {
        let (Some(b), Some(se)) =
            (self.coefficients.get(covariate), self.std_errors.get(covariate))
        else {
            return Err(Error::InvalidSetting(
                "covariate",
                "one of those fitted",
                covariate as f64,
            ));
        };
        if *se <= 0.0 {
            return Err(Error::Undefined("the hazard ratio's interval", "its standard error is 0"));
        }
        let reach = normal::two_sided(0.95) * se;
        Ok(SubdistributionHazardRatio {
            ratio: b.exp(),
            lower: (b - reach).exp(),
            upper: (b + reach).exp(),
            z: b / se,
            p: normal::two_sided_p(b / se),
        })
    }

    /// Cumulative incidence of the cause by `horizon` years for a subject with these covariates,
    /// `1 - exp(-H_0(horizon) exp(b'x))`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one value for each coefficient.
    pub fn risk(&self, covariates: &[f64], horizon: f64) -> Result<f64, Error> {
        if covariates.len() != self.coefficients.len() {
            let (expected, got) = (self.coefficients.len(), covariates.len());
            return Err(Error::LengthMismatch("covariates", expected, got));
        }
        let h: f64 = self.coefficients.iter().zip(covariates).map(|(b, x)| b * x).sum();
        Ok(-(-self.cumulative_hazard_at(horizon) * h.exp()).exp_m1())
    }

    /// Cumulative subdistribution hazard by `horizon` years of a subject with all covariates 0.
    #[must_use]
    pub fn cumulative_hazard_at(&self, horizon: f64) -> f64 {
        let k = self.times.partition_point(|&t| t <= horizon);
        k.checked_sub(1).map_or(0.0, |k| self.cumulative_hazard[k])
    }
}

/// Fits the subdistribution hazard of one cause on `covariates` (one slice of `[n]` each), Breslow ties.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::Empty`] without a covariate,
/// [`Error::Undefined`] where a covariate is the same for all, is determined by the others, or no finite
/// coefficients fit best; [`Error::Unsupported`] for case weights or delayed entry.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, fine_gray};
/// let time = (1..11).map(f64::from).collect();
/// let outcomes = CompetingOutcomes::new(time, vec![1, 2, 1, 0, 2, 1, 0, 1, 2, 0])?;
/// let density = [0.6, 0.9, 0.5, 1.1, 0.8, 0.7, 1.0, 0.9, 0.6, 1.0];
/// let fit = fine_gray(outcomes.cause(1)?, &[&density])?;
/// assert!(fit.hazard_ratio(0)?.ratio < 1.0 && fit.risk(&[0.5], 5.0)? > fit.risk(&[1.0], 5.0)?);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn fine_gray(cause: OneCause<'_>, covariates: &[&[f64]]) -> Result<FineGrayFit, Error> {
    const NAME: &str = "the subdistribution hazard fit";
    let any = cause.outcomes().any();
    if covariates.is_empty() {
        return Err(Error::Empty("covariates"));
    }
    covariates.iter().try_for_each(|x| check::finite("covariates", x, any))?;
    if any.weights().is_some() {
        return Err(Error::Unsupported(NAME, "case weights"));
    }
    check::no_entry(NAME, any)?;
    let columns: Vec<Column> = covariates.iter().map(|x| Column::new(x)).collect();
    if columns.iter().any(Column::is_flat) {
        return Err(Error::Undefined(NAME, "a covariate is the same for all"));
    }
    let sample = Sample::new(cause, columns);
    let p = covariates.len();
    let mut b = vec![0.0; p];
    let mut at = sample.derivatives(&b);
    let log_likelihood_null = at.value;
    let no_maximum = Error::Undefined(NAME, "no finite coefficients fit best");
    for _ in 0..60 {
        if (0..p).any(|k| at.information[k][k] <= 1e-9) {
            return Err(no_maximum);
        }
        let step = solve(at.information.clone(), at.score.clone())
            .ok_or(Error::Undefined(NAME, "the covariates determine each other"))?;
        let close = step.iter().zip(&b).all(|(s, b)| s.abs() <= 1e-10 * (1.0 + b.abs()));
        let mut share = 1.0;
        loop {
            let moved: Vec<f64> = b.iter().zip(&step).map(|(b, s)| b + share * s).collect();
            let there = sample.derivatives(&moved);
            if there.value >= at.value - 1e-10 * (1.0 + at.value.abs()) {
                (b, at) = (moved, there);
                break;
            }
            share /= 2.0;
            if share < 1e-9 {
                return Err(no_maximum);
            }
        }
        if b.iter().any(|b| !b.is_finite() || b.abs() > 200.0) {
            return Err(no_maximum);
        }
        if close {
            return sample.fitted(&b, at, log_likelihood_null);
        }
    }
    Err(no_maximum)
}

/// The sample with its censoring curve.
struct Sample<'a> {
    cause: OneCause<'a>,
    groups: TimeGroups,
    /// `G` just before each group's time.
    before: Vec<f64>,
    columns: Vec<Column>,
}

/// `sum w exp(h)` with its first and second moments of the covariates.
#[derive(Clone)]
struct Moments {
    zero: f64,
    one: Vec<f64>,
    two: Vec<Vec<f64>>,
}

impl Moments {
    fn new(p: usize) -> Self {
        Self { zero: 0.0, one: vec![0.0; p], two: vec![vec![0.0; p]; p] }
    }

    fn add(&mut self, share: f64, x: impl Fn(usize) -> f64) {
        self.zero += share;
        for j in 0..self.one.len() {
            self.one[j] += share * x(j);
            for k in 0..self.one.len() {
                self.two[j][k] += share * x(j) * x(k);
            }
        }
    }
}

struct Derivatives {
    value: f64,
    score: Vec<f64>,
    information: Vec<Vec<f64>>,
    /// At each group with events of the cause: its index, their number, `S_0` on the scale of `most`, and the
    /// mean covariates of the risk set.
    events: Vec<EventTime>,
    /// The largest log hazard, taken out of all exponentials.
    most: f64,
}

struct EventTime {
    group: usize,
    count: f64,
    zero: f64,
    mean: Vec<f64>,
}

impl<'a> Sample<'a> {
    fn new(cause: OneCause<'a>, columns: Vec<Column>) -> Self {
        let any = cause.outcomes().any();
        let groups = TimeGroups::new(any);
        let before = censoring_before(any, &groups);
        Self { cause, groups, before, columns }
    }

    fn x(&self, i: usize, k: usize) -> f64 {
        self.columns[k].values[i]
    }

    fn is_own(&self, i: usize) -> bool {
        self.cause.outcomes().causes()[i] == self.cause.number()
    }

    fn log_hazard(&self, b: &[f64]) -> Vec<f64> {
        let one = |i: usize| b.iter().enumerate().map(|(k, b)| b * self.x(i, k)).sum();
        (0..self.cause.outcomes().any().n_subjects()).map(one).collect()
    }

    /// Those followed are summed backwards in time, those with another event forwards.
    fn derivatives(&self, b: &[f64]) -> Derivatives {
        let p = b.len();
        let h = self.log_hazard(b);
        let most = h.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |i: usize| (h[i] - most).exp();
        let own: Vec<Vec<usize>> = self
            .groups
            .iter()
            .map(|g| g.events.iter().map(|&i| i as usize).filter(|&i| self.is_own(i)).collect())
            .collect();
        let mut followed = Moments::new(p);
        let mut risk_sets = Vec::new();
        for (g, group) in self.groups.iter().enumerate().rev() {
            for &i in group.all {
                followed.add(share(i as usize), |k| self.x(i as usize, k));
            }
            if !own[g].is_empty() {
                risk_sets.push((g, followed.clone()));
            }
        }
        let mut total = Derivatives {
            value: 0.0,
            score: vec![0.0; p],
            information: vec![vec![0.0; p]; p],
            events: Vec::new(),
            most,
        };
        let mut gone = Moments::new(p);
        for (g, group) in self.groups.iter().enumerate() {
            if !own[g].is_empty() {
                let (_, mut risk_set) = risk_sets.pop().unwrap_or((g, Moments::new(p)));
                let factor = self.before[g];
                risk_set.zero += factor * gone.zero;
                for j in 0..p {
                    risk_set.one[j] += factor * gone.one[j];
                    for k in 0..p {
                        risk_set.two[j][k] += factor * gone.two[j][k];
                    }
                }
                total.add(g, &own[g], &risk_set, |i| h[i] - most, |i, k| self.x(i, k));
            }
            for &i in group.events.iter().filter(|&&i| !self.is_own(i as usize)) {
                let i = i as usize;
                gone.add(share(i) / self.before[g], |k| self.x(i, k));
            }
        }
        total
    }

    fn fitted(
        &self,
        b: &[f64],
        at: Derivatives,
        log_likelihood_null: f64,
    ) -> Result<FineGrayFit, Error> {
        let p = b.len();
        let inverse = invert(at.information.clone()).ok_or(Error::Undefined(
            "the subdistribution hazard fit",
            "the covariates determine each other",
        ))?;
        let influence = self.influence(b, &at);
        let mut middle = vec![vec![0.0; p]; p];
        for u in &influence {
            for j in 0..p {
                for k in 0..p {
                    middle[j][k] += u[j] * u[k];
                }
            }
        }
        let product = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let entry = |j: usize, k: usize| (0..p).map(|l| a[j][l] * b[l][k]).sum();
            (0..p).map(|j| (0..p).map(|k| entry(j, k)).collect()).collect()
        };
        let sandwich = product(&product(&inverse, &middle), &inverse);
        let sd = |k: usize| self.columns[k].sd;
        let coefficients: Vec<f64> = b.iter().enumerate().map(|(k, b)| b / sd(k)).collect();
        let covariance: Vec<Vec<f64>> =
            (0..p).map(|j| (0..p).map(|k| sandwich[j][k] / (sd(j) * sd(k))).collect()).collect();
        // A subject with all covariates 0 has the standardised ones -mean / sd.
        let shift: f64 = (0..p).map(|k| coefficients[k] * self.columns[k].mean).sum();
        let mut sum = 0.0;
        let (mut times, mut cumulative_hazard) = (Vec::new(), Vec::new());
        for event in &at.events {
            sum += event.count / event.zero * (-at.most - shift).exp();
            times.push(self.groups.times()[event.group]);
            cumulative_hazard.push(sum);
        }
        Ok(FineGrayFit {
            coefficients,
            std_errors: (0..p).map(|k| covariance[k][k].sqrt()).collect(),
            covariance,
            log_likelihood_null,
            log_likelihood: at.value,
            times,
            cumulative_hazard,
        })
    }

    /// Each subject's `eta_i + psi_i`: its score residual with its weights, and its part in `G`.
    fn influence(&self, b: &[f64], at: &Derivatives) -> Vec<Vec<f64>> {
        let p = b.len();
        let h = self.log_hazard(b);
        let any = self.cause.outcomes().any();
        let mut values = vec![vec![0.0; p]; any.n_subjects()];
        let mut group_of = vec![0; any.n_subjects()];
        for (g, group) in self.groups.iter().enumerate() {
            group.all.iter().for_each(|&i| group_of[i as usize] = g);
        }
        // Sums over event times k: of dH and mean dH for the followed, and of G times these for the gone.
        let n_events = at.events.len();
        let mut plain = vec![vec![0.0; p + 1]; n_events + 1];
        let mut weighted = vec![vec![0.0; p + 1]; n_events + 1];
        for (k, event) in at.events.iter().enumerate() {
            let step = event.count / event.zero;
            for j in 0..=p {
                let mean = if j == 0 { 1.0 } else { event.mean[j - 1] };
                plain[k + 1][j] = plain[k][j] + step * mean;
                weighted[k + 1][j] = weighted[k][j] + self.before[event.group] * step * mean;
            }
        }
        // The first event time whose group is at or after `g`.
        let from = |g: usize| at.events.partition_point(|e| e.group < g);
        for (i, value) in values.iter_mut().enumerate() {
            let (g, share) = (group_of[i], (h[i] - at.most).exp());
            let through = at.events.partition_point(|e| e.group <= g);
            let gone = any.event()[i] && !self.is_own(i);
            for j in 0..p {
                let x = self.x(i, j);
                value[j] -= share * (x * plain[through][0] - plain[through][j + 1]);
                if gone {
                    let later = |c: usize| weighted[n_events][c] - weighted[through][c];
                    value[j] -= share / self.before[g] * (x * later(0) - later(j + 1));
                }
            }
            if any.event()[i] && self.is_own(i) {
                let mean = &at.events[from(g)].mean;
                (0..p).for_each(|j| value[j] += self.x(i, j) - mean[j]);
            }
        }
        self.add_censoring(&h, at, &weighted, &mut values);
        values
    }

    /// What a censoring at `u` changes by lowering `G` after it: `q(u)`, the score residuals beyond `u`
    /// of those gone before, per subject at risk of being censored.
    fn add_censoring(
        &self,
        h: &[f64],
        at: &Derivatives,
        weighted: &[Vec<f64>],
        values: &mut [Vec<f64>],
    ) {
        let (p, n_events) = (self.columns.len(), at.events.len());
        let any = self.cause.outcomes().any();
        let mut gone = vec![0.0; p + 1];
        let mut drift = vec![0.0; p];
        let mut at_risk = any.n_subjects() as f64;
        for (g, group) in self.groups.iter().enumerate() {
            let through = at.events.partition_point(|e| e.group <= g);
            for &i in group.events.iter().filter(|&&i| !self.is_own(i as usize)) {
                let i = i as usize;
                let share = (h[i] - at.most).exp() / self.before[g];
                gone[0] += share;
                (0..p).for_each(|j| gone[j + 1] += share * self.x(i, j));
            }
            let leaving = group.events.len() as f64;
            for &i in group.events {
                (0..p).for_each(|j| values[i as usize][j] += drift[j]);
            }
            let censored = group.censored.len() as f64;
            if censored == 0.0 {
                at_risk -= leaving;
                continue;
            }
            let left = at_risk - leaving;
            let later = |c: usize| weighted[n_events][c] - weighted[through][c];
            for j in 0..p {
                // -sum over the gone of share G (x - mean) dH beyond u, per subject at risk.
                let q = (gone[j + 1] * later(0) - gone[0] * later(j + 1)) / left;
                drift[j] -= q * censored / left;
                for &i in group.censored {
                    values[i as usize][j] += drift[j] + q;
                }
            }
            at_risk = left - censored;
        }
    }
}

impl Derivatives {
    fn add(
        &mut self,
        group: usize,
        events: &[usize],
        risk_set: &Moments,
        log_hazard: impl Fn(usize) -> f64,
        x: impl Fn(usize, usize) -> f64,
    ) {
        let count = events.len() as f64;
        let mean: Vec<f64> = risk_set.one.iter().map(|one| one / risk_set.zero).collect();
        self.value -= count * risk_set.zero.ln();
        for &i in events {
            self.value += log_hazard(i);
            (0..mean.len()).for_each(|k| self.score[k] += x(i, k) - mean[k]);
        }
        for j in 0..mean.len() {
            for k in 0..mean.len() {
                let two = risk_set.two[j][k] / risk_set.zero;
                self.information[j][k] += count * (two - mean[j] * mean[k]);
            }
        }
        self.events.push(EventTime { group, count, zero: risk_set.zero, mean });
    }
}
