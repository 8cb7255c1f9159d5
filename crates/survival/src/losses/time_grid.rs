//! Follow-up cut into intervals, and what their hazards add up to by a time.

use super::logistic::softplus;
use crate::{
    error::Error,
    outcomes::{Outcomes, check},
};

/// Follow-up cut into intervals: interval `k` (from 0) goes from the end of the one before it, which
/// is not part of it, to its own, which is; the first begins at 0.
///
/// # Examples
/// ```
/// use vertebra_survival::losses::TimeGrid;
/// let grid = TimeGrid::new(vec![1.0, 3.0])?;
/// let logits = [0.0, 0.0]; // half of those who live to an interval have the event in it
/// assert!((grid.survival(&logits, 1.0)? - 0.5).abs() < 1e-15);
/// assert!((grid.survival(&logits, 2.0)? - 0.5 * 0.5f64.sqrt()).abs() < 1e-15);
/// assert!((grid.survival(&logits, 9.0)? - 0.25).abs() < 1e-15); // nothing is known beyond 3 years
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct TimeGrid {
    ends: Vec<f64>,
}

impl TimeGrid {
    /// Intervals that end at these times, in years.
    ///
    /// # Errors
    /// [`Error::Empty`], or [`Error::OutOfDomain`] for ends that are not finite, positive and
    /// increasing.
    pub fn new(ends: Vec<f64>) -> Result<Self, Error> {
        if ends.is_empty() {
            return Err(Error::Empty { name: "ends of intervals" });
        }
        let before = std::iter::once(&0.0).chain(&ends);
        let right = |(end, before): (&f64, &f64)| end.is_finite() && end > before;
        match ends.iter().zip(before).position(|pair| !right(pair)) {
            Some(index) => Err(Error::OutOfDomain {
                name: "ends of intervals",
                index,
                value: ends[index],
                expected: "finite and above the one before it",
            }),
            None => Ok(Self { ends }),
        }
    }

    /// `n` intervals with about as many events in each, whatever their weights, the last of which
    /// ends with the last event; fewer where there are not so many events, or so many at one time
    /// that it fills several.
    ///
    /// # Errors
    /// [`Error::NoEvents`] where none is after time 0, [`Error::InvalidSetting`] for no interval.
    pub fn of_events(outcomes: &Outcomes, n: usize) -> Result<Self, Error> {
        if n == 0 {
            return Err(Error::InvalidSetting {
                name: "number of intervals",
                expected: "at least 1",
                got: "0".to_owned(),
            });
        }
        let all = outcomes.time().iter().zip(outcomes.event());
        let mut times: Vec<f64> = all.filter(|(t, e)| **e && **t > 0.0).map(|(t, _)| *t).collect();
        if times.is_empty() {
            return Err(Error::NoEvents { n: outcomes.n_subjects() });
        }
        times.sort_unstable_by(f64::total_cmp);
        let n = n.min(times.len());
        let last = |k: usize| times[(k * times.len()).div_ceil(n) - 1];
        let mut ends: Vec<f64> = (1..=n).map(last).collect();
        ends.dedup();
        Self::new(ends)
    }

    /// Ends of the intervals, years, increasing.
    #[must_use]
    pub fn ends(&self) -> &[f64] {
        &self.ends
    }

    /// How many intervals there are.
    #[must_use]
    pub fn n_intervals(&self) -> usize {
        self.ends.len()
    }

    /// How much of each interval is over by `time` (years), from 0 to 1; NaN for a time that is.
    #[must_use]
    pub fn shares(&self, time: f64) -> Vec<f64> {
        self.begins().zip(&self.ends).map(|(begin, end)| share((begin, *end), time)).collect()
    }

    /// The cumulative hazard of an interval whose hazard has this logit, `ln(1 + exp x)`.
    #[must_use]
    pub fn hazard(logit: f64) -> f64 {
        softplus(logit)
    }

    /// Cumulative hazard, `-ln S`, at `time` (years) of a subject with these logits of its hazards:
    /// within an interval it grows evenly with time, after the last it stays.
    ///
    /// # Shapes
    /// - `logits`: `[intervals]`, finite
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for a time that
    /// is no number.
    ///
    /// Source of the interpolation: Kvamme & Borgan, *Lifetime Data Anal.* 27:710-736, 2021
    /// ("constant hazard").
    pub fn cumulative_hazard(&self, logits: &[f64], time: f64) -> Result<f64, Error> {
        check::finite_values("logits", logits, self.n_intervals())?;
        if time.is_nan() {
            let (name, expected, got) = ("time", "a number of years", time.to_string());
            return Err(Error::InvalidSetting { name, expected, got });
        }
        Ok(self.shares(time).iter().zip(logits).map(|(share, x)| share * softplus(*x)).sum())
    }

    /// `S(time)` in `[0, 1]` of a subject with these logits, as
    /// [`cumulative_hazard`](Self::cumulative_hazard) says.
    ///
    /// # Errors
    /// As there.
    pub fn survival(&self, logits: &[f64], time: f64) -> Result<f64, Error> {
        Ok((-self.cumulative_hazard(logits, time)?).exp())
    }

    fn begins(&self) -> impl Iterator<Item = f64> {
        std::iter::once(0.0).chain(self.ends.iter().copied())
    }

    /// Begin and end of each interval.
    pub(super) fn intervals(&self) -> Vec<(f64, f64)> {
        self.begins().zip(self.ends.iter().copied()).collect()
    }

    /// The interval that a time lies in; the number of intervals after the last.
    pub(super) fn interval(&self, time: f64) -> usize {
        self.ends.partition_point(|&end| end < time)
    }
}

/// How much of an interval is over by a time.
pub(super) fn share((begin, end): (f64, f64), time: f64) -> f64 {
    ((time - begin) / (end - begin)).clamp(0.0, 1.0)
}

impl TryFrom<Vec<f64>> for TimeGrid {
    type Error = Error;

    fn try_from(ends: Vec<f64>) -> Result<Self, Error> {
        Self::new(ends)
    }
}

impl From<TimeGrid> for Vec<f64> {
    fn from(grid: TimeGrid) -> Self {
        grid.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_share_the_events() {
        let time: Vec<f64> = (1..=12).map(f64::from).collect();
        let event = (1..=12).map(|t| t % 3 > 0).collect(); // 1, 2, 4, 5, 7, 8, 10, 11
        let outcomes = Outcomes::new(time, event).unwrap();
        let ends = |n| TimeGrid::of_events(&outcomes, n).unwrap().ends().to_vec();
        assert_eq!(ends(4), [2.0, 5.0, 8.0, 11.0]);
        assert_eq!(ends(1), [11.0]);
        assert_eq!(ends(usize::MAX), ends(100));
        assert_eq!(ends(100), [1.0, 2.0, 4.0, 5.0, 7.0, 8.0, 10.0, 11.0]);
        let tied = Outcomes::new(vec![2.0, 2.0, 2.0, 7.0], vec![true; 4]).unwrap();
        assert_eq!(TimeGrid::of_events(&tied, 4).unwrap().ends(), [2.0, 7.0]);
    }

    #[test]
    fn ends_that_are_no_grid_are_named() {
        let said = |ends: &[f64]| TimeGrid::new(ends.to_vec()).unwrap_err().to_string();
        assert_eq!(said(&[]), "ends of intervals is empty");
        let expected = "must be finite and above the one before it, got";
        assert_eq!(said(&[0.0, 1.0]), format!("ends of intervals[0] {expected} 0"));
        assert_eq!(said(&[2.0, 2.0]), format!("ends of intervals[1] {expected} 2"));
        assert_eq!(said(&[2.0, f64::NAN]), format!("ends of intervals[1] {expected} NaN"));
        let none = Outcomes::new(vec![1.0], vec![false]).unwrap();
        assert_eq!(TimeGrid::of_events(&none, 2), Err(Error::NoEvents { n: 1 }));
        let read = |json: &str| serde_json::from_str::<TimeGrid>(json);
        assert_eq!(read("[1.0, 2.5]").unwrap().ends(), [1.0, 2.5]);
        assert!(read("[2.5, 1.0]").is_err());
    }

    #[test]
    fn curves_fall_evenly_in_hazard_and_stand_after_the_last_interval() {
        let grid = TimeGrid::new(vec![2.0, 3.0, 7.0]).unwrap();
        let logits = [-1.0, 0.5, 2.0];
        let hazards: Vec<f64> = logits.iter().map(|x: &f64| (1.0 + x.exp()).ln()).collect();
        let at = |time| grid.cumulative_hazard(&logits, time).unwrap();
        let expected = [
            (0.0, 0.0),
            (1.0, 0.5 * hazards[0]),
            (2.0, hazards[0]),
            (2.25, hazards[0] + 0.25 * hazards[1]),
            (5.0, hazards[0] + hazards[1] + 0.5 * hazards[2]),
            (7.0, hazards.iter().sum()),
            (70.0, hazards.iter().sum()),
        ];
        for (time, expected) in expected {
            assert!((at(time) - expected).abs() < 1e-14, "{time}: {}", at(time));
        }
        let error = grid.survival(&logits[1..], 1.0).unwrap_err().to_string();
        assert_eq!(error, "logits: expected 3 values, got 2");
        let error = grid.survival(&logits, f64::NAN).unwrap_err().to_string();
        assert_eq!(error, "time must be a number of years, got NaN");
        assert!(grid.shares(f64::NAN).iter().all(|share| share.is_nan()));
    }
}
