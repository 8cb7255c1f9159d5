//! What a study does, as one value that a TOML file can change in any part.

mod check;
mod described;
mod keypoint_model;
mod meanings;
mod presets;
mod settings;

pub use keypoint_model::KeypointModel;
pub use settings::{Setting, settings_page};

use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_alignment::{AlignmentMode, ImageVariant};
use vertebra_cohort::{
    Covariate, DeclaredCovariates, EligibilityOptions, FractureRule, TrimmingOptions,
};
use vertebra_deepsurv::{EncoderConfig, Fusion, RiskTraining};
use vertebra_hrnet::DetectorConfig;
use vertebra_report::results::StudyDetails;
use vertebra_run::Seed;
use vertebra_survival::Ties;

/// How much to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
pub enum FinalDetector {
    /// The fold detector with the highest validation AP.
    BestFold,
    /// One more detector, trained on all development films.
    Refit,
}

/// Where the encoder of a model with images and covariates comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EncoderStart {
    /// Trained from random weights, covariates and images together.
    Scratch,
    /// Starts from the image-only model of the same training subjects; everything is trained on.
    FineTuned,
    /// That model's encoder as it is; only the fully connected layers are trained.
    Frozen,
    /// That model as it is: its log hazard joins the covariates. What it is worth beside them is
    /// learnt from what image-only networks say of subjects that they never saw.
    Stacked,
}

/// What becomes of a film that cannot be read, or whose marked points cannot be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnreadableFilms {
    /// The study stops, before it computes, with a list of them.
    #[default]
    Stop,
    /// Their subjects leave, and the flow counts them.
    Exclude,
}

/// When a fracture that a film shows is taken to have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutcomeTiming {
    /// On the day of the film, as in the paper.
    #[default]
    Visit,
    /// Between the last film without it and this one. Models are fitted by the day of the film all
    /// the same; the results judge them by interval as well, and have the risk by interval beside
    /// that by film.
    Interval,
}

/// Settings of the pictures that risk networks see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// How networks on covariates alone, or on those and images that stay as they are, are trained.
    pub clinical_training: RiskTraining,
    /// How models with images and covariates join them.
    #[serde(default)]
    pub fusion: Fusion,
    /// Where models with images and covariates start.
    pub encoder_start: EncoderStart,
}

/// Everything a study needs to know besides the cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StudyConfig {
    /// The preset it started from; `custom` when a file changed it.
    pub preset: String,
    /// Every random choice derives from it.
    pub seed: u64,
    /// Share of the subjects in the test set, where no column assigns them.
    pub test_fraction: f64,
    /// Cross-validation folds inside the development set.
    pub folds: usize,
    /// Whether each centre is a fold instead: then every model is validated on centres that it
    /// never saw.
    #[serde(default)]
    pub folds_by_centre: bool,
    /// Whether subjects of one centre are taken to depend on each other, where there are ten centres
    /// or more.
    #[serde(default = "yes")]
    pub cluster_by_centre: bool,
    /// Horizons of the time-dependent measures, years.
    pub horizons: Vec<f64>,
    /// Horizon at which image variants are compared and calibration is shown, years.
    pub main_horizon: f64,
    /// Bootstrap replicates behind each interval over subjects.
    pub bootstrap: usize,
    /// In which groups C is given besides: `sex`, `age`, `centre`, `facing` (the side that a
    /// subject faces on the film), a flag, or a categorical column.
    #[serde(default = "presets::subgroups")]
    pub subgroups: Vec<String>,
    /// Ages at which the groups of `age` begin, after the first, years.
    #[serde(default = "presets::age_groups")]
    pub age_groups: Vec<f64>,
    /// Covariates of models 1, 2, 3, ...
    pub clinical_models: Vec<Vec<Covariate>>,
    /// Columns of the cohort that are not known by name, and what they hold: `"numeric"`,
    /// `"categorical"` or `{ reference = "level" }`; also those that `columns.toml` declares.
    #[serde(default)]
    pub covariates: DeclaredCovariates,
    /// Completed sets of covariates behind the coefficients of Cox models; 0 or 1: one stand-in
    /// for each covariate.
    #[serde(default)]
    pub imputations: usize,
    /// A file of names, codes and units of the tables, in the place of `columns.toml` of the cohort
    /// folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<PathBuf>,
    /// Image variants to compare.
    pub variants: Vec<ImageVariant>,
    /// Whether a variant with masks may be chosen for the models; then every new film needs masks
    /// drawn by hand.
    pub choose_masked: bool,
    /// When a fracture that a film shows is taken to have happened: `visit` or `interval`.
    #[serde(default)]
    pub outcome: OutcomeTiming,
    /// Ties of event times in Cox regression.
    pub ties: Ties,
    /// Test subjects with the event, and without, whose films and heat maps are shown.
    pub pictures: usize,
    /// A trained detector; then no keypoint network is trained and annotations are needed only
    /// for morphometry and masks. Where there are no annotations, it is the shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypoint_model: Option<KeypointModel>,
    /// A CSV with the reference of vertebral height ratios; learnt from the films when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// What becomes of films that cannot be used.
    #[serde(default)]
    pub unreadable_films: UnreadableFilms,
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
    /// Networks trained in parallel, each on its share of the cores; memory grows with it. When
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
    /// What the report says of the study that no program can know.
    #[serde(default)]
    pub report: StudyDetails,
}

fn yes() -> bool {
    true
}

impl Default for StudyConfig {
    /// [`Preset::Quick`].
    fn default() -> Self {
        Self::preset(Preset::Quick)
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
    /// [`Error::MalformedConfig`] for a setting that is unknown or of another type;
    /// [`Error::InvalidSetting`] for one outside its domain.
    pub fn from_toml(preset: Preset, text: &str) -> Result<Self, Error> {
        let changes: toml::Table = text.parse().map_err(malformed)?;
        let base = toml::Value::try_from(Self::preset(preset)).map_err(malformed)?;
        let mut merged = merged(base, toml::Value::Table(changes));
        if let toml::Value::Table(table) = &mut merged {
            table.insert("preset".to_owned(), format!("{}, changed", preset.name()).into());
        }
        let mut unknown = Vec::new();
        let config: Self =
            serde_ignored::deserialize(merged, |path| unknown.push(path.to_string()))
                .map_err(malformed)?;
        // Settings of other crates are read from model folders too, where a word of an older version
        // does no harm; here it would be a change that is not made.
        if let Some(name) = unknown.into_iter().next() {
            let expected = "a setting that there is (docs/SETTINGS.md)";
            return Err(Error::InvalidSetting { name, expected, got: "an unknown one".to_owned() });
        }
        config.check_settings()?;
        Ok(config)
    }

    /// The configuration as TOML, every setting named.
    ///
    /// # Errors
    /// [`Error::MalformedConfig`] if a setting cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string_pretty(self).map_err(malformed)
    }

    /// The covariates of all clinical models, in the order of the models.
    pub(crate) fn covariates(&self) -> impl Iterator<Item = &Covariate> {
        self.clinical_models.iter().flatten()
    }

    /// The last horizon, years.
    pub(crate) fn last_horizon(&self) -> f64 {
        self.horizons.iter().copied().fold(0.0, f64::max)
    }

    /// The seed of one purpose: adding a stage changes no other stage's seed.
    pub(crate) fn seed_for(&self, purpose: &str) -> u64 {
        Seed::new(self.seed).named(purpose).value()
    }
}

fn malformed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::MalformedConfig { source: Box::new(error) }
}

/// `base` with the values of `changes`, table by table.
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
