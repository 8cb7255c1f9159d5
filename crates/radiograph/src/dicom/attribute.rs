//! Any attribute of a data set as text.

use super::element::Element;
use super::file::Header;
use crate::Error;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A DICOM attribute, named by its keyword or its tag: `ImagerPixelSpacing`, `(0018,1164)` or
/// `0018,1164`.
///
/// # Examples
/// ```
/// use vertebra_radiograph::{Attribute, DicomImage, ReadOptions, encode_dicom};
/// let attributes = vec!["BitsStored".parse::<Attribute>()?, "(0018,5101)".parse()?];
/// let bytes = encode_dicom(&DicomImage { view: Some("LL"), ..DicomImage::new(1, 1, &[0], 12) })?;
/// let film = ReadOptions::default().with_attributes(attributes).read_bytes(&bytes)?;
/// assert_eq!(film.acquisition().attributes["BitsStored"], "12");
/// assert_eq!(film.acquisition().attributes["(0018,5101)"], "LL");
/// # Ok::<(), vertebra_radiograph::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    name: String,
    group: u16,
    element: u16,
}

impl FromStr for Attribute {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim();
        let bare = name.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(name);
        let digits = |t: &str| (t.len() == 4).then(|| u16::from_str_radix(t, 16).ok()).flatten();
        let by_tag = || {
            let (group, element) = bare.split_once(',')?;
            Some((digits(group.trim())?, digits(element.trim())?))
        };
        let by_name = || {
            let tag = StandardDataDictionary.by_name(name)?.tag();
            Some((tag.group(), tag.element()))
        };
        match by_tag().or_else(by_name) {
            Some((group, element)) if group > 0x0002 => {
                Ok(Self { name: name.into(), group, element })
            }
            _ => {
                let expected = "the keyword or (gggg,eeee) of an attribute of the data set";
                Err(Error::invalid("attribute", expected, format!("\"{text}\"")))
            }
        }
    }
}

/// The name as it was given.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The values of the attributes that the header has.
pub(super) fn read(header: &Header<'_>, attributes: &[Attribute]) -> BTreeMap<String, String> {
    let value = |attribute: &Attribute| {
        let mut all = header.elements().iter();
        let is = |e: &&Element<'_>| (e.group, e.element) == (attribute.group, attribute.element);
        Some((attribute.name.clone(), shown(all.find(is)?)))
    };
    attributes.iter().filter_map(value).collect()
}

/// A value as text: several with backslashes between, a sequence as the number of its items, bytes
/// as their number.
fn shown(element: &Element<'_>) -> String {
    let tag = dicom_core::Tag(element.group, element.element);
    let by_dictionary = StandardDataDictionary.by_tag(tag).map(|entry| entry.vr().relaxed());
    let vr = match element.vr {
        Some(vr) if vr != *b"UN" => Some(vr),
        _ => by_dictionary.map(|vr| vr.to_bytes()),
    };
    let with_vr = Element { vr, ..*element };
    match vr.as_ref() {
        Some(b"SQ") => match element.items() {
            Ok(items) => format!("{} items", items.len()),
            Err(_) => "items that cannot be read".into(),
        },
        Some(b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"UN") | None => {
            format!("{} bytes", element.value.len())
        }
        Some(b"AT") => {
            let words = with_vr.words().unwrap_or_default();
            let tags = words.as_chunks::<2>().0.iter().map(|[g, e]| format!("({g:04X},{e:04X})"));
            tags.collect::<Vec<_>>().join("\\")
        }
        _ if with_vr.numbers_are_binary() => {
            let numbers = with_vr.numbers().unwrap_or_default();
            numbers.iter().map(f64::to_string).collect::<Vec<_>>().join("\\")
        }
        _ => text(element.value),
    }
}

/// Text in UTF-8, of which ASCII is a part, else in Latin 1; without padding, and in one line.
fn text(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_string(),
        Err(_) => value.iter().map(|b| char::from(*b)).collect(),
    };
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    text.split('\\').map(str::trim).collect::<Vec<_>>().join("\\").replace(char::is_control, " ")
}
