//! Which penalty? Cross-validation by the partial likelihood and by the C of the rows left out.
//!
//! The deviance that a fold adds is `-2 (l(b) - l_without(b))`: the likelihood of all rows minus
//! that of the rows it was fitted to, so that a left-out row is compared with all others (van
//! Houwelingen et al., *Stat. Med.* 25:3201-3216, 2006; `cv.glmnet(.., grouped = TRUE)`).

use super::{ElasticNet, ElasticNetPath};
use crate::{
    concordance::concordance,
    cox::{derivatives::Problem, design::Design, standardised::Scaling},
    error::Error,
    numeric::mean_and_sd,
    outcomes::{Outcomes, check, labels::members},
};

/// A path with what it is worth to rows left out.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ElasticNetValidated {
    /// The path on all rows.
    pub path: ElasticNetPath,
    /// Cross-validated deviance of each penalty, by event.
    pub deviance: Vec<f64>,
    /// Its standard error over folds.
    pub deviance_error: Vec<f64>,
    /// Harrell's C of the rows left out, the mean over folds; `None` where a fold has no comparable
    /// pair.
    pub concordance: Option<Vec<f64>>,
    /// The penalty, by its place, with the least deviance.
    pub best: usize,
    /// The largest penalty whose deviance is within one standard error of it.
    pub sparsest: usize,
}

impl ElasticNet {
    /// The path, and what each penalty is worth to rows left out; `folds` has a label for each row.
    ///
    /// # Errors
    /// As [`path`](ElasticNet::path), on all rows and without each fold; [`Error::InvalidSetting`]
    /// for fewer than three folds.
    pub fn cross_validate(
        &self,
        outcomes: &Outcomes,
        design: &Design,
        folds: &[usize],
    ) -> Result<ElasticNetValidated, Error> {
        check::length("folds", folds, outcomes)?;
        let parts = members(folds);
        if parts.len() < 3 {
            let (name, got) = ("folds", parts.len().to_string());
            return Err(Error::InvalidSetting { name, expected: "at least 3", got });
        }
        let path = self.path(outcomes, design)?;
        let options = self.clone().with_penalties(path.penalties.clone());
        let (all, of_all) = Problem::of(outcomes, design, self.ties)?;
        let mut deviances = Vec::new();
        let mut concordances: Option<Vec<Vec<f64>>> = Some(Vec::new());
        for part in &parts {
            let train: Vec<usize> =
                (0..folds.len()).filter(|i| part.binary_search(i).is_err()).collect();
            let (some, rows) = (outcomes.subset(&train), design.subset(&train));
            let fitted = options.path(&some, &rows)?;
            let (without, of_some) = Problem::of(&some, &rows, self.ties)?;
            let events: f64 = part.iter().map(|&i| event(outcomes, i)).sum();
            let deviance = |b: &Vec<f64>| {
                let gained = likelihood(&all, &of_all, b) - likelihood(&without, &of_some, b);
                -2.0 * gained / events
            };
            deviances.push((events, fitted.coefficients.iter().map(deviance).collect::<Vec<_>>()));
            let c = fold_concordance(outcomes, design, part, &fitted);
            concordances = concordances.zip(c).map(|(mut all, c)| {
                all.push(c);
                all
            });
        }
        Ok(validated(path, &deviances, concordances))
    }
}

fn event(outcomes: &Outcomes, i: usize) -> f64 {
    if outcomes.event()[i] { outcomes.weight(i) } else { 0.0 }
}

fn likelihood(problem: &Problem<'_>, scaling: &Scaling, coefficients: &[f64]) -> f64 {
    let b: Vec<f64> = coefficients.iter().zip(&scaling.sd).map(|(c, sd)| c * sd).collect();
    let of_stratum = |rows: &crate::cox::derivatives::StratumRows<'_>| {
        -rows.stratum.add(&rows.log_hazard(&b), problem.ties, &mut Vec::new())
    };
    problem.strata.iter().map(of_stratum).sum()
}

fn fold_concordance(
    outcomes: &Outcomes,
    design: &Design,
    part: &[usize],
    fitted: &ElasticNetPath,
) -> Option<Vec<f64>> {
    let outcomes = outcomes.subset(part);
    let of_penalty = |b: &Vec<f64>| {
        let linear = |&i: &usize| crate::numeric::linear::dot(design.row(i), b);
        let risk: Vec<f64> = part.iter().map(linear).collect();
        concordance(&outcomes, &risk).ok().map(|c| c.index())
    };
    fitted.coefficients.iter().map(of_penalty).collect()
}

/// Folds count by their events.
fn validated(
    path: ElasticNetPath,
    folds: &[(f64, Vec<f64>)],
    concordances: Option<Vec<Vec<f64>>>,
) -> ElasticNetValidated {
    let total: f64 = folds.iter().map(|(events, _)| events).sum();
    let n = path.penalties.len();
    let mean_of = |k: usize| folds.iter().map(|(w, d)| w * d[k]).sum::<f64>() / total;
    let deviance: Vec<f64> = (0..n).map(mean_of).collect();
    let error_of = |k: usize| {
        let square = |(w, d): &(f64, Vec<f64>)| w * (d[k] - deviance[k]).powi(2);
        (folds.iter().map(square).sum::<f64>() / total / (folds.len() - 1) as f64).sqrt()
    };
    let deviance_error: Vec<f64> = (0..n).map(error_of).collect();
    let best = (0..n).min_by(|&a, &b| deviance[a].total_cmp(&deviance[b])).unwrap_or(0);
    let limit = deviance[best] + deviance_error[best];
    let sparsest = (0..n).find(|&k| deviance[k] <= limit).unwrap_or(best);
    let mean = |k: usize, of: &Vec<Vec<f64>>| {
        mean_and_sd(&of.iter().map(|fold| fold[k]).collect::<Vec<_>>()).0
    };
    let concordance = concordances.map(|of| (0..n).map(|k| mean(k, &of)).collect());
    ElasticNetValidated { path, deviance, deviance_error, concordance, best, sparsest }
}
