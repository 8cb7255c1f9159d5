//! What a run remembers besides weights and optimiser state; early stopping is decided here.

use crate::{EpochSummary, StopReason};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) history: Vec<EpochSummary>,
    pub(crate) best: Option<BestEpoch>,
    pub(crate) validations_since_best: usize,
    pub(crate) stopped: Option<StopReason>,
    /// The epoch after those of the history, as far as it is done.
    #[serde(default)]
    pub(crate) begun: BegunEpoch,
}

/// The steps of an epoch that is not finished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct BegunEpoch {
    pub(crate) steps: usize,
    /// Their part of the epoch's loss.
    pub(crate) loss: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct BestEpoch {
    pub(crate) epoch: usize,
    pub(crate) score: f64,
}

impl Progress {
    pub(crate) fn epochs_done(&self) -> usize {
        self.history.len()
    }

    /// Adds an epoch; true where its score is strictly better than every one before.
    pub(crate) fn record(&mut self, summary: EpochSummary) -> bool {
        let better = match (summary.score, self.best) {
            (Some(score), Some(best)) => score > best.score,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if let Some(score) = summary.score.filter(|_| better) {
            self.best = Some(BestEpoch { epoch: summary.epoch, score });
            self.validations_since_best = 0;
        } else if summary.score.is_some() {
            self.validations_since_best += 1;
        }
        self.history.push(summary);
        self.begun = BegunEpoch::default();
        better
    }

    pub(crate) fn stop_reason(&self, epochs: usize, patience: Option<usize>) -> Option<StopReason> {
        if patience.is_some_and(|p| self.validations_since_best >= p) {
            Some(StopReason::Patience)
        } else {
            (self.epochs_done() >= epochs).then_some(StopReason::Finished)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(scores: &[Option<f64>]) -> Progress {
        let mut progress = Progress::default();
        for (i, &score) in scores.iter().enumerate() {
            progress.record(EpochSummary { epoch: i + 1, loss: 0.0, learning_rate: 0.0, score });
        }
        progress
    }

    #[test]
    fn patience_counts_validations_without_a_strictly_better_score() {
        let scores = [Some(0.5), None, Some(0.7), Some(0.7), None, Some(0.6)];
        let progress = after(&scores);
        assert_eq!(progress.best, Some(BestEpoch { epoch: 3, score: 0.7 }));
        assert_eq!(progress.stop_reason(99, Some(2)), Some(StopReason::Patience));
        assert_eq!(progress.stop_reason(99, Some(3)), None);
        assert_eq!(progress.stop_reason(6, Some(3)), Some(StopReason::Finished));
    }
}
