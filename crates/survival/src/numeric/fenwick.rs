//! Running sums over positions that change while they are read: Fenwick's tree.
//!
//! Source: Fenwick, *Softw. Pract. Exp.* 24:327-336, 1994.

use std::ops::{AddAssign, SubAssign};

/// Sums over positions from below, changed and read in O(log n).
#[derive(Debug, Clone)]
pub(crate) struct Fenwick<T> {
    nodes: Vec<T>, // 1-based
}

impl<T: Copy + Default + AddAssign + SubAssign> Fenwick<T> {
    pub(crate) fn new(positions: usize) -> Self {
        Self { nodes: vec![T::default(); positions + 1] }
    }

    pub(crate) fn clear(&mut self) {
        self.nodes.fill(T::default());
    }

    #[inline]
    pub(crate) fn add(&mut self, position: usize, value: T) {
        self.walk(position, |node| *node += value);
    }

    #[inline]
    pub(crate) fn subtract(&mut self, position: usize, value: T) {
        self.walk(position, |node| *node -= value);
    }

    #[inline]
    fn walk(&mut self, position: usize, change: impl Fn(&mut T)) {
        let mut node = position + 1;
        while let Some(sum) = self.nodes.get_mut(node) {
            change(sum);
            node += node & node.wrapping_neg();
        }
    }

    /// The sum over the positions below `position`.
    #[inline]
    pub(crate) fn below(&self, position: usize) -> T {
        let mut sum = T::default();
        let mut node = position;
        while node > 0 {
            sum += self.nodes[node];
            node &= node - 1;
        }
        sum
    }
}
