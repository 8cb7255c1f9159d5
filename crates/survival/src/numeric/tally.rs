//! What a sweep over time keeps of the subjects it has passed: weight below a place in the ranking.

use crate::numeric::{fenwick::Fenwick, place_set::PlaceSet};
use std::ops::{AddAssign, SubAssign};

/// Weights at places that can be added, removed and summed from below.
pub(crate) trait Tally {
    fn new(places: usize) -> Self;
    fn insert(&mut self, place: u32, weight: f64);
    fn remove(&mut self, place: u32, weight: f64);
    /// Weight at the places below `place`.
    fn below(&self, place: u32) -> f64;
    fn total(&self) -> f64;
}

/// Every weight is 1, so that sums are exact integers.
impl Tally for PlaceSet {
    fn new(places: usize) -> Self {
        Self::new(places)
    }

    #[inline]
    fn insert(&mut self, place: u32, _: f64) {
        self.insert(place);
    }

    #[inline]
    fn remove(&mut self, place: u32, _: f64) {
        self.remove(place);
    }

    #[inline]
    fn below(&self, place: u32) -> f64 {
        f64::from(self.below(place))
    }

    #[inline]
    fn total(&self) -> f64 {
        f64::from(self.len())
    }
}

/// Sums of any weights: places in blocks of one cache line, and a Fenwick tree over the blocks.
#[derive(Debug, Clone)]
pub(crate) struct Blocks<T, const SIZE: usize> {
    values: Vec<[T; SIZE]>,
    sums: Fenwick<T>,
    total: T,
}

/// Real weights.
pub(crate) type Weights = Blocks<f64, 8>;
/// Whole numbers, such as how often a bootstrap sample has a subject.
pub(crate) type Counts = Blocks<u32, 16>;

impl<T: Copy + Default + AddAssign + SubAssign, const SIZE: usize> Blocks<T, SIZE> {
    pub(crate) fn new(places: usize) -> Self {
        let blocks = places / SIZE + 1;
        let values = vec![[T::default(); SIZE]; blocks];
        Self { values, sums: Fenwick::new(blocks), total: T::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.values.fill([T::default(); SIZE]);
        self.sums.clear();
        self.total = T::default();
    }

    #[inline]
    pub(crate) fn insert(&mut self, place: u32, value: T) {
        let block = place as usize / SIZE;
        self.total += value;
        self.values[block][place as usize % SIZE] += value;
        self.sums.add(block, value);
    }

    #[inline]
    pub(crate) fn remove(&mut self, place: u32, value: T) {
        let block = place as usize / SIZE;
        self.total -= value;
        self.values[block][place as usize % SIZE] -= value;
        self.sums.subtract(block, value);
    }

    #[inline]
    pub(crate) fn below(&self, place: u32) -> T {
        let (block, within) = (place as usize / SIZE, place as usize % SIZE);
        let mut sum = self.sums.below(block);
        // A fixed number of additions without a branch.
        for (k, &value) in self.values[block].iter().enumerate() {
            sum += if k < within { value } else { T::default() };
        }
        sum
    }

    #[inline]
    pub(crate) fn total(&self) -> T {
        self.total
    }
}

impl Tally for Weights {
    fn new(places: usize) -> Self {
        Self::new(places)
    }

    #[inline]
    fn insert(&mut self, place: u32, weight: f64) {
        self.insert(place, weight);
    }

    #[inline]
    fn remove(&mut self, place: u32, weight: f64) {
        self.remove(place, weight);
    }

    #[inline]
    fn below(&self, place: u32) -> f64 {
        self.below(place)
    }

    #[inline]
    fn total(&self) -> f64 {
        self.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn sums_as_a_plain_list_does(changes in vec((0u32..200, 1u32..9), 0..300), place in 0u32..=200) {
            let (mut counts, mut weights) = (Counts::new(200), Weights::new(200));
            let mut plain = vec![0u32; 200];
            for (k, (at, by)) in changes.into_iter().enumerate() {
                if k % 3 == 2 {
                    let by = by.min(plain[at as usize]);
                    counts.remove(at, by);
                    weights.remove(at, f64::from(by));
                    plain[at as usize] -= by;
                } else {
                    counts.insert(at, by);
                    weights.insert(at, f64::from(by));
                    plain[at as usize] += by;
                }
            }
            let below: u32 = plain[..place as usize].iter().sum();
            prop_assert_eq!((counts.below(place), weights.below(place)), (below, f64::from(below)));
            prop_assert_eq!(counts.total(), plain.iter().sum::<u32>());
        }
    }
}
