//! Several completed sets of covariates, as an alternative to one named stand-in per covariate.

use crate::{Covariate, Error, Subject};
use vertebra_survival::{Outcomes, imputation::ChainedEquations};

/// The values of `covariates` of these subjects in each imputation, `[imputation][covariate][n]`,
/// drawn by chained equations with the outcome among the predictors. Fit a model to each and put
/// the estimates together by [`pool`](vertebra_survival::validation::pool).
///
/// Learn nothing from held-out subjects: impute the development set by itself. Subjects whose
/// outcome is not known yet cannot be imputed so; for them use an [`Imputer`](crate::Imputer).
///
/// # Errors
/// [`Error::NothingRecorded`] for a covariate with fewer than two recorded values of which some are
/// missing, [`Error::InvalidSetting`] for two levels of one category, which would be drawn one
/// without the other, and [`Error::Outcomes`] for outcomes that do not fit the subjects or have
/// delayed entry or weights, and for options.
///
/// # Examples
/// ```
/// use vertebra_cohort::{Covariate, Sex, Subject, multiple_imputation};
/// use vertebra_survival::{Outcomes, imputation::ChainedEquations};
/// let subjects: Vec<Subject> = (0..30)
///     .map(|i| {
///         let mut subject = Subject::new(i.to_string(), Sex::Female, 55.0 + f64::from(i));
///         subject.bmi = (i % 4 > 0).then(|| 22.0 + f64::from(i * 7 % 11));
///         subject
///     })
///     .collect();
/// let outcomes = Outcomes::new((0..30).map(|i| 1.0 + f64::from(i * 11 % 13)).collect(),
///     (0..30).map(|i| i % 3 == 0).collect())?;
/// let covariates: Vec<Covariate> = vec!["age".parse()?, "bmi".parse()?];
/// let subjects: Vec<&Subject> = subjects.iter().collect();
/// let options = ChainedEquations::default().with_imputations(5);
/// let sets = multiple_imputation(&subjects, &covariates, &outcomes, &options)?;
/// assert_eq!((sets.len(), sets[0].len(), sets[0][1].len()), (5, 2, 30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn multiple_imputation(
    subjects: &[&Subject],
    covariates: &[Covariate],
    outcomes: &Outcomes,
    options: &ChainedEquations,
) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    for (i, covariate) in covariates.iter().enumerate() {
        if covariates[..i].iter().any(|other| other.column() == covariate.column()) {
            let (expected, got) = ("each column once".to_owned(), covariate.name().to_owned());
            return Err(Error::InvalidSetting { name: "covariates", expected, got });
        }
    }
    let column = |covariate: &Covariate| -> Result<Vec<Option<f64>>, Error> {
        let values: Vec<Option<f64>> =
            subjects.iter().map(|subject| covariate.value(subject)).collect();
        let recorded = values.iter().flatten().count();
        match recorded < 2 && recorded < values.len() {
            true => Err(Error::NothingRecorded { name: covariate.name().to_owned() }),
            false => Ok(values),
        }
    };
    let columns = covariates.iter().map(column).collect::<Result<Vec<_>, Error>>()?;
    Ok(options.impute(outcomes, &columns)?)
}
