//! Coefficients of a Cox regression over several completions of the missing covariates.

use super::Clinical;
use crate::Error;
use crate::stages::Context;
use vertebra_baselines::{CoxRegression, DesignMatrix};
use vertebra_cohort::{Subject, multiple_imputation};
use vertebra_evaluation::{Estimate, Interval};
use vertebra_report::results::Coefficient;
use vertebra_survival::imputation::ChainedEquations;
use vertebra_survival::validation::pool;

/// Those of the development set, pooled by Rubin's rules; `None` where the study asks for none, or
/// where nothing is missing.
///
/// # Errors
/// What cannot be imputed, such as two levels of one category, or fitted.
pub(super) fn coefficients(
    context: Context<'_>,
    clinical: &Clinical,
    regression: &CoxRegression,
) -> Result<Option<Vec<Coefficient>>, Error> {
    let (data, imputations) = (context.data, context.config.imputations);
    let development = data.development();
    let subjects: Vec<&Subject> = development.iter().map(|&i| data.subject(i)).collect();
    let missing = |s: &&Subject| clinical.covariates.iter().any(|c| c.value(s).is_none());
    if imputations < 2 || !subjects.iter().any(missing) {
        return Ok(None);
    }
    let outcomes = data.outcomes.subset(development);
    let equations = ChainedEquations::default()
        .with_imputations(imputations)
        .with_seed(context.config.seed_for("multiple imputation"));
    let sets = multiple_imputation(&subjects, &clinical.covariates, &outcomes, &equations)?;
    let mut found = vec![Vec::with_capacity(imputations); clinical.covariates.len()];
    for columns in &sets {
        let row = |i: usize| columns.iter().map(move |column| column[i]);
        let values = (0..subjects.len()).flat_map(row).collect();
        let fit = regression.fit(&outcomes, &DesignMatrix::new(clinical.names(), values)?)?;
        for (found, c) in found.iter_mut().zip(&fit.coefficients) {
            found.push((c.log_hazard_ratio.value, c.log_hazard_ratio.std_error));
        }
    }
    let pooled = clinical.names().into_iter().zip(&found).map(|(name, found)| {
        let pooled = pool(found, f64::INFINITY, 0.95)?;
        let Estimate { value, std_error, interval, .. } = pooled.estimate;
        let bounds = Interval::new(interval.lower.exp(), interval.upper.exp(), interval.level);
        let ratio = Estimate::new(value.exp(), value.exp() * std_error, bounds);
        Ok(Coefficient::new(name, value, std_error, ratio, pooled.test.p))
    });
    pooled.collect::<Result<_, Error>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StudyConfig;
    use crate::input::covariates::Covariates;
    use crate::input::subjects::StudyData;
    use crate::test_data::{Scene, edited};

    /// The small cohort without the BMI of every third subject.
    fn with_gaps(config: &StudyConfig) -> StudyData {
        let folder = edited("cohort.csv", |text| {
            let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
            let place = header.iter().position(|name| *name == "bmi").unwrap();
            let line = |(k, line): (usize, &str)| {
                let mut cells: Vec<&str> = line.split(',').collect();
                if k % 3 == 1 {
                    cells[place] = "";
                }
                cells.join(",") + "\n"
            };
            text.lines().enumerate().map(line).collect()
        });
        StudyData::read(folder.path(), config).unwrap()
    }

    #[test]
    fn pooled_coefficients_know_of_the_values_that_are_missing() {
        let scene = Scene::new();
        let regression = CoxRegression::default();
        let config = StudyConfig { imputations: 20, ..scene.config.clone() };
        let whole = Context { config: &config, ..scene.context() };
        assert_eq!(coefficients(whole, &scene.clinical(), &regression).unwrap(), None);
        let data = with_gaps(&config);
        let covariates = Covariates::of(&data, config.covariates()).unwrap();
        let clinical = Clinical::new(&covariates, 2, &config.clinical_models[1]);
        let context = Context { config: &config, data: &data, ..scene.context() };
        let pooled = coefficients(context, &clinical, &regression).unwrap().unwrap();
        assert_eq!(pooled, coefficients(context, &clinical, &regression).unwrap().unwrap());
        let names: Vec<&str> = pooled.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["age", "sex", "bmi"]);
        for c in &pooled {
            assert!((c.hazard_ratio.value - c.coef.exp()).abs() < 1e-12, "{}", c.name);
            assert!((0.0..=1.0).contains(&c.p) && c.std_error > 0.0);
            assert!(c.hazard_ratio.interval.contains(c.hazard_ratio.value));
        }
        let single = StudyConfig { imputations: 1, ..config.clone() };
        let context = Context { config: &single, ..context };
        assert_eq!(coefficients(context, &clinical, &regression).unwrap(), None);
    }
}
