//! From the bytes of a file to rows of cells, with the line of each.

use super::format::{self, Format};
use super::{Record, Table};
use crate::Problem;

impl Table {
    /// Everything in the file that is a row of the header's length; what is not is listed.
    pub(crate) fn scan(file: &str, bytes: &[u8], problems: &mut Vec<Problem>) -> Self {
        let mut table = Self::unread(file);
        let (text, encoding) = match format::decode(bytes) {
            Ok(decoded) => decoded,
            Err(got) => {
                problems.push(table.problem_of_file("a table of text (CSV)", got));
                return table;
            }
        };
        if text.trim().is_empty() {
            problems.push(table.problem_of_file("a header and rows", "an empty file"));
            return table;
        }
        let (remarks, text) = text.split_at(remarks(&text));
        table.header_line = 1 + remarks.lines().count() as u64;
        table.format = Format { encoding, separator: format::separator(text), decimal_mark: '.' };
        table.read_text(text, problems);
        let cells = table.records.iter().flat_map(|record| record.cells.iter());
        if format::decimal_comma(cells) {
            table.format.decimal_mark = ',';
        }
        table
    }

    fn read_text(&mut self, text: &str, problems: &mut Vec<Problem>) {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.format.separator as u8) // one of three ASCII characters
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        match reader.headers() {
            Ok(header) => self.names = header.iter().map(str::to_owned).collect(),
            Err(e) => {
                let (expected, got) = ("a header".to_owned(), e.to_string());
                return problems.push(self.problem_at(self.header(), None, expected, got));
            }
        }
        self.check_header(problems);
        self.read_records(&mut reader, &mut Lines::of(text.as_bytes(), self.header_line), problems);
    }

    /// A row without the empty cells behind the last column, or what it has instead.
    fn as_wide_as_the_header(
        &self,
        mut cells: csv::StringRecord,
    ) -> Result<csv::StringRecord, String> {
        let n = self.names.len();
        if cells.iter().skip(n).all(str::is_empty) {
            cells.truncate(n);
        }
        match (cells.len() == n, cells.iter().filter(|cell| !cell.is_empty()).count()) {
            (true, _) => Ok(cells),
            (false, 1) if cells.iter().any(|cell| cell.contains(char::is_alphabetic)) => {
                let text: String = cells.iter().collect();
                Err(format!("{} ({text:?}); is it a remark that belongs out?", cells.len()))
            }
            (false, _) => Err(cells.len().to_string()),
        }
    }

    fn check_header(&self, problems: &mut Vec<Problem>) {
        for (i, name) in self.names.iter().enumerate() {
            // Columns without a name cannot be asked for.
            if !name.is_empty() && self.names[..i].contains(name) {
                let (expected, got) = ("each column once".to_owned(), "it twice".to_owned());
                problems.push(self.problem_at(self.header(), Some(name), expected, got));
            }
        }
    }

    fn read_records(
        &mut self,
        reader: &mut csv::Reader<&[u8]>,
        lines: &mut Lines,
        problems: &mut Vec<Problem>,
    ) {
        for record in reader.records() {
            match record {
                Ok(cells) => {
                    let line = lines.of_position(cells.position());
                    if cells.iter().all(str::is_empty) {
                        continue; // as a spreadsheet program writes the rows below a table
                    }
                    match self.as_wide_as_the_header(cells) {
                        Ok(cells) => self.records.push(Record { line, cells }),
                        Err(got) => {
                            let expected = format!("{} cells as in the header", self.names.len());
                            problems.push(self.problem_at(Some(line), None, expected, got));
                        }
                    }
                }
                Err(e) => {
                    let line = lines.of_position(e.position());
                    let (expected, got) = ("a row of text".to_owned(), e.to_string());
                    problems.push(self.problem_at(Some(line), None, expected, got));
                }
            }
        }
    }
}

/// How many bytes the lines above the header take that begin with `# `, also in quotes, as a
/// spreadsheet program may write them, or that name the separator for one.
fn remarks(text: &str) -> usize {
    let separator = |line: &str| line.trim_end().len() <= 5 && line.starts_with("sep=");
    let is_remark =
        |line: &&str| line.starts_with("# ") || line.starts_with("\"# ") || separator(line);
    text.split_inclusive('\n').take_while(is_remark).map(str::len).sum()
}

/// Counts the lines of a text up to positions that only increase.
///
/// The reader's own count takes the second byte of CRLF, and blank lines, for the beginning of the
/// next row.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8], line: u64) -> Self {
        Self { text, at: 0, line }
    }

    /// The line on which the row begins whose position the reader gives.
    fn of_position(&mut self, position: Option<&csv::Position>) -> u64 {
        let is_break = |&i: &usize| matches!(self.text.get(i), Some(b'\r' | b'\n'));
        let start = position.map_or(self.at, |p| p.byte() as usize);
        let start = (start..).find(|i| !is_break(i)).unwrap_or(start).min(self.text.len());
        for i in self.at..start {
            let ends = match self.text[i] {
                b'\n' => true,
                b'\r' => self.text.get(i + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
        }
        self.at = self.at.max(start);
        self.line
    }
}
