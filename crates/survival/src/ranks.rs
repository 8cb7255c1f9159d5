//! Ranks of risk scores, with runs of equal scores.

use crate::order::argsort;

/// Each subject's own place by increasing value, and the places of all who share its value.
#[derive(Debug, Clone)]
pub(crate) struct Ranks {
    place: Vec<u32>,
    /// First place and one past the last of those with the same value; `None` if all differ.
    runs: Option<Vec<(u32, u32)>>,
}

impl Ranks {
    pub(crate) fn new(values: &[f64]) -> Self {
        let order = argsort(values.iter().copied());
        let equal = |a: &u32, b: &u32| values[*a as usize] == values[*b as usize];
        let mut place = vec![0; values.len()];
        for (p, &i) in order.iter().enumerate() {
            place[i as usize] = p as u32;
        }
        let tied = order.windows(2).any(|pair| equal(&pair[0], &pair[1]));
        let runs = tied.then(|| {
            let mut runs = vec![(0, 0); values.len()];
            let mut start = 0;
            for run in order.chunk_by(equal) {
                let end = start + run.len() as u32;
                run.iter().for_each(|&i| runs[i as usize] = (start, end));
                start = end;
            }
            runs
        });
        Self { place, runs }
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
