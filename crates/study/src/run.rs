//! The protocol from a cohort folder to results, pictures and a model folder.

use crate::config::StudyConfig;
use crate::films::film::{ReducedFilm, check_annotated};
use crate::films::variant_pictures::{FilmToRender, VariantPictures, render_all};
use crate::input::data::{StudyData, TRUTH};
use crate::model::model_folder::{
    ModelDescription, SCHEMA_VERSION as MODEL_SCHEMA_VERSION, TrainedModel,
};
use crate::stages::evaluate_models::Evaluation;
use crate::stages::heat_maps::HeatMaps;
use crate::stages::keypoint_stage::{FoundKeypoints, KeypointStage};
use crate::stages::models::{self, Clinical, FittedModel};
use crate::stages::networks::Networks;
use crate::stages::variants::{choose, compare_variants, model_name};
use crate::{Error, FilmCache, Observer, Progress};
use burn::tensor::Device;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use vertebra_alignment::ImageVariant;
use vertebra_deepsurv::RiskModel;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::AnnotationSet;
use vertebra_report::results::{Method, SaliencyResults, StudyResults, VariantResult};
use vertebra_run::Digest;

/// Films decoded between two messages of progress.
const CHUNK: usize = 32;

/// Runs the protocol on a cohort folder and writes `results.json`, `pictures/` and `model/` into
/// `run_folder`, which must exist.
///
/// The input is checked as a whole before anything is computed. `results.json` is written after
/// everything else that this function writes, and at once: it is whole or absent.
///
/// # Errors
/// Every fault of the input at once; too few subjects or events for the folds; whatever a stage
/// cannot do, naming the film or the statistic.
pub fn run(
    cohort: &Path,
    config: &StudyConfig,
    run_folder: &Path,
    device: &Device,
    observer: &mut Observer<'_>,
) -> Result<StudyResults, Error> {
    config.check()?;
    if let Some(patience) = config.keypoints.training.patience {
        return Err(Error::Config(format!(
            "keypoints.training.patience: a study has no films to stop its detectors by, expected none, got {patience}"
        )));
    }
    let mut clock = Clock::default();
    observer(Progress::Stage { name: "reading the cohort".to_owned(), total: None });
    let data = StudyData::read(cohort, config)?;
    let clinical = clinical_models(&data, config)?;
    let given_detector = match &config.keypoint_model {
        Some(folder) => Some(KeypointDetector::load(folder, device)?),
        None => None,
    };
    announce(&data, observer);
    let pictures_folder = run_folder.join("pictures");
    std::fs::create_dir_all(&pictures_folder).map_err(Error::io(&pictures_folder))?;
    let study = Study { data: &data, config, cohort, run_folder, device };
    let (films, inputs) = study.decode(observer)?;
    clock.lap("reading");

    let stage = KeypointStage { data: &data, config, films: &films, device, run_folder };
    let found = stage.run(given_detector, observer)?;
    let reader_notes = reader_notes(&films);
    drop(films);
    clock.lap("keypoints");

    let rendered = study.render(&found, observer)?;
    clock.lap("pictures of the variants");
    let compared = study.compare_variants(&rendered, observer)?;
    clock.lap("comparison of variants");
    let fitted = study.fit(compared, clinical, &rendered, observer)?;
    clock.lap("models");
    let evaluation = Evaluation { data: &data, config, device, run_folder };
    let (variants, models) = (&fitted.variants, &fitted.models);
    let mut results = evaluation.results(found.results.clone(), variants, models, observer)?;
    results.saliency = study.saliency(&found, &fitted, &rendered, observer)?;
    study.keep_model(&found, &fitted)?;
    clock.lap("evaluation");

    results.notes.extend(study.masks_note(&rendered));
    results.notes.extend(fitted.notes);
    results.notes.extend(found.notes);
    results.notes.extend(reader_notes);
    results.run.inputs = inputs;
    results.run.seconds = clock.laps;
    let path = run_folder.join("results.json");
    results.write(&path)?;
    Ok(results)
}

/// Wall-clock time by stage.
struct Clock {
    began: Instant,
    laps: Vec<(String, f64)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { began: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    fn lap(&mut self, stage: &str) {
        self.laps.push((stage.to_owned(), self.began.elapsed().as_secs_f64()));
        self.began = Instant::now();
    }
}

/// The covariates of every clinical model; fails here, before anything is computed, where one is
/// not recorded for anybody.
fn clinical_models(data: &StudyData, config: &StudyConfig) -> Result<Vec<Clinical>, Error> {
    let models = config.clinical_models.iter().enumerate();
    models.map(|(i, covariates)| Clinical::new(data, i + 1, covariates)).collect()
}

fn announce(data: &StudyData, observer: &mut Observer<'_>) {
    let (development, test) = (data.size(data.split.train()), data.size(data.split.test()));
    observer(Progress::Note(format!(
        "{} of {} subjects are analysed: {} for development ({} events), {} for the test ({} events)",
        data.n(),
        data.flow.start(),
        development.n,
        development.events,
        test.n,
        test.events
    )));
}

/// The reader's warnings, each with the number of films it concerns; never a file or a person.
fn reader_notes(films: &[ReducedFilm]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in films.iter().flat_map(|film| &film.warnings) {
        *counts.entry(warning).or_default() += 1;
    }
    counts.into_iter().map(|(text, n)| format!("{n} films: {text}")).collect()
}

/// What all stages share.
struct Study<'a> {
    data: &'a StudyData,
    config: &'a StudyConfig,
    cohort: &'a Path,
    run_folder: &'a Path,
    device: &'a Device,
}

/// All models, and which pictures the image models see.
struct Fitted {
    variants: Vec<VariantResult>,
    chosen: usize,
    clinical: Vec<Clinical>,
    models: Vec<FittedModel>,
    notes: Vec<String>,
}

impl Fitted {
    /// The largest clinical model with images, which the model folder keeps and heat maps explain.
    fn kept(&self) -> Option<(&FittedModel, &RiskModel, &Clinical)> {
        let with_images = |m: &&FittedModel| m.method == Method::DeepSurvImage;
        let model = self.models.iter().rev().find(with_images)?;
        let clinical = self.clinical.iter().find(|c| Some(c.number) == model.clinical)?;
        Some((model, model.network.as_ref()?, clinical))
    }
}

type Digests = BTreeMap<String, String>;

impl Study<'_> {
    /// Decodes and digests every baseline film, films in parallel.
    fn decode(&self, observer: &mut Observer<'_>) -> Result<(Vec<ReducedFilm>, Digests), Error> {
        let n = self.data.n();
        let name = "decoding radiographs".to_owned();
        observer(Progress::Stage { name, total: Some(n as u64) });
        let mut films = Vec::with_capacity(n);
        let mut faults = Vec::new();
        let mut digests = self.digests_of_tables()?;
        for chunk in self.data.films.chunks(CHUNK) {
            let part: Vec<Result<_, Error>> = chunk.par_iter().map(|f| self.open(f)).collect();
            for (path, result) in chunk.iter().zip(part) {
                match result {
                    Ok((film, digest)) => {
                        digests.insert(crate::input::data::slashed(path), digest);
                        films.push(film);
                    }
                    Err(Error::Input(several)) => faults.extend(several),
                    Err(fault) => faults.push(fault.to_string()),
                }
            }
            observer(Progress::Step((films.len() + faults.len()) as u64));
        }
        if faults.is_empty() { Ok((films, digests)) } else { Err(Error::Input(faults)) }
    }

    /// Digests of every file that was read besides the films.
    fn digests_of_tables(&self) -> Result<Digests, Error> {
        let mut digests = Digests::new();
        let tables = ["cohort.csv", "visits.csv", TRUTH].map(|table| self.cohort.join(table));
        let detector = self.config.keypoint_model.iter();
        let detector = detector.flat_map(|folder| {
            ["keypoints.json", "keypoints.safetensors"].map(|name| folder.join(name))
        });
        let annotations = AnnotationSet::file_in(self.cohort);
        let others = [annotations].into_iter().chain(self.config.reference.clone());
        for path in tables.into_iter().chain(others).chain(detector) {
            if path.exists() {
                let name = path.strip_prefix(self.cohort).unwrap_or(&path);
                digests
                    .insert(crate::input::data::slashed(name), Digest::of_file(&path)?.to_string());
            }
        }
        Ok(digests)
    }

    fn open(&self, film: &Path) -> Result<(ReducedFilm, String), Error> {
        let cache = FilmCache::new(self.config.film_cache.clone());
        let path = self.cohort.join(film);
        let opened = ReducedFilm::cached(&path, self.config.film_height, &cache)?;
        if let Some(annotation) = self.data.annotations.get(&crate::input::data::slashed(film)) {
            check_annotated(&path, opened.0.original_size, annotation)?;
        }
        Ok(opened)
    }

    fn networks(&self) -> Networks<'_> {
        Networks { config: self.config, outcomes: &self.data.outcomes, device: self.device }
    }

    /// Which of the variants asked for were left out, and why.
    fn masks_note(&self, rendered: &[VariantPictures]) -> Option<String> {
        let left_out = self.config.variants.len() - rendered.len();
        let outlined = |i: &usize| {
            let film = self.data.annotation(*i);
            film.is_some_and(|film| film.polygons().iter().all(Option::is_some))
        };
        let films = (0..self.data.n()).filter(|i| !outlined(i)).count();
        (left_out > 0).then(|| {
            format!("{films} films lack outlines of vertebrae: {left_out} variants with masks were left out.")
        })
    }

    /// Variants that every film allows: those with masks need every vertebra's outline.
    fn possible_variants(&self) -> Vec<ImageVariant> {
        let outlined = |i| {
            let film = self.data.annotation(i);
            film.is_some_and(|film| film.polygons().iter().all(Option::is_some))
        };
        let masks = (0..self.data.n()).all(outlined);
        self.config.variants.iter().copied().filter(|v| masks || !v.is_masked()).collect()
    }

    fn render(
        &self,
        found: &FoundKeypoints,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<VariantPictures>, Error> {
        let variants = self.possible_variants();
        if variants.is_empty() {
            let expected = "masks of every film, as only masked variants are asked for".to_owned();
            return Err(Error::TooFew("image variants", expected, "none".to_owned()));
        }
        let films: Vec<FilmToRender<'_>> = (0..self.data.n())
            .map(|i| FilmToRender {
                path: self.cohort.join(&self.data.films[i]),
                keypoints: &found.keypoints[i],
                annotation: self.data.annotation(i),
            })
            .collect();
        let name = "rendering image variants".to_owned();
        observer(Progress::Stage { name, total: Some(films.len() as u64) });
        render_all(&films, &variants, &self.config.picture, &mut |done| {
            observer(Progress::Step(done as u64));
        })
    }

    fn compare_variants(
        &self,
        rendered: &[VariantPictures],
        observer: &mut Observer<'_>,
    ) -> Result<Compared, Error> {
        let total = (rendered.len() * self.data.folds.n_folds()) as u64;
        let name = "comparing image variants".to_owned();
        observer(Progress::Stage { name, total: Some(total) });
        let mut done = 0;
        let compared = compare_variants(self.data, self.networks(), rendered, &mut || {
            done += 1;
            observer(Progress::Step(done));
        })?;
        let (mut results, mut networks): (Vec<_>, Vec<_>) =
            compared.into_iter().map(|c| (c.result, c.models)).unzip();
        let chosen = choose(&results, self.config.choose_masked);
        results[chosen].chosen = true;
        observer(Progress::Note(format!(
            "chosen: {}, AUC {:.3}",
            results[chosen].variant.label(),
            results[chosen].auc.value
        )));
        Ok(Compared { results, chosen, networks: networks.swap_remove(chosen) })
    }

    fn fit(
        &self,
        compared: Compared,
        clinical: Vec<Clinical>,
        rendered: &[VariantPictures],
        observer: &mut Observer<'_>,
    ) -> Result<Fitted, Error> {
        let data = self.data;
        let networks = self.networks();
        let n_clinical = self.config.clinical_models.len();
        let total = (2 * n_clinical * (data.folds.n_folds() + 1) + 1) as u64;
        observer(Progress::Stage { name: "fitting models".to_owned(), total: Some(total) });
        let mut done = 0;
        let mut step = || {
            done += 1;
            observer(Progress::Step(done));
        };
        let pictures = &rendered[compared.chosen];
        let images = &pictures.images;
        let seed_name = model_name(pictures);
        let start = (seed_name.as_str(), compared.networks);
        let (image_only, starts) = models::image_only(data, networks, images, start)?;
        step();
        let (mut fitted, mut notes) = (Vec::new(), Vec::new());
        for c in &clinical {
            // A constant or separating covariate leaves Cox regression without an estimate.
            match models::cox(data, networks, c) {
                Ok(model) => fitted.push(model),
                Err(error) => {
                    notes.push(format!("Model {}: no Cox regression: {error}.", c.number))
                }
            }
            fitted.push(models::deepsurv(data, networks, c, &mut step)?);
            let images = (images, starts.as_slice());
            fitted.push(models::deepsurv_with_images(data, networks, c, images, &mut step)?);
        }
        fitted.push(image_only);
        fitted.extend(models::frax(data));
        fitted.extend(models::oracle(data));
        let Compared { results: variants, chosen, .. } = compared;
        Ok(Fitted { variants, chosen, clinical, models: fitted, notes })
    }

    fn saliency(
        &self,
        found: &FoundKeypoints,
        fitted: &Fitted,
        rendered: &[VariantPictures],
        observer: &mut Observer<'_>,
    ) -> Result<Option<SaliencyResults>, Error> {
        let Some((model, network, clinical)) = fitted.kept() else { return Ok(None) };
        observer(Progress::Stage { name: "heat maps".to_owned(), total: None });
        let pictures = &rendered[fitted.chosen];
        let inputs = clinical.inputs()?.with_images(pictures.images.clone())?;
        let maps = HeatMaps {
            data: self.data,
            config: self.config,
            pictures,
            keypoints: &found.keypoints,
            model,
            network,
            inputs: &inputs,
            run_folder: self.run_folder,
        };
        maps.make().map(Some)
    }

    fn last_follow_up(&self) -> f64 {
        let times = self.data.split.train().iter().map(|&i| self.data.outcomes.time()[i]);
        times.fold(0.0, f64::max)
    }

    fn keep_model(&self, found: &FoundKeypoints, fitted: &Fitted) -> Result<(), Error> {
        let Some((model, network, clinical)) = fitted.kept() else { return Ok(()) };
        let covariates = &self.config.clinical_models[clinical.number - 1];
        let stand_ins = self.data.stand_ins(covariates)?;
        let description = ModelDescription {
            schema_version: MODEL_SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: model.name.clone(),
            film_height: self.config.film_height,
            variant: fitted.variants[fitted.chosen].variant,
            picture: self.config.picture.clone(),
            covariates: clinical.names.iter().cloned().zip(stand_ins).collect(),
            horizons: self.config.horizons.clone(),
            last_follow_up: self.last_follow_up(),
            development: self.data.size(self.data.split.train()),
            intended_use: "research only; not a medical device".to_owned(),
        };
        let trained = TrainedModel::new(description, found.detector.clone(), network.clone());
        trained.save(&self.run_folder.join("model"))
    }
}

/// The comparison of variants, with the chosen variant's fold networks.
struct Compared {
    results: Vec<VariantResult>,
    chosen: usize,
    networks: Vec<RiskModel>,
}
