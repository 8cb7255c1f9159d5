//! The subdistribution hazard of Fine and Gray: how covariates act on the cumulative incidence of one cause.
//!
//! At an event time `t` the risk set is `sum_i w_i(t) exp(h_i)`, with `w_i(t) = 1` while `i` is followed, 0 after
//! its censoring or its event of the cause, and the weight of `fine_gray_weights` after its event of another cause.
//!
//! Sources: Fine & Gray, *JASA* 94:496-509, 1999; Geskus, *Biometrics* 67:39-49, 2011 (delayed entry).
//! Coefficients and standard errors equal `cmprsk::crr()`, which knows neither weights nor entry times, where no
//! event ties with a censoring; with them the coefficients and likelihood are those of `survival::coxph()` on the
//! rows of `finegray()`, and the standard errors the derivative of the coefficients by each subject's weight.

use crate::{
    cox::fit::Column,
    error::Error,
    fine_gray::weights::{GAP, observable_before},
    numeric::{
        linear::{invert, solve},
        normal,
        order::argsort,
    },
    outcomes::{OneCause, check},
    risk_sets::{
        at_risk::at_risk,
        entering::Entering,
        time_groups::{TimeGroup, TimeGroups},
    },
};

/// A fitted subdistribution hazard model.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct FineGrayFit {
    /// Log subdistribution hazard ratio of each covariate.
    pub coefficients: Vec<f64>,
    /// Their covariance: a sandwich that includes what the estimated censoring and entry curves add.
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

/// Fits the subdistribution hazard of one cause on `covariates` (one slice of `[n]` each), Breslow ties. Case weights
/// and entry times are honoured.
///
/// The hazard of the cause is `H_0'(t) exp(b'x)` among those followed and those who had another event before `t`, at
/// `t_i`, with the weight `G(t-) H(t-) / (G(t_i-) H(t_i-))`: `G` the probability of being uncensored, `H` that of
/// having entered. The covariance is a sandwich of each subject's influence on the score, with what it has through
/// the estimated `G` and `H` (Fine & Gray, *JASA* 94:496-509, 1999; Geskus, *Biometrics* 67:39-49, 2011).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::Empty`] without a covariate,
/// [`Error::Undefined`] where a covariate is the same for all, is determined by the others, or no finite
/// coefficients fit best, and as [`fine_gray_rows`](crate::fine_gray_rows()) for delayed entry.
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
    let columns: Vec<Column> = covariates.iter().map(|x| Column::new(x)).collect();
    if columns.iter().any(Column::is_flat) {
        return Err(Error::Undefined(NAME, "a covariate is the same for all"));
    }
    let sample = Sample::new(cause, columns)?;
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
    /// `G H` just before each group's time.
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
    fn new(cause: OneCause<'a>, columns: Vec<Column>) -> Result<Self, Error> {
        let any = cause.outcomes().any();
        let groups = TimeGroups::new(any);
        let before = observable_before(any, &groups);
        let sample = Self { cause, groups, before, columns };
        let is_own = |i: &u32| sample.is_own(*i as usize);
        let last = sample.groups.iter().rposition(|group| group.events.iter().any(is_own));
        let earlier = sample.groups.iter().zip(&sample.before).take(last.unwrap_or(0));
        let stuck = |(group, before): (TimeGroup<'_>, &f64)| {
            *before == 0.0 && !group.events.iter().all(is_own)
        };
        if earlier.into_iter().any(stuck) {
            return Err(GAP);
        }
        Ok(sample)
    }

    fn weight(&self, i: usize) -> f64 {
        self.cause.outcomes().any().weight(i)
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
        let share = |i: usize| self.weight(i) * (h[i] - most).exp();
        let own: Vec<Vec<usize>> = self
            .groups
            .iter()
            .map(|g| g.events.iter().map(|&i| i as usize).filter(|&i| self.is_own(i)).collect())
            .collect();
        let mut followed = Moments::new(p);
        let mut risk_sets = Vec::new();
        let mut entering = Entering::new(self.cause.outcomes().any());
        for (g, group) in self.groups.iter().enumerate().rev() {
            for &i in group.all {
                followed.add(share(i as usize), |k| self.x(i as usize, k));
            }
            entering.leave_from(self.groups.times()[g], |i| {
                followed.add(-share(i as usize), |k| self.x(i as usize, k));
            });
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
                let of = |i: usize| (self.weight(i), h[i] - most);
                total.add(g, &own[g], &risk_set, of, |i, k| self.x(i, k));
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
        for (i, u) in influence.iter().enumerate() {
            let weight = self.weight(i).powi(2);
            for j in 0..p {
                for k in 0..p {
                    middle[j][k] += weight * u[j] * u[k];
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

    /// Each subject's `eta_i + psi_i`: its score residual with its weights, and its part in `G` and `H`; before its
    /// case weight.
    fn influence(&self, b: &[f64], at: &Derivatives) -> Vec<Vec<f64>> {
        let p = b.len();
        let h = self.log_hazard(b);
        let any = self.cause.outcomes().any();
        let mut values = vec![vec![0.0; p]; any.n_subjects()];
        let mut group_of = vec![0; any.n_subjects()];
        for (g, group) in self.groups.iter().enumerate() {
            group.all.iter().for_each(|&i| group_of[i as usize] = g);
        }
        // Sums over event times k: of the hazard's steps and mean times steps for the followed, and of G H times
        // these for the gone.
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
        let event_times_by =
            |time: f64| at.events.partition_point(|e| self.groups.times()[e.group] <= time);
        for (i, value) in values.iter_mut().enumerate() {
            let (g, share) = (group_of[i], (h[i] - at.most).exp());
            let through = at.events.partition_point(|e| e.group <= g);
            let gone = any.event()[i] && !self.is_own(i) && through < n_events;
            let entered = any.entry().map_or(0, |entry| event_times_by(entry[i]));
            for (j, value) in value.iter_mut().enumerate() {
                let x = self.x(i, j);
                let followed = |c: usize| plain[through][c] - plain[entered][c];
                *value -= share * (x * followed(0) - followed(j + 1));
                if gone {
                    let later = |c: usize| weighted[n_events][c] - weighted[through][c];
                    *value -= share / self.before[g] * (x * later(0) - later(j + 1));
                }
            }
            if any.event()[i] && self.is_own(i) {
                let mean = &at.events[from(g)].mean;
                (0..p).for_each(|j| value[j] += self.x(i, j) - mean[j]);
            }
        }
        let later = Later { at, weighted: &weighted };
        self.add_censoring(&h, &later, &mut values);
        if let Some(entry) = any.entry() {
            self.add_entry(entry, &h, &later, &mut values);
        }
        values
    }

    /// What a censoring at `u` changes by lowering `G` after it: `q(u)`, the score residuals beyond `u`
    /// of those gone before, per subject at risk of being censored.
    fn add_censoring(&self, h: &[f64], later: &Later<'_>, values: &mut [Vec<f64>]) {
        let p = self.columns.len();
        let any = self.cause.outcomes().any();
        let mut gone = Gone::new(p);
        let mut drift = vec![0.0; p];
        let mut drifts = vec![drift.clone()];
        for ((g, group), at_risk) in self.groups.iter().enumerate().zip(at_risk(any, &self.groups))
        {
            self.leave(g, h, later.at.most, &mut gone);
            for &i in group.events {
                (0..p).for_each(|j| values[i as usize][j] += drift[j]);
            }
            let censored = any.weigh(group.censored);
            if censored > 0.0 {
                let left = at_risk - any.weigh(group.events);
                let through = later.at.events.partition_point(|e| e.group <= g);
                for (j, drift) in drift.iter_mut().enumerate() {
                    let q = later.residual(&gone, through, j) / left;
                    *drift -= q * censored / left;
                    for &i in group.censored {
                        values[i as usize][j] += *drift + q;
                    }
                }
            }
            drifts.push(drift.clone());
        }
        let Some(entry) = any.entry() else { return };
        for (value, &entry) in values.iter_mut().zip(entry) {
            let before = &drifts[self.groups.times().partition_point(|&t| t <= entry)];
            (0..p).for_each(|j| value[j] -= before[j]);
        }
    }

    /// What an entry at `u` changes by raising `H` after it, per subject followed just after `u`.
    fn add_entry(&self, entry: &[f64], h: &[f64], later: &Later<'_>, values: &mut [Vec<f64>]) {
        let p = self.columns.len();
        let any = self.cause.outcomes().any();
        let mut by_entry = argsort(entry).into_iter().peekable();
        let mut gone = Gone::new(p);
        let (mut followed, mut g) = (0.0, 0);
        let mut drift = vec![0.0; p];
        // Entry times, and the drift before each and after the last.
        let (mut times, mut drifts) = (Vec::new(), vec![drift.clone()]);
        while let Some(&first) = by_entry.peek() {
            let now = entry[first as usize];
            while g < self.groups.len() && self.groups.times()[g] <= now {
                self.leave(g, h, later.at.most, &mut gone);
                followed -= any.weigh(self.groups.get(g).all);
                g += 1;
            }
            let mut together = Vec::new();
            while let Some(i) = by_entry.next_if(|&i| entry[i as usize] == now) {
                together.push(i);
            }
            let entering = any.weigh(&together);
            followed += entering;
            let through = later.at.events.partition_point(|e| e.group < g);
            for (j, drift) in drift.iter_mut().enumerate() {
                let q = later.residual(&gone, through, j) / followed;
                *drift += q * entering / followed;
                for &i in &together {
                    values[i as usize][j] -= q;
                }
            }
            times.push(now);
            drifts.push(drift.clone());
        }
        for ((value, &from), &to) in values.iter_mut().zip(entry).zip(any.time()) {
            let [from, to] = [from, to].map(|time| times.partition_point(|&u| u < time));
            (0..p).for_each(|j| value[j] += drifts[to][j] - drifts[from][j]);
        }
    }

    /// Adds those of group `g` who had another event; without a curve there is no event of the cause after them.
    fn leave(&self, g: usize, h: &[f64], most: f64, gone: &mut Gone) {
        if self.before[g] == 0.0 {
            return;
        }
        for &i in self.groups.get(g).events.iter().filter(|&&i| !self.is_own(i as usize)) {
            let i = i as usize;
            let share = self.weight(i) * (h[i] - most).exp() / self.before[g];
            gone.zero += share;
            gone.one.iter_mut().enumerate().for_each(|(j, one)| *one += share * self.x(i, j));
        }
    }
}

/// `sum exp(h) / (G H)` of those who had another event, and times their covariates.
struct Gone {
    zero: f64,
    one: Vec<f64>,
}

impl Gone {
    fn new(p: usize) -> Self {
        Self { zero: 0.0, one: vec![0.0; p] }
    }
}

/// Sums over the event times.
struct Later<'a> {
    at: &'a Derivatives,
    /// Before each event time, `sum G H dH_0` and times the mean covariates.
    weighted: &'a [Vec<f64>],
}

impl Later<'_> {
    /// `sum (x_j - mean_j) w exp(h) dH_0` of the gone over the event times from `through` on.
    fn residual(&self, gone: &Gone, through: usize, j: usize) -> f64 {
        let last = &self.weighted[self.at.events.len()];
        let sum = |c: usize| last[c] - self.weighted[through][c];
        gone.one[j] * sum(0) - gone.zero * sum(j + 1)
    }
}

impl Derivatives {
    fn add(
        &mut self,
        group: usize,
        events: &[usize],
        risk_set: &Moments,
        weight_and_log_hazard: impl Fn(usize) -> (f64, f64),
        x: impl Fn(usize, usize) -> f64,
    ) {
        let count = events.iter().map(|&i| weight_and_log_hazard(i).0).sum::<f64>();
        let mean: Vec<f64> = risk_set.one.iter().map(|one| one / risk_set.zero).collect();
        self.value -= count * risk_set.zero.ln();
        for &i in events {
            let (weight, log_hazard) = weight_and_log_hazard(i);
            self.value += weight * log_hazard;
            (0..mean.len()).for_each(|k| self.score[k] += weight * (x(i, k) - mean[k]));
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
