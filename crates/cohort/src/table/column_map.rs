//! Which column of a user's table is which of ours: other names, codes, units and dates.

use super::{Record, Table, is_missing};
use crate::{Date, DeclaredCovariates, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the value of one of our columns comes from in a user's table. As TOML it is the name of
/// the user's column, or a table of these fields, or one of those of [`YearsBetween`].
///
/// ```toml
/// age = "Alter"
/// sex = { column = "Geschlecht", values = { weiblich = "F", "männlich" = "M" } }
/// bmi = { column = "BMI x 10", factor = 0.1 }
/// date = { column = "Datum", format = "%d/%m/%Y" }
/// time = { from = "Aufnahme", to = "Letzter Kontakt" }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MappedColumn {
    /// A column of another name.
    Named(String),
    /// A column of another name, with other codes, units or dates.
    Coded {
        /// Its name in the file.
        column: String,
        /// What each of its codes means in ours; a code that is not listed stays as it is.
        #[serde(default)]
        values: BTreeMap<String, String>,
        /// By what its numbers are multiplied.
        factor: Option<f64>,
        /// How its dates are written, as `strftime` has it, e.g. `%d/%m/%Y`.
        format: Option<String>,
    },
    /// The years between two columns of dates.
    Years(YearsBetween),
}

/// The years (of 365.25 days) between the dates in two columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct YearsBetween {
    /// The column of the earlier dates.
    pub from: String,
    /// The column of the later dates.
    pub to: String,
    /// How both are written, as `strftime` has it; by default as [`Date::from_text`] reads them.
    pub format: Option<String>,
}

/// Our columns, by name, and where each comes from; those that are not named are looked for under
/// our own names.
pub type ColumnMap = BTreeMap<String, MappedColumn>;

impl Table {
    /// The same rows with our names, codes, units and dates. Columns that the map does not name
    /// stay as they are. What is wrong with the map, or with a cell that it touches, is listed.
    #[must_use]
    pub fn mapped(&self, map: &ColumnMap, problems: &mut Vec<Problem>) -> Self {
        let mut mapped = self.clone();
        for (ours, source) in map {
            let theirs = match source {
                MappedColumn::Years(years) => {
                    mapped.add_years(ours, self, years, problems);
                    continue;
                }
                MappedColumn::Named(theirs) | MappedColumn::Coded { column: theirs, .. } => theirs,
            };
            match self.index(theirs) {
                Err(problem) => problems.push(problem),
                Ok(_) if ours != theirs && self.has(ours) => {
                    let expected = format!("one column for {ours}");
                    let got = format!("a column {ours} and, by the map, \"{theirs}\"");
                    problems.push(self.problem_at(self.header(), None, expected, got));
                }
                Ok(at) => mapped.rename(at, ours, theirs),
            }
            if let MappedColumn::Coded { values, factor, format, .. } = source {
                let recode = Recode { values, factor: *factor, format: format.as_deref() };
                mapped.recode(ours, &recode, problems);
            }
        }
        mapped
    }

    /// The same with `ours` for columns of the file that are those but for capitals and for blanks,
    /// hyphens and points in the place of `_`; one that is there under our name stays it, and one
    /// that is `declared` stays what it is.
    #[must_use]
    pub(crate) fn with_our_spelling(
        mut self,
        ours: &[&str],
        declared: &DeclaredCovariates,
    ) -> Self {
        let bare = |name: &String| match declared.contains_key(name) {
            true => String::new(),
            false => name.to_lowercase().replace([' ', '-', '.'], "_"),
        };
        for name in ours.iter().filter(|name| self.position(name).is_none()).collect::<Vec<_>>() {
            let mut alike = (0..self.names.len()).filter(|&at| bare(&self.names[at]) == **name);
            if let (Some(at), None) = (alike.next(), alike.next()) {
                let theirs = self.names[at].clone();
                self.rename(at, name, &theirs);
            }
        }
        self
    }

    fn rename(&mut self, at: usize, ours: &str, theirs: &str) {
        self.names[at] = ours.to_owned();
        if ours != theirs {
            self.names_in_file.insert(ours.to_owned(), theirs.to_owned());
        }
    }

    fn recode(&mut self, column: &str, recode: &Recode, problems: &mut Vec<Problem>) {
        let Some(at) = self.position(column) else { return };
        let mut records = std::mem::take(&mut self.records);
        for record in &mut records {
            let cell = &record.cells[at];
            if is_missing(cell) {
                continue;
            }
            match recode.cell(self, cell) {
                Ok(text) => record.set(at, &text),
                Err(expected) => {
                    let (line, got) = (record.line, format!("\"{cell}\""));
                    problems.push(self.problem_at(Some(line), Some(column), expected, got));
                }
            }
        }
        self.records = records;
    }

    /// Appends a column of years between two columns of `source`, whose rows are this table's.
    fn add_years(
        &mut self,
        name: &str,
        source: &Self,
        years: &YearsBetween,
        problems: &mut Vec<Problem>,
    ) {
        let format = years.format.as_deref();
        for (record, row) in self.records.iter_mut().zip(source.rows()) {
            let mut date = |column: &str| {
                let read = |text: &str| date_of(text, format);
                let date = row.optional(column, &expected_date(format), read);
                date.map_err(|problem| problems.push(problem)).ok().flatten()
            };
            let text = match (date(&years.from), date(&years.to)) {
                (Some(from), Some(to)) => self.format.number(to.years_since(from)),
                _ => String::new(),
            };
            record.cells.push_field(&text);
        }
        self.names.push(name.to_owned());
        for column in [&years.from, &years.to] {
            problems.extend(source.index(column).err());
        }
    }
}

impl Record {
    fn set(&mut self, at: usize, text: &str) {
        let cells = self.cells.iter().enumerate();
        self.cells = cells.map(|(c, cell)| if c == at { text } else { cell }).collect();
    }
}

/// How the cells of one column become ours.
struct Recode<'a> {
    values: &'a BTreeMap<String, String>,
    factor: Option<f64>,
    format: Option<&'a str>,
}

impl Recode<'_> {
    /// The cell in our codes, or what was expected of it.
    fn cell(&self, table: &Table, cell: &str) -> Result<String, String> {
        if let Some(ours) = self.values.get(cell) {
            return Ok(ours.clone());
        }
        if let Some(factor) = self.factor {
            let number = table.finite(cell).ok_or("a number")?;
            return Ok(table.format.number(number * factor));
        }
        match self.format {
            None => Ok(cell.to_owned()),
            Some(_) => date_of(cell, self.format)
                .map(|date| date.to_string())
                .ok_or_else(|| expected_date(self.format)),
        }
    }
}

fn date_of(text: &str, format: Option<&str>) -> Option<Date> {
    match format {
        None => Date::from_text(text),
        Some(format) => Date::from_format(text, format),
    }
}

fn expected_date(format: Option<&str>) -> String {
    match format {
        None => Date::EXPECTED.to_owned(),
        Some(format) => format!("a date as {format}"),
    }
}
