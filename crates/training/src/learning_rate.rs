//! Learning rate as a function of the fraction of the run that is done.

use crate::Error;
use serde::{Deserialize, Serialize};

/// The way from the first learning rate to the last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// Stays at the start value; the end value is not used.
    #[default]
    Constant,
    /// A straight line.
    Linear,
    /// Half a cosine (Loshchilov & Hutter, ICLR 2017, without restarts).
    Cosine,
    /// Equal factors at the given fractions of the run, e.g. 1e-3, 1e-4, 1e-5 with
    /// `[0.81, 0.952]`, which are HRNet's epochs 170 and 200 of 210.
    Step(Vec<f64>),
}

/// Learning rate of every step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LearningRate {
    /// Value after the warm-up.
    pub start: f64,
    /// Value at the end.
    pub end: f64,
    /// The way from start to end.
    pub schedule: Schedule,
    /// Fraction of the run, in `[0, 1)`, over which the rate rises linearly from zero to `start`.
    pub warmup: f64,
}

impl LearningRate {
    /// The same rate throughout.
    #[must_use]
    pub fn constant(rate: f64) -> Self {
        Self { start: rate, end: rate, schedule: Schedule::Constant, warmup: 0.0 }
    }

    /// From `start` to `end` along `schedule`.
    #[must_use]
    pub fn new(start: f64, end: f64, schedule: Schedule) -> Self {
        Self { start, end, schedule, warmup: 0.0 }
    }

    /// Rises linearly over the first `fraction` of the run.
    #[must_use]
    pub fn with_warmup(self, fraction: f64) -> Self {
        Self { warmup: fraction, ..self }
    }

    /// The rate of step `step` (from 0) of `n_steps`.
    #[must_use]
    pub fn at(&self, step: usize, n_steps: usize) -> f64 {
        let n_steps = n_steps.max(1) as f64;
        let warmup = self.warmup * n_steps;
        if (step as f64) < warmup {
            return self.start * (step as f64 + 1.0) / (warmup + 1.0);
        }
        let last = n_steps - 1.0 - warmup;
        let done = if last > 0.0 { ((step as f64 - warmup) / last).clamp(0.0, 1.0) } else { 0.0 };
        self.after_warmup(done, step as f64 / n_steps)
    }

    fn after_warmup(&self, done: f64, fraction_of_run: f64) -> f64 {
        match &self.schedule {
            Schedule::Constant => self.start,
            Schedule::Linear => self.start + (self.end - self.start) * done,
            Schedule::Cosine => {
                let height = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
                self.end + (self.start - self.end) * height
            }
            Schedule::Step(at) => {
                let passed = at.iter().filter(|&&a| fraction_of_run >= a).count();
                self.start * (self.end / self.start).powf(passed as f64 / at.len().max(1) as f64)
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        if !positive(self.start) {
            return Err(Error::invalid("learning_rate.start", "a positive number", self.start));
        }
        if !positive(self.end) {
            return Err(Error::invalid("learning_rate.end", "a positive number", self.end));
        }
        if !(0.0..1.0).contains(&self.warmup) {
            return Err(Error::invalid(
                "learning_rate.warmup",
                "a fraction in [0, 1)",
                self.warmup,
            ));
        }
        match &self.schedule {
            Schedule::Step(at)
                if !at.is_sorted() || at.iter().any(|a| !(0.0..=1.0).contains(a)) =>
            {
                let expected = "increasing fractions in [0, 1]";
                Err(Error::invalid("learning_rate.schedule.step", expected, format!("{at:?}")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_starts_and_ends_where_it_says() {
        for schedule in [Schedule::Linear, Schedule::Cosine, Schedule::Step(vec![0.5, 0.9])] {
            let rate = LearningRate::new(1e-3, 1e-5, schedule.clone());
            assert!((rate.at(0, 100) - 1e-3).abs() < 1e-12, "{schedule:?}");
            assert!((rate.at(99, 100) - 1e-5).abs() < 1e-12, "{schedule:?}");
        }
        assert_eq!(LearningRate::constant(0.1).at(7, 9), 0.1);
    }

    #[test]
    fn steps_are_equal_factors_at_their_fractions() {
        let rate = LearningRate::new(1e-3, 1e-5, Schedule::Step(vec![0.81, 0.952]));
        for (epoch, expected) in [(169, 1e-3), (171, 1e-4), (199, 1e-4), (200, 1e-5)] {
            let got = rate.at(epoch, 210);
            assert!((got / expected - 1.0).abs() < 1e-12, "epoch {epoch}: {got}, {expected}");
        }
    }

    #[test]
    fn warmup_rises_to_the_start_value_and_then_falls() {
        let rate = LearningRate::new(1.0, 0.1, Schedule::Cosine).with_warmup(0.25);
        let all: Vec<f64> = (0..100).map(|s| rate.at(s, 100)).collect();
        assert!(all[..26].is_sorted() && all[25..].is_sorted_by(|a, b| a >= b));
        assert_eq!(all[25], 1.0);
        assert!(all[0] > 0.0 && (all[99] - 0.1).abs() < 1e-12);
    }

    #[test]
    fn out_of_domain_settings_are_named() {
        let bad = LearningRate::new(-1.0, 1e-5, Schedule::Linear).check().unwrap_err();
        assert_eq!(bad.to_string(), "learning_rate.start: expected a positive number, got -1");
        assert!(LearningRate::constant(1.0).with_warmup(1.0).check().is_err());
        assert!(LearningRate::new(1.0, 0.1, Schedule::Step(vec![0.9, 0.5])).check().is_err());
    }
}
