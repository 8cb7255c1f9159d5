//! DeepSurv on covariates, on covariates and images, on images alone.

use super::{
    Clinical, Fit, Fitted, FittedModel, ImageStart, Networks, log_hazard, out_of_fold, purpose,
};
use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::input::subjects::StudyData;
use crate::progress::Observer;
use crate::stages::Context;
use crate::stages::fit_stage::FitStage;
use crate::stages::folds::{Part, Scores, all_parts, score};
use crate::stages::variants::model_name;
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel};
use vertebra_report::results::Method;

/// The networks of every model: those of the folds, then that of the whole development set.
pub(crate) struct GridNetworks {
    image_only: Vec<RiskModel>,
    /// One entry for each clinical model.
    without_images: Vec<Vec<RiskModel>>,
    with_images: Vec<Vec<RiskModel>>,
}

/// A network that depends on no other of the grid.
enum Job<'a> {
    /// On the covariates at this place.
    Clinical(usize, &'a Part),
    /// On pictures alone.
    Images(&'a Part),
}

/// Fits the networks of the grid in stages: those that depend on no other, those that tell what
/// images are worth, then those that start from the image-only ones; `fold_networks` are these of the folds, from the comparison of
/// variants.
pub(crate) fn fit_networks(
    context: Context<'_>,
    clinical: &[Clinical],
    pictures: &VariantPictures,
    fold_networks: Vec<RiskModel>,
    observer: &mut Observer<'_>,
) -> Result<GridNetworks, Error> {
    let parts = all_parts(context.data);
    let mut without_images = first(context, (clinical, &parts), pictures, observer)?;
    let mut image_only = fold_networks;
    image_only.extend(without_images.pop());
    let said = out_of_fold::log_hazards(context, &parts, (pictures, &image_only), observer)?;
    let starts: Vec<ImageStart<'_>> = image_only
        .iter()
        .zip(&said)
        .map(|(image_only, out_of_fold)| ImageStart { image_only, out_of_fold })
        .collect();
    let with_images = second(context, (clinical, &parts), (pictures, &starts), observer)?;
    let by_model = |networks: Vec<RiskModel>| {
        networks.chunks(parts.len()).map(<[RiskModel]>::to_vec).collect::<Vec<_>>()
    };
    let (without_images, with_images) = (by_model(without_images), by_model(with_images));
    Ok(GridNetworks { image_only, without_images, with_images })
}

/// Networks on covariates, and the image-only one of the whole development set.
fn first(
    context: Context<'_>,
    (clinical, parts): (&[Clinical], &[Part]),
    pictures: &VariantPictures,
    observer: &mut Observer<'_>,
) -> Result<Vec<RiskModel>, Error> {
    let networks = Networks::of(context);
    let images = RiskInputs::from_images(pictures.images.clone());
    let inputs = clinical.iter().map(Clinical::inputs).collect::<Result<Vec<_>, _>>()?;
    let each = |c: usize| parts.iter().map(move |part| Job::Clinical(c, part));
    let mut jobs: Vec<Job<'_>> = (0..clinical.len()).flat_map(each).collect();
    jobs.extend(parts.last().map(Job::Images));
    let stage = FitStage {
        name: "fitting networks on covariates".to_owned(),
        jobs: &jobs,
        purpose: &|job| match job {
            Job::Clinical(c, part) => purpose(&clinical[*c].model_name(WITHOUT_IMAGES), part.on),
            Job::Images(part) => purpose(&model_name(pictures), part.on),
        },
        steps: &|job| match job {
            Job::Clinical(_, part) => networks.clinical_steps(part),
            Job::Images(part) => networks.image_steps(part),
        },
    };
    stage.run(context, observer, |job, purpose, on_step| match job {
        Job::Clinical(c, part) => {
            let fit = Fit { train: &part.subjects, purpose, on_step };
            networks.clinical(&clinical[*c].names(), &inputs[*c], fit)
        }
        Job::Images(part) => {
            let fit = Fit { train: &part.subjects, purpose, on_step };
            networks.image_only(&pictures.images, &images, fit)
        }
    })
}

/// Networks on covariates and images, each from the image-only one of the same subjects.
fn second(
    context: Context<'_>,
    (clinical, parts): (&[Clinical], &[Part]),
    (pictures, starts): (&VariantPictures, &[ImageStart<'_>]),
    observer: &mut Observer<'_>,
) -> Result<Vec<RiskModel>, Error> {
    let networks = Networks::of(context);
    let inputs = |c: &Clinical| Ok(c.inputs()?.with_images(pictures.images.clone())?);
    let inputs = clinical.iter().map(inputs).collect::<Result<Vec<_>, Error>>()?;
    let each = |c: usize| parts.iter().map(move |part| (c, part));
    let jobs: Vec<(usize, &Part)> = (0..clinical.len()).flat_map(each).collect();
    let n_folds = context.data.n_folds();
    let stage = FitStage {
        name: "fitting networks on covariates and images".to_owned(),
        jobs: &jobs,
        purpose: &|(c, part)| purpose(&clinical[*c].model_name(WITH_IMAGES), part.on),
        steps: &|(_, part)| networks.fused_steps(part),
    };
    stage.run(context, observer, |&(c, part), purpose, on_step| {
        let start = starts[part.on.index(n_folds)];
        let fit = Fit { train: &part.subjects, purpose, on_step };
        networks.fused(&clinical[c].names(), &inputs[c], start, fit)
    })
}

const WITHOUT_IMAGES: &str = "DeepSurv";
const WITH_IMAGES: &str = "DeepSurv with images";

impl GridNetworks {
    /// The models of one set of covariates, at this place, without and with images.
    pub(super) fn of_clinical(
        &self,
        context: Context<'_>,
        (place, clinical): (usize, &Clinical),
        images: &ImageSet,
    ) -> Result<[FittedModel; 2], Error> {
        let model = |method, name: &str| Model {
            name: clinical.model_name(name),
            method,
            clinical: Some(clinical),
        };
        let inputs = clinical.inputs()?;
        let networks = self.without_images[place].clone();
        let without = model(Method::DeepSurv, WITHOUT_IMAGES);
        let without = without.assemble(context, &inputs, networks)?;
        let inputs = inputs.with_images(images.clone())?;
        let with = model(Method::DeepSurvImage, WITH_IMAGES);
        let with = with.assemble(context, &inputs, self.with_images[place].clone())?;
        Ok([without, with])
    }

    /// The model on images alone.
    pub(super) fn image_only(
        &self,
        context: Context<'_>,
        images: &ImageSet,
    ) -> Result<FittedModel, Error> {
        let name = "Image only, DeepSurv".to_owned();
        let model = Model { name, method: Method::ImageOnly, clinical: None };
        let inputs = RiskInputs::from_images(images.clone());
        model.assemble(context, &inputs, self.image_only.clone())
    }
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
