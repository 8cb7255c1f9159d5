//! What the calculator asks.

use crate::{Densitometer, Error, femoral_neck_tscore};
use serde::{Deserialize, Serialize};

/// Whether the femoral-neck score is a T- or a Z-score; FRAX knows no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoreUnit {
    /// T-score against young white women (NHANES III), for both sexes.
    #[default]
    T,
    /// Z-score.
    Z,
}

/// The eleven inputs of FRAX, with the country. `None` = not recorded: FRAX takes it as "no".
///
/// Definitions: the FRAX tool's page (<http://www.shef.ac.uk/FRAX/tool.jsp>) and Kanis et al.,
/// table 3 of PMC4176573.
///
/// # Examples
/// ```
/// use vertebra_baselines::{Densitometer, FraxInput};
/// let mut woman = FraxInput::new(25, 92.0, true, 23.4)?;
/// woman.previous_fracture = Some(true);
/// assert_eq!(woman.to_record(), "t,25,92,1,23.4,1,0,0,0,0,0,0,");
/// assert_eq!(woman.to_bulk(), "t,25,92,1,23.4,1,,,,,,,");
/// assert_eq!(woman.assumed().len(), 6);
/// assert_eq!(woman.computed_age(), 90.0);
/// let woman = woman.with_bmd(Densitometer::Lunar, 0.700)?;
/// assert!((woman.femoral_neck_score.unwrap_or(0.0) - -2.433).abs() < 5e-4);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraxInput {
    /// Unit of [`FraxInput::femoral_neck_score`].
    pub score_unit: ScoreUnit,
    /// The calculator's number of the country model: 1 United Kingdom, 19 Canada, 25 Korea.
    pub country: u16,
    /// Age, years; the calculator computes at 40 or 90 outside of that range.
    pub age: f64,
    /// Whether the subject is a woman.
    pub female: bool,
    /// Body mass index, kg/m².
    pub bmi: f64,
    /// A fracture in adult life that occurred spontaneously, or from a trauma that would not have
    /// fractured a healthy bone; morphometric vertebral fractures count.
    pub previous_fracture: Option<bool>,
    /// Hip fracture of mother or father.
    pub parental_hip_fracture: Option<bool>,
    /// Smokes tobacco now.
    pub current_smoker: Option<bool>,
    /// Takes oral glucocorticoids, or has taken them for more than three months at 5 mg of
    /// prednisolone a day or more.
    pub glucocorticoids: Option<bool>,
    /// A confirmed diagnosis of rheumatoid arthritis.
    pub rheumatoid_arthritis: Option<bool>,
    /// A disorder strongly associated with osteoporosis, such as type 1 diabetes, premature
    /// menopause or chronic malabsorption. The calculator does not count it beside a BMD.
    pub secondary_osteoporosis: Option<bool>,
    /// Three or more units of alcohol a day.
    pub alcohol: Option<bool>,
    /// Femoral-neck T- or Z-score; `None` for the model without BMD.
    pub femoral_neck_score: Option<f64>,
}

/// The seven yes/no questions in the order of the files.
pub(super) const FACTORS: [&str; 7] = [
    "previous fracture",
    "parental hip fracture",
    "current smoker",
    "glucocorticoids",
    "rheumatoid arthritis",
    "secondary osteoporosis",
    "alcohol",
];

impl FraxInput {
    /// A subject of whom only age (years), sex and body mass index (kg/m²) are recorded, for the
    /// calculator's model of a country. Set the other fields as they are known.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for an age outside 18 to 120 or a BMI outside 8 to 100.
    pub fn new(country: u16, age: f64, female: bool, bmi: f64) -> Result<Self, Error> {
        let input = Self {
            score_unit: ScoreUnit::T,
            country,
            age,
            female,
            bmi,
            previous_fracture: None,
            parental_hip_fracture: None,
            current_smoker: None,
            glucocorticoids: None,
            rheumatoid_arthritis: None,
            secondary_osteoporosis: None,
            alcohol: None,
            femoral_neck_score: None,
        };
        input.check()?;
        Ok(input)
    }

    /// That age, body mass index and score are plausible.
    ///
    /// # Errors
    /// [`Error::InvalidValue`].
    pub fn check(&self) -> Result<(), Error> {
        in_range("age", "18 to 120 years", self.age, 18.0, 120.0)?;
        in_range("bmi", "8 to 100 kg/m2", self.bmi, 8.0, 100.0)?;
        let score = self.femoral_neck_score.unwrap_or_default();
        in_range("femoral neck score", "-10 to 10 SD", score, -10.0, 10.0)
    }

    /// The same with the T-score of a femoral-neck BMD, g/cm², by a maker's densitometer.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for an implausible BMD.
    pub fn with_bmd(mut self, make: Densitometer, bmd: f64) -> Result<Self, Error> {
        self.score_unit = ScoreUnit::T;
        self.femoral_neck_score = Some(femoral_neck_tscore(make, bmd)?);
        Ok(self)
    }

    /// The age that the calculator computes at: 40 to 90.
    #[must_use]
    pub fn computed_age(&self) -> f64 {
        self.age.clamp(40.0, 90.0)
    }

    /// The yes/no questions that are not recorded, which the calculator takes as "no".
    #[must_use]
    pub fn assumed(&self) -> Vec<&'static str> {
        let missing =
            self.factors().into_iter().zip(FACTORS).filter(|(factor, _)| factor.is_none());
        missing.map(|(_, name)| name).collect()
    }

    pub(super) fn factors(&self) -> [Option<bool>; 7] {
        [
            self.previous_fracture,
            self.parental_hip_fracture,
            self.current_smoker,
            self.glucocorticoids,
            self.rheumatoid_arthritis,
            self.secondary_osteoporosis,
            self.alcohol,
        ]
    }

    /// The 13 fields of the batch record, without a line end: what is not recorded is "no".
    #[must_use]
    pub fn to_record(&self) -> String {
        self.line("0")
    }

    /// The 13 columns of the bulk file, without a line end: what is not recorded is blank.
    #[must_use]
    pub fn to_bulk(&self) -> String {
        self.line("")
    }

    fn line(&self, missing: &str) -> String {
        let unit = if self.score_unit == ScoreUnit::T { "t" } else { "z" };
        let numbers = [self.age, f64::from(u8::from(self.female)), self.bmi];
        let factor = |factor: Option<bool>| match factor {
            None => missing.to_owned(),
            Some(yes) => u8::from(yes).to_string(),
        };
        let score = self.femoral_neck_score.map(|s| s.to_string()).unwrap_or_default();
        let fields = [unit.to_owned(), self.country.to_string()]
            .into_iter()
            .chain(numbers.map(|n| n.to_string()))
            .chain(self.factors().map(factor))
            .chain([score]);
        fields.collect::<Vec<_>>().join(",")
    }
}

fn in_range(
    name: &'static str,
    expected: &'static str,
    value: f64,
    low: f64,
    high: f64,
) -> Result<(), Error> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(Error::InvalidValue { name, expected, got: value }),
    }
}
