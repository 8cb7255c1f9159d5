//! Cox regression with the elastic net: a path of penalties, and cross-validation of it.
//!
//! For each penalty `l` the coefficients of standardised covariates (mean 0, SD 1 with divisor `n`)
//! maximise
//!
//! ```text
//! log likelihood / n - l (a sum |b| + (1 - a) / 2 sum b^2)
//! ```
//!
//! `a` = 1 is the lasso, which sets most coefficients to 0; 0 is ridge regression. The objective
//! and the default path (from the least penalty that sets all to 0 down to a share of it, equally
//! spaced on the log scale) are those of R's `glmnet(.., family = "cox")`, to whose coefficients
//! these are equal to 1e-6 where no events tie; where they do its handling is neither Breslow's nor
//! Efron's.
//!
//! Sources: Simon, Friedman, Hastie & Tibshirani, *J. Stat. Softw.* 39(5):1-13, 2011; Tibshirani et
//! al., *JRSS B* 74:245-266, 2012 (which covariates to look at).

mod columns;
mod cross_validation;
mod curvature;
mod solver;

pub use cross_validation::ElasticNetValidated;

use super::{derivatives::Problem, design::Design, ties::Ties};
use crate::{error::Error, outcomes::Outcomes};
use solver::Solver;

/// How to fit; the default is the lasso with 50 penalties and Breslow's ties.
///
/// # Examples
/// ```
/// use vertebra_survival::{cox::{Design, ElasticNet}, Outcomes};
/// let n = 60;
/// let noise = |i: usize, j: usize| ((i * 37 + j * 101 + i * i * (j + 3)) % 97) as f64 / 97.0;
/// let time = (0..n).map(|i| 1.0 + noise(i, 9) - 0.9 * noise(i, 0)).collect();
/// let outcomes = Outcomes::new(time, vec![true; n])?;
/// let rows = (0..n).flat_map(|i| (0..6).map(move |j| noise(i, j))).collect();
/// let design = Design::from_rows(6, rows)?;
/// let path = ElasticNet::default().path(&outcomes, &design)?;
/// assert_eq!(path.n_nonzero(0), 0);
/// assert!(path.coefficients[10][0] > 0.0); // the column that matters
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ElasticNet {
    mixing: f64,
    n_penalties: usize,
    smallest: Option<f64>,
    penalties: Option<Vec<f64>>,
    ties: Ties,
}

/// Coefficients along a path of penalties.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ElasticNetPath {
    /// Penalties, decreasing.
    pub penalties: Vec<f64>,
    /// Log hazard ratios per unit of each covariate, `[penalties][p]`.
    pub coefficients: Vec<Vec<f64>>,
    /// Log partial likelihood at each, without the penalty.
    pub log_likelihood: Vec<f64>,
    /// The same at zero.
    pub log_likelihood_null: f64,
}

impl Default for ElasticNet {
    fn default() -> Self {
        let (mixing, n_penalties, ties) = (1.0, 50, Ties::Breslow);
        Self { mixing, n_penalties, smallest: None, penalties: None, ties }
    }
}

impl ElasticNet {
    /// The share of the lasso, `a`, in (0, 1]. (For ridge regression alone see
    /// [`CoxOptions::with_ridge`](super::CoxOptions::with_ridge).)
    #[must_use]
    pub fn with_mixing(mut self, mixing: f64) -> Self {
        self.mixing = mixing;
        self
    }

    /// Number of penalties; 50 by default.
    #[must_use]
    pub fn with_n_penalties(mut self, n_penalties: usize) -> Self {
        self.n_penalties = n_penalties;
        self
    }

    /// The smallest penalty as a share of the largest; by default 1e-4, or 0.01 with fewer rows
    /// than columns.
    #[must_use]
    pub fn with_smallest(mut self, share: f64) -> Self {
        self.smallest = Some(share);
        self
    }

    /// These penalties, to be decreasing, instead.
    #[must_use]
    pub fn with_penalties(mut self, penalties: Vec<f64>) -> Self {
        self.penalties = Some(penalties);
        self
    }

    /// How tied events are handled; Breslow by default.
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// The coefficients at each penalty. Entry times, case weights, strata and offsets are
    /// honoured.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a setting outside its domain, [`Error::Unsupported`] for exact
    /// ties, [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Constant`];
    /// [`Error::NotConverged`], as where a covariate separates the events and the penalty is too
    /// small to hold it.
    pub fn path(&self, outcomes: &Outcomes, design: &Design) -> Result<ElasticNetPath, Error> {
        self.check()?;
        // On one of the threads that share the work: to hand them thousands of small pieces from
        // outside costs a change of thread for each.
        rayon::scope(|_| self.path_within(outcomes, design))
    }

    fn path_within(&self, outcomes: &Outcomes, design: &Design) -> Result<ElasticNetPath, Error> {
        let (problem, scaling) = Problem::of(outcomes, design, self.ties)?;
        let mut solver = Solver::new(&problem, outcomes.total_weight(), self.mixing);
        let log_likelihood_null = solver.log_likelihood();
        let penalties = match &self.penalties {
            Some(penalties) => penalties.clone(),
            None => self.default_path(solver.penalty(), design),
        };
        let mut b = vec![0.0; design.n_columns()];
        let (mut coefficients, mut log_likelihood) = (Vec::new(), Vec::new());
        for &penalty in &penalties {
            solver.solve(&mut b, penalty)?;
            log_likelihood.push(solver.log_likelihood());
            coefficients.push(scaling.coefficients(&b));
        }
        Ok(ElasticNetPath { penalties, coefficients, log_likelihood, log_likelihood_null })
    }

    fn default_path(&self, largest: f64, design: &Design) -> Vec<f64> {
        let few = design.n_rows() < design.n_columns();
        let smallest = self.smallest.unwrap_or(if few { 0.01 } else { 1e-4 });
        let step = smallest.ln() / (self.n_penalties.max(2) - 1) as f64;
        (0..self.n_penalties).map(|k| largest * (k as f64 * step).exp()).collect()
    }

    fn check(&self) -> Result<(), Error> {
        let setting =
            |name, expected, got: String| Err(Error::InvalidSetting { name, expected, got });
        if !(self.mixing > 0.0 && self.mixing <= 1.0) {
            return setting("mixing", "in (0, 1]", self.mixing.to_string());
        }
        if self.n_penalties == 0 {
            return setting("n_penalties", "at least 1", "0".to_owned());
        }
        if let Some(share) = self.smallest.filter(|share| !(*share > 0.0 && *share < 1.0)) {
            return setting("smallest", "in (0, 1)", share.to_string());
        }
        let fine = |penalties: &Vec<f64>| {
            penalties.iter().all(|l| l.is_finite() && *l > 0.0)
                && penalties.windows(2).all(|pair| pair[0] > pair[1])
                && !penalties.is_empty()
        };
        if let Some(penalties) = self.penalties.as_ref().filter(|penalties| !fine(penalties)) {
            return setting("penalties", "positive and decreasing", format!("{penalties:?}"));
        }
        match self.ties {
            Ties::Exact => Err(Error::Unsupported { what: "the elastic net", with: "exact ties" }),
            _ => Ok(()),
        }
    }
}

impl ElasticNetPath {
    /// How many coefficients are not 0 at a penalty; 0 beyond the path.
    #[must_use]
    pub fn n_nonzero(&self, penalty: usize) -> usize {
        let coefficients = self.coefficients.get(penalty);
        coefficients.map_or(0, |b| b.iter().filter(|b| **b != 0.0).count())
    }
}
