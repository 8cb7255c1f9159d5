//! The fields of one line, with errors that name line and field.

use super::input::{FACTORS, FraxInput, ScoreUnit};
use crate::Error;

/// Number of fields that go in.
pub(super) const N_INPUTS: usize = 13;

pub(super) struct Fields<'a> {
    line: usize,
    fields: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    /// `line` (from 1) is for errors.
    pub(super) fn new(text: &'a str, line: usize, n_fields: usize) -> Result<Self, Error> {
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        if fields.len() == n_fields {
            return Ok(Self { line, fields });
        }
        let (expected, got) = (format!("{n_fields} fields"), fields.len().to_string());
        Err(Error::MalformedRecord { line, expected, got })
    }

    fn wrong(&self, index: usize, expected: &str) -> Error {
        let got = format!("\"{}\"", self.fields[index]);
        let expected = format!("{expected} in field {}", index + 1);
        Error::MalformedRecord { line: self.line, expected, got }
    }

    /// The first 13 fields.
    pub(super) fn input(&self) -> Result<FraxInput, Error> {
        let factor = |k: usize| self.flag(5 + k, FACTORS[k]);
        let input = FraxInput {
            score_unit: self.score_unit()?,
            country: self.number(1, "country")?,
            age: self.range(2, "an age of 18 to 120 years", (18.0, 120.0))?,
            female: self.flag(3, "sex")?.ok_or_else(|| self.wrong(3, "0 or 1 (sex)"))?,
            bmi: self.range(4, "a BMI of 8 to 100 kg/m2", (8.0, 100.0))?,
            previous_fracture: factor(0)?,
            parental_hip_fracture: factor(1)?,
            current_smoker: factor(2)?,
            glucocorticoids: factor(3)?,
            rheumatoid_arthritis: factor(4)?,
            secondary_osteoporosis: factor(5)?,
            alcohol: factor(6)?,
            femoral_neck_score: match self.fields[12] {
                "" | "_" => None,
                _ => Some(self.range(12, "a femoral neck score of -10 to 10 SD", (-10.0, 10.0))?),
            },
        };
        Ok(input)
    }

    fn score_unit(&self) -> Result<ScoreUnit, Error> {
        match self.fields[0] {
            "t" | "T" => Ok(ScoreUnit::T),
            "z" | "Z" => Ok(ScoreUnit::Z),
            _ => Err(self.wrong(0, "t or z")),
        }
    }

    fn number<T: std::str::FromStr>(&self, index: usize, name: &str) -> Result<T, Error> {
        self.fields[index].parse().map_err(|_| self.wrong(index, &format!("a number ({name})")))
    }

    fn range(&self, index: usize, expected: &str, (low, high): (f64, f64)) -> Result<f64, Error> {
        let value = self.fields[index].parse::<f64>().ok();
        value.filter(|v| (low..=high).contains(v)).ok_or_else(|| self.wrong(index, expected))
    }

    /// `None` for a blank field.
    fn flag(&self, index: usize, name: &str) -> Result<Option<bool>, Error> {
        match self.fields[index] {
            "" => Ok(None),
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            _ => Err(self.wrong(index, &format!("0 or 1 ({name})"))),
        }
    }

    /// A probability; `None` for a blank field or `_`.
    pub(super) fn percent(&self, index: usize, name: &str) -> Result<Option<f64>, Error> {
        match self.fields[index] {
            "" | "_" => Ok(None),
            _ => self.range(index, &format!("0 to 100 % ({name})"), (0.0, 100.0)).map(Some),
        }
    }
}
