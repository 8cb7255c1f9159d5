//! Every fitted model of the grid as `model/` of the run folder.

use crate::Error;
use crate::model::covariate_model::{CovariateModel, Hazard};
use crate::model::description::{FilmDescription, ModelDescription};
use crate::model::model_folder::{AnyModel, ModelFolder};
use crate::model::trained_model::TrainedModel;
use crate::stages::Context;
use crate::stages::models::{Clinical, Fitted, FittedModel, Grid};
use vertebra_alignment::ImageVariant;
use vertebra_hrnet::KeypointDetector;
use vertebra_report::results::{DevelopmentSummary, Method, RunFile};

/// Writes all models; the largest with images is the default. Networks with images see this
/// variant.
///
/// # Errors
/// Writing one of the files failed.
pub(crate) fn write(
    context: Context<'_>,
    grid: &Grid,
    (clinical, variant): (&[Clinical], ImageVariant),
    detector: &KeypointDetector,
    development: &DevelopmentSummary,
) -> Result<(), Error> {
    let kept = |model: &FittedModel| {
        let of_model = clinical.iter().find(|c| Some(c.number) == model.clinical);
        let stand_ins = of_model.map(|c| c.stand_ins.clone()).unwrap_or_default();
        let film = FilmDescription::of(context, variant);
        let describe = || ModelDescription::of(context, &model.name, stand_ins);
        let any = match &model.fitted {
            Fitted::Nothing => return None,
            Fitted::Cox(cox) => covariates(describe(), Hazard::Cox(cox.clone())),
            Fitted::Network(network) if model.method == Method::DeepSurv => {
                covariates(describe(), Hazard::Network(network.clone()))
            }
            Fitted::Network(network) => {
                let networks = (detector.clone(), (**network).clone());
                AnyModel::Film(Box::new(TrainedModel::new(describe(), film, networks)))
            }
        };
        Some((model.code(), any))
    };
    let models: Vec<_> = grid.models.iter().filter_map(kept).collect();
    let default = grid.largest_with_images(clinical).map(|kept| kept.model.code());
    let folder = context.run_folder.join("model");
    let models = (&*models, &*default.unwrap_or_default());
    ModelFolder::write(&folder, detector, models, Some(development))
}

fn covariates(description: ModelDescription, hazard: Hazard) -> AnyModel {
    AnyModel::Covariates(Box::new(CovariateModel::new(description, hazard)))
}

/// What lies in the folder.
pub(crate) fn files() -> Vec<RunFile> {
    let files = [
        ("model/models.json", "The models that are kept; predict --which takes their names"),
        (
            "model/development.json",
            "The subjects that the models were made on and what the models were worth there, in \
             numbers of the whole: what validate compares another cohort with",
        ),
        ("model/keypoints.json", "The detector's settings and what its confidence is worth"),
        ("model/keypoints.safetensors", "The detector's weights, under timm's names"),
        (
            "model/NAME/model.json",
            "Covariates of a model with what stands in for missing ones, horizons, and what it was \
             fitted on; how a film becomes pictures, where it sees films",
        ),
        (
            "model/NAME/cox.json",
            "A Cox regression: coefficients, means, cumulative baseline hazard, and the formula \
             that makes a risk of them",
        ),
        (
            "model/NAME/risk.json",
            "A network: its layers, standardisation, and baseline hazard; the log hazard is its \
             output less center, times the factor of recalibration, which says what it rests on",
        ),
        ("model/NAME/risk.safetensors", "Its weights"),
    ];
    files.map(|(path, about)| RunFile::new(path, about)).to_vec()
}
