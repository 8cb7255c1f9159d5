//! Survival of new subjects by a Cox model, with intervals, and averages of it.
//!
//! With the baseline `H0` at the mean covariates, `S(t | x) = exp(-exp(x'b) H0(t))`, and the
//! variance of the cumulative hazard is `exp(2 x'b) (V0(t) + q' V q)`: that of the steps, and that
//! of the coefficients by `q = x H0(t) - integral M dH0`, `x` and `M` minus the means. A *marginal*
//! curve is the mean of `S(t | x)` over given rows, with the variance of that mean, the rows taken
//! as they are.
//!
//! Sources: Tsiatis, *Ann. Stat.* 9:93-108, 1981; Therneau & Grambsch, *Modeling Survival Data*,
//! 2000, section 10.2; marginal curves: Zhang et al., *Comput. Methods Programs Biomed.* 88:95-101,
//! 2007. Equal to `survfit(coxph(..), newdata)` of R.

use super::{design::Design, diagnostics::CoxDiagnostics, score_residuals::Met};
use crate::{
    curves::CurveScale,
    error::Error,
    estimate::{Estimate, Interval, Pivot},
    numeric::linear::{add, dot},
    outcomes::check,
};
use serde::{Deserialize, Serialize};

/// What survival of new subjects follows from, with the scale and the level of its intervals.
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
/// let curves = model.curves(&fit.covariance)?;
/// let two = curves.survival(&Design::from_columns(&[[70.0, 60.0]])?, 3.0)?;
/// assert!(two[0].value < two[1].value && two[0].interval.contains(two[0].value));
/// let average = curves.marginal(&design, 3.0)?;
/// assert!(two[0].value < average.value && average.value < two[1].value);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoxCurves {
    coefficients: Vec<f64>,
    means: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    /// Increasing, as the baselines.
    strata: Vec<usize>,
    baselines: Vec<Baseline>,
    scale: CurveScale,
    level: f64,
}

/// Of a subject with the mean covariates, after each event time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Baseline {
    times: Vec<f64>,
    hazard: Vec<f64>,
    /// That of the steps of the hazard.
    variance: Vec<f64>,
    /// The hazard's steps times the mean covariates at risk, minus the means.
    mean: Vec<Vec<f64>>,
}

/// One row at one time: its hazard relative to the baseline, and that baseline.
struct Row<'a> {
    ratio: f64,
    stratum: usize,
    hazard: f64,
    variance: f64,
    /// `x H0 - integral M dH0`.
    moved: Vec<f64>,
    curves: &'a CoxCurves,
}

impl CoxDiagnostics<'_> {
    /// The curves by these coefficients with this covariance of theirs, `[p][p]`. They follow the
    /// handling of ties; with exact ties Breslow's, as in R.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for a covariance of another size.
    pub fn curves(&self, covariance: &[Vec<f64>]) -> Result<CoxCurves, Error> {
        let p = self.b.len();
        if covariance.len() != p || covariance.iter().any(|row| row.len() != p) {
            let (name, got) = ("covariance", covariance.len());
            return Err(Error::LengthMismatch { name, expected: p, got });
        }
        let baselines = self.problem.strata.iter().map(|rows| {
            let log_hazard = rows.log_hazard(&self.b);
            let most = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (_, mut times) = rows.event_times(&log_hazard, self.problem.ties);
            times.reverse();
            let at = times.iter().map(|time| rows.stratum.groups.times()[time.group]).collect();
            Baseline::new(at, Met::new(&times, p), (-most).exp(), &self.scaling.sd)
        });
        Ok(CoxCurves {
            coefficients: self.scaling.coefficients(&self.b),
            means: self.scaling.mean.clone(),
            covariance: covariance.to_vec(),
            strata: self.strata.clone(),
            baselines: baselines.collect(),
            scale: CurveScale::default(),
            level: 0.95,
        })
    }
}

impl Baseline {
    /// From sums on a scale that `unit` undoes, of covariates that `sd` undoes.
    fn new(times: Vec<f64>, met: Met, unit: f64, sd: &[f64]) -> Self {
        let of_rows = |mean: Vec<f64>| mean.iter().zip(sd).map(|(m, sd)| m * unit * sd).collect();
        Self {
            times,
            hazard: met.hazard.into_iter().map(|h| h * unit).collect(),
            variance: met.variance.into_iter().map(|v| v * unit * unit).collect(),
            mean: met.mean.into_iter().map(of_rows).collect(),
        }
    }
}

impl CoxCurves {
    /// The scale on which intervals are symmetric; `ln(-ln S)` by default, where R takes `ln S`.
    #[must_use]
    pub fn with_scale(mut self, scale: CurveScale) -> Self {
        self.scale = scale;
        self
    }

    /// Confidence level; 0.95 by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] outside (0, 1).
    pub fn with_level(mut self, level: f64) -> Result<Self, Error> {
        self.level = check::level(level)?;
        Ok(self)
    }

    /// The times with events of the stratum at `index` among the strata, increasing.
    #[must_use]
    pub fn times(&self, index: usize) -> &[f64] {
        self.baselines.get(index).map_or(&[], |baseline| &baseline.times)
    }

    /// The labels of the strata, increasing; one, 0, without strata.
    #[must_use]
    pub fn strata(&self) -> &[usize] {
        &self.strata
    }

    /// The probability of each row to be free of the event at `time`, by its stratum and offset.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for a design with other columns, [`Error::OutOfDomain`] for a
    /// stratum without a baseline, [`Error::InvalidSetting`] for a time that is not a number.
    pub fn survival(&self, design: &Design, time: f64) -> Result<Vec<Estimate>, Error> {
        let rows = self.rows(design, time)?;
        Ok(rows.iter().map(|row| self.estimate(row.survival(), row.std_error_log())).collect())
    }

    /// The mean of the survival of all rows at `time`: that of a population with these covariates.
    ///
    /// # Errors
    /// As [`survival`](Self::survival); [`Error::Empty`] without a row.
    pub fn marginal(&self, design: &Design, time: f64) -> Result<Estimate, Error> {
        let rows = self.rows(design, time)?;
        if rows.is_empty() {
            return Err(Error::Empty { name: "design" });
        }
        let n = rows.len() as f64;
        let mean = rows.iter().map(Row::survival).sum::<f64>() / n;
        // Derivatives of the mean with respect to each baseline and to the coefficients.
        let (mut hazards, mut moved) =
            (vec![(0.0, 0.0); self.strata.len()], vec![0.0; self.means.len()]);
        for row in &rows {
            let slope = row.survival() * row.ratio / n;
            hazards[row.stratum].0 += slope;
            hazards[row.stratum].1 = row.variance;
            add(&mut moved, slope, &row.moved);
        }
        let steps: f64 = hazards.iter().map(|(slope, variance)| slope * slope * variance).sum();
        let error = (steps + self.quadratic(&moved)).sqrt();
        Ok(self.estimate(mean, if mean > 0.0 { error / mean } else { 0.0 }))
    }

    fn estimate(&self, survival: f64, std_error_log: f64) -> Estimate {
        let z = Pivot::Normal.two_sided(self.level);
        let (lower, upper) = self.scale.around(survival, std_error_log, z, 1.0);
        let interval = Interval::new(lower, upper, self.level);
        Estimate::new(survival, survival * std_error_log, interval)
    }

    fn quadratic(&self, x: &[f64]) -> f64 {
        self.covariance.iter().zip(x).map(|(row, own)| own * dot(row, x)).sum()
    }

    fn rows(&self, design: &Design, time: f64) -> Result<Vec<Row<'_>>, Error> {
        let (expected, got) = (self.means.len(), design.n_columns());
        if got != expected {
            return Err(Error::LengthMismatch { name: "columns of the design", expected, got });
        }
        if time.is_nan() {
            let (name, expected) = ("time", "a number");
            return Err(Error::InvalidSetting { name, expected, got: time.to_string() });
        }
        (0..design.n_rows()).map(|i| self.row(design, i, time)).collect()
    }

    fn row(&self, design: &Design, index: usize, time: f64) -> Result<Row<'_>, Error> {
        let label = design.strata().map_or(0, |strata| strata[index]);
        let stratum = self.strata.binary_search(&label).map_err(|_| Error::OutOfDomain {
            name: "strata",
            index,
            value: label as f64,
            expected: "one of the strata fitted",
        })?;
        let baseline = &self.baselines[stratum];
        let k = baseline.times.partition_point(|&t| t <= time);
        let mut centred = design.row(index).to_vec();
        add(&mut centred, -1.0, &self.means);
        let offset = design.offset().map_or(0.0, |offset| offset[index]);
        let ratio = (dot(&centred, &self.coefficients) + offset).exp();
        let hazard = baseline.hazard[k];
        let mut moved: Vec<f64> = centred.iter().map(|x| x * hazard).collect();
        add(&mut moved, -1.0, &baseline.mean[k]);
        let variance = baseline.variance[k];
        Ok(Row { ratio, stratum, hazard, variance, moved, curves: self })
    }
}

impl Row<'_> {
    fn survival(&self) -> f64 {
        (-self.ratio * self.hazard).exp()
    }

    /// Of `ln S`, and of the cumulative hazard.
    fn std_error_log(&self) -> f64 {
        self.ratio * (self.variance + self.curves.quadratic(&self.moved)).sqrt()
    }
}
