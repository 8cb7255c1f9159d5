//! Covariates by name, and named imputation of what is missing.

use crate::column::{Kind, OPTIONAL};
use crate::{Error, Sex, Subject};
use serde::{Deserialize, Deserializer, Serialize};
use std::{fmt, str::FromStr};

/// A column of `cohort.csv` as a number: flags are 0 or 1, `sex` is 1 for women.
///
/// `secondary_osteoporosis` is as coded, or else from its components.
///
/// # Examples
/// ```
/// use vertebra_cohort::{Covariate, Sex, Subject};
/// let subject = Subject::new("1", Sex::Female, 63.0);
/// assert_eq!("sex".parse::<Covariate>()?.value(&subject), Some(1.0));
/// assert_eq!("bmi".parse::<Covariate>()?.value(&subject), None);
/// # Ok::<(), vertebra_cohort::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct Covariate {
    name: &'static str,
}

/// Columns that are numbers or flags but say something about the outcome.
const NOT_COVARIATES: [&str; 2] = ["time", "event"];

impl Covariate {
    /// Every covariate.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let optional = OPTIONAL.iter().filter(|c| !matches!(c.kind, Kind::Split));
        ["age", "sex"]
            .into_iter()
            .chain(optional.map(|c| c.name).filter(|name| !NOT_COVARIATES.contains(name)))
            .map(|name| Self { name })
            .collect()
    }

    /// Its column.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// As a table prints it, with its unit: `BMI, kg/m²`, `Female sex`.
    #[must_use]
    pub fn label(self) -> String {
        match self.name {
            "age" => "Age, years".to_owned(),
            "sex" => "Female sex".to_owned(),
            "bmi" => "BMI, kg/m²".to_owned(),
            "weight" => "Weight, kg".to_owned(),
            "frax_mof_bmd" => "FRAX major fracture with BMD, %".to_owned(),
            "frax_hip_bmd" => "FRAX hip fracture with BMD, %".to_owned(),
            "frax_mof" => "FRAX major fracture without BMD, %".to_owned(),
            "frax_hip" => "FRAX hip fracture without BMD, %".to_owned(),
            "femoral_neck_tscore" => "Femoral neck T-score, SD".to_owned(),
            flag => capitalised(&flag.replace('_', " ")),
        }
    }

    /// Whether it can only be 0 or 1.
    #[must_use]
    pub fn is_flag(self) -> bool {
        self.name == "sex"
            || OPTIONAL.iter().any(|c| c.name == self.name && matches!(c.kind, Kind::Flag { .. }))
    }

    /// The subject's value; `None` when it is not recorded.
    #[must_use]
    pub fn value(self, subject: &Subject) -> Option<f64> {
        let number = |flag: Option<bool>| flag.map(|f| f64::from(u8::from(f)));
        match self.name {
            "age" => return Some(subject.age),
            "sex" => return number(Some(subject.sex == Sex::Female)),
            "secondary_osteoporosis" => return number(subject.secondary_osteoporosis()),
            _ => {}
        }
        match &OPTIONAL.iter().find(|c| c.name == self.name)?.kind {
            Kind::Number { get, .. } => get(subject),
            Kind::Flag { get, .. } => number(get(subject)),
            Kind::Split => None,
        }
    }
}

impl FromStr for Covariate {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let all = Self::all();
        let found = all.iter().copied().find(|covariate| covariate.name == name);
        found.ok_or_else(|| {
            let names = all.iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
            let (expected, got) = (format!("one of {names}"), format!("\"{name}\""));
            Error::InvalidSetting { name: "covariate", expected, got }
        })
    }
}

impl fmt::Display for Covariate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<Covariate> for String {
    fn from(covariate: Covariate) -> Self {
        covariate.name.to_owned()
    }
}

// Not derived: that would borrow the `&'static str` from the input.
impl<'de> Deserialize<'de> for Covariate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What stands in for a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Imputation {
    /// The mean of the recorded values.
    Mean,
    /// Their median.
    Median,
    /// The most frequent of them; the lowest of those equally frequent.
    Mode,
    /// This value, e.g. 0 for a condition that is recorded only when present.
    Constant(f64),
}

/// An imputation whose value was learnt, on the development set only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Imputer {
    method: Imputation,
    value: f64,
}

impl Imputer {
    /// Learns the value from the recorded ones; `name` is for the error.
    ///
    /// # Errors
    /// [`Error::NothingRecorded`] when all values are missing and the method needs one.
    pub fn fit(name: &str, values: &[Option<f64>], method: Imputation) -> Result<Self, Error> {
        let mut recorded: Vec<f64> = values.iter().flatten().copied().collect();
        recorded.sort_by(f64::total_cmp);
        let value = match method {
            Imputation::Constant(value) => value,
            _ if recorded.is_empty() => {
                return Err(Error::NothingRecorded { name: name.to_owned() });
            }
            Imputation::Mean => recorded.iter().sum::<f64>() / recorded.len() as f64,
            Imputation::Median => median(&recorded),
            Imputation::Mode => mode(&recorded),
        };
        Ok(Self { method, value })
    }

    /// The stand-in.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The values with the stand-in where one is missing.
    #[must_use]
    pub fn apply(&self, values: &[Option<f64>]) -> Vec<f64> {
        values.iter().map(|value| value.unwrap_or(self.value)).collect()
    }
}

impl fmt::Display for Imputer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.method {
            Imputation::Mean => "mean",
            Imputation::Median => "median",
            Imputation::Mode => "mode",
            Imputation::Constant(_) => "constant",
        };
        write!(f, "{name} {}", (self.value * 1e4).round() / 1e4)
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

fn mode(sorted: &[f64]) -> f64 {
    let mut best = sorted.chunk_by(|a, b| a == b);
    let first = best.next().unwrap_or_default();
    let longest = best.fold(first, |a, b| if b.len() > a.len() { b } else { a });
    longest.first().copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_covariate_has_a_name_that_parses() {
        for covariate in Covariate::all() {
            assert_eq!(covariate.name().parse::<Covariate>().unwrap(), covariate);
        }
        let error = "event".parse::<Covariate>().unwrap_err().to_string();
        assert!(error.contains("glucocorticoids") && error.contains("got \"event\""), "{error}");
    }

    #[test]
    fn secondary_osteoporosis_comes_from_its_components() {
        let covariate: Covariate = "secondary_osteoporosis".parse().unwrap();
        let mut subject = Subject::new("1", Sex::Male, 60.0);
        assert_eq!(covariate.value(&subject), None);
        subject.secondary_causes.chronic_liver_disease = Some(true);
        assert_eq!(covariate.value(&subject), Some(1.0));
        assert_eq!(covariate.label(), "Secondary osteoporosis");
        assert!(covariate.is_flag() && !"bmi".parse::<Covariate>().unwrap().is_flag());
    }

    #[test]
    fn imputes_by_the_named_rule() {
        let values = [Some(1.0), None, Some(0.0), Some(0.0), Some(7.0)];
        let by = |method| Imputer::fit("x", &values, method).unwrap();
        assert_eq!(by(Imputation::Median).value(), 0.5);
        assert_eq!(by(Imputation::Mode).apply(&values), [1.0, 0.0, 0.0, 0.0, 7.0]);
        assert_eq!(by(Imputation::Mean).to_string(), "mean 2");
        assert_eq!(by(Imputation::Constant(3.0)).value(), 3.0);
        assert!(Imputer::fit("x", &[None], Imputation::Median).is_err());
    }
}
