//! Cox regression on covariates.

use super::{Clinical, Fitted, FittedModel, imputed};
use crate::Error;
use crate::model::cox_model::CoxModel;
use crate::stages::Context;
use crate::stages::folds::{all_parts, score};
use vertebra_baselines::{CoxFit, CoxOptions, CoxRegression};
use vertebra_deepsurv::Seen;
use vertebra_report::results::{Coefficient, Method};
use vertebra_survival::breslow_baseline;

/// Fits on every fold's complement and on the whole development set.
pub(crate) fn fit(context: Context<'_>, clinical: &Clinical) -> Result<FittedModel, Error> {
    let data = context.data;
    let regression = CoxRegression::from(CoxOptions::default().with_ties(context.config.ties));
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
    let inputs = clinical.inputs()?.subset(data.development());
    let cox = CoxModel::new(whole, &baseline, Seen::of(&inputs, &log_hazard)?);
    Ok(FittedModel {
        name: clinical.model_name("Cox regression"),
        method: Method::CoxPh,
        clinical: Some(clinical.number),
        covariates: clinical.names(),
        scores,
        baseline: Some(baseline),
        coefficients: imputed::coefficients(context, clinical, &regression)?
            .unwrap_or_else(|| whole.coefficients.iter().map(coefficient).collect()),
        fitted: Fitted::Cox(Box::new(cox)),
    })
}

fn coefficient(c: &vertebra_baselines::Coefficient) -> Coefficient {
    let (ratio, p) = (c.hazard_ratio, c.test.p);
    Coefficient::new(&c.name, c.log_hazard_ratio.value, c.model_std_error, ratio, p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::covariates::Covariates;
    use crate::test_data::Scene;

    #[test]
    fn every_subject_is_scored_and_coefficients_are_those_of_the_whole_set() {
        let scene = Scene::new();
        let model = fit(scene.context(), &scene.clinical()).unwrap();
        assert_eq!(model.name, "Model 2, Cox regression");
        assert!(model.scores.log_hazard.iter().all(Option::is_some));
        assert_eq!(model.scores.by_fold_model.len(), scene.data.n_folds());
        assert_eq!(model.coefficients.len(), 3);
        for c in &model.coefficients {
            assert!((c.hazard_ratio.value - c.coef.exp()).abs() < 1e-12, "{}", c.name);
            assert!((0.0..=1.0).contains(&c.p) && c.std_error > 0.0);
        }
        // The log hazard is linear in the covariates.
        let test = scene.data.test();
        let age = |i: usize| scene.data.subject(i).age;
        let rows = scene.clinical();
        let design = rows.design(test).unwrap();
        assert_eq!(design.n_rows(), test.len());
        let (i, j) = (test[0], test[1]);
        let of = |k: usize| model.scores.log_hazard[k].unwrap();
        let linear = |k: usize| -> f64 {
            let row = &rows.inputs().unwrap().covariates()[k].clone();
            row.iter().zip(&model.coefficients).map(|(x, c)| f64::from(*x) * c.coef).sum()
        };
        assert!(((of(i) - of(j)) - (linear(i) - linear(j))).abs() < 1e-4, "{}", age(i));
    }

    #[test]
    fn a_constant_covariate_leaves_no_estimate() {
        let mut scene = Scene::new();
        let folder = crate::test_data::edited("cohort.csv", |text| {
            crate::test_data::with_column(text, "bmi", "25")
        });
        scene.data = crate::input::subjects::StudyData::read(folder.path(), &scene.config).unwrap();
        let covariates = Covariates::of(&scene.data, scene.config.covariates()).unwrap();
        let clinical = Clinical::new(&covariates, 2, &scene.config.clinical_models[1]);
        let error = fit(scene.context(), &clinical).unwrap_err().to_string();
        assert!(error.contains("bmi"), "{error}");
    }
}
