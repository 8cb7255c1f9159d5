//! `columns.toml`: which columns of a user's tables are ours, and which are covariates of the
//! user's own; and the columns that nobody read.

use crate::column::{OPTIONAL, REQUIRED};
use crate::table::{ColumnMap, Table, is_missing};
use crate::write::VISIT_COLUMNS;
use crate::{DeclaredCovariates, Problem, Problems};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// For `cohort.csv` and for `visits.csv`: where our columns come from; and the covariates of the
/// user's own.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ColumnNames {
    /// The columns of `cohort.csv`.
    pub cohort: ColumnMap,
    /// The columns of `visits.csv`.
    pub visits: ColumnMap,
    /// Columns of `cohort.csv` that are not ours, and what they hold.
    pub covariates: DeclaredCovariates,
}

impl ColumnNames {
    /// The file of a cohort folder that names its columns; it may be absent.
    pub const FILE: &'static str = "columns.toml";

    /// Reads a TOML file with the tables `[cohort]`, `[visits]` and `[covariates]`; without the
    /// file nothing is renamed or declared. See [`MappedColumn`](crate::table::MappedColumn) and
    /// [`DeclaredCovariate`](crate::DeclaredCovariate) for what may stand in it.
    ///
    /// # Errors
    /// [`Problems`] with one problem: a file that cannot be read, or is no TOML of this kind.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Problems> {
        let names = match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => {
                let file = Table::unread(Self::FILE);
                Err(file.problem_of_file("a readable file", &e.to_string()))
            }
        };
        names.map_err(Problems::of)
    }

    /// With more covariates of the user's own; they take the place of those of the same name.
    #[must_use]
    pub fn with_covariates(mut self, covariates: DeclaredCovariates) -> Self {
        self.covariates.extend(covariates);
        self
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|e: toml::de::Error| {
            let expected = "tables [cohort] and [visits] of column = \"name in the file\", and \
                            [covariates] of column = \"numeric\" or \"categorical\"";
            problem(None, expected, e.message().to_owned())
        })
    }

    /// Names on the left that are not ours and not declared, and declared names that cannot be.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let ours = cohort_columns();
        for name in self.covariates.keys() {
            if ours.contains(&name.as_str()) || name.is_empty() || name.contains('=') {
                let expected = "a name that no column of ours has, and without =";
                return Err(problem(Some(name), expected, "it under [covariates]".to_owned()));
            }
        }
        let declared = self.covariates.keys().map(String::as_str);
        let ours: Vec<&str> = ours.iter().copied().chain(declared).collect();
        for (map, ours) in [(&self.cohort, ours.as_slice()), (&self.visits, &VISIT_COLUMNS)] {
            if let Some(name) = map.keys().find(|name| !ours.contains(&name.as_str())) {
                let expected = format!("one of {}", ours.join(", "));
                return Err(problem(Some(name), &expected, "another name".to_owned()));
            }
        }
        Ok(())
    }
}

fn problem(column: Option<&String>, expected: &str, got: String) -> Problem {
    Problem {
        file: ColumnNames::FILE.to_owned(),
        line: None,
        column: column.cloned(),
        expected: expected.to_owned(),
        got,
    }
}

/// Every column of `cohort.csv` that is read.
pub(crate) fn cohort_columns() -> Vec<&'static str> {
    REQUIRED.into_iter().chain(OPTIONAL.iter().map(|column| column.name)).collect()
}

/// A column of a table that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnreadColumn {
    /// The file.
    pub file: &'static str,
    /// Its name there.
    pub name: String,
    /// The column of ours that it may be, of those that the file lacks or leaves empty.
    pub likely: Option<&'static str>,
}

impl std::fmt::Display for UnreadColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.likely.map_or(Ok(()), |ours| write!(f, " (meant as {ours}?)"))
    }
}

/// The columns of a table of subjects that are not ours.
pub(crate) fn unread(
    file: &'static str,
    table: &Table,
    declared: &DeclaredCovariates,
) -> Vec<UnreadColumn> {
    let ours = cohort_columns();
    let empty = |name: &str| {
        let cells = table.texts(name);
        cells.is_ok_and(|cells| cells.iter().all(|cell| is_missing(cell)))
    };
    let absent = |name: &&str| !table.has(name) || empty(name);
    let absent: Vec<&str> = ours.iter().copied().filter(absent).collect();
    let read = |name: &String| ours.contains(&name.as_str()) || declared.contains_key(name);
    let foreign = table.names().iter().filter(|name| !read(name));
    let unread =
        |name: &String| UnreadColumn { file, name: name.clone(), likely: likely(name, &absent) };
    foreign.map(unread).collect()
}

/// What a column that the table lacks is also called, in lower case without other signs; in
/// English and in German, the languages of the exports that were seen.
const ALSO_CALLED: [(&str, &[&str]); 18] = [
    ("subject_id", &["id", "patid", "patientid", "patient", "subject", "pid"]),
    ("sex", &["gender", "geschlecht"]),
    ("age", &["alter", "ageyears", "ageatbaseline"]),
    ("bmi", &["bodymassindex"]),
    ("weight", &["gewicht", "bodyweight", "weightkg"]),
    (
        "glucocorticoids",
        &["steroids", "corticosteroids", "cortisone", "kortison", "glucocorticoid"],
    ),
    ("rheumatoid_arthritis", &["rheuma", "rheumatoidearthritis", "arthritis", "ra"]),
    ("current_smoker", &["smoker", "smoking", "raucher", "currentsmoking"]),
    ("alcohol", &["alkohol", "alcoholuse"]),
    ("previous_fracture", &["priorfracture", "fracturehistory", "vorfraktur"]),
    ("parental_hip_fracture", &["familyhistory", "parenthipfracture"]),
    ("femoral_neck_tscore", &["tscore", "tscoresh", "fntscore", "necktscore"]),
    (
        "time",
        &["followup", "followupyears", "futime", "fuyears", "fujahre", "survivaltime", "years"],
    ),
    ("date", &["datum", "visitdate", "studydate", "examdate", "aufnahmedatum"]),
    ("radiograph", &["file", "filename", "path", "image", "film", "datei", "bild", "pfad"]),
    ("view", &["projection", "viewposition", "projektion"]),
    ("centre", &["center", "site", "hospital", "klinik", "zentrum"]),
    ("event", &["fracture", "status", "fraktur", "incidentfracture", "outcome", "ereignis"]),
];

/// The column of a table that may be one of ours, by its name.
pub(crate) fn likely_name<'a>(ours: &'static str, table: &'a Table) -> Option<&'a str> {
    table.names().iter().map(String::as_str).find(|theirs| likely(theirs, &[ours]).is_some())
}

fn likely(name: &str, absent: &[&'static str]) -> Option<&'static str> {
    let bare = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let theirs = bare(name);
    let same = |ours: &&&str| bare(ours) == theirs;
    let called = |ours: &&&str| {
        ALSO_CALLED.iter().any(|(of, words)| of == *ours && words.contains(&theirs.as_str()))
    };
    absent.iter().find(same).or_else(|| absent.iter().find(called)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeclaredCovariate;

    #[test]
    fn a_column_that_was_not_read_is_named_with_the_one_that_it_may_be() {
        let text = "subject_id,sex,age,event,followup_years,Fracture,Femoral neck T-score,shoe\n\
                    1,F,60,,1,1,1,1\n";
        let table = Table::parse("cohort.csv", text.as_bytes()).unwrap();
        let unread: Vec<String> = unread("cohort.csv", &table, &DeclaredCovariates::new())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            unread,
            [
                "followup_years (meant as time?)",
                "Fracture (meant as event?)",
                "Femoral neck T-score (meant as femoral_neck_tscore?)",
                "shoe"
            ]
        );
    }

    #[test]
    fn a_map_of_columns_is_checked() {
        let parse = |text: &str| {
            let names = ColumnNames::parse(text).and_then(|names| names.check().map(|()| names));
            names.map_err(|e| e.to_string())
        };
        assert!(parse("[cohort]\nage = \"Alter\"\n").is_ok());
        let unknown = parse("[cohort]\nshoe = \"Schuh\"\n").unwrap_err();
        assert!(
            unknown.starts_with("columns.toml, column shoe: expected one of subject_id, sex, age"),
            "{unknown}"
        );
        let visits = parse("[visits]\nage = \"Alter\"\n").unwrap_err();
        assert!(visits.contains("one of subject_id, date, radiograph, view"), "{visits}");
        assert!(parse("[cohorts]\nage = \"Alter\"\n").unwrap_err().contains("unknown field"));
        let known = parse("[covariates]\nbmi = \"numeric\"\n").unwrap_err();
        assert!(known.starts_with("columns.toml, column bmi: expected a name that"), "{known}");
        let other = parse("[covariates]\ncrp = \"number\"\n").unwrap_err();
        assert!(other.contains("\"numeric\", \"categorical\" or { reference"), "{other}");
        let declared = "[cohort]\ncrp = \"CRP mg/L\"\n[covariates]\ncrp = \"numeric\"\n\
                        smoking = { reference = \"never\" }\n";
        let names = parse(declared).unwrap();
        let never = DeclaredCovariate::Categorical { reference: Some("never".to_owned()) };
        assert_eq!(names.covariates["smoking"], never);
        assert_eq!(names.covariates["crp"], DeclaredCovariate::Numeric);
    }
}
