//! Standardised rows in order of time.

use super::derivatives::StratumRows;
use crate::numeric::gram::{LANES, Lanes};
use std::ops::Range;

/// Rows by decreasing position, read many at once, so that the memory has many to fetch.
pub(super) struct Reader<'a> {
    rows: &'a StratumRows<'a>,
    kept: Option<&'a [f64]>,
    block: Vec<Lanes>,
    panels: usize,
    first: usize,
}

/// Rows read at once.
const AHEAD: usize = 64;
/// All rows are kept in order of time, which saves every step of Newton's method from fetching
/// them from all over the memory, up to so many bytes; beyond it memory is scarcer than time.
const KEPT: usize = 32 << 20;

impl<'a> Reader<'a> {
    #[inline(always)]
    pub(super) fn new(rows: &'a StratumRows<'a>, panels: usize) -> Self {
        let block = vec![[0.0; LANES]; panels * AHEAD];
        Self { rows, kept: rows.in_time(), block, panels, first: usize::MAX }
    }

    /// That of a position, which is below all before.
    #[inline(always)]
    pub(super) fn row(&mut self, position: usize) -> &[Lanes] {
        if position < self.first {
            self.first = (position + 1).saturating_sub(AHEAD);
            self.read(self.first..position + 1);
        }
        &self.block[(position - self.first) * self.panels..][..self.panels]
    }

    #[inline(always)]
    fn read(&mut self, positions: Range<usize>) {
        let (rows, p) = (self.rows, self.rows.n_columns());
        let block = self.block.chunks_exact_mut(self.panels);
        if let Some(kept) = self.kept {
            let kept = kept[positions.start * p..positions.end * p].chunks_exact(p);
            kept.zip(block).for_each(|(x, to)| put(x.iter().copied(), to));
        } else {
            let subjects = rows.stratum.groups.order()[positions].iter();
            subjects.zip(block).for_each(|(&i, to)| put(rows.standardised_row(i as usize), to));
        }
    }
}

/// A row into lanes, whose places behind it stay 0.
#[inline(always)]
fn put(row: impl Iterator<Item = f64>, to: &mut [Lanes]) {
    to.as_flattened_mut().iter_mut().zip(row).for_each(|(to, x)| *to = x);
}

impl StratumRows<'_> {
    /// All rows in order of time, kept from the first call on, where they are few.
    fn in_time(&self) -> Option<&[f64]> {
        let (order, p) = (self.stratum.groups.order(), self.n_columns());
        if order.len() * p * size_of::<f64>() > KEPT {
            return None;
        }
        let row = |&i: &u32| self.standardised_row(i as usize);
        Some(self.in_time.get_or_init(|| {
            let mut kept = Vec::with_capacity(order.len() * p);
            order.iter().for_each(|i| kept.extend(row(i)));
            kept
        }))
    }
}
