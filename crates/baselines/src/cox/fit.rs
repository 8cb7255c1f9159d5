//! The regression's settings and its result.

use super::newton::{Maximum, maximise, penalised};
use super::partial::Problem;
use super::plan::strata;
use super::robust::sandwich;
use super::scaling::Scaled;
use crate::distribution::{chi_square_p, normal_quantile_975, two_sided_p};
use crate::{DesignMatrix, Error};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use vertebra_survival::{Outcomes, Ties};

/// Settings of a Cox regression.
///
/// Entry times and case weights come with the [`Outcomes`]; strata, clusters and an offset with the
/// [`DesignMatrix`]. Maximised by Newton's method with step halving from zero; equal to R survival
/// 3.8 `coxph` to 1e-8 or better on its data sets (lung, veteran, gbsg, ovarian, cgd, pbc).
///
/// # Examples
/// ```
/// use vertebra_baselines::{CoxRegression, DesignMatrix};
/// use vertebra_survival::Outcomes;
/// let outcomes = Outcomes::new(
///     vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
///     vec![true, true, false, true, true, false],
/// )?;
/// let design = DesignMatrix::new(vec!["age".into()], vec![70.0, 61.0, 66.0, 72.0, 58.0, 63.0])?;
/// let fit = CoxRegression::default().fit(&outcomes, &design)?;
/// assert!(fit.coefficients[0].hazard_ratio > 1.0);
/// assert_eq!(fit.log_hazard(&design)?.len(), 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoxRegression {
    ties: Ties,
    ridge: f64,
}

/// One column of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Column name.
    pub name: String,
    /// Log hazard ratio per unit of the column.
    pub coef: f64,
    /// `exp(coef)`.
    pub hazard_ratio: f64,
    /// Standard error from the information matrix.
    pub se: f64,
    /// Robust standard error, when the design has clusters; then `z`, `p` and the interval use it.
    pub robust_se: Option<f64>,
    /// `coef` over its standard error.
    pub z: f64,
    /// Two-sided P value of `z`.
    pub p: f64,
    /// Lower 95 % bound of the hazard ratio.
    pub lower: f64,
    /// Upper 95 % bound of the hazard ratio.
    pub upper: f64,
}

/// A chi-square test that all coefficients are zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChiSquareTest {
    /// Chi-square statistic.
    pub statistic: f64,
    /// Degrees of freedom; the effective number with ridge.
    pub df: f64,
    /// P value.
    pub p: f64,
}

/// Three tests that all coefficients are zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CoxTests {
    /// Twice the rise of the log partial likelihood. It assumes independent rows, clusters or not.
    pub likelihood_ratio: ChiSquareTest,
    /// From the coefficients and their (robust, when there are clusters) variance; `None` when
    /// there are too few clusters for the robust variance to have an inverse.
    pub wald: Option<ChiSquareTest>,
    /// From the score at zero.
    pub score: ChiSquareTest,
}

/// A fitted Cox regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxFit {
    /// Rows.
    pub n: usize,
    /// Of them with the event.
    pub events: usize,
    /// How ties were handled.
    pub ties: Ties,
    /// One per column.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, `[p][p]`: robust when there are clusters.
    pub covariance: Vec<Vec<f64>>,
    /// (Weighted) mean of each column in the training data.
    pub means: Vec<f64>,
    /// Log partial likelihood at zero.
    pub loglik_null: f64,
    /// Log partial likelihood at the coefficients, without the ridge penalty.
    pub loglik: f64,
    /// Tests of all coefficients together.
    pub tests: CoxTests,
    /// Newton steps.
    pub iterations: usize,
}

impl CoxRegression {
    /// How tied events are handled; Efron by default.
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// Subtracts `theta / 2 * sum(coef^2)` from the log partial likelihood, on the columns as they
    /// are (scale them first if they should be shrunk alike).
    #[must_use]
    pub fn with_ridge(mut self, theta: f64) -> Self {
        self.ridge = theta;
        self
    }

    /// Fits the coefficients.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Collinear`],
    /// [`Error::MonotoneLikelihood`], [`Error::NotConverged`], or [`Error::OutOfDomain`] for a
    /// negative ridge.
    pub fn fit(&self, outcomes: &Outcomes, design: &DesignMatrix) -> Result<CoxFit, Error> {
        self.check(outcomes, design)?;
        let scaled = Scaled::new(design, outcomes)?;
        let strata = strata(outcomes, design.strata());
        let problem = Problem {
            outcomes,
            strata: &strata,
            rows: &scaled.rows,
            p: design.n_columns(),
            offset: design.offset(),
            ties: self.ties,
        };
        let penalty =
            DVector::from_iterator(problem.p, scaled.sd.iter().map(|sd| self.ridge / (sd * sd)));
        let maximum = maximise(&problem, &penalty, design.names())?;
        Solution::new(&problem, &penalty, maximum, design)
            .map(|solution| solution.unscale(self.ties, outcomes, design, &scaled))
            .ok_or_else(|| Error::Collinear(design.names()[0].clone()))
    }

    fn check(&self, outcomes: &Outcomes, design: &DesignMatrix) -> Result<(), Error> {
        let n = outcomes.n_subjects();
        if design.n_rows() != n {
            return Err(Error::LengthMismatch("rows of the design matrix", n, design.n_rows()));
        }
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents(n));
        }
        if !(self.ridge >= 0.0 && self.ridge.is_finite()) {
            return Err(Error::OutOfDomain("ridge", "a number from 0", self.ridge));
        }
        Ok(())
    }
}

/// The maximum on the standardised columns, with variances and tests.
struct Solution {
    maximum: Maximum,
    variance: DMatrix<f64>,
    robust: Option<DMatrix<f64>>,
    tests: CoxTests,
}

impl Solution {
    /// `None` when an information matrix cannot be inverted, which the fit has ruled out.
    fn new(
        problem: &Problem,
        penalty: &DVector<f64>,
        maximum: Maximum,
        design: &DesignMatrix,
    ) -> Option<Self> {
        let information = &maximum.at_maximum.information;
        let variance = penalised(information, penalty).cholesky()?.inverse();
        let robust = design.clusters().map(|c| sandwich(problem, &maximum.coef, &variance, c));
        let df = (information * &variance).trace(); // p without a penalty
        let null = &maximum.at_null;
        let rise = maximum.at_maximum.loglik - null.loglik;
        let score = null.score.dot(&null.information.clone().cholesky()?.solve(&null.score));
        let used = robust.as_ref().unwrap_or(&variance).clone();
        let wald = used.cholesky().map(|c| maximum.coef.dot(&c.solve(&maximum.coef)));
        let tests = CoxTests {
            likelihood_ratio: test(2.0 * rise, df),
            wald: wald.map(|statistic| test(statistic, df)),
            score: test(score, problem.p as f64),
        };
        Some(Self { maximum, variance, robust, tests })
    }

    /// Back to the units of the design matrix.
    fn unscale(
        self,
        ties: Ties,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        scaled: &Scaled,
    ) -> CoxFit {
        let sd = &scaled.sd;
        let coefficient = |j: usize| {
            let se = self.variance[(j, j)].sqrt() / sd[j];
            let robust_se = self.robust.as_ref().map(|v| v[(j, j)].sqrt() / sd[j]);
            coefficient(&design.names()[j], self.maximum.coef[j] / sd[j], se, robust_se)
        };
        let used = self.robust.as_ref().unwrap_or(&self.variance);
        let p = sd.len();
        let covariance =
            (0..p).map(|i| (0..p).map(|j| used[(i, j)] / (sd[i] * sd[j])).collect()).collect();
        CoxFit {
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            ties,
            coefficients: (0..p).map(coefficient).collect(),
            covariance,
            means: scaled.mean.clone(),
            loglik_null: self.maximum.at_null.loglik,
            loglik: self.maximum.at_maximum.loglik,
            tests: self.tests,
            iterations: self.maximum.iterations,
        }
    }
}

fn coefficient(name: &str, coef: f64, se: f64, robust_se: Option<f64>) -> Coefficient {
    let used = robust_se.unwrap_or(se);
    let (z, width) = (coef / used, normal_quantile_975() * used);
    Coefficient {
        name: name.to_owned(),
        coef,
        hazard_ratio: coef.exp(),
        se,
        robust_se,
        z,
        p: two_sided_p(z),
        lower: (coef - width).exp(),
        upper: (coef + width).exp(),
    }
}

fn test(statistic: f64, df: f64) -> ChiSquareTest {
    ChiSquareTest { statistic, df, p: chi_square_p(statistic, df) }
}

impl CoxFit {
    /// Log hazard of each row against a subject with the training means: `(x - means) coef`, plus
    /// the row's offset.
    ///
    /// (R centres `predict(type = "lp")` likewise, but takes 0 as the mean of a 0/1 column.)
    ///
    /// # Errors
    /// [`Error::OtherColumns`] unless the columns have the fit's names in its order.
    pub fn log_hazard(&self, design: &DesignMatrix) -> Result<Vec<f64>, Error> {
        if !self.coefficients.iter().map(|c| &c.name).eq(design.names()) {
            let names: Vec<_> = self.coefficients.iter().map(|c| c.name.as_str()).collect();
            return Err(Error::OtherColumns(names.join(", "), design.names().join(", ")));
        }
        let log_hazard = |row: usize| {
            let terms = design.row(row).iter().zip(&self.coefficients).zip(&self.means);
            let linear: f64 = terms.map(|((x, c), mean)| (x - mean) * c.coef).sum();
            linear + design.offset().map_or(0.0, |o| o[row])
        };
        Ok((0..design.n_rows()).map(log_hazard).collect())
    }
}
