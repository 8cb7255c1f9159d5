//! Seeded random draws. Every subject and every film has a stream of its own ([`Seed::at`]), so
//! that nothing depends on the order in which they are made.

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Gamma, StandardNormal};
use vertebra_run::{Seed, shuffle};

/// A stream of random draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: Seed) -> Self {
        Self(seed.generator())
    }

    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// An index below `n`.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    pub(crate) fn standard_normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    pub(crate) fn standard_normal_f32(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }

    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        mean + sd * self.standard_normal()
    }

    /// A normal draw kept within `limit` standard deviations of its mean.
    pub(crate) fn normal_within(&mut self, mean: f64, sd: f64, limit: f64) -> f64 {
        loop {
            let z = self.standard_normal();
            if z.abs() <= limit {
                return mean + sd * z;
            }
        }
    }

    /// A gamma draw; shape and scale must be positive, otherwise the mean comes back.
    pub(crate) fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        Gamma::new(shape, scale).map_or(shape * scale, |gamma| gamma.sample(&mut self.0))
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// A random order of `0..n`.
    pub(crate) fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        shuffle(&mut order, &mut self.0);
        order
    }
}
