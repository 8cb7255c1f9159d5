//! A DICOM file: preamble, file meta group, data set (PS3.10 chapter 7).

use super::cursor::{Cursor, Elements, PixelElement};
use super::element::Element;
use super::syntax::{self, TransferSyntax};
use super::tag::{self, Tag};
use crate::{Error, ReadOptions, Warning};
use std::borrow::Cow;

const PREFIX_AT: usize = 128;

/// Whether the file has the DICM prefix.
pub(crate) fn has_prefix(bytes: &[u8]) -> bool {
    bytes.get(PREFIX_AT..PREFIX_AT + 4) == Some(b"DICM")
}

/// Whether a file without prefix starts with a data element as a data set would.
pub(crate) fn looks_like_data_set(bytes: &[u8]) -> bool {
    guess_encoding(bytes).is_some()
}

/// The data set of a file, its syntax, and what had to be guessed.
pub(crate) struct DataSet<'a> {
    pub(crate) syntax: TransferSyntax,
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) warnings: Vec<Warning>,
}

/// Finds the data set in a file and inflates it where it is deflated.
pub(crate) fn open<'a>(bytes: &'a [u8], options: &ReadOptions) -> Result<DataSet<'a>, Error> {
    let mut warnings = Vec::new();
    let body = if has_prefix(bytes) {
        &bytes[PREFIX_AT + 4..]
    } else {
        warnings.push(Warning::NoPreamble);
        bytes
    };
    let (stated, body) = read_meta(body)?;
    let syntax = match choose_syntax(stated.as_deref(), body, options.lenient)? {
        Chosen::Stated(syntax) => syntax,
        Chosen::Guessed(syntax) => {
            warnings.push(guess_warning(stated.as_deref(), syntax));
            syntax
        }
    };
    let bytes = if syntax.deflated {
        // What grows is moved now and then, to room for twice as much.
        let limit = options.limits.bytes.min(options.limits.memory / 4);
        Cow::Owned(super::deflate::inflate(body, limit)?)
    } else {
        Cow::Borrowed(body)
    };
    Ok(DataSet { syntax, bytes, warnings })
}

enum Chosen {
    Stated(TransferSyntax),
    Guessed(TransferSyntax),
}

fn choose_syntax(stated: Option<&str>, body: &[u8], lenient: bool) -> Result<Chosen, Error> {
    let error = match stated.map(TransferSyntax::from_uid) {
        Some(Ok(syntax)) => {
            return Ok(match other_encoding(syntax, body) {
                Some(other) => Chosen::Guessed(other),
                None => Chosen::Stated(syntax),
            });
        }
        Some(Err(error)) => error,
        None => Error::Missing { name: tag::TRANSFER_SYNTAX_UID.name },
    };
    match guess_encoding(body) {
        Some(syntax) if lenient => Ok(Chosen::Guessed(syntax)),
        _ => Err(error),
    }
}

/// The encoding that a data set is in where the stated one leads nowhere and another does.
fn other_encoding(stated: TransferSyntax, body: &[u8]) -> Option<TransferSyntax> {
    let natives = [syntax::IMPLICIT_LE, syntax::EXPLICIT_LE, syntax::EXPLICIT_BE];
    if !natives.iter().any(|native| native.uid == stated.uid) || begins_well(stated, body) {
        return None;
    }
    natives.into_iter().find(|&other| other.uid != stated.uid && begins_well(other, body))
}

/// Whether the first elements of a data set can be read, and come in order.
fn begins_well(syntax: TransferSyntax, body: &[u8]) -> bool {
    const ELEMENTS: usize = 4;
    let mut cursor = Cursor::new(body, syntax.explicit, syntax.big_endian);
    let mut last = (0, 0);
    for _ in 0..ELEMENTS {
        if cursor.next_group().is_none_or(|group| group >= 0x7FE0) {
            break;
        }
        let Ok(element) = cursor.read_element() else { return false };
        let tag = (element.group, element.element);
        let has_vr = element.vr.is_some() == syntax.explicit;
        if tag <= last || !has_vr {
            return false;
        }
        last = tag;
    }
    last != (0, 0)
}

fn guess_warning(stated: Option<&str>, syntax: TransferSyntax) -> Warning {
    let assumed = syntax.name.to_string();
    match stated {
        Some(stated) => Warning::GuessedTransferSyntax {
            stated: stated.chars().filter(char::is_ascii_graphic).take(64).collect(),
            assumed,
        },
        None => Warning::NoMetaGroup { assumed },
    }
}

/// Reads group 0002, always explicit little endian, and returns the transfer syntax and the rest.
///
/// Only the transfer syntax is looked at: hashed, empty or missing UIDs beside it do no harm.
fn read_meta(bytes: &[u8]) -> Result<(Option<String>, &[u8]), Error> {
    let mut cursor = Cursor::new(bytes, true, false);
    let mut uid = None;
    while cursor.next_group() == Some(0x0002) {
        let element = cursor.read_element()?;
        if element.is(tag::TRANSFER_SYNTAX_UID) {
            uid = element.text().map(str::to_string);
        }
    }
    Ok((uid, &bytes[cursor.position()..]))
}

/// The encoding of a data set, told by its first element, which is of group 0002 to 0028.
fn guess_encoding(bytes: &[u8]) -> Option<TransferSyntax> {
    let head = bytes.get(..8)?;
    let plausible = |group: u16, element: u16| {
        matches!(group, 0x0002 | 0x0008 | 0x0010 | 0x0018 | 0x0020 | 0x0028) && element < 0x4000
    };
    let explicit = head[4..6].iter().all(u8::is_ascii_uppercase);
    let little = [u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]])];
    let big = [u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]])];
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if plausible(little[0], little[1]) {
        if explicit {
            return Some(syntax::EXPLICIT_LE);
        }
        return (length <= bytes.len()).then_some(syntax::IMPLICIT_LE);
    }
    (explicit && plausible(big[0], big[1])).then_some(syntax::EXPLICIT_BE)
}

/// The attributes of a data set, asked for by tag.
#[derive(Debug, Clone)]
pub(crate) struct Header<'a> {
    elements: Vec<Element<'a>>,
    pub(crate) pixels: Option<PixelElement<'a>>,
    pub(crate) wrong_vr: Option<(u16, u16, [u8; 2])>,
}

impl<'a> Header<'a> {
    pub(crate) fn read(bytes: &'a [u8], syntax: TransferSyntax) -> Result<Self, Error> {
        Ok(Cursor::new(bytes, syntax.explicit, syntax.big_endian).read_all()?.into())
    }

    /// With attributes that are found before those that are there.
    pub(crate) fn with_first(mut self, mut first: Vec<Element<'a>>) -> Self {
        first.append(&mut self.elements);
        self.elements = first;
        self
    }

    pub(crate) fn elements(&self) -> &[Element<'a>] {
        &self.elements
    }

    pub(crate) fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|e| e.is(tag)).filter(|e| !e.value.is_empty())
    }

    /// Whether any element satisfies the test.
    pub(crate) fn any(&self, test: impl Fn(&Element<'a>) -> bool) -> bool {
        self.elements.iter().any(test)
    }

    pub(crate) fn text(&self, tag: Tag) -> Option<&'a str> {
        self.element(tag)?.text()
    }

    /// The values of a multi-valued text attribute.
    pub(crate) fn texts(&self, tag: Tag) -> Vec<&'a str> {
        self.text(tag).map(|t| t.split('\\').map(str::trim).collect()).unwrap_or_default()
    }

    /// The numbers of a decimal or integer string; an empty list where the attribute is absent.
    pub(crate) fn numbers(&self, tag: Tag) -> Result<Vec<f64>, Error> {
        let Some(element) = self.element(tag) else { return Ok(Vec::new()) };
        match element.numbers() {
            Some(numbers) if numbers.iter().all(|v| v.is_finite()) => Ok(numbers),
            _ => Err(Error::invalid(tag.name, "finite numbers", shown(element))),
        }
    }

    pub(crate) fn number(&self, tag: Tag) -> Result<Option<f64>, Error> {
        Ok(self.numbers(tag)?.first().copied())
    }

    /// The first of the 16-bit integers of an attribute.
    pub(crate) fn word(&self, tag: Tag) -> Result<Option<u16>, Error> {
        let Some(element) = self.element(tag) else { return Ok(None) };
        match element.words().as_deref() {
            Some([word, ..]) => Ok(Some(*word)),
            _ => Err(Error::invalid(tag.name, "a 16-bit integer", shown(element))),
        }
    }

    pub(crate) fn require_word(&self, tag: Tag) -> Result<u16, Error> {
        self.word(tag)?.ok_or(Error::Missing { name: tag.name })
    }

    /// The items of a sequence; none where it is absent.
    pub(crate) fn items(&self, tag: Tag) -> Result<Vec<Header<'a>>, Error> {
        let Some(element) = self.element(tag) else { return Ok(Vec::new()) };
        Ok(element.items()?.into_iter().map(Header::from).collect())
    }
}

impl<'a> From<Elements<'a>> for Header<'a> {
    fn from(e: Elements<'a>) -> Self {
        Self { elements: e.elements, pixels: e.pixels, wrong_vr: e.wrong_vr }
    }
}

/// The values of a text attribute of the file's own words: UTF-8, or else Latin-1.
pub(crate) fn labels(element: &Element<'_>) -> Vec<String> {
    let latin = || element.value.iter().map(|b| char::from(*b)).collect();
    let text = std::str::from_utf8(element.value).map_or_else(|_| latin(), String::from);
    let padding = |c: char| c == '\0' || c.is_whitespace();
    text.split('\\').map(|label| label.trim_matches(padding).to_string()).collect()
}

/// A value for a message: short, and only what can be printed.
pub(crate) fn shown(element: &Element<'_>) -> String {
    match element.text() {
        Some(text) if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') => {
            format!("\"{}\"", text.chars().take(40).collect::<String>())
        }
        _ => format!("{} bytes", element.value.len()),
    }
}
