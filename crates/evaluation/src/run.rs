//! A sample prepared for its figures: the outcomes in the forms that the methods take.

use crate::sample::{Observed, Sample, Score};
use crate::{EvaluationOptions, Figure, Undefined};
use std::borrow::Cow;
use vertebra_survival::calibration::CalibrationOptions;
use vertebra_survival::curves::{CurveOptions, IncidenceOptions};
use vertebra_survival::horizon::HorizonOptions;
use vertebra_survival::{Error, OneCause, Outcomes};

/// Calls a function of survival with the sample's endpoint: the event, or one cause of it.
macro_rules! on_endpoint {
    ($observed:expr, |$endpoint:ident| $body:expr) => {
        match &$observed {
            $crate::sample::Observed::One($endpoint) => $body,
            $crate::sample::Observed::Competing(outcomes, cause) => match outcomes.cause(*cause) {
                Ok(cause) => {
                    let $endpoint = &cause;
                    $body
                }
                Err(error) => Err(error),
            },
        }
    };
}
pub(crate) use on_endpoint;

/// A sample, and how it is evaluated.
#[derive(Clone)]
pub(crate) struct Run<'a> {
    pub(crate) sample: Cow<'a, Sample>,
    pub(crate) options: &'a EvaluationOptions,
    /// Outcomes in which events of other causes are censorings.
    pub(crate) own: Outcomes,
    /// Outcomes whose pairs a C compares: a subject with another event outlives everybody.
    pub(crate) pairs: Outcomes,
}

impl<'a> Run<'a> {
    pub(crate) fn new(sample: Cow<'a, Sample>, options: &'a EvaluationOptions) -> Self {
        let (own, pairs) = match (&sample.observed, sample.observed.cause()) {
            (Observed::One(outcomes), _) => (outcomes.clone(), outcomes.clone()),
            (_, Some(cause)) => (cause.cause_specific(), cause.as_subdistribution()),
            (_, None) => (without_events(&sample), without_events(&sample)),
        };
        Self { sample, options, own, pairs }
    }

    /// The subjects that have all of `columns`, and these columns without gaps.
    pub(crate) fn complete(&self, columns: &[&[Option<f64>]]) -> (Self, Vec<Vec<f64>>) {
        let has_all = |&i: &usize| columns.iter().all(|column| column[i].is_some());
        let subjects: Vec<usize> = (0..self.sample.n()).filter(has_all).collect();
        let run = match subjects.len() == self.sample.n() {
            true => self.clone(),
            false => Self::new(Cow::Owned(self.sample.subset(&subjects)), self.options),
        };
        let dense = |column: &&[Option<f64>]| subjects.iter().filter_map(|&i| column[i]).collect();
        (run, columns.iter().map(dense).collect())
    }

    /// The cause that is predicted, where others compete with it.
    pub(crate) fn cause(&self) -> Option<OneCause<'_>> {
        self.sample.observed.cause()
    }

    pub(crate) fn scores(&self) -> &[Score] {
        &self.sample.scores
    }

    pub(crate) fn level(&self) -> f64 {
        self.options.level
    }

    /// How figures at a horizon are computed.
    pub(crate) fn at_horizon(&self) -> HorizonOptions {
        HorizonOptions::default().with_level(self.options.level)
    }

    /// How calibration is computed.
    pub(crate) fn calibration(&self) -> CalibrationOptions {
        CalibrationOptions::default().with_level(self.options.level)
    }

    /// How Kaplan-Meier curves are estimated.
    pub(crate) fn curve(&self) -> CurveOptions {
        CurveOptions::default().with_level(self.options.level)
    }

    /// How cumulative incidences are estimated.
    pub(crate) fn incidence(&self) -> IncidenceOptions {
        IncidenceOptions::default().with_level(self.options.level)
    }
}

/// The follow-up of a sample in which nobody had an event of the cause.
fn without_events(sample: &Sample) -> Outcomes {
    let any = sample.observed.any();
    Outcomes::new(any.time().to_vec(), vec![false; any.n_subjects()])
        .unwrap_or_else(|_| any.clone())
}

/// A result of survival as a figure of this crate.
pub(crate) fn figure<T, U>(result: Result<T, Error>, of: impl FnOnce(T) -> U) -> Figure<U> {
    Figure::from(result.map(of).map_err(Undefined::from))
}
