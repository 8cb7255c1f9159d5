//! Times known to an interval.

use crate::{Outcomes, error::Error, outcomes::check};

/// Event times known to an interval: subject `i` had its event in `(left[i], right[i]]`.
///
/// | left, right | means |
/// |---|---|
/// | `0 < left < right` | between two visits |
/// | `0, right` | by the first visit that saw it (left-censored) |
/// | `left, INFINITY` | not by the last visit (right-censored) |
/// | `left == right` | exactly then |
///
/// Times are in years from baseline. A subject of weight 2 counts as two alike. An event before
/// baseline makes a subject ineligible; entry times are not offered.
///
/// # Examples
/// ```
/// use vertebra_survival::interval_censored::IntervalOutcomes;
/// // Films after two and four years: the first subject fractured between them, the second after.
/// let outcomes = IntervalOutcomes::new(vec![2.0, 4.0], vec![4.0, f64::INFINITY])?;
/// assert_eq!((outcomes.n_subjects(), outcomes.n_events()), (2, 1));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalOutcomes {
    left: Vec<f64>,
    right: Vec<f64>,
    weight: Option<Vec<f64>>,
}

impl IntervalOutcomes {
    /// Checks once that `0 <= left <= right`, that `left` is finite and that an exact time is above
    /// 0; consumers never re-check.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn new(left: Vec<f64>, right: Vec<f64>) -> Result<Self, Error> {
        if left.len() != right.len() {
            let (expected, got) = (left.len(), right.len());
            return Err(Error::LengthMismatch { name: "right", expected, got });
        }
        if let Some(index) = left.iter().position(|l| !l.is_finite() || *l < 0.0) {
            let expected = "finite and at least 0 years";
            return Err(Error::OutOfDomain { name: "left", index, value: left[index], expected });
        }
        let below = |(l, r): (&f64, &f64)| r.is_nan() || r < l || *r == 0.0;
        match left.iter().zip(&right).position(below) {
            Some(index) => Err(Error::OutOfDomain {
                name: "right",
                index,
                value: right[index],
                expected: "above 0 years and not before left (infinite if right-censored)",
            }),
            None => Ok(Self { left, right, weight: None }),
        }
    }

    /// What right-censored outcomes say: exact times and times known to be later.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for entry times, [`Error::OutOfDomain`] for an event at time 0.
    pub fn from_right_censored(outcomes: &Outcomes) -> Result<Self, Error> {
        check::no_entry("interval censoring", outcomes)?;
        let right = outcomes.time().iter().zip(outcomes.event());
        let right = right.map(|(&t, &event)| if event { t } else { f64::INFINITY }).collect();
        let new = Self::new(outcomes.time().to_vec(), right)?;
        Ok(Self { weight: outcomes.weights().map(<[f64]>::to_vec), ..new })
    }

    /// Adds case weights: a subject of weight 2 counts as two alike.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::OutOfDomain`] unless `weight[i]` is positive and
    /// finite.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, Error> {
        if weight.len() != self.left.len() {
            let (expected, got) = (self.left.len(), weight.len());
            return Err(Error::LengthMismatch { name: "weight", expected, got });
        }
        if let Some(index) = weight.iter().position(|w| !w.is_finite() || *w <= 0.0) {
            let (value, expected) = (weight[index], "finite and above 0");
            return Err(Error::OutOfDomain { name: "weight", index, value, expected });
        }
        self.weight = Some(weight);
        Ok(self)
    }

    /// Number of subjects.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.left.len()
    }

    /// Subjects known to have had the event, exactly or within an interval.
    #[must_use]
    pub fn n_events(&self) -> usize {
        self.right.iter().filter(|r| r.is_finite()).count()
    }

    /// Last times at which subjects were known to be free of the event, years, `[n]`.
    #[must_use]
    pub fn left(&self) -> &[f64] {
        &self.left
    }

    /// First times by which it was known to have happened, years, infinite where it was not, `[n]`.
    #[must_use]
    pub fn right(&self) -> &[f64] {
        &self.right
    }

    /// Case weights, `[n]`, where subjects do not all count as one.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weight.as_deref()
    }

    /// The outcomes of the subjects at `indices`, in that order; an index may repeat.
    ///
    /// # Panics
    /// If an index is not below [`n_subjects`](Self::n_subjects), as slice indexing does.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        let pick = |values: &[f64]| indices.iter().map(|&i| values[i]).collect();
        Self {
            left: pick(&self.left),
            right: pick(&self.right),
            weight: self.weight.as_deref().map(pick),
        }
    }

    /// Right-censored outcomes that take the end of each interval as the time of the event, as is
    /// done where films date fractures: the visit that saw it. Risks read off them come too late.
    ///
    /// # Errors
    /// None for outcomes that passed their checks.
    pub fn at_the_visit(&self) -> Result<Outcomes, Error> {
        let ends = self.right.iter().zip(&self.left);
        let time = ends.map(|(&r, &l)| if r.is_finite() { r } else { l }).collect();
        let event = self.right.iter().map(|r| r.is_finite()).collect();
        let outcomes = Outcomes::new(time, event)?;
        match &self.weight {
            Some(weight) => outcomes.with_weights(weight.clone()),
            None => Ok(outcomes),
        }
    }

    /// Whether the subject's time is exact.
    pub(crate) fn is_exact(&self, subject: usize) -> bool {
        self.left[subject] == self.right[subject]
    }

    /// The case weight of one subject, 1 without weights.
    #[inline]
    pub(crate) fn weight(&self, subject: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |w| w[subject])
    }

    pub(crate) fn total_weight(&self) -> f64 {
        self.weight.as_ref().map_or(self.left.len() as f64, |weight| weight.iter().sum())
    }

    /// At least one subject with the event.
    pub(crate) fn has_events(&self) -> Result<(), Error> {
        match (self.n_subjects(), self.n_events()) {
            (0, _) => Err(Error::Empty { name: "outcomes" }),
            (n, 0) => Err(Error::NoEvents { n }),
            _ => Ok(()),
        }
    }
}
