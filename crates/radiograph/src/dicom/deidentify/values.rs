//! Whether a value is one of its VR (PS3.5 6.2): what is not may be anything, a name among them.

use crate::dicom::element::Element;
use dicom_core::VR;

/// Whether all values of an attribute that is to stay are what its VR allows.
pub(super) fn keeps_to(element: &Element<'_>, vr: VR) -> bool {
    let text = match (vr, element.vr.as_ref()) {
        (VR::CS | VR::IS | VR::DS | VR::TM, _) => true,
        // A number that a careless program stored as text.
        (_, Some(b"LO" | b"SH" | b"DS" | b"IS" | b"CS" | b"ST" | b"LT" | b"UT" | b"PN")) => true,
        _ => false,
    };
    if !text {
        return true;
    }
    if element.numbers_are_binary() {
        return true;
    }
    match element.text() {
        Some(text) => text.split('\\').all(|value| is_value(value.trim(), vr)),
        None => element.value.iter().all(|b| matches!(b, 0 | b' ')),
    }
}

fn is_value(text: &str, vr: VR) -> bool {
    let all = |test: fn(u8) -> bool| text.bytes().all(test);
    match vr {
        VR::CS => {
            // Codes with a hyphen, as `C-SPINE`, are common.
            let allowed =
                |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b" _-".contains(&b);
            text.len() <= 16 && all(allowed)
        }
        VR::TM => text.len() <= 16 && all(|b| b.is_ascii_digit() || b".:-".contains(&b)),
        // Numbers are often longer than the 16 characters they may have.
        _ => text.len() <= 32 && all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)),
    }
}

/// Whether an age is one that may stay: at most 89 years.
pub(super) fn is_common_age(text: &str) -> bool {
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
