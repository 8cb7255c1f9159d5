//! Reads `cohort.csv` and `visits.csv`, and lists every bad row instead of stopping at the first.

use crate::cohort::problems_of;
use crate::column::{OPTIONAL, REQUIRED, SUBJECT_ID, expected_age, expected_sex, one_of};
use crate::write::{COHORT_FILE, VISIT_COLUMNS, VISITS_FILE};
use crate::{Cohort, Date, Position, Problem, Problems, Quality, Sex, Subject, View, Visit};
use std::collections::HashMap;
use std::path::Path;

/// Cells that mean "not recorded".
const MISSING: [&str; 2] = ["", "NA"];

/// How many of the required columns of `visits.csv` come first in `VISIT_COLUMNS`.
const REQUIRED_VISIT_COLUMNS: usize = 4;

pub(crate) fn read(folder: &Path) -> Result<Cohort, Problems> {
    let mut problems = Vec::new();
    let table = Table::read(folder, COHORT_FILE, &REQUIRED, &mut problems);
    let visits =
        Table::read(folder, VISITS_FILE, &VISIT_COLUMNS[..REQUIRED_VISIT_COLUMNS], &mut problems);
    let (mut subjects, lines, known) = read_subjects(&table, &mut problems);
    problems.extend(problems_of(&subjects, COHORT_FILE, &lines));
    read_visits(folder, &visits, &known, &mut subjects, &mut problems);
    problems.sort_by_key(|p| (p.file != COHORT_FILE, p.line));
    Problems::check(problems)?;
    Ok(Cohort::checked(folder.to_owned(), subjects, table.unknown_columns()))
}

/// A CSV file as text: header, and the rows that have as many cells as the header.
#[derive(Default)]
struct Table {
    file: &'static str,
    header: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Table {
    fn read(
        folder: &Path,
        file: &'static str,
        required: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut table = Self { file, ..Self::default() };
        let bytes = match std::fs::read(folder.join(file)) {
            Ok(bytes) => bytes,
            Err(e) => {
                problems.push(table.problem(None, None, "a readable file", &e.to_string()));
                return table;
            }
        };
        // Spreadsheet programs start UTF-8 files with a byte-order mark.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text);
        match reader.headers() {
            Ok(header) => table.header = header.iter().map(str::to_owned).collect(),
            Err(e) => {
                problems.push(table.problem(Some(1), None, "a header in UTF-8", &e.to_string()))
            }
        }
        table.check_header(required, problems);
        table.read_rows(&mut reader, problems);
        table
    }

    fn check_header(&self, required: &[&str], problems: &mut Vec<Problem>) {
        for name in required.iter().filter(|name| self.position(name).is_none()) {
            let got = format!("columns {}", self.header.join(", "));
            problems.push(self.problem(Some(1), None, &format!("a column {name}"), &got));
        }
        for (i, name) in self.header.iter().enumerate() {
            if !name.is_empty() && self.header[..i].contains(name) {
                problems.push(self.problem(Some(1), Some(name), "each column once", "it twice"));
            }
        }
    }

    fn read_rows(&mut self, reader: &mut csv::Reader<&[u8]>, problems: &mut Vec<Problem>) {
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    if record.len() == self.header.len() {
                        self.rows.push((line, record.iter().map(str::to_owned).collect()));
                    } else {
                        let expected = format!("{} cells as in the header", self.header.len());
                        let got = record.len().to_string();
                        problems.push(self.problem(Some(line), None, &expected, &got));
                    }
                }
                Err(e) => {
                    let line = e.position().map(csv::Position::line);
                    problems.push(self.problem(line, None, "text in UTF-8", &e.to_string()));
                }
            }
        }
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// The text of a cell; `None` when the column is absent or nothing is recorded.
    fn cell<'a>(&self, row: &'a [String], column: &str) -> Option<&'a str> {
        let text = row[self.position(column)?].as_str();
        (!MISSING.contains(&text)).then_some(text)
    }

    fn unknown_columns(&self) -> Vec<String> {
        let known =
            |name: &str| REQUIRED.contains(&name) || OPTIONAL.iter().any(|c| c.name == name);
        self.header.iter().filter(|name| !known(name)).cloned().collect()
    }

    fn problem(
        &self,
        line: Option<u64>,
        column: Option<&str>,
        expected: &str,
        got: &str,
    ) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line,
            column: column.map(str::to_owned),
            expected: expected.to_owned(),
            got: got.to_owned(),
        }
    }
}

/// One row while it is read: cells come out typed, or a problem is noted.
struct Row<'a> {
    table: &'a Table,
    line: u64,
    cells: &'a [String],
    problems: &'a mut Vec<Problem>,
}

impl Row<'_> {
    fn note(&mut self, column: &str, expected: &str, got: &str) {
        self.problems.push(self.table.problem(Some(self.line), Some(column), expected, got));
    }

    fn optional<T>(
        &mut self,
        column: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.table.cell(self.cells, column)?;
        let value = parse(text);
        if value.is_none() {
            self.note(column, expected, &format!("\"{text}\""));
        }
        value
    }

    fn required<T>(
        &mut self,
        column: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.table.position(column).is_some() && self.table.cell(self.cells, column).is_none() {
            self.note(column, expected, "nothing");
        }
        self.optional(column, expected, parse)
    }
}

/// The subjects of all rows, their lines, and where each id stands.
fn read_subjects(
    table: &Table,
    problems: &mut Vec<Problem>,
) -> (Vec<Subject>, Vec<u64>, HashMap<String, usize>) {
    let (mut subjects, mut lines, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    if table.position(SUBJECT_ID).is_none() {
        return (subjects, lines, known);
    }
    for (line, cells) in &table.rows {
        let subject = read_subject(&mut Row { table, line: *line, cells, problems });
        known.entry(subject.id.clone()).or_insert(subjects.len());
        subjects.push(subject);
        lines.push(*line);
    }
    if table.rows.is_empty() {
        problems.push(table.problem(None, None, "at least one subject", "none"));
    }
    (subjects, lines, known)
}

/// The subject of one row. A cell that cannot be read is noted and leaves a stand-in behind, so
/// that the other cells of the row are checked all the same; the cohort is then refused anyway.
fn read_subject(row: &mut Row) -> Subject {
    let id = row.table.cell(row.cells, SUBJECT_ID).unwrap_or_default(); // checked with the ranges
    let sex = row.required("sex", &expected_sex(), Sex::from_code).unwrap_or(Sex::Female);
    let age = row.required("age", &expected_age(), |text| text.parse().ok()).unwrap_or(0.0);
    let mut subject = Subject::new(id, sex, age);
    for column in &OPTIONAL {
        let Some(text) = row.table.cell(row.cells, column.name) else { continue };
        if let Err(expected) = column.read(text, &mut subject) {
            row.note(column.name, &expected, &format!("\"{text}\""));
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
    for (line, cells) in &table.rows {
        let mut row = Row { table, line: *line, cells, problems };
        let owner =
            row.required(SUBJECT_ID, "an id that is in cohort.csv", |id| known.get(id).copied());
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
        used.insert(visit.radiograph.clone(), *line);
        if let Some(index) = owner {
            subjects[index].visits.push(visit);
        }
    }
}

fn read_visit(row: &mut Row) -> Option<Visit> {
    let words = |codes: Vec<&'static str>| one_of(codes.into_iter());
    let date = row.required("date", "a date as YYYY-MM-DD", |text| text.parse::<Date>().ok());
    let radiograph = row.required("radiograph", "a file", |text| Some(text.into()));
    let views = words(View::ALL.iter().map(|v| v.code()).collect());
    let view = row.required("view", &views, View::from_code);
    let positions = words(Position::ALL.iter().map(|p| p.code()).collect());
    let position = row.optional("position", &positions, Position::from_code);
    let qualities = words(Quality::ALL.iter().map(|q| q.code()).collect());
    let quality = row.optional("quality", &qualities, Quality::from_code);
    Some(Visit { date: date?, radiograph: radiograph?, view: view?, position, quality })
}
