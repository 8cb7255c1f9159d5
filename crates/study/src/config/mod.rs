//! What a study does, as one value that a TOML file can change in any part.

mod presets;

use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_alignment::{AlignmentMode, ImageVariant};
use vertebra_cohort::{Covariate, EligibilityOptions, FractureRule, TrimmingOptions};
use vertebra_deepsurv::{EncoderConfig, RiskModelConfig, RiskTraining};
use vertebra_hrnet::DetectorConfig;
use vertebra_run::Seed;
use vertebra_survival::Ties;

/// How much to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Minutes on two cores: small networks and pictures, three folds.
    Quick,
    /// The paper's cohort size and event rate on a CPU: larger pictures, five folds.
    Standard,
    /// The paper's settings, for a GPU: HRNet-W32 and ResNet-18 at 384 x 384, 200 epochs.
    Paper,
}

impl Preset {
    /// `quick`, `standard` or `paper`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Paper => "paper",
        }
    }
}

/// Where the detector of the model folder, which also reads the test films, comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalDetector {
    /// The fold detector with the highest validation AP.
    BestFold,
    /// One more detector, trained on all development films.
    Refit,
}

/// Where the encoder of a model with images and covariates comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncoderStart {
    /// Trained from random weights, covariates and images together.
    Scratch,
    /// Starts from the image-only model of the same training subjects; everything is trained on.
    FineTuned,
    /// That model's encoder as it is; only the fully connected layers are trained.
    Frozen,
}

/// Settings of the pictures that risk networks see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureConfig {
    /// Side of a whole-spine picture, px.
    pub size: usize,
    /// Side of a vertebra patch, px.
    pub patch_size: usize,
    /// Similarity or rigid.
    pub mode: AlignmentMode,
    /// Room beyond L1 and L5 in vertebral distances.
    pub margin: f64,
}

/// Settings of the risk networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskConfig {
    /// The encoder of pictures.
    pub encoder: EncoderConfig,
    /// Fully connected layers behind the encoder.
    pub image_hidden: Vec<usize>,
    /// Fully connected layers of the networks on covariates alone.
    pub clinical_hidden: Vec<usize>,
    /// Dropout in the fully connected layers.
    pub dropout: f64,
    /// How image networks are trained; the number of epochs is fixed, so that no validation
    /// subject takes part in choosing it.
    pub image_training: RiskTraining,
    /// How networks on covariates alone, or on a frozen encoder, are trained.
    pub clinical_training: RiskTraining,
    /// Where models with images and covariates start.
    pub encoder_start: EncoderStart,
}

/// Everything a study needs to know besides the cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyConfig {
    /// The preset it started from; `custom` when a file changed it.
    pub preset: String,
    /// Every random choice derives from it.
    pub seed: u64,
    /// Share of the subjects in the test set, when no column says who is.
    pub test_fraction: f64,
    /// Cross-validation folds inside the development set.
    pub folds: usize,
    /// Horizons of the time-dependent measures, years.
    pub horizons: Vec<f64>,
    /// Horizon at which image variants are compared and calibration is shown, years.
    pub main_horizon: f64,
    /// Bootstrap replicates behind each interval over subjects.
    pub bootstrap: usize,
    /// Covariates of models 1, 2, 3, ...
    pub clinical_models: Vec<Vec<Covariate>>,
    /// Image variants to compare.
    pub variants: Vec<ImageVariant>,
    /// Whether a variant with masks may be chosen for the models; then every new film needs masks
    /// drawn by hand.
    pub choose_masked: bool,
    /// Ties of event times in Cox regression.
    pub ties: Ties,
    /// Test subjects with the event, and without, whose films and heat maps are shown.
    pub pictures: usize,
    /// A trained detector's folder; then no keypoint network is trained and annotations are
    /// needed only for morphometry and masks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypoint_model: Option<PathBuf>,
    /// A CSV with the reference of vertebral height ratios; learnt from the films when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Films are reduced to this height, px, for the keypoint network.
    pub film_height: usize,
    /// Where the kept detector comes from.
    pub final_detector: FinalDetector,
    /// Who may be analysed.
    pub eligibility: EligibilityOptions,
    /// How the reference of height ratios is learnt.
    pub trimming: TrimmingOptions,
    /// When a vertebra counts as fractured.
    pub fracture_rule: FractureRule,
    /// Networks trained side by side, each on its share of the cores; memory grows with it. When
    /// absent, half as many again as there are cores. The results do not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits_at_once: Option<usize>,
    /// Where decoded and reduced films are kept between runs (see [`FilmCache`](crate::FilmCache)).
    /// It belongs to the machine and not to the study: it is neither read from a file nor recorded,
    /// and the results do not depend on it.
    #[serde(skip)]
    pub film_cache: Option<PathBuf>,
    /// The keypoint network.
    pub keypoints: DetectorConfig,
    /// The pictures.
    pub picture: PictureConfig,
    /// The risk networks.
    pub risk: RiskConfig,
}

impl RiskConfig {
    fn encoder_check(&self) -> Result<(), Error> {
        let images = RiskModelConfig::image_only(self.encoder.clone(), [1, 1024, 1024])
            .with_hidden(self.image_hidden.clone())
            .with_dropout(self.dropout);
        let clinical = RiskModelConfig::clinical(["age"]).with_hidden(self.clinical_hidden.clone());
        for model in [images, clinical] {
            model.check().map_err(|e| Error::Config(format!("risk: {e}")))?;
        }
        for training in [&self.image_training.training, &self.clinical_training.training] {
            training.check().map_err(|e| Error::Config(format!("risk: {e}")))?;
        }
        Ok(())
    }
}

impl StudyConfig {
    /// A preset as it is.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        presets::preset(preset)
    }

    /// A preset changed by the settings in a TOML text, which names only what differs.
    ///
    /// # Errors
    /// [`Error::Config`] that says which setting is unknown or of another type.
    pub fn from_toml(preset: Preset, text: &str) -> Result<Self, Error> {
        let config_error = |e: &dyn std::fmt::Display| Error::Config(e.to_string());
        let changes: toml::Table = text.parse().map_err(|e: toml::de::Error| config_error(&e))?;
        let base = toml::Value::try_from(Self::preset(preset)).map_err(|e| config_error(&e))?;
        let mut merged = merged(base, toml::Value::Table(changes));
        if let toml::Value::Table(table) = &mut merged {
            table.insert("preset".to_owned(), format!("{}, changed", preset.name()).into());
        }
        let config: Self = merged.try_into().map_err(|e: toml::de::Error| config_error(&e))?;
        config.check()?;
        Ok(config)
    }

    /// The configuration as TOML, every setting named.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string_pretty(self).map_err(|e| Error::Config(e.to_string()))
    }

    /// The seed of one purpose: adding a stage changes no other stage's seed.
    pub(crate) fn seed_for(&self, purpose: &str) -> u64 {
        Seed::new(self.seed).named(purpose).value()
    }

    /// Checks what the parts cannot check themselves.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting, what is expected and what came.
    pub fn check(&self) -> Result<(), Error> {
        let require = |ok: bool, setting: &str, expected: &str, got: String| {
            if ok {
                Ok(())
            } else {
                Err(Error::Config(format!("{setting}: expected {expected}, got {got}")))
            }
        };
        let share = self.test_fraction;
        require(
            share > 0.0 && share < 1.0,
            "test_fraction",
            "a share in (0, 1)",
            share.to_string(),
        )?;
        require(self.folds >= 2, "folds", "2 or more", self.folds.to_string())?;
        require(self.bootstrap >= 100, "bootstrap", "100 or more", self.bootstrap.to_string())?;
        let deployable = self.choose_masked || self.variants.iter().any(|v| !v.is_masked());
        let got = "masked ones only".to_owned();
        require(deployable, "variants", "one without masks, or choose_masked = true", got)?;
        let sides = [self.picture.size, self.picture.patch_size];
        let got = format!("{sides:?}");
        require(sides.iter().all(|s| *s >= 16), "picture sizes", "16 px or more", got)?;
        self.risk.encoder_check()?;
        require(!self.variants.is_empty(), "variants", "at least one", "none".to_owned())?;
        require(
            !self.clinical_models.is_empty(),
            "clinical_models",
            "at least one",
            "none".to_owned(),
        )?;
        for (i, model) in self.clinical_models.iter().enumerate() {
            let setting = format!("clinical_models[{i}]");
            require(!model.is_empty(), &setting, "at least one covariate", "none".to_owned())?;
            let twice = (0..model.len()).find(|&k| model[..k].contains(&model[k]));
            let got = twice.map(|k| format!("{} twice", model[k])).unwrap_or_default();
            require(twice.is_none(), &setting, "each covariate once", got)?;
        }
        let horizons = self.horizons.iter().chain([&self.main_horizon]);
        for horizon in horizons {
            let ok = horizon.is_finite() && *horizon > 0.0;
            require(ok, "horizons", "years above 0", horizon.to_string())?;
        }
        require(!self.horizons.is_empty(), "horizons", "at least one", "none".to_owned())?;
        require(self.fits_at_once != Some(0), "fits_at_once", "at least 1", "0".to_owned())?;
        require(
            self.film_height >= 32,
            "film_height",
            "32 px or more",
            self.film_height.to_string(),
        )
    }
}

fn merged(base: toml::Value, changes: toml::Value) -> toml::Value {
    match (base, changes) {
        (toml::Value::Table(mut base), toml::Value::Table(changes)) => {
            for (key, change) in changes {
                let value = match base.remove(&key) {
                    Some(old) => merged(old, change),
                    None => change,
                };
                base.insert(key, value);
            }
            toml::Value::Table(base)
        }
        (_, change) => change,
    }
}
