//! Survival curves that a network predicted.

use vertebra_survival::losses::TimeGrid;

/// Predicted survival curves of several subjects.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedCurves {
    grid: TimeGrid,
    /// `[n, intervals]`.
    logits: Vec<f64>,
    /// Cumulative hazard of each interval, `[n, intervals]`.
    hazards: Vec<f64>,
}

impl PredictedCurves {
    /// # Shapes
    /// - `logits`: `[n, intervals]`, row-major
    pub(crate) fn new(grid: TimeGrid, logits: Vec<f64>) -> Self {
        let hazards = logits.iter().map(|&x| TimeGrid::hazard(x)).collect();
        Self { grid, logits, hazards }
    }

    /// How many subjects there are.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.logits.len() / self.grid.n_intervals()
    }

    /// The intervals of the curves.
    #[must_use]
    pub fn grid(&self) -> &TimeGrid {
        &self.grid
    }

    /// The logits of one subject's hazards, `[intervals]`, by which [`TimeGrid::survival`] gives its
    /// curve; `None` beyond the last subject.
    #[must_use]
    pub fn logits(&self, subject: usize) -> Option<&[f64]> {
        self.logits.chunks_exact(self.grid.n_intervals()).nth(subject)
    }

    /// Probability of an event by `time` (years), `[n]`; NaN for a time that is: what
    /// [`antolini_c`](vertebra_survival::concordance::antolini_c) asks for, and every measure at a
    /// horizon.
    #[must_use]
    pub fn risk_by(&self, time: f64) -> Vec<f64> {
        let shares = self.grid.shares(time);
        let until = |row: &[f64]| row.iter().zip(&shares).map(|(h, share)| h * share).sum::<f64>();
        let rows = self.hazards.chunks_exact(self.grid.n_intervals());
        rows.map(|row| -(-until(row)).exp_m1()).collect()
    }
}
