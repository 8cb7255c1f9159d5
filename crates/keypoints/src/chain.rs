//! Five points chosen together: the most plausible chain among several candidates per level.
//!
//! A heatmap may have more than one peak: one on the vertebra above, one on the vertebra below.
//! Taking the highest of each level by itself can give two levels the same vertebra, or leave one
//! out. Here a choice of one candidate per level is scored by
//!
//! `sum over levels of ln(max(confidence, 0.02)) - min(d², 80) / 4`,
//!
//! `d²` being the squared Mahalanobis distance of the chain's shape from real spines
//! ([`ShapeScore`](crate::ShapeScore), seen from the likelier side), and the best one is taken: a
//! pictorial structure with a joint prior (Fischler MA, Elschlager RA, *IEEE Trans Comput*
//! 1973;C-22:67-92). The bound on `d²` keeps a crushed vertebra from being explained away.

use crate::{Error, Keypoint, Level, ShapeScore, SpineShape, VertebraKeypoints};
use serde::Serialize;

/// Least confidence whose logarithm counts.
pub(crate) const LEAST_CONFIDENCE: f64 = 0.02;
/// Share of the shape's squared distance in the score, and the greatest distance that counts.
const SHAPE_WEIGHT: f64 = 0.25;
const GREATEST_DISTANCE: f64 = 80.0;

/// A chain, and what was chosen instead of the highest peaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive] // only `most_plausible_chain` makes one
pub struct Chain {
    /// The chosen points.
    pub keypoints: VertebraKeypoints,
    /// Where another candidate than the first was taken, L1 first.
    pub moved: [bool; 5],
}

/// Chooses one candidate per level; `candidates` holds those of L1..L5, most confident first.
///
/// Chains in which a level does not lie below the one above it are left out, unless every chain is
/// such a one: then the first candidates are returned.
///
/// # Errors
/// [`Error::LengthMismatch`] unless there are five levels; [`Error::Undefined`] for a level without
/// candidates; [`Error::NotFinite`] for a candidate that is not finite.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{Keypoint, most_plausible_chain};
/// let at = |x: f64, y: f64, confidence: f64| Keypoint { x, y, confidence };
/// let candidates = [
///     vec![at(60., 10., 0.8)],
///     vec![at(63., 45., 0.8)],
///     vec![at(69., 118., 0.5), at(67., 81., 0.45)], // L3: its highest peak lies on L4
///     vec![at(69., 118., 0.7)],
///     vec![at(63., 155., 0.8)],
/// ];
/// let chain = most_plausible_chain(&candidates)?;
/// assert_eq!(chain.moved, [false, false, true, false, false]);
/// assert_eq!(chain.keypoints.points()[2].y, 81.0);
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
pub fn most_plausible_chain(candidates: &[Vec<Keypoint>]) -> Result<Chain, Error> {
    if candidates.len() != Level::ALL.len() {
        let (expected, got) = (Level::ALL.len(), candidates.len());
        return Err(Error::LengthMismatch { name: "candidates", expected, got });
    }
    if candidates.iter().any(Vec::is_empty) {
        let needs = "candidates at every level";
        return Err(Error::Undefined { statistic: "a chain", needs });
    }
    let search = Search::over(candidates)?;
    let keypoints = chosen(candidates, search.best)?;
    Ok(Chain { keypoints, moved: search.best.map(|place| place > 0) })
}

/// All chains that go down, level by level.
pub(crate) struct Search<'a> {
    candidates: &'a [Vec<Keypoint>],
    choice: [usize; 5],
    best: [usize; 5],
    /// Of the best chain; minus infinity where none goes down.
    pub(crate) score: f64,
}

impl<'a> Search<'a> {
    /// The best chain over these candidates of five levels, none without a candidate.
    pub(crate) fn over(candidates: &'a [Vec<Keypoint>]) -> Result<Self, Error> {
        let score = f64::NEG_INFINITY;
        let mut search = Self { candidates, choice: [0; 5], best: [0; 5], score };
        search.from(0)?;
        Ok(search)
    }

    fn from(&mut self, level: usize) -> Result<(), Error> {
        if level == Level::ALL.len() {
            let keypoints = chosen(self.candidates, self.choice)?;
            if let Some(score) = score(&keypoints).filter(|score| *score > self.score) {
                (self.best, self.score) = (self.choice, score);
            }
            return Ok(());
        }
        for place in 0..self.candidates[level].len() {
            let y = |level: usize, place: usize| self.candidates[level][place].y;
            if level == 0 || y(level, place) > y(level - 1, self.choice[level - 1]) {
                self.choice[level] = place;
                self.from(level + 1)?;
            }
        }
        Ok(())
    }
}

fn chosen(candidates: &[Vec<Keypoint>], choice: [usize; 5]) -> Result<VertebraKeypoints, Error> {
    VertebraKeypoints::new(std::array::from_fn(|k| candidates[k][choice[k]]))
}

/// `None` for a chain that does not go down.
pub(crate) fn score(keypoints: &VertebraKeypoints) -> Option<f64> {
    let points = keypoints.points();
    if points.windows(2).any(|pair| pair[1].y <= pair[0].y) {
        return None;
    }
    let shape = SpineShape::new(keypoints, None).ok()?;
    let distance = ShapeScore::new(&shape).squared_distance.min(GREATEST_DISTANCE);
    let heat: f64 = points.iter().map(|p| p.confidence.max(LEAST_CONFIDENCE).ln()).sum();
    Some(heat - SHAPE_WEIGHT * distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPINE: [(f64, f64); 5] = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.)];

    fn at((x, y): (f64, f64), confidence: f64) -> Keypoint {
        Keypoint { x, y, confidence }
    }

    #[test]
    fn labels_that_are_one_level_off_at_some_levels_are_put_right() {
        // The network doubts whether it sees L3..L5 or L4..L6 below L2; the gap decides.
        let below = (52., 190.);
        let candidates = [
            vec![at(SPINE[0], 0.9)],
            vec![at(SPINE[1], 0.9)],
            vec![at(SPINE[3], 0.5), at(SPINE[2], 0.4)],
            vec![at(SPINE[4], 0.5), at(SPINE[3], 0.4)],
            vec![at(below, 0.5), at(SPINE[4], 0.4)],
        ];
        let chain = most_plausible_chain(&candidates).unwrap();
        assert_eq!(chain.moved, [false, false, true, true, true]);
    }

    #[test]
    fn a_spine_that_is_upside_down_keeps_its_first_candidates() {
        let mut candidates: Vec<Vec<Keypoint>> = SPINE.map(|p| vec![at(p, 0.5)]).to_vec();
        candidates.reverse();
        let chain = most_plausible_chain(&candidates).unwrap();
        assert_eq!(chain.moved, [false; 5]);
        assert_eq!(chain.keypoints.points()[0].y, 155.0);
    }

    #[test]
    fn missing_levels_and_candidates_are_errors() {
        let four: Vec<Vec<Keypoint>> = SPINE[..4].iter().map(|p| vec![at(*p, 0.5)]).collect();
        assert!(matches!(
            most_plausible_chain(&four),
            Err(Error::LengthMismatch { name: "candidates", expected: 5, got: 4 })
        ));
        let mut none = SPINE.map(|p| vec![at(p, 0.5)]).to_vec();
        none[3].clear();
        assert!(matches!(most_plausible_chain(&none), Err(Error::Undefined { .. })));
    }

    proptest! {
        /// No single exchange of a candidate gives a better score.
        #[test]
        fn the_chain_is_the_best_of_its_neighbours(
            moves in proptest::collection::vec((0usize..5, -40.0..40.0f64, 0.05..0.9f64), 0..8),
        ) {
            let mut candidates: Vec<Vec<Keypoint>> = SPINE.map(|p| vec![at(p, 0.5)]).to_vec();
            for (level, dy, confidence) in moves {
                let (x, y) = SPINE[level];
                candidates[level].push(at((x, y + dy), confidence));
            }
            let chain = most_plausible_chain(&candidates).unwrap();
            let reached = score(&chain.keypoints).unwrap();
            for level in 0..5 {
                for other in &candidates[level] {
                    let mut points = *chain.keypoints.points();
                    points[level] = *other;
                    let neighbour = score(&VertebraKeypoints::new(points).unwrap());
                    prop_assert!(neighbour.is_none_or(|s| s <= reached));
                }
            }
        }
    }
}
