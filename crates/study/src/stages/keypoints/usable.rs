//! Detected points that cannot be aligned give way to the annotated ones.
//!
//! A detector may put points where no axis runs through them. A reader would correct these; here the
//! annotation stands in for the reader, and what was done is counted and said.

use crate::Error;
use crate::config::PictureConfig;
use crate::films::film::ReducedFilm;
use crate::films::variant_pictures::options as picture_options;
use crate::input::subjects::StudyData;
use vertebra_alignment::ImageVariant;
use vertebra_keypoints::VertebraKeypoints;

/// Whether every kind of picture can be rendered with these points, in px of the original film;
/// tried on the reduced film at a few pixels.
pub(super) fn is_alignable(
    film: &ReducedFilm,
    keypoints: &VertebraKeypoints,
    picture: &PictureConfig,
) -> bool {
    let tiny = PictureConfig { size: 16, patch_size: 16, ..picture.clone() };
    let options = picture_options(&tiny, None);
    let kinds = [ImageVariant::L1L5, ImageVariant::L1L4, ImageVariant::Patches];
    film.reduced(keypoints).is_ok_and(|points| {
        kinds.iter().all(|kind| options.render(&film.view(), &points, None, *kind).is_ok())
    })
}

/// Puts the annotated points of the subjects `unusable` in the place of the detected ones, and says
/// so.
///
/// # Errors
/// [`Error::InvalidInput`] with every film among them that has no annotation.
pub(super) fn take_annotated(
    data: &StudyData,
    keypoints: &mut [VertebraKeypoints],
    unusable: &[usize],
) -> Result<Option<String>, Error> {
    let mut problems = Vec::new();
    for &i in unusable {
        match data.annotation(i) {
            Some(film) => keypoints[i] = film.keypoints,
            None => problems.push(Error::NotAnnotated {
                film: data.films[i].clone(),
                expected: "an annotation in the place of detected points that cannot be aligned",
            }),
        }
    }
    Error::check(problems)?;
    let test = unusable.iter().filter(|i| data.fold_of(**i).is_none()).count();
    Ok((!unusable.is_empty()).then(|| {
        format!(
            "The detected points cannot be aligned on {} development films and {test} test films; \
             the annotated points are used instead.",
            unusable.len() - test
        )
    }))
}
