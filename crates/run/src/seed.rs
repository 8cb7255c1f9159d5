//! One seed per purpose and per item, all derived from the seed of the run.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::Digest as _;

/// A seed, from which every other seed of a run is derived by one rule.
///
/// - By name: `named(purpose)` is the first eight bytes, most significant first, of SHA-256 over
///   the seed (eight bytes, least significant first) and the purpose in UTF-8. A purpose that is
///   added changes no other.
/// - By index: `at(indices)` mixes whole numbers in with the finaliser of SplitMix64 (Steele, Lea
///   & Flood, OOPSLA 2014), `s <- mix(seed)` and then `s <- mix(s xor mix(index + g))` for every
///   index in turn, `g` = 2^64 over the golden ratio. It takes nanoseconds, so an item of which
///   there are millions can have a seed of its own; the order of indices matters.
///
/// A purpose is named once and its items are counted: `run.named("noise").at(&[subject, film])`.
///
/// # Examples
/// ```
/// use rand::RngExt;
/// use vertebra_run::Seed;
/// let folds = Seed::new(1).named("folds");
/// assert_eq!(folds.value(), Seed::new(1).named("folds").value());
/// assert_ne!(folds, Seed::new(2).named("folds"));
/// assert_ne!(folds.at(&[0]), folds.at(&[1]));
/// let uniform: f64 = folds.at(&[0]).generator().random();
/// assert!((0.0..1.0).contains(&uniform));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(u64);

impl Seed {
    /// The seed that a user gives to a run.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed as a number, for what takes one.
    #[must_use]
    #[inline]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The seed of what is called `purpose`.
    #[must_use]
    pub fn named(self, purpose: &str) -> Self {
        let mut hasher = sha2::Sha256::new();
        hasher.update(self.0.to_le_bytes());
        hasher.update(purpose.as_bytes());
        let digest = hasher.finalize();
        Self(digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte)))
    }

    /// The seed of one item, e.g. `[subject, film]` or `[epoch, step]`.
    #[must_use]
    #[inline]
    pub const fn at(self, indices: &[u64]) -> Self {
        let mut state = mix(self.0);
        let mut rest = indices;
        while let [index, others @ ..] = rest {
            state = mix(state ^ mix(index.wrapping_add(GOLDEN)));
            rest = others;
        }
        Self(state)
    }

    /// A stream of random numbers (ChaCha with eight rounds: the same on every platform).
    #[must_use]
    pub fn generator(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

/// 2^64 over the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of SplitMix64: a bijection of the 64-bit numbers.
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use std::collections::HashSet;

    /// Golden: Java's `SplittableRandom` and the reference `splitmix64.c` from state 0.
    #[test]
    fn mix_is_splitmix64() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(GOLDEN), 0x6e78_9e6a_a1b9_65f4);
    }

    /// Golden: Python's `hashlib.sha256(struct.pack("<Q", 1) + b"folds").digest()[:8]`.
    #[test]
    fn a_name_is_hashed_as_documented() {
        assert_eq!(Seed::new(1).named("folds").value(), 0x1c38_12c0_feac_99ac);
    }

    #[test]
    fn purposes_and_run_seeds_give_different_seeds() {
        let seeds = [(1, "folds"), (2, "folds"), (1, "bootstrap"), (1, "")]
            .map(|(seed, purpose)| Seed::new(seed).named(purpose));
        assert_eq!(HashSet::from(seeds).len(), 4);
    }

    #[test]
    fn seeds_and_indices_do_not_meet() {
        let grid = |seed: u64| (0..50).flat_map(move |i| (0..50).map(move |j| (seed, i, j)));
        let all: Vec<Seed> =
            (0..8).flat_map(grid).map(|(s, i, j)| Seed::new(s).at(&[i, j])).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn streams_of_neighbouring_indices_are_unrelated() {
        let draws = |index: u64| -> Vec<f64> {
            let mut generator = Seed::new(1).at(&[index]).generator();
            (0..2000).map(|_| generator.random::<f64>() - 0.5).collect()
        };
        let (a, b) = (draws(0), draws(1));
        // The variance of a uniform number is 1 / 12.
        let correlation = 12.0 * a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>() / 2000.0;
        assert!(correlation.abs() < 0.1, "{correlation}");
    }
}
