//! How far detected points are from the annotated ones.

use crate::Error;
use crate::films::reduced_films::ReducedFilms;
use crate::input::subjects::StudyData;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{
    Detection, EvaluatedFilm, Level, LocatedFilm, OksOptions, PlausibilityLimits,
    VertebraKeypoints, average_precision, check_plausibility, radial_errors_mm,
};
use vertebra_report::results::{KeypointFold, KeypointResults, LevelError};

/// Compares points in px of the original films with the annotations.
pub(super) struct Accuracy<'a> {
    pub(super) data: &'a StudyData,
    pub(super) films: &'a ReducedFilms<'a>,
}

impl Accuracy<'_> {
    /// Of every subject's detected points; without pictures.
    pub(super) fn results(
        &self,
        keypoints: &[VertebraKeypoints],
        detector: &KeypointDetector,
    ) -> Result<KeypointResults, Error> {
        let pairs = |subjects: &[usize]| -> Vec<_> {
            subjects.iter().map(|&i| (i, keypoints[i])).collect()
        };
        let mut folds = Vec::new();
        for fold in 0..self.data.n_folds() {
            folds.extend(self.of(&pairs(&self.data.fold(fold).1))?);
        }
        let options = OksOptions::default();
        let flagged = (0..keypoints.len()).filter(|&i| self.is_implausible(i, &keypoints[i]));
        let mut results = KeypointResults::default();
        results.network = describe(detector);
        results.sigmas = options.sigmas;
        results.area = options.area.to_string();
        results.folds = folds;
        results.test = self.of(&pairs(self.data.test()))?;
        results.levels = self.by_level(keypoints);
        results.flagged = flagged.count();
        Ok(results)
    }

    /// On some subjects' films; `None` when none of the films is annotated.
    pub(super) fn of(
        &self,
        found: &[(usize, VertebraKeypoints)],
    ) -> Result<Option<KeypointFold>, Error> {
        let options = OksOptions::default();
        let (mut films, mut mm, mut px) = (Vec::new(), Vec::new(), Vec::new());
        for &(subject, keypoints) in found {
            let Some(annotation) = self.data.annotation(subject) else { continue };
            films.push(EvaluatedFilm::new(
                Some(options.truth(annotation)),
                vec![Detection::new(keypoints)],
            ));
            px.extend(radial_errors_mm(&annotation.keypoints, &keypoints, [1.0, 1.0]));
            mm.extend(self.errors_mm(subject, &keypoints).into_iter().flatten());
        }
        if films.is_empty() {
            return Ok(None);
        }
        let report = average_precision(&options, &films)?;
        let ap = [report.ap, report.ap50, report.ap75];
        let mean_mm = (mm.len() == px.len()).then(|| mean(&mm));
        Ok(Some(KeypointFold::new(films.len(), ap, mean(&px)).with_mean_error_mm(mean_mm)))
    }

    /// Mean radial error over the levels, where the film is annotated and its spacing known.
    pub(super) fn mean_error_mm(&self, subject: usize, found: &VertebraKeypoints) -> Option<f64> {
        Some(mean(&self.errors_mm(subject, found)?))
    }

    /// Radial error by level, where the film is annotated and its spacing known.
    fn errors_mm(&self, subject: usize, found: &VertebraKeypoints) -> Option<[f64; 5]> {
        let LocatedFilm { truth, detected, spacing_mm, .. } = self.located(subject, found)?.ok()?;
        Some(radial_errors_mm(&truth, &detected, spacing_mm))
    }

    /// Annotated and detected points in px of the reduced film, where the film is annotated and its
    /// spacing known.
    pub(super) fn located(
        &self,
        subject: usize,
        found: &VertebraKeypoints,
    ) -> Option<Result<LocatedFilm, Error>> {
        let truth = &self.data.annotation(subject)?.keypoints;
        let reduction = &self.films.reductions[subject];
        let spacing_mm = reduction.spacing_mm?;
        let reduced = |points: &VertebraKeypoints| points.mapped(|p| reduction.to_reduced(p));
        let both = || Ok((reduced(truth)?, reduced(found)?));
        Some(both().map(|(truth, detected)| LocatedFilm::new(truth, detected, spacing_mm)))
    }

    fn is_implausible(&self, subject: usize, keypoints: &VertebraKeypoints) -> bool {
        let reduction = &self.films.reductions[subject];
        let limits = PlausibilityLimits::default();
        let warnings = keypoints
            .mapped(|point| reduction.to_reduced(point))
            .map(|k| check_plausibility(&k, reduction.spacing_mm, &limits));
        warnings.is_ok_and(|warnings| !warnings.is_empty())
    }

    fn by_level(&self, keypoints: &[VertebraKeypoints]) -> Vec<LevelError> {
        let errors = keypoints.iter().enumerate();
        let errors: Vec<[f64; 5]> =
            errors.filter_map(|(subject, found)| self.errors_mm(subject, found)).collect();
        let of =
            |level: Level| LevelError::of(level, errors.iter().map(|e| e[level.index()]).collect());
        Level::ALL.into_iter().filter_map(of).collect()
    }
}

fn describe(detector: &KeypointDetector) -> String {
    let [height, width] = detector.config().input_size;
    let parameters = detector.network().n_parameters();
    format!("HRNet, {parameters} parameters, input {height} × {width}")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::decode;
    use crate::test_data::{Scene, edited, moved, with_cells};
    use std::path::Path;
    use vertebra_radiograph::{Film, Radiograph, write_png16};

    fn pairs(keypoints: Vec<VertebraKeypoints>) -> Vec<(usize, VertebraKeypoints)> {
        keypoints.into_iter().enumerate().collect()
    }

    #[test]
    fn annotated_points_are_without_error_and_moved_ones_are_off_by_as_much() {
        let scene = Scene::new();
        let films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        let accuracy = Accuracy { data: &scene.data, films: &films };
        let exact = accuracy.of(&pairs(scene.annotated())).unwrap().unwrap();
        assert_eq!((exact.n, exact.ap, exact.mean_error_px), (scene.data.n(), 1.0, 0.0));
        let off = moved(&scene.annotated(), 4.0);
        let found = accuracy.of(&pairs(off.clone())).unwrap().unwrap();
        assert!((found.mean_error_px - 4.0).abs() < 1e-9);
        let levels = accuracy.by_level(&off);
        assert_eq!(levels.len(), 5);
        let mean = levels.iter().map(|level| level.mean_mm).sum::<f64>() / 5.0;
        assert!((mean - found.mean_error_mm.unwrap()).abs() < 1e-9);
        assert!(found.ap < 1.0 && levels[0].mean_mm > 0.0);
    }

    #[test]
    fn films_without_annotation_have_no_accuracy() {
        let scene = Scene::new();
        let films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        let keypoints = scene.annotated();
        let mut data = scene.data.clone();
        data.annotations.films.clear();
        let accuracy = Accuracy { data: &data, films: &films };
        let found = accuracy.results(&keypoints, &scene.blind_detector()).unwrap();
        assert!(found.folds.is_empty() && found.test.is_none() && found.levels.is_empty());
        assert!(found.network.starts_with("HRNet, "), "{}", found.network);
    }

    #[test]
    fn films_of_unknown_spacing_have_errors_in_px_alone() {
        let scene = Scene::new();
        let mut films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        films.reductions[5].spacing_mm = None;
        let accuracy = Accuracy { data: &scene.data, films: &films };
        let found = accuracy.of(&pairs(moved(&scene.annotated(), 1.0))).unwrap().unwrap();
        assert_eq!(found.mean_error_mm, None);
        assert!((found.mean_error_px - 1.0).abs() < 1e-9);
        assert!(accuracy.located(5, &scene.annotated()[5]).is_none());
    }

    #[test]
    fn points_unlike_a_spine_are_flagged() {
        let scene = Scene::new();
        let films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        let accuracy = Accuracy { data: &scene.data, films: &films };
        let mut keypoints = scene.annotated();
        let usual = accuracy.results(&keypoints, &scene.blind_detector()).unwrap().flagged;
        let upside_down = keypoints[0].points().each_ref().map(|p| (p.x, 150.0 - p.y));
        keypoints[0] = VertebraKeypoints::from_xy(upside_down).unwrap();
        let found = accuracy.results(&keypoints, &scene.blind_detector()).unwrap().flagged;
        assert_eq!(found, usual + 1);
    }

    /// A negative of a film as PNG, which states neither spacing nor polarity.
    fn write_negative(film: &Radiograph, to: &Path) {
        let view = Film::from(film);
        let pixels: Vec<f32> = view.pixels.iter().map(|v| 1.0 - v).collect();
        write_png16(to, Film { pixels: &pixels, spacing_mm: None, ..view }).unwrap();
    }

    #[test]
    fn what_visits_say_of_a_film_reaches_its_pixels_and_its_millimetres() {
        let mut scene = Scene::new();
        let name = scene.data.films[0].clone();
        let film = Radiograph::open(scene.context().film_path(0)).unwrap();
        let folder = edited("visits.csv", |text| {
            let of_film = |value: &str, line: &str| match line.contains(&name) {
                true => value.to_owned(),
                false => String::new(),
            };
            let text = with_cells(text, "spacing_mm", |_, line| of_film("0.5", line));
            let text = with_cells(&text, "bone", |_, line| of_film("dark", line));
            text.replace(&name, "negative.png")
        });
        let annotations = folder.path().join("annotations.json");
        let text = std::fs::read_to_string(&annotations).unwrap();
        std::fs::write(&annotations, text.replace(&name, "negative.png")).unwrap();
        write_negative(&film, &folder.path().join("negative.png"));
        scene.data = StudyData::read(folder.path(), &scene.config).unwrap();
        scene.cohort = folder.path().to_owned();
        assert_eq!(scene.data.films[0], "negative.png");

        let read = scene.data.read_options(0).read(scene.context().film_path(0)).unwrap();
        let (positive, found) = (Film::from(&film), Film::from(&read));
        let off = positive.pixels.iter().zip(found.pixels).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-3, "bone is bright again");
        assert_eq!(found.spacing_mm, Some([0.5, 0.5]));

        let decoded = decode::films(scene.context(), &mut |_| {}).unwrap();
        assert_eq!(decoded.facts["negative.png"].spacing_mm, Some([0.5, 0.5]));
        let points = moved(&scene.annotated(), 4.0);
        let accuracy = Accuracy { data: &scene.data, films: &decoded.films };
        let errors = accuracy.errors_mm(0, &points[0]).unwrap();
        assert!(errors.iter().all(|mm| (mm - 2.0).abs() < 1e-9), "4 px of 0.5 mm: {errors:?}");
    }
}
