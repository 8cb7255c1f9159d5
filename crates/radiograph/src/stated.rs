//! What the caller states of a film that does not say it itself.

use crate::{Bone, Error, ReadOptions, Spacing, SpacingKind, Warning};

/// Pixels finer or coarser than this are not those of a radiograph.
pub(crate) const BELIEVABLE_MM: std::ops::RangeInclusive<f64> = 0.005..=10.0;

/// The spacing of the file, or where it has none the one that the caller states.
pub(crate) fn spacing(
    of_file: Spacing,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Spacing, Error> {
    let Some([row_mm, col_mm]) = options.spacing_mm else { return Ok(of_file) };
    if ![row_mm, col_mm].iter().all(|mm| BELIEVABLE_MM.contains(mm)) {
        let (low, high) = (BELIEVABLE_MM.start(), BELIEVABLE_MM.end());
        let expected = format!("{low} to {high} mm");
        return Err(Error::invalid("spacing stated", expected, format!("{row_mm} x {col_mm}")));
    }
    let Some([row, col]) = of_file.mm() else {
        warnings.retain(|warning| *warning != Warning::MissingSpacing);
        return Ok(Spacing { row_mm, col_mm, kind: SpacingKind::Stated });
    };
    if [row, col] != [row_mm, col_mm] {
        let what = format!(
            "the spacing stated, {row_mm} x {col_mm} mm, differs from the file's {row} x {col} mm, \
             which was used"
        );
        warnings.push(Warning::SpacingDisagrees { what });
    }
    Ok(of_file)
}

/// The spacing, if the caller stated it.
pub(crate) fn of(spacing: Spacing) -> Option<[f64; 2]> {
    spacing.mm().filter(|_| spacing.kind == SpacingKind::Stated)
}

/// Says that a statement about bone is left out where a DICOM film says something else.
pub(crate) fn check_bone(of_file: Bone, options: &ReadOptions, warnings: &mut Vec<Warning>) {
    if options.bone.is_some_and(|stated| stated != of_file) {
        let (dark, bright) = ("small values as bone (MONOCHROME1)", "large values as bone");
        let file = if of_file == Bone::Dark { dark } else { bright };
        let what = format!("the polarity stated: the file shows {file}");
        warnings.push(Warning::Ignored { what });
    }
}
