//! Cumulative/dynamic area under the ROC curve at a horizon, with censoring.
//!
//! The probability that a subject with the event by the horizon has a higher risk than one without
//! it, pairs of equal risk counting one half. Under competing risks a subject that had another
//! event by the horizon is one without it (the second of Blanche's two definitions, that of
//! riskRegression).
//!
//! Several scores at several horizons have a joint covariance, the sum over subjects of the
//! products of their infinitesimal jackknife values, so that all can be compared in one Wald test.
//!
//! Sources: Uno et al., *JASA* 102:527-537, 2007; Hung & Chiang, *Can. J. Stat.* 38:8-26, 2010;
//! standard error and competing risks: Blanche et al., *Stat. Med.* 32:5381-5397, 2013; the
//! interval of an area of 0 or 1: Newcombe, *Stat. Med.* 25:559-573, 2006.

use crate::{
    error::Error,
    estimate::{
        Estimate, Influence, PairedDifference, Pivot, Scale, Test, Units, boundary, covariance,
        wald,
    },
    horizon::{
        HorizonOptions,
        ipcw::{AtHorizon, Censoring, Status},
    },
    numeric::{linear::Matrix, order::Order},
    outcomes::{Endpoint, check},
};

/// The area under the ROC curve at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct AucAt {
    /// Horizon in years.
    pub horizon: f64,
    /// Area in [0, 1], with a logit interval; at 0 and 1, where the standard error is 0, with the
    /// interval of Newcombe's score test.
    pub estimate: Estimate,
    /// Events by the horizon.
    pub n_cases: usize,
    /// Subjects known not to have had the event by the horizon.
    pub n_controls: usize,
}

/// Areas of several scores at several horizons on the same subjects.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct JointAuc {
    /// The areas, by score and then by horizon.
    pub areas: Vec<Vec<AucAt>>,
    /// Covariance of all areas, in the same order one after another.
    pub covariance: Vec<Vec<f64>>,
    level: f64,
    /// What differences are compared with, by horizon.
    pivots: Vec<Pivot>,
}

/// Area under the ROC curve of `risk` at `horizon` years, in O(n log n).
///
/// # Shapes
/// - `risk`: `[n]`, finite, higher = earlier expected event
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
/// [`Error::Undefined`] without a case or a control, [`Error::Unsupported`] for delayed entry.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, auc_at};
/// let outcomes =
///     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
/// assert_eq!(auc_at(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], 2.5)?.estimate.value, 4.0 / 6.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn auc_at(endpoint: &impl Endpoint, risk: &[f64], horizon: f64) -> Result<AucAt, Error> {
    HorizonOptions::default().auc_at(endpoint, risk, horizon)
}

impl HorizonOptions {
    /// Area under the ROC curve of `risk` at `horizon` years, in O(n log n).
    ///
    /// # Errors
    /// As [`auc_at`](crate::horizon::auc_at), and [`Error::InvalidSetting`] for a level outside (0,
    /// 1).
    pub fn auc_at(
        &self,
        endpoint: &impl Endpoint,
        risk: &[f64],
        horizon: f64,
    ) -> Result<AucAt, Error> {
        Ok(self.auc_at_horizons(endpoint, risk, &[horizon])?[0])
    }
}

/// The same at several horizons, sorting only once.
///
/// # Errors
/// As [`auc_at`].
pub fn auc_at_horizons(
    endpoint: &impl Endpoint,
    risk: &[f64],
    horizons: &[f64],
) -> Result<Vec<AucAt>, Error> {
    HorizonOptions::default().auc_at_horizons(endpoint, risk, horizons)
}

impl HorizonOptions {
    /// Areas of one score at several horizons (years), sorting only once.
    ///
    /// # Errors
    /// As [`auc_at_horizons`](crate::horizon::auc_at_horizons), and [`Error::InvalidSetting`] for a
    /// level outside (0, 1).
    pub fn auc_at_horizons(
        &self,
        endpoint: &impl Endpoint,
        risk: &[f64],
        horizons: &[f64],
    ) -> Result<Vec<AucAt>, Error> {
        let level = self.level()?;
        check::finite("risk", risk, endpoint.follow_up())?;
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let censoring = Censoring::new(endpoint)?;
        let order = Order::new(risk);
        let one = |&horizon: &f64| {
            let (at, auc, direct) = area(&censoring, risk, &order, horizon)?;
            let influence = units.influence(auc, at.add_censoring(&direct));
            Ok(statistic(&at, horizon, &influence, (units, self.pivot(&at, units), level)))
        };
        horizons.iter().map(one).collect()
    }
}

const NAME: &str = "the area under the ROC curve";

fn statistic(
    at: &AtHorizon<'_>,
    horizon: f64,
    influence: &Influence,
    (units, pivot, level): (Units<'_>, Pivot, f64),
) -> AucAt {
    let [cases, controls] = [Status::Case, Status::Control].map(|status| {
        let worth = at.subjects(status).map(|i| (i, at.weights[i]));
        (at.subjects(status).count(), units.effective(worth))
    });
    let (value, std_error) = (influence.value(), influence.std_error());
    let by = (pivot, Scale::Logit);
    let estimate = boundary::area(value, std_error, (cases.1, controls.1), by, level);
    AucAt { horizon, estimate, n_cases: cases.0, n_controls: controls.0 }
}

/// Tests whether two scores of the same subjects have the same area at `horizon` years.
///
/// # Errors
/// As [`auc_at`], and [`Error::Undefined`] where both scores rank all pairs alike.
pub fn compare_auc_at(
    endpoint: &impl Endpoint,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    HorizonOptions::default().compare_auc_at(endpoint, first, second, horizon)
}

impl HorizonOptions {
    /// Tests whether two scores of the same subjects have the same area at `horizon` years.
    ///
    /// # Errors
    /// As [`compare_auc_at`](crate::horizon::compare_auc_at), and [`Error::InvalidSetting`] for a
    /// level outside (0, 1).
    pub fn compare_auc_at(
        &self,
        endpoint: &impl Endpoint,
        first: &[f64],
        second: &[f64],
        horizon: f64,
    ) -> Result<PairedDifference, Error> {
        self.auc_jointly(endpoint, &[first, second], &[horizon])?.difference(0, 1, 0)
    }
}

/// Areas of several scores at several horizons (years) with their covariance matrix.
///
/// # Errors
/// As [`auc_at`], and [`Error::Empty`] without a score or a horizon.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::auc_jointly, Outcomes};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
/// let outcomes = Outcomes::new(time, vec![true, true, true, false, true, true, false, false])?;
/// let image = [0.9, 0.7, 0.8, 0.5, 0.2, 0.6, 0.3, 0.1];
/// let age = [0.5, 0.9, 0.4, 0.8, 0.6, 0.1, 0.7, 0.2];
/// let joint = auc_jointly(&outcomes, &[&image, &age], &[3.5, 5.5])?;
/// let at_both = joint.test_of_equality()?;
/// assert_eq!(at_both.df, Some(2.0));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn auc_jointly(
    endpoint: &impl Endpoint,
    risks: &[&[f64]],
    horizons: &[f64],
) -> Result<JointAuc, Error> {
    HorizonOptions::default().auc_jointly(endpoint, risks, horizons)
}

impl HorizonOptions {
    /// Areas of several scores at several horizons (years) with their covariance matrix.
    ///
    /// # Errors
    /// As [`auc_jointly`](crate::horizon::auc_jointly), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn auc_jointly(
        &self,
        endpoint: &impl Endpoint,
        risks: &[&[f64]],
        horizons: &[f64],
    ) -> Result<JointAuc, Error> {
        let level = self.level()?;
        for (name, length) in [("risks", risks.len()), ("horizons", horizons.len())] {
            if length == 0 {
                return Err(Error::Empty { name });
            }
        }
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let censoring = Censoring::new(endpoint)?;
        let (mut areas, mut influences) = (Vec::new(), Vec::new());
        let mut pivots = Vec::new();
        for risk in risks {
            check::finite("risk", risk, endpoint.follow_up())?;
            let order = Order::new(risk);
            let mut of_score = Vec::with_capacity(horizons.len());
            pivots.clear();
            for &horizon in horizons {
                let (at, auc, direct) = area(&censoring, risk, &order, horizon)?;
                let influence = units.influence(auc, at.add_censoring(&direct));
                let pivot = self.pivot(&at, units);
                of_score.push(statistic(&at, horizon, &influence, (units, pivot, level)));
                influences.push(influence);
                pivots.push(pivot);
            }
            areas.push(of_score);
        }
        Ok(JointAuc { areas, covariance: covariance(&influences), level, pivots })
    }
}

impl JointAuc {
    /// The area of score `first` minus that of score `second` at the horizon of this index, with
    /// its test.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a score or horizon that does not exist, [`Error::Undefined`]
    /// where both rank all pairs alike, so that the difference has no variance.
    pub fn difference(
        &self,
        first: usize,
        second: usize,
        horizon: usize,
    ) -> Result<PairedDifference, Error> {
        if let Some(k) = [first, second].into_iter().find(|&k| k >= self.areas.len()) {
            return Err(Error::InvalidSetting {
                name: "score",
                expected: "one of those estimated",
                got: k.to_string(),
            });
        }
        let n = self.areas[0].len();
        if horizon >= n {
            return Err(Error::InvalidSetting {
                name: "horizon",
                expected: "one of those estimated",
                got: horizon.to_string(),
            });
        }
        let (v, a, b) = (&self.covariance, first * n + horizon, second * n + horizon);
        let variance = v[a][a] + v[b][b] - 2.0 * v[a][b];
        let difference =
            self.areas[first][horizon].estimate.value - self.areas[second][horizon].estimate.value;
        let by = (self.pivots[horizon], self.level);
        PairedDifference::new(difference, variance, v[a][a].max(v[b][b]), by)
    }

    /// Wald test that at every horizon all scores have the same area.
    ///
    /// # Errors
    /// [`Error::Undefined`] for fewer than two scores, or where the differences have no regular
    /// covariance, as when two scores rank all pairs alike.
    pub fn test_of_equality(&self) -> Result<Test, Error> {
        let (scores, horizons) = (self.areas.len(), self.areas[0].len());
        let name = "the test of equal areas";
        if scores < 2 {
            return Err(Error::Undefined { name, why: "there is only one score" });
        }
        // Score k + 1 against the first, at each horizon.
        let places: Vec<(usize, usize)> =
            (horizons..scores * horizons).map(|k| (k, k % horizons)).collect();
        let auc = |k: usize| self.areas[k / horizons][k % horizons].estimate.value;
        let differences: Vec<f64> = places.iter().map(|&(k, base)| auc(k) - auc(base)).collect();
        let v = &self.covariance;
        let entry =
            |(k, a): (usize, usize), (l, b): (usize, usize)| v[k][l] - v[k][b] - v[a][l] + v[a][b];
        let covariance = Matrix::from_fn(places.len(), |j, k| entry(places[j], places[k]));
        let largest = (0..v.len()).map(|k| v[k][k]).fold(0.0, f64::max);
        let flat = |p: &(usize, usize)| entry(*p, *p) <= 1e-14 * largest;
        let test = match places.iter().any(flat) {
            true => None,
            // The earliest horizon has the fewest cases.
            false => wald(&differences, &covariance, fewest(&self.pivots)),
        };
        test.ok_or(Error::Undefined { name, why: "some scores agree on all pairs" })
    }
}

/// The one with the fewest degrees of freedom.
fn fewest(pivots: &[Pivot]) -> Pivot {
    let df = |pivot: &Pivot| pivot.df().unwrap_or(f64::INFINITY);
    pivots.iter().copied().min_by(|a, b| df(a).total_cmp(&df(b))).unwrap_or(Pivot::Normal)
}

/// The area, and its derivative with respect to the logarithm of each subject's weight.
fn area<'a>(
    censoring: &'a Censoring<'a>,
    risk: &[f64],
    order: &Order,
    horizon: f64,
) -> Result<(AtHorizon<'a>, f64, Vec<f64>), Error> {
    let at = censoring.at(horizon)?;
    at.check_both(NAME)?;
    let (cases, controls) = (at.total(Status::Case), at.total(Status::Control));
    let mut direct = vec![0.0; risk.len()];
    let (mut cases_below, mut controls_below, mut wins) = (0.0, 0.0, 0.0);
    for tied in order.runs() {
        let weigh = |kind| {
            let of = |&&i: &&u32| at.status[i as usize] == kind;
            tied.iter().filter(of).map(|&i| at.weights[i as usize]).sum::<f64>()
        };
        let (cases_here, controls_here) = (weigh(Status::Case), weigh(Status::Control));
        for &i in tied {
            let i = i as usize;
            direct[i] = match at.status[i] {
                Status::Case => at.weights[i] * (controls_below + 0.5 * controls_here),
                Status::Control => at.weights[i] * (cases - cases_below - 0.5 * cases_here),
                Status::Unknown => 0.0,
            };
        }
        wins += cases_here * (controls_below + 0.5 * controls_here);
        cases_below += cases_here;
        controls_below += controls_here;
    }
    let auc = wins / (cases * controls);
    for (i, value) in direct.iter_mut().enumerate() {
        let others = match at.status[i] {
            Status::Case => controls,
            Status::Control => cases,
            Status::Unknown => 0.0,
        };
        *value = (*value - auc * at.weights[i] * others) / (cases * controls);
    }
    Ok((at, auc, direct))
}
