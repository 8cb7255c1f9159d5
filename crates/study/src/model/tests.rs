//! A model folder that is written, read and asked.

use super::answer::AnswerOptions;
use super::covariate_model::{CovariateModel, Hazard};
use super::description::{FilmDescription, ModelDescription};
use super::model_folder::{AnyModel, ModelFolder, ModelKind};
use super::predictor::Predictor;
use super::trained_model::TrainedModel;
use crate::Error;
use crate::stages::models::{Fit, Fitted, ImageStart, Networks, cox, log_hazard};
use crate::stages::render::render;
use crate::test_data::Scene;
use burn::tensor::Device;
use std::path::Path;
use vertebra_alignment::ImageVariant;

/// A model of a detector that was never trained and a network of one epoch.
fn model(scene: &Scene) -> TrainedModel {
    let context = scene.context();
    let variant = ImageVariant::L1L5;
    let rendered = render(context, &[variant], &scene.annotated(), &mut |_| {}).unwrap();
    let images = rendered.into_iter().next().unwrap().images;
    let clinical = scene.clinical();
    let inputs = clinical.inputs().unwrap().with_images(images.clone()).unwrap();
    let networks = Networks::of(context);
    let (names, development) = (clinical.names(), scene.data.development());
    let of_images = vertebra_deepsurv::RiskInputs::from_images(images.clone());
    let fit = |purpose| Fit { train: development, purpose, on_step: &|| {} };
    let image_only = networks.image_only(&images, &of_images, fit("images")).unwrap();
    let said = log_hazard(&image_only, &of_images, development).unwrap();
    let start = ImageStart { image_only: &image_only, out_of_fold: &said };
    let network = networks.fused(&names, &inputs, start, fit("both")).unwrap();
    let name = "Model 2, DeepSurv with images";
    let description = ModelDescription::of(context, name, clinical.stand_ins.clone());
    let film = FilmDescription::of(context, variant);
    TrainedModel::new(description, film, (scene.blind_detector(), network))
}

fn load(folder: &Path) -> Result<TrainedModel, Error> {
    TrainedModel::load(folder, &Device::default())
}

#[test]
fn a_folder_is_read_as_it_was_written_and_says_what_was_wrong_with_it() {
    let scene = Scene::new();
    let saved = model(&scene);
    let folder = tempfile::tempdir().unwrap();
    saved.save(folder.path()).unwrap();
    let back = load(folder.path()).unwrap();
    assert_eq!(back.description(), saved.description());
    let description = back.description();
    assert_eq!(description.name, "Model 2, DeepSurv with images");
    let names: Vec<&str> = description.covariates.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["age", "sex", "bmi"]);
    assert!(description.last_follow_up > 0.0 && description.development.n > 0);

    saved.export_onnx(&folder.path().join("onnx")).unwrap();
    for file in ["keypoints.onnx", "risk.onnx", "model.json"] {
        assert!(folder.path().join("onnx").join(file).is_file(), "{file}");
    }

    let path = folder.path().join("models.json");
    let text = std::fs::read_to_string(&path).unwrap();
    // The version is looked at before the rest, which may have another layout.
    std::fs::write(&path, "{\"schema_version\": 99}").unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(matches!(error, Error::SchemaVersion { got: 99, .. }), "{error}");
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("models.json"), "{error}");
}

#[test]
fn a_prediction_needs_as_many_covariates_as_the_model_has() {
    let scene = Scene::new();
    let model = model(&scene);
    let film = scene.context().film_path(0);
    let error = model.predict_file(&film, &[Some(60.0)]).unwrap_err();
    let expected = "covariates: expected 3 values, got 1";
    assert_eq!(error.to_string(), expected);
    let error = model.predict_file(Path::new("no-such.dcm"), &[None; 3]).unwrap_err().to_string();
    assert!(error.contains("no-such.dcm"), "{error}");
}

#[test]
fn a_folder_keeps_any_number_of_models_and_a_cox_model_is_asked_without_a_film() {
    let scene = Scene::new();
    let (context, clinical) = (scene.context(), scene.clinical());
    let fitted = cox::fit(context, &clinical).unwrap();
    let Fitted::Cox(cox) = &fitted.fitted else { panic!("{fitted:?}") };
    let description = ModelDescription::of(context, &fitted.name, clinical.stand_ins.clone());
    let covariates = CovariateModel::new(description, Hazard::Cox(cox.clone()));
    let both = [
        ("with_film".to_owned(), AnyModel::Film(Box::new(model(&scene)))),
        (fitted.code(), AnyModel::Covariates(Box::new(covariates))),
    ];
    let folder = tempfile::tempdir().unwrap();
    ModelFolder::write(folder.path(), &scene.blind_detector(), (&both, "with_film"), None).unwrap();
    let models = ModelFolder::open(folder.path()).unwrap();
    assert_eq!(models.find(None).unwrap().name, "with_film");
    assert_eq!(models.find(Some(&fitted.code())).unwrap().kind, ModelKind::Cox);
    let error = models.find(Some("other")).unwrap_err().to_string();
    assert!(error.ends_with("expected one of with_film, model_2_cox_regression, got other"));

    let device = Device::default();
    let predictor = Predictor::load_named(folder.path(), &fitted.code(), &device).unwrap();
    assert!(!predictor.needs_film() && predictor.covariates() == ["age", "sex", "bmi"]);
    let subject = scene.data.test()[0];
    let row: Vec<f64> = clinical.row(subject).to_vec();
    let given: Vec<Option<f64>> = row.iter().map(|value| Some(*value)).collect();
    let (name, options) = (Path::new("P1"), AnswerOptions::default());
    let answer = predictor.answer_covariates(name, &given, &options).unwrap();
    let studied = fitted.scores.log_hazard[subject].unwrap();
    assert!((answer.log_hazard.unwrap() - studied).abs() < 1e-12);
    let risk = fitted.baseline.as_ref().unwrap().risk(studied, 1.0);
    assert!((answer.risk[0].probability.unwrap() - risk).abs() < 1e-12, "{answer:?}");
    // By the formula of the file alone.
    let text = std::fs::read_to_string(folder.path().join(fitted.code()).join("cox.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let terms = json["coefficients"].as_array().unwrap().iter().zip(&row);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let by_hand: f64 =
        terms.map(|(t, x)| number(&t["coefficient"]) * (x - number(&t["mean"]))).sum();
    assert!((by_hand - studied).abs() < 1e-12);

    let far = predictor.answer_covariates(name, &[Some(150.0), None, None], &options).unwrap();
    assert!(!far.verdict.is_ok() && far.log_hazard.is_none() && far.risk.is_empty(), "{far:?}");
    let forced =
        predictor.answer_covariates(name, &[Some(150.0), None, None], &options.with_force(true));
    assert!(forced.as_ref().unwrap().forced && forced.unwrap().log_hazard.is_some());
    let with_film = Predictor::load(folder.path(), &device).unwrap();
    let error = with_film.answer_covariates(name, &given, &AnswerOptions::default()).unwrap_err();
    assert!(matches!(error, Error::NeedsFilm { .. }), "{error}");
}
