//! The Osteoporosis Self-assessment Tool for Asians: risk from age and weight alone.
//!
//! Source: Koh et al., *Osteoporos Int* 2001;12:699-705. The index is 0.2 (weight - age); as
//! published it is cut to an integer, high risk being below -4, low risk above -1.

use crate::{Error, RiskScore};
use serde::{Deserialize, Serialize};

/// OSTA's classes; as published there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OstaClass {
    /// Index above -1.
    Low,
    /// Index -4 to -1.
    Medium,
    /// Index below -4.
    High,
}

/// The index without the cut to an integer, which would tie subjects for no reason when they are
/// ranked; its negative is a risk score.
///
/// # Errors
/// [`Error::InvalidValue`] unless weight (kg) is in 20 to 350 and age (years) in 18 to 120.
///
/// # Examples
/// ```
/// use vertebra_baselines::{OstaClass, osta_class, osta_index};
/// let index = osta_index(45.0, 70.0)?;
/// assert_eq!((index, osta_class(index)), (-5.0, OstaClass::High));
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
pub fn osta_index(weight: f64, age: f64) -> Result<f64, Error> {
    check(weight, age)?;
    Ok(0.2 * (weight - age))
}

pub(crate) fn check(weight: f64, age: f64) -> Result<(), Error> {
    if !(20.0..=350.0).contains(&weight) {
        return Err(Error::InvalidValue { name: "weight", expected: "20 to 350 kg", got: weight });
    }
    if !(18.0..=120.0).contains(&age) {
        return Err(Error::InvalidValue { name: "age", expected: "18 to 120 years", got: age });
    }
    Ok(())
}

/// OSTA as a risk score: the negative index, not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Osta;

/// What OSTA asks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OstaInput {
    /// Weight, kg.
    pub weight: f64,
    /// Age, years.
    pub age: f64,
}

impl OstaInput {
    /// # Errors
    /// [`Error::InvalidValue`] unless weight (kg) is in 20 to 350 and age (years) in 18 to 120.
    pub fn new(weight: f64, age: f64) -> Result<Self, Error> {
        check(weight, age)?;
        Ok(Self { weight, age })
    }
}

impl RiskScore for Osta {
    type Input = OstaInput;

    fn name(&self) -> &'static str {
        "OSTA"
    }

    fn risk(&self, subject: &OstaInput) -> Result<f64, Error> {
        Ok(-osta_index(subject.weight, subject.age)?)
    }
}

/// The class of an index, cut to an integer as published.
#[must_use]
pub fn osta_class(index: f64) -> OstaClass {
    match index.trunc() {
        i if i < -4.0 => OstaClass::High,
        i if i > -1.0 => OstaClass::Low,
        _ => OstaClass::Medium,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_at_their_limits() {
        assert_eq!(osta_class(-0.9), OstaClass::Low);
        assert_eq!(osta_class(-1.0), OstaClass::Medium);
        assert_eq!(osta_class(-4.9), OstaClass::Medium); // cut to -4
        assert_eq!(osta_class(-5.0), OstaClass::High);
        assert!(osta_index(f64::NAN, 60.0).is_err() && osta_index(60.0, 600.0).is_err());
    }
}
