//! What a sweep over time keeps of the subjects it has passed: weight below a place in the ranking.

use crate::numeric::place_set::PlaceSet;

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
pub(crate) struct WeightTally {
    weights: Vec<[f64; BLOCK]>,
    tree: Vec<f64>, // 1-based
    total: f64,
}

const BLOCK: usize = 8;

impl Tally for WeightTally {
    fn new(places: usize) -> Self {
        let blocks = places / BLOCK + 1;
        Self { weights: vec![[0.0; BLOCK]; blocks], tree: vec![0.0; blocks + 1], total: 0.0 }
    }

    #[inline]
    fn insert(&mut self, place: u32, weight: f64) {
        self.total += weight;
        let block = place as usize / BLOCK;
        self.weights[block][place as usize % BLOCK] += weight;
        let mut node = block + 1;
        while let Some(sum) = self.tree.get_mut(node) {
            *sum += weight;
            node += node & node.wrapping_neg();
        }
    }

    #[inline]
    fn remove(&mut self, place: u32, weight: f64) {
        self.insert(place, -weight);
    }

    #[inline]
    fn below(&self, place: u32) -> f64 {
        let block = place as usize / BLOCK;
        let mut sum: f64 = self.weights[block][..place as usize % BLOCK].iter().sum();
        let mut node = block;
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum
    }

    #[inline]
    fn total(&self) -> f64 {
        self.total
    }
}
