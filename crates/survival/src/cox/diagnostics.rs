//! Residuals of a Cox model.
//!
//! - *Martingale*: event minus expected events. *Deviance*: the same on a scale on which they are
//!   about symmetric.
//! - *Score*: what a subject adds to the score. *Dfbeta*: about by how much the coefficients move
//!   when the subject goes.
//! - *Schoenfeld*: at each event, its covariates minus the mean of those at risk. *Scaled*: times
//!   the covariance and the number of events, plus the coefficients, so that their mean over time
//!   is the coefficient, and their course how it depends on time.
//!
//! Sources: Therneau, Grambsch & Fleming, *Biometrika* 77:147-160, 1990; Grambsch & Therneau,
//! *Biometrika* 81:515-526, 1994. Equal to `residuals()` of R's `coxph`, weighted or not as there.

use super::{
    derivatives::{Problem, StratumRows},
    design::Design,
    options::{CoxOptions, collinear},
    plain::PART,
    score_residuals::ScoreResiduals,
    standardised::Scaling,
    ties::Ties,
};
use crate::{
    error::Error,
    numeric::linear::{Matrix, add, dot},
    outcomes::Outcomes,
};
use rayon::prelude::*;

/// A Cox model at given coefficients on its data, to be asked for residuals, tests of proportional
/// hazards and survival curves.
///
/// # Examples
/// ```
/// use vertebra_survival::{cox::{CoxOptions, Design}, Outcomes};
/// let time = vec![1.2, 0.8, 3.1, 2.2, 4.0, 2.9, 3.6, 1.9];
/// let event = vec![true, true, false, true, false, true, false, true];
/// let outcomes = Outcomes::new(time, event)?;
/// let design = Design::from_columns(&[[74.0, 69.0, 58.0, 71.0, 55.0, 63.0, 66.0, 60.0]])?;
/// let options = CoxOptions::default();
/// let fit = options.fit(&outcomes, &design)?;
/// let model = options.diagnostics(&outcomes, &design, &fit.coefficients)?;
/// assert!(model.martingale().iter().sum::<f64>().abs() < 1e-12);
/// assert!(model.score()?.iter().sum::<f64>().abs() < 1e-10);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub struct CoxDiagnostics<'a> {
    pub(super) outcomes: &'a Outcomes,
    pub(super) strata: Vec<usize>,
    pub(super) problem: Problem<'a>,
    pub(super) scaling: Scaling,
    /// Of standardised covariates, as all that follows.
    pub(super) b: Vec<f64>,
    pub(super) information: Matrix,
    covariance: Matrix,
}

/// What an event says of the coefficients at its time.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct SchoenfeldResidual {
    /// Time of the event.
    pub time: f64,
    /// The row that has it.
    pub row: usize,
    /// One for each covariate.
    pub residual: Vec<f64>,
}

impl CoxOptions {
    /// The model with these coefficients on these data, those that [`fit`](Self::fit) has found or
    /// any others (zeros for martingale residuals of a model without covariates).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Constant`], [`Error::Collinear`].
    pub fn diagnostics<'a>(
        &self,
        outcomes: &'a Outcomes,
        design: &'a Design,
        coefficients: &[f64],
    ) -> Result<CoxDiagnostics<'a>, Error> {
        let expected = design.n_columns();
        if coefficients.len() != expected {
            let (name, got) = ("coefficients", coefficients.len());
            return Err(Error::LengthMismatch { name, expected, got });
        }
        let (problem, scaling) = Problem::of(outcomes, design, self.ties)?;
        let b: Vec<f64> = coefficients.iter().zip(&scaling.sd).map(|(c, sd)| c * sd).collect();
        let at = self.local(&problem, &self.penalty(&scaling.sd), &b);
        let covariance = at.information.cholesky(0.0).map_err(collinear)?.inverse();
        let (information, strata) = (at.rest.information, design.distinct_strata());
        Ok(CoxDiagnostics { outcomes, strata, problem, scaling, b, information, covariance })
    }
}

impl CoxDiagnostics<'_> {
    /// Martingale residuals `[n]`: the event minus the events expected. With exact ties they are
    /// those by Breslow at these coefficients, as in R.
    #[must_use]
    pub fn martingale(&self) -> Vec<f64> {
        let mut residuals = vec![0.0; self.outcomes.n_subjects()];
        for rows in &self.problem.strata {
            let mut gradient = Vec::new();
            rows.stratum.add(&rows.log_hazard(&self.b), self.problem.ties, &mut gradient);
            for (i, gradient) in gradient.into_iter().enumerate() {
                residuals[rows.subject(i)] = -gradient / rows.stratum.outcomes.weight(i);
            }
        }
        residuals
    }

    /// Deviance residuals `[n]`: `sign(m) sqrt(-2 (m + event ln(event - m)))`.
    #[must_use]
    pub fn deviance(&self) -> Vec<f64> {
        let event = self.outcomes.event();
        let one = |(m, &event): (f64, &bool)| {
            let log = if event { (1.0 - m).ln() } else { 0.0 };
            m.signum() * (-2.0 * (m + log)).max(0.0).sqrt()
        };
        self.martingale().into_iter().zip(event).map(one).collect()
    }

    /// Score residuals, row by row, `[n, p]`, without the case weights.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with exact ties.
    pub fn score(&self) -> Result<Vec<f64>, Error> {
        self.of_rows(|row, weight, residual| {
            let sd = &self.scaling.sd;
            row.iter_mut().zip(residual).zip(sd).for_each(|((to, r), sd)| *to = r * sd / weight);
        })
    }

    /// Dfbeta, row by row, `[n, p]`: about the change of each coefficient that the row, with its
    /// case weight, makes.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn dfbeta(&self) -> Result<Vec<f64>, Error> {
        self.of_rows(|row, _, residual| {
            let sd = &self.scaling.sd;
            for ((to, of), sd) in row.iter_mut().zip(self.covariance.rows()).zip(sd) {
                *to = dot(of, residual) / sd;
            }
        })
    }

    /// Sets each row of `[n, p]` values from its case weight and its weighted score residual in
    /// standardised covariates.
    fn of_rows(&self, set: impl Fn(&mut [f64], f64, &[f64]) + Sync) -> Result<Vec<f64>, Error> {
        self.not_exact("the score residual")?;
        let p = self.b.len();
        let mut all = vec![0.0; self.outcomes.n_subjects() * p];
        for rows in &self.problem.strata {
            let residuals = ScoreResiduals::new(rows, &self.b, self.problem.ties);
            let fill = |(k, part): (usize, &mut [f64])| {
                let mut residual = vec![0.0; p];
                for (i, row) in (k * PART..).zip(part.chunks_exact_mut(p)) {
                    residuals.of(i, &mut residual);
                    set(row, rows.stratum.outcomes.weight(i), &residual);
                }
            };
            let Some(subjects) = &rows.stratum.subjects else {
                all.par_chunks_mut(PART * p).enumerate().for_each(fill);
                continue;
            };
            let mut own = vec![0.0; subjects.len() * p];
            own.par_chunks_mut(PART * p).enumerate().for_each(fill);
            for (&i, row) in subjects.iter().zip(own.chunks_exact(p)) {
                all[i * p..(i + 1) * p].copy_from_slice(row);
            }
        }
        Ok(all)
    }

    /// Schoenfeld residuals by stratum and time, without the case weights.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with exact ties.
    pub fn schoenfeld(&self) -> Result<Vec<SchoenfeldResidual>, Error> {
        let sd = &self.scaling.sd;
        self.of_events(|residual| residual.iter().zip(sd).map(|(r, sd)| r * sd).collect())
    }

    /// Scaled Schoenfeld residuals by stratum and time.
    ///
    /// # Errors
    /// As [`schoenfeld`](Self::schoenfeld).
    pub fn scaled_schoenfeld(&self) -> Result<Vec<SchoenfeldResidual>, Error> {
        let events = self.outcomes.n_events() as f64;
        self.of_events(|residual| {
            let scaled = self.covariance.apply(residual).into_iter().zip(&self.b);
            scaled.zip(&self.scaling.sd).map(|((r, b), sd)| (r * events + b) / sd).collect()
        })
    }

    fn of_events(
        &self,
        scale: impl Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Vec<SchoenfeldResidual>, Error> {
        self.not_exact("the Schoenfeld residual")?;
        let mut residuals = Vec::with_capacity(self.outcomes.n_events());
        for rows in &self.problem.strata {
            self.at_events(rows, |i, time, residual| {
                let row = rows.subject(i);
                residuals.push(SchoenfeldResidual { time, row, residual: scale(residual) });
            });
        }
        Ok(residuals)
    }

    /// Visits each event of a stratum in order of time with its covariates minus the mean.
    pub(super) fn at_events(
        &self,
        rows: &StratumRows<'_>,
        mut visit: impl FnMut(usize, f64, &[f64]),
    ) {
        let (_, mut times) = rows.event_times(&rows.log_hazard(&self.b), self.problem.ties);
        times.reverse();
        let groups = &rows.stratum.groups;
        for time in &times {
            let mean = time.mean();
            for i in groups.get(time.group).events.iter().map(|&i| i as usize) {
                let mut residual = rows.covariates().row(i).to_vec();
                add(&mut residual, -1.0, &mean);
                visit(i, groups.times()[time.group], &residual);
            }
        }
    }

    pub(super) fn not_exact(&self, what: &'static str) -> Result<(), Error> {
        match self.problem.ties {
            Ties::Exact => Err(Error::Unsupported { what, with: "exact ties" }),
            _ => Ok(()),
        }
    }
}
