//! What a prediction is about: the event of [`Outcomes`], or one cause among competing ones.

use crate::{
    Error, Outcomes, Ties, check,
    cox_fit::CoxFit,
    fine_gray::fine_gray,
    partial_likelihood::{event_terms, shares},
    scaled::Scaled,
    time_groups::TimeGroups,
};

/// Outcomes under competing risks: each event has a cause, and an event of one cause (such as death)
/// makes an event of another (such as fracture) impossible.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, auc_at, observed_expected};
/// let (fracture, death) = (1, 2);
/// let cause = vec![fracture, death, fracture, 0, 0, death];
/// let outcomes = CompetingOutcomes::new(vec![1.0, 1.5, 2.0, 2.5, 4.0, 5.0], cause)?;
/// let of_fracture = outcomes.cause(fracture)?;
/// let risk = [0.9, 0.2, 0.6, 0.5, 0.1, 0.3];
/// assert_eq!(auc_at(&of_fracture, &risk, 3.0)?.auc, 1.0);
/// assert!(observed_expected(&of_fracture, &risk, 3.0)?.observed < 0.5);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CompetingOutcomes {
    any: Outcomes,
    cause: Vec<usize>,
}

/// One cause of [`CompetingOutcomes`]; every function that takes an [`Endpoint`] takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneCause<'a> {
    outcomes: &'a CompetingOutcomes,
    cause: usize,
}

impl CompetingOutcomes {
    /// `time` in years; `cause[i]` is 0 for a censored subject and 1, 2, .. for the cause of its event.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn new(time: Vec<f64>, cause: Vec<usize>) -> Result<Self, Error> {
        if time.len() != cause.len() {
            return Err(Error::LengthMismatch("cause", time.len(), cause.len()));
        }
        let any = Outcomes::new(time, cause.iter().map(|&c| c > 0).collect())?;
        Ok(Self { any, cause })
    }

    /// Adds case weights: a subject of weight 2 counts as two alike.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::OutOfDomain`] unless `weight[i]` is positive and finite.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, Error> {
        self.any = self.any.with_weights(weight)?;
        Ok(self)
    }

    /// Adds entry times in years: subject `i` is at risk on `(entry[i], time[i]]`. Who has an event, of any
    /// cause, before it would have entered is not in the sample; the curves and risks allow for that.
    ///
    /// # Errors
    /// As [`Outcomes::with_entry`].
    pub fn with_entry(mut self, entry: Vec<f64>) -> Result<Self, Error> {
        self.any = self.any.with_entry(entry)?;
        Ok(self)
    }

    /// Takes times as equal that differ by less than rounding, as [`Outcomes::with_tied_times`] does.
    ///
    /// # Errors
    /// As there.
    pub fn with_tied_times(mut self, tolerance: f64) -> Result<Self, Error> {
        self.any = self.any.with_tied_times(tolerance)?;
        Ok(self)
    }

    /// The follow-up with an event of any cause as the event.
    #[must_use]
    pub fn any(&self) -> &Outcomes {
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
    /// [`Error::InvalidSetting`] for cause 0, [`Error::NoEvents`] where nobody had one of this cause.
    pub fn cause(&self, cause: usize) -> Result<OneCause<'_>, Error> {
        if cause == 0 {
            return Err(Error::InvalidSetting("cause", "at least 1", 0.0));
        }
        match self.cause.contains(&cause) {
            true => Ok(OneCause { outcomes: self, cause }),
            false => Err(Error::NoEvents(self.cause.len())),
        }
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

    /// Outcomes in which an event of another cause is a censoring: what a cause-specific hazard is estimated
    /// from, be it by [`nelson_aalen`](crate::nelson_aalen), [`log_rank`](crate::log_rank) or a Cox model, and
    /// [`incident_auc`](crate::incident_auc) under competing risks.
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

    /// Outcomes in which who had an event of another cause is followed, without event, to the end of the study.
    ///
    /// [`harrell_c`](crate::harrell_c) of these is the C-index for competing risks of Wolbers et al.
    /// (*Epidemiology* 20:555-561, 2009): who had another event is known not to have this one, so that a score
    /// should rank it below those with this event, whenever that was. Like Harrell's C it depends on the
    /// censoring; [`auc_at`](crate::auc_at) of the cause does not.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{CompetingOutcomes, concordance};
    /// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0], vec![2, 1, 0])?;
    /// let pairs = concordance(&outcomes.cause(1)?.staying_at_risk(), &[0.1, 0.9, 0.5])?;
    /// assert_eq!(pairs.concordant, 2); // the second subject against the first, and against the third
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    #[must_use]
    pub fn staying_at_risk(self) -> Outcomes {
        let any = &self.outcomes.any;
        let end = any.time().iter().copied().fold(0.0, f64::max);
        let own = |i: usize| self.outcomes.cause[i] == self.cause;
        let until = |(i, &t): (usize, &f64)| if any.event()[i] && !own(i) { end } else { t };
        let time = any.time().iter().enumerate().map(until).collect();
        self.cause_specific().with_times(time)
    }
}

/// The risk by one horizon as a regression has it: `1 - exp(-exp(log_hazard + b'x))`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HazardRegression {
    /// Logarithm of the cumulative hazard at the horizon where all covariates are 0.
    log_hazard: f64,
    coefficients: Vec<f64>,
}

impl HazardRegression {
    /// The risk where the `k`-th covariate is `x(k)`.
    pub(crate) fn risk(&self, x: impl Fn(usize) -> f64) -> f64 {
        let linear: f64 = self.coefficients.iter().enumerate().map(|(k, b)| b * x(k)).sum();
        -(-(self.log_hazard + linear).exp()).exp_m1()
    }
}

mod sealed {
    use super::{CoxFit, HazardRegression, OneCause, Ties, fine_gray};
    use crate::{Error, Outcomes};

    pub trait Sealed {
        /// The hazard regression of this endpoint on `covariates`, one column of `[n]` each, for the risk by
        /// `horizon`.
        fn regress(
            &self,
            name: &'static str,
            covariates: &[Vec<f64>],
            horizon: f64,
        ) -> Result<HazardRegression, Error>;

        /// The coefficient of `log_hazard` in this endpoint's hazard regression, and its standard error.
        fn slope(&self, name: &'static str, log_hazard: &[f64]) -> Result<(f64, f64), Error>;
    }

    impl Sealed for Outcomes {
        fn regress(
            &self,
            name: &'static str,
            covariates: &[Vec<f64>],
            horizon: f64,
        ) -> Result<HazardRegression, Error> {
            super::cox(name, self, covariates, horizon)
        }

        fn slope(&self, name: &'static str, log_hazard: &[f64]) -> Result<(f64, f64), Error> {
            let fit = CoxFit::new(name, self, &[log_hazard.to_vec()], Ties::Efron)?;
            Ok((fit.coefficients[0], fit.std_error(0)))
        }
    }

    impl Sealed for OneCause<'_> {
        fn regress(
            &self,
            name: &'static str,
            covariates: &[Vec<f64>],
            horizon: f64,
        ) -> Result<HazardRegression, Error> {
            super::subdistribution(name, *self, covariates, horizon)
        }

        fn slope(&self, _: &'static str, log_hazard: &[f64]) -> Result<(f64, f64), Error> {
            let fit = fine_gray(*self, &[log_hazard])?;
            Ok((fit.coefficients[0], fit.std_errors[0]))
        }
    }
}

/// A Cox model with Efron ties and its baseline.
fn cox(
    name: &'static str,
    outcomes: &Outcomes,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    let fit = CoxFit::new(name, outcomes, covariates, Ties::Efron)?;
    let linear = |i: usize| covariates.iter().zip(&fit.coefficients).map(|(x, b)| b * x[i]).sum();
    let linear: Vec<f64> = (0..outcomes.n_subjects()).map(linear).collect();
    let groups = TimeGroups::new(outcomes);
    let terms = event_terms(outcomes, &groups, &shares(outcomes, &linear), Ties::Efron);
    let mut hazard = Scaled::ZERO;
    for term in terms.iter().take(groups.count_until(horizon)).filter(|t| t.step.value > 0.0) {
        hazard.add(term.step);
    }
    regression(name, hazard.ln(), fit.coefficients)
}

/// Fine and Gray's model and its baseline.
fn subdistribution(
    name: &'static str,
    cause: OneCause<'_>,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    let columns: Vec<&[f64]> = covariates.iter().map(Vec::as_slice).collect();
    let fit = fine_gray(cause, &columns)?;
    regression(name, fit.cumulative_hazard_at(horizon).ln(), fit.coefficients)
}

fn regression(
    name: &'static str,
    log_hazard: f64,
    coefficients: Vec<f64>,
) -> Result<HazardRegression, Error> {
    match log_hazard.is_finite() {
        true => Ok(HazardRegression { log_hazard, coefficients }),
        false => Err(Error::Undefined(name, "no event by the horizon")),
    }
}

/// What is predicted: the event of [`Outcomes`], or [`OneCause`] of [`CompetingOutcomes`].
///
/// For one cause, who had an event of another cause by a horizon is known not to have the one predicted:
/// it counts as a control, weighted as an event of its time, and the observed risk is the
/// Aalen-Johansen cumulative incidence instead of 1 - Kaplan-Meier (Blanche, Dartigues & Jacqmin-Gadda,
/// *Stat. Med.* 32:5381-5397, 2013; van Geloven et al., *BMJ* 377:e069249, 2022).
pub trait Endpoint: sealed::Sealed + Sync {
    /// Follow-up with an event of any kind as the event.
    fn follow_up(&self) -> &Outcomes;

    /// Whether the subject's event, if it had one, is of the kind predicted.
    fn is_of_interest(&self, subject: usize) -> bool;
}

impl Endpoint for Outcomes {
    fn follow_up(&self) -> &Outcomes {
        self
    }

    fn is_of_interest(&self, _: usize) -> bool {
        true
    }
}

impl Endpoint for OneCause<'_> {
    fn follow_up(&self) -> &Outcomes {
        &self.outcomes.any
    }

    fn is_of_interest(&self, subject: usize) -> bool {
        self.outcomes.cause[subject] == self.cause
    }
}

/// Labels beside competing outcomes.
pub(crate) fn check_labels<T>(
    name: &'static str,
    labels: &[T],
    outcomes: &CompetingOutcomes,
) -> Result<(), Error> {
    check::length(name, labels, &outcomes.any)
}
