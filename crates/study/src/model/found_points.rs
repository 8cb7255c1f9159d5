//! What a detector says of one film.

use crate::Error;
use crate::films::film::DecodedFilm;
use crate::films::pictures::Canvas;
use crate::films::variant_pictures::decided_facing;
use std::path::Path;
use vertebra_hrnet::{FilmEvidence, KeypointDetector, SpineFinding};
use vertebra_keypoints::{
    DecidedFacing, Level, PlausibilityLimits, Verdict, VertebraKeypoints, check_plausibility,
    facing,
};
use vertebra_radiograph::{Film, Radiograph};
use vertebra_raster::ReducedFilm;

/// Height of the film in an overlay, px.
pub(crate) const OVERLAY_HEIGHT: usize = 640;

/// How probable it is that the points found are the centres of the vertebrae they are named after.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct KeypointCertainty {
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: f64,
    /// Probability that all five points are found; `None` for a film of which the detector is less
    /// certain than of every film it was calibrated on.
    pub probability: Option<f64>,
}

/// The points that a detector finds on one film.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FoundPoints {
    /// Centres of L1..L5, px of the film.
    pub keypoints: VertebraKeypoints,
    /// How probable it is that these are the centres; `None` where the detector was not calibrated.
    pub certainty: Option<KeypointCertainty>,
    /// Which way the subject faces; `None` where nothing tells.
    pub facing: Option<DecidedFacing>,
    /// Whether the points may be used.
    pub verdict: Verdict,
    /// Probability that the film is a lateral lumbar one.
    pub lateral_lumbar: f64,
    /// Probability that it is upright.
    pub upright: f64,
    /// Probability that it is a lateral lumbar one and all points are right; see
    /// [`Trust::WITHIN_MM`](vertebra_hrnet::Trust::WITHIN_MM).
    pub points_right: f64,
    /// What these are made from.
    pub evidence: FilmEvidence,
    /// Whether they were found with products of 8-bit integers.
    pub int8: bool,
    /// Implausible points, points that are not at the highest peak of their heatmap, what the
    /// reader warned of.
    pub warnings: Vec<String>,
}

impl FoundPoints {
    /// The points of a radiograph.
    ///
    /// # Errors
    /// The film is too small for the network.
    pub fn on_film(detector: &KeypointDetector, radiograph: &Radiograph) -> Result<Self, Error> {
        Self::on_named(detector, radiograph, Path::new("the film"))
    }

    /// As [`on_film`](Self::on_film); errors give the film this name.
    pub(crate) fn on_named(
        detector: &KeypointDetector,
        radiograph: &Radiograph,
        name: &Path,
    ) -> Result<Self, Error> {
        let mut found = Self::new(detector, Film::from(radiograph), name)?;
        let warnings = radiograph.provenance().warnings.iter().map(ToString::to_string);
        found.warnings.splice(..0, warnings);
        Ok(found.facing_as_on(radiograph))
    }

    /// Points in px of `film`, without what the reader warned of; errors give the film this name.
    pub(crate) fn new(
        detector: &KeypointDetector,
        film: Film<'_>,
        name: &Path,
    ) -> Result<Self, Error> {
        let finding = detector.find(&[film]).map_err(Error::film(name))?[0];
        let certainty = detector.calibration().map(|calibration| KeypointCertainty {
            within_mm: calibration.within_mm,
            probability: finding.probability,
        });
        let mut warnings: Vec<String> = moved(&finding).into_iter().collect();
        let limits = PlausibilityLimits::default();
        let implausible = check_plausibility(&finding.keypoints, film.spacing_mm, &limits);
        warnings.extend(implausible.iter().map(ToString::to_string));
        let trust = detector.trust()?;
        Ok(Self {
            keypoints: finding.keypoints,
            certainty,
            facing: facing(None, &finding.keypoints, film.spacing_mm, || None),
            verdict: trust.verdict(&finding, film.spacing_mm),
            lateral_lumbar: trust.lateral_lumbar(&finding.evidence),
            upright: trust.is_upright(&finding.evidence),
            points_right: trust.points_right(&finding.evidence),
            evidence: finding.evidence,
            int8: detector.is_int8(),
            warnings,
        })
    }

    /// The points of a radiograph, found on this reduced film of it.
    pub(crate) fn on_reduced(
        detector: &KeypointDetector,
        (radiograph, reduced): (&Radiograph, DecodedFilm),
        name: &Path,
    ) -> Result<Self, Error> {
        let mut found = Self::new(detector, reduced.film.as_film(), name)?;
        found.keypoints = reduced.original(&found.keypoints)?;
        found.warnings.splice(..0, reduced.warnings);
        Ok(found.facing_as_on(radiograph))
    }

    /// With the side that the subject of a radiograph with these points faces.
    fn facing_as_on(self, radiograph: &Radiograph) -> Self {
        Self { facing: decided_facing(radiograph, &self.keypoints), ..self }
    }

    /// Writes a PNG of the film with the points.
    ///
    /// # Errors
    /// The PNG cannot be written.
    pub fn write_overlay(&self, radiograph: &Radiograph, to: &Path) -> Result<(), Error> {
        with_crosses(radiograph, &self.keypoints)?.write_png(to)
    }
}

/// A film, reduced, with a cross at each point, given in px of the film.
pub(crate) fn with_crosses(
    radiograph: &Radiograph,
    points: &VertebraKeypoints,
) -> Result<Canvas, Error> {
    let film = ReducedFilm::with_height(&Film::from(radiograph), OVERLAY_HEIGHT)
        .map_err(|source| Error::alignment(Path::new("the film"))(source.into()))?;
    let mut canvas = Canvas::from_grey(&film.as_film());
    for p in points.points() {
        let cross = film.to_reduced((p.x, p.y));
        canvas.cross(cross, (OVERLAY_HEIGHT / 80) as i64, [255, 140, 0]);
    }
    Ok(canvas)
}

fn moved(finding: &SpineFinding) -> Option<String> {
    let levels = Level::ALL.into_iter().zip(finding.moved).filter(|(_, moved)| *moved);
    let levels: Vec<&str> = levels.map(|(level, _)| level.name()).collect();
    (!levels.is_empty()).then(|| {
        let levels = levels.join(", ");
        format!("{levels}: not the highest peak, another makes a more plausible spine")
    })
}
