//! Training with calibration built in: a network per fold tells how far those of all may be
//! trusted.

use super::RiskTrainer;
use crate::{EncoderSettings, Error, RiskInputs, RiskModel};
use std::ops::ControlFlow;
use vertebra_survival::Outcomes;
use vertebra_training::{Event, Seed, Trained};

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// Fits the model on all subjects, then one more without each fold, and recalibrates the model
    /// by what those say of the subjects they never saw ([`RiskModel::recalibrated`]). It costs as
    /// many fits more as there are folds.
    ///
    /// `fold` has a label per subject. The networks of the folds have seeds, and subfolders
    /// `fold-LABEL` of the run folder, of their own; `on_event` hears of all of them, one after the
    /// other.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::LengthMismatch`]; [`Error::InvalidSetting`] for fewer than
    /// two folds; [`Error::WarmStart`] for a start from another model, which has seen subjects of
    /// every fold.
    ///
    /// [`RiskModel::recalibrated`]: crate::RiskModel::recalibrated
    pub fn fit_recalibrated(
        &self,
        train: (&RiskInputs, &Outcomes),
        fold: &[usize],
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskModel<E>>, Error> {
        let labels = self.labels(train.1, fold)?;
        let trained = self.fit(train, None, on_event)?;
        let mut out_of_fold = vec![0.0; fold.len()];
        for label in labels {
            let (left_out, others): (Vec<usize>, Vec<usize>) =
                (0..fold.len()).partition(|&i| fold[i] == label);
            let part = (train.0.subset(&others), train.1.subset(&others));
            let model = self.of_fold(label, &others).fit((&part.0, &part.1), None, on_event)?.model;
            let log_hazard = model.log_hazard(&train.0.subset(&left_out))?;
            left_out.iter().zip(log_hazard).for_each(|(&i, h)| out_of_fold[i] = h);
        }
        trained.try_map(|model| model.recalibrated(train.1, &out_of_fold, fold))
    }

    /// The folds there are, in increasing order.
    fn labels(&self, outcomes: &Outcomes, fold: &[usize]) -> Result<Vec<usize>, Error> {
        if self.warm_start.is_some() {
            let reason = "it has seen subjects of every fold";
            return Err(Error::WarmStart { reason });
        }
        let (expected, got) = (outcomes.n_subjects(), fold.len());
        if expected != got {
            let (name, unit) = ("fold", "subjects");
            return Err(Error::LengthMismatch { name, unit, expected, got });
        }
        let mut labels = fold.to_vec();
        labels.sort_unstable();
        labels.dedup();
        match labels.len() < 2 {
            true => Err(Error::invalid("fold", "two folds or more", labels.len())),
            false => Ok(labels),
        }
    }

    fn of_fold(&self, label: usize, others: &[usize]) -> Self {
        let seed = Seed::new(self.settings.training.seed).named("folds").at(&[label as u64]);
        self.of_part(seed, others, &format!("fold-{label}"))
    }
}
