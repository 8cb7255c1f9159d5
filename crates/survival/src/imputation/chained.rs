//! The chain: which column is drawn when, from what.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;

use super::regression::Regression;
use crate::{
    curves::kaplan_meier,
    error::Error,
    numeric::mean_and_sd,
    outcomes::{Outcomes, check},
};

/// How missing values of a column are drawn from its regression.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImputationDraw {
    /// The value of a subject whose prediction is among the nearest: a flag stays a flag, and a
    /// skewed column skewed.
    #[default]
    PredictiveMeanMatching,
    /// The prediction with a normal residual.
    Normal,
}

/// Multiple imputation by chained equations; the default draws 10 sets in 10 rounds by predictive
/// mean matching among 5 donors, with seed 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainedEquations {
    imputations: usize,
    rounds: usize,
    donors: usize,
    draw: ImputationDraw,
    seed: u64,
}

impl Default for ChainedEquations {
    fn default() -> Self {
        let draw = ImputationDraw::default();
        Self { imputations: 10, rounds: 10, donors: 5, draw, seed: 0 }
    }
}

impl ChainedEquations {
    /// How many completed sets are drawn: as many as the percentage of incomplete subjects is the
    /// rule of thumb.
    #[must_use]
    pub fn with_imputations(mut self, imputations: usize) -> Self {
        self.imputations = imputations;
        self
    }

    /// How often each column is drawn anew in a set.
    #[must_use]
    pub fn with_rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Among how many recorded values, those with the nearest predictions, one is chosen.
    #[must_use]
    pub fn with_donors(mut self, donors: usize) -> Self {
        self.donors = donors;
        self
    }

    /// How missing values are drawn.
    #[must_use]
    pub fn with_draw(mut self, draw: ImputationDraw) -> Self {
        self.draw = draw;
        self
    }

    /// Seed of the draws. Each set has a random stream of its own, so that the result does not
    /// depend on the number of threads.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The completed columns of each imputation, in the order given. What is recorded stays.
    ///
    /// # Shapes
    /// - `columns`: `[n]` each, `None` where a value is missing
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`] for a recorded value that is not finite,
    /// [`Error::InvalidSetting`] for no imputations, rounds or donors, [`Error::Undefined`] for a
    /// column with fewer than two recorded values, [`Error::Unsupported`] for delayed entry or case
    /// weights, with which the regressions are not right.
    pub fn impute(
        &self,
        outcomes: &Outcomes,
        columns: &[Vec<Option<f64>>],
    ) -> Result<Vec<Vec<Vec<f64>>>, Error> {
        self.check(outcomes, columns)?;
        let hazard = kaplan_meier(outcomes)?;
        let hazard: Vec<f64> =
            outcomes.time().iter().map(|&t| hazard.cumulative_hazard_at(t)).collect();
        let event: Vec<f64> = outcomes.event().iter().map(|&e| f64::from(u8::from(e))).collect();
        let known = [standardised(&hazard), standardised(&event)];
        let chain = Chain { options: self, columns, known: &known };
        (0..self.imputations as u64).into_par_iter().map(|set| chain.run(set)).collect()
    }

    fn check(&self, outcomes: &Outcomes, columns: &[Vec<Option<f64>>]) -> Result<(), Error> {
        for (name, value) in
            [("imputations", self.imputations), ("rounds", self.rounds), ("donors", self.donors)]
        {
            if value == 0 {
                let (expected, got) = ("at least 1", "0".to_owned());
                return Err(Error::InvalidSetting { name, expected, got });
            }
        }
        check::no_entry("multiple imputation", outcomes)?;
        if outcomes.weights().is_some() {
            let (what, with) = ("multiple imputation", "case weights");
            return Err(Error::Unsupported { what, with });
        }
        for column in columns {
            check::length("columns", column, outcomes)?;
            let recorded: Vec<f64> = column.iter().flatten().copied().collect();
            check::finite_values("columns", &recorded, recorded.len())?;
            if recorded.len() < 2 && recorded.len() < column.len() {
                let why = "fewer than two values are recorded";
                return Err(Error::Undefined { name: "the imputation of a column", why });
            }
        }
        Ok(())
    }
}

/// What all sets share.
struct Chain<'a> {
    options: &'a ChainedEquations,
    columns: &'a [Vec<Option<f64>>],
    /// The outcome as two standardised columns.
    known: &'a [Vec<f64>],
}

impl Chain<'_> {
    fn run(&self, set: u64) -> Result<Vec<Vec<f64>>, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(self.options.seed);
        random.set_stream(set);
        let mut complete: Vec<Vec<f64>> =
            self.columns.iter().map(|column| filled(column, &mut random)).collect();
        let missing = |k: &usize| self.columns[*k].iter().filter(|v| v.is_none()).count();
        let mut incomplete: Vec<usize> =
            (0..self.columns.len()).filter(|k| missing(k) > 0).collect();
        incomplete.sort_by_key(missing);
        for _ in 0..self.options.rounds {
            for &k in &incomplete {
                complete[k] = self.draw(k, &complete, &mut random)?;
            }
        }
        Ok(complete)
    }

    /// A column drawn anew, given all others.
    fn draw(
        &self,
        k: usize,
        complete: &[Vec<f64>],
        random: &mut ChaCha8Rng,
    ) -> Result<Vec<f64>, Error> {
        let others = (0..complete.len()).filter(|&j| j != k).map(|j| standardised(&complete[j]));
        let predictors: Vec<Vec<f64>> = self.known.iter().cloned().chain(others).collect();
        let row = |i: usize| -> Vec<f64> {
            std::iter::once(1.0).chain(predictors.iter().map(|column| column[i])).collect()
        };
        let column = &self.columns[k];
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (i, value) in column.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))) {
            x.push(row(i));
            y.push(value);
        }
        let regression = Regression::draw(&x, &y, random)?;
        let matching = match self.options.draw {
            ImputationDraw::Normal => None,
            _ => Some(regression.donors(&x, &y, self.options.donors)),
        };
        let value = |(i, value): (usize, &Option<f64>)| match (value, &matching) {
            (Some(recorded), _) => *recorded,
            (None, Some(donors)) => donors.choose(regression.drawn(&row(i)), random),
            (None, None) => regression.with_residual(&row(i), random),
        };
        Ok(column.iter().enumerate().map(value).collect())
    }
}

/// The column with recorded values, drawn at random, where others are missing.
fn filled(column: &[Option<f64>], random: &mut ChaCha8Rng) -> Vec<f64> {
    use rand::RngExt;
    let recorded: Vec<f64> = column.iter().flatten().copied().collect();
    let any = |value: &Option<f64>| {
        value.unwrap_or_else(|| recorded[random.random_range(0..recorded.len())])
    };
    column.iter().map(any).collect()
}

/// In standard deviations from its mean; 0 where it does not vary.
fn standardised(column: &[f64]) -> Vec<f64> {
    let (mean, sd) = mean_and_sd(column);
    let scale = if sd > 0.0 { 1.0 / sd } else { 0.0 };
    column.iter().map(|v| (v - mean) * scale).collect()
}
