//! Rubin's rules: one estimate from several imputed data sets.
//!
//! With `m` estimates `q_j` of squared standard errors `u_j`: `q = mean q_j`,
//! `t = mean u_j + (1 + 1/m) var q_j`, and Student's t with the degrees of freedom of Barnard &
//! Rubin, *Biometrika* 86:948-955, 1999, which are never more than those of complete data.
//! Source: Rubin, *Multiple Imputation for Nonresponse in Surveys*, 1987, sec. 3.3; as R
//! `mice::pool.scalar`.

use crate::{
    error::Error,
    estimate::{Estimate, Pivot, Scale, Test},
    numeric::mean_and_sd,
    outcomes::check,
};

/// An estimate over imputations.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct PooledEstimate {
    /// The mean with its standard error and interval.
    pub estimate: Estimate,
    /// The mean divided by its standard error, by Student's t.
    pub test: Test,
    /// Degrees of freedom.
    pub df: f64,
    /// Variance within imputations.
    pub within: f64,
    /// Variance between imputations.
    pub between: f64,
    /// Share of the variance that is due to missing values, `lambda`.
    pub missing_share: f64,
}

/// Pools `(value, standard error)` pairs, one for each imputed data set, on a scale on which they
/// are about normal (log hazard ratios, logits of a C). `complete_df` are the degrees of freedom
/// that the estimate would have without missing values, infinite for a normal distribution.
///
/// # Errors
/// [`Error::InvalidSetting`] for fewer than two imputations, degrees of freedom that are not
/// positive or a level outside (0, 1); [`Error::OutOfDomain`] for a value that is not finite or a
/// standard error that is not positive.
///
/// # Examples
/// ```
/// use vertebra_survival::validation::pool;
/// let log_hazard_ratios = [(0.52, 0.20), (0.61, 0.21), (0.47, 0.20), (0.55, 0.19), (0.50, 0.20)];
/// let pooled = pool(&log_hazard_ratios, f64::INFINITY, 0.95)?;
/// assert!((pooled.estimate.value - 0.53).abs() < 1e-12);
/// assert!(pooled.estimate.std_error > 0.2 && pooled.missing_share < 0.2);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn pool(
    imputations: &[(f64, f64)],
    complete_df: f64,
    level: f64,
) -> Result<PooledEstimate, Error> {
    let level = check::level(level)?;
    let (values, errors): (Vec<f64>, Vec<f64>) = imputations.iter().copied().unzip();
    let setting = |name, expected, got: String| Err(Error::InvalidSetting { name, expected, got });
    if values.len() < 2 {
        return setting("imputations", "at least 2", values.len().to_string());
    }
    if complete_df.is_nan() || complete_df <= 0.0 {
        return setting("complete_df", "above 0", complete_df.to_string());
    }
    check::finite_values("imputations", &values, values.len())?;
    if let Some(index) = errors.iter().position(|e| !(e.is_finite() && *e > 0.0)) {
        let (value, expected) = (errors[index], "a positive standard error");
        return Err(Error::OutOfDomain { name: "imputations", index, value, expected });
    }
    let m = values.len() as f64;
    let (value, sd) = mean_and_sd(&values);
    let within = errors.iter().map(|e| e * e).sum::<f64>() / m;
    let between = sd * sd;
    let added = (1.0 + 1.0 / m) * between;
    let missing_share = added / (within + added);
    let df = degrees_of_freedom(m, missing_share, complete_df);
    let pivot = if df.is_infinite() { Pivot::Normal } else { Pivot::Student(df) };
    let std_error = (within + added).sqrt();
    Ok(PooledEstimate {
        estimate: Estimate::around(value, std_error, (pivot, Scale::Plain), level),
        test: Test::two_sided(value / std_error, pivot),
        df,
        within,
        between,
        missing_share,
    })
}

/// Those of Rubin, `(m - 1) / lambda^2`, combined with what is left of those of complete data.
fn degrees_of_freedom(m: f64, missing_share: f64, complete: f64) -> f64 {
    let old = (m - 1.0) / (missing_share * missing_share);
    if complete.is_infinite() {
        return old;
    }
    let observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - missing_share);
    1.0 / (1.0 / old + 1.0 / observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: the formulas by hand. Values 1, 2, 3, variances 1: within 1, between 1, total
    /// 1 + 4/3 = 7/3, lambda = 4/7; Rubin's df 2 / (16/49) = 6.125; observed with 20:
    /// 21/23 * 20 * 3/7 = 180/23.
    #[test]
    fn rubins_rules_with_barnard_and_rubins_df() {
        let pooled = pool(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)], 20.0, 0.95).unwrap();
        let close = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-12, "{got}");
        close(pooled.estimate.value, 2.0);
        close(pooled.estimate.std_error, (7.0f64 / 3.0).sqrt());
        close(pooled.missing_share, 4.0 / 7.0);
        close(pooled.df, 1.0 / (1.0 / 6.125 + 23.0 / 180.0));
        let large = pool(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)], f64::INFINITY, 0.95).unwrap();
        close(large.df, 6.125);
        assert_eq!(large.test.df, Some(large.df));
    }

    #[test]
    fn alike_imputations_are_complete_data() {
        let pooled = pool(&[(0.4, 0.1); 5], f64::INFINITY, 0.95).unwrap();
        assert_eq!((pooled.missing_share, pooled.df), (0.0, f64::INFINITY));
        assert!((pooled.estimate.std_error - 0.1).abs() < 1e-12);
        assert!(pool(&[(0.4, 0.1)], 10.0, 0.95).is_err());
        assert!(pool(&[(0.4, 0.1), (0.4, 0.0)], 10.0, 0.95).is_err());
    }
}
