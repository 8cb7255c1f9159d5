//! One risk network trained on a cohort's development set, for those who want that and no study.

use crate::films::film::ReducedFilm;
use crate::films::variant_pictures::{FilmToRender, render_all};
use crate::input::data::{StudyData, slashed};
use crate::stages::alignable::{is_alignable, take_marked};
use crate::stages::evaluation::{Evaluator, Group};
use crate::stages::models::Clinical;
use crate::{Error, FilmCache, Observer, Progress, StudyConfig};
use burn::tensor::Device;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use vertebra_alignment::ImageVariant;
use vertebra_cohort::Covariate;
use vertebra_deepsurv::{RiskInputs, RiskModel, RiskModelConfig, RiskTrainer};
use vertebra_hrnet::{FilmPixels, KeypointDetector};
use vertebra_keypoints::{AnnotationSet, VertebraKeypoints};
use vertebra_report::results::{Discrimination, EvaluationSet, Subgroup};
use vertebra_run::{Digest, write_whole};
use vertebra_training::Event;

/// What a risk network looks at; at least one of the two.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskNetworkInputs {
    /// The radiograph, as this variant.
    pub variant: Option<ImageVariant>,
    /// Covariates.
    pub covariates: Vec<Covariate>,
}

/// A trained risk network and how it ranks the test set.
#[derive(Debug, Clone)]
pub struct TrainedRiskNetwork {
    /// The network, with its preprocessing and baseline hazard.
    pub model: RiskModel,
    /// Concordance on the test set.
    pub test: Discrimination,
}

/// Trains one risk network on the development set of a cohort folder. Checkpoints are kept in
/// `run_folder/checkpoints`; the same call goes on from them. The model is written to
/// `run_folder/model`.
///
/// Keypoints are those of the annotations, or of `config.keypoint_model` where it is given. Detected
/// points that cannot be aligned give way to the marked ones, as in a study; the observer is told on
/// how many films and on which.
///
/// # Errors
/// Every fault of the input at once; films without annotation and no detector given, or one whose
/// points cannot be aligned; no input asked for; what training cannot do.
pub fn train_risk(
    cohort: &Path,
    config: &StudyConfig,
    wanted: &RiskNetworkInputs,
    run_folder: &Path,
    device: &Device,
    observer: &mut Observer<'_>,
) -> Result<TrainedRiskNetwork, Error> {
    config.check()?;
    observer(Progress::Stage { name: "reading the cohort".to_owned(), total: None });
    let data = StudyData::read(cohort, config)?;
    let inputs = inputs(&data, cohort, config, wanted, device, observer)?;
    let train = data.split.train();
    claim(run_folder, &fingerprint(&data, cohort, config, wanted)?)?;
    let trainer = trainer(config, wanted, &inputs).with_run_folder(run_folder.join("checkpoints"));
    let mut steps = 0;
    let trained = trainer.fit(
        (&inputs.subset(train), &data.outcomes.subset(train)),
        None,
        device,
        &mut |event| match event {
            Event::Started { epochs, epochs_done, steps_per_epoch } => {
                steps = (epochs_done * steps_per_epoch) as u64;
                let total = Some((epochs * steps_per_epoch) as u64);
                let name = "training the risk network".to_owned();
                observer(Progress::Stage { name, total });
            }
            Event::Step { .. } => {
                steps += 1;
                observer(Progress::Step(steps));
            }
            _ => {}
        },
    )?;
    trained.model.save(&run_folder.join("model"))?;
    let test = evaluate(&data, config, &trained.model, &inputs)?;
    Ok(TrainedRiskNetwork { model: trained.model, test })
}

/// What the run depends on besides the training settings, which checkpoints hold themselves.
fn fingerprint(
    data: &StudyData,
    cohort: &Path,
    config: &StudyConfig,
    wanted: &RiskNetworkInputs,
) -> Result<String, Error> {
    let mut text = format!("{}\n{wanted:?}\n{:?}\n", config.to_toml()?, data.split);
    let tables = ["cohort.csv", "visits.csv"].map(|table| cohort.join(table));
    for path in tables.into_iter().chain([AnnotationSet::file_in(cohort)]) {
        if path.exists() {
            let name = path.strip_prefix(cohort).unwrap_or(&path).display();
            text += &format!("{name} {}\n", Digest::of_file(&path)?);
        }
    }
    Ok(text)
}

/// Makes the run folder this run's, or finds that it is already.
fn claim(run_folder: &Path, fingerprint: &str) -> Result<(), Error> {
    std::fs::create_dir_all(run_folder).map_err(Error::io(run_folder))?;
    let path = run_folder.join("run.txt");
    match std::fs::read_to_string(&path) {
        Ok(found) if found == fingerprint => Ok(()),
        Ok(_) => Err(Error::Model {
            path,
            expected: "the settings and tables of this call".to_owned(),
            got: "those of another run; give another folder".to_owned(),
        }),
        Err(_) => Ok(write_whole(&path, fingerprint)?),
    }
}

fn trainer(
    config: &StudyConfig,
    wanted: &RiskNetworkInputs,
    inputs: &RiskInputs,
) -> RiskTrainer<'static> {
    let names: Vec<String> = wanted.covariates.iter().map(|c| c.name().to_owned()).collect();
    let risk = &config.risk;
    let (network, settings) = match inputs.images() {
        Some(images) => (
            RiskModelConfig::image_only(risk.encoder.clone(), images.shape())
                .with_hidden(risk.image_hidden.clone())
                .with_covariates(names),
            &risk.image_training,
        ),
        None => (
            RiskModelConfig::clinical(names).with_hidden(risk.clinical_hidden.clone()),
            &risk.clinical_training,
        ),
    };
    let mut settings = settings.clone();
    settings.training.seed = config.seed_for("risk network");
    RiskTrainer::new(network.with_dropout(risk.dropout)).with_settings(settings)
}

fn inputs(
    data: &StudyData,
    cohort: &Path,
    config: &StudyConfig,
    wanted: &RiskNetworkInputs,
    device: &Device,
    observer: &mut Observer<'_>,
) -> Result<RiskInputs, Error> {
    let clinical = match wanted.covariates.as_slice() {
        [] => None,
        covariates => Some(Clinical::new(data, 1, covariates)?.inputs()?),
    };
    let Some(variant) = wanted.variant else {
        let none =
            || Error::TooFew("a risk network", "a variant or covariates".into(), "none".into());
        return clinical.ok_or_else(none);
    };
    let keypoints = keypoints(data, cohort, config, device, observer)?;
    let film = |i: usize| FilmToRender {
        path: cohort.join(&data.films[i]),
        keypoints: &keypoints[i],
        annotation: data.annotation(i),
    };
    let films: Vec<FilmToRender<'_>> = (0..data.n()).map(film).collect();
    let total = Some(films.len() as u64);
    observer(Progress::Stage { name: "rendering the image variant".to_owned(), total });
    let rendered = render_all(&films, &[variant], &config.picture, &mut |done| {
        observer(Progress::Step(done as u64));
    })?;
    let images = rendered.into_iter().next().map(|pictures| pictures.images);
    Ok(match (clinical, images) {
        (Some(clinical), Some(images)) => clinical.with_images(images)?,
        (None, Some(images)) => RiskInputs::from_images(images),
        (clinical, None) => clinical.ok_or(vertebra_deepsurv::Error::NoInputs)?,
    })
}

fn keypoints(
    data: &StudyData,
    cohort: &Path,
    config: &StudyConfig,
    device: &Device,
    observer: &mut Observer<'_>,
) -> Result<Vec<VertebraKeypoints>, Error> {
    let Some(folder) = &config.keypoint_model else {
        return annotated(data);
    };
    let detector = KeypointDetector::load(folder, device)?;
    let total = Some(data.n() as u64);
    observer(Progress::Stage { name: "finding keypoints".to_owned(), total });
    let mut found = Vec::with_capacity(data.n());
    let mut unusable = Vec::new();
    let cache = FilmCache::new(config.film_cache.clone());
    for chunk in data.films.chunks(32) {
        let open = |film: &PathBuf| {
            let (film, _) = ReducedFilm::cached(&cohort.join(film), config.film_height, &cache)?;
            Ok::<_, Error>(film)
        };
        let films: Vec<ReducedFilm> = chunk.par_iter().map(open).collect::<Result<_, _>>()?;
        let pixels = films.iter().map(|f| FilmPixels::new(&f.pixels, f.height, f.width));
        let points = detector.detect_batch(&pixels.collect::<Result<Vec<_>, _>>()?)?;
        for (film, points) in films.iter().zip(points) {
            let points = film.original(&points)?;
            if !is_alignable(film, &points, &config.picture) {
                unusable.push(found.len());
            }
            found.push(points);
        }
        observer(Progress::Step(found.len() as u64));
    }
    if let Some(note) = take_marked(data, &mut found, &unusable)? {
        let films: Vec<String> = unusable.iter().map(|&i| slashed(&data.films[i])).collect();
        observer(Progress::Note(format!("{note} They are: {}", films.join(", "))));
    }
    Ok(found)
}

/// The marked points of every subject's film.
fn annotated(data: &StudyData) -> Result<Vec<VertebraKeypoints>, Error> {
    let missing: Vec<String> = (0..data.n())
        .filter(|&i| data.annotation(i).is_none())
        .map(|i| {
            let film = data.films[i].display();
            format!("{film}: expected an annotation, or a keypoint model; got neither")
        })
        .collect();
    if !missing.is_empty() {
        return Err(Error::Input(missing));
    }
    Ok((0..data.n()).filter_map(|i| Some(data.annotation(i)?.keypoints)).collect())
}

fn evaluate(
    data: &StudyData,
    config: &StudyConfig,
    model: &RiskModel,
    inputs: &RiskInputs,
) -> Result<Discrimination, Error> {
    let scores = model.log_hazard(inputs)?.into_iter().map(Some).collect::<Vec<_>>();
    let evaluator = Evaluator {
        outcomes: &data.outcomes,
        bootstrap: config.bootstrap,
        seed: config.seed_for("bootstrap of C"),
        uno_horizon: config.horizons.iter().copied().fold(0.0, f64::max),
    };
    let members = data.split.test().to_vec();
    let group = Group {
        set: EvaluationSet::Test,
        subgroup: Subgroup::All,
        strata: vec![0; members.len()],
        members,
    };
    evaluator.discrimination(&group, &scores, Vec::new())
}
