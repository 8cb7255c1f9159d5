//! Scores that are not fitted here: imported FRAX probabilities, what a phantom has in their place,
//! and the phantom's oracle.

use super::{Fitted, FittedModel};
use crate::input::subjects::StudyData;
use crate::stages::folds::Scores;
use vertebra_cohort::FraxPercent;
use vertebra_report::results::Method;

/// Each imported FRAX probability that some analysed subject has. Those of a phantom are made up,
/// and named so.
pub(crate) fn frax(data: &StudyData) -> Vec<FittedModel> {
    type Column = (&'static str, fn(&FraxPercent) -> Option<f64>);
    const COLUMNS: [Column; 4] = [
        ("FRAX, major osteoporotic, with BMD", |f| f.mof_bmd),
        ("FRAX, hip, with BMD", |f| f.hip_bmd),
        ("FRAX, major osteoporotic, without BMD", |f| f.mof),
        ("FRAX, hip, without BMD", |f| f.hip),
    ];
    let made_up = data.truth.is_some();
    let column = |(name, value): Column| {
        let values: Vec<_> = (0..data.n()).map(|i| value(&data.subject(i).frax)).collect();
        let known = values.iter().any(Option::is_some);
        known.then(|| match made_up {
            true => score_only(&format!("Surrogate of {name}"), Method::FraxSurrogate, values),
            false => score_only(name, Method::Frax, values),
        })
    };
    COLUMNS.into_iter().filter_map(column).collect()
}

/// The phantom's true log hazard.
pub(crate) fn oracle(data: &StudyData) -> Option<FittedModel> {
    let truth = data.truth.as_ref()?.iter().map(|h| Some(*h)).collect();
    Some(score_only("Oracle (true hazard of the phantom)", Method::Oracle, truth))
}

fn score_only(name: &str, method: Method, log_hazard: Vec<Option<f64>>) -> FittedModel {
    FittedModel {
        name: name.to_owned(),
        method,
        clinical: None,
        covariates: Vec::new(),
        scores: Scores { log_hazard, by_fold_model: Vec::new() },
        baseline: None,
        coefficients: Vec::new(),
        fitted: Fitted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_that_somebody_has_become_models() {
        let mut data = crate::test_data::data();
        let models = frax(&data);
        assert!(!models.is_empty() && models.iter().all(|m| m.method == Method::FraxSurrogate));
        assert!(models.iter().all(|m| m.name.starts_with("Surrogate of FRAX")));
        for model in &models {
            assert_eq!(model.scores.log_hazard.len(), data.n());
            assert!(model.scores.log_hazard.iter().any(Option::is_some), "{}", model.name);
        }
        assert_eq!(
            oracle(&data).unwrap().scores.log_hazard[0],
            Some(data.truth.as_ref().unwrap()[0])
        );
        data.truth = None;
        assert!(oracle(&data).is_none());
        assert!(frax(&data).iter().all(|m| m.method == Method::Frax), "a cohort's own are FRAX");
    }
}
