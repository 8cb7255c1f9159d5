//! Errors of detected centres in per cent of the distance L1-L5, for films without pixel spacing.

use crate::localisation::{LocalisationReport, LocatedFilm, level_shift};
use crate::{Error, VertebraKeypoints};
use serde::Serialize;
use std::fmt;

/// Errors on one film, which need no pixel spacing.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{RelativeErrors, VertebraKeypoints};
/// let at = |dx: f64| VertebraKeypoints::from_xy([0., 35., 70., 105., 140.].map(|y| (dx, y)));
/// let errors = RelativeErrors::new(&at(0.0)?, &at(7.0)?);
/// assert_eq!((errors.percent, errors.levels_right, errors.level_shift), ([5.0; 5], true, 0));
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive] // only `RelativeErrors::new` makes one
pub struct RelativeErrors {
    /// Distance of each point from its mark, L1 first, per cent of the distance L1-L5.
    pub percent: [f64; 5],
    /// Whether each point lies nearer to its own vertebra than to another, T12 and S1 included.
    pub levels_right: bool,
    /// By how many levels the labels are off: 1 where the point called L1 is on L2, and so on.
    pub level_shift: isize,
}

/// How well spines are found, in units that need no pixel spacing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive] // only `RelativeReport::new` makes one
pub struct RelativeReport {
    /// Films.
    pub n: usize,
    /// Films on which each point lies nearer to its own vertebra than to another, T12 and S1
    /// included.
    pub levels_right: usize,
    /// Films with all points within [`RelativeReport::NEAR_PERCENT`] of the distance L1-L5.
    pub near: usize,
    /// Median distance of a point from its mark, per cent of the distance L1-L5.
    pub median_percent: f64,
    /// Mean distance per level, per cent of the distance L1-L5.
    pub level_mean_percent: [f64; 5],
    /// Share of points within a tenth of the film's mean vertebral distance.
    pub pck: f64,
    /// Share of films whose labels are shifted by one level.
    pub level_shift_rate: f64,
}

impl RelativeErrors {
    /// Of marked and found points of one film.
    #[must_use]
    pub fn new(marked: &VertebraKeypoints, found: &VertebraKeypoints) -> Self {
        let [first, .., last] = marked.points();
        let length = (first.x - last.x).hypot(first.y - last.y);
        let percent = std::array::from_fn(|i| {
            let (p, q) = (marked.points()[i], found.points()[i]);
            100.0 * (p.x - q.x).hypot(p.y - q.y) / length
        });
        let level_shift = level_shift(&in_px(marked, found));
        Self { percent, levels_right: levels_agree(marked, found), level_shift }
    }
}

impl RelativeReport {
    /// 8 mm in adults: the mean distance L1-L5 is 140 mm.
    pub const NEAR_PERCENT: f64 = 6.0;

    /// Of pairs of marked and found points.
    ///
    /// # Errors
    /// [`Error::Undefined`] without films.
    pub fn new(films: &[(VertebraKeypoints, VertebraKeypoints)]) -> Result<Self, Error> {
        let in_px: Vec<LocatedFilm> = films.iter().map(|(a, b)| in_px(a, b)).collect();
        let by_px = LocalisationReport::new(&in_px)?;
        let errors = films.iter().map(|(marked, found)| RelativeErrors::new(marked, found));
        let errors: Vec<RelativeErrors> = errors.collect();
        let near = |e: &&RelativeErrors| e.percent.iter().all(|e| *e <= Self::NEAR_PERCENT);
        let n = errors.len();
        let level_mean =
            |level: usize| errors.iter().map(|e| e.percent[level]).sum::<f64>() / n as f64;
        Ok(Self {
            n,
            levels_right: errors.iter().filter(|e| e.levels_right).count(),
            near: errors.iter().filter(near).count(),
            median_percent: median(errors.iter().flat_map(|e| e.percent).collect()),
            level_mean_percent: std::array::from_fn(level_mean),
            pck: by_px.pck,
            level_shift_rate: by_px.level_shift_rate,
        })
    }
}

impl fmt::Display for RelativeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "levels right on {} of {} films, all points within {} % of L1-L5 on {}, median error \
             {:.1} %, within a tenth of the vertebral distance {:.1} % (PCK), level shift {:.1} %",
            self.levels_right,
            self.n,
            Self::NEAR_PERCENT,
            self.near,
            self.median_percent,
            100.0 * self.pck,
            100.0 * self.level_shift_rate
        )
    }
}

/// Neither PCK nor the shift of levels depends on the unit.
fn in_px(marked: &VertebraKeypoints, found: &VertebraKeypoints) -> LocatedFilm {
    LocatedFilm::new(*marked, *found, [1.0; 2])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => 0.5 * (values[middle - 1] + values[middle]),
        _ => values[middle],
    }
}

/// Whether each found point is nearest to its own mark. T12 and S1, which are not marked, go on
/// from the marks next to them.
fn levels_agree(marked: &VertebraKeypoints, found: &VertebraKeypoints) -> bool {
    let marks: Vec<(f64, f64)> = marked.points().iter().map(|p| (p.x, p.y)).collect();
    let beyond = |a: (f64, f64), b: (f64, f64)| (2.0 * a.0 - b.0, 2.0 * a.1 - b.1);
    let mut chain = vec![beyond(marks[0], marks[1])];
    chain.extend(&marks);
    chain.push(beyond(marks[4], marks[3]));
    let nearest = |x: f64, y: f64| {
        let square = |p: &(f64, f64)| (p.0 - x).powi(2) + (p.1 - y).powi(2);
        (0..chain.len()).min_by(|i, j| square(&chain[*i]).total_cmp(&square(&chain[*j])))
    };
    found.points().iter().enumerate().all(|(i, p)| nearest(p.x, p.y) == Some(i + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spine(shift: f64) -> VertebraKeypoints {
        let point = |i: usize| (10.0 + i as f64, 50.0 + 25.0 * (i as f64 + shift));
        VertebraKeypoints::from_xy(std::array::from_fn(point)).unwrap()
    }

    #[test]
    fn a_chain_one_level_off_has_no_right_levels() {
        let (marked, near, off) = (spine(0.0), spine(0.05), spine(1.0));
        let report = RelativeReport::new(&[(marked, near), (marked, off)]).unwrap();
        assert_eq!((report.n, report.levels_right, report.near), (2, 1, 1));
        let expected = 100.0 * (1.25 + 25.0) / 2.0 / 4f64.hypot(100.0);
        assert!((report.median_percent - expected).abs() < 1e-9, "{report}");
        assert!((report.level_mean_percent[4] - expected).abs() < 1e-9);
        assert_eq!((report.pck, report.level_shift_rate), (0.5, 0.5));
        assert_eq!(RelativeErrors::new(&marked, &off).level_shift, 1);
    }

    #[test]
    fn no_films_have_no_figures() {
        assert!(matches!(RelativeReport::new(&[]), Err(Error::Undefined { .. })));
    }
}
