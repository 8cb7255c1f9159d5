//! One column of a fit.

use serde::{Deserialize, Serialize};
use vertebra_survival::{Estimate, Test, cox::CoxMaximum, estimate::Scale};

/// One column of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coefficient {
    /// Column name.
    pub name: String,
    /// Log hazard ratio per unit of the column, with the robust standard error where the design has
    /// clusters.
    pub log_hazard_ratio: Estimate,
    /// Hazard ratio per unit of the column; the interval is symmetric on the log scale.
    pub hazard_ratio: Estimate,
    /// Standard error of the log hazard ratio from the information matrix.
    pub model_std_error: f64,
    /// Its robust standard error, where the design has clusters.
    pub robust_std_error: Option<f64>,
    /// Whether the log hazard ratio is 0: it divided by its standard error, compared with Student's
    /// t where there are few clusters.
    pub test: Test,
    /// By how much the other columns inflate the variance of the log hazard ratio (from the
    /// information matrix): 1 where they are independent of it. `None` where that has no inverse.
    pub variance_inflation: Option<f64>,
}

impl Coefficient {
    pub(super) fn new(
        name: String,
        maximum: &CoxMaximum,
        (column, level): (usize, f64),
        inflation: &[f64],
    ) -> Self {
        let root = |covariance: &Vec<Vec<f64>>| covariance[column][column].sqrt();
        let model_std_error = root(&maximum.covariance);
        let robust_std_error = maximum.robust_covariance.as_ref().map(root);
        let std_error = robust_std_error.unwrap_or(model_std_error);
        let pivot = maximum.pivot();
        let value = maximum.coefficients[column];
        let ratio = value.exp();
        let around = |value: f64, std_error: f64, scale: Scale| {
            Estimate::around(value, std_error, (pivot, scale), level)
        };
        Self {
            name,
            log_hazard_ratio: around(value, std_error, Scale::Plain),
            hazard_ratio: around(ratio, ratio * std_error, Scale::Log),
            model_std_error,
            robust_std_error,
            test: Test::two_sided(value / std_error, pivot),
            variance_inflation: inflation.get(column).copied(),
        }
    }
}
