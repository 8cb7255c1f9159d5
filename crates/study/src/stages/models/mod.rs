//! The grid of models: clinical covariates 1, 2, 3, ... by Cox regression, DeepSurv, DeepSurv with
//! images; images alone; imported FRAX; the phantom's oracle.

mod clinical;
pub(crate) mod cox;
mod deepsurv;
mod imputed;
mod networks;
mod out_of_fold;
pub(crate) mod scores;

use crate::Error;
use crate::code_name::code_name;
use crate::films::variant_pictures::VariantPictures;
use crate::model::cox_model::CoxModel;
use crate::stages::Context;
use crate::stages::folds::Scores;
pub(crate) use clinical::Clinical;
pub(crate) use deepsurv::{GridNetworks, fit_networks};
pub(crate) use networks::{Fit, ImageStart, Networks, in_work_folder, log_hazard, purpose};
use vertebra_deepsurv::RiskModel;
use vertebra_report::results::{Coefficient, Method};
use vertebra_survival::BaselineHazard;

/// One model of the grid: what it is, and how it scores every subject.
#[derive(Debug)]
pub(crate) struct FittedModel {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) clinical: Option<usize>,
    pub(crate) covariates: Vec<String>,
    pub(crate) scores: Scores,
    /// Turns log hazards of the model of the whole development set into risks.
    pub(crate) baseline: Option<BaselineHazard>,
    pub(crate) coefficients: Vec<Coefficient>,
    /// What was fitted on the whole development set.
    pub(crate) fitted: Fitted,
}

/// What turns a subject into a number.
#[derive(Debug, Clone)]
pub(crate) enum Fitted {
    Cox(Box<CoxModel>),
    Network(Box<RiskModel>),
    /// The score is given.
    Nothing,
}

impl FittedModel {
    /// The name for code and for files.
    pub(crate) fn code(&self) -> String {
        code_name(&self.name)
    }

    /// The network, of a model that has one.
    pub(crate) fn network(&self) -> Option<&RiskModel> {
        match &self.fitted {
            Fitted::Network(network) => Some(network),
            Fitted::Cox(_) | Fitted::Nothing => None,
        }
    }
}

/// The fitted grid.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) models: Vec<FittedModel>,
    /// Cox models without an estimate, and why.
    pub(crate) notes: Vec<String>,
}

impl Grid {
    /// The largest clinical model with images, which the model folder keeps and heat maps explain.
    pub(crate) fn largest_with_images<'a>(
        &'a self,
        clinical: &'a [Clinical],
    ) -> Option<Explained<'a>> {
        let with_images = |m: &&FittedModel| m.method == Method::DeepSurvImage;
        let model = self.models.iter().rev().find(with_images)?;
        let clinical = clinical.iter().find(|c| Some(c.number) == model.clinical)?;
        Some(Explained { model, network: model.network()?, clinical })
    }
}

/// A model with its network and covariates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explained<'a> {
    pub(crate) model: &'a FittedModel,
    pub(crate) network: &'a RiskModel,
    pub(crate) clinical: &'a Clinical,
}

/// All models, from the networks that were fitted on these pictures.
pub(crate) fn assemble(
    context: Context<'_>,
    clinical: &[Clinical],
    pictures: &VariantPictures,
    networks: &GridNetworks,
) -> Result<Grid, Error> {
    let (mut models, mut notes) = (Vec::new(), Vec::new());
    for (place, c) in clinical.iter().enumerate() {
        // A constant or separating covariate leaves Cox regression without an estimate.
        match cox::fit(context, c) {
            Ok(model) => models.push(model),
            Err(error) => notes.push(format!("Model {}: no Cox regression: {error}.", c.number)),
        }
        models.extend(networks.of_clinical(context, (place, c), &pictures.images)?);
    }
    models.push(networks.image_only(context, &pictures.images)?);
    models.extend(scores::frax(context.data));
    models.extend(scores::oracle(context.data));
    Ok(Grid { models, notes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;
    use crate::stages::folds::fold_parts;
    use crate::stages::{heat_maps, render};
    use crate::test_data::Scene;
    use vertebra_alignment::ImageVariant;
    use vertebra_deepsurv::RiskInputs;

    #[test]
    fn the_grid_has_every_model_and_the_largest_with_images_is_explained() {
        let scene = Scene::new();
        let context = scene.context();
        let keypoints = scene.annotated();
        let pictures =
            render::render(context, &[ImageVariant::L1L5], &keypoints, &mut |_| {}).unwrap();
        let pictures = &pictures[0];
        let inputs = RiskInputs::from_images(pictures.images.clone());
        let networks = Networks::of(context);
        let of_fold = |part: &crate::stages::folds::Part| {
            let purpose = purpose("image only", part.on);
            let fit = Fit { train: &part.subjects, purpose: &purpose, on_step: &|| {} };
            networks.image_only(&pictures.images, &inputs, fit).unwrap()
        };
        let folds: Vec<RiskModel> = fold_parts(&scene.data).iter().map(of_fold).collect();
        let clinical = [scene.clinical()];
        let mut stages = Vec::new();
        let mut hear = |message| match message {
            Progress::Stage { total, .. } => stages.push((total.unwrap(), 0)),
            Progress::Step(done) => stages.last_mut().unwrap().1 = done,
            _ => {}
        };
        let networks = fit_networks(context, &clinical, pictures, folds, &mut hear).unwrap();
        let grid = assemble(context, &clinical, pictures, &networks).unwrap();
        assert_eq!(stages.len(), 3, "those that start from no other, inner folds, and the rest");
        assert!(stages.iter().all(|(total, done)| total == done && *done > 0), "{stages:?}");

        let methods: Vec<Method> = grid.models.iter().map(|m| m.method).collect();
        let expected = [Method::CoxPh, Method::DeepSurv, Method::DeepSurvImage, Method::ImageOnly];
        assert_eq!(methods[..4], expected);
        assert!(
            methods.contains(&Method::FraxSurrogate) && methods.last() == Some(&Method::Oracle)
        );
        assert!(grid.notes.is_empty(), "{:?}", grid.notes);
        for model in &grid.models[..4] {
            assert!(model.scores.log_hazard.iter().all(Option::is_some), "{}", model.name);
            assert!(model.baseline.is_some());
        }

        let kept = grid.largest_with_images(&clinical).unwrap();
        assert_eq!(kept.model.name, "Model 2, DeepSurv with images");
        let maps = heat_maps::make(context, kept, pictures, &keypoints, &mut |_| {}).unwrap();
        assert_eq!(maps.shown.len(), 2, "one subject with and one without the event");
        for mass in [&maps.mass_with_event, &maps.mass_without_event] {
            assert!(mass.iter().all(|(_, share)| (0.0..=1.0).contains(share)), "{mass:?}");
        }
        assert!(context.run_folder.join(&maps.shown[0].aligned).is_file());
        assert_eq!((maps.shown[0].maps.len(), maps.checks.len()), (3, 3));
        for check in &maps.checks {
            assert!(check.n > 0 && check.deletion.is_some(), "{check:?}");
            assert!((0.0..1.0).contains(&check.area_of_vertebrae.unwrap()), "{check:?}");
            for share in check.on_vertebrae {
                assert!((0.0..=1.0).contains(&share.unwrap()), "{check:?}");
            }
            for rho in [check.random_weights, check.shuffled_outcomes] {
                assert!(rho.unwrap().abs() <= 1.0, "{check:?}");
            }
        }
        assert!(grid.largest_with_images(&[]).is_none());
    }
}
