//! Training of several networks that speak as one.

use super::RiskTrainer;
use crate::{
    CurveEnsemble, CurveModel, EncoderSettings, Error, Members, RiskEnsemble, RiskInputs,
    RiskModel, ensemble::HeldOut, network::RiskNetwork,
};
use std::ops::ControlFlow;
use vertebra_survival::Outcomes;
use vertebra_survival::losses::TimeGrid;
use vertebra_training::{Event, Seed, Trained};

/// An ensemble, and how each of its members came about.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a trainer makes one
pub struct TrainedEnsemble<T> {
    /// The ensemble.
    pub ensemble: T,
    /// The training of each member, in their order.
    pub runs: Vec<Trained<()>>,
}

/// One member, and the subjects its network held out.
struct Member<'a, M> {
    trained: Trained<M>,
    network: usize,
    held_out: &'a [usize],
}

/// Subjects with their outcomes.
type Data<'a> = (&'a RiskInputs, &'a Outcomes);

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// Fits an ensemble: as many networks as [`Members`] say, whose log hazards are averaged. Where
    /// they hold out subjects these stop each network early, and recalibrate the ensemble
    /// ([`Recalibration`](crate::Recalibration)), for which every member predicts all of them once.
    ///
    /// Each network has a seed, a subfolder `network-K` of the run folder and, with snapshots,
    /// `cycle-J` therein of its own; `on_event` hears of all trainings, one after the other.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::InvalidSetting`] for no members, a part with a subject that is
    /// not there, more snapshots than epochs, and an average of weights over several cycles;
    /// [`Error::WarmStart`] for a start from another model where subjects are held out, which it has
    /// seen.
    ///
    /// # Examples
    /// ```
    /// use vertebra_deepsurv::{Members, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
    /// use vertebra_survival::Outcomes;
    /// use vertebra_training::keep_going;
    /// let rows = (0..60).map(|i| vec![50.0 + (i * 7 % 60) as f32]).collect();
    /// let time = (0..60).map(|i| 30.0 - 0.4 * f64::from(i * 7 % 60) + f64::from(i % 4)).collect();
    /// let inputs = RiskInputs::from_covariates(rows)?;
    /// let outcomes = Outcomes::new(time, (0..60).map(|i| i % 3 > 0).collect())?;
    /// let parts: Vec<Vec<usize>> = (0..3).map(|k| (20 * k..20 * (k + 1)).collect()).collect();
    /// let mut settings = RiskTraining::default();
    /// settings.training.epochs = 30;
    /// let trainer = RiskTrainer::new(RiskModelConfig::clinical(["age"])).with_settings(settings);
    /// let members = Members::holding_out(parts);
    /// let trained = trainer.fit_ensemble(&members, (&inputs, &outcomes), &mut keep_going)?;
    /// let risk = trained.ensemble.risks(&inputs, 20.0, 0.95)?[0];
    /// assert!(risk.interval.lower < risk.value && risk.value < risk.interval.upper);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_ensemble(
        &self,
        members: &Members,
        train: Data<'_>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedEnsemble<RiskEnsemble<E>>, Error> {
        let fitted = self.fit_members(
            members,
            train,
            |trainer, train, valid| trainer.fit(train, valid, on_event),
            RiskModel::network,
        )?;
        let mut held_out = HeldOut::new(train.1.n_subjects(), 1);
        for Member { trained, network, held_out: part } in
            fitted.iter().filter(|member| !member.held_out.is_empty())
        {
            let said = trained.model.log_hazard(&train.0.subset(part))?;
            held_out.add(part, &said, *network);
        }
        let (models, runs) = apart(fitted);
        let (models, strata) = ((models, members.snapshots()), self.strata.as_deref());
        let ensemble = RiskEnsemble::of_members(models, train, &held_out, strata)?;
        Ok(TrainedEnsemble { ensemble, runs })
    }

    /// Fits an ensemble of models of curves on the intervals of `grid`, see
    /// [`fit_ensemble`](Self::fit_ensemble) and [`fit_curves`](Self::fit_curves); it is recalibrated
    /// by a [`CurveRecalibration`](crate::CurveRecalibration).
    ///
    /// # Errors
    /// As both of them.
    pub fn fit_curve_ensemble(
        &self,
        grid: &TimeGrid,
        members: &Members,
        train: Data<'_>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedEnsemble<CurveEnsemble<E>>, Error> {
        let fitted = self.fit_members(
            members,
            train,
            |trainer, train, valid| trainer.fit_curves(grid, train, valid, on_event),
            |model: &CurveModel<E>| &model.fitted().network,
        )?;
        let (n, width) = (train.1.n_subjects(), grid.n_intervals());
        let (mut common, mut beyond) = (HeldOut::new(n, width), HeldOut::new(n, width));
        for Member { trained: Trained { model, .. }, network, held_out } in
            fitted.iter().filter(|member| !member.held_out.is_empty())
        {
            let said = model.beyond_common(&train.0.subset(held_out))?;
            common.add(held_out, &model.common_logits().repeat(held_out.len()), *network);
            beyond.add(held_out, &said, *network);
        }
        let (models, runs) = apart(fitted);
        let models = (models, members.snapshots());
        let ensemble = CurveEnsemble::of_members(models, train, [&common, &beyond])?;
        Ok(TrainedEnsemble { ensemble, runs })
    }

    /// Trains every member by `fit`.
    fn fit_members<'m, M>(
        &self,
        members: &'m Members,
        (inputs, outcomes): Data<'_>,
        mut fit: impl FnMut(&Self, Data<'_>, Option<Data<'_>>) -> Result<Trained<M>, Error>,
        network_of: impl Fn(&M) -> &RiskNetwork<E::Encoder>,
    ) -> Result<Vec<Member<'m, M>>, Error> {
        self.check((inputs, outcomes), None)?;
        members.check(outcomes.n_subjects())?;
        let (epochs, cycles) = (self.settings.training.epochs, members.snapshots());
        if cycles > epochs {
            return Err(Error::invalid("snapshots", "at most one for each epoch", cycles));
        }
        if let Some(from) = self.settings.training.average_from.filter(|_| cycles > 1) {
            return Err(Error::invalid(
                "average_from",
                "none in a training of several cycles",
                from,
            ));
        }
        let mut fitted: Vec<Member<'m, M>> = Vec::with_capacity(members.n_members());
        for (network, held_out) in members.held_out().iter().enumerate() {
            if self.warm_start.is_some() && !held_out.is_empty() {
                let reason = "it has seen subjects that are held out";
                return Err(Error::WarmStart { reason });
            }
            let mut is_held_out = vec![false; outcomes.n_subjects()];
            held_out.iter().for_each(|&subject| is_held_out[subject] = true);
            let others: Vec<usize> = (0..is_held_out.len()).filter(|&i| !is_held_out[i]).collect();
            let subset = |part: &[usize]| (inputs.subset(part), outcomes.subset(part));
            let train = subset(&others);
            let valid = (!held_out.is_empty()).then(|| subset(held_out));
            let of_network = self.of_network(network, &others);
            for cycle in 0..cycles {
                let mut trainer = of_network.of_cycle(cycle, cycles);
                if let Some(before) = fitted.last().filter(|_| cycle > 0) {
                    trainer.start = Some(network_of(&before.trained.model).clone());
                }
                let valid = valid.as_ref().map(|(inputs, outcomes)| (inputs, outcomes));
                let trained = fit(&trainer, (&train.0, &train.1), valid)?;
                fitted.push(Member { trained, network, held_out });
            }
        }
        Ok(fitted)
    }

    /// What trains the network of that number on these subjects.
    fn of_network(&self, network: usize, subjects: &[usize]) -> Self {
        let seed = Seed::new(self.settings.training.seed).named("networks").at(&[network as u64]);
        self.of_part(seed, subjects, &format!("network-{}", network + 1))
    }

    /// What trains it in one of its cycles, each with about as many epochs.
    fn of_cycle(&self, cycle: usize, cycles: usize) -> Self {
        if cycles == 1 {
            return self.clone();
        }
        let mut trainer = self.clone();
        let training = &mut trainer.settings.training;
        let until = |cycle: usize| cycle * self.settings.training.epochs / cycles;
        training.epochs = until(cycle + 1) - until(cycle);
        if cycle > 0 {
            training.seed = Seed::new(training.seed).named("cycles").at(&[cycle as u64]).value();
        }
        trainer.in_subfolder(&format!("cycle-{}", cycle + 1))
    }
}

/// The models and their trainings.
fn apart<M>(fitted: Vec<Member<'_, M>>) -> (Vec<M>, Vec<Trained<()>>) {
    fitted.into_iter().map(|member| member.trained.apart()).unzip()
}
