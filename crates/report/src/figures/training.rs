//! How the networks learnt.

use crate::results::{ModelResult, StudyResults, TrainingCurve};
use vertebra_charts::{Chart, Figure, TrainingChart};

/// The loss by epoch of the leading networks.
pub(crate) fn curves(results: &StudyResults) -> Option<Figure> {
    let leading: Vec<&ModelResult> = super::leading(results);
    let shown = |curve: &&TrainingCurve| leading.iter().any(|model| model.name == curve.model);
    let chart = TrainingChart::new("Training of the networks").with_loss_axis("Loss");
    let chart = results.training.iter().filter(shown).fold(chart, |chart, curve| {
        let model = leading.iter().find(|model| model.name == curve.model);
        let name = model.map_or(curve.model.as_str(), |m| crate::palette::label(m.method));
        chart.with_line(name, &curve.loss)
    });
    let caption = "Mean loss by epoch of networks trained on the whole development set: the \
                   negative log partial likelihood of Cox per event, of the batch. Of each kind, the \
                   network with the most covariates is shown. Epochs were fixed beforehand: no \
                   subject took part in choosing when to stop.";
    (!chart.is_empty()).then(|| chart.figure("training", caption))
}
