//! Pixel spacing and what it means (PS3.3 10.7.1.1 to 10.7.1.3).
//!
//! Projection radiographs magnify: a distance at the detector (Imager Pixel Spacing) is not one in
//! the patient. Pixel Spacing is one in the patient only if it differs from Imager Pixel Spacing or
//! says how it was calibrated; equal to Imager Pixel Spacing it is the detector's again.

use super::file::Header;
use super::tag::{self, Tag};
use crate::stated::{self, BELIEVABLE_MM};
use crate::{Error, ReadOptions, Spacing, SpacingKind, Warning};

/// The best-founded spacing the file offers, or where it offers none the one that the caller
/// states.
pub(crate) fn spacing(
    header: &Header<'_>,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Spacing, Error> {
    stated::spacing(of_file(header, warnings), options, warnings)
}

fn of_file(header: &Header<'_>, warnings: &mut Vec<Warning>) -> Spacing {
    let pixel = believable(header, tag::PIXEL_SPACING, warnings);
    let imager = believable(header, tag::IMAGER_PIXEL_SPACING, warnings);
    let scanned = believable(header, tag::NOMINAL_SCANNED_PIXEL_SPACING, warnings);
    let calibrated = header.text(tag::CALIBRATION_TYPE).is_some();
    let detector = imager.or(scanned);
    match (pixel, detector) {
        (Some(mm), _) if calibrated => with_kind(mm, SpacingKind::Calibrated),
        (Some(mm), Some(at_detector)) if !same(mm, at_detector) => {
            with_kind(mm, SpacingKind::Calibrated)
        }
        (_, Some(mm)) => corrected(header, mm, warnings),
        // Pixel Spacing alone, of unstated meaning: in practice it is the detector's.
        (Some(mm), None) => with_kind(mm, SpacingKind::Detector),
        (None, None) => {
            warnings.push(Warning::MissingSpacing);
            aspect_ratio(header)
        }
    }
}

fn with_kind([row_mm, col_mm]: [f64; 2], kind: SpacingKind) -> Spacing {
    Spacing { row_mm, col_mm, kind }
}

fn same(a: [f64; 2], b: [f64; 2]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * b)
}

fn believable(header: &Header<'_>, tag: Tag, warnings: &mut Vec<Warning>) -> Option<[f64; 2]> {
    header.element(tag)?;
    let unusable =
        |row_mm, col_mm| Warning::ImplausibleSpacing { what: tag.name.into(), row_mm, col_mm };
    match header.numbers(tag).as_deref() {
        Ok(&[row, col, ..]) if [row, col].iter().all(|mm| BELIEVABLE_MM.contains(mm)) => {
            Some([row, col])
        }
        Ok(&[row, col, ..]) => {
            warnings.push(unusable(row, col));
            None
        }
        Ok(_) => {
            warnings.push(Warning::SpacingDisagrees {
                what: format!("{} does not hold two numbers and was not used", tag.name),
            });
            None
        }
        Err(error) => {
            warnings.push(Warning::SpacingDisagrees { what: format!("{error}; not used") });
            None
        }
    }
}

/// Divides a spacing at the detector by the magnification, where the file states it or the
/// distances it follows from.
fn corrected(header: &Header<'_>, mm: [f64; 2], warnings: &mut Vec<Warning>) -> Spacing {
    match magnification(header, warnings) {
        Some(factor) if factor != 1.0 => {
            with_kind(mm.map(|mm| mm / factor), SpacingKind::Corrected)
        }
        _ => with_kind(mm, SpacingKind::Detector),
    }
}

fn magnification(header: &Header<'_>, warnings: &mut Vec<Warning>) -> Option<f64> {
    let positive = |tag| header.number(tag).ok().flatten().filter(|v| *v > 0.0);
    let distances = [tag::DISTANCE_SOURCE_TO_DETECTOR, tag::DISTANCE_SOURCE_TO_PATIENT];
    let geometric = match distances.map(positive) {
        [Some(detector), Some(patient)] => Some(detector / patient),
        _ => None,
    };
    let (factor, what) = match positive(tag::ERMF) {
        Some(factor) => (factor, tag::ERMF.name),
        None => (geometric?, "source-detector over source-patient distance"),
    };
    if !(1.0..=3.0).contains(&factor) {
        warnings.push(Warning::SpacingDisagrees {
            what: format!("{what} of {factor} is not a believable magnification; not used"),
        });
        return None;
    }
    Some(factor)
}

fn aspect_ratio(header: &Header<'_>) -> Spacing {
    match header.numbers(tag::PIXEL_ASPECT_RATIO).as_deref() {
        Ok(&[row, col]) if row > 0.0 && col > 0.0 && (0.1..=10.0).contains(&(row / col)) => {
            Spacing { row_mm: row / col, col_mm: 1.0, kind: SpacingKind::Unknown }
        }
        _ => Spacing::UNKNOWN,
    }
}
