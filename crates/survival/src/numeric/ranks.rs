//! Ranks of risk scores, with runs of equal scores.

use crate::numeric::order::Order;

/// Each subject's own place by increasing value, and the places of all who share its value.
#[derive(Debug, Clone)]
pub(crate) struct Ranks {
    place: Vec<u32>,
    /// First place and one past the last of those with the same value; `None` if all differ.
    runs: Option<Vec<(u32, u32)>>,
}

impl Ranks {
    pub(crate) fn new(values: &[f64]) -> Self {
        let order = Order::new(values);
        let mut place = vec![0; values.len()];
        for (p, &i) in order.indices.iter().enumerate() {
            place[i as usize] = p as u32;
        }
        let runs = (!order.is_strict()).then(|| {
            let mut runs = vec![(0, 0); values.len()];
            for (run, bounds) in order.runs().zip(order.starts.windows(2)) {
                run.iter().for_each(|&i| runs[i as usize] = (bounds[0], bounds[1]));
            }
            runs
        });
        Self { place, runs }
    }

    /// The ranks of the subjects at these indices, in their order.
    pub(crate) fn reordered(&self, order: &[u32]) -> Self {
        Self {
            place: order.iter().map(|&i| self.place[i as usize]).collect(),
            runs: self.runs.as_ref().map(|r| order.iter().map(|&i| r[i as usize]).collect()),
        }
    }

    /// The rank from 1 of a subject, the mean over those with its value.
    pub(crate) fn mid_rank(&self, subject: usize) -> f64 {
        match &self.runs {
            None => f64::from(self.place[subject]) + 1.0,
            Some(runs) => f64::from(runs[subject].0 + runs[subject].1 + 1) / 2.0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.place.len()
    }

    /// The subject's own place, no two alike.
    #[inline]
    pub(crate) fn place(&self, subject: u32) -> u32 {
        self.place[subject as usize]
    }

    /// Places `start..end` of all subjects with this subject's value.
    #[inline]
    pub(crate) fn run(&self, subject: u32) -> (u32, u32) {
        match &self.runs {
            None => (self.place(subject), self.place(subject) + 1),
            Some(runs) => runs[subject as usize],
        }
    }
}
