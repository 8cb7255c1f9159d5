//! Standardised rows in order of time.

use super::derivatives::StratumRows;
use crate::numeric::gram::{LANES, Lanes};

/// Rows by decreasing position, read many at once, so that the memory has many to fetch.
pub(super) struct Reader<'a> {
    rows: &'a StratumRows<'a>,
    block: Vec<Lanes>,
    panels: usize,
    first: usize,
}

/// Rows read at once.
const AHEAD: usize = 64;

impl<'a> Reader<'a> {
    pub(super) fn new(rows: &'a StratumRows<'a>, panels: usize) -> Self {
        Self { rows, block: vec![[0.0; LANES]; panels * AHEAD], panels, first: usize::MAX }
    }

    /// That of a position, which is below all before.
    #[inline(always)]
    pub(super) fn row(&mut self, position: usize) -> &[Lanes] {
        if position < self.first {
            self.first = (position + 1).saturating_sub(AHEAD);
            let ahead = &self.rows.stratum.groups.order()[self.first..=position];
            for (&i, to) in ahead.iter().zip(self.block.chunks_exact_mut(self.panels)) {
                self.rows.standardise(i as usize, to);
            }
        }
        &self.block[(position - self.first) * self.panels..][..self.panels]
    }
}
