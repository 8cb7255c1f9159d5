//! Survival data of any size with two correlated scores.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Exponential event and censoring times, one event in five; the scores are correlated.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SurvivalSample {
    /// Follow-up in years, continuous.
    pub time: Vec<f64>,
    /// The same in whole days, still in years: many ties.
    pub days: Vec<f64>,
    /// `true` = event, `false` = censored.
    pub event: Vec<bool>,
    /// The log hazard that generated the times.
    pub risk: Vec<f64>,
    /// `risk` with noise added.
    pub other: Vec<f64>,
}

impl SurvivalSample {
    /// A sample of `n` subjects, the same on every call.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(n as u64);
        let mut noise = || (0..6).map(|_| random.random::<f64>()).sum::<f64>() - 3.0;
        let risk: Vec<f64> = (0..n).map(|_| noise()).collect();
        let other: Vec<f64> = risk.iter().map(|r| r + noise()).collect();
        let mut random = ChaCha8Rng::seed_from_u64(n as u64 + 1);
        let mut exponential = |rate: f64| -f64::ln(1.0 - random.random::<f64>()) / rate;
        let (mut time, mut event) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for r in &risk {
            let (failure, censoring) = (exponential(0.05 * r.exp()), exponential(0.2));
            time.push(failure.min(censoring));
            event.push(failure <= censoring);
        }
        let days = time.iter().map(|t| (t * 365.25).ceil() / 365.25).collect();
        Self { time, days, event, risk, other }
    }

    /// The visits between which each event lies, the last without it and the first with it (none,
    /// infinity, for a censored subject): a third to three years apart, of each subject's own.
    #[must_use]
    pub fn visits(&self) -> (Vec<f64>, Vec<f64>) {
        let times = self.time.iter().zip(&self.event).enumerate();
        let interval = |(i, (&time, &event)): (usize, (&f64, &bool))| {
            let gap = 0.3 + (i * 7919 % 1009) as f64 / 373.0;
            let last = (time / gap).floor() * gap;
            if event { (last, last + gap) } else { (last, f64::INFINITY) }
        };
        times.map(interval).unzip()
    }
}
