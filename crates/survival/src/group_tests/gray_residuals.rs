//! What each subject adds to the scores of Gray's test.

use super::gray::Row;
use crate::{numeric::linear::add, outcomes::Outcomes, risk_sets::time_groups::TimeGroups};

/// What the martingales of the groups at one time are multiplied by in each of `k` scores: of each
/// group one after another `a_kr / h_r`, 0 without events of the cause, and `b_kr / h_r`, 0 without
/// other events of the group.
#[derive(Clone)]
pub(super) struct Integrands {
    k: usize,
    values: Vec<f64>,
}

impl Integrands {
    pub(super) fn none(k: usize) -> Self {
        Self { k, values: vec![0.0; 2 * k * k] }
    }

    /// Those of a group for events of the cause, and for other ones.
    pub(super) fn of(&self, group: usize) -> (&[f64], &[f64]) {
        self.values[2 * self.k * group..2 * self.k * (group + 1)].split_at(self.k)
    }

    /// Sets those of a group with `d_kr` and `c_kr`.
    pub(super) fn set(&mut self, row: &Row, group: usize, (direct, later): (&[f64], &[f64])) {
        let cell = &row.cells[group];
        let h = cell.expanded();
        let ratio =
            if cell.survival[1] > 0.0 { (1.0 - row.pooled[1]) / cell.survival[1] } else { 1.0 };
        let values = &mut self.values[2 * self.k * group..2 * self.k * (group + 1)];
        values.fill(0.0);
        let (own, other) = values.split_at_mut(self.k);
        if row.own > 0.0 {
            let of = direct.iter().zip(later).map(|(d, c)| (d + c * (1.0 - ratio)) / h);
            own.iter_mut().zip(of).for_each(|(own, a)| *own = a);
        }
        if cell.other > 0.0 {
            other.iter_mut().zip(later).for_each(|(other, c)| *other = -c * ratio / h);
        }
    }
}

/// Calls `add_one` with each subject's weighted residual in the score of each group, by increasing
/// time; the integrands are those of the rows in reverse.
pub(super) fn residuals_of(
    (rows, groups): (&[Row], &TimeGroups),
    integrands: &[Integrands],
    outcomes: &Outcomes,
    (own, group_of): (impl Fn(usize) -> bool, &[usize]),
    mut add_one: impl FnMut(usize, &[f64]),
) {
    let Some(k) = rows.first().map(|row| row.cells.len()) else { return };
    // What those of each group at risk have met: one after another their `k` scores.
    let mut met = vec![0.0; k * k];
    let mut residual = vec![0.0; k];
    let mut rows = rows.iter().zip(integrands.iter().rev());
    for group in groups.iter() {
        let here = if group.events.is_empty() { None } else { rows.next() };
        if let Some((row, integrands)) = here {
            meet(&mut met, row, integrands);
        }
        for (at, i) in group.all.iter().map(|&i| i as usize).enumerate() {
            let (r, weight) = (group_of[i], outcomes.weight(i));
            let met = &met[k * r..k * (r + 1)];
            residual.iter_mut().zip(met).for_each(|(x, met)| *x = -weight * met);
            if let Some((_, integrands)) = here.filter(|_| at < group.events.len()) {
                let (of_own, other) = integrands.of(r);
                add(&mut residual, weight, if own(i) { of_own } else { other });
            }
            add_one(i, &residual);
        }
    }
}

/// Those at risk meet the events of a row.
fn meet(met: &mut [f64], row: &Row, integrands: &Integrands) {
    let sums = met.chunks_exact_mut(row.cells.len());
    for (r, (sum, cell)) in sums.zip(&row.cells).enumerate().filter(|(_, (_, c))| c.at_risk > 0.0) {
        let (own, other) = integrands.of(r);
        if row.own > 0.0 {
            add(sum, row.own / row.expanded / cell.survival[0], own);
        }
        add(sum, cell.other / cell.at_risk, other);
    }
}
