//! Where the vertebrae of a film may lie, and the chain that is chosen among these places.
//!
//! What is seen beside the lumbar spine tells which vertebra is which: below L5 lies S1, above L1
//! T12. A chain of five that is off by one has S1 on its own L5, or nothing below it. So, where a
//! detector knows T12 and S1, every candidate of L5 counts as much as it says itself and as S1 is
//! seen below it, every one of L1 as T12 is seen above it; a neighbour that is nowhere on the film
//! says the same of all candidates.

use crate::Error;
use vertebra_keypoints::{
    Chain, Keypoint, Level, LevelMargins, ShapeScore, SpineShape, VertebraKeypoints,
    most_plausible_chain,
};

/// Least heat of a neighbour that counts.
const LEAST_HEAT: f64 = 0.05;
/// Share of the logarithm of a neighbour's heat in the score of a chain.
const WEIGHT: f64 = 0.5;
/// Share of the shape's squared distance in how plausible a chain is, and the greatest that counts.
const SHAPE_WEIGHT: f64 = 0.25;
const GREATEST_SHAPE: f64 = 80.0;
/// How far off a neighbour may lie, in distances of lumbar vertebrae, and how far of that along the
/// film.
const DISTANCE: std::ops::Range<f64> = 0.5..1.6;
const LEAST_ALONG: f64 = 0.2;

/// Candidates of one film, the most confident first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidates {
    /// L1 to L5.
    pub(crate) lumbar: Vec<Vec<Keypoint>>,
    /// T12 and S1, where the detector knows them.
    neighbours: Option<[Vec<Keypoint>; 2]>,
}

impl Candidates {
    /// Of L1 to L5 and, for a detector that knows them, of T12 and S1.
    pub(crate) fn new(mut levels: Vec<Vec<Keypoint>>) -> Self {
        let beside = levels.split_off(Level::ALL.len().min(levels.len()));
        Self { lumbar: levels, neighbours: beside.try_into().ok() }
    }

    /// The most plausible chain, its confidences those of the candidates.
    pub(crate) fn chain(&self) -> Result<Chain, Error> {
        let first = most_plausible_chain(&self.lumbar)?;
        let Some(neighbours) = &self.neighbours else { return Ok(first) };
        let judged = self.judged(neighbours, &first.keypoints);
        let mut chain = most_plausible_chain(&judged)?;
        let points = confidences_of(&self.lumbar, &chain.keypoints);
        chain.moved = std::array::from_fn(|k| points[k] != self.lumbar[k][0]);
        chain.keypoints = VertebraKeypoints::new(points)?;
        Ok(chain)
    }

    /// By how much a chain of these candidates fits better than the same chain one vertebra higher
    /// and lower.
    pub(crate) fn margins(&self, chain: &VertebraKeypoints) -> Result<LevelMargins, Error> {
        let Some(neighbours) = &self.neighbours else {
            return Ok(LevelMargins::new(&self.lumbar, chain)?);
        };
        let judged = self.judged(neighbours, chain);
        let chain = VertebraKeypoints::new(confidences_of(&judged, chain))?;
        Ok(LevelMargins::new(&judged, &chain)?)
    }

    /// The greatest heat of T12 above a chain and of S1 below it; that of silence where the detector
    /// does not know them.
    pub(crate) fn beside(&self, chain: &VertebraKeypoints) -> [f64; 2] {
        let Some([t12, s1]) = &self.neighbours else { return [LEAST_HEAT; 2] };
        let ([first, .., last], unit) = (chain.points(), unit(chain));
        [heat_beside(first, t12, -unit), heat_beside(last, s1, unit)]
    }

    /// L1 and L5 judged by what is beside them, at the distance of the vertebrae of a chain.
    fn judged(
        &self,
        [t12, s1]: &[Vec<Keypoint>; 2],
        chain: &VertebraKeypoints,
    ) -> Vec<Vec<Keypoint>> {
        let unit = unit(chain);
        let mut judged = self.lumbar.clone();
        for (level, neighbours, step) in [(Level::L1, t12, -unit), (Level::L5, s1, unit)] {
            for end in &mut judged[level.index()] {
                end.confidence *= heat_beside(end, neighbours, step).powf(WEIGHT);
            }
        }
        judged
    }
}

/// How plausible a chain is, as [`most_plausible_chain`] judges those of one set of heatmaps.
pub(crate) fn plausibility(chain: &VertebraKeypoints) -> f64 {
    let heat: f64 = chain.points().iter().map(|p| p.confidence.max(LEAST_HEAT).ln()).sum();
    let shape = SpineShape::new(chain, None).map(|shape| ShapeScore::new(&shape).squared_distance);
    heat - SHAPE_WEIGHT * shape.map_or(GREATEST_SHAPE, |d| d.min(GREATEST_SHAPE))
}

/// The mean distance of neighbours in a chain.
fn unit(chain: &VertebraKeypoints) -> f64 {
    let [first, .., last] = chain.points();
    (last.x - first.x).hypot(last.y - first.y) / 4.0
}

/// The points of a chain with the confidences that these candidates have there.
fn confidences_of(candidates: &[Vec<Keypoint>], chain: &VertebraKeypoints) -> [Keypoint; 5] {
    let points = chain.points();
    std::array::from_fn(|k| {
        let same = |p: &&Keypoint| p.x == points[k].x && p.y == points[k].y;
        candidates[k].iter().find(same).copied().unwrap_or(points[k])
    })
}

/// The greatest heat of a neighbour beyond `end`, a `step` down (or up) the film as a rule.
fn heat_beside(end: &Keypoint, neighbours: &[Keypoint], step: f64) -> f64 {
    let there = |p: &&Keypoint| {
        let distance = (p.x - end.x).hypot(p.y - end.y) / step.abs();
        (p.y - end.y) / step > LEAST_ALONG && DISTANCE.contains(&distance)
    };
    neighbours.iter().filter(there).map(|p| p.confidence).fold(LEAST_HEAT, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T11 to S2.
    const PLACES: [f64; 9] = [-60., -25., 10., 45., 81., 118., 155., 190., 215.];

    fn at(place: usize, confidence: f64) -> Keypoint {
        Keypoint { x: 60.0, y: PLACES[place], confidence }
    }

    /// Every level is a little surer of the vertebra below its own.
    fn lumbar_one_low() -> Vec<Vec<Keypoint>> {
        (2..7).map(|k| vec![at(k + 1, 0.5), at(k, 0.4)]).collect()
    }

    #[test]
    fn a_chain_that_is_one_low_is_lifted_off_the_sacrum() {
        let alone = Candidates::new(lumbar_one_low());
        assert_eq!(alone.chain().unwrap().keypoints.points()[4].y, PLACES[7]);
        let mut levels = lumbar_one_low();
        levels.extend([vec![at(1, 0.6)], vec![at(7, 0.8)]]);
        let candidates = Candidates::new(levels);
        let chain = candidates.chain().unwrap();
        assert_eq!(chain.keypoints.points()[4], at(6, 0.4));
        assert_eq!(chain.moved, [true; 5]);
        let lower = |c: &Candidates| c.margins(&chain.keypoints).unwrap().lower;
        assert!(lower(&candidates) > lower(&alone) + 1.0);
    }

    #[test]
    fn neighbours_that_are_not_seen_change_nothing() {
        let alone = Candidates::new(lumbar_one_low());
        let mut levels = lumbar_one_low();
        levels.extend([vec![at(8, 0.01)], vec![at(0, 0.01)]]);
        let candidates = Candidates::new(levels);
        assert_eq!(candidates.chain().unwrap(), alone.chain().unwrap());
    }
}
