//! The answers as risk scores, and the thresholds of European guidance.

use super::records::FraxAnswers;
use crate::{Error, RiskScore};
use serde::{Deserialize, Serialize};

/// One of the calculator's four probabilities as a risk score: it ranks subjects.
///
/// # Examples
/// ```
/// use vertebra_baselines::{FraxScore, RiskScore, read_frax_record};
/// let line = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1,6.37,1.17,4.47,0.34";
/// let (_, answers) = read_frax_record(line, 1)?;
/// assert_eq!(FraxScore::MajorWithBmd.risk(&answers)?, 4.47);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FraxScore {
    /// Major osteoporotic fracture, without BMD.
    Major,
    /// Hip fracture, without BMD.
    Hip,
    /// Major osteoporotic fracture, with BMD.
    MajorWithBmd,
    /// Hip fracture, with BMD.
    HipWithBmd,
}

impl FraxScore {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Major, Self::Hip, Self::MajorWithBmd, Self::HipWithBmd];
}

impl RiskScore for FraxScore {
    type Input = FraxAnswers;

    fn name(&self) -> &'static str {
        match self {
            Self::Major => "FRAX major fracture",
            Self::Hip => "FRAX hip fracture",
            Self::MajorWithBmd => "FRAX major fracture with BMD",
            Self::HipWithBmd => "FRAX hip fracture with BMD",
        }
    }

    /// Percent in ten years.
    fn risk(&self, answers: &FraxAnswers) -> Result<f64, Error> {
        let answer = match self {
            Self::Major => answers.mof,
            Self::Hip => answers.hip,
            Self::MajorWithBmd => answers.mof_bmd,
            Self::HipWithBmd => answers.hip_bmd,
        };
        answer.ok_or(Error::UndefinedScore { score: self.name() })
    }
}

/// Thresholds of the ten-year probability of a major osteoporotic fracture, percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraxThresholds {
    /// Treatment is advised from here on: the probability of a woman of this age with a previous
    /// fracture and nothing else.
    pub intervention: f64,
    /// Below this no measurement of density is advised.
    pub lower_assessment: f64,
    /// Above this treatment is advised without one; between the two, density decides.
    pub upper_assessment: f64,
}

/// From this age on, intervention, lower and upper assessment.
const EU5: [(f64, [f64; 3]); 12] = [
    (45.0, [5.4, 2.4, 6.5]),
    (50.0, [6.3, 2.9, 7.6]),
    (55.0, [7.6, 3.6, 9.1]),
    (60.0, [9.9, 4.9, 11.9]),
    (65.0, [13.4, 6.9, 16.1]),
    (70.0, [17.6, 9.7, 21.5]),
    (75.0, [23.0, 13.7, 27.6]),
    (80.0, [29.1, 18.7, 34.9]),
    (85.0, [31.8, 20.9, 38.2]),
    (90.0, [31.7, 20.8, 38.0]),
    (95.0, [32.2, 21.1, 38.6]),
    (100.0, [32.5, 21.3, 39.0]),
];

/// The thresholds at an age, years: the mean of the five largest European countries; `None` below
/// 45. They are for women of these countries, not for other calculators' countries.
///
/// Source: Kanis et al., *Osteoporos Int* 24:23-57, 2013, table 7.
#[must_use]
pub fn frax_thresholds(age: f64) -> Option<FraxThresholds> {
    let (_, row) = EU5.iter().rev().find(|(from, _)| age >= *from)?;
    let [intervention, lower_assessment, upper_assessment] = *row;
    Some(FraxThresholds { intervention, lower_assessment, upper_assessment })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_frax_record;

    #[test]
    fn thresholds_by_age() {
        assert_eq!(frax_thresholds(44.9), None);
        assert_eq!(frax_thresholds(f64::NAN), None);
        assert_eq!(frax_thresholds(69.9).map(|t| t.intervention), Some(13.4));
        assert_eq!(frax_thresholds(104.0).map(|t| t.upper_assessment), Some(39.0));
    }

    #[test]
    fn an_answer_that_was_not_computed_is_no_score() {
        let (_, answers) = read_frax_record("t,1,86,1,23.4,1,0,0,0,0,0,0,,33,_,_,_", 1).unwrap();
        assert_eq!(FraxScore::Major.risk(&answers), Ok(33.0));
        let error = FraxScore::HipWithBmd.risk(&answers).unwrap_err().to_string();
        assert_eq!(
            error,
            "FRAX hip fracture with BMD: expected a value, got none for this subject"
        );
    }
}
