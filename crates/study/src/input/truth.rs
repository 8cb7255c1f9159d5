//! The phantom's true log hazards and times, read for the oracle and for comparison alone.

use crate::Error;
use std::collections::HashMap;
use std::path::Path;
use vertebra_cohort::table::Table;
use vertebra_cohort::{Cohort, EligibilityFlow, Problems};
use vertebra_survival::Outcomes;

/// The file with the true log hazards, in the cohort folder.
pub(crate) const TRUTH: &str = "truth.csv";

/// Reads `truth.csv` (columns `subject_id`, `log_hazard`) when the folder has one.
///
/// # Errors
/// Every bad row at once; or every analysed subject without a row.
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
    let ids = flow.subjects();
    let ids: Vec<&str> = ids.iter().map(|&s| cohort.subjects()[s].id.as_str()).collect();
    let absent = ids.iter().filter(|id| !by_id.contains_key(**id));
    let absent = absent.map(|id| Error::Malformed {
        path: path.clone(),
        expected: format!("a row for {id}"),
        got: "none".to_owned(),
    });
    Error::check(absent.collect())?;
    Ok(Some(ids.iter().filter_map(|id| by_id.get(*id)).copied().collect()))
}

/// The true times and events of the analysed subjects, where `truth.csv` has such columns.
///
/// # Errors
/// A time or event that is none.
pub(crate) fn outcomes(
    folder: &Path,
    cohort: &Cohort,
    flow: &EligibilityFlow,
) -> Result<Option<Outcomes>, Error> {
    let path = folder.join(TRUTH);
    if !path.exists() {
        return Ok(None);
    }
    let table = Table::read(path)?;
    if !["subject_id", "time", "event"].iter().all(|column| table.has(column)) {
        return Ok(None);
    }
    let ids = table.texts("subject_id")?;
    let row: HashMap<&str, usize> = ids.iter().enumerate().map(|(row, id)| (*id, row)).collect();
    let subjects = flow.subjects();
    let rows: Option<Vec<usize>> =
        subjects.iter().map(|&s| row.get(cohort.subjects()[s].id.as_str()).copied()).collect();
    let all = table.outcomes("time", "event", None)?;
    Ok(rows.map(|rows| all.subset(&rows)))
}

fn rows(path: &Path) -> Result<HashMap<String, f64>, Error> {
    let mut by_id = HashMap::new();
    let mut problems = Vec::new();
    for row in Table::read(path)?.rows() {
        let id = row.required("subject_id", "an id", |cell| Some(cell.to_owned()));
        match (id, row.required("log_hazard", "a finite number", |cell| row.finite(cell))) {
            (Ok(id), Ok(log_hazard)) => {
                if by_id.insert(id.clone(), log_hazard).is_some() {
                    problems.push(row.problem("subject_id", "each subject once", &id));
                }
            }
            (id, log_hazard) => problems.extend(id.err().into_iter().chain(log_hazard.err())),
        }
    }
    Problems::check(problems)?;
    Ok(by_id)
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
            ("subject_id,log_hazard\na,x\n", ["line 2", "log_hazard: expected a finite number"]),
            ("subject_id,log_hazard\na,1\nb,inf\n", ["line 3", "a finite number, got \"inf\""]),
            ("subject_id,log_hazard\na,1\na,2\n", ["line 3", "expected each subject once, got"]),
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
        assert!(error.contains(&expected), "{error}");
    }
}
