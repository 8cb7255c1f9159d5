//! Records of the FRAX calculator, written for it and read back. Nothing here computes FRAX: it is
//! a licensed program whose coefficients are unpublished.
//!
//! Layout: the batch interface of the licensed program as public C++ code documents it (CLSA
//! cypress, `frax_test.cpp`), beside the FRAXplus bulk CSV specification
//! (<https://www.fraxplus.org/documentation/csv/PREV>): 13 fields in and 4 more out,
//! comma separated: score type (`t` or `z`), country, age, sex (0 men, 1 women),
//! BMI, previous fracture, parental hip fracture, current smoker, glucocorticoids, rheumatoid
//! arthritis, secondary osteoporosis, alcohol, femoral-neck score; then the ten-year probabilities
//! in percent: major osteoporotic without BMD, hip without BMD, major osteoporotic with BMD, hip
//! with BMD, `_` where one could not be computed. (The FRAXplus bulk file codes the sex in the
//! same way but says so separately; check the output of your own version on a known record.)

use crate::Error;
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

/// What the FRAX questionnaire asks. `None` = not recorded: FRAX takes it as "no".
///
/// # Examples
/// ```
/// use vertebra_baselines::FraxQuestions;
/// let mut woman = FraxQuestions::new(25, 71.0, true, 23.4);
/// woman.previous_fracture = Some(true);
/// assert_eq!(woman.to_record()?, "t,25,71,1,23.4,1,0,0,0,0,0,0,");
/// assert_eq!(woman.n_assumed(), 6);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraxQuestions {
    /// Unit of [`FraxQuestions::femoral_neck_score`].
    pub score_unit: ScoreUnit,
    /// The calculator's number of the country model, e.g. 25 for Korea.
    pub country: u16,
    /// Age, years; the program computes at 40 or 90 outside of that range.
    pub age: f64,
    /// Whether the subject is a woman.
    pub female: bool,
    /// Body mass index, kg/m².
    pub bmi: f64,
    /// Previous fracture in adult life.
    pub previous_fracture: Option<bool>,
    /// Hip fracture of mother or father.
    pub parental_hip_fracture: Option<bool>,
    /// Smokes now.
    pub current_smoker: Option<bool>,
    /// Oral glucocorticoids.
    pub glucocorticoids: Option<bool>,
    /// Confirmed rheumatoid arthritis.
    pub rheumatoid_arthritis: Option<bool>,
    /// Secondary osteoporosis.
    pub secondary_osteoporosis: Option<bool>,
    /// Three or more units of alcohol a day.
    pub alcohol: Option<bool>,
    /// Femoral-neck T- or Z-score; `None` for the model without BMD.
    pub femoral_neck_score: Option<f64>,
}

/// Ten-year probabilities in percent; `None` where the program gave none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraxAnswers {
    /// Major osteoporotic fracture, without BMD.
    pub mof: Option<f64>,
    /// Hip fracture, without BMD.
    pub hip: Option<f64>,
    /// Major osteoporotic fracture, with BMD.
    pub mof_bmd: Option<f64>,
    /// Hip fracture, with BMD.
    pub hip_bmd: Option<f64>,
}

/// Number of fields that go in.
const N_QUESTIONS: usize = 13;
/// Number of fields that come out.
const N_FIELDS: usize = 17;

impl FraxQuestions {
    /// A subject of whom only age (years), sex and body mass index (kg/m²) are recorded, for the
    /// calculator's model of a country. Set the other fields as they are known.
    #[must_use]
    pub fn new(country: u16, age: f64, female: bool, bmi: f64) -> Self {
        Self {
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
        }
    }

    /// How many of the yes/no questions are not recorded, and are written as "no".
    #[must_use]
    pub fn n_assumed(&self) -> usize {
        self.flags().iter().filter(|flag| flag.is_none()).count()
    }

    fn flags(&self) -> [Option<bool>; 7] {
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

    /// The record that the calculator reads, without a line end.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for an age, BMI or score that is not a plausible number.
    ///
    /// # Examples
    /// ```
    /// use vertebra_baselines::{FraxAnswers, FraxQuestions, read_frax_record};
    /// // The sample line that comes with the batch program.
    /// let line = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1,6.37,1.17,4.47,0.34";
    /// let (questions, answers) = read_frax_record(line, 1)?;
    /// assert_eq!(answers.hip_bmd, Some(0.34));
    /// assert!(line.starts_with(&questions.to_record()?));
    /// # Ok::<(), vertebra_baselines::Error>(())
    /// ```
    pub fn to_record(&self) -> Result<String, Error> {
        in_range("age", "18 to 120 years", self.age, 18.0, 120.0)?;
        in_range("bmi", "8 to 100 kg/m2", self.bmi, 8.0, 100.0)?;
        if let Some(score) = self.femoral_neck_score {
            in_range("femoral neck score", "-10 to 10 SD", score, -10.0, 10.0)?;
        }
        let unit = if self.score_unit == ScoreUnit::T { "t" } else { "z" };
        let numbers = [self.age, f64::from(u8::from(self.female)), self.bmi];
        let flags = self.flags().map(|flag| u8::from(flag == Some(true)).to_string());
        let score = self.femoral_neck_score.map(|s| s.to_string()).unwrap_or_default();
        let fields = [unit.to_owned(), self.country.to_string()]
            .into_iter()
            .chain(numbers.map(|n| n.to_string()))
            .chain(flags)
            .chain([score]);
        Ok(fields.collect::<Vec<_>>().join(","))
    }
}

fn in_range(
    name: &'static str,
    expected: &'static str,
    value: f64,
    low: f64,
    high: f64,
) -> Result<(), Error> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Error::InvalidValue { name, expected, got: value })
    }
}

/// The records of several subjects, one a line.
///
/// # Errors
/// [`Error::InvalidValue`] for the first subject whose answers are not plausible.
pub fn write_frax_records(subjects: &[FraxQuestions]) -> Result<String, Error> {
    subjects.iter().map(|subject| subject.to_record().map(|record| record + "\n")).collect()
}

/// Reads what the calculator wrote: one record a line, blank lines skipped.
///
/// # Errors
/// [`Error::MalformedRecord`] with the line and the field.
pub fn read_frax_records(text: &str) -> Result<Vec<(FraxQuestions, FraxAnswers)>, Error> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| read_frax_record(line, index + 1)).collect()
}

/// Reads one record of 17 fields; `line` (from 1) is for the error.
///
/// # Errors
/// [`Error::MalformedRecord`].
pub fn read_frax_record(record: &str, line: usize) -> Result<(FraxQuestions, FraxAnswers), Error> {
    let fields: Vec<&str> = record.split(',').map(str::trim).collect();
    if fields.len() != N_FIELDS {
        let got = fields.len().to_string();
        let expected = format!("{N_FIELDS} fields");
        return Err(Error::MalformedRecord { line, expected, got });
    }
    let fields = Fields { line, fields };
    let questions = FraxQuestions {
        score_unit: fields.score_unit()?,
        country: fields.number(1, "country")?,
        age: fields.number(2, "age")?,
        female: fields.flag(3, "sex")?,
        bmi: fields.number(4, "bmi")?,
        previous_fracture: Some(fields.flag(5, "previous fracture")?),
        parental_hip_fracture: Some(fields.flag(6, "parental hip fracture")?),
        current_smoker: Some(fields.flag(7, "current smoker")?),
        glucocorticoids: Some(fields.flag(8, "glucocorticoid")?),
        rheumatoid_arthritis: Some(fields.flag(9, "rheumatoid arthritis")?),
        secondary_osteoporosis: Some(fields.flag(10, "secondary osteoporosis")?),
        alcohol: Some(fields.flag(11, "alcohol")?),
        femoral_neck_score: fields.optional(12, "femoral neck score")?,
    };
    let answers = FraxAnswers {
        mof: fields.percent(N_QUESTIONS, "major fracture without BMD")?,
        hip: fields.percent(N_QUESTIONS + 1, "hip fracture without BMD")?,
        mof_bmd: fields.percent(N_QUESTIONS + 2, "major fracture with BMD")?,
        hip_bmd: fields.percent(N_QUESTIONS + 3, "hip fracture with BMD")?,
    };
    Ok((questions, answers))
}

struct Fields<'a> {
    line: usize,
    fields: Vec<&'a str>,
}

impl Fields<'_> {
    fn wrong(&self, index: usize, expected: &str) -> Error {
        let got = format!("\"{}\"", self.fields[index]);
        let expected = format!("{expected} in field {index}");
        Error::MalformedRecord { line: self.line, expected, got }
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

    fn flag(&self, index: usize, name: &str) -> Result<bool, Error> {
        match self.fields[index] {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err(self.wrong(index, &format!("0 or 1 ({name})"))),
        }
    }

    /// `None` for a blank field or `_`.
    fn optional(&self, index: usize, name: &str) -> Result<Option<f64>, Error> {
        match self.fields[index] {
            "" | "_" => Ok(None),
            _ => self.number(index, name).map(Some),
        }
    }

    fn percent(&self, index: usize, name: &str) -> Result<Option<f64>, Error> {
        match self.optional(index, name)? {
            Some(percent) if !(0.0..=100.0).contains(&percent) => {
                Err(self.wrong(index, &format!("0 to 100 % ({name})")))
            }
            percent => Ok(percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1,6.37,1.17,4.47,0.34";

    #[test]
    fn the_sample_record_reads_and_writes() {
        let (questions, answers) = read_frax_record(SAMPLE, 1).unwrap();
        assert!(!questions.female && questions.current_smoker == Some(true));
        assert_eq!((answers.mof, answers.mof_bmd), (Some(6.37), Some(4.47)));
        assert_eq!(
            write_frax_records(&[questions]).unwrap(),
            "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1\n"
        );
    }

    #[test]
    fn an_answer_that_could_not_be_computed_is_missing() {
        let line = "z,25,70,1,24,0,0,0,0,0,0,0,,12.5,3.1,_,_\n\n";
        let records = read_frax_records(line).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].0.femoral_neck_score, records[0].1.hip_bmd), (None, None));
        assert_eq!(records[0].1.mof, Some(12.5));
    }

    #[test]
    fn what_is_not_recorded_is_written_as_no_and_counted() {
        let (mut questions, _) = read_frax_record(SAMPLE, 1).unwrap();
        (questions.alcohol, questions.previous_fracture) = (None, None);
        assert_eq!(questions.n_assumed(), 2);
        assert_eq!(questions.to_record().unwrap(), "t,19,50.2,0,21.60494,0,0,1,0,0,0,0,-1.1");
    }

    #[test]
    fn bad_records_name_line_and_field() {
        let message = |text: &str| read_frax_records(text).unwrap_err().to_string();
        assert_eq!(message("\n1,2"), "line 2: expected 17 fields, got 2");
        let sex = SAMPLE.replacen(",0,21", ",F,21", 1);
        assert_eq!(message(&sex), "line 1: expected 0 or 1 (sex) in field 3, got \"F\"");
        let percent = SAMPLE.replace("6.37", "637");
        assert!(message(&percent).contains("0 to 100 %"));
        let (mut questions, _) = read_frax_record(SAMPLE, 1).unwrap();
        questions.bmi = f64::NAN;
        assert!(questions.to_record().is_err());
    }
}
