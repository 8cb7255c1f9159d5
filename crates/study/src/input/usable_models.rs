//! Clinical models on a cohort that lacks some of their covariates.

use crate::Error;
use crate::config::{Preset, StudyConfig};
use crate::input::subjects::StudyData;
use vertebra_cohort::Covariate;

/// The models of the configuration, less what no subject of the development set has recorded and
/// what is the same for all of them; a model that is left empty, or equal to an earlier one, is
/// left out. With a note for each.
///
/// # Errors
/// [`Error::UselessCovariate`] where the models are not those of a preset: who asks for a covariate
/// is told that it cannot be had. Also where no model is left.
pub(crate) fn usable_models(
    config: &StudyConfig,
    data: &StudyData,
) -> Result<(Vec<Vec<Covariate>>, Vec<String>), Error> {
    let (mut models, mut notes) = (Vec::new(), Vec::new());
    let mut last = None;
    for (covariates, number) in config.clinical_models.iter().zip(1..) {
        let mut left = Vec::new();
        for &covariate in covariates {
            let Some(why) = useless(covariate, data) else {
                left.push(covariate);
                continue;
            };
            let error = Error::UselessCovariate { model: number, covariate: covariate.name(), why };
            if !is_default(config) {
                return Err(error);
            }
            last = Some(error);
            notes.push(format!("{} {why}: left out of model {number}.", covariate.name()));
        }
        if left.is_empty() || models.contains(&left) {
            notes.push(format!("Model {number} says no more than those before it: left out."));
        } else {
            models.push(left);
        }
    }
    match last {
        Some(error) if models.is_empty() => Err(error),
        _ => Ok((models, notes)),
    }
}

fn useless(covariate: Covariate, data: &StudyData) -> Option<&'static str> {
    let development = data.development().iter();
    let mut recorded = development.filter_map(|&i| covariate.value(data.subject(i)));
    let Some(first) = recorded.next() else { return Some("is not recorded") };
    recorded.all(|value| value == first).then_some("is the same for everybody")
}

fn is_default(config: &StudyConfig) -> bool {
    let presets = [Preset::Quick, Preset::Standard, Preset::Paper];
    presets.into_iter().any(|p| StudyConfig::preset(p).clinical_models == config.clinical_models)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{config, edited, with_column};

    /// The models of the small cohort with a column of one value.
    fn models(
        column: &str,
        value: &str,
        config: &StudyConfig,
    ) -> Result<(Vec<Vec<Covariate>>, Vec<String>), Error> {
        let folder = edited("cohort.csv", |text| with_column(text, column, value));
        let data = StudyData::read(folder.path(), config).unwrap();
        usable_models(config, &data)
    }

    fn of_preset() -> StudyConfig {
        let clinical_models = StudyConfig::preset(Preset::Quick).clinical_models;
        StudyConfig { clinical_models, ..config() }
    }

    #[test]
    fn models_of_a_preset_do_without_what_is_not_recorded() {
        let config = of_preset();
        let (same, notes) = models("bmi", "24.5", &config).unwrap();
        assert!(same.iter().flatten().all(|covariate| covariate.name() != "bmi"));
        let note = "bmi is the same for everybody: left out of model 2.";
        assert!(notes.iter().any(|text| text == note), "{notes:?}");
        let (left, notes) = models("bmi", "", &config).unwrap();
        assert_eq!(left.len(), config.clinical_models.len() - 1, "{notes:?}");
        assert!(notes.iter().any(|note| note == "bmi is not recorded: left out of model 2."));
        assert!(notes.iter().any(|note| note.starts_with("Model 2 says no more")), "{notes:?}");
    }

    #[test]
    fn who_asks_for_a_covariate_that_nobody_has_is_told_so() {
        let error = models("bmi", "", &config()).unwrap_err().to_string();
        assert_eq!(
            error,
            "clinical_models, model 2: expected covariates that vary between the subjects of the \
             development set; bmi is not recorded"
        );
        let women = models("sex", "F", &config()).unwrap_err().to_string();
        assert!(women.ends_with("sex is the same for everybody"), "{women}");
    }
}
