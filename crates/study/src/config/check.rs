//! What the settings must satisfy, in one place. Settings of networks are checked by their crates.

use crate::Error;
use crate::config::{EncoderStart, RiskConfig, StudyConfig};
use vertebra_deepsurv::{Fusion, RiskModelConfig};

impl StudyConfig {
    /// Checks the settings of a study.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the setting, what is expected and what came.
    pub fn check(&self) -> Result<(), Error> {
        self.check_settings()?;
        let patience = self.keypoints.training.patience;
        let got = patience.map(|epochs| epochs.to_string()).unwrap_or_default();
        let expected = "none, as a study holds out no films to stop its detectors by";
        require(patience.is_none(), "keypoints.training.patience", expected, got)
    }

    /// The same without what a study alone forbids: other programs read such files too.
    pub(super) fn check_settings(&self) -> Result<(), Error> {
        self.check_sets()?;
        self.check_pictures()?;
        self.check_clinical_models()?;
        self.check_horizons()?;
        self.risk.check()?;
        let rising = self.age_groups.windows(2).all(|pair| pair[0] < pair[1]);
        let expected = "ages that increase";
        require(rising, "age_groups", expected, format!("{:?}", self.age_groups))?;
        require(self.bootstrap >= 100, "bootstrap", "100 or more", self.bootstrap)?;
        require(self.fits_at_once != Some(0), "fits_at_once", "at least 1", 0)?;
        self.check_trainings()
    }

    /// Before anything is read: trainings, which check them too, begin after films were decoded.
    fn check_trainings(&self) -> Result<(), Error> {
        for (name, micro_batch) in [
            ("keypoints.micro_batch", self.keypoints.micro_batch),
            ("risk.image_training.micro_batch", Some(self.risk.image_training.micro_batch)),
            ("risk.clinical_training.micro_batch", Some(self.risk.clinical_training.micro_batch)),
        ] {
            require(micro_batch != Some(0), name, "at least 1", 0)?;
        }
        for (name, training) in [
            ("keypoints.training", &self.keypoints.training),
            ("risk.image_training.training", &self.risk.image_training.training),
            ("risk.clinical_training.training", &self.risk.clinical_training.training),
        ] {
            training.check().map_err(|error| match error {
                vertebra_training::Error::InvalidSetting { name: setting, expected, got } => {
                    invalid(&format!("{name}.{setting}"), expected, got)
                }
                other => vertebra_deepsurv::Error::Training(other).into(),
            })?;
        }
        Ok(())
    }

    fn check_sets(&self) -> Result<(), Error> {
        let share = self.test_fraction;
        require(share > 0.0 && share < 1.0, "test_fraction", "a share in (0, 1)", share)?;
        require(self.folds >= 2, "folds", "2 or more", self.folds)
    }

    fn check_pictures(&self) -> Result<(), Error> {
        require(!self.variants.is_empty(), "variants", "at least one", "none")?;
        let deployable = self.choose_masked || self.variants.iter().any(|v| !v.is_masked());
        let expected = "one without masks, or choose_masked = true";
        require(deployable, "variants", expected, "masked ones only")?;
        for (name, side) in
            [("picture.size", self.picture.size), ("picture.patch_size", self.picture.patch_size)]
        {
            require(side >= 16, name, "16 px or more", side)?;
        }
        require(self.film_height >= 32, "film_height", "32 px or more", self.film_height)
    }

    fn check_clinical_models(&self) -> Result<(), Error> {
        let models = &self.clinical_models;
        require(!models.is_empty(), "clinical_models", "at least one", "none")?;
        for (i, model) in models.iter().enumerate() {
            let name = format!("clinical_models[{i}]");
            require(!model.is_empty(), &name, "at least one covariate", "none")?;
            let twice = (0..model.len()).find(|&k| model[..k].contains(&model[k]));
            let got = twice.map(|k| format!("{} twice", model[k])).unwrap_or_default();
            require(twice.is_none(), &name, "each covariate once", got)?;
        }
        Ok(())
    }

    fn check_horizons(&self) -> Result<(), Error> {
        require(!self.horizons.is_empty(), "horizons", "at least one", "none")?;
        let named = self.horizons.iter().map(|horizon| ("horizons", horizon));
        for (name, horizon) in named.chain([("main_horizon", &self.main_horizon)]) {
            let ok = horizon.is_finite() && *horizon > 0.0;
            require(ok, name, "years above 0", horizon)?;
        }
        Ok(())
    }
}

impl RiskConfig {
    fn check(&self) -> Result<(), Error> {
        let images = RiskModelConfig::image_only(self.encoder.clone(), [1, 1024, 1024])
            .with_hidden(self.image_hidden.clone())
            .with_dropout(self.dropout);
        let clinical = RiskModelConfig::clinical(["age"]).with_hidden(self.clinical_hidden.clone());
        for model in [images, clinical] {
            model.check().map_err(|e| invalid("risk", "a network", e))?;
        }
        let stacked = self.encoder_start == EncoderStart::Stacked;
        let expected = "concatenation where encoder_start is stacked, or another encoder_start";
        let as_it_is = self.fusion == Fusion::Concatenation;
        require(as_it_is || !stacked, "risk.fusion", expected, format!("{:?}", self.fusion))
    }
}

fn require(ok: bool, name: &str, expected: &'static str, got: impl ToString) -> Result<(), Error> {
    if ok { Ok(()) } else { Err(invalid(name, expected, got)) }
}

fn invalid(name: &str, expected: &'static str, got: impl ToString) -> Error {
    Error::InvalidSetting { name: name.to_owned(), expected, got: got.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::{Preset, StudyConfig};
    use vertebra_alignment::ImageVariant;

    fn error(change: impl FnOnce(&mut StudyConfig)) -> String {
        let mut config = StudyConfig::preset(Preset::Quick);
        change(&mut config);
        config.check().unwrap_err().to_string()
    }

    #[test]
    fn images_that_are_stacked_have_one_way_to_join() {
        let fusion = error(|config| config.risk.fusion = vertebra_deepsurv::Fusion::Modulation);
        let expected = "risk.fusion: expected concatenation where encoder_start is stacked, or \
                        another encoder_start, got Modulation";
        assert!(fusion.ends_with(expected), "{fusion}");
    }

    #[test]
    fn every_setting_outside_its_domain_is_named_with_what_is_expected_and_what_came() {
        for (error, expected) in [
            (error(|c| c.test_fraction = 1.0), "test_fraction: expected a share in (0, 1), got 1"),
            (error(|c| c.folds = 1), "folds: expected 2 or more, got 1"),
            (error(|c| c.bootstrap = 99), "bootstrap: expected 100 or more, got 99"),
            (error(|c| c.variants.clear()), "variants: expected at least one, got none"),
            (error(|c| c.picture.size = 8), "picture.size: expected 16 px or more, got 8"),
            (error(|c| c.film_height = 31), "film_height: expected 32 px or more, got 31"),
            (error(|c| c.fits_at_once = Some(0)), "fits_at_once: expected at least 1, got 0"),
            (
                error(|c| c.keypoints.micro_batch = Some(0)),
                "keypoints.micro_batch: expected at least 1, got 0",
            ),
            (
                error(|c| c.risk.image_training.micro_batch = 0),
                "risk.image_training.micro_batch: expected at least 1, got 0",
            ),
            (
                error(|c| c.risk.image_training.training.momentum = 1.5),
                "risk.image_training.training.momentum: expected a number >= 0 and < 1, got 1.5",
            ),
            (
                error(|c| c.risk.clinical_training.training.epochs = 0),
                "risk.clinical_training.training.epochs: expected at least 1, got 0",
            ),
            (
                error(|c| c.keypoints.training.learning_rate.start = -1.0),
                "keypoints.training.learning_rate.start: expected a positive number, got -1",
            ),
            (error(|c| c.horizons[1] = 0.0), "horizons: expected years above 0, got 0"),
            (error(|c| c.main_horizon = f64::NAN), "main_horizon: expected years above 0, got NaN"),
            (
                error(|c| c.clinical_models.push(vec![vertebra_cohort::Covariate::AGE; 2])),
                "clinical_models[3]: expected each covariate once, got age twice",
            ),
            (
                error(|c| c.clinical_models.clear()),
                "clinical_models: expected at least one, got none",
            ),
        ] {
            assert_eq!(error, format!("configuration: {expected}"));
        }
        assert!(error(|c| c.risk.dropout = 1.5).contains("risk"));
    }

    #[test]
    fn masked_variants_alone_need_leave_to_be_chosen() {
        let masked = vec![ImageVariant::PatchesMasked];
        assert!(error(|c| c.variants = masked.clone()).contains("choose_masked = true"));
        let config = StudyConfig::preset(Preset::Quick);
        let config = StudyConfig { variants: masked, choose_masked: true, ..config };
        assert!(config.check().is_ok());
    }

    #[test]
    fn patience_is_for_programs_that_hold_out_films() {
        let text = "[keypoints.training]\npatience = 3\n";
        let config = StudyConfig::from_toml(Preset::Quick, text).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("keypoints.training.patience: expected none"), "{error}");
        assert!(error.ends_with("got 3"), "{error}");
    }
}
