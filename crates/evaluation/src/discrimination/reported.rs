//! Area under the ROC curve and accuracy at a horizon with the intervals to report, by a bootstrap
//! that repeats everything, the censoring curve too.

use crate::discrimination::headline::{Headline, IntervalMethod};
use crate::estimate::{Estimate, Interval};
use crate::run::{Run, on_endpoint};
use crate::sample::Observed;
use crate::{Error, EvaluationOptions, Figure, Keys, Sample, Undefined};
use serde::{Deserialize, Serialize};
use vertebra_survival::BootstrapOptions;

/// A share of subjects.
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
        let of = |observed: &Observed, risk: &[f64]| -> Result<_, vertebra_survival::Error> {
            on_endpoint!(observed, |endpoint| run
                .at_horizon()
                .auc_at(endpoint, risk, horizon)
                .map(|a| a.estimate))
        };
        let whole = match of(&run.sample.observed, &risk) {
            Err(why) => return Ok(Undefined::from(why).into()),
            Ok(whole) => whole,
        };
        let drawn = bootstrap(&run, &risk, &|observed, risk| of(observed, risk).ok());
        Ok(Figure::Defined(Headline::choose(whole, drawn, IntervalMethod::of(&whole))))
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
            on_endpoint!(observed, |endpoint| run
                .at_horizon()
                .accuracy_at(endpoint, risk, horizon, threshold))
        };
        let whole = match of(&run.sample.observed, &risk) {
            Err(why) => return Ok(Undefined::from(why).into()),
            Ok(whole) => whole,
        };
        let parts: [fn(&vertebra_survival::horizon::ThresholdAccuracy) -> Estimate; 4] =
            [|a| a.sensitivity, |a| a.specificity, |a| a.ppv, |a| a.npv];
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
        let (run, mut columns) =
            Run::new(self.with_dependence()?, options).complete(&[&found.values]);
        Ok((run, columns.swap_remove(0)))
    }
}

/// A share with the interval to report; `of` computes it again in a bootstrap sample.
fn share(
    run: &Run<'_>,
    risk: &[f64],
    whole: Estimate,
    of: &(dyn Fn(&Observed, &[f64]) -> Option<Estimate> + Sync),
) -> Share {
    let drawn = bootstrap(run, risk, of);
    let Headline { estimate, method } = Headline::choose(whole, drawn, IntervalMethod::of(&whole));
    let Estimate { value, std_error, interval, .. } = estimate;
    Share { value, std_error, interval: Some(interval), method: Some(method) }
}

/// The studentised interval on the logit scale, where the options ask for samples and it exists.
fn bootstrap(
    run: &Run<'_>,
    risk: &[f64],
    of: &(dyn Fn(&Observed, &[f64]) -> Option<Estimate> + Sync),
) -> Option<Interval> {
    let mut options = BootstrapOptions::default()
        .with_replicates(run.options.bootstrap?)
        .with_seed(run.options.seed);
    if let Some(clusters) = &run.sample.clusters {
        options = options.with_clusters(clusters.clone());
    }
    let again = |subjects: &[usize]| {
        let risk: Vec<f64> = subjects.iter().map(|&i| risk[i]).collect();
        let drawn = of(&run.sample.observed.resample(subjects), &risk)?;
        Some((drawn.value, drawn.std_error))
    };
    options.draw_studentised(risk.len(), again).ok()?.studentised_logit(run.level()).ok()
}
