//! Covariates by name: a known column, one that the user declared, or one level of a category.

use crate::column::{Kind, OPTIONAL};
use crate::{DeclaredValue, Error, Sex, Subject};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, str::FromStr};

/// A number that a cohort has of each subject, by name.
///
/// A known column of `cohort.csv` is its number; flags are 0 or 1, `sex` is 1 for women, and
/// `secondary_osteoporosis` is as coded, or else from its components. A declared numeric column
/// ([`DeclaredCovariate`](crate::DeclaredCovariate)) is its number. `column=level` is 1 for
/// subjects of that level of a categorical column, and 0 for those of another
/// ([`Cohort::design`](crate::Cohort::design) gives them all).
///
/// # Examples
/// ```
/// use vertebra_cohort::{Covariate, DeclaredValue, Sex, Subject};
/// let mut subject = Subject::new("1", Sex::Female, 63.0);
/// subject.declared.insert("smoking".to_owned(), DeclaredValue::Level("never".to_owned()));
/// assert_eq!(Covariate::SEX.value(&subject), Some(1.0));
/// assert_eq!(Covariate::BMI.value(&subject), None);
/// assert_eq!("smoking=current".parse::<Covariate>()?.value(&subject), Some(0.0));
/// # Ok::<(), vertebra_cohort::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Covariate {
    name: Cow<'static, str>,
}

/// Between a column and a level in the name of a covariate.
const LEVEL: char = '=';

impl Covariate {
    /// Years at baseline.
    pub const AGE: Self = Self::known("age");
    /// 1 for women.
    pub const SEX: Self = Self::known("sex");
    /// kg/m².
    pub const BMI: Self = Self::known("bmi");
    /// Oral glucocorticoids.
    pub const GLUCOCORTICOIDS: Self = Self::known("glucocorticoids");
    /// As coded, or from its components.
    pub const SECONDARY_OSTEOPOROSIS: Self = Self::known("secondary_osteoporosis");
    /// Confirmed rheumatoid arthritis.
    pub const RHEUMATOID_ARTHRITIS: Self = Self::known("rheumatoid_arthritis");
    /// Previous fracture in adult life.
    pub const PREVIOUS_FRACTURE: Self = Self::known("previous_fracture");

    const fn known(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name) }
    }

    /// Every known column that is a covariate, with its unit and range.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let optional = OPTIONAL.iter().filter(|column| column.is_covariate());
        let known = optional.map(|column| Self::known(column.name));
        [Self::AGE, Self::SEX].into_iter().chain(known).collect()
    }

    /// One level of a categorical column.
    pub(crate) fn of_level(column: &str, level: &str) -> Self {
        Self { name: format!("{column}{LEVEL}{level}").into() }
    }

    /// Its column, or `column=level`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column it is read from.
    #[must_use]
    pub fn column(&self) -> &str {
        self.level().map_or(&self.name, |(column, _)| column)
    }

    /// Column and level, where it stands for one level of a category.
    #[must_use]
    pub fn level(&self) -> Option<(&str, &str)> {
        self.name.split_once(LEVEL)
    }

    /// As a table prints it, with its unit where it is known: `BMI, kg/m²`, `Female sex`,
    /// `Smoking status: current`.
    #[must_use]
    pub fn label(&self) -> String {
        match &*self.name {
            "age" => "Age, years".to_owned(),
            "sex" => "Female sex".to_owned(),
            "bmi" => "BMI, kg/m²".to_owned(),
            "weight" => "Weight, kg".to_owned(),
            "frax_mof_bmd" => "FRAX major fracture with BMD, %".to_owned(),
            "frax_hip_bmd" => "FRAX hip fracture with BMD, %".to_owned(),
            "frax_mof" => "FRAX major fracture without BMD, %".to_owned(),
            "frax_hip" => "FRAX hip fracture without BMD, %".to_owned(),
            "femoral_neck_tscore" => "Femoral neck T-score, SD".to_owned(),
            other => match other.split_once(LEVEL) {
                Some((column, level)) => format!("{}: {level}", capitalised(column)),
                None => capitalised(other),
            },
        }
    }

    /// Whether it can only be 0 or 1; a declared numeric column can be more.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        self.name == "sex"
            || self.level().is_some()
            || OPTIONAL.iter().any(|c| c.name == self.name && matches!(c.kind, Kind::Flag { .. }))
    }

    /// The subject's value; `None` when it is not recorded.
    #[must_use]
    pub fn value(&self, subject: &Subject) -> Option<f64> {
        let number = |flag: bool| f64::from(u8::from(flag));
        if let Some((column, level)) = self.level() {
            return subject.level(column).map(|recorded| number(recorded == level));
        }
        match &*self.name {
            "age" => return Some(subject.age),
            "sex" => return Some(number(subject.sex == Sex::Female)),
            "secondary_osteoporosis" => return subject.secondary_osteoporosis().map(number),
            _ => {}
        }
        match OPTIONAL.iter().find(|c| c.name == self.name).map(|column| &column.kind) {
            Some(Kind::Number { get, .. }) => get(subject),
            Some(Kind::Flag { get, .. }) => get(subject).map(number),
            Some(Kind::Text { .. } | Kind::Split) => None,
            None => match subject.declared.get(&*self.name) {
                Some(DeclaredValue::Number(value)) => Some(*value),
                _ => None,
            },
        }
    }
}

impl FromStr for Covariate {
    type Err = Error;

    /// The name may be that of a column that a cohort has to declare; whether it does,
    /// [`Cohort::design`](crate::Cohort::design) says.
    fn from_str(name: &str) -> Result<Self, Error> {
        let of_outcome = OPTIONAL.iter().any(|c| c.name == name && c.says_outcome());
        if name.is_empty() || name == "subject_id" || of_outcome {
            let expected = "a column other than the subject, the outcome and the split".to_owned();
            let got = format!("\"{name}\"");
            return Err(Error::InvalidSetting { name: "covariate", expected, got });
        }
        Ok(Self { name: name.to_owned().into() })
    }
}

impl fmt::Display for Covariate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<Covariate> for String {
    fn from(covariate: Covariate) -> Self {
        covariate.name.into_owned()
    }
}

impl TryFrom<String> for Covariate {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}

fn capitalised(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_covariate_has_a_name_that_parses() {
        for covariate in Covariate::all() {
            assert_eq!(covariate.name().parse::<Covariate>().unwrap(), covariate);
        }
        for name in ["event", "time", "split", "subject_id", ""] {
            let error = name.parse::<Covariate>().unwrap_err().to_string();
            assert!(error.ends_with(&format!("got \"{name}\"")), "{error}");
        }
    }

    #[test]
    fn secondary_osteoporosis_comes_from_its_components() {
        let covariate = Covariate::SECONDARY_OSTEOPOROSIS;
        let mut subject = Subject::new("1", Sex::Male, 60.0);
        assert_eq!(covariate.value(&subject), None);
        subject.secondary_causes.chronic_liver_disease = Some(true);
        assert_eq!(covariate.value(&subject), Some(1.0));
        assert_eq!(covariate.label(), "Secondary osteoporosis");
        assert!(covariate.is_flag() && !Covariate::BMI.is_flag());
    }

    #[test]
    fn declared_columns_and_levels_have_values_and_labels() {
        let mut subject = Subject::new("1", Sex::Male, 60.0);
        let crp: Covariate = "crp".parse().unwrap();
        let current: Covariate = "smoking_status=current".parse().unwrap();
        assert_eq!((crp.value(&subject), current.value(&subject)), (None, None));
        subject.declared.insert("crp".to_owned(), DeclaredValue::Number(4.5));
        let level = DeclaredValue::Level("current".to_owned());
        subject.declared.insert("smoking_status".to_owned(), level);
        assert_eq!((crp.value(&subject), current.value(&subject)), (Some(4.5), Some(1.0)));
        assert_eq!(current.label(), "Smoking status: current");
        assert_eq!((current.column(), crp.column()), ("smoking_status", "crp"));
        assert!(current.is_flag() && !crp.is_flag());
        subject.centre = Some("Bonn".to_owned());
        assert_eq!("centre=Kiel".parse::<Covariate>().unwrap().value(&subject), Some(0.0));
    }
}
