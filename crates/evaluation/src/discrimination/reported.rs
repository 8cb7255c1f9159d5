//! Area under the ROC curve and accuracy at a horizon with the intervals to report, by a bootstrap
//! that repeats everything, the censoring curve too.

use crate::discrimination::headline::{Headline, IntervalMethod};
use crate::estimate::{Estimate, Interval, logit_interval};
use crate::run::{Run, on_endpoint};
use crate::sample::Observed;
use crate::{Error, EvaluationOptions, Figure, Keys, Sample, Undefined};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use vertebra_survival::{BootstrapOptions, accuracy_at, auc_at};

/// A share of subjects. Where it is 0 or 1, or its standard error is 0, it has no interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Share {
    /// The share, in [0, 1].
    pub value: f64,
    /// Its standard error.
    #[serde(rename = "se")]
    pub std_error: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// How the interval was computed.
    pub method: Option<IntervalMethod>,
}

/// Sensitivity, specificity and predictive values with intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportedAccuracy {
    /// Share of the cases that are flagged.
    pub sensitivity: Share,
    /// Share of the controls that are not flagged.
    pub specificity: Share,
    /// Share of the flagged that are cases.
    pub ppv: Share,
    /// Share of those not flagged that are controls.
    pub npv: Share,
}

impl Keys for ReportedAccuracy {
    const KEYS: &'static [&'static str] = &["sensitivity", "specificity", "ppv", "npv"];
}

/// A figure and its standard error.
type Pair = (f64, f64);

impl Sample {
    /// The cumulative/dynamic AUC of a score at `horizon` with the interval to report: the
    /// studentised bootstrap's where the options ask for samples.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] where the sample has no such score, and those of
    /// [`Evaluation::of`](crate::Evaluation::of).
    ///
    /// # Examples
    /// ```
    /// use vertebra_evaluation::{EvaluationOptions, IntervalMethod, Sample};
    /// use vertebra_survival::Outcomes;
    /// let time = (1..=40).map(f64::from).collect();
    /// let sample = Sample::new(Outcomes::new(time, (0..40).map(|i| i % 3 > 0).collect())?)
    ///     .with_score("x", (0..40).map(|i| f64::from(i * 7 % 40 - i)).collect());
    /// let options = EvaluationOptions::default().with_bootstrap(199, 1);
    /// let auc = sample.reported_auc("x", 20.0, &options)?.into_value().unwrap();
    /// assert_eq!(auc.method, IntervalMethod::StudentisedLogitBootstrap);
    /// # Ok::<(), vertebra_evaluation::Error>(())
    /// ```
    pub fn reported_auc(
        &self,
        score: &str,
        horizon: f64,
        options: &EvaluationOptions,
    ) -> Result<Figure<Headline>, Error> {
        let (run, risk) = self.of_score(score, options)?;
        let of = |observed: &Observed, risk: &[f64]| -> Result<Pair, vertebra_survival::Error> {
            on_endpoint!(observed, |endpoint| auc_at(endpoint, risk, horizon)
                .map(|a| (a.estimate.value, a.estimate.std_error)))
        };
        let whole = match of(&run.sample.observed, &risk) {
            Err(why) => return Ok(Undefined::from(why).into()),
            Ok(whole) => whole,
        };
        let share = share(&run, &risk, whole, &|observed, risk| of(observed, risk).ok());
        let estimate = |interval| Estimate::new(share.value, share.std_error, interval);
        Ok(match (share.interval, share.method) {
            (Some(interval), Some(method)) => {
                Figure::Defined(Headline::new(estimate(interval), method))
            }
            _ => {
                let interval = Interval::new(share.value, share.value, options.level);
                Figure::Defined(Headline::new(estimate(interval), IntervalMethod::LogitNormal))
            }
        })
    }

    /// Sensitivity, specificity and predictive values at `horizon` of flagging the subjects at or
    /// above `threshold`, with the intervals to report.
    ///
    /// # Errors
    /// As [`reported_auc`](Self::reported_auc).
    pub fn reported_accuracy(
        &self,
        score: &str,
        (horizon, threshold): (f64, f64),
        options: &EvaluationOptions,
    ) -> Result<Figure<ReportedAccuracy>, Error> {
        let (run, risk) = self.of_score(score, options)?;
        let of = |observed: &Observed, risk: &[f64]| {
            on_endpoint!(observed, |endpoint| accuracy_at(endpoint, risk, horizon, threshold))
        };
        let whole = match of(&run.sample.observed, &risk) {
            Err(why) => return Ok(Undefined::from(why).into()),
            Ok(whole) => whole,
        };
        let parts: [fn(&vertebra_survival::horizon::ThresholdAccuracy) -> Pair; 4] = [
            |a| (a.sensitivity.value, a.sensitivity.std_error),
            |a| (a.specificity.value, a.specificity.std_error),
            |a| (a.ppv.value, a.ppv.std_error),
            |a| (a.npv.value, a.npv.std_error),
        ];
        let [sensitivity, specificity, ppv, npv] = parts.map(|part| {
            share(&run, &risk, part(&whole), &|observed, risk| {
                Some(part(&of(observed, risk).ok()?))
            })
        });
        Ok(Figure::Defined(ReportedAccuracy { sensitivity, specificity, ppv, npv }))
    }

    /// The subjects that have a score, and the score without gaps.
    fn of_score<'a>(
        &'a self,
        score: &str,
        options: &'a EvaluationOptions,
    ) -> Result<(Run<'a>, Vec<f64>), Error> {
        self.check()?;
        options.check()?;
        let Some(found) = self.scores.iter().find(|s| s.name == score) else {
            let (name, expected) = ("score".to_owned(), "the name of a score of the sample");
            return Err(Error::InvalidValue { name, expected, got: score.to_owned() });
        };
        let (run, mut columns) = Run::new(Cow::Borrowed(self), options).complete(&[&found.values]);
        Ok((run, columns.swap_remove(0)))
    }
}

/// A share with the interval to report; `of` computes it again in a bootstrap sample.
fn share(
    run: &Run<'_>,
    risk: &[f64],
    (value, std_error): Pair,
    of: &(dyn Fn(&Observed, &[f64]) -> Option<Pair> + Sync),
) -> Share {
    let bootstrap = run.options.bootstrap.and_then(|samples| {
        let mut options =
            BootstrapOptions::default().with_replicates(samples).with_seed(run.options.seed);
        if let Some(clusters) = &run.sample.clusters {
            options = options.with_clusters(clusters.clone());
        }
        let again = |subjects: &[usize]| {
            let risk: Vec<f64> = subjects.iter().map(|&i| risk[i]).collect();
            of(&run.sample.observed.subset(subjects), &risk)
        };
        options.draw_studentised(risk.len(), again).ok()?.studentised_logit(run.level()).ok()
    });
    let level = run.level();
    let (interval, method) = match bootstrap {
        Some(interval) => (Some(interval), Some(IntervalMethod::StudentisedLogitBootstrap)),
        None => {
            let interval = logit_interval(value, std_error, level);
            (interval, interval.map(|_| IntervalMethod::LogitNormal))
        }
    };
    Share { value, std_error, interval, method }
}
