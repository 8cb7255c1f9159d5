//! The interval of a survival probability by its likelihood ratio.
//!
//! Costs `c` that differ before and after the time tilt the estimate: the maximum of the tilted
//! likelihood is, scaled to a sum of 1, that of the likelihood among all curves with the same
//! probability at the time. So a root of one variable gives each bound.

use super::{intersections::Intersections, likelihood::Likelihood, outcomes::IntervalOutcomes};
use crate::{error::Error, estimate::Interval, numeric::distributions::Normal};

/// Steps of the search for a bound.
const MAX_STEPS: usize = 60;
/// How close it comes, in standard errors.
const CLOSE: f64 = 1e-4;

pub(super) struct LikelihoodRatio {
    likelihood: Likelihood,
    /// The intersections before it end by the time.
    cut: usize,
    /// The masses without a tilt.
    mass: Vec<f64>,
    highest: f64,
}

/// The estimate under a tilt.
struct Tilted {
    mass: Vec<f64>,
    survival: f64,
    /// Root of twice what the log likelihood has lost.
    distance: f64,
}

impl LikelihoodRatio {
    pub(super) fn new(outcomes: &IntervalOutcomes, time: f64) -> Result<Self, Error> {
        let found = Intersections::new(outcomes, Some(time));
        let likelihood = Likelihood::of_masses(&found, |i| outcomes.weight(i));
        let cut = found.upper.partition_point(|&u| u <= time);
        let maximum = likelihood.maximise(None)?;
        let highest = log_likelihood(&likelihood, &maximum.mass);
        Ok(Self { likelihood, cut, mass: maximum.mass, highest })
    }

    pub(super) fn interval(&self, level: f64) -> Result<Interval, Error> {
        let reach = Normal.two_sided(level);
        Ok(Interval::new(self.bound(-1.0, reach)?, self.bound(1.0, reach)?, level))
    }

    /// The lowest (`side` -1) or highest (1) probability within `reach` standard errors.
    fn bound(&self, side: f64, reach: f64) -> Result<f64, Error> {
        let (mut inside, mut outside) = ((0.0, 0.0), None);
        let mut tilt = self.first_tilt(side, reach);
        let mut from = self.tilted(1e-9 * tilt, &self.mass)?;
        for _ in 0..MAX_STEPS {
            let there = self.tilted(tilt, &from.mass)?;
            let short = reach - there.distance;
            if short.abs() < CLOSE {
                return Ok(there.survival);
            }
            if short > 0.0 {
                // At the end of the scale no tilt goes any further.
                let end = if side > 0.0 { 1.0 - there.survival } else { there.survival };
                if end < 1e-12 {
                    return Ok(there.survival.round());
                }
                (inside, from) = ((tilt, there.distance), there);
            } else {
                outside = Some((tilt, there.distance));
            }
            tilt = match outside {
                None => 2.0 * tilt,
                // The distance is nearly proportional to the tilt.
                Some((far, distance)) => {
                    let share = (reach - inside.1) / (distance - inside.1);
                    inside.0 + share.clamp(0.05, 0.95) * (far - inside.0)
                }
            };
        }
        Ok(from.survival)
    }

    /// A tilt that leads about as far as `reach` standard errors of a share.
    fn first_tilt(&self, side: f64, reach: f64) -> f64 {
        let n = self.likelihood.total();
        let sum: f64 = self.mass.iter().sum();
        let survival = self.mass[self.cut..].iter().sum::<f64>() / sum;
        side * reach / (n * (survival * (1.0 - survival)).max(0.5 / n)).sqrt()
    }

    /// The estimate where an event after the time costs `exp(-tilt)` of one before it.
    fn tilted(&self, tilt: f64, start: &[f64]) -> Result<Tilted, Error> {
        let mut likelihood = self.likelihood.clone();
        let cost = likelihood.total();
        for (k, c) in likelihood.cost.iter_mut().enumerate() {
            *c = cost * if k < self.cut { (0.5 * tilt).exp() } else { (-0.5 * tilt).exp() };
        }
        let mass = likelihood.maximise(Some(start))?.mass;
        let lost = self.highest - log_likelihood(&self.likelihood, &mass);
        let survival = mass[self.cut..].iter().sum::<f64>() / mass.iter().sum::<f64>();
        Ok(Tilted { survival, distance: (2.0 * lost.max(0.0)).sqrt(), mass })
    }
}

/// That of the masses scaled to a sum of 1.
fn log_likelihood(likelihood: &Likelihood, mass: &[f64]) -> f64 {
    let sum: f64 = mass.iter().sum();
    let scaled: Vec<f64> = mass.iter().map(|p| p / sum).collect();
    likelihood.value(&scaled) + likelihood.cost.first().map_or(0.0, |c| *c)
}
