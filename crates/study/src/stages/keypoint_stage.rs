//! Keypoints of every analysed film, each found by a detector that never saw it, and how good they
//! are.

use crate::config::{FinalDetector, StudyConfig};
use crate::films::film::ReducedFilm;
use crate::films::pictures::Canvas;
use crate::input::data::StudyData;
use crate::stages::alignable::{is_alignable, take_marked};
use crate::stages::at_once::Crew;
use crate::stages::folds::{Part, all_parts, fold_parts};
use crate::{Error, Observer, Progress};
use burn::tensor::Device;
use std::path::Path;
use vertebra_hrnet::{
    DetectorCalibration, FilmPixels, FilmSample, KeypointDetector, train_detector,
};
use vertebra_keypoints::{
    Detection, EvaluatedFilm, Level, LocatedFilm, OksOptions, PlausibilityLimits,
    VertebraKeypoints, average_precision, check_plausibility, radial_errors_mm,
};
use vertebra_report::results::{KeypointFold, KeypointResults, LevelError, Picture};
use vertebra_training::Event;

/// Every subject's keypoints in px of the original film, and the detector that is kept.
pub(crate) struct FoundKeypoints {
    pub(crate) keypoints: Vec<VertebraKeypoints>,
    pub(crate) detector: KeypointDetector,
    pub(crate) results: KeypointResults,
    /// What was done about films whose detected points cannot be aligned.
    pub(crate) notes: Vec<String>,
}

/// The films of a study and what finds keypoints on them.
pub(crate) struct KeypointStage<'a> {
    pub(crate) data: &'a StudyData,
    pub(crate) config: &'a StudyConfig,
    pub(crate) films: &'a [ReducedFilm],
    pub(crate) device: &'a Device,
    pub(crate) run_folder: &'a Path,
}

impl KeypointStage<'_> {
    /// Finds the keypoints of every film, by a given detector or by detectors trained here.
    pub(crate) fn run(
        &self,
        given: Option<KeypointDetector>,
        observer: &mut Observer<'_>,
    ) -> Result<FoundKeypoints, Error> {
        let (detectors, last) = match given {
            Some(detector) => (Vec::new(), detector),
            None => self.train(observer)?,
        };
        observer(Progress::Stage { name: "finding keypoints".to_owned(), total: None });
        let keypoints = self.detect_all(&detectors, &last)?;
        let last = match detectors.is_empty() {
            true => last,
            false => self.calibrated(last, &keypoints)?,
        };
        let results = self.results(&keypoints, &last)?;
        let (keypoints, notes) = self.alignable(keypoints)?;
        Ok(FoundKeypoints { keypoints, detector: last, results, notes })
    }

    /// Detections that cannot be aligned give way to the marked points; the accuracy is that of the
    /// detections.
    fn alignable(
        &self,
        mut keypoints: Vec<VertebraKeypoints>,
    ) -> Result<(Vec<VertebraKeypoints>, Vec<String>), Error> {
        let picture = &self.config.picture;
        let fits = |i: &usize| is_alignable(&self.films[*i], &keypoints[*i], picture);
        let unusable: Vec<usize> = (0..keypoints.len()).filter(|i| !fits(i)).collect();
        let note = take_marked(self.data, &mut keypoints, &unusable)?;
        let mut notes: Vec<String> = note.into_iter().collect();
        if self.config.keypoint_model.is_some() {
            notes.push(
                "Keypoints are those of a given detector, which may have seen these films."
                    .to_owned(),
            );
        }
        Ok((keypoints, notes))
    }

    /// One detector per fold, and the one that is kept.
    fn train(
        &self,
        observer: &mut Observer<'_>,
    ) -> Result<(Vec<KeypointDetector>, KeypointDetector), Error> {
        let parts = match self.config.final_detector {
            FinalDetector::BestFold => fold_parts(self.data),
            FinalDetector::Refit => all_parts(self.data),
        };
        let total = parts.iter().map(|part| self.n_steps(part) as u64).sum();
        let name = format!("training {} keypoint networks", parts.len());
        observer(Progress::Stage { name, total: Some(total) });
        let mut steps = 0;
        let crew = Crew::new(self.config.fits_at_once);
        let fit = |part: &Part, on_step: &dyn Fn()| self.train_one(part, on_step);
        let mut detectors = crew.run(&parts, fit, &mut || {
            steps += 1;
            observer(Progress::Step(steps));
        })?;
        let refitted = detectors.split_off(self.data.folds.n_folds()).pop();
        let last = match refitted {
            Some(detector) => detector,
            None => detectors[self.best_fold(&detectors)?].clone(),
        };
        Ok((detectors, last))
    }

    fn n_steps(&self, part: &Part) -> usize {
        let annotated = |i: &&usize| self.data.annotation(**i).is_some();
        self.config.keypoints.training.n_steps(part.subjects.iter().filter(annotated).count())
    }

    fn train_one(&self, part: &Part, on_step: &dyn Fn()) -> Result<KeypointDetector, Error> {
        let films: Vec<FilmSample> =
            part.subjects.iter().filter_map(|&i| self.sample(i)).collect::<Result<_, _>>()?;
        if films.is_empty() {
            let needed = "annotated films in every fold".to_owned();
            return Err(Error::TooFew("the keypoint network", needed, "none".to_owned()));
        }
        let purpose = format!("training the keypoint network, {}", part.on.label());
        let seed = self.config.seed_for(&purpose);
        let mut on_event = |event: &Event| {
            if matches!(event, Event::Step { .. }) {
                on_step();
            }
        };
        let settings = &self.config.keypoints;
        let trained =
            train_detector(settings, &films, &[], self.device, seed, None, &mut on_event)?;
        Ok(trained.detector)
    }

    fn sample(&self, subject: usize) -> Option<Result<FilmSample, Error>> {
        let annotation = self.data.annotation(subject)?;
        let film = &self.films[subject];
        Some(film.reduced(&annotation.keypoints).map(|keypoints| FilmSample {
            pixels: film.pixels.clone(),
            height: film.height,
            width: film.width,
            spacing_mm: film.spacing_mm,
            keypoints,
        }))
    }

    /// The fold whose detector has the highest AP on its own validation films; the first of equals.
    fn best_fold(&self, detectors: &[KeypointDetector]) -> Result<usize, Error> {
        let mut best = (0, f64::NEG_INFINITY);
        for (fold, detector) in detectors.iter().enumerate() {
            let (_, validation) = self.data.fold(fold);
            let found = self.detect(detector, &validation)?;
            let pairs: Vec<_> = validation.into_iter().zip(found).collect();
            let accuracy = self.accuracy(&pairs)?.map_or(f64::NEG_INFINITY, |a| a.ap);
            if accuracy > best.1 {
                best = (fold, accuracy);
            }
        }
        Ok(best.0)
    }

    fn detect_all(
        &self,
        detectors: &[KeypointDetector],
        last: &KeypointDetector,
    ) -> Result<Vec<VertebraKeypoints>, Error> {
        let mut found = vec![None; self.data.n()];
        let mut fill = |subjects: Vec<usize>, detector: &KeypointDetector| {
            let points = self.detect(detector, &subjects)?;
            subjects.into_iter().zip(points).for_each(|(i, p)| found[i] = Some(p));
            Ok::<_, Error>(())
        };
        for fold in 0..self.data.folds.n_folds() {
            fill(self.data.fold(fold).1, detectors.get(fold).unwrap_or(last))?;
        }
        fill(self.data.split.test().to_vec(), last)?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The detector with what its confidence is worth, learnt from the films held out in each
    /// fold; without such films of known spacing it stays as it is. Test films take no part.
    fn calibrated(
        &self,
        detector: KeypointDetector,
        found: &[VertebraKeypoints],
    ) -> Result<KeypointDetector, Error> {
        let held_out = (0..self.data.folds.n_folds()).flat_map(|fold| self.data.fold(fold).1);
        let located = held_out.filter_map(|i| self.located(i, &found[i]));
        let films: Vec<LocatedFilm> = located.collect::<Result<_, _>>()?;
        if films.is_empty() {
            return Ok(detector);
        }
        let calibration = DetectorCalibration::fit(DetectorCalibration::WITHIN_MM, &films)?;
        Ok(detector.with_calibration(calibration))
    }

    /// Detects on some subjects' films; points in px of the original films, inside of them.
    fn detect(
        &self,
        detector: &KeypointDetector,
        subjects: &[usize],
    ) -> Result<Vec<VertebraKeypoints>, Error> {
        let pixels = |&i: &usize| {
            let film = &self.films[i];
            FilmPixels::new(&film.pixels, film.height, film.width)
        };
        let films: Vec<_> = subjects.iter().map(pixels).collect::<Result<_, _>>()?;
        let found = detector.detect_batch(&films)?;
        subjects.iter().zip(found).map(|(&i, points)| self.films[i].original(&points)).collect()
    }

    fn results(
        &self,
        keypoints: &[VertebraKeypoints],
        detector: &KeypointDetector,
    ) -> Result<KeypointResults, Error> {
        let pairs = |subjects: &[usize]| -> Vec<_> {
            subjects.iter().map(|&i| (i, keypoints[i])).collect()
        };
        let mut folds = Vec::new();
        for fold in 0..self.data.folds.n_folds() {
            folds.extend(self.accuracy(&pairs(&self.data.fold(fold).1))?);
        }
        let test = self.accuracy(&pairs(self.data.split.test()))?;
        let options = OksOptions::default();
        let flagged = (0..keypoints.len()).filter(|&i| self.is_implausible(i, &keypoints[i]));
        Ok(KeypointResults {
            network: describe(detector),
            sigmas: options.sigmas,
            area: options.area.to_string(),
            folds,
            test,
            levels: self.level_errors(keypoints),
            flagged: flagged.count(),
            overlays: self.overlays(keypoints)?,
        })
    }

    fn is_implausible(&self, subject: usize, keypoints: &VertebraKeypoints) -> bool {
        let film = &self.films[subject];
        let limits = PlausibilityLimits::default();
        let doubts =
            film.reduced(keypoints).map(|k| check_plausibility(&k, film.spacing_mm, &limits));
        doubts.is_ok_and(|doubts| !doubts.is_empty())
    }

    /// `None` when none of the films is annotated.
    fn accuracy(
        &self,
        found: &[(usize, VertebraKeypoints)],
    ) -> Result<Option<KeypointFold>, Error> {
        let options = OksOptions::default();
        let (mut films, mut mm, mut px) = (Vec::new(), Vec::new(), Vec::new());
        for &(subject, keypoints) in found {
            let Some(annotation) = self.data.annotation(subject) else { continue };
            films.push(EvaluatedFilm {
                truth: Some(options.truth(annotation)),
                detections: vec![Detection::new(keypoints)],
            });
            px.extend(radial_errors_mm(&annotation.keypoints, &keypoints, [1.0, 1.0]));
            mm.extend(self.errors_mm(subject, &keypoints).into_iter().flatten());
        }
        if films.is_empty() {
            return Ok(None);
        }
        let report = average_precision(&options, &films)?;
        Ok(Some(KeypointFold {
            n: films.len(),
            ap: report.ap,
            ap50: report.ap50,
            ap75: report.ap75,
            mean_error_mm: (mm.len() == px.len()).then(|| mean(&mm)),
            mean_error_px: mean(&px),
        }))
    }

    /// Radial error by level, where the film is annotated and its spacing known.
    fn errors_mm(&self, subject: usize, found: &VertebraKeypoints) -> Option<[f64; 5]> {
        let LocatedFilm { truth, detected, spacing_mm } = self.located(subject, found)?.ok()?;
        Some(radial_errors_mm(&truth, &detected, spacing_mm))
    }

    /// Marked and found points in px of the reduced film, where the film is annotated and its spacing
    /// known.
    fn located(
        &self,
        subject: usize,
        found: &VertebraKeypoints,
    ) -> Option<Result<LocatedFilm, Error>> {
        let truth = &self.data.annotation(subject)?.keypoints;
        let film = &self.films[subject];
        let spacing_mm = film.spacing_mm?;
        let both = || Ok((film.reduced(truth)?, film.reduced(found)?));
        Some(both().map(|(truth, detected)| LocatedFilm { truth, detected, spacing_mm }))
    }

    fn level_errors(&self, keypoints: &[VertebraKeypoints]) -> Vec<LevelError> {
        let errors: Vec<[f64; 5]> = keypoints
            .iter()
            .enumerate()
            .filter_map(|(subject, found)| self.errors_mm(subject, found))
            .collect();
        if errors.is_empty() {
            return Vec::new();
        }
        let of = |level: Level| {
            let mut mm: Vec<f64> = errors.iter().map(|e| e[level.index()]).collect();
            mm.sort_by(f64::total_cmp);
            let at = |share: f64| mm[((mm.len() - 1) as f64 * share).round() as usize];
            let within_2mm = mm.iter().filter(|e| **e <= 2.0).count() as f64 / mm.len() as f64;
            LevelError {
                level,
                mean_mm: mean(&mm),
                median_mm: at(0.5),
                p95_mm: at(0.95),
                within_2mm,
            }
        };
        Level::ALL.map(of).to_vec()
    }

    /// Test films with marked (ring) and found (cross) points: the best, the median and the worst.
    fn overlays(&self, keypoints: &[VertebraKeypoints]) -> Result<Vec<Picture>, Error> {
        let mut errors: Vec<(usize, f64)> = self
            .data
            .split
            .test()
            .iter()
            .filter_map(|&i| Some((i, mean(&self.errors_mm(i, &keypoints[i])?))))
            .collect();
        errors.sort_by(|a, b| a.1.total_cmp(&b.1));
        if errors.len() < 3 {
            return Ok(Vec::new());
        }
        let chosen = [("best", 0), ("median", errors.len() / 2), ("worst", errors.len() - 1)];
        let picture = |(name, k): (&str, usize)| {
            let (subject, mm) = errors[k];
            let file = format!("pictures/keypoints-{name}.png");
            self.overlay(subject, &keypoints[subject])?.write_png(&self.run_folder.join(&file))?;
            let caption = format!(
                "Test film with the {name} mean error ({mm:.1} mm); rings marked, crosses found."
            );
            Ok(Picture { file, caption })
        };
        chosen.into_iter().map(picture).collect()
    }

    fn overlay(&self, subject: usize, found: &VertebraKeypoints) -> Result<Canvas, Error> {
        let film = &self.films[subject];
        let mut canvas = Canvas::from_grey(&film.pixels, film.height, film.width);
        let radius = film.height as f64 / 60.0;
        if let Some(annotation) = self.data.annotation(subject) {
            for p in film.reduced(&annotation.keypoints)?.points() {
                canvas.ring((p.x, p.y), radius, [64, 224, 208]);
            }
        }
        for p in film.reduced(found)?.points() {
            canvas.cross((p.x, p.y), radius as i64, [255, 140, 0]);
        }
        Ok(canvas)
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
