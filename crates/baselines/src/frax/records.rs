//! The two layouts, written and read.

use super::{
    fields::{Fields, N_INPUTS},
    input::FraxInput,
};
use crate::Error;
use serde::{Deserialize, Serialize};

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

/// Number of fields with the answers.
const N_FIELDS: usize = N_INPUTS + 4;

/// The bulk file of several subjects, one a line.
///
/// # Errors
/// [`Error::InvalidValue`] for the first subject whose values are not plausible.
pub fn write_frax_bulk(subjects: &[FraxInput]) -> Result<String, Error> {
    written(subjects, FraxInput::to_bulk)
}

/// The batch records of several subjects, one a line.
///
/// # Errors
/// As [`write_frax_bulk`].
pub fn write_frax_records(subjects: &[FraxInput]) -> Result<String, Error> {
    written(subjects, FraxInput::to_record)
}

fn written(subjects: &[FraxInput], line: fn(&FraxInput) -> String) -> Result<String, Error> {
    let checked = |subject: &FraxInput| subject.check().map(|()| line(subject) + "\n");
    subjects.iter().map(checked).collect()
}

/// Reads a bulk file: one subject a line, blank lines skipped.
///
/// # Errors
/// [`Error::MalformedRecord`] with the line and the field.
///
/// # Examples
/// ```
/// use vertebra_baselines::{read_frax_bulk, write_frax_bulk};
/// let bulk = "t,19,50.2,0,21.60494,1,,1,,,,,-1.1\n";
/// let subjects = read_frax_bulk(bulk)?;
/// assert_eq!(subjects[0].parental_hip_fracture, None);
/// assert_eq!(write_frax_bulk(&subjects)?, bulk);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
pub fn read_frax_bulk(text: &str) -> Result<Vec<FraxInput>, Error> {
    lines(text).map(|(line, text)| Fields::new(text, line, N_INPUTS)?.input()).collect()
}

/// Reads what the batch program wrote: one record a line, blank lines skipped.
///
/// # Errors
/// [`Error::MalformedRecord`] with the line and the field.
pub fn read_frax_records(text: &str) -> Result<Vec<(FraxInput, FraxAnswers)>, Error> {
    lines(text).map(|(line, text)| read_frax_record(text, line)).collect()
}

/// Reads one record of 17 fields; `line` (from 1) is for the error.
///
/// # Errors
/// [`Error::MalformedRecord`].
///
/// # Examples
/// ```
/// use vertebra_baselines::read_frax_record;
/// // The sample line that comes with the batch program.
/// let line = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1,6.37,1.17,4.47,0.34";
/// let (input, answers) = read_frax_record(line, 1)?;
/// assert_eq!(answers.hip_bmd, Some(0.34));
/// assert!(line.starts_with(&input.to_record()));
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
pub fn read_frax_record(record: &str, line: usize) -> Result<(FraxInput, FraxAnswers), Error> {
    let fields = Fields::new(record, line, N_FIELDS)?;
    let answers = FraxAnswers {
        mof: fields.percent(N_INPUTS, "major fracture without BMD")?,
        hip: fields.percent(N_INPUTS + 1, "hip fracture without BMD")?,
        mof_bmd: fields.percent(N_INPUTS + 2, "major fracture with BMD")?,
        hip_bmd: fields.percent(N_INPUTS + 3, "hip fracture with BMD")?,
    };
    Ok((fields.input()?, answers))
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, text)| (index + 1, text));
    numbered.filter(|(_, text)| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1,6.37,1.17,4.47,0.34";

    #[test]
    fn the_sample_record_reads_and_writes() {
        let (input, answers) = read_frax_record(SAMPLE, 1).unwrap();
        assert!(!input.female && input.current_smoker == Some(true));
        assert_eq!((answers.mof, answers.mof_bmd), (Some(6.37), Some(4.47)));
        let record = "t,19,50.2,0,21.60494,1,0,1,0,0,0,0,-1.1\n";
        assert_eq!(write_frax_records(&[input]).unwrap(), record);
        assert_eq!(write_frax_bulk(&[input]).unwrap(), record);
    }

    /// The second real row: a woman of 86 without BMD, as the official site handed her to NOGG.
    #[test]
    fn the_row_without_bmd_reads_and_writes() {
        let line = "t,1,86,1,23.422,1,0,0,0,0,0,0,,33,_,_,_";
        let (input, answers) = read_frax_record(line, 1).unwrap();
        assert_eq!((input.femoral_neck_score, answers.mof_bmd), (None, None));
        assert_eq!((answers.mof, answers.hip), (Some(33.0), None));
        let record = write_frax_records(&[input]).unwrap();
        assert_eq!(record, "t,1,86,1,23.422,1,0,0,0,0,0,0,\n");
        assert_eq!(read_frax_bulk(&record).unwrap(), [input]);
    }

    #[test]
    fn what_is_not_recorded_is_written_as_no_or_blank_and_named() {
        let (mut input, _) = read_frax_record(SAMPLE, 1).unwrap();
        (input.alcohol, input.previous_fracture) = (None, None);
        assert_eq!(input.assumed(), ["previous fracture", "alcohol"]);
        assert_eq!(input.to_record(), "t,19,50.2,0,21.60494,0,0,1,0,0,0,0,-1.1");
        assert_eq!(input.to_bulk(), "t,19,50.2,0,21.60494,,0,1,0,0,0,,-1.1");
        assert_eq!(read_frax_bulk(&input.to_bulk()).unwrap(), [input]);
    }

    #[test]
    fn bad_records_name_line_and_field() {
        let message = |text: &str| read_frax_records(text).unwrap_err().to_string();
        assert_eq!(message("\n1,2"), "line 2: expected 17 fields, got 2");
        let sex = SAMPLE.replacen(",0,21", ",F,21", 1);
        assert_eq!(message(&sex), "line 1: expected 0 or 1 (sex) in field 4, got \"F\"");
        let percent = SAMPLE.replace("6.37", "637");
        assert!(message(&percent).contains("0 to 100 %"));
        let old = SAMPLE.replace("50.2", "502");
        assert!(message(&old).contains("an age of 18 to 120 years in field 3"));
        assert!(message(&SAMPLE.replacen('t', "x", 1)).contains("t or z in field 1"));
        assert!(message(&SAMPLE.replace("-1.1", "NaN")).contains("femoral neck score"));
        let bulk = read_frax_bulk("t,1,60,,23,,,,,,,,").unwrap_err().to_string();
        assert_eq!(bulk, "line 1: expected 0 or 1 (sex) in field 4, got \"\"");
        let (mut input, _) = read_frax_record(SAMPLE, 1).unwrap();
        input.bmi = f64::NAN;
        assert!(write_frax_records(&[input]).is_err());
    }
}
