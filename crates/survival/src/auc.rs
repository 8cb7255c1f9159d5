//! Cumulative/dynamic area under the ROC curve at a horizon, with censoring.
//!
//! The probability that a subject with the event by the horizon has a higher risk than one still
//! event-free at it, pairs of equal risk counting one half.
//!
//! Sources: Uno et al., *JASA* 102:527-537, 2007; Hung & Chiang, *Can. J. Stat.* 38:8-26, 2010;
//! standard error: Blanche et al., *Stat. Med.* 32:5381-5397, 2013.

use crate::{
    Error, IndexInterval, Outcomes, PairedDifference,
    c_statistic::{index_interval, paired_difference},
    check,
    ipcw::{AtHorizon, Censoring, Status},
    order::Order,
};

/// The area under the ROC curve at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct AucAt {
    /// Horizon in years.
    pub horizon: f64,
    /// Area in [0, 1].
    pub auc: f64,
    /// Standard error.
    pub se: f64,
    /// Lower bound of the 95 % logit interval.
    pub lower: f64,
    /// Upper bound of the 95 % logit interval.
    pub upper: f64,
    /// Events by the horizon.
    pub n_cases: usize,
    /// Subjects followed beyond the horizon.
    pub n_controls: usize,
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
/// assert_eq!(auc_at(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], 2.5)?.auc, 4.0 / 6.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn auc_at(outcomes: &Outcomes, risk: &[f64], horizon: f64) -> Result<AucAt, Error> {
    Ok(auc_at_horizons(outcomes, risk, &[horizon])?[0])
}

/// The same at several horizons, sorting only once.
///
/// # Errors
/// As [`auc_at`].
pub fn auc_at_horizons(
    outcomes: &Outcomes,
    risk: &[f64],
    horizons: &[f64],
) -> Result<Vec<AucAt>, Error> {
    check::finite("risk", risk, outcomes)?;
    let censoring = Censoring::new(outcomes)?;
    let order = Order::new(risk);
    let one = |&horizon: &f64| {
        let (at, auc, direct) = area(&censoring, risk, &order, horizon)?;
        let se = at.std_error(&direct);
        let (lower, upper) = index_interval(auc, se, 0.95, IndexInterval::Logit);
        let count = |kind| at.status.iter().filter(|&&s| s == kind).count();
        let (n_cases, n_controls) = (count(Status::Case), count(Status::Control));
        Ok(AucAt { horizon, auc, se, lower, upper, n_cases, n_controls })
    };
    horizons.iter().map(one).collect()
}

/// Tests whether two scores of the same subjects have the same area at `horizon` years.
///
/// # Errors
/// As [`auc_at`], and [`Error::Undefined`] where both scores rank all pairs alike.
pub fn compare_auc_at(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    check::finite("first", first, outcomes)?;
    check::finite("second", second, outcomes)?;
    let censoring = Censoring::new(outcomes)?;
    let one = |risk: &[f64]| -> Result<(f64, Vec<f64>), Error> {
        let (at, auc, direct) = area(&censoring, risk, &Order::new(risk), horizon)?;
        Ok((auc, at.add_censoring(&direct)))
    };
    let (a, b) = (one(first)?, one(second)?);
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let variance = squares(&mut a.1.iter().zip(&b.1).map(|(x, y)| x - y));
    let largest = squares(&mut a.1.iter().copied()).max(squares(&mut b.1.iter().copied()));
    paired_difference(a.0 - b.0, variance, largest, 0.95)
}

/// The area, and its derivative with respect to the logarithm of each subject's weight.
fn area<'a>(
    censoring: &'a Censoring<'a>,
    risk: &[f64],
    order: &Order,
    horizon: f64,
) -> Result<(AtHorizon<'a>, f64, Vec<f64>), Error> {
    let at = censoring.at(horizon)?;
    at.check_both("the area under the ROC curve")?;
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
