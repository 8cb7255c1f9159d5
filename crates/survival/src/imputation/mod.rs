//! Multiple imputation of covariates by chained equations, with the outcome among the predictors.
//!
//! Each incomplete column is regressed on the others, on the event indicator and on the
//! Nelson-Aalen estimate of the cumulative hazard at the subject's time, and what is missing is
//! drawn; that is repeated a few times over all columns. Leaving the outcome out would bias the
//! effects of what is imputed towards 0. Imputations are right where values are missing at random
//! given the other columns and the outcome.
//!
//! Fit the model to each completed set and put the estimates together by
//! [`pool`](crate::validation::pool).
//!
//! Sources: White & Royston, *Stat. Med.* 28:1982-1998, 2009 (the outcome); van Buuren, *Stat.
//! Methods Med. Res.* 16:219-242, 2007 (chained equations); Rubin, *Multiple Imputation for
//! Nonresponse in Surveys*, 1987, p. 167 (draws of the regression); Little, *J. Bus. Econ. Stat.*
//! 6:287-296, 1988, and Morris, White & Royston, *BMC Med. Res. Methodol.* 14:75, 2014 (predictive
//! mean matching). R's `mice` does the same.
//!
//! # Examples
//! ```
//! use vertebra_survival::{Error, Outcomes, cox::{CoxOptions, Design}};
//! use vertebra_survival::{imputation::ChainedEquations, validation::pool};
//! let number = |i: usize, k: usize| ((i * 37 + i * i * (k + 3) + k * 101) % 97) as f64 / 97.0;
//! let time = (0..80).map(|i| 1.2 + number(i, 0) - number(i, 1)).collect();
//! let outcomes = Outcomes::new(time, (0..80).map(|i| i % 4 > 0).collect())?;
//! let age: Vec<Option<f64>> = (0..80).map(|i| Some(number(i, 1))).collect();
//! let density = (0..80).map(|i| (i % 5 > 0).then(|| number(i, 2) - number(i, 1))).collect();
//! let sets = ChainedEquations::default().with_seed(1).impute(&outcomes, &[age, density])?;
//! let effect = |columns: &Vec<Vec<f64>>| -> Result<(f64, f64), Error> {
//!     let fit = CoxOptions::default().fit(&outcomes, &Design::from_columns(columns)?)?;
//!     Ok((fit.coefficients[1], fit.covariance[1][1].sqrt()))
//! };
//! let effects = sets.iter().map(effect).collect::<Result<Vec<_>, Error>>()?;
//! let pooled = pool(&effects, f64::INFINITY, 0.95)?;
//! assert!(pooled.estimate.std_error > 0.0 && pooled.missing_share < 0.9);
//! # Ok::<(), Error>(())
//! ```

mod chained;
mod regression;

pub use chained::{ChainedEquations, ImputationDraw};
