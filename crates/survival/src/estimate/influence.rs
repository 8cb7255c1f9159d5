//! A figure with its influence values.

use crate::{
    error::Error,
    estimate::{Estimate, PairedDifference, Pivot, Scale},
    outcomes::labels::dense,
};

/// A figure with each subject's contribution to its variation: the infinitesimal jackknife values
/// `w_i dT / dw_i`, the derivative with respect to the logarithm of the subject's weight.
///
/// The variance over samples of subjects is the sum of their squares. Sums, differences and ratios
/// of figures of the same subjects have the influence values that the rules of differentiation
/// give, so that their standard errors account for the correlation.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Influence {
    value: f64,
    values: Vec<f64>,
}

impl Influence {
    /// A figure and its influence values, one per subject or cluster.
    #[must_use]
    pub fn new(value: f64, values: Vec<f64>) -> Self {
        Self { value, values }
    }

    /// The figure.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The influence values.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The sum of two figures of the same subjects.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.combine(other, self.value + other.value, |a, b| a + b)
    }

    /// The difference of two figures of the same subjects.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.combine(other, self.value - other.value, |a, b| a - b)
    }

    /// The figure times a constant.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let values = self.values.iter().map(|v| factor * v).collect();
        Self { value: factor * self.value, values }
    }

    /// The ratio of two figures of the same subjects.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let ratio = self.value / other.value;
        self.combine(other, ratio, |a, b| (a - ratio * b) / other.value)
    }

    /// The same figure with the influence values of clusters: the sums over their members. One
    /// label for each influence value.
    #[must_use]
    pub fn by_cluster(&self, clusters: &[usize]) -> Self {
        let labels = dense(clusters);
        let mut sums = vec![0.0; labels.iter().max().map_or(0, |last| last + 1)];
        labels.into_iter().zip(&self.values).for_each(|(label, value)| sums[label] += value);
        Self { value: self.value, values: sums }
    }

    /// Covariance with another figure of the same subjects.
    #[must_use]
    pub fn covariance(&self, other: &Self) -> f64 {
        self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum()
    }

    /// The square of the standard error.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.covariance(self)
    }

    /// Standard error over samples of subjects.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The figure with its standard error and interval.
    #[must_use]
    pub fn estimate(&self, pivot: Pivot, scale: Scale, level: f64) -> Estimate {
        Estimate::around(self.value, self.std_error(), (pivot, scale), level)
    }

    /// This figure minus another one of the same subjects, with its test.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the two do not differ, so that the difference has no variance.
    pub fn compare(
        &self,
        other: &Self,
        pivot: Pivot,
        level: f64,
    ) -> Result<PairedDifference, Error> {
        let largest = self.variance().max(other.variance());
        let difference = self.minus(other);
        PairedDifference::new(difference.value, difference.variance(), largest, (pivot, level))
    }

    fn combine(&self, other: &Self, value: f64, by: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self { value, values: pairs.map(|(a, b)| by(*a, *b)).collect() }
    }
}

/// Covariance matrix of several figures of the same subjects.
pub(crate) fn covariance(figures: &[Influence]) -> Vec<Vec<f64>> {
    figures.iter().map(|a| figures.iter().map(|b| a.covariance(b)).collect()).collect()
}
