//! How the networks of the whole development set learnt, from what their training left in the work
//! folder.

use crate::films::variant_pictures::VariantPictures;
use crate::stages::Context;
use crate::stages::folds::FitOn;
use crate::stages::models::{FittedModel, purpose};
use crate::stages::variants::model_name;
use vertebra_report::results::{Method, TrainingCurve};
use vertebra_training::epoch_losses;

/// The loss of each epoch of every network that was fitted on the whole development set.
pub(crate) fn of(
    context: Context<'_>,
    models: &[FittedModel],
    pictures: &VariantPictures,
) -> Vec<TrainingCurve> {
    let curve = |model: &FittedModel| {
        let name = match model.method {
            Method::ImageOnly => model_name(pictures),
            _ => model.name.clone(),
        };
        let folder = context.work.network(&purpose(&name, FitOn::Development))?;
        let losses = epoch_losses(&folder).ok().filter(|losses| !losses.is_empty())?;
        Some(TrainingCurve::new(&model.name, losses))
    };
    models.iter().filter(|model| model.network().is_some()).filter_map(curve).collect()
}
