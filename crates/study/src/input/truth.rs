//! The phantom's true log hazards, read for the oracle alone.

use crate::Error;
use std::collections::HashMap;
use std::path::Path;
use vertebra_cohort::{Cohort, EligibilityFlow};

/// The file with the true log hazards, in the cohort folder.
pub(crate) const TRUTH: &str = "truth.csv";

#[derive(serde::Deserialize)]
struct Row {
    subject_id: String,
    log_hazard: f64,
}

/// Reads `truth.csv` (columns `subject_id`, `log_hazard`) when the folder has one.
pub(crate) fn read(
    folder: &Path,
    cohort: &Cohort,
    flow: &EligibilityFlow,
) -> Result<Option<Vec<f64>>, Error> {
    let path = folder.join(TRUTH);
    if !path.exists() {
        return Ok(None);
    }
    let by_id = rows(&path)?;
    let of = |&subject: &usize| {
        let id = &cohort.subjects()[subject].id;
        by_id.get(id).copied().ok_or_else(|| malformed(&path, format!("a row for {id}"), "none"))
    };
    flow.subjects().iter().map(of).collect::<Result<_, _>>().map(Some)
}

fn rows(path: &Path) -> Result<HashMap<String, f64>, Error> {
    let table = "a table with columns subject_id and log_hazard";
    let mut reader = csv::Reader::from_path(path).map_err(|e| malformed(path, table, e))?;
    let mut by_id = HashMap::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = index + 2;
        let row = row.map_err(|e| malformed(path, format!("numbers in line {line}"), e))?;
        if !row.log_hazard.is_finite() {
            let expected = format!("a finite log_hazard in line {line}");
            return Err(malformed(path, expected, row.log_hazard));
        }
        if by_id.insert(row.subject_id.clone(), row.log_hazard).is_some() {
            let again = format!("{} again in line {line}", row.subject_id);
            return Err(malformed(path, "each subject once", again));
        }
    }
    Ok(by_id)
}

fn malformed(path: &Path, expected: impl Into<String>, got: impl ToString) -> Error {
    Error::Malformed { path: path.to_owned(), expected: expected.into(), got: got.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TRUTH);
        std::fs::write(&path, text).unwrap();
        rows(&path).unwrap_err().to_string()
    }

    #[test]
    fn rows_are_found_by_subject() {
        let data = crate::test_data::data();
        let truth = data.truth.as_ref().unwrap();
        assert_eq!(truth.len(), data.n());
        assert!(truth.iter().all(|h| h.is_finite()));
    }

    #[test]
    fn what_is_wrong_is_named_by_line() {
        for (text, parts) in [
            ("subject_id,log_hazard\na,x\n", ["truth.csv", "line 2"]),
            ("subject_id,log_hazard\na,1\nb,NaN\n", ["a finite log_hazard in line 3", "got NaN"]),
            ("subject_id,log_hazard\na,1\na,2\n", ["each subject once", "got a again in line 3"]),
            ("subject_id\na\n", ["truth.csv", "log_hazard"]),
        ] {
            let error = error(text);
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn a_subject_without_a_row_is_named_and_no_file_is_no_truth() {
        let data = crate::test_data::data();
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), &data.cohort, &data.flow).unwrap(), None);
        std::fs::write(folder.path().join(TRUTH), "subject_id,log_hazard\nnobody,1\n").unwrap();
        let error = read(folder.path(), &data.cohort, &data.flow).unwrap_err().to_string();
        let expected = format!("expected a row for {}, got none", data.subject(0).id);
        assert!(error.ends_with(&expected), "{error}");
    }
}
