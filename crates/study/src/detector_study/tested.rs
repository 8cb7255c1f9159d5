//! What is said of films on which a detector was tested, and the test of a detector as it is.

use super::{Reliability, TestedFilm, calibrated};
use crate::{AnnotatedFilms, Error, write_keypoint_sheets};
use serde::Serialize;
use std::path::Path;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{
    ApReport, Detection, EvaluatedFilm, LocalisationReport, LocatedFilm, OksOptions,
    RelativeErrors, RelativeReport, SpineTruth, average_precision, radial_errors_mm,
};
use vertebra_raster::Film;

/// Films on the sheet of the largest errors.
const WORST: usize = 40;

/// What a detector found on one film that it has not seen, beside the marks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct TestedFilmErrors {
    /// The film's name in the annotations.
    pub film: String,
    /// Whose it is.
    pub subject: String,
    /// Errors that need no pixel spacing.
    #[serde(flatten)]
    pub relative: RelativeErrors,
    /// Distance of each point from its mark, L1 first, mm.
    pub mm: Option<[f64; 5]>,
    /// The confidence of the film.
    pub confidence: f64,
}

/// How a detector does on films that it has not seen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive] // only a test makes one
pub struct DetectorFigures {
    /// Average precision and recall.
    pub precision: ApReport,
    /// Errors in per cent of the distance L1-L5.
    pub relative: RelativeReport,
    /// Errors in mm; `None` where no film has a pixel spacing.
    pub errors: Option<LocalisationReport>,
    /// What a film's confidence is worth; `None` with less than
    /// [`DetectorStudy::LEAST_TO_CALIBRATE`](crate::DetectorStudy::LEAST_TO_CALIBRATE) films of
    /// known spacing, or those of one subject.
    pub reliability: Option<Reliability>,
    /// Every film.
    #[serde(skip)]
    pub films: Vec<TestedFilmErrors>,
}

impl DetectorFigures {
    /// Tests a detector as it is on films that it has not seen, and draws sheets of those with the
    /// largest errors in this folder.
    ///
    /// # Errors
    /// [`Error::Detector`] for films that cannot be used, [`Error::Keypoints`] without films,
    /// [`Error::Io`].
    pub fn measure(
        detector: &KeypointDetector,
        films: &AnnotatedFilms,
        oks: &OksOptions,
        folder: &Path,
    ) -> Result<Self, Error> {
        let views: Vec<Film<'_>> = films.samples.iter().map(|film| film.as_film()).collect();
        let found = detector.find(&views)?;
        let tested: Vec<TestedFilm<'_>> = found
            .into_iter()
            .enumerate()
            .map(|(i, found)| TestedFilm {
                name: &films.names[i],
                film: &films.samples[i],
                found,
                subject: &films.subjects[i],
            })
            .collect();
        draw_worst(&tested, folder)?;
        let reliability = calibrated(&tested, 0)?.map(|(_, reliability)| reliability);
        Self::of(&tested, oks, reliability)
    }

    pub(super) fn of(
        tested: &[TestedFilm<'_>],
        oks: &OksOptions,
        reliability: Option<Reliability>,
    ) -> Result<Self, Error> {
        Ok(Self {
            precision: precision(oks, tested)?,
            relative: relative(tested)?,
            errors: errors(tested)?,
            reliability,
            films: rows(tested),
        })
    }
}

impl TestedFilm<'_> {
    fn relative(&self) -> RelativeErrors {
        RelativeErrors::new(&self.film.keypoints, &self.found.keypoints)
    }

    pub(super) fn located(&self) -> Option<LocatedFilm> {
        let (truth, detected) = (self.film.keypoints, self.found.keypoints);
        Some(LocatedFilm::new(truth, detected, self.film.spacing_mm?))
    }
}

fn precision(oks: &OksOptions, tested: &[TestedFilm<'_>]) -> Result<ApReport, Error> {
    let evaluated = |one: &TestedFilm<'_>| {
        let truth = SpineTruth::from_keypoints(one.film.keypoints);
        EvaluatedFilm::new(Some(truth), vec![Detection::new(one.found.keypoints)])
    };
    let evaluated: Vec<EvaluatedFilm> = tested.iter().map(evaluated).collect();
    Ok(average_precision(oks, &evaluated)?)
}

pub(super) fn relative(tested: &[TestedFilm<'_>]) -> Result<RelativeReport, Error> {
    let pairs = tested.iter().map(|one| (one.film.keypoints, one.found.keypoints));
    Ok(RelativeReport::new(&pairs.collect::<Vec<_>>())?)
}

fn errors(tested: &[TestedFilm<'_>]) -> Result<Option<LocalisationReport>, Error> {
    let located: Vec<LocatedFilm> = tested.iter().filter_map(TestedFilm::located).collect();
    Ok((!located.is_empty()).then(|| LocalisationReport::new(&located)).transpose()?)
}

pub(super) fn rows(tested: &[TestedFilm<'_>]) -> Vec<TestedFilmErrors> {
    let row = |one: &TestedFilm<'_>| TestedFilmErrors {
        film: one.name.to_owned(),
        subject: one.subject.to_owned(),
        relative: one.relative(),
        mm: one.film.spacing_mm.map(|spacing_mm| {
            radial_errors_mm(&one.film.keypoints, &one.found.keypoints, spacing_mm)
        }),
        confidence: one.found.confidence(),
    };
    tested.iter().map(row).collect()
}

/// The films with the largest errors, relative to the distance L1-L5, for one look at what goes
/// wrong.
pub(super) fn draw_worst(tested: &[TestedFilm<'_>], folder: &Path) -> Result<(), Error> {
    let error = |one: &&TestedFilm<'_>| one.relative().percent.iter().sum::<f64>();
    let mut worst: Vec<&TestedFilm<'_>> = tested.iter().collect();
    worst.sort_by(|a, b| error(b).total_cmp(&error(a)));
    worst.truncate(WORST);
    let drawn: Vec<_> = worst.iter().map(|one| (one.film, Some(&one.found.keypoints))).collect();
    write_keypoint_sheets(&drawn, folder, "worst")?;
    Ok(())
}
