//! The spread of an index over the folds of a cross-validation.

use crate::estimate::Estimate;
use crate::{Figure, Keys, Reason, Undefined, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::estimate::{Pivot, Scale};
use vertebra_survival::numeric::mean_and_sd;
use vertebra_survival::{Outcomes, concordance};

/// The mean of a figure over folds, with Student's t interval of that mean.
///
/// It tells how much fold models differ, not how sure one can be of the figure in a new cohort:
/// folds share most of their subjects. The interval to report is that of a
/// [`Headline`](crate::Headline).
///
/// # Examples
/// ```
/// use vertebra_evaluation::OverFolds;
/// let over = OverFolds::of(vec![0.6, 0.7, 0.8], 0.95);
/// assert!((over.mean.value().unwrap().estimate.value - 0.7).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OverFolds {
    /// The figure in each fold that has one.
    pub folds: Vec<f64>,
    /// Their mean.
    pub mean: Figure<FoldMean>,
}

/// A mean over folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoldMean {
    /// The mean with its interval over folds.
    #[serde(flatten, with = "keys::value")]
    pub estimate: Estimate,
}

impl Keys for FoldMean {
    const KEYS: &'static [&'static str] = &["value", "se", "lower", "upper"];
}

impl OverFolds {
    /// The mean of `folds` with its interval at `level`; undefined below two folds.
    #[must_use]
    pub fn of(folds: Vec<f64>, level: f64) -> Self {
        let mean = match mean(&folds, level) {
            Some(estimate) => Figure::Defined(FoldMean { estimate }),
            None => {
                let why = format!("the mean over {} folds has no interval", folds.len());
                Undefined::new(Reason::Undefined, why).into()
            }
        };
        Self { folds, mean }
    }

    /// Harrell's C of `risk` within each fold (one label per subject) that has comparable pairs,
    /// with the mean of these; undefined unless every subject has a risk and a fold.
    #[must_use]
    pub fn by_fold(outcomes: &Outcomes, risk: &[f64], folds: &[usize], level: f64) -> Self {
        let n = outcomes.n_subjects();
        if risk.len() != n || folds.len() != n {
            let why =
                format!("expected {n} risks and folds, got {} and {}", risk.len(), folds.len());
            let mean = Undefined::new(Reason::InvalidInput, why).into();
            return Self { folds: Vec::new(), mean };
        }
        let last = folds.iter().max().copied().unwrap_or(0);
        let of = |fold: usize| {
            let members: Vec<usize> = (0..folds.len()).filter(|&i| folds[i] == fold).collect();
            let risk: Vec<f64> = members.iter().map(|&i| risk[i]).collect();
            concordance(&outcomes.subset(&members), &risk).ok().map(|pairs| pairs.index())
        };
        Self::of((0..=last).filter_map(of).collect(), level)
    }
}

fn mean(folds: &[f64], level: f64) -> Option<Estimate> {
    let n = folds.len() as f64;
    if folds.len() < 2 {
        return None;
    }
    let (mean, sd) = mean_and_sd(folds);
    let student = (Pivot::Student(n - 1.0), Scale::Plain);
    Some(Estimate::around(mean, sd / n.sqrt(), student, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_over_folds_is_students() {
        // R: t.test(c(0.6, 0.7, 0.8))$conf.int = 0.4515862 0.9484138
        let over = OverFolds::of(vec![0.6, 0.7, 0.8], 0.95);
        let interval = over.mean.value().unwrap().estimate.interval;
        assert!((interval.lower - 0.451_586_2).abs() < 1e-6);
        assert!((interval.upper - 0.948_413_8).abs() < 1e-6);
        assert!(OverFolds::of(vec![0.6], 0.95).mean.why().unwrap().contains("1 folds"));
    }
}
