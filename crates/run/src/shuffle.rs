//! One random order.

use rand::{Rng, RngExt};

/// Puts `items` into a random order, every order equally likely (Fisher & Yates 1938; Durstenfeld,
/// CACM 7(7):420, 1964). A function of the generator's state and the number of items alone.
///
/// # Examples
/// ```
/// use vertebra_run::{Seed, shuffle};
/// let mut order: Vec<usize> = (0..10).collect();
/// shuffle(&mut order, &mut Seed::new(7).named("order").generator());
/// assert_eq!(order.iter().sum::<usize>(), 45);
/// ```
pub fn shuffle<T>(items: &mut [T], generator: &mut impl Rng) {
    for i in (1..items.len()).rev() {
        items.swap(i, generator.random_range(0..=i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn every_item_stays_once() {
        let mut order: Vec<usize> = (0..50).collect();
        shuffle(&mut order, &mut Seed::new(3).generator());
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
        shuffle(&mut Vec::<u8>::new(), &mut Seed::new(3).generator());
    }

    #[test]
    fn positions_are_uniform() {
        let mut counts = [[0_u32; 4]; 4];
        for i in 0..4000 {
            let mut order = [0, 1, 2, 3];
            shuffle(&mut order, &mut Seed::new(9).at(&[i]).generator());
            order.iter().enumerate().for_each(|(place, &item)| counts[item][place] += 1);
        }
        // 5 standard deviations of a binomial with n = 4000, p = 1/4.
        assert!(counts.iter().flatten().all(|&c| c.abs_diff(1000) < 137), "{counts:?}");
    }
}
