//! A checked cohort: unique subjects, values in range, visits in date order.

use crate::column::{AGE, OPTIONAL, expected_age};
use crate::{
    DeclaredCovariate, DeclaredCovariates, DeclaredValue, Problem, Problems, Subject, UnreadColumn,
    Visit,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Subjects with their visits, checked once.
///
/// Ids are unique and not empty, every number lies in its column's range, outcomes are given whole
/// or not at all, and each subject's visits are in date order. See the crate page for the layout on
/// disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    folder: PathBuf,
    subjects: Vec<Subject>,
    declared: DeclaredCovariates,
    unread_columns: Vec<UnreadColumn>,
}

impl Cohort {
    /// Checks subjects made in memory; visits are put in date order. Whether the radiographs exist
    /// is not looked at.
    ///
    /// # Errors
    /// [`Problems`] that list everything wrong, by position in the list from 1.
    pub fn new(subjects: Vec<Subject>) -> Result<Self, Problems> {
        let lines: Vec<u64> = (1..=subjects.len() as u64).collect();
        let declared = declared_in(&subjects);
        let mut problems = problems_of(&subjects, "subjects", &lines);
        problems.extend(mixed_problems(&subjects, &declared));
        Problems::check(problems)?;
        Ok(Self::checked(PathBuf::new(), subjects, declared))
    }

    pub(crate) fn checked(
        folder: PathBuf,
        mut subjects: Vec<Subject>,
        declared: DeclaredCovariates,
    ) -> Self {
        for subject in &mut subjects {
            subject.visits.sort_by_key(|visit| visit.date);
        }
        Self { folder, subjects, declared, unread_columns: Vec::new() }
    }

    pub(crate) fn with_unread_columns(self, unread_columns: Vec<UnreadColumn>) -> Self {
        Self { unread_columns, ..self }
    }

    /// All subjects, in file order.
    #[must_use]
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Where a visit's radiograph lies on disk.
    #[must_use]
    pub fn radiograph_path(&self, visit: &Visit) -> PathBuf {
        self.folder.join(&visit.radiograph)
    }

    /// The folder it was read from; empty for a cohort built in memory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Columns of `cohort.csv` that were not read, with those of ours that they may be.
    #[must_use]
    pub fn unread_columns(&self) -> &[UnreadColumn] {
        &self.unread_columns
    }

    /// The covariates of the user's own; those of a cohort built in memory are those that some
    /// subject has.
    #[must_use]
    pub fn declared(&self) -> &DeclaredCovariates {
        &self.declared
    }

    /// For each optional column, how many subjects have no value in it.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, usize)> {
        let count = |column: &crate::column::Column| {
            self.subjects.iter().filter(|s| column.text(s).is_none()).count()
        };
        OPTIONAL.iter().map(|column| (column.name, count(column))).collect()
    }
}

/// The columns that subjects hold values of, by the kind of the first.
fn declared_in(subjects: &[Subject]) -> DeclaredCovariates {
    let mut declared = DeclaredCovariates::new();
    for (name, value) in subjects.iter().flat_map(|subject| &subject.declared) {
        declared.entry(name.clone()).or_insert_with(|| value.kind());
    }
    declared
}

/// Values that are not of their column's kind.
fn mixed_problems(subjects: &[Subject], declared: &DeclaredCovariates) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (subject, line) in subjects.iter().zip(1..) {
        let wrong = |(name, value): &(&String, &DeclaredValue)| !declared[*name].holds(value);
        problems.extend(subject.declared.iter().filter(wrong).map(|(name, value)| Problem {
            file: "subjects".to_owned(),
            line: Some(line),
            column: Some(name.clone()),
            expected: "finite numbers alone, or words alone".to_owned(),
            got: format!("\"{}\"", value.text()),
        }));
    }
    problems
}

/// Levels of reference that no subject has.
pub(crate) fn reference_problems(
    subjects: &[Subject],
    file: &str,
    declared: &DeclaredCovariates,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, covariate) in declared {
        let DeclaredCovariate::Categorical { reference: Some(reference) } = covariate else {
            continue;
        };
        let levels: BTreeSet<&str> = subjects.iter().filter_map(|s| s.level(name)).collect();
        if !levels.is_empty() && !levels.contains(reference.as_str()) {
            let levels: Vec<&str> = levels.into_iter().collect();
            problems.push(Problem {
                file: file.to_owned(),
                line: None,
                column: Some(name.clone()),
                expected: format!("the reference \"{reference}\" among its levels"),
                got: levels.join(", "),
            });
        }
    }
    problems
}

/// Everything wrong with the values of subjects; `lines[i]` is where subject `i` stands in `file`.
pub(crate) fn problems_of(subjects: &[Subject], file: &str, lines: &[u64]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut first_line = HashMap::new();
    for (subject, &line) in subjects.iter().zip(lines) {
        let mut add = |column: &str, expected: String, got: String| {
            problems.push(Problem {
                file: file.to_owned(),
                line: Some(line),
                column: Some(column.to_owned()),
                expected,
                got,
            });
        };
        check_identity(subject, line, &mut first_line, &mut add);
        check_ranges(subject, &mut add);
        check_consistency(subject, &mut add);
    }
    problems
}

/// What is wrong with the dates of a subject's films, if something is.
pub(crate) fn dates_fault(subject: &Subject) -> Option<(&'static str, &'static str)> {
    let dated = subject.visits.iter().filter(|visit| visit.date.is_some()).count();
    match (dated, subject.given_outcome()) {
        (n, _) if n == subject.visits.len() => None,
        (0, Some(_)) => None,
        (0, None) => Some(("a date, as time and event of the subject are not given", "nothing")),
        _ => Some(("a date on each film of a subject, or on none", "one on some")),
    }
}

type Add<'a> = dyn FnMut(&str, String, String) + 'a;

fn check_identity<'a>(
    subject: &'a Subject,
    line: u64,
    first_line: &mut HashMap<&'a str, u64>,
    add: &mut Add,
) {
    let id = subject.id.as_str();
    if id.trim().is_empty() {
        add("subject_id", "an identifier".to_owned(), "nothing".to_owned());
    } else if let Some(first) = first_line.get(id) {
        add("subject_id", format!("an id not yet used on line {first}"), format!("\"{id}\" again"));
    } else {
        first_line.insert(id, line);
    }
}

fn check_ranges(subject: &Subject, add: &mut Add) {
    if !(AGE.0..=AGE.1).contains(&subject.age) {
        add("age", expected_age(), subject.age.to_string());
    }
    for column in OPTIONAL.iter().filter(|column| !column.in_range(subject)) {
        add(column.name, column.expected(), column.text(subject).unwrap_or_default());
    }
}

fn check_consistency(subject: &Subject, add: &mut Add) {
    let both = || "time and event both given, or neither".to_owned();
    match (subject.time, subject.event) {
        (Some(_), None) => add("event", both(), "time alone".to_owned()),
        (None, Some(_)) => add("time", both(), "event alone".to_owned()),
        _ => {}
    }
    if subject.death == Some(true) && subject.time.is_none() {
        add("time", "the time of death".to_owned(), "nothing".to_owned());
    }
    if subject.death == Some(true) && subject.event == Some(true) {
        let expected = "0 where event is 1, as time is that of the fracture".to_owned();
        add("death", expected, "1".to_owned());
    }
    if let Some((expected, got)) = dates_fault(subject) {
        add("date", expected.to_owned(), got.to_owned());
    }
    let coded = subject.secondary_osteoporosis_coded;
    if coded == Some(false) && subject.secondary_causes.any() == Some(true) {
        let expected = "1, as one of its causes is 1 (or nothing)".to_owned();
        add("secondary_osteoporosis", expected, "0".to_owned());
    }
    let mut seen = HashSet::new();
    for visit in &subject.visits {
        if visit.radiograph.as_os_str().is_empty() {
            add("radiograph", "a file of each visit".to_owned(), "nothing".to_owned());
        } else if !seen.insert(&visit.radiograph) {
            let file = visit.radiograph.display();
            add("radiograph", "each file in one visit only".to_owned(), format!("{file} again"));
        }
    }
}
