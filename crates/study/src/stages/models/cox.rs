//! Cox regression on covariates.

use super::{Clinical, FittedModel};
use crate::Error;
use crate::stages::Context;
use crate::stages::folds::{all_parts, score};
use vertebra_baselines::{CoxFit, CoxRegression};
use vertebra_evaluation::{Estimate, Interval};
use vertebra_report::results::{Coefficient, Method};
use vertebra_survival::breslow_baseline;

/// Fits on every fold's complement and on the whole development set.
pub(super) fn fit(context: Context<'_>, clinical: &Clinical) -> Result<FittedModel, Error> {
    let data = context.data;
    let regression = CoxRegression::default().with_ties(context.config.ties);
    let fit = |train: &[usize]| -> Result<CoxFit, Error> {
        Ok(regression.fit(&data.outcomes.subset(train), &clinical.design(train)?)?)
    };
    let parts = all_parts(data);
    let fits = parts.iter().map(|part| fit(&part.subjects)).collect::<Result<Vec<_>, _>>()?;
    let scores = score(data, &fits, |fit: &CoxFit, subjects| {
        Ok(fit.log_hazard(&clinical.design(subjects)?)?)
    })?;
    let whole = &fits[data.n_folds()];
    let log_hazard = whole.log_hazard(&clinical.design(data.development())?)?;
    let baseline = breslow_baseline(&data.outcomes.subset(data.development()), &log_hazard)?;
    Ok(FittedModel {
        name: clinical.model_name("Cox regression"),
        method: Method::CoxPh,
        clinical: Some(clinical.number),
        covariates: clinical.names(),
        scores,
        baseline: Some(baseline),
        coefficients: whole.coefficients.iter().map(coefficient).collect(),
        network: None,
    })
}

fn coefficient(c: &vertebra_baselines::Coefficient) -> Coefficient {
    let interval = Interval::new(c.lower, c.upper, 0.95);
    let hazard_ratio = Estimate::new(c.hazard_ratio, c.hazard_ratio * c.se, interval);
    Coefficient::new(&c.name, c.coef, c.se, hazard_ratio, c.p)
}
