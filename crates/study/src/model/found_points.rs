//! What a detector says of one film.

use crate::Error;
use crate::films::film::ReducedFilm;
use crate::films::pictures::Canvas;
use std::path::Path;
use vertebra_hrnet::{FilmPixels, KeypointDetector, SpineFinding};
use vertebra_keypoints::{Level, PlausibilityLimits, VertebraKeypoints, check_plausibility};

/// Height of the film in an overlay, px.
pub(crate) const OVERLAY_HEIGHT: usize = 640;

/// How probable it is that the points found are the centres of the vertebrae they are named after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeypointCertainty {
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: f64,
    /// Probability that all five points are found; `None` for a film of which the detector is less
    /// certain than of every film it was calibrated on.
    pub probability: Option<f64>,
}

/// The points that a detector finds on one film.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPoints {
    /// Centres of L1..L5, px of the film.
    pub keypoints: VertebraKeypoints,
    /// How probable it is that these are the centres; `None` where the detector was not calibrated.
    pub certainty: Option<KeypointCertainty>,
    /// Doubts: implausible points, points that are not at the highest peak of their heatmap, what
    /// the reader said.
    pub warnings: Vec<String>,
}

impl FoundPoints {
    /// Reads a film and finds its points.
    ///
    /// # Errors
    /// The film cannot be read, or is too small for the network.
    pub fn on_film(detector: &KeypointDetector, path: &Path) -> Result<Self, Error> {
        Self::new(detector, &ReducedFilm::open(path, usize::MAX)?, path)
    }

    /// On a film that was read from `path`.
    pub(crate) fn new(
        detector: &KeypointDetector,
        film: &ReducedFilm,
        path: &Path,
    ) -> Result<Self, Error> {
        let pixels =
            FilmPixels::new(&film.pixels, film.height, film.width).map_err(Error::film(path))?;
        let finding = detector.find(&[pixels])?[0];
        let certainty = detector.calibration().map(|calibration| KeypointCertainty {
            within_mm: calibration.within_mm,
            probability: finding.probability,
        });
        let mut warnings = film.warnings.clone();
        warnings.extend(moved(&finding));
        let limits = PlausibilityLimits::default();
        let doubts = check_plausibility(&finding.keypoints, film.spacing_mm, &limits);
        warnings.extend(doubts.iter().map(ToString::to_string));
        Ok(Self { keypoints: film.original(&finding.keypoints)?, certainty, warnings })
    }

    /// Writes a PNG of the film with the points.
    ///
    /// # Errors
    /// The film cannot be read again, or the PNG cannot be written.
    pub fn write_overlay(&self, film: &Path, to: &Path) -> Result<(), Error> {
        marked(&ReducedFilm::open(film, OVERLAY_HEIGHT)?, &self.keypoints)?.write_png(to)
    }
}

/// A film with a cross at each point, given in px of the original film.
pub(crate) fn marked(film: &ReducedFilm, points: &VertebraKeypoints) -> Result<Canvas, Error> {
    let mut canvas = Canvas::from_grey(&film.pixels, film.height, film.width);
    for p in film.reduced(points)?.points() {
        canvas.cross((p.x, p.y), (OVERLAY_HEIGHT / 80) as i64, [255, 140, 0]);
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
