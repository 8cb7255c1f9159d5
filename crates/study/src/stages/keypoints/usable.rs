//! Detected points that cannot be aligned give way to the annotated ones.
//!
//! A detector may put points where no axis runs through them. A reader would correct these; here
//! the annotation stands in for the reader, and what was done is counted and said.

use crate::Error;
use crate::config::PictureConfig;
use crate::films::film::DecodedFilm;
use crate::films::reduced_films::ReducedFilms;
use crate::films::variant_pictures::options as picture_options;
use crate::input::subjects::StudyData;
use crate::stages::Context;
use rayon::prelude::*;
use vertebra_alignment::ImageVariant;
use vertebra_keypoints::VertebraKeypoints;

/// Whether every kind of picture can be rendered with these points, in px of the original film;
/// tried on the reduced film at a few pixels.
pub(crate) fn is_alignable(
    film: &DecodedFilm,
    keypoints: &VertebraKeypoints,
    picture: &PictureConfig,
) -> bool {
    let tiny = PictureConfig { size: 16, patch_size: 16, ..picture.clone() };
    let options = picture_options(&tiny, None);
    let kinds = [ImageVariant::L1L5, ImageVariant::L1L4, ImageVariant::Patches];
    film.reduced(keypoints).is_ok_and(|points| {
        kinds.iter().all(|kind| options.render(&film.film.as_film(), &points, None, *kind).is_ok())
    })
}

/// Subjects whose film cannot be aligned by these points, px of the original films.
pub(super) fn unusable(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    keypoints: &[VertebraKeypoints],
) -> Result<Vec<usize>, Error> {
    let fits = |i: usize| Ok(is_alignable(&films.of(i)?, &keypoints[i], &context.config.picture));
    let fits: Result<Vec<bool>, Error> = (0..keypoints.len()).into_par_iter().map(fits).collect();
    Ok((0..).zip(fits?).filter(|(_, fits)| !fits).map(|(i, _)| i).collect())
}

/// What became of the films whose detected points cannot be aligned.
#[derive(Debug, PartialEq)]
pub(super) struct Replaced {
    /// On how many films annotated points are used, in a sentence; `None` for no film.
    pub(super) note: Option<String>,
    /// Subjects whose film nobody annotated.
    pub(super) lost: Vec<usize>,
}

/// Puts the annotated points of the subjects `unusable`, where there are some, in the place of the
/// detected ones.
pub(super) fn take_annotated(
    data: &StudyData,
    keypoints: &mut [VertebraKeypoints],
    unusable: &[usize],
) -> Replaced {
    let (mut replaced, mut lost) = (Vec::new(), Vec::new());
    for &i in unusable {
        match data.annotation(i) {
            Some(film) => {
                keypoints[i] = film.keypoints;
                replaced.push(i);
            }
            None => lost.push(i),
        }
    }
    let test = replaced.iter().filter(|i| data.fold_of(**i).is_none()).count();
    let note = (!replaced.is_empty()).then(|| {
        format!(
            "The detected points cannot be aligned on {} development films and {test} test films; \
             the annotated points are used instead.",
            replaced.len() - test
        )
    });
    Replaced { note, lost }
}

impl Replaced {
    /// The note.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] with every film that has neither usable nor annotated points.
    pub(super) fn with_none_lost(self, data: &StudyData) -> Result<Option<String>, Error> {
        let problem = |&i: &usize| Error::NotAnnotated {
            film: data.films[i].clone(),
            expected: "an annotation in the place of detected points that cannot be aligned",
        };
        Error::check(self.lost.iter().map(problem).collect())?;
        Ok(self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::decode;
    use crate::test_data::Scene;

    /// Points in one place: no axis runs through them.
    fn collapsed() -> VertebraKeypoints {
        VertebraKeypoints::from_xy([(30.0, 40.0); 5]).unwrap()
    }

    #[test]
    fn a_spine_can_be_aligned_and_points_in_one_place_cannot() {
        let scene = Scene::new();
        let films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        let mut points = scene.annotated();
        assert!(unusable(scene.context(), &films, &points).unwrap().is_empty());
        points[4] = collapsed();
        assert_eq!(unusable(scene.context(), &films, &points).unwrap(), [4]);
    }

    #[test]
    fn annotated_points_take_the_place_of_unusable_ones_and_are_counted_by_set() {
        let scene = Scene::new();
        let data = &scene.data;
        let mut keypoints = vec![collapsed(); data.n()];
        let unusable = [data.development()[0], data.development()[1], data.test()[0]];
        let replaced = take_annotated(data, &mut keypoints, &unusable);
        let note = replaced.with_none_lost(data).unwrap().unwrap();
        assert!(note.contains("on 2 development films and 1 test films"), "{note}");
        for (i, points) in keypoints.iter().enumerate() {
            let expected = if unusable.contains(&i) { scene.annotated()[i] } else { collapsed() };
            assert_eq!(*points, expected);
        }
        let nothing = Replaced { note: None, lost: Vec::new() };
        assert_eq!(take_annotated(data, &mut keypoints, &[]), nothing);
    }

    #[test]
    fn every_unusable_film_without_an_annotation_is_named() {
        let mut scene = Scene::new();
        let (first, second) = (scene.data.films[0].clone(), scene.data.films[7].clone());
        let missing = [first.as_str(), second.as_str()];
        let films = &mut scene.data.annotations.films;
        films.retain(|film| !missing.contains(&film.file_name.as_str()));
        let mut keypoints = vec![collapsed(); scene.data.n()];
        let replaced = take_annotated(&scene.data, &mut keypoints, &[0, 3, 7]);
        assert_eq!(replaced.lost, [0, 7]);
        let error = replaced.with_none_lost(&scene.data).unwrap_err();
        let Error::InvalidInput { problems } = &error else { panic!("{error}") };
        assert_eq!(problems.len(), 2);
        for (problem, film) in problems.iter().zip(missing) {
            assert!(problem.to_string().starts_with(film), "{problem}");
        }
    }
}
