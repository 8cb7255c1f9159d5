//! How much better a chain of five vertebrae fits than the same chain one vertebra up or down.
//!
//! Bodies are easily found; which of them is L1 is not. The evidence is what the heatmaps say of
//! the alternative: every level laid on the vertebra above (or below) the one it was found on, the
//! level that thereby leaves the chain on the best place beyond its end. Both chains are scored
//! alike, see [`most_plausible_chain`](crate::most_plausible_chain); the difference of scores is
//! the margin.

use crate::chain::{LEAST_CONFIDENCE, Search, score};
use crate::{Error, Keypoint, Level, Shift, VertebraKeypoints};
use serde::{Deserialize, Serialize};

/// A place belongs to a vertebra that is nearer than this share of the distance of neighbours.
const NEAR: f64 = 0.5;
/// The farthest that a vertebra beyond the end is from it, in distances of neighbours.
const FARTHEST: f64 = 1.7;
/// The greatest margin: beyond it the alternative is out of the question, or does not go down.
const GREATEST: f64 = 20.0;

/// Differences of scores, chain less alternative, from -20 to 20: near 0 the levels are a guess,
/// below 0 the alternative fits better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `LevelMargins::new` makes one
pub struct LevelMargins {
    /// Against every label one vertebra higher.
    pub higher: f64,
    /// Against every label one vertebra lower.
    pub lower: f64,
}

impl LevelMargins {
    /// The margins of a chain that was chosen from `candidates` of L1..L5; both 0 where the chain
    /// does not go down.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there are five levels of candidates.
    ///
    /// # Examples
    /// ```
    /// use vertebra_keypoints::{Keypoint, LevelMargins, most_plausible_chain};
    /// let at = |y: f64, confidence: f64| Keypoint { x: 60.0, y, confidence };
    /// // The network doubts whether the chain begins at 10 or at 45.
    /// let places = [10., 45., 81., 118., 155., 192.];
    /// let candidates: Vec<Vec<Keypoint>> =
    ///     (0..5).map(|k| vec![at(places[k], 0.5), at(places[k + 1], 0.4)]).collect();
    /// let chain = most_plausible_chain(&candidates)?;
    /// let margins = LevelMargins::new(&candidates, &chain.keypoints)?;
    /// assert!(margins.lower < 4.0 && margins.higher > 10.0, "{margins:?}");
    /// # Ok::<(), vertebra_keypoints::Error>(())
    /// ```
    pub fn new(candidates: &[Vec<Keypoint>], chain: &VertebraKeypoints) -> Result<Self, Error> {
        if candidates.len() != Level::ALL.len() {
            let (expected, got) = (Level::ALL.len(), candidates.len());
            return Err(Error::LengthMismatch { name: "candidates", expected, got });
        }
        let Some(here) = score(chain) else { return Ok(Self { higher: 0.0, lower: 0.0 }) };
        let margin = |shift: Shift| {
            let moved: Vec<Vec<Keypoint>> = Level::ALL
                .into_iter()
                .map(|level| places(&candidates[level.index()], chain, level, shift))
                .collect();
            Ok::<_, Error>((here - Search::over(&moved)?.score).clamp(-GREATEST, GREATEST))
        };
        Ok(Self { higher: margin(Shift::Higher)?, lower: margin(Shift::Lower)? })
    }

    /// The side on which the labels lie if they are off by one, and the margin against it.
    #[must_use]
    pub fn least(&self) -> (Shift, f64) {
        match self.higher < self.lower {
            true => (Shift::Higher, self.higher),
            false => (Shift::Lower, self.lower),
        }
    }
}

/// Where a level may lie if all labels are shifted: the candidates near the next vertebra of the
/// chain, or that vertebra's place without heat.
fn places(
    candidates: &[Keypoint],
    chain: &VertebraKeypoints,
    level: Level,
    shift: Shift,
) -> Vec<Keypoint> {
    let points = chain.points();
    let i = level.index();
    let (next, end, before) = match shift {
        Shift::Higher => (i.checked_sub(1), points[0], points[1]),
        Shift::Lower => ((i < 4).then_some(i + 1), points[4], points[3]),
    };
    let step = (end.x - before.x, end.y - before.y);
    let place = next.map_or((end.x + step.0, end.y + step.1), |n| (points[n].x, points[n].y));
    let unit = step.0.hypot(step.1);
    let fits = |p: &&Keypoint| match next {
        Some(_) => (p.x - place.0).hypot(p.y - place.1) < NEAR * unit,
        None => {
            let (dx, dy) = (p.x - end.x, p.y - end.y);
            let along = (dx * step.0 + dy * step.1) / unit.max(f64::MIN_POSITIVE);
            along > NEAR * unit && dx.hypot(dy) < FARTHEST * unit
        }
    };
    let near: Vec<Keypoint> = candidates.iter().filter(fits).copied().collect();
    if near.is_empty() {
        return vec![Keypoint { x: place.0, y: place.1, confidence: LEAST_CONFIDENCE }];
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::most_plausible_chain;

    const SPINE: [(f64, f64); 7] =
        [(58., -24.), (60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.), (52., 190.)];

    fn at(place: usize, confidence: f64) -> Keypoint {
        let (x, y) = SPINE[place];
        Keypoint { x, y, confidence }
    }

    fn margins(candidates: &[Vec<Keypoint>]) -> LevelMargins {
        let chain = most_plausible_chain(candidates).unwrap();
        LevelMargins::new(candidates, &chain.keypoints).unwrap()
    }

    #[test]
    fn a_sure_chain_is_far_from_both_neighbours() {
        let sure: Vec<Vec<Keypoint>> = (1..6).map(|k| vec![at(k, 0.9)]).collect();
        let LevelMargins { higher, lower } = margins(&sure);
        assert!(higher > 10.0 && lower > 10.0, "{higher} {lower}");
    }

    #[test]
    fn heat_on_the_neighbours_makes_the_margin_small_on_that_side() {
        for (other, side) in [(0, Shift::Higher), (2, Shift::Lower)] {
            let split: Vec<Vec<Keypoint>> =
                (0..5).map(|k| vec![at(k + 1, 0.5), at(k + other, 0.45)]).collect();
            let margins = margins(&split);
            let (shift, least) = margins.least();
            assert_eq!(shift, side, "{margins:?}");
            assert!(least < 5.0 && margins.higher.max(margins.lower) > least + 5.0, "{margins:?}");
        }
    }

    #[test]
    fn without_a_chain_that_goes_down_there_is_no_margin() {
        let mut upside_down: Vec<Vec<Keypoint>> = (1..6).map(|k| vec![at(k, 0.9)]).collect();
        upside_down.reverse();
        let LevelMargins { higher, lower } = margins(&upside_down);
        assert_eq!((higher, lower), (0.0, 0.0));
        let chain = most_plausible_chain(&upside_down).unwrap().keypoints;
        assert!(LevelMargins::new(&upside_down[..4], &chain).is_err());
    }
}
