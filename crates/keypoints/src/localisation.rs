//! Errors of detected centres in millimetres.
//!
//! Radial error, and success detection rate within 2, 2.5, 3 and 4 mm, as in the challenges on
//! cephalometric landmarks (Wang CW et al., *Med Image Anal* 2016;31:63-76). PCK counts points
//! within a share of the film's own mean vertebral distance (Yang Y, Ramanan D, *TPAMI*
//! 2013;35(12):2878-2890). A film is level-shifted where its points, read as belonging to the next
//! level up or down, are closer to the truth than as they are labelled.

use crate::{Error, Level, VertebraKeypoints};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Radii of the success detection rate, mm.
pub const SUCCESS_RADII_MM: [f64; 4] = [2.0, 2.5, 3.0, 4.0];

/// Share of the mean vertebral distance within which PCK counts a point as correct.
const PCK_SHARE: f64 = 0.1;

/// One film's annotated and detected centres; `spacing_mm` is `[row, col]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // the sentence above
pub struct LocatedFilm {
    pub truth: VertebraKeypoints,
    pub detected: VertebraKeypoints,
    pub spacing_mm: [f64; 2],
}

impl LocatedFilm {
    /// The annotated and the detected centres of a film of this spacing `[row, col]`, mm.
    #[must_use]
    pub fn new(
        truth: VertebraKeypoints,
        detected: VertebraKeypoints,
        spacing_mm: [f64; 2],
    ) -> Self {
        Self { truth, detected, spacing_mm }
    }

    /// Whether all five points lie within this many mm of the truth.
    ///
    /// # Examples
    /// ```
    /// use vertebra_keypoints::{LocatedFilm, VertebraKeypoints};
    /// let at = |dx: f64| VertebraKeypoints::from_xy([0., 35., 70., 105., 140.].map(|y| (dx, y)));
    /// let film = LocatedFilm::new(at(0.0)?, at(10.0)?, [0.2, 0.15]);
    /// assert!(film.is_within(1.5) && !film.is_within(1.4));
    /// # Ok::<(), vertebra_keypoints::Error>(())
    /// ```
    #[must_use]
    pub fn is_within(&self, mm: f64) -> bool {
        radial_errors_mm(&self.truth, &self.detected, self.spacing_mm).iter().all(|e| *e <= mm)
    }
}

/// Errors over films; arrays over levels run from L1 to L5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `LocalisationReport::new` makes one
pub struct LocalisationReport {
    /// Films.
    pub n_films: usize,
    /// Mean radial error, mm.
    pub mean_mm: f64,
    /// Standard deviation (n - 1) of the radial errors of all points, mm; `None` for one point.
    pub sd_mm: Option<f64>,
    /// Mean radial error per level, mm.
    pub level_mean_mm: [f64; 5],
    /// Share of points within each of [`SUCCESS_RADII_MM`].
    pub success_rate: [f64; 4],
    /// The same per level: `[radius][level]`.
    pub level_success_rate: [[f64; 5]; 4],
    /// Share of points within a tenth of the film's mean vertebral distance.
    pub pck: f64,
    /// Share of films whose labels are shifted by one level.
    pub level_shift_rate: f64,
}

/// Radial error per level, mm, for a spacing `[row, col]`.
#[must_use]
pub fn radial_errors_mm(
    truth: &VertebraKeypoints,
    detected: &VertebraKeypoints,
    spacing_mm: [f64; 2],
) -> [f64; 5] {
    Level::ALL.map(|level| distance(truth, level, detected, level, spacing_mm))
}

/// Mean over the five levels of [`radial_errors_mm`].
///
/// # Examples
/// ```
/// use vertebra_keypoints::{VertebraKeypoints, mean_radial_error_mm};
/// let at = |dx: f64| VertebraKeypoints::from_xy([0., 35., 70., 105., 140.].map(|y| (dx, y)));
/// assert_eq!(mean_radial_error_mm(&at(0.0)?, &at(10.0)?, [0.2, 0.15]), 1.5);
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
#[must_use]
pub fn mean_radial_error_mm(
    truth: &VertebraKeypoints,
    detected: &VertebraKeypoints,
    spacing_mm: [f64; 2],
) -> f64 {
    radial_errors_mm(truth, detected, spacing_mm).iter().sum::<f64>() / 5.0
}

impl LocalisationReport {
    /// Summarises the errors of `films`.
    ///
    /// # Errors
    /// [`Error::Undefined`] without films; [`Error::InvalidValue`] for a spacing that is not
    /// positive.
    pub fn new(films: &[LocatedFilm]) -> Result<Self, Error> {
        if films.is_empty() {
            let statistic = "the mean radial error";
            return Err(Error::Undefined { statistic, needs: "films" });
        }
        let spacings = films.iter().flat_map(|film| film.spacing_mm);
        if let Some(got) = spacings.into_iter().find(|v| !(v.is_finite() && *v > 0.0)) {
            let (name, expected) = ("spacing_mm", "a positive number");
            return Err(Error::InvalidValue { name, expected, got });
        }
        let errors: Vec<[f64; 5]> =
            films.iter().map(|f| radial_errors_mm(&f.truth, &f.detected, f.spacing_mm)).collect();
        let level_rates = SUCCESS_RADII_MM
            .map(|radius| Level::ALL.map(|l| share(errors.iter().map(|e| e[l.index()] <= radius))));
        let within = films.iter().zip(&errors).flat_map(|(film, errors)| {
            let limit = PCK_SHARE * mean_vertebral_distance(&film.truth, film.spacing_mm);
            errors.map(|e| e <= limit)
        });
        let all: Vec<f64> = errors.iter().flatten().copied().collect();
        Ok(Self {
            n_films: films.len(),
            mean_mm: mean(&all),
            sd_mm: standard_deviation(&all),
            level_mean_mm: Level::ALL
                .map(|l| mean(&errors.iter().map(|e| e[l.index()]).collect::<Vec<_>>())),
            success_rate: level_rates.map(|rates| mean(&rates)),
            level_success_rate: level_rates,
            pck: share(within),
            level_shift_rate: share(films.iter().map(|film| level_shift(film) != 0)),
        })
    }
}

impl fmt::Display for LocalisationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mean radial error {:.2} mm", self.mean_mm)?;
        let levels = Level::ALL.iter().zip(&self.level_mean_mm);
        let levels: Vec<String> = levels.map(|(l, mm)| format!("{l} {mm:.2}")).collect();
        write!(f, " ({}); within", levels.join(", "))?;
        for (radius, rate) in SUCCESS_RADII_MM.iter().zip(&self.success_rate) {
            write!(f, " {radius} mm {:.1} %,", 100.0 * rate)?;
        }
        write!(f, " a tenth of the vertebral distance {:.1} % (PCK);", 100.0 * self.pck)?;
        write!(f, " level shift {:.1} % of {} films", 100.0 * self.level_shift_rate, self.n_films)
    }
}

/// By how many levels the labels are off: `1` if the point called L1 is on L2, and so on.
pub(crate) fn level_shift(film: &LocatedFilm) -> isize {
    let error = |shift: isize| {
        let pairs = Level::ALL.into_iter().filter_map(|level| {
            let other = level.index().checked_add_signed(shift)?;
            Some((level, *Level::ALL.get(other)?))
        });
        let errors: Vec<f64> = pairs
            .map(|(l, other)| distance(&film.truth, other, &film.detected, l, film.spacing_mm))
            .collect();
        mean(&errors)
    };
    let here = error(0);
    [-1, 1].into_iter().find(|&shift| error(shift) < here).unwrap_or(0)
}

fn distance(
    truth: &VertebraKeypoints,
    truth_level: Level,
    detected: &VertebraKeypoints,
    level: Level,
    [row, col]: [f64; 2],
) -> f64 {
    let (t, d) = (truth.get(truth_level), detected.get(level));
    ((d.x - t.x) * col).hypot((d.y - t.y) * row)
}

fn mean_vertebral_distance(points: &VertebraKeypoints, spacing_mm: [f64; 2]) -> f64 {
    let pairs = Level::ALL.windows(2);
    pairs.map(|w| distance(points, w[0], points, w[1], spacing_mm)).sum::<f64>() / 4.0
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn standard_deviation(values: &[f64]) -> Option<f64> {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

fn share(flags: impl Iterator<Item = bool>) -> f64 {
    let (hits, n) = flags.fold((0, 0), |(hits, n), flag| (hits + usize::from(flag), n + 1));
    hits as f64 / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spine(dx: [f64; 5], dy: f64) -> VertebraKeypoints {
        let xy: Vec<(f64, f64)> = (0..5).map(|i| (dx[i], 40.0 * i as f64 + dy)).collect();
        VertebraKeypoints::from_xy(xy.try_into().unwrap()).unwrap()
    }

    #[test]
    fn rates_and_means_of_two_films() {
        let truth = spine([0.0; 5], 0.0);
        let film = |dx| LocatedFilm { truth, detected: spine(dx, 0.0), spacing_mm: [1.0, 0.5] };
        let films = [film([0.0; 5]), film([2.0, 4.0, 5.0, 6.0, 8.2])];
        let report = LocalisationReport::new(&films).unwrap();
        assert_eq!(report.level_mean_mm, [0.5, 1.0, 1.25, 1.5, 2.05]);
        assert!((report.mean_mm - 1.26).abs() < 1e-12);
        assert_eq!(report.success_rate, [0.7, 0.8, 0.9, 0.9]);
        assert_eq!(report.level_success_rate[0], [1.0, 1.0, 0.5, 0.5, 0.5]);
        assert_eq!((report.pck, report.level_shift_rate), (0.9, 0.0));
        let squares: f64 = [0., 0., 0., 0., 0., 1., 2., 2.5, 3., 4.1]
            .iter()
            .map(|e: &f64| (e - 1.26).powi(2))
            .sum();
        assert!((report.sd_mm.unwrap() - (squares / 9.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn labels_one_level_off_either_way_are_a_shift() {
        let truth = spine([0.0; 5], 0.0);
        let film = |dy| LocatedFilm { truth, detected: spine([0.0; 5], dy), spacing_mm: [1.0; 2] };
        assert_eq!([0.0, 38.0, -38.0, 15.0].map(|dy| level_shift(&film(dy))), [0, 1, -1, 0]);
        let report = LocalisationReport::new(&[film(0.0), film(38.0)]).unwrap();
        assert_eq!(report.level_shift_rate, 0.5);
        assert!(report.to_string().contains("level shift 50.0 % of 2 films"));
    }

    #[test]
    fn no_films_and_no_spacing_are_errors() {
        assert!(matches!(LocalisationReport::new(&[]), Err(Error::Undefined { .. })));
        let truth = spine([0.0; 5], 0.0);
        let film = LocatedFilm { truth, detected: truth, spacing_mm: [0.0, 1.0] };
        assert!(matches!(LocalisationReport::new(&[film]), Err(Error::InvalidValue { .. })));
    }
}
