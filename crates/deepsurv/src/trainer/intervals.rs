//! Training on events known to an interval.

use super::RiskTrainer;
use crate::{
    EncoderSettings, Error, RiskInputs, RiskModel,
    network::Outputs,
    objective::{IntervalObjective, Objective},
};
use std::ops::ControlFlow;
use vertebra_survival::interval_censored::IntervalOutcomes;
use vertebra_survival::losses::ProfileLikelihood;
use vertebra_training::{Event, Trained};

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// Fits the model to events of which only the visits before and after are known, as of fractures
    /// that a film shows and the film before it did not. To take the visit that saw it for the time
    /// of the event dates every event too late, and risks come out too low between visits.
    ///
    /// The loss is the likelihood of proportional hazards with the baseline hazard that is the best for
    /// the log hazards at each step ([`ProfileLikelihood`]), the counterpart of the partial
    /// likelihood, over the whole cohort or over each batch; the model's baseline hazard is the best
    /// one for the log hazards of the training subjects ([`ProfileLikelihood::baseline`]). `valid`
    /// chooses the best epoch and stops early, by this likelihood or by Harrell's concordance with
    /// the events at the visits that saw them.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::InvalidSetting`] for strata; [`Error::Survival`] where nobody
    /// is known to be free of the event after another's.
    ///
    /// # Examples
    /// ```
    /// use vertebra_deepsurv::{RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
    /// use vertebra_survival::interval_censored::IntervalOutcomes;
    /// use vertebra_training::keep_going;
    /// let inputs = RiskInputs::from_covariates((0..40).map(|i| vec![(i % 2) as f32]).collect())?;
    /// // Films after two and four years: every second subject fractured before one of them.
    /// let seen = |i: usize| i % 2 == 1;
    /// let left = (0..40).map(|i| if seen(i) { f64::from(i as u32 / 2 % 2) * 2.0 } else { 4.0 });
    /// let left: Vec<f64> = left.collect();
    /// let right = (0..40).map(|i| if seen(i) { left[i] + 2.0 } else { f64::INFINITY }).collect();
    /// let outcomes = IntervalOutcomes::new(left.clone(), right)?;
    /// let mut settings = RiskTraining::default();
    /// settings.training.epochs = 20;
    /// let trainer = RiskTrainer::new(RiskModelConfig::clinical(["x"])).with_settings(settings);
    /// let model = trainer.fit_intervals((&inputs, &outcomes), None, &mut keep_going)?.model;
    /// let log_hazard = model.log_hazard(&inputs)?;
    /// assert!(log_hazard[1] > log_hazard[0] && model.risk_at(log_hazard[1], 1.0) > 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_intervals(
        &self,
        train: (&RiskInputs, &IntervalOutcomes),
        valid: Option<(&RiskInputs, &IntervalOutcomes)>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskModel<E>>, Error> {
        let at_the_visit = train.1.at_the_visit()?;
        let valid_at_the_visit = valid.map(|(_, known)| known.at_the_visit()).transpose()?;
        let labelled = (train.0, &at_the_visit);
        let valid_labelled = valid.map(|(inputs, _)| inputs).zip(valid_at_the_visit.as_ref());
        self.check(labelled, valid_labelled)?;
        if self.strata.is_some() {
            return Err(Error::invalid("strata", "none where times are intervals", "labels"));
        }
        let likelihood = ProfileLikelihood::new(train.1)?;
        let objective = IntervalObjective {
            train: train.1,
            valid: valid.map(|(_, known)| known),
            score: self.settings.score,
        };
        let wanted = (&objective as &dyn Objective, Outputs::LogHazard);
        self.learn(wanted, labelled, valid_labelled, on_event)?.try_map(|fitted| {
            self.model_of(fitted, train.0, |log_hazard| Ok(likelihood.baseline(log_hazard)?))
        })
    }
}
