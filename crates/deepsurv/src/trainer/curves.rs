//! Training for whole curves instead of a log hazard.

use super::RiskTrainer;
use crate::{
    CurveModel, EncoderSettings, Error, RiskInputs,
    network::Outputs,
    objective::{HazardObjective, Objective},
};
use std::ops::ControlFlow;
use vertebra_survival::Outcomes;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};
use vertebra_training::{Event, Trained};

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// Fits a network of the same configuration that gives the hazard of each interval of `grid`
    /// instead of one log hazard, so that hazards need not be proportional ([`CurveModel`]). The
    /// network says by how much a subject's logits differ from those of all training subjects
    /// together, from which it starts and to which weight decay draws it.
    ///
    /// Settings count as in [`fit`](Self::fit), but that there are no risk sets and so no ties. Of a
    /// warm start all but the head is used; of stacked images the head, too.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and [`Error::InvalidSetting`] for strata, which would need a grid of
    /// hazards each.
    ///
    /// # Examples
    /// ```
    /// use vertebra_deepsurv::{RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
    /// use vertebra_survival::{Outcomes, losses::TimeGrid};
    /// use vertebra_training::keep_going;
    /// let inputs = RiskInputs::from_covariates((0..30).map(|i| vec![(i % 3) as f32]).collect())?;
    /// let time = (0..30).map(|i| f64::from(1 + i / 3)).collect();
    /// let outcomes = Outcomes::new(time, (0..30).map(|i| i % 3 > 0).collect())?;
    /// let grid = TimeGrid::of_events(&outcomes, 5)?;
    /// let mut settings = RiskTraining::default();
    /// settings.training.epochs = 40;
    /// let trainer = RiskTrainer::new(RiskModelConfig::clinical(["x"])).with_settings(settings);
    /// let trained = trainer.fit_curves(&grid, (&inputs, &outcomes), None, &mut keep_going)?;
    /// let risk = trained.model.curves(&inputs)?.risk_by(6.0);
    /// assert!(risk[0] < 0.2 && risk[1] > 0.3); // of x = 0 none has an event
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_curves(
        &self,
        grid: &TimeGrid,
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<CurveModel<E>>, Error> {
        self.check(train, valid)?;
        if self.strata.is_some() {
            return Err(Error::invalid("strata", "none where hazards are fitted", "labels"));
        }
        let common = HazardLikelihood::new(train.1, grid)?.common_logits();
        let objective = HazardObjective { grid, common: &common, score: self.settings.score };
        let wanted = (&objective as &dyn Objective, Outputs::Hazards(grid.n_intervals()));
        let trained = self.learn(wanted, train, valid, on_event)?;
        Ok(trained.map(|fitted| {
            fitted.release_buffers();
            CurveModel::from_parts(fitted, grid.clone(), common.clone())
        }))
    }
}
