//! A subject with covariates, and the visits at which radiographs were taken.

use crate::{Date, DeclaredValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An enum whose values are written as fixed words in the CSV files. Closed: the words are the
/// format of the files.
macro_rules! coded {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $value:ident = $code:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $value),+
        }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word in the CSV file.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$value => $code),+ }
            }

            /// The value a word stands for, whatever its case.
            #[must_use]
            pub fn from_code(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code().eq_ignore_ascii_case(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

coded! {
    /// Sex as recorded, `F` or `M`.
    Sex {
        /// `F`
        Female = "F",
        /// `M`
        Male = "M",
    }
}

impl Sex {
    /// The sex that a cell names: `F` or `M`, `female` or `male`, `W` or `weiblich` and
    /// `männlich`, whatever the case.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "f" | "female" | "w" | "weiblich" => Some(Self::Female),
            "m" | "male" | "männlich" | "maennlich" => Some(Self::Male),
            _ => None,
        }
    }
}

coded! {
    /// Which part of the study a subject belongs to, where the user decided it.
    Part {
        /// `train`: the development set.
        Train = "train",
        /// `test`: the evaluation set.
        Test = "test",
    }
}

coded! {
    /// Projection of a radiograph.
    View {
        /// `lateral`
        Lateral = "lateral",
        /// `ap`: antero-posterior (or postero-anterior).
        Frontal = "ap",
    }
}

coded! {
    /// Posture of the spine on a radiograph.
    Position {
        /// `neutral`
        Neutral = "neutral",
        /// `flexion`
        Flexion = "flexion",
        /// `extension`
        Extension = "extension",
    }
}

coded! {
    /// Whether a radiograph can be read.
    Quality {
        /// `good`
        Good = "good",
        /// `poor`: unreadable, cut off or obscured.
        Poor = "poor",
    }
}

coded! {
    /// How bone looks on a film whose file does not say it.
    Bone {
        /// `bright`: as on a radiograph.
        Bright = "bright",
        /// `dark`: the film is a negative.
        Dark = "dark",
    }
}

/// One radiograph of a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Visit {
    /// Day on which it was taken; it may be unknown where the outcome of the subject is given.
    pub date: Option<Date>,
    /// File, relative to the cohort folder.
    pub radiograph: PathBuf,
    /// Projection.
    pub view: View,
    /// Posture, where recorded.
    pub position: Option<Position>,
    /// Quality, where judged.
    pub quality: Option<Quality>,
    /// Distance of pixel centres in mm, where the file does not state it.
    pub spacing_mm: Option<f64>,
    /// How bone looks, where the file does not state it.
    pub bone: Option<Bone>,
}

impl Visit {
    /// A radiograph of a day, or of an unknown one; nothing else is recorded of it.
    #[must_use]
    pub fn new(date: impl Into<Option<Date>>, radiograph: impl Into<PathBuf>, view: View) -> Self {
        let (date, radiograph) = (date.into(), radiograph.into());
        Self { date, radiograph, view, position: None, quality: None, spacing_mm: None, bone: None }
    }

    /// Days since another visit, where both have a date.
    #[must_use]
    pub fn days_since(&self, earlier: &Self) -> Option<i64> {
        Some(self.date?.days_since(earlier.date?))
    }

    /// Years since another visit, where both have a date.
    #[must_use]
    pub fn years_since(&self, earlier: &Self) -> Option<f64> {
        Some(self.date?.years_since(earlier.date?))
    }

    /// With a posture.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// With a judgement of its quality.
    #[must_use]
    pub fn with_quality(mut self, quality: Quality) -> Self {
        self.quality = Some(quality);
        self
    }
}

/// Conditions that count as secondary osteoporosis; `None` = not recorded.
///
/// The list is that of the FRAX questionnaire, as the paper used it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // the field names are the documentation
#[non_exhaustive]
pub struct SecondaryCauses {
    pub type_1_diabetes: Option<bool>,
    pub osteogenesis_imperfecta: Option<bool>,
    pub untreated_hyperthyroidism: Option<bool>,
    pub hypogonadism_or_premature_menopause: Option<bool>,
    pub malnutrition_or_malabsorption: Option<bool>,
    pub chronic_liver_disease: Option<bool>,
}

impl SecondaryCauses {
    /// Any condition present; `None` unless one is present or all are recorded as absent.
    #[must_use]
    pub fn any(&self) -> Option<bool> {
        let all = [
            self.type_1_diabetes,
            self.osteogenesis_imperfecta,
            self.untreated_hyperthyroidism,
            self.hypogonadism_or_premature_menopause,
            self.malnutrition_or_malabsorption,
            self.chronic_liver_disease,
        ];
        if all.contains(&Some(true)) {
            return Some(true);
        }
        if all.contains(&None) { None } else { Some(false) }
    }
}

/// Ten-year fracture probabilities in percent that the user obtained from the licensed FRAX
/// calculator; this project never computes them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraxPercent {
    /// Major osteoporotic fracture, with femoral-neck BMD.
    pub mof_bmd: Option<f64>,
    /// Hip fracture, with femoral-neck BMD.
    pub hip_bmd: Option<f64>,
    /// Major osteoporotic fracture, without BMD.
    pub mof: Option<f64>,
    /// Hip fracture, without BMD.
    pub hip: Option<f64>,
}

/// One person: covariates at baseline, optional outcome, and visits in date order.
///
/// What was not recorded is `None` and stays so; no default is ever put in its place here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// Identifier, unique in the cohort.
    pub id: String,
    /// Sex.
    pub sex: Sex,
    /// Age at baseline, years.
    pub age: f64,
    /// Body mass index, kg/m².
    pub bmi: Option<f64>,
    /// Body weight, kg.
    pub weight: Option<f64>,
    /// Oral glucocorticoids now or for more than three months.
    pub glucocorticoids: Option<bool>,
    /// Secondary osteoporosis as the user coded it; see [`Subject::secondary_osteoporosis`].
    pub secondary_osteoporosis_coded: Option<bool>,
    /// Its components, where they were recorded.
    pub secondary_causes: SecondaryCauses,
    /// Confirmed rheumatoid arthritis.
    pub rheumatoid_arthritis: Option<bool>,
    /// Previous fracture in adult life.
    pub previous_fracture: Option<bool>,
    /// Hip fracture of mother or father.
    pub parental_hip_fracture: Option<bool>,
    /// Smokes now.
    pub current_smoker: Option<bool>,
    /// Three or more units of alcohol a day.
    pub alcohol: Option<bool>,
    /// Fragility fracture at baseline: a reason for exclusion.
    pub fragility_fracture_at_baseline: Option<bool>,
    /// Takes a drug against osteoporosis: a reason for exclusion.
    pub anti_osteoporotic_drug: Option<bool>,
    /// Follow-up in years, when the user gives the outcome; otherwise it comes from the films.
    pub time: Option<f64>,
    /// Whether the event ended the follow-up, when the user gives the outcome.
    pub event: Option<bool>,
    /// Whether death without a fracture ended the follow-up: a competing event.
    pub death: Option<bool>,
    /// The hospital or other source of the subject.
    pub centre: Option<String>,
    /// Part of the study, when the user decided it.
    pub split: Option<Part>,
    /// Imported FRAX probabilities, percent.
    pub frax: FraxPercent,
    /// Femoral-neck T-score (NHANES III young white women).
    pub femoral_neck_tscore: Option<f64>,
    /// What is recorded in the columns that the cohort declares.
    #[serde(default)]
    pub declared: BTreeMap<String, DeclaredValue>,
    /// Radiographs in date order; those without a date first, as in the file.
    pub visits: Vec<Visit>,
}

impl Subject {
    /// A subject about whom nothing else is known yet. `age` in years.
    #[must_use]
    pub fn new(id: impl Into<String>, sex: Sex, age: f64) -> Self {
        Self {
            id: id.into(),
            sex,
            age,
            bmi: None,
            weight: None,
            glucocorticoids: None,
            secondary_osteoporosis_coded: None,
            secondary_causes: SecondaryCauses::default(),
            rheumatoid_arthritis: None,
            previous_fracture: None,
            parental_hip_fracture: None,
            current_smoker: None,
            alcohol: None,
            fragility_fracture_at_baseline: None,
            anti_osteoporotic_drug: None,
            time: None,
            event: None,
            death: None,
            centre: None,
            split: None,
            frax: FraxPercent::default(),
            femoral_neck_tscore: None,
            declared: BTreeMap::new(),
            visits: Vec::new(),
        }
    }

    /// Secondary osteoporosis: as coded, or else from its recorded components.
    #[must_use]
    pub fn secondary_osteoporosis(&self) -> Option<bool> {
        self.secondary_osteoporosis_coded.or_else(|| self.secondary_causes.any())
    }

    /// The level of the subject in a categorical column: the centre, or one that is declared.
    #[must_use]
    pub fn level(&self, column: &str) -> Option<&str> {
        match (column, self.declared.get(column)) {
            ("centre", _) => self.centre.as_deref(),
            (_, Some(DeclaredValue::Level(level))) => Some(level),
            _ => None,
        }
    }

    /// Follow-up (years) and event, when the user gave both.
    #[must_use]
    pub fn given_outcome(&self) -> Option<(f64, bool)> {
        self.time.zip(self.event)
    }
}
