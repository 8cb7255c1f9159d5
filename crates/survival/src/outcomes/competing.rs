//! Outcomes under competing risks, and one cause among them.

use crate::{
    error::Error,
    outcomes::{CensoringCurve, Outcomes},
};

/// Outcomes under competing risks: each event has a cause, and an event of one cause (such as
/// death) makes an event of another (such as fracture) impossible.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, auc_at, observed_expected};
/// let (fracture, death) = (1, 2);
/// let cause = vec![fracture, death, fracture, 0, 0, death];
/// let outcomes = CompetingOutcomes::new(vec![1.0, 1.5, 2.0, 2.5, 4.0, 5.0], cause)?;
/// let of_fracture = outcomes.cause(fracture)?;
/// let risk = [0.9, 0.2, 0.6, 0.5, 0.1, 0.3];
/// assert_eq!(auc_at(&of_fracture, &risk, 3.0)?.estimate.value, 1.0);
/// assert!(observed_expected(&of_fracture, &risk, 3.0)?.observed < 0.5);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "super::unchecked::UncheckedCompetingOutcomes")]
pub struct CompetingOutcomes {
    any: Outcomes,
    cause: Vec<usize>,
}

/// One cause of [`CompetingOutcomes`]; every function that takes an [`Endpoint`](crate::Endpoint)
/// takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OneCause<'a> {
    outcomes: &'a CompetingOutcomes,
    cause: usize,
}

impl CompetingOutcomes {
    /// `time` in years; `cause[i]` is 0 for a censored subject and 1, 2, .. for the cause of its
    /// event.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn new(time: Vec<f64>, cause: Vec<usize>) -> Result<Self, Error> {
        if time.len() != cause.len() {
            return Err(Error::LengthMismatch {
                name: "cause",
                expected: time.len(),
                got: cause.len(),
            });
        }
        let any = Outcomes::new(time, cause.iter().map(|&c| c > 0).collect())?;
        Ok(Self { any, cause })
    }

    /// The causes of events that are already checked.
    pub(super) fn of(any: Outcomes, cause: Vec<usize>) -> Result<Self, Error> {
        if cause.len() != any.n_subjects() {
            return Err(Error::LengthMismatch {
                name: "cause",
                expected: any.n_subjects(),
                got: cause.len(),
            });
        }
        match cause.iter().zip(any.event()).position(|(&c, &event)| event != (c > 0)) {
            Some(i) => Err(Error::OutOfDomain {
                name: "cause",
                index: i,
                value: cause[i] as f64,
                expected: "0 for a censored subject and above 0 for an event",
            }),
            None => Ok(Self { any, cause }),
        }
    }

    /// Adds case weights: a subject of weight 2 counts as two alike.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::OutOfDomain`] unless `weight[i]` is positive and
    /// finite.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, Error> {
        self.any = self.any.with_weights(weight)?;
        Ok(self)
    }

    /// Adds entry times in years: subject `i` is at risk on `(entry[i], time[i]]`. A subject that
    /// has an event, of any cause, before it would have entered is not in the sample; the curves
    /// and risks allow for that.
    ///
    /// # Errors
    /// As [`Outcomes::with_entry`].
    pub fn with_entry(mut self, entry: Vec<f64>) -> Result<Self, Error> {
        self.any = self.any.with_entry(entry)?;
        Ok(self)
    }

    /// Says which subjects depend on each other, as [`Outcomes::with_clusters`] does.
    ///
    /// # Errors
    /// As there.
    pub fn with_clusters(mut self, labels: Vec<usize>) -> Result<Self, Error> {
        self.any = self.any.with_clusters(labels)?;
        Ok(self)
    }

    /// Weights by a censoring curve of other subjects, as [`Outcomes::with_censoring`].
    #[must_use]
    pub fn with_censoring(mut self, curve: CensoringCurve) -> Self {
        self.any = self.any.with_censoring(curve);
        self
    }

    /// Takes times as equal that differ by less than rounding, as [`Outcomes::with_tied_times`]
    /// does.
    ///
    /// # Errors
    /// As there.
    pub fn with_tied_times(mut self, tolerance: f64) -> Result<Self, Error> {
        self.any = self.any.with_tied_times(tolerance)?;
        Ok(self)
    }

    /// The follow-up with an event of any cause as the event.
    #[must_use]
    pub fn any_event(&self) -> &Outcomes {
        &self.any
    }

    /// Cause of each subject's event, 0 where it was censored, shape `[n]`.
    #[must_use]
    pub fn causes(&self) -> &[usize] {
        &self.cause
    }

    /// The largest cause.
    #[must_use]
    pub fn n_causes(&self) -> usize {
        self.cause.iter().copied().max().unwrap_or(0)
    }

    /// The endpoint "event of this cause".
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for cause 0, [`Error::NoEvents`] where nobody had one of this
    /// cause.
    pub fn cause(&self, cause: usize) -> Result<OneCause<'_>, Error> {
        if cause == 0 {
            return Err(Error::InvalidSetting {
                name: "cause",
                expected: "at least 1",
                got: "0".to_owned(),
            });
        }
        match self.cause.contains(&cause) {
            true => Ok(OneCause { outcomes: self, cause }),
            false => Err(Error::NoEvents { n: self.cause.len() }),
        }
    }

    /// The outcomes of a bootstrap sample of whole clusters, as [`Outcomes::resample`].
    ///
    /// # Panics
    /// As there.
    #[must_use]
    pub fn resample(&self, indices: &[usize]) -> Self {
        let cause = indices.iter().map(|&i| self.cause[i]).collect();
        Self { any: self.any.resample(indices), cause }
    }

    /// The outcomes of the subjects at `indices`, in that order; an index may repeat.
    ///
    /// # Panics
    /// If an index is not below the number of subjects, as slice indexing does.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        let cause = indices.iter().map(|&i| self.cause[i]).collect();
        Self { any: self.any.subset(indices), cause }
    }
}

impl<'a> OneCause<'a> {
    /// Its outcomes.
    #[must_use]
    pub fn outcomes(self) -> &'a CompetingOutcomes {
        self.outcomes
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> usize {
        self.cause
    }

    /// Outcomes in which an event of another cause is a censoring: what a cause-specific hazard is
    /// estimated from, with [`nelson_aalen`](crate::curves::nelson_aalen),
    /// [`log_rank`](crate::log_rank) or a Cox model, and
    /// [`incident_auc`](crate::horizon::incident_auc) under competing risks.
    ///
    /// Their Kaplan-Meier curve is not the probability of staying free of the event: that is
    /// [`cumulative_incidence`](crate::cumulative_incidence).
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::CompetingOutcomes;
    /// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0], vec![1, 2, 0])?;
    /// assert_eq!(outcomes.cause(1)?.cause_specific().event(), [true, false, false]);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    #[must_use]
    pub fn cause_specific(self) -> Outcomes {
        let own = self.outcomes.cause.iter().map(|&c| c == self.cause).collect();
        self.outcomes.any.with_events(own)
    }

    /// Outcomes in which a subject that had an event of another cause is followed, without event,
    /// to the end of the study.
    ///
    /// [`harrell_c`](crate::harrell_c) of these is the C-index for competing risks of Wolbers et
    /// al. (*Epidemiology* 20:555-561, 2009): a subject that had another event is known not to have
    /// this one, so that a score should rank it below those with this event, whenever that was.
    /// Like Harrell's C it depends on the censoring; [`auc_at`](crate::auc_at) of the cause does
    /// not.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{CompetingOutcomes, concordance};
    /// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0], vec![2, 1, 0])?;
    /// let pairs = concordance(&outcomes.cause(1)?.as_subdistribution(), &[0.1, 0.9, 0.5])?;
    /// // The second subject against the first, and against the third.
    /// assert_eq!(pairs.concordant, 2);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    #[must_use]
    pub fn as_subdistribution(self) -> Outcomes {
        let any = &self.outcomes.any;
        let end = any.time().iter().copied().fold(0.0, f64::max);
        let own = |i: usize| self.outcomes.cause[i] == self.cause;
        let until = |(i, &t): (usize, &f64)| if any.event()[i] && !own(i) { end } else { t };
        let time = any.time().iter().enumerate().map(until).collect();
        self.cause_specific().with_times(time)
    }
}
