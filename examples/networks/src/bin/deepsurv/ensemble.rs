//! Several networks, each of which holds out other rows; the score is their mean.

use crate::data::Data;
use crate::settings::Settings;
use anyhow::Context;
use burn::tensor::Device;
use std::path::Path;
use vertebra_cohort::Folds;
use vertebra_cohort::table::SplitRows;
use vertebra_deepsurv::{Recalibration, RiskModel, RiskTrainer, Trained};
use vertebra_training::{Seed, keep_going};

/// Parts of the training rows of which a network holds out one.
const PARTS: usize = 5;

/// What is trained on a table.
#[derive(Clone, Copy)]
pub(crate) struct Training<'a> {
    pub(crate) table: &'a Path,
    pub(crate) data: &'a Data,
    pub(crate) seed: u64,
    pub(crate) device: &'a Device,
}

/// What networks that were trained say.
pub(crate) struct Ensemble {
    /// Mean log hazard of the test rows.
    pub(crate) log_hazard: Vec<f64>,
    /// From the rows that each network held out.
    pub(crate) recalibration: Recalibration,
    pub(crate) epochs: Vec<usize>,
    pub(crate) n_train: usize,
    pub(crate) n_held_out: usize,
}

impl Training<'_> {
    /// Trains as many networks.
    pub(crate) fn ensemble(self, settings: &Settings, networks: usize) -> anyhow::Result<Ensemble> {
        let data = self.data;
        let test = data.inputs.subset(&data.rows.test);
        let mut log_hazard = vec![0.0; test.n_subjects()];
        let mut told = Told::new(data.outcomes.n_subjects());
        let (mut epochs, mut sizes) = (Vec::new(), (0, 0));
        for network in 0..networks {
            let (train, held_out) = self.parts(network)?;
            sizes = (train.len(), held_out.len());
            let trained = self.network(settings, network, (&train, &held_out))?;
            let predicted = trained.model.log_hazard(&test)?;
            let share = 1.0 / networks as f64;
            log_hazard.iter_mut().zip(predicted).for_each(|(sum, h)| *sum += share * h);
            let unseen = trained.model.log_hazard(&data.inputs.subset(&held_out))?;
            told.add(&held_out, &unseen, network);
            epochs.push(trained.history.len());
        }
        let recalibration = told.recalibration(data)?;
        Ok(Ensemble { log_hazard, recalibration, epochs, n_train: sizes.0, n_held_out: sizes.1 })
    }

    /// Trains one network on the first of the parts; the second stops it.
    pub(crate) fn network(
        self,
        settings: &Settings,
        network: usize,
        (train, held_out): (&[usize], &[usize]),
    ) -> anyhow::Result<Trained<RiskModel>> {
        let (train, held_out) = (self.data.subset(train), self.data.subset(held_out));
        self.trainer(settings, network)
            .fit((&train.0, &train.1), Some((&held_out.0, &held_out.1)), &mut keep_going)
            .with_context(|| self.table.display().to_string())
    }

    /// What trains the network of that number.
    pub(crate) fn trainer(self, settings: &Settings, network: usize) -> RiskTrainer<'static> {
        let seed = Seed::new(self.seed).named("networks").at(&[network as u64]);
        settings.trainer(&self.data.names, seed).with_device(self.device)
    }

    /// The rows that one network is trained on, and those it holds out: those marked `valid`, or
    /// where there are none a part of the training rows.
    pub(crate) fn parts(self, network: usize) -> anyhow::Result<(Vec<usize>, Vec<usize>)> {
        let SplitRows { train, valid, .. } = &self.data.rows;
        if !valid.is_empty() {
            return Ok((train.clone(), valid.clone()));
        }
        self.fold_of(train, network)
    }

    /// As many rows in turn; after [`PARTS`] networks the parts are drawn anew.
    pub(crate) fn fold_of(
        self,
        rows: &[usize],
        network: usize,
    ) -> anyhow::Result<(Vec<usize>, Vec<usize>)> {
        let seed = Seed::new(self.seed).named("folds").at(&[(network / PARTS) as u64]).value();
        let folds = Folds::stratified(self.data.outcomes.subset(rows).event(), PARTS, seed)
            .with_context(|| format!("{}: holding out rows", self.table.display()))?;
        let rows = |part: Vec<usize>| part.into_iter().map(|i| rows[i]).collect();
        let fold = network % PARTS;
        Ok((rows(folds.train(fold)), rows(folds.validation(fold))))
    }
}

/// What networks said of rows that they held out.
struct Told {
    sum: Vec<f64>,
    times: Vec<usize>,
    /// The last network that held out a row.
    by: Vec<usize>,
}

impl Told {
    fn new(n: usize) -> Self {
        Self { sum: vec![0.0; n], times: vec![0; n], by: vec![0; n] }
    }

    fn add(&mut self, rows: &[usize], log_hazard: &[f64], network: usize) {
        for (&row, h) in rows.iter().zip(log_hazard) {
            self.sum[row] += h;
            self.times[row] += 1;
            self.by[row] = network;
        }
    }

    /// Of the mean over the networks that held out a row.
    fn recalibration(&self, data: &Data) -> anyhow::Result<Recalibration> {
        let rows: Vec<usize> = (0..self.sum.len()).filter(|&row| self.times[row] > 0).collect();
        let mean: Vec<f64> = rows.iter().map(|&r| self.sum[r] / self.times[r] as f64).collect();
        let by: Vec<usize> = rows.iter().map(|&row| self.by[row]).collect();
        Ok(Recalibration::learn(&data.outcomes.subset(&rows), &mean, &by)?)
    }
}
