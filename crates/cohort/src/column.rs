//! The columns of `cohort.csv`: one table that reading, writing, checking and counting share.

use crate::table::{self, Row};
use crate::{Part, Subject};

/// How the text of a cell becomes part of a subject, and back.
pub(crate) enum Kind {
    Number { unit: &'static str, low: f64, high: f64, get: Get<f64>, set: Set<f64> },
    Flag { get: Get<bool>, set: Set<bool> },
    Text { get: fn(&Subject) -> Option<&str>, set: Set<String> },
    Split,
}

type Get<T> = fn(&Subject) -> Option<T>;
type Set<T> = fn(&mut Subject, T);

/// One optional column after `subject_id`, `sex` and `age`.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it says, for who fills it in.
    pub(crate) meaning: &'static str,
}

macro_rules! field {
    ($($path:ident).+) => {
        (|s| s.$($path).+, |s, value| s.$($path).+ = Some(value))
    };
}

macro_rules! flags {
    ($name:literal, $($path:ident).+, $meaning:literal) => {{
        let (get, set): (Get<bool>, Set<bool>) = field!($($path).+);
        Column { name: $name, kind: Kind::Flag { get, set }, meaning: $meaning }
    }};
}

macro_rules! numbers {
    ($name:literal, $unit:literal, $low:literal ..= $high:literal, $($path:ident).+, $meaning:literal) => {{
        let (get, set): (Get<f64>, Set<f64>) = field!($($path).+);
        let kind = Kind::Number { unit: $unit, low: $low, high: $high, get, set };
        Column { name: $name, kind, meaning: $meaning }
    }};
}

/// The column that identifies a subject in both files.
pub(crate) const SUBJECT_ID: &str = "subject_id";

/// Columns every `cohort.csv` must have, and every row must fill.
pub(crate) const REQUIRED: [&str; 3] = [SUBJECT_ID, "sex", "age"];

/// The range of `age`, years.
pub(crate) const AGE: (f64, f64) = (0.0, 120.0);

/// The optional columns, in the order in which they are written.
pub(crate) const OPTIONAL: [Column; 27] = [
    numbers!("bmi", "kg/m2", 8.0..=100.0, bmi, "body mass index"),
    numbers!("weight", "kg", 20.0..=350.0, weight, "body weight (for OSTA)"),
    flags!(
        "glucocorticoids",
        glucocorticoids,
        "oral glucocorticoids now or for more than three months"
    ),
    flags!(
        "secondary_osteoporosis",
        secondary_osteoporosis_coded,
        "as you coded it; or give its components, the next six"
    ),
    flags!(
        "type_1_diabetes",
        secondary_causes.type_1_diabetes,
        "component of secondary osteoporosis"
    ),
    flags!(
        "osteogenesis_imperfecta",
        secondary_causes.osteogenesis_imperfecta,
        "component of secondary osteoporosis"
    ),
    flags!(
        "untreated_hyperthyroidism",
        secondary_causes.untreated_hyperthyroidism,
        "component of secondary osteoporosis"
    ),
    flags!(
        "hypogonadism_or_premature_menopause",
        secondary_causes.hypogonadism_or_premature_menopause,
        "component of secondary osteoporosis"
    ),
    flags!(
        "malnutrition_or_malabsorption",
        secondary_causes.malnutrition_or_malabsorption,
        "component of secondary osteoporosis"
    ),
    flags!(
        "chronic_liver_disease",
        secondary_causes.chronic_liver_disease,
        "component of secondary osteoporosis"
    ),
    flags!("rheumatoid_arthritis", rheumatoid_arthritis, "confirmed diagnosis"),
    flags!("previous_fracture", previous_fracture, "in adult life"),
    flags!("parental_hip_fracture", parental_hip_fracture, "of mother or father"),
    flags!("current_smoker", current_smoker, "smokes now"),
    flags!("alcohol", alcohol, "three or more units a day"),
    flags!(
        "fragility_fracture_at_baseline",
        fragility_fracture_at_baseline,
        "reason for exclusion"
    ),
    flags!("anti_osteoporotic_drug", anti_osteoporotic_drug, "reason for exclusion"),
    numbers!(
        "time",
        "years",
        0.0..=120.0,
        time,
        "follow-up from baseline; with event, used as given"
    ),
    flags!(
        "event",
        event,
        "1 = fracture at time, 0 = censored; without both, the outcome comes from the films"
    ),
    flags!("death", death, "1 = died at time without a fracture: a competing event"),
    Column {
        name: "centre",
        kind: Kind::Text { get: |s| s.centre.as_deref(), set: |s, name| s.centre = Some(name) },
        meaning: "hospital or other source: clusters, and a category that models may use",
    },
    Column { name: "split", kind: Kind::Split, meaning: "part of the study, if you decide it" },
    numbers!(
        "frax_mof_bmd",
        "%",
        0.0..=100.0,
        frax.mof_bmd,
        "FRAX 10-year probability, major osteoporotic fracture, with BMD"
    ),
    numbers!(
        "frax_hip_bmd",
        "%",
        0.0..=100.0,
        frax.hip_bmd,
        "FRAX 10-year probability, hip fracture, with BMD"
    ),
    numbers!(
        "frax_mof",
        "%",
        0.0..=100.0,
        frax.mof,
        "FRAX 10-year probability, major osteoporotic fracture, without BMD"
    ),
    numbers!(
        "frax_hip",
        "%",
        0.0..=100.0,
        frax.hip,
        "FRAX 10-year probability, hip fracture, without BMD"
    ),
    numbers!(
        "femoral_neck_tscore",
        "SD",
        -10.0..=10.0,
        femoral_neck_tscore,
        "T-score against young white women (NHANES III)"
    ),
];

/// Columns that say something about the outcome or the design.
const OF_OUTCOME: [&str; 4] = ["time", "event", "death", "split"];

impl Column {
    /// Whether it says something about the outcome or the design.
    pub(crate) fn says_outcome(&self) -> bool {
        OF_OUTCOME.contains(&self.name)
    }

    /// Whether it is a number that models may use.
    pub(crate) fn is_covariate(&self) -> bool {
        matches!(self.kind, Kind::Number { .. } | Kind::Flag { .. }) && !self.says_outcome()
    }

    /// Puts the text of a filled cell into the subject, or says what was expected.
    pub(crate) fn read(&self, row: Row, text: &str, subject: &mut Subject) -> Result<(), String> {
        match &self.kind {
            Kind::Number { set, .. } => {
                set(subject, row.finite(text).ok_or_else(|| self.expected())?);
            }
            Kind::Flag { set, .. } => {
                set(subject, table::flag(text).ok_or_else(|| self.expected())?)
            }
            Kind::Text { set, .. } => set(subject, text.to_owned()),
            Kind::Split => {
                subject.split = Some(Part::from_code(text).ok_or_else(|| self.expected())?);
            }
        }
        Ok(())
    }

    /// The text of the subject's cell, `None` when nothing is recorded.
    pub(crate) fn text(&self, subject: &Subject) -> Option<String> {
        match &self.kind {
            Kind::Number { get, .. } => get(subject).map(|value| value.to_string()),
            Kind::Flag { get, .. } => get(subject).map(|value| u8::from(value).to_string()),
            Kind::Text { get, .. } => get(subject).map(str::to_owned),
            Kind::Split => subject.split.map(|part| part.code().to_owned()),
        }
    }

    /// Whether the subject's value lies in the column's range; what is missing does.
    pub(crate) fn in_range(&self, subject: &Subject) -> bool {
        match &self.kind {
            Kind::Number { low, high, get, .. } => {
                get(subject).is_none_or(|value| (*low..=*high).contains(&value))
            }
            _ => true,
        }
    }

    /// What a filled cell may hold.
    pub(crate) fn expected(&self) -> String {
        match &self.kind {
            Kind::Number { unit, low, high, .. } => format!("a number in {low} to {high} ({unit})"),
            Kind::Flag { .. } => "0 or 1, no or yes, false or true".to_owned(),
            Kind::Text { .. } => "a name".to_owned(),
            Kind::Split => one_of(Part::ALL.iter().map(|part| part.code())),
        }
    }
}

/// `F or M`, from the words a column may hold.
pub(crate) fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(" or ")
}

/// What the `sex` column may hold.
pub(crate) fn expected_sex() -> String {
    "F or M, female or male".to_owned()
}

/// What the `age` column may hold.
pub(crate) fn expected_age() -> String {
    format!("a number in {} to {} (years)", AGE.0, AGE.1)
}
