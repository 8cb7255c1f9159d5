//! Batch order as a function of (seed, epoch) alone.

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): a full-period 64-bit generator whose state is
/// one number, so that a stream is named by its seed.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    /// A stream of its own for every list of numbers.
    pub(crate) fn from_parts(parts: &[u64]) -> Self {
        let mut state = Self(0);
        for part in parts {
            state.0 ^= *part;
            state.0 = state.next_u64();
        }
        state
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`, `n > 0`, without bias (Lemire, ACM TOMACS 29(1), 2019).
    fn below(&mut self, n: u64) -> u64 {
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Uniform in `(0, 1)`.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    fn shuffle(&mut self, items: &mut [usize]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// The batches of one epoch: every sample once, sizes differing by at most one.
pub(crate) fn batches(
    n: usize,
    batch_size: Option<usize>,
    seed: u64,
    epoch: usize,
) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..n).collect();
    SplitMix64::from_parts(&[seed, epoch as u64, 0x5B]).shuffle(&mut order);
    let n_batches = n_batches(n, batch_size);
    (0..n_batches).map(|b| order[b * n / n_batches..(b + 1) * n / n_batches].to_vec()).collect()
}

/// Steps in one epoch.
pub(crate) fn n_batches(n: usize, batch_size: Option<usize>) -> usize {
    n.div_ceil(batch_size.unwrap_or(n).max(1))
}

/// The seed a task gets for one step.
pub(crate) fn step_seed(seed: u64, epoch: usize, step: usize) -> u64 {
    SplitMix64::from_parts(&[seed, epoch as u64, step as u64, 0x57]).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_once_and_sizes_differ_by_at_most_one() {
        for (n, size) in [(17, Some(16)), (1, Some(8)), (100, Some(7)), (5, None), (6, Some(3))] {
            let batches = batches(n, size, 3, 1);
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            let sizes = batches.iter().map(Vec::len);
            let (min, max) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
            assert!(max - min <= 1 && max <= size.unwrap_or(n), "{n} {size:?}: {min}..{max}");
        }
    }

    #[test]
    fn order_depends_on_seed_and_epoch_and_on_nothing_else() {
        assert_eq!(batches(50, Some(8), 1, 2), batches(50, Some(8), 1, 2));
        assert_ne!(batches(50, Some(8), 1, 2), batches(50, Some(8), 1, 3));
        assert_ne!(batches(50, Some(8), 1, 2), batches(50, Some(8), 2, 2));
        assert_eq!(batches(50, Some(8), 1, 2).concat(), batches(50, None, 1, 2).concat());
    }

    #[test]
    fn positions_are_uniform() {
        let mut counts = [[0_u32; 4]; 4];
        for epoch in 0..4000 {
            for (position, &sample) in batches(4, None, 9, epoch)[0].iter().enumerate() {
                counts[sample][position] += 1;
            }
        }
        // 5 standard deviations of a binomial with n = 4000, p = 1/4.
        assert!(counts.iter().flatten().all(|&c| c.abs_diff(1000) < 137), "{counts:?}");
    }
}
