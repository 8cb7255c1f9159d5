//! Detected points that cannot be aligned give way to the marked ones.
//!
//! A detector may put points where no axis runs through them. A reader would correct these; here the
//! annotation stands in for the reader, and what was done is counted and said.

use crate::Error;
use crate::config::PictureConfig;
use crate::films::film::ReducedFilm;
use crate::films::variant_pictures::options as picture_options;
use crate::input::data::StudyData;
use vertebra_alignment::ImageVariant;
use vertebra_keypoints::VertebraKeypoints;

/// Whether every kind of picture can be rendered with these points, in px of the original film;
/// tried on the reduced film at a few pixels.
pub(crate) fn is_alignable(
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

/// Puts the marked points of the subjects `unusable` in the place of those found, and says so.
///
/// # Errors
/// [`Error::Input`] with every film among them that has no annotation.
pub(crate) fn take_marked(
    data: &StudyData,
    keypoints: &mut [VertebraKeypoints],
    unusable: &[usize],
) -> Result<Option<String>, Error> {
    let mut faults = Vec::new();
    for &i in unusable {
        match data.annotation(i) {
            Some(film) => keypoints[i] = film.keypoints,
            None => faults.push(format!(
                "{}: the points found cannot be aligned; expected an annotation to take instead, \
                 got none",
                data.films[i].display()
            )),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults));
    }
    let test = unusable.iter().filter(|i| data.fold_of(**i).is_none()).count();
    Ok((!unusable.is_empty()).then(|| {
        format!(
            "The points found cannot be aligned on {} development films and {test} test films; \
             the marked points are used instead.",
            unusable.len() - test
        )
    }))
}
