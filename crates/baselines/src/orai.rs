//! The Osteoporosis Risk Assessment Instrument: points for age, weight and oestrogen.
//!
//! Source: Cadarette et al., *CMAJ* 2000;162:1289-1294, table 3: age 75 and over 15 points, 65 to
//! 74 9, 55 to 64 5; weight below 60 kg 9, 60 to 69.9 kg 3; no oestrogen now 2. From 9 points on a
//! measurement of density was advised. Made for women from 45 years on.

use crate::{Error, RiskScore, osta::check};
use serde::{Deserialize, Serialize};

/// ORAI's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orai;

/// What ORAI asks of a woman.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OraiInput {
    /// Weight, kg.
    pub weight: f64,
    /// Age, years.
    pub age: f64,
    /// Whether she takes oestrogen now.
    pub oestrogen: bool,
}

impl OraiInput {
    /// # Errors
    /// [`Error::InvalidValue`] unless weight (kg) is in 20 to 350 and age (years) in 18 to 120.
    pub fn new(weight: f64, age: f64, oestrogen: bool) -> Result<Self, Error> {
        check(weight, age)?;
        Ok(Self { weight, age, oestrogen })
    }
}

impl RiskScore for Orai {
    type Input = OraiInput;

    fn name(&self) -> &'static str {
        "ORAI"
    }

    fn risk(&self, woman: &OraiInput) -> Result<f64, Error> {
        check(woman.weight, woman.age)?;
        let age = match woman.age {
            age if age >= 75.0 => 15.0,
            age if age >= 65.0 => 9.0,
            age if age >= 55.0 => 5.0,
            _ => 0.0,
        };
        let weight = match woman.weight {
            weight if weight < 60.0 => 9.0,
            weight if weight < 70.0 => 3.0,
            _ => 0.0,
        };
        Ok(age + weight + if woman.oestrogen { 0.0 } else { 2.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_their_limits() {
        let points = |weight, age, oestrogen| {
            Orai.risk(&OraiInput::new(weight, age, oestrogen).unwrap()).unwrap()
        };
        assert_eq!(points(70.0, 54.9, true), 0.0);
        assert_eq!(points(69.9, 55.0, true), 8.0);
        assert_eq!(points(60.0, 65.0, false), 14.0);
        assert_eq!(points(59.9, 75.0, false), 26.0);
        assert!(OraiInput::new(f64::NAN, 60.0, true).is_err());
    }
}
