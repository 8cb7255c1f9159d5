//! A model folder that is written, read and asked.

use super::model_folder::{ModelDescription, TrainedModel};
use crate::Error;
use crate::stages::folds::Scores;
use crate::stages::models::{Explained, FittedModel, Networks};
use crate::stages::render::render;
use crate::test_data::Scene;
use burn::tensor::Device;
use std::path::Path;
use vertebra_alignment::ImageVariant;
use vertebra_deepsurv::RiskModel;
use vertebra_report::results::Method;

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
    let start = networks.image_only(&images, &of_images, development, "images").unwrap();
    let network = networks.fused(&names, &inputs, development, &start, "both").unwrap();
    let fitted = fitted(network.clone());
    let kept = Explained { model: &fitted, network: &network, clinical: &clinical };
    let description = ModelDescription::of(context, kept, variant);
    TrainedModel::new(description, scene.blind_detector(), network)
}

fn fitted(network: RiskModel) -> FittedModel {
    FittedModel {
        name: "Model 2, DeepSurv with images".to_owned(),
        method: Method::DeepSurvImage,
        clinical: Some(2),
        covariates: Vec::new(),
        scores: Scores { log_hazard: Vec::new(), by_fold_model: Vec::new() },
        baseline: None,
        coefficients: Vec::new(),
        network: Some(network),
    }
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

    let path = folder.path().join("model.json");
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
    assert!(error.contains("model.json"), "{error}");
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
