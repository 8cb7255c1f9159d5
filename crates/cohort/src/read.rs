//! Reads `cohort.csv` and `visits.csv`, and lists every bad row instead of stopping at the first.

use crate::cohort::{dates_fault, problems_of, reference_problems};
use crate::column::{OPTIONAL, REQUIRED, SUBJECT_ID, expected_age, expected_sex, one_of};
use crate::column_names::{ColumnNames, cohort_columns, likely_name, unread};
use crate::table::{ColumnMap, Row, Table};
use crate::write::{COHORT_FILE, VISIT_COLUMNS, VISITS_FILE};
use crate::{
    Bone, Cohort, Date, DeclaredCovariates, Position, Problem, Problems, Quality, Sex, Subject,
    View, Visit,
};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Columns every `visits.csv` must have, and every row must fill.
pub(crate) const REQUIRED_OF_VISITS: [&str; 3] = [SUBJECT_ID, "radiograph", "view"];

/// The range of `spacing_mm`.
const SPACING_MM: std::ops::RangeInclusive<f64> = 0.01..=5.0;

impl Cohort {
    /// Reads `cohort.csv` and `visits.csv` of a folder, under the names that its `columns.toml`
    /// gives, if it has one, and checks that every radiograph exists.
    ///
    /// # Errors
    /// [`Problems`] that list every bad row of both files at once, with line and column; or the one
    /// of a bad `columns.toml`.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, Problems> {
        let folder = folder.as_ref();
        let names = ColumnNames::read(folder.join(ColumnNames::FILE))?;
        Self::read_named(folder, &names)
    }

    /// As [`Cohort::read`], with the names of columns from the caller.
    ///
    /// # Errors
    /// As [`Cohort::read`].
    pub fn read_named(folder: impl AsRef<Path>, names: &ColumnNames) -> Result<Self, Problems> {
        let folder = folder.as_ref();
        names.check().map_err(Problems::of)?;
        if !folder.is_dir() {
            let absent = Table::unread(&folder.display().to_string());
            let expected = format!("a folder with {COHORT_FILE} and {VISITS_FILE}");
            let got = if folder.exists() { "a file" } else { "no such folder" };
            return Err(Problems::of(absent.problem_of_file(&expected, got)));
        }
        let mut problems = Vec::new();
        let subjects = File {
            name: COHORT_FILE,
            names: cohort_columns(),
            required: &REQUIRED,
            map: &names.cohort,
            declared: &names.covariates,
        };
        let table = subjects.read(folder, &mut problems);
        let required = REQUIRED_OF_VISITS.as_slice();
        let visits = File {
            name: VISITS_FILE,
            names: VISIT_COLUMNS.to_vec(),
            required,
            map: &names.visits,
            declared: &names.covariates,
        };
        let visits = visits.read(folder, &mut problems);
        let declared = &names.covariates;
        problems.extend(declared.keys().filter_map(|name| table.index(name).err()));
        let (mut subjects, lines, known) = read_subjects(&table, declared, &mut problems);
        problems.extend(reference_problems(&subjects, COHORT_FILE, declared));
        let in_its_words = |mut problem: Problem| {
            problem.column = problem.column.map(|column| table.name_in_messages(&column));
            problem
        };
        let of_values = problems_of(&subjects, COHORT_FILE, &lines);
        problems.extend(of_values.into_iter().map(in_its_words));
        read_visits(folder, &visits, &known, &mut subjects, &mut problems);
        problems.sort_by_key(|p| (p.file != COHORT_FILE, p.line));
        Problems::check(problems)?;
        let cohort = Self::checked(folder.to_owned(), subjects, declared.clone());
        Ok(cohort.with_unread_columns(unread(COHORT_FILE, &table, declared)))
    }
}

/// One of the two files, what it must have and under which names.
struct File<'a> {
    name: &'static str,
    /// Every column that is read.
    names: Vec<&'static str>,
    required: &'a [&'static str],
    map: &'a ColumnMap,
    declared: &'a DeclaredCovariates,
}

impl File<'_> {
    /// All that can be read of it; the rest is noted.
    fn read(&self, folder: &Path, problems: &mut Vec<Problem>) -> Table {
        let bytes = match std::fs::read(folder.join(self.name)) {
            Ok(bytes) => bytes,
            Err(e) => {
                let absent = Table::unread(self.name);
                let stem = self.name.trim_end_matches(".csv");
                let others = ["xlsx", "xls", "ods", "parquet", "txt", "tsv"];
                let other = others.map(|ending| format!("{stem}.{ending}"));
                let got = match other.iter().find(|other| folder.join(other).exists()) {
                    Some(other) => {
                        format!("{other}; save its sheet as CSV (UTF-8) under that name")
                    }
                    None => format!("{}: {e}", folder.join(self.name).display()),
                };
                problems.push(absent.problem_of_file("a readable file", &got));
                return absent;
            }
        };
        let table = Table::scan(self.name, &bytes, problems).mapped(self.map, problems);
        let table = table.with_our_spelling(&self.names, self.declared);
        // What is wrong with a header that cannot be read has been noted.
        if !table.names().is_empty() {
            problems.extend(self.required.iter().filter_map(|name| absent(name, &table)));
        }
        table
    }
}

/// What to say of a column that must be there and is not.
fn absent(ours: &'static str, table: &Table) -> Option<Problem> {
    let mut problem = table.index(ours).err()?;
    let file = ColumnNames::FILE;
    problem.expected = match likely_name(ours, table) {
        Some(theirs) => {
            format!("a column {ours}, or in {file} its name here, {ours} = \"{theirs}\"?")
        }
        None => format!("a column {ours}, or in {file} its name here"),
    };
    Some(problem)
}

/// One row while it is read: cells come out typed, or a problem is noted.
struct Reading<'a> {
    row: Row<'a>,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn note(&mut self, column: &str, expected: &str, got: &str) {
        self.problems.push(self.row.problem(column, expected, got));
    }

    fn optional<T>(
        &mut self,
        column: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.row.optional(column, expected, parse);
        value.unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    /// A column that is absent has been noted with the header.
    fn required<T>(
        &mut self,
        column: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if !self.row.has(column) {
            return None;
        }
        let value = self.row.required(column, expected, parse);
        value.map_err(|problem| self.problems.push(problem)).ok()
    }
}

/// The subjects of all rows, their lines, and where each id stands.
fn read_subjects(
    table: &Table,
    declared: &DeclaredCovariates,
    problems: &mut Vec<Problem>,
) -> (Vec<Subject>, Vec<u64>, HashMap<String, usize>) {
    let (mut subjects, mut lines, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    if !table.has(SUBJECT_ID) {
        return (subjects, lines, known);
    }
    for row in table.rows() {
        let subject = read_subject(&mut Reading { row, problems }, declared);
        known.entry(subject.id.clone()).or_insert(subjects.len());
        subjects.push(subject);
        lines.push(row.line());
    }
    if table.n_rows() == 0 {
        problems.push(table.problem_of_file("at least one subject", "none"));
    }
    (subjects, lines, known)
}

/// The subject of one row. A cell that cannot be read is noted and leaves a stand-in behind, so
/// that the other cells of the row are checked all the same; the cohort is then refused anyway.
fn read_subject(row: &mut Reading, declared: &DeclaredCovariates) -> Subject {
    let id = row.row.text(SUBJECT_ID).unwrap_or_default(); // checked with the ranges
    let sex = row.required("sex", &expected_sex(), Sex::from_text).unwrap_or(Sex::Female);
    let cells = row.row;
    let age = row.required("age", &expected_age(), |text| cells.finite(text)).unwrap_or(0.0);
    let mut subject = Subject::new(id, sex, age);
    for column in &OPTIONAL {
        let Some(text) = row.row.text(column.name) else { continue };
        if let Err(expected) = column.read(row.row, text, &mut subject) {
            row.note(column.name, &expected, &format!("\"{text}\""));
        }
    }
    for (name, covariate) in declared {
        let Some(text) = row.row.text(name) else { continue };
        match covariate.read(row.row, text) {
            Ok(value) => drop(subject.declared.insert(name.clone(), value)),
            Err(expected) => row.note(name, expected, &format!("\"{text}\"")),
        }
    }
    subject
}

fn read_visits(
    folder: &Path,
    table: &Table,
    known: &HashMap<String, usize>,
    subjects: &mut [Subject],
    problems: &mut Vec<Problem>,
) {
    let mut used: HashMap<std::path::PathBuf, u64> = HashMap::new();
    let mut first_rows = BTreeMap::new();
    for row in table.rows() {
        let (line, plain) = (row.line(), row);
        let mut row = Reading { row, problems };
        let owner = match known.is_empty() {
            true => None, // what is wrong with the other table has been noted
            false => {
                row.required(SUBJECT_ID, "an id that is in cohort.csv", |id| known.get(id).copied())
            }
        };
        let Some(visit) = read_visit(&mut row) else { continue };
        if !folder.join(&visit.radiograph).is_file() {
            row.note(
                "radiograph",
                "a file that exists",
                &format!("\"{}\"", visit.radiograph.display()),
            );
        }
        if let Some(first) = used.get(&visit.radiograph) {
            let expected = format!("a file not yet used on line {first}");
            row.note("radiograph", &expected, &format!("\"{}\" again", visit.radiograph.display()));
            continue;
        }
        used.insert(visit.radiograph.clone(), line);
        if let Some(index) = owner {
            first_rows.entry(index).or_insert(plain);
            subjects[index].visits.push(visit);
        }
    }
    note_dates(table, subjects, &first_rows, problems);
    if known.is_empty() && !table.names().is_empty() && table.n_rows() == 0 {
        problems.push(table.problem_of_file("at least one radiograph", "none"));
    }
}

/// What is wrong with the dates of subjects, whose first rows are given; a column that is absent
/// once.
fn note_dates(
    table: &Table,
    subjects: &[Subject],
    first_rows: &BTreeMap<usize, Row<'_>>,
    problems: &mut Vec<Problem>,
) {
    let fault = |(&index, row): (&usize, &Row<'_>)| {
        let (expected, got) = dates_fault(&subjects[index])?;
        Some(row.problem("date", expected, got))
    };
    let faults: Vec<Problem> = first_rows.iter().filter_map(fault).collect();
    match faults.is_empty() || table.has("date") {
        true => problems.extend(faults),
        false => problems.extend(absent("date", table)),
    }
}

/// What a date may be, and how others are read.
fn date_expected() -> String {
    let file = ColumnNames::FILE;
    format!("{}, or in {file} its format, e.g. \"%d/%m/%Y\"", Date::EXPECTED)
}

fn read_visit(row: &mut Reading) -> Option<Visit> {
    let words = |codes: Vec<&'static str>| one_of(codes.into_iter());
    let date = match row.row.text("date") {
        None => Some(None),
        Some(_) => row.required("date", &date_expected(), Date::from_text).map(Some),
    };
    // Paths with backslashes are those of another system.
    let path = |text: &str| Some(text.replace('\\', "/").into());
    let radiograph = row.required("radiograph", "a file", path);
    let views = words(View::ALL.iter().map(|v| v.code()).collect());
    let view = row.required("view", &views, View::from_code);
    let positions = words(Position::ALL.iter().map(|p| p.code()).collect());
    let position = row.optional("position", &positions, Position::from_code);
    let qualities = words(Quality::ALL.iter().map(|q| q.code()).collect());
    let quality = row.optional("quality", &qualities, Quality::from_code);
    let (least, most) = (SPACING_MM.start(), SPACING_MM.end());
    let cells = row.row;
    let spacing_mm =
        row.optional("spacing_mm", &format!("a number in {least} to {most}"), |text| {
            cells.finite(text).filter(|mm| SPACING_MM.contains(mm))
        });
    let bones = words(Bone::ALL.iter().map(|bone| bone.code()).collect());
    let bone = row.optional("bone", &bones, Bone::from_code);
    let (date, radiograph, view) = (date?, radiograph?, view?);
    Some(Visit { date, radiograph, view, position, quality, spacing_mm, bone })
}
