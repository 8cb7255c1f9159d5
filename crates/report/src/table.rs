//! A table that can be read as HTML, Markdown and CSV.

use crate::format::{fixed, interval, p_value, thousands};
use crate::results::{FileColumn, RunFile};
use maud::{Markup, html};
use vertebra_evaluation::{Estimate, Figure};

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Words, to the left.
    Text,
    /// The first column of a table in parts: its words stand once above the rows that share them.
    Group,
    /// A number.
    Number,
    /// A value and its interval: three columns in CSV.
    Interval,
    /// An interval without a value: two columns in CSV.
    Bounds,
    /// A mean and its SD, or a count and its share: two columns in CSV.
    Spread,
    /// A count and its share: two columns in CSV.
    Share,
}

impl Kind {
    fn n_cells(self) -> usize {
        match self {
            Self::Interval | Self::Bounds | Self::Spread | Self::Share => 2,
            Self::Text | Self::Group | Self::Number => 1,
        }
    }

    /// What follows the column's name in the CSV, column by column, and what it adds to the
    /// meaning.
    fn parts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Text | Self::Group | Self::Number => &[("", "")],
            Self::Interval => &[("", ""), LOWER, UPPER],
            Self::Bounds => &[LOWER, UPPER],
            Self::Spread => &[
                ("", ": the mean, or the number with it"),
                ("_sd_or_share", ": the SD, or the share of recorded values in [0, 1]"),
            ],
            Self::Share => &[("", ""), ("_share", ": as a share in [0, 1]")],
        }
    }
}

const LOWER: (&str, &str) = ("_lower", ": lower bound of the 95 % interval");
const UPPER: (&str, &str) = ("_upper", ": upper bound of the 95 % interval");

/// A column: its head on the page, how it is set, its name in CSV, and what that holds.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

impl Column {
    /// Words.
    pub(crate) fn text(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { title: title.into(), kind: Kind::Text, name, meaning }
    }

    /// Words that stand once above the rows that share them; the first column only.
    pub(crate) fn group(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Group, ..Self::text(title, name, meaning) }
    }

    /// Numbers.
    pub(crate) fn number(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Number, ..Self::text(title, name, meaning) }
    }

    /// Values with their intervals.
    pub(crate) fn interval(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Interval, ..Self::text(title, name, meaning) }
    }

    /// Intervals without a value.
    pub(crate) fn bounds(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Bounds, ..Self::text(title, name, meaning) }
    }

    /// Means with their SD, or counts with their share.
    pub(crate) fn spread(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Spread, ..Self::text(title, name, meaning) }
    }

    /// Counts with their share.
    pub(crate) fn share(
        title: impl Into<String>,
        name: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { kind: Kind::Share, ..Self::text(title, name, meaning) }
    }

    /// The columns of the CSV, each with its meaning.
    fn in_csv(&self) -> impl Iterator<Item = FileColumn> {
        let Self { name, meaning, .. } = self;
        let part = move |(suffix, rest): &(&str, &str)| {
            FileColumn::new(format!("{name}{suffix}"), format!("{meaning}{rest}"))
        };
        self.kind.parts().iter().map(part)
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// Words for the page, and what stands for them in CSV.
    Named(String, String),
    Int(usize),
    /// Value and decimals.
    Number(f64, usize),
    /// Estimate with interval, and decimals.
    Estimate(Estimate, usize),
    /// Interval without estimate, and decimals.
    Bounds(f64, f64, usize),
    /// Mean and SD, and decimals.
    MeanSd(f64, Option<f64>, usize),
    /// Count out of a total.
    Share(usize, usize),
    P(f64),
    /// What does not exist.
    Nothing,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Words for the page, and what stands for them in CSV.
    pub(crate) fn named(text: impl Into<String>, name: impl ToString) -> Self {
        Self::Named(text.into(), name.to_string())
    }

    /// The cell of a value that may not exist.
    pub(crate) fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }

    /// The cell of a figure that may not exist.
    pub(crate) fn figure<T>(figure: &Figure<T>, cell: impl FnOnce(&T) -> Self) -> Self {
        Self::of(figure.value(), cell)
    }

    /// Main part and the part in lighter print.
    fn parts(&self) -> (String, String) {
        match self {
            Self::Text(text) | Self::Named(text, _) => (text.clone(), String::new()),
            Self::Int(n) => (thousands(*n), String::new()),
            Self::Number(value, digits) => (fixed(*value, *digits), String::new()),
            Self::Estimate(e, digits) => {
                let bounds = e.interval;
                (fixed(e.value, *digits), interval(bounds.lower, bounds.upper, *digits))
            }
            Self::Bounds(lower, upper, digits) => {
                (String::new(), interval(*lower, *upper, *digits))
            }
            Self::MeanSd(mean, sd, digits) => {
                let sd = sd.map(|sd| format!("± {}", fixed(sd, *digits))).unwrap_or_default();
                (fixed(*mean, *digits), sd)
            }
            Self::Share(count, n) => {
                let percent = 100.0 * *count as f64 / *n as f64;
                (thousands(*count), format!("({} %)", fixed(percent, 1)))
            }
            Self::P(p) => (p_value(*p), String::new()),
            Self::Nothing => ("–".to_owned(), String::new()),
        }
    }

    /// Full precision; as many values as the column's kind asks for.
    fn csv(&self, kind: Kind) -> Vec<String> {
        let mut values = match self {
            Self::Text(text) | Self::Named(_, text) => vec![text.clone()],
            Self::Int(n) => vec![n.to_string()],
            Self::Number(value, _) | Self::P(value) => vec![value.to_string()],
            Self::Estimate(e, _) => {
                let bounds = e.interval;
                [e.value, bounds.lower, bounds.upper].map(|v| v.to_string()).to_vec()
            }
            Self::Bounds(lower, upper, _) => vec![lower.to_string(), upper.to_string()],
            Self::MeanSd(mean, sd, _) => {
                vec![mean.to_string(), sd.map(|sd| sd.to_string()).unwrap_or_default()]
            }
            Self::Share(count, n) => {
                vec![count.to_string(), (*count as f64 / *n as f64).to_string()]
            }
            Self::Nothing => Vec::new(),
        };
        values.resize(kind.parts().len(), String::new());
        values
    }
}

/// A table with its caption.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) id: &'static str,
    pub(crate) caption: String,
    pub(crate) note: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// The row that is printed in bold.
    pub(crate) bold: Option<usize>,
}

impl Table {
    pub(crate) fn new(id: &'static str, caption: &str, columns: impl Into<Vec<Column>>) -> Self {
        let (caption, note) = (caption.to_owned(), String::new());
        Self { id, caption, note, columns: columns.into(), rows: Vec::new(), bold: None }
    }

    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// File name without extension.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id
    }

    /// What the table shows, and in which units.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The CSV as a file of the run folder, with the meaning of each of its columns.
    #[must_use]
    pub fn file(&self) -> RunFile {
        let caption = self.caption.trim_end_matches('.');
        let columns = self.columns.iter().flat_map(Column::in_csv).collect();
        RunFile::new(format!("tables/{}.csv", self.id), caption).with_columns(columns)
    }

    /// CSV with full precision: an interval takes three columns, a spread two; what does not exist
    /// is empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self.columns.iter().flat_map(Column::in_csv).map(|column| column.name);
        // Writing to memory cannot fail, and every row has the header's length.
        let _ = writer.write_record(header.collect::<Vec<_>>());
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).flat_map(|(cell, c)| cell.csv(c.kind));
            let _ = writer.write_record(cells.collect::<Vec<_>>());
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// A Markdown table below its caption.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("{}\n\n", self.caption);
        text += &line(self.columns.iter().map(|column| escape(&column.title)).collect());
        let rule = |kind: &Kind| match kind {
            Kind::Text | Kind::Group => "---".to_owned(),
            _ => "---:".to_owned(),
        };
        text += &line(self.columns.iter().map(|column| rule(&column.kind)).collect());
        for row in &self.rows {
            let cell = |cell: &Cell| {
                let (main, rest) = cell.parts();
                escape(format!("{main} {rest}").trim())
            };
            text += &line(row.iter().map(cell).collect());
        }
        if !self.note.is_empty() {
            text += &format!("\n{}\n", self.note);
        }
        text
    }

    /// What must be known to read it; may be empty.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }

    /// The table itself, without caption and note.
    pub(crate) fn to_html(&self) -> Markup {
        html! {
            table {
                thead { tr { @for column in self.columns.iter().filter(|c| !is_group(c)) {
                    @let kind = column.kind;
                    th scope="col" colspan=(kind.n_cells()) class=(class(kind)) { (column.title) }
                } } }
                tbody { @for index in 0..self.rows.len() { (self.row_html(index)) } }
            }
        }
    }

    fn row_html(&self, index: usize) -> Markup {
        let cells = || self.rows[index].iter().zip(&self.columns).enumerate();
        let width: usize =
            self.columns.iter().filter(|c| !is_group(c)).map(|c| c.kind.n_cells()).sum();
        html! {
            @if let Some(group) = self.new_group(index) {
                tr.group { th scope="rowgroup" colspan=(width) { (group) } }
            }
            tr.bold[self.bold == Some(index)] {
                @for (column, (cell, Column { kind, .. })) in cells().filter(|(_, (_, c))| !is_group(c)) {
                    @let (main, rest) = cell.parts();
                    @if kind.n_cells() == 2 {
                        td class=(self.aligned(column, cell)) { (main) }
                        td.rest { (rest) }
                    } @else {
                        td class=(class(*kind)) { (main) }
                    }
                }
            }
        }
    }

    /// The words above a row, when it is the first of its group.
    fn new_group(&self, index: usize) -> Option<String> {
        self.columns.first().filter(|c| is_group(c))?;
        let first = |i: usize| self.rows[i].first();
        let starts = index == 0 || first(index - 1) != first(index);
        first(index).filter(|_| starts).map(|cell| cell.parts().0)
    }

    /// Counts stand so far to the left that they end where the means of their column have the
    /// decimal point.
    fn aligned(&self, column: usize, cell: &Cell) -> String {
        let digits = self.rows.iter().filter_map(|row| match row[column] {
            Cell::MeanSd(_, _, digits) => Some(digits),
            _ => None,
        });
        match (cell, digits.max()) {
            (Cell::Share(..), Some(digits)) if digits > 0 => format!("number before-{digits}"),
            _ => "number".to_owned(),
        }
    }
}

fn is_group(column: &Column) -> bool {
    column.kind == Kind::Group
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Group => "text",
        Kind::Number => "number",
        Kind::Interval | Kind::Bounds | Kind::Spread | Kind::Share => "pair",
    }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests;
