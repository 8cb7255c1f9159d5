//! What each subject adds to the scores of Gray's test.

use super::gray::Row;
use crate::{numeric::linear::add, outcomes::Outcomes};

/// What the martingales of a group at one time are multiplied by in each score.
#[derive(Clone, Default)]
pub(super) struct Integrand {
    /// `a_kr / h_r`, where there are events of the cause.
    pub(super) own: Vec<f64>,
    /// `b_kr / h_r`, where the group has other events.
    pub(super) other: Vec<f64>,
}

impl Integrand {
    pub(super) fn new(row: &Row, direct: &[f64], later: &[f64], r: usize) -> Self {
        let cell = &row.cells[r];
        let h = cell.expanded();
        let ratio =
            if cell.survival[1] > 0.0 { (1.0 - row.pooled[1]) / cell.survival[1] } else { 1.0 };
        let mut integrand = Self::default();
        if row.own > 0.0 {
            let a = direct.iter().zip(later).map(|(d, c)| (d + c * (1.0 - ratio)) / h);
            integrand.own = a.collect();
        }
        if cell.other > 0.0 {
            integrand.other = later.iter().map(|c| -c * ratio / h).collect();
        }
        integrand
    }
}

/// Each subject's weighted residual in the score of each group.
pub(super) fn residuals_of(
    rows: &[Row],
    integrands: &[Vec<Integrand>],
    outcomes: &Outcomes,
    (own, group_of): (impl Fn(usize) -> bool, &[usize]),
) -> Vec<Vec<f64>> {
    let k = rows.first().map_or(0, |row| row.cells.len());
    // What those of each group have met before each row, and after the last: one after another the
    // `k` scores of each of the `k` groups.
    let mut met = vec![0.0; k * k * (rows.len() + 1)];
    for (at, (row, integrands)) in rows.iter().zip(integrands).enumerate() {
        met.copy_within(k * k * at..k * k * (at + 1), k * k * (at + 1));
        let sums = met[k * k * (at + 1)..].chunks_exact_mut(k);
        for ((sum, cell), integrand) in sums.zip(&row.cells).zip(integrands) {
            if cell.at_risk > 0.0 {
                if row.own > 0.0 {
                    add(sum, row.own / row.expanded / cell.survival[0], &integrand.own);
                }
                add(sum, cell.other / cell.at_risk, &integrand.other);
            }
        }
    }
    let residual = |i: usize| {
        let (r, weight) = (group_of[i], outcomes.weight(i));
        let to = rows.partition_point(|row| row.time <= outcomes.time()[i]);
        let met = &met[k * (k * to + r)..][..k];
        let mut residual: Vec<f64> = met.iter().map(|met| -weight * met).collect();
        if outcomes.event()[i] {
            let integrand = &integrands[to - 1][r];
            let jump = if own(i) { &integrand.own } else { &integrand.other };
            add(&mut residual, weight, jump);
        }
        residual
    };
    (0..group_of.len()).map(residual).collect()
}
