//! How a file of rows is written: its encoding, separator and decimal mark, found from the file.

use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// How the bytes of a table stand for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[default]
    Utf8,
    /// UTF-16 with a byte-order mark, or without one where every other byte of the header is 0.
    Utf16,
    /// Windows-1252, of which Latin-1 is a part: what is not UTF-8 and has no control characters.
    Windows1252,
}

/// How a table is written. Without any doubt about it the default: UTF-8, commas, decimal points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Format {
    /// How its bytes stand for text.
    pub encoding: Encoding,
    /// What separates its columns: the one of `,`, `;` and tab that the header has most of.
    pub separator: char,
    /// What stands before the decimals of its numbers: `.` or `,`.
    pub decimal_mark: char,
}

impl Default for Format {
    fn default() -> Self {
        Self { encoding: Encoding::Utf8, separator: ',', decimal_mark: '.' }
    }
}

impl Format {
    /// A number as a table of this format writes it.
    pub(super) fn number(self, value: f64) -> String {
        let text = value.to_string();
        if self.decimal_mark == ',' { text.replace('.', ",") } else { text }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoding = match self.encoding {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16 => "UTF-16",
            Encoding::Windows1252 => "Windows-1252",
        };
        let separator = match self.separator {
            ';' => "semicolons",
            '\t' => "tabs",
            _ => "commas",
        };
        let mark = if self.decimal_mark == ',' { "commas" } else { "points" };
        write!(f, "{encoding}, columns separated by {separator}, decimal {mark}")
    }
}

/// The text of a file, or what the file is instead.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), &'static str> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err("a workbook of a spreadsheet program (save its sheet as CSV, UTF-8)");
    }
    if bytes.starts_with(b"PAR1") {
        return Err("a Parquet file (export it as CSV)");
    }
    if let Some(text) = utf_16(bytes) {
        return Ok((Cow::Owned(text), Encoding::Utf16));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().any(|&b| b < b' ' && !b.is_ascii_whitespace()) {
        return Err("a binary file");
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Encoding::Utf8),
        Err(_) => {
            (Cow::Owned(bytes.iter().map(|&b| windows_1252(b)).collect()), Encoding::Windows1252)
        }
    })
}

fn utf_16(bytes: &[u8]) -> Option<String> {
    let (little, rest) = match bytes {
        [0xff, 0xfe, rest @ ..] => (true, rest),
        [0xfe, 0xff, rest @ ..] => (false, rest),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (true, bytes),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => (false, bytes),
        _ => return None,
    };
    let unit = |pair: &[u8; 2]| match little {
        true => u16::from_le_bytes(*pair),
        false => u16::from_be_bytes(*pair),
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(unit).collect();
    String::from_utf16(&units).ok().filter(|_| odd.is_empty())
}

/// Code page 1252: Latin-1, but for 0x80 to 0x9f. Source: the WHATWG Encoding Standard, index
/// windows-1252; its five unassigned bytes stay control characters there and here.
fn windows_1252(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The separator that stands most often in the header, outside quotes; the comma where none does.
pub(super) fn separator(text: &str) -> char {
    let (mut quoted, mut counts) = (false, [0usize; 3]);
    for c in text.trim_start().chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => break,
            ',' if !quoted => counts[0] += 1,
            ';' if !quoted => counts[1] += 1,
            '\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let most = counts.into_iter().max().unwrap_or(0);
    [',', ';', '\t'].into_iter().zip(counts).find(|(_, n)| *n == most).map_or(',', |(c, _)| c)
}

/// Whether commas stand before decimals: some cell is a number so, not every one could as well
/// have commas between its thousands, and no cell is a number with a decimal point.
pub(super) fn decimal_comma<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let mut decimals = false;
    for cell in cells {
        match (cell.contains('.'), cell.split_once(',')) {
            (true, None) if cell.parse::<f64>().is_ok() => return false,
            (true, Some(_)) if number_with_comma(cell).is_some() => decimals = true,
            (false, Some((whole, after))) if number_with_comma(cell).is_some() => {
                let digits = whole.trim_start_matches(['+', '-']);
                let thousands = after.len() == 3 && (1..=3).contains(&digits.len());
                decimals |= !thousands || digits == "0";
            }
            _ => {}
        }
    }
    decimals
}

/// The number that a text with a decimal comma stands for; points may stand between thousands.
pub(super) fn number_with_comma(text: &str) -> Option<f64> {
    let plain = match text.contains('.') {
        true => Cow::Owned(without_thousands(text, ['.'], ',')?),
        false => Cow::Borrowed(text),
    };
    plain.replacen(',', ".", 1).parse().ok()
}

/// The number that a text with a decimal point stands for; commas may stand between thousands where
/// decimals follow.
pub(super) fn number_with_point(text: &str) -> Option<f64> {
    text.parse().ok().or_else(|| without_thousands(text, [','], '.')?.parse().ok())
}

/// Signs that stand between thousands and nowhere else in a number.
const SPACES: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\''];

/// A number without the blanks or apostrophes between its thousands; any other text as it is.
pub(super) fn without_spaces(text: &str, mark: char) -> Cow<'_, str> {
    match text.contains(SPACES).then(|| without_thousands(text, SPACES, mark)).flatten() {
        Some(plain) => Cow::Owned(plain),
        None => Cow::Borrowed(text),
    }
}

/// A number without the signs between its groups of three digits; `None` where they stand
/// elsewhere, and for signs that could as well stand before decimals, where none follow.
fn without_thousands<const N: usize>(text: &str, between: [char; N], mark: char) -> Option<String> {
    let (whole, decimals) = match text.split_once(mark) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let ambiguous = N == 1 && decimals.is_none();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = whole.trim_start_matches(['+', '-']);
    let mut groups = unsigned.split(between);
    let first = groups.next().filter(|first| digits(first) && first.len() <= 3)?;
    let grouped = groups.all(|group| digits(group) && group.len() == 3);
    let fits = grouped && first.len() < unsigned.len() && decimals.is_none_or(digits);
    (fits && !ambiguous).then(|| text.chars().filter(|c| !between.contains(c)).collect())
}
