//! The protocol from a cohort folder to results, pictures and a model folder.

use crate::config::StudyConfig;
use crate::data::{ANNOTATIONS, StudyData, TRUTH};
use crate::digest::sha256_of_file;
use crate::evaluation::{Evaluator, Group, adjust};
use crate::film::ReducedFilm;
use crate::heat_maps::HeatMaps;
use crate::horizons::{TestScores, cuts_from_folds, threshold_from_folds};
use crate::keypoint_stage::{FoundKeypoints, KeypointStage};
use crate::model_folder::{ModelDescription, TrainedModel};
use crate::models::{self, Clinical, FittedModel};
use crate::networks::Networks;
use crate::output::write_whole;
use crate::results::{
    Comparison, EvaluationSet, Method, ModelResult, RiskGroups, RunRecord, SCHEMA_VERSION,
    StudyResults, Subgroup,
};
use crate::seeds::seed_for;
use crate::variant_pictures::{FilmToRender, VariantPictures, render_all};
use crate::variants::{choose, compare_variant};
use crate::{Error, Observer, Progress};
use burn::tensor::Device;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use vertebra_alignment::ImageVariant;
use vertebra_cohort::{Covariate, Sex};
use vertebra_deepsurv::RiskModel;

/// Films decoded between two messages of progress.
const CHUNK: usize = 32;

/// Runs the protocol on a cohort folder and writes `results.json`, `pictures/` and `model/` into
/// `run_folder`, which must exist.
///
/// The input is checked as a whole before anything is computed, and `results.json` is written last,
/// at once: a run folder that has it is complete.
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
    let mut clock = Clock::default();
    observer(Progress::Stage { name: "reading the cohort".to_owned(), total: None });
    let data = StudyData::read(cohort, config)?;
    announce(&data, observer);
    let pictures_folder = run_folder.join("pictures");
    std::fs::create_dir_all(&pictures_folder).map_err(Error::io(&pictures_folder))?;
    let study = Study { data: &data, config, cohort, run_folder, device };
    let (films, inputs) = study.decode(observer)?;
    clock.lap("reading");

    let stage = KeypointStage { data: &data, config, films: &films, device, run_folder };
    let found = stage.run(observer)?;
    let reader_notes = reader_notes(&films);
    drop(films);
    clock.lap("keypoints");

    let rendered = study.render(&found, observer)?;
    clock.lap("pictures of the variants");
    let compared = study.compare_variants(&rendered, observer)?;
    clock.lap("comparison of variants");
    let fitted = study.fit(compared, &rendered, observer)?;
    clock.lap("models");
    let mut results = study.results(found.results.clone(), &fitted, observer)?;
    results.saliency = study.saliency(&found, &fitted, &rendered, observer)?;
    study.keep_model(&found, &fitted)?;
    clock.lap("evaluation");

    results.notes.extend(found.notes);
    results.notes.extend(reader_notes);
    results.run.inputs = inputs;
    results.run.seconds = clock.laps;
    let path = run_folder.join("results.json");
    let text = serde_json::to_vec_pretty(&results).map_err(|e| Error::Config(e.to_string()))?;
    write_whole(&path, &text)?;
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
    variants: Vec<crate::results::VariantResult>,
    chosen: usize,
    clinical: Vec<Clinical>,
    models: Vec<FittedModel>,
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
        let mut digests = Digests::new();
        for chunk in self.data.films.chunks(CHUNK) {
            let part: Vec<Result<_, Error>> = chunk.par_iter().map(|f| self.open(f)).collect();
            let faults: Vec<String> =
                part.iter().filter_map(|r| r.as_ref().err()).map(ToString::to_string).collect();
            if !faults.is_empty() {
                return Err(Error::Input(faults));
            }
            for (path, result) in chunk.iter().zip(part) {
                let (film, digest) = result?;
                digests.insert(crate::data::slashed(path), digest);
                films.push(film);
            }
            observer(Progress::Step(films.len() as u64));
        }
        for table in ["cohort.csv", "visits.csv", ANNOTATIONS, TRUTH] {
            let path = self.cohort.join(table);
            if path.exists() {
                digests.insert(table.to_owned(), sha256_of_file(&path)?);
            }
        }
        Ok((films, digests))
    }

    fn open(&self, film: &Path) -> Result<(ReducedFilm, String), Error> {
        let path = self.cohort.join(film);
        let reduced = ReducedFilm::open(&path, self.config.film_height)?;
        Ok((reduced, sha256_of_file(&path)?))
    }

    fn networks(&self) -> Networks<'_> {
        Networks { config: self.config, outcomes: &self.data.outcomes, device: self.device }
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
                polygons: self.data.annotation(i).map(|film| film.polygons()),
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
        let (mut results, mut networks) = (Vec::new(), Vec::new());
        for pictures in rendered {
            let compared = compare_variant(self.data, self.networks(), pictures, &mut || {
                done += 1;
                observer(Progress::Step(done));
            })?;
            results.push(compared.result);
            networks.push(compared.models);
        }
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
        let clinical: Vec<Clinical> = self
            .config
            .clinical_models
            .iter()
            .enumerate()
            .map(|(i, covariates)| Clinical::new(data, i + 1, covariates))
            .collect::<Result<_, _>>()?;
        let images = &pictures.images;
        let seed_name = format!("image only, {}", pictures.variant.label());
        let start = (seed_name.as_str(), compared.networks);
        let (image_only, starts) = models::image_only(data, networks, images, start)?;
        step();
        let mut fitted = Vec::new();
        for c in &clinical {
            fitted.push(models::cox(data, networks, c)?);
            fitted.push(models::deepsurv(data, networks, c, &mut step)?);
            let images = (images, starts.as_slice());
            fitted.push(models::deepsurv_with_images(data, networks, c, images, &mut step)?);
        }
        fitted.push(image_only);
        fitted.extend(models::frax(data));
        fitted.extend(models::oracle(data));
        Ok(Fitted { variants: compared.results, chosen: compared.chosen, clinical, models: fitted })
    }

    fn groups(&self) -> Vec<Group> {
        let data = self.data;
        let woman = |i: &usize| data.subject(*i).sex == Sex::Female;
        let mut groups = Vec::new();
        for (set, members) in [
            (EvaluationSet::CrossValidation, data.split.train()),
            (EvaluationSet::Test, data.split.test()),
        ] {
            for subgroup in [Subgroup::All, Subgroup::Women] {
                let belongs = |i: &usize| subgroup == Subgroup::All || woman(i);
                let members: Vec<usize> = members.iter().copied().filter(belongs).collect();
                let strata = members.iter().map(|&i| data.fold_of(i).unwrap_or(0)).collect();
                groups.push(Group { set, subgroup, members, strata });
            }
        }
        groups
    }

    fn results(
        &self,
        keypoints: crate::results::KeypointResults,
        fitted: &Fitted,
        observer: &mut Observer<'_>,
    ) -> Result<StudyResults, Error> {
        let data = self.data;
        let total = fitted.models.len() as u64;
        observer(Progress::Stage { name: "evaluating".to_owned(), total: Some(total) });
        let evaluator = Evaluator {
            outcomes: &data.outcomes,
            bootstrap: self.config.bootstrap,
            seed: seed_for(self.config.seed, "bootstrap of C"),
            uno_horizon: self.last_horizon(),
        };
        let groups = self.groups();
        let mut notes = data.notes.clone();
        let mut results = Vec::new();
        for (k, model) in fitted.models.iter().enumerate() {
            results.push(self.evaluate(model, &evaluator, &groups, &mut notes));
            observer(Progress::Step(k as u64 + 1));
        }
        let comparisons = self.compare_models(&fitted.models, &evaluator, &groups, &mut notes)?;
        Ok(StudyResults {
            schema_version: SCHEMA_VERSION,
            run: self.record()?,
            flow: data.flow.clone(),
            split: data.split_summary(),
            table_one: data.table_one()?,
            missing: data.missing(&self.all_covariates())?,
            outcome: data.outcome_summary.clone(),
            keypoints,
            variants: fitted.variants.clone(),
            models: results,
            comparisons,
            risk_groups: self.risk_groups(&fitted.models)?,
            saliency: None,
            notes,
        })
    }

    fn all_covariates(&self) -> Vec<Covariate> {
        let mut all: Vec<Covariate> = Vec::new();
        for covariate in self.config.clinical_models.iter().flatten() {
            if !all.contains(covariate) {
                all.push(*covariate);
            }
        }
        all
    }

    fn last_horizon(&self) -> f64 {
        self.config.horizons.iter().copied().fold(0.0, f64::max)
    }

    /// One model on every group, and at every horizon; what is undefined becomes a note.
    fn evaluate(
        &self,
        model: &FittedModel,
        evaluator: &Evaluator<'_>,
        groups: &[Group],
        notes: &mut Vec<String>,
    ) -> ModelResult {
        let scores = &model.scores;
        let mut discrimination = Vec::new();
        for group in groups {
            let folds = match group.set {
                EvaluationSet::CrossValidation if scores.by_fold_model.is_empty() => Vec::new(),
                EvaluationSet::CrossValidation => evaluator.by_stratum(group, &scores.log_hazard),
                EvaluationSet::Test => {
                    let of = |scores: &Vec<f64>| evaluator.index(group, scores);
                    scores.by_fold_model.iter().filter_map(of).collect()
                }
            };
            match evaluator.discrimination(group, &scores.log_hazard, folds) {
                Ok(found) => discrimination.push(found),
                Err(error) => {
                    notes.push(format!("{}, {}: no C index: {error}.", model.name, describe(group)))
                }
            }
        }
        let test = TestScores::new(self.data, model);
        let main = self.config.main_horizon;
        let threshold = threshold_from_folds(self.data, model, main);
        let horizons = &self.config.horizons;
        ModelResult {
            name: model.name.clone(),
            method: model.method,
            clinical: model.clinical,
            covariates: model.covariates.clone(),
            discrimination,
            horizons: horizons.iter().map(|&h| test.at(h, threshold)).collect(),
            integrated_brier: test.integrated_brier(self.last_horizon()),
            calibration: test.calibration(main),
            decision: test.decision(main),
            coefficients: model.coefficients.clone(),
        }
    }

    /// The comparisons the protocol asks for: within each clinical model, with images against
    /// without and against Cox regression, DeepSurv against Cox regression; images alone against
    /// the largest Cox model; the best against FRAX.
    fn compare_models(
        &self,
        models: &[FittedModel],
        evaluator: &Evaluator<'_>,
        groups: &[Group],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Comparison>, Error> {
        let mut comparisons = Vec::new();
        for (first, second) in pairs_to_compare(models) {
            for group in groups {
                let named = |m: &FittedModel| (m.name.clone(), m.scores.log_hazard.clone());
                let (a, b) = (named(first), named(second));
                match evaluator.compare(group, (&a.0, &a.1), (&b.0, &b.1)) {
                    Ok(comparison) => comparisons.push(comparison),
                    Err(error) => notes.push(format!(
                        "{} against {}, {}: no comparison: {error}.",
                        a.0,
                        b.0,
                        describe(group)
                    )),
                }
            }
        }
        adjust(&mut comparisons)?;
        Ok(comparisons)
    }

    fn risk_groups(&self, models: &[FittedModel]) -> Result<Vec<RiskGroups>, Error> {
        let largest = |method: Method| models.iter().rev().find(|m| m.method == method);
        let chosen = [largest(Method::DeepSurvImage), largest(Method::CoxPh)];
        let times: Vec<f64> = (0..=self.last_horizon().ceil() as u32).map(f64::from).collect();
        let mut groups = Vec::new();
        for model in chosen.into_iter().flatten() {
            if let Some(cuts) = cuts_from_folds(self.data, model) {
                groups.push(TestScores::new(self.data, model).risk_groups(cuts, &times)?);
            }
        }
        Ok(groups)
    }

    fn saliency(
        &self,
        found: &FoundKeypoints,
        fitted: &Fitted,
        rendered: &[VariantPictures],
        observer: &mut Observer<'_>,
    ) -> Result<Option<crate::results::SaliencyResults>, Error> {
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

    fn keep_model(&self, found: &FoundKeypoints, fitted: &Fitted) -> Result<(), Error> {
        let Some((model, network, clinical)) = fitted.kept() else { return Ok(()) };
        let covariates = &self.config.clinical_models[clinical.number - 1];
        let stand_ins = self.data.stand_ins(covariates)?;
        let description = ModelDescription {
            schema_version: ModelDescription::SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: model.name.clone(),
            film_height: self.config.film_height,
            variant: fitted.variants[fitted.chosen].variant,
            picture: self.config.picture.clone(),
            covariates: clinical.names.iter().cloned().zip(stand_ins).collect(),
            horizons: self.config.horizons.clone(),
            development: self.data.size(self.data.split.train()),
            intended_use: "research only; not a medical device".to_owned(),
        };
        let trained = TrainedModel::new(description, found.detector.clone(), network.clone());
        trained.save(&self.run_folder.join("model"))
    }

    fn record(&self) -> Result<RunRecord, Error> {
        let name = self.run_folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(RunRecord {
            name,
            preset: self.config.preset.clone(),
            phantom: self.data.truth.is_some(),
            seed: self.config.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: option_env!("VERTEBRA_REVISION").map(str::to_owned),
            device: format!("{:?}", self.device),
            config: self.config.to_toml()?,
            inputs: BTreeMap::new(),
            seconds: Vec::new(),
        })
    }
}

/// The comparison of variants, with the chosen variant's fold networks.
struct Compared {
    results: Vec<crate::results::VariantResult>,
    chosen: usize,
    networks: Vec<RiskModel>,
}

fn describe(group: &Group) -> String {
    let set = match group.set {
        EvaluationSet::CrossValidation => "validation folds",
        EvaluationSet::Test => "test set",
    };
    let who = match group.subgroup {
        Subgroup::All => "all",
        Subgroup::Women => "women",
    };
    format!("{set}, {who}")
}

fn pairs_to_compare(models: &[FittedModel]) -> Vec<(&FittedModel, &FittedModel)> {
    let find = |method: Method, clinical: Option<usize>| {
        models.iter().find(|m| m.method == method && m.clinical == clinical)
    };
    let numbers: Vec<usize> =
        models.iter().filter(|m| m.method == Method::CoxPh).filter_map(|m| m.clinical).collect();
    let mut pairs = Vec::new();
    for &number in &numbers {
        let [image, deep, cox] = [Method::DeepSurvImage, Method::DeepSurv, Method::CoxPh]
            .map(|method| find(method, Some(number)));
        pairs.extend(image.zip(cox));
        pairs.extend(image.zip(deep));
        pairs.extend(deep.zip(cox));
    }
    let last = numbers.last().copied();
    pairs.extend(find(Method::ImageOnly, None).zip(find(Method::CoxPh, last)));
    let best = find(Method::DeepSurvImage, last);
    pairs.extend(
        models.iter().filter(|m| m.method == Method::Frax).filter_map(|f| Some((best?, f))),
    );
    pairs
}
