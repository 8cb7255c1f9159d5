//! Reading a CSV table for the programs that work on one: columns by name, missing values, text
//! columns as indicators, and errors that name file, row and column.
//!
//! Rows are numbered as a spreadsheet shows them: the header is row 1.

use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vertebra_survival::{CompetingOutcomes, Outcomes};

/// What counts as missing, whatever its case.
const MISSING: [&str; 5] = ["", "na", "nan", ".", "null"];

/// A CSV file with a header, every cell still text.
#[derive(Debug, Clone)]
pub struct Table {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    number: usize,
    cells: Vec<String>,
}

/// The values of one column, `None` where missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Every value is a finite number.
    Number(Vec<Option<f64>>),
    /// No value is a number.
    Text(Vec<Option<String>>),
}

impl Table {
    /// Reads a whole file.
    ///
    /// # Errors
    /// A file that cannot be read, has no row, names a column twice, or has rows of other lengths
    /// than its header.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(file);
        let header = reader.headers().with_context(|| format!("{}", path.display()))?;
        let names: Vec<String> = header.iter().map(str::to_owned).collect();
        for (i, name) in names.iter().enumerate() {
            ensure!(!names[..i].contains(name), "{}: two columns {name:?}", path.display());
        }
        let mut rows = Vec::new();
        for (i, record) in reader.records().enumerate() {
            let number = i + 2;
            let record = record.with_context(|| format!("{}: row {number}", path.display()))?;
            let (expected, got) = (names.len(), record.len());
            ensure!(
                expected == got,
                "{}: row {number}: expected {expected} columns as in the header, got {got}",
                path.display()
            );
            rows.push(Row { number, cells: record.iter().map(str::to_owned).collect() });
        }
        ensure!(!rows.is_empty(), "{}: expected at least one row below the header", path.display());
        Ok(Self { path: path.to_owned(), names, rows })
    }

    /// Column names in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows below the header.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The rows at `rows` (from 0), which keep their numbers in messages.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        let rows = rows.iter().map(|&r| self.rows[r].clone()).collect();
        Self { path: self.path.clone(), names: self.names.clone(), rows }
    }

    /// Rows (from 0) with a value in each of `columns`.
    ///
    /// # Errors
    /// A column that does not exist.
    pub fn complete_rows(&self, columns: &[&str]) -> anyhow::Result<Vec<usize>> {
        let columns: Vec<usize> =
            columns.iter().map(|name| self.index(name)).collect::<anyhow::Result<_>>()?;
        let complete = |row: &Row| columns.iter().all(|&c| !is_missing(&row.cells[c]));
        Ok((0..self.rows.len()).filter(|&r| complete(&self.rows[r])).collect())
    }

    /// One column: numbers if all its values are, text if none is.
    ///
    /// # Errors
    /// A column that does not exist, or has both numbers and text, or an infinite number.
    pub fn column(&self, name: &str) -> anyhow::Result<Column> {
        let c = self.index(name)?;
        let present = || self.rows.iter().filter(|row| !is_missing(&row.cells[c]));
        let n_numbers = present().filter(|row| row.cells[c].parse::<f64>().is_ok()).count();
        if n_numbers == 0 && present().next().is_some() {
            let text = |row: &Row| (!is_missing(&row.cells[c])).then(|| row.cells[c].clone());
            return Ok(Column::Text(self.rows.iter().map(text).collect()));
        }
        let number = |row: &Row| match &row.cells[c] {
            cell if is_missing(cell) => Ok(None),
            cell => self.parse(row, name, cell).map(Some),
        };
        Ok(Column::Number(self.rows.iter().map(number).collect::<anyhow::Result<_>>()?))
    }

    /// One column of numbers without a missing value.
    ///
    /// # Errors
    /// As [`column`](Self::column), and the first row that is missing or text.
    pub fn numbers(&self, name: &str) -> anyhow::Result<Vec<f64>> {
        let c = self.index(name)?;
        self.rows.iter().map(|row| self.parse(row, name, &row.cells[c])).collect()
    }

    /// One column as text, missing values as they stand in the file.
    ///
    /// # Errors
    /// A column that does not exist.
    pub fn texts(&self, name: &str) -> anyhow::Result<Vec<&str>> {
        let c = self.index(name)?;
        Ok(self.rows.iter().map(|row| row.cells[c].as_str()).collect())
    }

    /// The values of one column as labels 0, 1, .. in sorted order, e.g. strata or clusters.
    ///
    /// # Errors
    /// A column that does not exist, or a missing value.
    pub fn labels(&self, name: &str) -> anyhow::Result<Vec<usize>> {
        let texts = self.texts(name)?;
        if let Some(r) = texts.iter().position(|text| is_missing(text)) {
            bail!("{}: expected a value, got none", self.place(&self.rows[r], name));
        }
        let levels: BTreeSet<&str> = texts.iter().copied().collect();
        let ranks: BTreeMap<&str, usize> = levels.into_iter().zip(0..).collect();
        Ok(texts.iter().map(|text| ranks[text]).collect())
    }

    /// Columns as covariates without missing values: numbers as they are, a text column as one
    /// indicator `column=level` for each level after the first in sorted order.
    ///
    /// # Errors
    /// As [`column`](Self::column), a missing value, or a text column with one level.
    pub fn covariates(&self, names: &[String]) -> anyhow::Result<Vec<(String, Vec<f64>)>> {
        let mut columns = Vec::new();
        for name in names {
            match self.column(name)? {
                Column::Number(_) => columns.push((name.clone(), self.numbers(name)?)),
                Column::Text(_) => columns.extend(self.indicators(name)?),
            }
        }
        Ok(columns)
    }

    /// Outcomes from a column of times and one of events (0 or 1), and of entry times if any.
    ///
    /// # Errors
    /// The first row whose time is negative or no number, whose event is neither 0 nor 1, or whose
    /// entry is not before its time.
    pub fn outcomes(
        &self,
        time: &str,
        event: &str,
        entry: Option<&str>,
    ) -> anyhow::Result<Outcomes> {
        let times = self.times(time)?;
        let events = self.numbers(event)?;
        self.check(event, &events, "0 (censored) or 1 (event)", |_, e| e == 0.0 || e == 1.0)?;
        let outcomes = Outcomes::new(times.clone(), events.iter().map(|&e| e == 1.0).collect())?;
        Ok(match entry {
            None => outcomes,
            Some(entry) => outcomes.with_entry(self.entries(entry, time, &times)?)?,
        })
    }

    /// Outcomes under competing risks, from a column of times and one of causes (0 where censored), and of entry
    /// times if any.
    ///
    /// # Errors
    /// As [`outcomes`](Self::outcomes) and [`causes`](Self::causes).
    pub fn competing_outcomes(
        &self,
        time: &str,
        cause: &str,
        entry: Option<&str>,
    ) -> anyhow::Result<CompetingOutcomes> {
        let times = self.times(time)?;
        let outcomes = CompetingOutcomes::new(times.clone(), self.causes(cause)?)?;
        Ok(match entry {
            None => outcomes,
            Some(entry) => outcomes.with_entry(self.entries(entry, time, &times)?)?,
        })
    }

    /// A column of causes of events, 0 where a subject was censored.
    ///
    /// # Errors
    /// The first row whose cause is no whole number from 0 to 99.
    pub fn causes(&self, name: &str) -> anyhow::Result<Vec<usize>> {
        let causes = self.numbers(name)?;
        let whole = |_, c: f64| c.fract() == 0.0 && (0.0..=99.0).contains(&c);
        self.check(name, &causes, "0 (censored) or a cause 1, 2, .., 99", whole)?;
        Ok(causes.into_iter().map(|c| c as usize).collect())
    }

    fn times(&self, name: &str) -> anyhow::Result<Vec<f64>> {
        let times = self.numbers(name)?;
        self.check(name, &times, "a time >= 0", |_, t| t >= 0.0)?;
        Ok(times)
    }

    fn entries(&self, name: &str, time: &str, times: &[f64]) -> anyhow::Result<Vec<f64>> {
        let entries = self.numbers(name)?;
        let expected = format!("an entry time >= 0 and before {time}");
        self.check(name, &entries, &expected, |r, e| e >= 0.0 && e < times[r])?;
        Ok(entries)
    }

    /// A column of weights above 0.
    ///
    /// # Errors
    /// The first row whose weight is not a positive number.
    pub fn weights(&self, name: &str) -> anyhow::Result<Vec<f64>> {
        let weights = self.numbers(name)?;
        self.check(name, &weights, "a weight > 0", |_, w| w > 0.0)?;
        Ok(weights)
    }

    /// A column of probabilities.
    ///
    /// # Errors
    /// The first row whose value is not in [0, 1].
    pub fn probabilities(&self, name: &str) -> anyhow::Result<Vec<f64>> {
        let values = self.numbers(name)?;
        let inside = |_, p: f64| (0.0..=1.0).contains(&p);
        self.check(name, &values, "a probability in [0, 1]", inside)?;
        Ok(values)
    }

    fn check(
        &self,
        name: &str,
        values: &[f64],
        expected: &str,
        holds: impl Fn(usize, f64) -> bool,
    ) -> anyhow::Result<()> {
        match values.iter().enumerate().find(|(r, v)| !holds(*r, **v)) {
            Some((r, value)) => {
                bail!("{}: expected {expected}, got {value}", self.place(&self.rows[r], name))
            }
            None => Ok(()),
        }
    }

    fn indicators(&self, name: &str) -> anyhow::Result<Vec<(String, Vec<f64>)>> {
        let labels = self.labels(name)?;
        let texts = self.texts(name)?;
        let n_levels = labels.iter().max().map_or(0, |last| last + 1);
        ensure!(
            n_levels > 1,
            "{}: column {name:?} has the one value {:?} in every row used",
            self.path.display(),
            texts.first().unwrap_or(&"")
        );
        let level = |level: usize| {
            let first = labels.iter().position(|&l| l == level).map_or("", |r| texts[r]);
            let values = labels.iter().map(|&l| f64::from(u8::from(l == level))).collect();
            (format!("{name}={first}"), values)
        };
        Ok((1..n_levels).map(level).collect())
    }

    fn parse(&self, row: &Row, name: &str, cell: &str) -> anyhow::Result<f64> {
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ if is_missing(cell) => {
                bail!(
                    "{}: expected a number, got a missing value ({cell:?})",
                    self.place(row, name)
                )
            }
            _ => bail!("{}: expected a number, got {cell:?}", self.place(row, name)),
        }
    }

    fn place(&self, row: &Row, name: &str) -> String {
        format!("{}: row {}, column {name:?}", self.path.display(), row.number)
    }

    fn index(&self, name: &str) -> anyhow::Result<usize> {
        match self.names.iter().position(|n| n == name) {
            Some(index) => Ok(index),
            None => bail!(
                "{}: no column {name:?}; the columns are {}",
                self.path.display(),
                self.names.join(", ")
            ),
        }
    }
}

fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> anyhow::Result<Table> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text)?;
        let mut table = Table::read(&path)?;
        table.path = "t.csv".into();
        Ok(table)
    }

    fn message<T>(result: anyhow::Result<T>) -> String {
        format!("{:#}", result.err().unwrap())
    }

    #[test]
    fn text_columns_become_indicators_against_the_first_level() {
        let table = table("a,cell\n1,small\n2,adeno\n3,large\n4,adeno\n").unwrap();
        let names = ["a".to_owned(), "cell".to_owned()];
        assert_eq!(
            table.covariates(&names).unwrap(),
            [
                ("a".to_owned(), vec![1.0, 2.0, 3.0, 4.0]),
                ("cell=large".to_owned(), vec![0.0, 0.0, 1.0, 0.0]),
                ("cell=small".to_owned(), vec![1.0, 0.0, 0.0, 0.0]),
            ]
        );
        assert_eq!(table.labels("cell").unwrap(), [2, 0, 1, 0]);
    }

    #[test]
    fn missing_values_are_found_and_rows_keep_their_numbers() {
        let table = table("a,b\n1,x\nNA,y\n3,\n4,z\n").unwrap();
        let rows = table.complete_rows(&["a", "b"]).unwrap();
        assert_eq!(rows, [0, 3]);
        assert_eq!(
            table.column("a").unwrap(),
            Column::Number(vec![Some(1.), None, Some(3.), Some(4.)])
        );
        let complete = table.subset(&rows);
        assert_eq!(complete.numbers("a").unwrap(), [1.0, 4.0]);
        assert_eq!(
            message(complete.numbers("b")),
            "t.csv: row 2, column \"b\": expected a number, got \"x\""
        );
        assert_eq!(
            message(table.numbers("a")),
            "t.csv: row 3, column \"a\": expected a number, got a missing value (\"NA\")"
        );
    }

    #[test]
    fn bad_cells_are_named_by_row_and_column() {
        let table = table("time,event,from,age\n5,1,0,7\n-2,0,1,8o\n3,2,4,9\n").unwrap();
        assert_eq!(
            message(table.outcomes("time", "event", None)),
            "t.csv: row 3, column \"time\": expected a time >= 0, got -2"
        );
        let rest = table.subset(&[0, 2]);
        assert_eq!(
            message(rest.outcomes("time", "event", None)),
            "t.csv: row 4, column \"event\": expected 0 (censored) or 1 (event), got 2"
        );
        assert_eq!(
            message(rest.outcomes("time", "event", Some("from"))).split(':').next().unwrap(),
            "t.csv"
        );
        assert_eq!(
            message(table.column("age")),
            "t.csv: row 3, column \"age\": expected a number, got \"8o\""
        );
        assert!(message(table.numbers("sex")).contains("no column \"sex\""));
        assert_eq!(rest.causes("event").unwrap(), [1, 2]);
        assert_eq!(
            message(table.competing_outcomes("event", "time", None)),
            "t.csv: row 3, column \"time\": expected 0 (censored) or a cause 1, 2, .., 99, got -2"
        );
    }

    #[test]
    fn tables_that_are_no_tables_are_refused() {
        assert!(message(table("a,b\n1,2\n3\n")).contains("row 3: expected 2 columns"));
        assert!(message(table("a,a\n1,2\n")).contains("two columns \"a\""));
        assert!(message(table("a,b\n")).contains("at least one row"));
        assert!(message(Table::read(Path::new("no/such.csv"))).contains("no/such.csv"));
    }
}
