//! Bone mineral density across densitometers, and the femoral-neck T-score that FRAX wants.
//!
//! Standardised BMD: Hui et al., *J Bone Miner Res* 1997;12:1463-1470 (spine) and Lu et al.,
//! *Osteoporos Int* 2001;12:438-444 (hip). The T-score is against young white women of NHANES III
//! on Hologic (femoral neck 0.858, SD 0.120 g/cm²) for both sexes, as FRAX defines it.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Maker of a densitometer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are the documentation
#[non_exhaustive]
pub enum Densitometer {
    Hologic,
    /// GE Lunar.
    Lunar,
    Norland,
}

/// Where density was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
#[non_exhaustive]
pub enum DxaRegion {
    FemoralNeck,
    Trochanter,
    TotalHip,
    /// Antero-posterior, L2 to L4.
    Spine,
}

/// Mean and SD of the femoral neck of young white women, Hologic, g/cm².
const YOUNG_FEMORAL_NECK: (f64, f64) = (0.858, 0.120);

/// `(a, b)` of standardised BMD = a + b BMD.
fn line(make: Densitometer, region: DxaRegion) -> (f64, f64) {
    use Densitometer::{Hologic, Lunar, Norland};
    use DxaRegion::{FemoralNeck, Spine, TotalHip, Trochanter};
    let centred = |slope: f64, centre: f64| (1.0436 - slope * centre, slope);
    match (make, region) {
        (Hologic, FemoralNeck) => (0.019, 1.087),
        (Hologic, Trochanter) => (-0.017, 1.105),
        (Hologic, TotalHip) => (0.006, 1.008),
        (Hologic, Spine) => centred(1.0550, 0.972),
        (Lunar, FemoralNeck) => (-0.023, 0.939),
        (Lunar, Trochanter) => (-0.042, 0.949),
        (Lunar, TotalHip) => (-0.031, 0.979),
        (Lunar, Spine) => centred(0.9683, 1.100),
        (Norland, FemoralNeck) => (0.006, 0.985),
        (Norland, Trochanter) => (0.057, 0.961),
        (Norland, TotalHip) => (0.026, 1.012),
        (Norland, Spine) => centred(0.9743, 0.969),
    }
}

/// Standardised BMD, g/cm², from a densitometer's BMD, g/cm².
///
/// # Errors
/// [`Error::InvalidValue`] unless `bmd` lies in 0.1 to 3 g/cm².
pub fn standardised_bmd(make: Densitometer, region: DxaRegion, bmd: f64) -> Result<f64, Error> {
    if !(0.1..=3.0).contains(&bmd) {
        return Err(Error::InvalidValue { name: "bmd", expected: "0.1 to 3 g/cm2", got: bmd });
    }
    let (a, b) = line(make, region);
    Ok(a + b * bmd)
}

/// What `bmd` (g/cm²) of one maker would read on another's densitometer, through standardised BMD.
///
/// # Errors
/// As [`standardised_bmd`].
pub fn convert_bmd(
    from: Densitometer,
    to: Densitometer,
    region: DxaRegion,
    bmd: f64,
) -> Result<f64, Error> {
    let (a, b) = line(to, region);
    Ok((standardised_bmd(from, region, bmd)? - a) / b)
}

/// Femoral-neck T-score from a densitometer's BMD, g/cm².
///
/// # Errors
/// As [`standardised_bmd`].
///
/// # Examples
/// ```
/// use vertebra_baselines::{Densitometer, femoral_neck_tscore};
/// assert!((femoral_neck_tscore(Densitometer::Lunar, 0.900)? - -0.993).abs() < 5e-4);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
pub fn femoral_neck_tscore(make: Densitometer, bmd: f64) -> Result<f64, Error> {
    let hologic = convert_bmd(make, Densitometer::Hologic, DxaRegion::FemoralNeck, bmd)?;
    let (mean, sd) = YOUNG_FEMORAL_NECK;
    Ok((hologic - mean) / sd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tscores_of_known_densities() {
        let tscore = |make, bmd| femoral_neck_tscore(make, bmd).unwrap();
        assert!((tscore(Densitometer::Lunar, 0.900) - -0.993).abs() < 5e-4);
        assert!((tscore(Densitometer::Lunar, 0.700) - -2.433).abs() < 5e-4);
        assert!(tscore(Densitometer::Hologic, 0.858).abs() < 1e-12);
        let norland = (((0.006 + 0.985 * 0.8) - 0.019) / 1.087 - 0.858) / 0.120;
        assert!((tscore(Densitometer::Norland, 0.8) - norland).abs() < 1e-12);
    }

    #[test]
    fn conversion_there_and_back() {
        for region in
            [DxaRegion::FemoralNeck, DxaRegion::Spine, DxaRegion::Trochanter, DxaRegion::TotalHip]
        {
            let there =
                convert_bmd(Densitometer::Lunar, Densitometer::Norland, region, 1.01).unwrap();
            let back =
                convert_bmd(Densitometer::Norland, Densitometer::Lunar, region, there).unwrap();
            assert!((back - 1.01).abs() < 1e-12);
        }
        // The spine's lines meet at 1.0436 by construction.
        let spine = standardised_bmd(Densitometer::Lunar, DxaRegion::Spine, 1.1).unwrap();
        assert!((spine - 1.0436).abs() < 1e-12);
    }

    #[test]
    fn milligrams_are_refused() {
        assert!(standardised_bmd(Densitometer::Hologic, DxaRegion::TotalHip, 900.0).is_err());
    }
}
