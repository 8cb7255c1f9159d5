//! The populations from which samples are drawn, and their true indices.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use vertebra_survival::{ConcordanceOptions, Error, Outcomes, TimeWeight};

/// Uno's C ends here, in years: a third of the subjects is still followed.
pub(crate) const HORIZON: f64 = 5.0;

/// A cohort of `n` subjects with exponential times: the log hazard is `ln rate + x` with `x`
/// standard normal; censoring is uniform between 1 and 7 years.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) n: usize,
    /// Events per year at `x = 0`.
    pub(crate) rate: f64,
    /// Bootstrap samples for each interval.
    pub(crate) replicates: usize,
}

/// Sizes of a test set with few events, of a cohort, and of a large one.
pub(crate) const SCENARIOS: [Scenario; 3] = [
    Scenario { n: 179, rate: 0.0165, replicates: 999 },
    Scenario { n: 1_595, rate: 0.0129, replicates: 499 },
    Scenario { n: 5_000, rate: 0.0129, replicates: 299 },
];

/// One sample with three scores: `x` plus independent normal noise. The first two are equally good
/// (standard deviation 0.5), the third is worse (1.5).
pub(crate) struct Sample {
    pub(crate) outcomes: Outcomes,
    pub(crate) scores: [Vec<f64>; 3],
}

const NOISE: [f64; 3] = [0.5, 0.5, 1.5];

/// The C of a good score and of the worse one in the population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    pub(crate) good: f64,
    pub(crate) worse: f64,
}

impl Scenario {
    pub(crate) fn sample(&self, seed: u64) -> Result<Sample, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        self.draw(self.n, true, &mut random)
    }

    fn draw(&self, n: usize, censored: bool, random: &mut ChaCha8Rng) -> Result<Sample, Error> {
        let (mut time, mut event) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut scores = [(); 3].map(|()| Vec::with_capacity(n));
        for _ in 0..n {
            let x = normal(random);
            for (score, noise) in scores.iter_mut().zip(NOISE) {
                score.push(x + noise * normal(random));
            }
            let failure = -f64::ln(1.0 - random.random::<f64>()) / (self.rate * x.exp());
            let end = 1.0 + 6.0 * random.random::<f64>();
            let end = if censored { end } else { f64::INFINITY };
            time.push(failure.min(end));
            event.push(failure <= end);
        }
        Ok(Sample { outcomes: Outcomes::new(time, event)?, scores })
    }

    /// From large samples: Harrell's C under this censoring, and Uno's C up to the horizon, which
    /// is Harrell's without censoring. The first two scores are averaged: they have the same truth.
    pub(crate) fn truths(&self, samples: u64) -> Result<[Truth; 2], Error> {
        let mut sums = [[0.0; 3]; 2];
        for seed in 0..samples {
            let mut random = ChaCha8Rng::seed_from_u64(u64::MAX - seed);
            let harrell = ConcordanceOptions::default();
            let early = harrell.clone().with_horizon(HORIZON);
            for (sum, (censored, index)) in sums.iter_mut().zip([(true, harrell), (false, early)]) {
                let Sample { outcomes, scores } = self.draw(LARGE, censored, &mut random)?;
                for (sum, score) in sum.iter_mut().zip(&scores) {
                    *sum += index.estimate(&outcomes, score)?.estimate.value / samples as f64;
                }
            }
        }
        Ok(sums.map(|[a, b, worse]| Truth { good: (a + b) / 2.0, worse }))
    }
}

/// Subjects of one of the samples that the truth is computed from.
pub(crate) const LARGE: usize = 2_000_000;

/// Harrell's index and Uno's.
pub(crate) fn indices() -> [(&'static str, ConcordanceOptions); 2] {
    let harrell = ConcordanceOptions::default();
    let uno = harrell.clone().with_time_weight(TimeWeight::Uno).with_horizon(HORIZON);
    [("Harrell", harrell), ("Uno", uno)]
}

/// A standard normal number, by Box and Muller's transform.
pub(crate) fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v) = (1.0 - random.random::<f64>(), random.random::<f64>());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
