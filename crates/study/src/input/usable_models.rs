//! Clinical models on a cohort that lacks some of their covariates.

use crate::Error;
use crate::config::{Preset, StudyConfig};
use crate::input::subjects::StudyData;
use vertebra_cohort::Covariate;

/// Models as they can be fitted, and what became of the others.
type Usable = (Vec<Vec<Covariate>>, Vec<String>);

/// The models of the configuration, categories as one covariate for each level but the reference,
/// less what no subject of the development set has recorded and what is the same for all of them; a
/// model that is left empty, or equal to an earlier one, is left out. Where the models are those of
/// a preset, one more has the covariates of the largest and those that the cohort declares. With a
/// note for each.
///
/// # Errors
/// A column that is neither known nor declared. [`Error::UselessCovariate`] where the models are
/// not those of a preset: who asks for a covariate is told that it cannot be had; also where no
/// model is left.
pub(crate) fn usable_models(config: &StudyConfig, data: &StudyData) -> Result<Usable, Error> {
    let mut asked = config.clinical_models.clone();
    let mut found = Found { data, of_preset: is_default(config), notes: Vec::new(), last: None };
    if found.of_preset {
        asked.extend(found.with_declared(&asked));
    }
    let mut models = Vec::new();
    for (covariates, number) in asked.iter().zip(1..) {
        let left = found.usable(number, covariates)?;
        if left.is_empty() || models.contains(&left) {
            let note = format!("Model {number} says no more than those before it: left out.");
            found.notes.push(note);
        } else {
            models.push(left);
        }
    }
    match found.last {
        Some(error) if models.is_empty() => Err(error),
        _ => Ok((models, found.notes)),
    }
}

/// What was found about the models so far.
struct Found<'a> {
    data: &'a StudyData,
    of_preset: bool,
    notes: Vec<String>,
    /// The last covariate that was left out.
    last: Option<Error>,
}

impl Found<'_> {
    /// The largest model of a preset with the declared covariates; `None` without one.
    fn with_declared(&mut self, models: &[Vec<Covariate>]) -> Option<Vec<Covariate>> {
        let names = self.data.cohort.declared().keys();
        let declared: Vec<Covariate> = names.filter_map(|name| name.parse().ok()).collect();
        let (first, number) = (declared.first()?, models.len() + 1);
        let list =
            declared.iter().skip(1).fold(first.to_string(), |list, c| format!("{list}, {c}"));
        self.notes.push(format!("Model {number} is model {} with {list}.", models.len()));
        Some(models.last()?.iter().cloned().chain(declared).collect())
    }

    /// What of a model's covariates can be used.
    fn usable(&mut self, model: usize, covariates: &[Covariate]) -> Result<Vec<Covariate>, Error> {
        let mut left = Vec::new();
        for asked in covariates {
            let design = self.data.cohort.design(asked)?;
            if design.is_empty() {
                self.leave(model, asked, "has not two levels")?;
            }
            let whole = design.as_slice() == std::slice::from_ref(asked);
            for covariate in design {
                match useless(&covariate, self.data) {
                    None => left.push(covariate),
                    // Other levels of a category that was asked for may do.
                    Some(why) if !whole => self.note(model, &covariate, why),
                    Some(why) => self.leave(model, &covariate, why)?,
                }
            }
        }
        Ok(left)
    }

    /// Does without a covariate that was asked for, where it may.
    fn leave(
        &mut self,
        model: usize,
        covariate: &Covariate,
        why: &'static str,
    ) -> Result<(), Error> {
        let covariate_name = covariate.name().to_owned();
        let error = Error::UselessCovariate { model, covariate: covariate_name, why };
        if !self.of_preset {
            return Err(error);
        }
        self.note(model, covariate, why);
        self.last = Some(error);
        Ok(())
    }

    fn note(&mut self, model: usize, covariate: &Covariate, why: &str) {
        self.notes.push(format!("{covariate} {why}: left out of model {model}."));
    }
}

fn useless(covariate: &Covariate, data: &StudyData) -> Option<&'static str> {
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
    #[test]
    fn declared_columns_are_one_more_model_of_a_preset_and_levels_are_covariates() {
        let folder = edited("cohort.csv", |text| {
            let line = |(k, line): (usize, &str)| match k {
                0 => format!("{line},crp,smoking\n"),
                _ => format!("{line},{},{}\n", k % 7, ["never", "current", "former"][k % 3]),
            };
            text.lines().enumerate().map(line).collect()
        });
        let columns = "[covariates]\ncrp = \"numeric\"\nsmoking = { reference = \"never\" }\n";
        std::fs::write(folder.path().join("columns.toml"), columns).unwrap();
        let config = of_preset();
        let data = StudyData::read(folder.path(), &config).unwrap();
        assert!(data.cohort.unread_columns().is_empty());
        let (models, notes) = usable_models(&config, &data).unwrap();
        let names: Vec<String> = models[3].iter().map(ToString::to_string).collect();
        assert_eq!(names[5..], ["crp", "smoking=current", "smoking=former"]);
        assert_eq!(notes, ["Model 4 is model 3 with crp, smoking."]);
        let asked = StudyConfig {
            clinical_models: vec![vec![Covariate::AGE, "smoking".parse().unwrap()]],
            ..config.clone()
        };
        assert_eq!(usable_models(&asked, &data).unwrap().0[0].len(), 3);
        let unknown = StudyConfig { clinical_models: vec![vec!["crb".parse().unwrap()]], ..config };
        let error = usable_models(&unknown, &data).unwrap_err().to_string();
        assert!(error.contains("[covariates]") && error.ends_with("got \"crb\""), "{error}");
    }
}
