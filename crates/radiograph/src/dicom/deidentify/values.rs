//! Whether a value is one of its VR (PS3.5 6.2): what is not may be anything, a name among them.

use crate::dicom::element::Element;
use dicom_core::VR;

/// Digits in a row that no code has: what has them may be a date or a number of a person.
const MOST_DIGITS: usize = 5;

/// Whether all values of an attribute that is to stay are what its VR, by the dictionary, allows.
pub(super) fn keeps_to(element: &Element<'_>, vr: VR) -> bool {
    if element.value.iter().all(|b| matches!(b, 0 | b' ')) {
        return true;
    }
    match vr {
        VR::CS | VR::TM => is_text_of(element, vr),
        VR::IS | VR::DS | VR::US | VR::SS | VR::UL | VR::SL | VR::UV | VR::SV | VR::FL | VR::FD => {
            match (stored_width(element, vr), element.vr) {
                (Some(width), _) => is_binary(element.value, width),
                (None, _) => is_text_of(element, VR::DS),
            }
        }
        VR::OB | VR::OW | VR::OV | VR::OF | VR::OD => is_binary(element.value, 1),
        _ => true,
    }
}

/// Bytes of a number where the file stores them in binary; `None`: as text.
fn stored_width(element: &Element<'_>, vr: VR) -> Option<usize> {
    let by_dictionary = match vr {
        VR::UL | VR::SL | VR::FL => Some(4),
        VR::UV | VR::SV | VR::FD => Some(8),
        VR::IS | VR::DS => None,
        _ => Some(2),
    };
    match element.vr.as_ref() {
        Some(b"US" | b"SS") => Some(2),
        Some(b"UL" | b"SL" | b"FL") => Some(4),
        Some(b"UV" | b"SV" | b"FD") => Some(8),
        Some(
            b"AE" | b"AS" | b"CS" | b"DA" | b"DS" | b"DT" | b"IS" | b"LO" | b"LT" | b"PN" | b"SH"
            | b"ST" | b"TM" | b"UC" | b"UI" | b"UR" | b"UT",
        ) => None,
        // Bytes, and what is no VR.
        _ => by_dictionary,
    }
}

/// Whether bytes are whole numbers of a width and do not read as text, which small numbers never
/// do: their high bytes are zero.
fn is_binary(value: &[u8], width: usize) -> bool {
    value.len().is_multiple_of(width) && !reads_as_text(value)
}

/// Whether bytes are words, maybe with zeros behind each.
pub(super) fn reads_as_text(value: &[u8]) -> bool {
    const SHORTEST: usize = 6;
    let printable = |b: &u8| matches!(b, b' '..=b'~');
    let is_word = |word: &[u8]| {
        word.len() >= SHORTEST && word.iter().filter(|b| b.is_ascii_alphanumeric()).count() >= 4
    };
    value.iter().all(|b| *b == 0 || printable(b)) && value.split(|b| *b == 0).any(is_word)
}

fn is_text_of(element: &Element<'_>, vr: VR) -> bool {
    element.text().is_some_and(|text| text.split('\\').all(|value| is_value(value.trim(), vr)))
}

fn is_value(text: &str, vr: VR) -> bool {
    let all = |test: fn(u8) -> bool| text.bytes().all(test);
    match vr {
        VR::CS => {
            // Codes with a hyphen, as `C-SPINE`, are common.
            let allowed =
                |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b" _-".contains(&b);
            text.len() <= 16 && all(allowed) && !has_long_number(text)
        }
        VR::TM => text.len() <= 16 && all(|b| b.is_ascii_digit() || b".:-".contains(&b)),
        // Numbers are often longer than the 16 characters they may have.
        _ => {
            let digits = all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            text.is_empty() || (text.len() <= 32 && digits && text.parse::<f64>().is_ok())
        }
    }
}

fn has_long_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > MOST_DIGITS)
}

/// Whether text is the plain name of a maker or of a model, without what names of persons, dates
/// and addresses have.
pub(super) fn is_plain_name(element: &Element<'_>) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b" .,()/&+_-".contains(&b);
    let plain =
        |text: &str| text.len() <= 64 && text.bytes().all(allowed) && !has_long_number(text);
    element.value.is_empty() || element.text().is_some_and(plain)
}

/// Whether every age of a value is one that may stay: at most 89 years.
pub(super) fn are_common_ages(element: &Element<'_>) -> bool {
    let common = |text: &str| text.split('\\').all(|age| is_common_age(age.trim()));
    element.value.iter().all(|b| matches!(b, 0 | b' ')) || element.text().is_some_and(common)
}

fn is_common_age(text: &str) -> bool {
    let Some((number, unit)) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at))
    else {
        return false;
    };
    let days = match unit {
        "D" => 1.0,
        "W" => 7.0,
        "M" => 365.25 / 12.0,
        "Y" => 365.25,
        _ => return false,
    };
    let digits = (1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    digits && number.parse::<f64>().is_ok_and(|n| n * days < 90.0 * 365.25)
}

/// Whether a value is one of Patient's Sex.
pub(super) fn is_sex(element: &Element<'_>) -> bool {
    element.text().is_none_or(|text| matches!(text, "M" | "F" | "O")) && keeps_to(element, VR::CS)
}
