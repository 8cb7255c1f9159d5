//! What a prediction is about: the event of [`Outcomes`], or one cause among competing ones.

use crate::{Error, Outcomes, check};

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
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Outcomes {}
    impl Sealed for super::OneCause<'_> {}
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
