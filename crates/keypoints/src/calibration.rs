//! What a detector's confidence is worth.
//!
//! [`ReliabilityTable`] sets the stated confidence beside the share of successes (DeGroot MH,
//! Fienberg SE, *The Statistician* 1983;32:12-22); [`ConfidenceCalibration`] maps one to the other
//! by isotonic regression (Zadrozny B, Elkan C, KDD 2002), fitted by pooling adjacent violators.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One row of a [`ReliabilityTable`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the documentation
#[non_exhaustive] // only `ReliabilityTable::new` makes one
pub struct ReliabilityRow {
    pub n: usize,
    pub mean_confidence: f64,
    pub success_rate: f64,
}

/// Stated confidence against observed success, in groups of (nearly) equal size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `ReliabilityTable::new` makes one
pub struct ReliabilityTable {
    /// From the least to the greatest confidence.
    pub rows: Vec<ReliabilityRow>,
    /// Mean over detections of the distance between a group's confidence and its success rate.
    pub expected_calibration_error: f64,
    /// Mean squared distance between confidence and success (Brier score).
    pub brier: f64,
}

impl ReliabilityTable {
    /// Groups detections by `confidence` in `[0, 1]`; `success` says which came near enough.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::Undefined`] without detections.
    ///
    /// # Examples
    /// ```
    /// use vertebra_keypoints::ReliabilityTable;
    /// let table = ReliabilityTable::new(&[0.2, 0.4, 0.8, 1.0], &[false, false, true, true], 2)?;
    /// assert_eq!(table.rows[1].success_rate, 1.0);
    /// assert!((table.expected_calibration_error - 0.2).abs() < 1e-12);
    /// # Ok::<(), vertebra_keypoints::Error>(())
    /// ```
    pub fn new(confidence: &[f64], success: &[bool], n_groups: usize) -> Result<Self, Error> {
        let pairs = sorted_pairs(confidence, success)?;
        if n_groups == 0 {
            return Err(Error::setting("n_groups", "at least 1", n_groups));
        }
        let n = pairs.len();
        let bounds = (0..=n_groups).map(|g| g * n / n_groups).collect::<Vec<_>>();
        let groups = bounds.windows(2).map(|w| &pairs[w[0]..w[1]]).filter(|g| !g.is_empty());
        let rows: Vec<ReliabilityRow> = groups
            .map(|group| ReliabilityRow {
                n: group.len(),
                mean_confidence: mean(group.iter().map(|p| p.0)),
                success_rate: mean(group.iter().map(|p| p.1)),
            })
            .collect();
        let gap = |r: &ReliabilityRow| r.n as f64 * (r.mean_confidence - r.success_rate).abs();
        Ok(Self {
            expected_calibration_error: rows.iter().map(gap).sum::<f64>() / n as f64,
            brier: mean(pairs.iter().map(|p| (p.0 - p.1).powi(2))),
            rows,
        })
    }
}

impl fmt::Display for ReliabilityTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "confidence  success      n")?;
        for row in &self.rows {
            let (stated, seen) = (row.mean_confidence, row.success_rate);
            writeln!(f, "{stated:10.3}  {seen:7.3}  {:5}", row.n)?;
        }
        let (error, brier) = (self.expected_calibration_error, self.brier);
        write!(f, "expected calibration error {error:.3}, Brier score {brier:.3}")
    }
}

/// A rising map from stated confidence to probability of success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceCalibration {
    /// `(confidence, probability)`, both rising.
    knots: Vec<(f64, f64)>,
}

impl ConfidenceCalibration {
    /// Fits on detections that the detector was not trained on.
    ///
    /// # Errors
    /// As [`ReliabilityTable::new`].
    pub fn fit(confidence: &[f64], success: &[bool]) -> Result<Self, Error> {
        let pairs = sorted_pairs(confidence, success)?;
        let mut blocks: Vec<Block> = Vec::new();
        for tied in pairs.chunk_by(|a, b| a.0 == b.0) {
            let hits = tied.iter().map(|p| p.1).sum();
            blocks.push(Block { low: tied[0].0, high: tied[0].0, hits, n: tied.len() as f64 });
            while let [.., a, b] = blocks.as_slice()
                && a.rate() >= b.rate()
            {
                let pooled =
                    Block { low: a.low, high: b.high, hits: a.hits + b.hits, n: a.n + b.n };
                blocks.truncate(blocks.len() - 2);
                blocks.push(pooled);
            }
        }
        let mut knots: Vec<(f64, f64)> =
            blocks.iter().flat_map(|b| [(b.low, b.rate()), (b.high, b.rate())]).collect();
        knots.dedup();
        Ok(Self { knots })
    }

    /// What calibrations say of detections that they were not fitted on: each detection's
    /// probability comes from one fitted on the other groups, so that a [`ReliabilityTable`] of the
    /// result is honest. `group` is that of each detection, all of a subject's in one.
    ///
    /// # Errors
    /// As [`ReliabilityTable::new`]; [`Error::Undefined`] where there is only one group.
    pub fn cross_fitted(
        confidence: &[f64],
        success: &[bool],
        group: &[usize],
    ) -> Result<Vec<f64>, Error> {
        if confidence.len() != group.len() {
            return Err(mismatch("group", confidence.len(), group.len()));
        }
        if confidence.len() != success.len() {
            return Err(mismatch("success", confidence.len(), success.len()));
        }
        let mut groups = group.to_vec();
        groups.sort_unstable();
        groups.dedup();
        if groups.len() < 2 {
            let (statistic, needs) = ("a cross-fitted calibration", "two groups");
            return Err(Error::Undefined { statistic, needs });
        }
        let mut probability = vec![0.0; confidence.len()];
        for held_out in groups {
            let others = (0..group.len()).filter(|&i| group[i] != held_out);
            let (stated, seen): (Vec<f64>, Vec<bool>) =
                others.map(|i| (confidence[i], success[i])).unzip();
            let fitted = Self::fit(&stated, &seen)?;
            for i in (0..group.len()).filter(|&i| group[i] == held_out) {
                probability[i] = fitted.probability(confidence[i]);
            }
        }
        Ok(probability)
    }

    /// The least confidence of the detections it was fitted on; below it nothing is known.
    #[must_use]
    pub fn least_seen(&self) -> f64 {
        self.knots.first().map_or(f64::NAN, |knot| knot.0)
    }

    /// The probability that a detection of this confidence is a success; linear between the
    /// confidences seen, constant beyond them.
    #[must_use]
    pub fn probability(&self, confidence: f64) -> f64 {
        let after = self.knots.partition_point(|k| k.0 < confidence);
        match (after.checked_sub(1).map(|i| self.knots[i]), self.knots.get(after)) {
            // Clamped, as rounding may pass the upper knot.
            (Some(a), Some(b)) => {
                let share = (confidence - a.0) / (b.0 - a.0);
                (a.1 + (b.1 - a.1) * share).clamp(a.1, b.1)
            }
            (None, Some(b)) => b.1,
            (Some(a), None) => a.1,
            (None, None) => f64::NAN,
        }
    }
}

/// Neighbouring confidences that share one success rate.
struct Block {
    low: f64,
    high: f64,
    hits: f64,
    n: f64,
}

impl Block {
    fn rate(&self) -> f64 {
        self.hits / self.n
    }
}

fn mismatch(name: &'static str, expected: usize, got: usize) -> Error {
    Error::LengthMismatch { name, expected, got }
}

fn sorted_pairs(confidence: &[f64], success: &[bool]) -> Result<Vec<(f64, f64)>, Error> {
    if confidence.len() != success.len() {
        return Err(mismatch("success", confidence.len(), success.len()));
    }
    if confidence.is_empty() {
        return Err(Error::Undefined { statistic: "calibration", needs: "detections" });
    }
    if let Some(index) = confidence.iter().position(|c| !(0.0..=1.0).contains(c)) {
        let (name, value) = ("confidence", confidence[index]);
        return Err(Error::OutOfDomain { name, index, value, expected: "a number in [0, 1]" });
    }
    let hit = |s: &bool| f64::from(u8::from(*s));
    let mut pairs: Vec<(f64, f64)> =
        confidence.iter().copied().zip(success.iter().map(hit)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(pairs)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    sum / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Isotonic regression by its min-max formula: max over starts up to i of the min over
        /// ends from i of the mean between them.
        #[test]
        fn fit_is_the_min_max_formula(hits in proptest::collection::vec(any::<bool>(), 1..25)) {
            let n = hits.len();
            let confidence: Vec<f64> = (0..n).map(|i| (i as f64 + 0.5) / n as f64).collect();
            let fitted = ConfidenceCalibration::fit(&confidence, &hits).unwrap();
            let mean = |a: usize, b: usize| {
                hits[a..=b].iter().filter(|h| **h).count() as f64 / (b - a + 1) as f64
            };
            for (i, stated) in confidence.iter().enumerate() {
                let least = |a: usize| (i..n).map(|b| mean(a, b)).fold(f64::INFINITY, f64::min);
                let expected = (0..=i).map(least).fold(f64::NEG_INFINITY, f64::max);
                let got = fitted.probability(*stated);
                prop_assert!((got - expected).abs() < 1e-9, "{i}: got {got}, expected {expected}");
            }
        }

        #[test]
        fn calibrated_confidence_has_no_calibration_error_on_its_own_data(
            rows in proptest::collection::vec((0.0..1.0f64, any::<bool>()), 1..60),
        ) {
            let (confidence, success): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let fitted = ConfidenceCalibration::fit(&confidence, &success).unwrap();
            let calibrated: Vec<f64> = confidence.iter().map(|c| fitted.probability(*c)).collect();
            let one = ReliabilityTable::new(&calibrated, &success, 1).unwrap();
            prop_assert!(one.expected_calibration_error < 1e-9);
            let before = ReliabilityTable::new(&confidence, &success, 1).unwrap();
            prop_assert!(one.brier <= before.brier + 1e-12);
        }
    }

    #[test]
    fn tied_confidences_share_their_rate_and_ends_are_flat() {
        let fitted =
            ConfidenceCalibration::fit(&[0.4, 0.4, 0.8, 0.8], &[true, false, true, true]).unwrap();
        assert_eq!(fitted.least_seen(), 0.4);
        let got = [0.0, 0.4, 0.6, 0.8, 1.0].map(|c| fitted.probability(c));
        for (g, e) in got.iter().zip([0.5, 0.5, 0.75, 1.0, 1.0]) {
            assert!((g - e).abs() < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn a_detection_is_calibrated_by_the_other_groups() {
        // Confidence is right in group 0 and says nothing in group 1.
        let confidence = [0.2, 0.4, 0.6, 0.8, 0.2, 0.4, 0.6, 0.8];
        let success = [false, false, true, true, true, false, true, false];
        let group = [0, 0, 0, 0, 1, 1, 1, 1];
        let crossed = ConfidenceCalibration::cross_fitted(&confidence, &success, &group).unwrap();
        let of_first = ConfidenceCalibration::fit(&confidence[..4], &success[..4]).unwrap();
        let of_second = ConfidenceCalibration::fit(&confidence[4..], &success[4..]).unwrap();
        for (i, got) in crossed.iter().enumerate() {
            let other = if i < 4 { &of_second } else { &of_first };
            assert_eq!(*got, other.probability(confidence[i]), "{i}");
        }
        assert_eq!(crossed[4..], [0.0, 0.0, 1.0, 1.0]);
        let alone = ConfidenceCalibration::cross_fitted(&confidence, &success, &[3; 8]);
        assert!(matches!(alone, Err(Error::Undefined { .. })));
        let short = ConfidenceCalibration::cross_fitted(&confidence, &success, &[1, 2]);
        assert!(matches!(short, Err(Error::LengthMismatch { name: "group", expected: 8, got: 2 })));
    }

    #[test]
    fn bad_input_is_an_error() {
        assert!(matches!(ReliabilityTable::new(&[], &[], 3), Err(Error::Undefined { .. })));
        assert!(matches!(ReliabilityTable::new(&[0.1], &[], 3), Err(Error::LengthMismatch { .. })));
        for c in [f64::NAN, 1.1] {
            let got = ConfidenceCalibration::fit(&[c], &[true]);
            assert!(matches!(got, Err(Error::OutOfDomain { .. })));
        }
        assert!(ReliabilityTable::new(&[0.1], &[true], 0).is_err());
    }
}
