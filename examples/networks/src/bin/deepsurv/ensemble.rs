//! What is trained on a table, and on which of its rows.

use crate::data::Data;
use crate::settings::Settings;
use anyhow::Context;
use burn::tensor::Device;
use std::path::Path;
use vertebra_cohort::Folds;
use vertebra_cohort::table::SplitRows;
use vertebra_deepsurv::{
    CurveEnsemble, Members, RiskEnsemble, RiskModel, RiskTrainer, Trained, TrainedEnsemble,
};
use vertebra_survival::Outcomes;
use vertebra_survival::losses::TimeGrid;
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

impl Training<'_> {
    /// Rows that take part: all but those of the test.
    pub(crate) fn rows(self) -> Vec<usize> {
        let SplitRows { train, valid, .. } = &self.data.rows;
        [&**train, valid].concat()
    }

    /// Outcomes of these rows.
    pub(crate) fn outcomes(self) -> Outcomes {
        self.data.outcomes.subset(&self.rows())
    }

    /// Networks of log hazards.
    pub(crate) fn risks(
        self,
        settings: &Settings,
        members: &Members,
    ) -> anyhow::Result<TrainedEnsemble<RiskEnsemble>> {
        let (inputs, outcomes) = self.data.subset(&self.rows());
        let train = (&inputs, &outcomes);
        self.named(self.trainer(settings).fit_ensemble(members, train, &mut keep_going))
    }

    /// Networks of whole curves on the intervals of `grid`.
    pub(crate) fn curves(
        self,
        grid: &TimeGrid,
        settings: &Settings,
        members: &Members,
    ) -> anyhow::Result<TrainedEnsemble<CurveEnsemble>> {
        let (inputs, outcomes) = self.data.subset(&self.rows());
        let train = (&inputs, &outcomes);
        self.named(self.trainer(settings).fit_curve_ensemble(grid, members, train, &mut keep_going))
    }

    /// One network, trained on some rows and stopped by others.
    pub(crate) fn network(
        self,
        settings: &Settings,
        seed: Seed,
        (train, held_out): (&[usize], &[usize]),
    ) -> anyhow::Result<Trained<RiskModel>> {
        let (train, held_out) = (self.data.subset(train), self.data.subset(held_out));
        let (train, held_out) = ((&train.0, &train.1), (&held_out.0, &held_out.1));
        let trainer = self.trainer(settings).with_seed(seed.value());
        self.named(trainer.fit(train, Some(held_out), &mut keep_going))
    }

    /// As many rows in turn; after [`PARTS`] networks the parts are drawn anew. The rows that one
    /// network is trained on, and those it holds out, by their place among `rows`.
    pub(crate) fn fold_of(
        self,
        rows: &[usize],
        network: usize,
    ) -> anyhow::Result<(Vec<usize>, Vec<usize>)> {
        let seed = Seed::new(self.seed).named("folds").at(&[(network / PARTS) as u64]).value();
        let folds = Folds::stratified(self.data.outcomes.subset(rows).event(), PARTS, seed)
            .with_context(|| format!("{}: holding out rows", self.table.display()))?;
        Ok((folds.train(network % PARTS), folds.validation(network % PARTS)))
    }

    fn trainer(self, settings: &Settings) -> RiskTrainer<'static> {
        let seed = Seed::new(self.seed);
        settings.trainer(&self.data.names, seed).with_device(self.device)
    }

    /// So many networks, that hold out the rows marked `valid`, or where there are none a part of the
    /// training rows each. Rows are numbered as [`rows`](Self::rows) has them.
    pub(crate) fn members(self, n: usize) -> anyhow::Result<Members> {
        let SplitRows { train, valid, .. } = &self.data.rows;
        let parts: Vec<Vec<usize>> = match valid.is_empty() {
            true => (0..n).map(|k| Ok(self.fold_of(train, k)?.1)).collect::<anyhow::Result<_>>()?,
            false => vec![(train.len()..train.len() + valid.len()).collect(); n],
        };
        Ok(Members::holding_out(parts))
    }

    /// An error with the table that it belongs to.
    fn named<T>(self, result: Result<T, vertebra_deepsurv::Error>) -> anyhow::Result<T> {
        result.with_context(|| self.table.display().to_string())
    }
}
