//! DeepSurv on covariates, on covariates and images, on images alone.

use super::{Clinical, FittedModel, Networks, log_hazard, purpose};
use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::stages::Context;
use crate::stages::folds::{FitOn, Part, all_parts, score};
use crate::stages::variants::model_name;
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel};
use vertebra_report::results::Method;

/// On covariates.
pub(super) fn without_images(
    context: Context<'_>,
    clinical: &Clinical,
    on_fit: &mut dyn FnMut(),
) -> Result<FittedModel, Error> {
    let networks = Networks::of(context);
    let (inputs, names) = (clinical.inputs()?, clinical.names());
    let name = clinical.model_name("DeepSurv");
    let fit = |part: &Part, on_fit: &dyn Fn()| {
        let purpose = purpose(&name, part.on);
        let model = networks.clinical(&names, &inputs, &part.subjects, &purpose)?;
        on_fit();
        Ok(model)
    };
    let models = networks.fits().run(&all_parts(context.data), fit, on_fit)?;
    let model = Model { name, method: Method::DeepSurv, clinical: Some(clinical) };
    model.assemble(context, &inputs, models)
}

/// On covariates and images; `image_only` are the fold models and that of the whole development
/// set.
pub(super) fn with_images(
    context: Context<'_>,
    clinical: &Clinical,
    (images, image_only): (&ImageSet, &[RiskModel]),
    on_fit: &mut dyn FnMut(),
) -> Result<FittedModel, Error> {
    let networks = Networks::of(context);
    let inputs = clinical.inputs()?.with_images(images.clone())?;
    let names = clinical.names();
    let name = clinical.model_name("DeepSurv with images");
    let n_folds = context.data.n_folds();
    let fit = |part: &Part, on_fit: &dyn Fn()| {
        let start = &image_only[part.on.index(n_folds)];
        let purpose = purpose(&name, part.on);
        let model = networks.fused(&names, &inputs, &part.subjects, start, &purpose)?;
        on_fit();
        Ok(model)
    };
    let models = networks.fits().run(&all_parts(context.data), fit, on_fit)?;
    let model = Model { name, method: Method::DeepSurvImage, clinical: Some(clinical) };
    model.assemble(context, &inputs, models)
}

/// The image-only model from its fold models (of the variant comparison) and one more, fitted here,
/// of the whole development set. Returns all networks too, as starts of the others.
pub(super) fn image_only(
    context: Context<'_>,
    pictures: &VariantPictures,
    mut models: Vec<RiskModel>,
) -> Result<(FittedModel, Vec<RiskModel>), Error> {
    let inputs = RiskInputs::from_images(pictures.images.clone());
    let seed = purpose(&model_name(pictures), FitOn::Development);
    let networks = Networks::of(context);
    let development = context.data.development();
    models.push(networks.image_only(&pictures.images, &inputs, development, &seed)?);
    let name = "Image only, DeepSurv".to_owned();
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
    /// The fitted model from its networks: those of the folds, then that of the development set.
    fn assemble(
        self,
        context: Context<'_>,
        inputs: &RiskInputs,
        mut networks: Vec<RiskModel>,
    ) -> Result<FittedModel, Error> {
        let scores = score(context.data, &networks, |m, subjects| log_hazard(m, inputs, subjects))?;
        let network = networks.pop();
        Ok(FittedModel {
            name: self.name,
            method: self.method,
            clinical: self.clinical.map(|c| c.number),
            covariates: self.clinical.map(Clinical::names).unwrap_or_default(),
            scores,
            baseline: network.as_ref().map(|n| n.baseline().clone()),
            coefficients: Vec::new(),
            network,
        })
    }
}
