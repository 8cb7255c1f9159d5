//! Samples whose truth is known.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use vertebra_survival::{
    Error, Outcomes, auc_at, interval_censored::IntervalOutcomes, numeric::distributions::Normal,
};

/// Events per year at `x = 0`: about one in ten has the event within five years.
const RATE: f64 = 0.0168;
/// Log hazard ratio of one SD of `x`.
pub(crate) const BETA: f64 = 0.8;
/// Years of the risk and the AUC.
pub(crate) const HORIZON: f64 = 5.0;

/// When subjects are seen.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Plan {
    /// After 2, 4, .. years, until follow-up ends after 3 to 9 years.
    EveryTwoYears,
    /// At intervals of 0.5 to 3.5 years.
    AnyTime,
}

impl Plan {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EveryTwoYears => "Visits every two years",
            Self::AnyTime => "Visits at any time, two years apart on average",
        }
    }
}

/// What is true of the population.
pub(crate) struct Truth {
    pub(crate) risk: f64,
    pub(crate) auc: f64,
}

/// One sample.
pub(crate) struct Sample {
    pub(crate) known: IntervalOutcomes,
    pub(crate) x: Vec<f64>,
}

fn time(random: &mut ChaCha8Rng) -> (f64, f64) {
    let x = Normal.quantile(random.random_range(1e-15..1.0));
    (x, -random.random_range(1e-300f64..1.0).ln() / (RATE * (BETA * x).exp()))
}

pub(crate) fn truth() -> Truth {
    let mut random = ChaCha8Rng::seed_from_u64(u64::MAX);
    let n = 2_000_000;
    let (x, times): (Vec<f64>, Vec<f64>) = (0..n).map(|_| time(&mut random)).unzip();
    let by_horizon = times.iter().filter(|t| **t <= HORIZON).count();
    let auc = Outcomes::new(times, vec![true; n]).and_then(|all| auc_at(&all, &x, HORIZON));
    let auc = auc.map_or(f64::NAN, |auc| auc.estimate.value);
    Truth { risk: by_horizon as f64 / n as f64, auc }
}

impl Sample {
    pub(crate) fn draw(n: usize, plan: Plan, seed: u64) -> Result<Self, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut left, mut right, mut xs) = (vec![], vec![], vec![]);
        for _ in 0..n {
            let (x, t) = time(&mut random);
            let end = random.random_range(3.0..9.0);
            let (mut before, mut after) = (0.0, f64::INFINITY);
            let mut visit = 0.0;
            while after.is_infinite() {
                visit += match plan {
                    Plan::EveryTwoYears => 2.0,
                    Plan::AnyTime => random.random_range(0.5..3.5),
                };
                if visit > end {
                    break;
                }
                if t <= visit { after = visit } else { before = visit }
            }
            left.push(before);
            right.push(after);
            xs.push(x);
        }
        Ok(Self { known: IntervalOutcomes::new(left, right)?, x: xs })
    }
}
