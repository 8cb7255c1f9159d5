//! One seed per purpose, derived from the run's seed, so that adding a stage changes no other.

use sha2::{Digest, Sha256};

/// The seed for `purpose`: the first eight bytes of SHA-256 over the run's seed and the purpose.
pub(crate) fn seed_for(run_seed: u64, purpose: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(run_seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_run_seeds_give_different_seeds() {
        let seeds = [seed_for(1, "folds"), seed_for(2, "folds"), seed_for(1, "bootstrap")];
        assert_eq!(seeds[0], seed_for(1, "folds"));
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2]);
    }
}
