//! DeepSurv on covariates, on covariates and images, on images alone.

use super::{Clinical, Fit, Fitted, FittedModel, Networks, log_hazard, purpose};
use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell, counting};
use crate::stages::Context;
use crate::stages::folds::{FitOn, Part, Scores, all_parts, score};
use crate::stages::variants::model_name;
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel};
use vertebra_report::results::Method;

/// On covariates.
pub(super) fn without_images(
    context: Context<'_>,
    clinical: &Clinical,
    observer: &mut Observer<'_>,
) -> Result<FittedModel, Error> {
    let networks = Networks::of(context);
    let (inputs, names) = (clinical.inputs()?, clinical.names());
    let name = clinical.model_name("DeepSurv");
    let parts = all_parts(context.data);
    observer.stage(format!("fitting {name}"), Some(networks.clinical_steps(&parts)));
    let fit = |part: &Part, on_step: &dyn Fn()| {
        let purpose = purpose(&name, part.on);
        let fit = Fit { train: &part.subjects, purpose: &purpose, on_step };
        networks.clinical(&names, &inputs, fit)
    };
    let models = networks.fits().run(&parts, fit, &mut counting(observer))?;
    let model = Model { name, method: Method::DeepSurv, clinical: Some(clinical) };
    model.assemble(context, &inputs, models)
}

/// On covariates and images; `image_only` are the fold models and that of the whole development
/// set.
pub(super) fn with_images(
    context: Context<'_>,
    clinical: &Clinical,
    (images, image_only): (&ImageSet, &[RiskModel]),
    observer: &mut Observer<'_>,
) -> Result<FittedModel, Error> {
    let networks = Networks::of(context);
    let inputs = clinical.inputs()?.with_images(images.clone())?;
    let names = clinical.names();
    let name = clinical.model_name("DeepSurv with images");
    let n_folds = context.data.n_folds();
    let parts = all_parts(context.data);
    observer.stage(format!("fitting {name}"), Some(networks.fused_steps(&parts)));
    let fit = |part: &Part, on_step: &dyn Fn()| {
        let start = &image_only[part.on.index(n_folds)];
        let purpose = purpose(&name, part.on);
        let fit = Fit { train: &part.subjects, purpose: &purpose, on_step };
        networks.fused(&names, &inputs, start, fit)
    };
    let models = networks.fits().run(&parts, fit, &mut counting(observer))?;
    let model = Model { name, method: Method::DeepSurvImage, clinical: Some(clinical) };
    model.assemble(context, &inputs, models)
}

/// The image-only model from its fold models (of the variant comparison) and one more, fitted here,
/// of the whole development set. Returns all networks too, as starts of the others.
pub(super) fn image_only(
    context: Context<'_>,
    pictures: &VariantPictures,
    mut models: Vec<RiskModel>,
    observer: &mut Observer<'_>,
) -> Result<(FittedModel, Vec<RiskModel>), Error> {
    let inputs = RiskInputs::from_images(pictures.images.clone());
    let seed = purpose(&model_name(pictures), FitOn::Development);
    let networks = Networks::of(context);
    let name = "Image only, DeepSurv".to_owned();
    let parts = all_parts(context.data).split_off(context.data.n_folds());
    observer.stage(format!("fitting {name}"), Some(networks.image_steps(&parts)));
    let fit = |part: &Part, on_step: &dyn Fn()| {
        let fit = Fit { train: &part.subjects, purpose: &seed, on_step };
        networks.image_only(&pictures.images, &inputs, fit)
    };
    models.extend(networks.fits().run(&parts, fit, &mut counting(observer))?);
    let model = Model { name, method: Method::ImageOnly, clinical: None };
    Ok((model.assemble(context, &inputs, models.clone())?, models))
}

/// What a model is, before it is fitted.
struct Model<'a> {
    name: String,
    method: Method,
    clinical: Option<&'a Clinical>,
}

impl Model<'_> {
    /// The fitted model from its networks: those of the folds, then that of the development set,
    /// which is recalibrated by what those say of the subjects they never saw.
    fn assemble(
        self,
        context: Context<'_>,
        inputs: &RiskInputs,
        mut networks: Vec<RiskModel>,
    ) -> Result<FittedModel, Error> {
        let scores = score(context.data, &networks, |m, subjects| log_hazard(m, inputs, subjects))?;
        let network = networks.pop().map(|n| recalibrated(context.data, n, &scores)).transpose()?;
        let factor = network.as_ref().and_then(|n| Some(n.recalibration()?.factor));
        let baseline = network.as_ref().map(|n| n.baseline().clone());
        let fitted = network.map_or(Fitted::Nothing, |n| Fitted::Network(Box::new(n)));
        Ok(FittedModel {
            name: self.name,
            method: self.method,
            clinical: self.clinical.map(|c| c.number),
            covariates: self.clinical.map(Clinical::names).unwrap_or_default(),
            scores: scores.times(factor.unwrap_or(1.0)),
            baseline,
            coefficients: Vec::new(),
            fitted,
        })
    }
}

/// The network of the development set on the scale that the scores of its folds call for.
fn recalibrated(data: &StudyData, network: RiskModel, scores: &Scores) -> Result<RiskModel, Error> {
    let development = data.development();
    let out_of_fold: Vec<f64> = development.iter().filter_map(|&i| scores.log_hazard[i]).collect();
    let outcomes = data.outcomes.subset(development);
    Ok(network.recalibrated(&outcomes, &out_of_fold, data.sets.folds.fold_of())?)
}
