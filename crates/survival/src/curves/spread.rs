//! The variance of a curve over clusters, as time goes on.
//!
//! A figure of the curve is a combination of sums over event times, in each of which all at risk
//! have met the same steps `s(t)` since they entered, besides what their own events add. A unit
//! with members of weight `W` at risk has the influence `W s(t) + B`, where `B` changes only when a
//! member enters, has an event or leaves, so that the sums over units of `W^2`, `W B` and `B B'`
//! give the variance at every time in O(1).

use crate::outcomes::Outcomes;

/// Sums over units of their squared influence on `D` figures.
pub(super) struct Spread<const D: usize> {
    units: Vec<Unit<D>>,
    met: [f64; D],
    square: f64,
    linear: [f64; D],
    constant: [[f64; D]; D],
}

#[derive(Clone, Copy)]
struct Unit<const D: usize> {
    at_risk: f64,
    rest: [f64; D],
}

impl<const D: usize> Spread<D> {
    /// `n` units, of which nobody is at risk; their labels are below `n`.
    pub(super) fn new(n: usize) -> Self {
        let unit = Unit { at_risk: 0.0, rest: [0.0; D] };
        let (linear, constant) = ([0.0; D], [[0.0; D]; D]);
        Self { units: vec![unit; n], met: [0.0; D], square: 0.0, linear, constant }
    }

    /// A member of this weight comes to be at risk.
    pub(super) fn enter(&mut self, unit: usize, weight: f64) {
        self.change(unit, weight, self.met.map(|met| -weight * met));
    }

    /// All members come to be at risk before any step; one label for each.
    pub(super) fn enter_all(&mut self, units: &[u32], weight: impl Fn(usize) -> f64) {
        for (member, &unit) in units.iter().enumerate() {
            self.units[unit as usize].at_risk += weight(member);
        }
        self.square = self.units.iter().map(|unit| unit.at_risk * unit.at_risk).sum();
    }

    /// A member is no longer at risk after its event, which adds `by`, its weight included.
    pub(super) fn leave_with(&mut self, unit: usize, weight: f64, by: [f64; D]) {
        self.change(unit, -weight, std::array::from_fn(|k| weight * self.met[k] + by[k]));
    }

    /// A member is no longer at risk.
    pub(super) fn leave(&mut self, unit: usize, weight: f64) {
        self.change(unit, -weight, self.met.map(|met| weight * met));
    }

    /// What an event of a member adds, its weight included.
    pub(super) fn event(&mut self, unit: usize, by: [f64; D]) {
        self.change(unit, 0.0, by);
    }

    /// A step that all at risk meet.
    pub(super) fn step(&mut self, by: [f64; D]) {
        (0..D).for_each(|k| self.met[k] += by[k]);
    }

    /// The variance of `sum_k factors_k figure_k`; 0 where its parts cancel but for their rounding.
    pub(super) fn variance(&self, factors: [f64; D]) -> f64 {
        let dot = |x: &[f64; D]| -> f64 { x.iter().zip(&factors).map(|(x, f)| x * f).sum() };
        let met = dot(&self.met);
        let constant: f64 = self.constant.iter().zip(&factors).map(|(row, f)| f * dot(row)).sum();
        let parts = [met * met * self.square, 2.0 * met * dot(&self.linear), constant];
        let size: f64 = parts.iter().map(|part| part.abs()).sum();
        let variance: f64 = parts.iter().sum();
        if variance > 1e-13 * size { variance } else { 0.0 }
    }

    #[inline]
    fn change(&mut self, unit: usize, weight: f64, by: [f64; D]) {
        let Unit { at_risk, rest } = &mut self.units[unit];
        let (w, old) = (*at_risk, *rest);
        *at_risk += weight;
        (0..D).for_each(|k| rest[k] += by[k]);
        self.square += weight * (2.0 * w + weight);
        for j in 0..D {
            self.linear[j] += weight * rest[j] + w * by[j];
            // The lower triangle, with what is off the diagonal twice.
            for k in 0..=j {
                let twice = if k < j { 2.0 } else { 1.0 };
                self.constant[j][k] += twice * (rest[j] * rest[k] - old[j] * old[k]);
            }
        }
    }
}

/// The clusters of a sample, and its rows by entry.
pub(super) struct Walk<'a> {
    pub(super) outcomes: &'a Outcomes,
    pub(super) labels: &'a [usize],
    by_entry: Vec<u32>,
    next: usize,
}

impl<'a> Walk<'a> {
    /// Rows with these dense labels.
    pub(super) fn new(outcomes: &'a Outcomes, labels: &'a [usize]) -> Self {
        let by_entry = outcomes.entry().map(crate::numeric::order::argsort).unwrap_or_default();
        Self { outcomes, labels, by_entry, next: 0 }
    }

    /// The rows that are at risk from the start; none with delayed entry.
    pub(super) fn at_start(&self) -> std::ops::Range<usize> {
        0..if self.outcomes.entry().is_none() { self.labels.len() } else { 0 }
    }

    /// Calls `enter` once for every row that entered before `time`, for increasing `time`.
    pub(super) fn enter_before(&mut self, time: f64, mut enter: impl FnMut(usize)) {
        let entry = self.outcomes.entry().unwrap_or_default();
        while let Some(&i) = self.by_entry.get(self.next).filter(|i| entry[**i as usize] < time) {
            enter(i as usize);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn it_is_the_sum_of_squares_over_units(
            moves in vec((0usize..4, 0u8..4, -2.0..2.0, -2.0..2.0), 1..60), f in -2.0..2.0,
        ) {
            let mut spread = Spread::<2>::new(4);
            let (mut values, mut at_risk) = (vec![[0.0f64; 2]; 4], vec![0.0; 4]);
            for (unit, kind, x, y) in moves {
                match kind {
                    0 => { spread.enter(unit, x); at_risk[unit] += x; }
                    1 => { spread.leave(unit, x); at_risk[unit] -= x; }
                    2 => { spread.event(unit, [x, y]); values[unit][0] += x; values[unit][1] += y; }
                    _ => {
                        spread.step([x, y]);
                        for (value, w) in values.iter_mut().zip(&at_risk) {
                            value[0] += w * x;
                            value[1] += w * y;
                        }
                    }
                }
            }
            let square = |v: &[f64; 2]| f64::powi(v[0] + f * v[1], 2);
            let expected: f64 = values.iter().map(square).sum();
            let got = spread.variance([1.0, f]);
            prop_assert!((got - expected).abs() < 1e-9 * (1.0 + expected), "{got} {expected}");
        }
    }
}
