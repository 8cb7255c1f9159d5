//! What the heatmaps and the points say about how far a finding may be trusted.
//!
//! Every number is on a scale of its own that does not depend on the network: heat is that of
//! Gaussians of height 1, distances are in those of neighbouring vertebrae or in sides of the
//! input. [`Trust`](crate::Trust) turns them into probabilities.

use super::candidates::Candidates;
use crate::Error;
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{Keypoint, LevelMargins, ShapeScore, SpineShape, VertebraKeypoints};

/// Least heat whose logarithm counts.
const LEAST_HEAT: f64 = 0.02;
/// Greatest squared distance of a shape, and log ratio of shifted labels, that count.
const GREATEST_SHAPE: f64 = 80.0;
const GREATEST_SHIFT: f64 = 10.0;
/// Greatest disagreement of two looks that counts, in distances of neighbours.
const GREATEST_CHANGE: f64 = 3.0;

/// The evidence of one film.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only a detector makes one
pub struct FilmEvidence {
    /// Heat at each point, L1 first.
    pub heat: [f64; 5],
    /// Share of the heat of all vertebrae found, whatever their level, that lies on the five.
    pub share: f64,
    /// By how much the chain fits better than the same chain one vertebra up or down.
    pub margins: LevelMargins,
    /// Squared Mahalanobis distance of the shape from real spines.
    pub shape: f64,
    /// Log likelihood ratio of labels that are off, by the shape.
    pub shift: f64,
    /// Length L1-L5 over the input's height.
    pub extent: f64,
    /// Greatest distance of a point from where further looks at the same film, turned and scaled,
    /// find it, in distances of neighbours.
    pub change: f64,
    /// Mean log heat of a look at the film upside down, less that of the best further look at it as
    /// it is: above 0 it probably is upside down.
    pub turned: f64,
}

/// What further looks at a film find.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FurtherLooks {
    /// Chains of the film turned a little and scaled, in px of the input.
    pub(crate) again: Vec<VertebraKeypoints>,
    /// The chain of the film upside down.
    pub(crate) turned: VertebraKeypoints,
}

impl FurtherLooks {
    /// The greatest mean log heat of a look at the film as it is.
    fn upright_heat(&self) -> f64 {
        self.again.iter().map(mean_log_heat).fold(LEAST_HEAT.ln(), f64::max)
    }
}

impl FilmEvidence {
    /// Of a chain in px of an input of this height, chosen from candidates of L1..L5.
    pub(crate) fn new(
        chain: &VertebraKeypoints,
        candidates: &Candidates,
        looks: &FurtherLooks,
        height: usize,
    ) -> Result<Self, Error> {
        let points = chain.points();
        let score = SpineShape::new(chain, None).ok().map(|shape| ShapeScore::new(&shape));
        let (first, last) = (points[0], points[4]);
        let length = (last.x - first.x).hypot(last.y - first.y);
        let greatest = |v: f64| v.min(GREATEST_SHAPE);
        Ok(Self {
            heat: points.map(|p| p.confidence),
            share: share(chain, &candidates.lumbar),
            margins: candidates.margins(chain)?,
            shape: score.map_or(GREATEST_SHAPE, |score| greatest(score.squared_distance)),
            shift: score.map_or(0.0, |score| score.shift_log_ratio),
            extent: length / height as f64,
            change: looks.again.iter().map(|other| change(chain, other)).fold(0.0, f64::max),
            turned: mean_log_heat(&looks.turned) - looks.upright_heat(),
        })
    }

    /// The numbers that tell a lateral lumbar film from others: mean heat, its share on the chain,
    /// shape, change between looks, what is seen upside down.
    #[must_use]
    pub fn of_view(&self) -> [f64; 5] {
        [self.mean_heat(), self.share, self.odd_shape(), self.change, self.turned]
    }

    /// The numbers that tell right points from wrong ones: mean and least heat, that of the ends of
    /// the chain, shape, what the shape says of the levels, change between looks, what is seen
    /// upside down.
    ///
    /// The margins are not among them: on films where they are small, the rest has told already.
    #[must_use]
    pub fn of_points(&self) -> [f64; 8] {
        let ln = self.heat.map(log_heat);
        let least = ln.iter().copied().fold(0.0, f64::min);
        let shift = self.shift.clamp(-GREATEST_SHIFT, GREATEST_SHIFT);
        let shape = self.odd_shape();
        [self.mean_heat(), least, ln[0], ln[4], shape, shift, self.change, self.turned]
    }

    fn mean_heat(&self) -> f64 {
        self.heat.iter().map(|heat| log_heat(*heat)).sum::<f64>() / 5.0
    }

    fn odd_shape(&self) -> f64 {
        (1.0 + self.shape).ln()
    }
}

fn mean_log_heat(chain: &VertebraKeypoints) -> f64 {
    chain.points().iter().map(|p| log_heat(p.confidence)).sum::<f64>() / 5.0
}

fn log_heat(heat: f64) -> f64 {
    heat.max(LEAST_HEAT).ln()
}

/// Share of the heat of all candidates, each place once, on the chain's places.
fn share(chain: &VertebraKeypoints, candidates: &[Vec<Keypoint>]) -> f64 {
    let on = chain.points().iter().map(|p| p.confidence).sum::<f64>();
    let unit = chain.points().windows(2).map(distance).sum::<f64>() / 4.0;
    let off =
        |p: &&Keypoint| chain.points().iter().all(|c| (c.x - p.x).hypot(c.y - p.y) > 0.5 * unit);
    let others: f64 = candidates.iter().flatten().filter(off).map(|p| p.confidence).sum();
    on / (on + others).max(f64::MIN_POSITIVE)
}

fn distance(pair: &[Keypoint]) -> f64 {
    (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y)
}

/// Greatest distance of two chains' points, in distances of the first one's neighbours.
fn change(chain: &VertebraKeypoints, other: &VertebraKeypoints) -> f64 {
    let unit = chain.points().windows(2).map(distance).sum::<f64>() / 4.0;
    let pairs = chain.points().iter().zip(other.points());
    let far = pairs.map(|(a, b)| (a.x - b.x).hypot(a.y - b.y)).fold(0.0, f64::max);
    (far / unit.max(1e-3)).min(GREATEST_CHANGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPINE: [(f64, f64); 5] = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.)];

    const HEAT: f64 = 0.5;

    fn evidence(other: Option<Keypoint>, again: &[VertebraKeypoints]) -> FilmEvidence {
        let at = |(x, y): (f64, f64)| Keypoint { x, y, confidence: HEAT };
        let chain = VertebraKeypoints::new(SPINE.map(at)).unwrap();
        let level = |p: (f64, f64)| std::iter::once(at(p)).chain(other).collect();
        let turned = VertebraKeypoints::from_xy(SPINE).unwrap();
        let looks = FurtherLooks { again: again.to_vec(), turned };
        FilmEvidence::new(&chain, &Candidates::new(SPINE.map(level).to_vec()), &looks, 200).unwrap()
    }

    #[test]
    fn a_film_that_shows_more_upside_down_has_a_positive_sign() {
        // Points of confidence 1 upside down, of 0.5 as the film is.
        let at = |(x, y): (f64, f64)| Keypoint { x, y, confidence: HEAT };
        let again = VertebraKeypoints::new(SPINE.map(at)).unwrap();
        assert!((evidence(None, &[again]).turned + HEAT.ln()).abs() < 1e-12);
    }

    #[test]
    fn heat_beside_the_chain_lowers_its_share() {
        assert_eq!(evidence(None, &[]).share, 1.0);
        let beside = Keypoint { x: 150.0, y: 60.0, confidence: 0.5 };
        assert_eq!(evidence(Some(beside), &[]).share, 0.5);
    }

    #[test]
    fn looks_that_differ_show_as_change_in_distances_of_neighbours() {
        let there = VertebraKeypoints::from_xy(SPINE).unwrap();
        assert_eq!(evidence(None, &[there]).change, 0.0);
        let off = |by: f64| there.mapped(|(x, y)| (x, y + by)).unwrap();
        let change = evidence(None, &[there, off(36.0)]).change;
        assert!((change - 1.0).abs() < 0.03, "{change}");
        assert_eq!(evidence(None, &[off(1000.0)]).change, GREATEST_CHANGE);
    }

    #[test]
    fn every_number_is_finite_even_for_points_in_one_place() {
        let chain = VertebraKeypoints::from_xy([(3.0, 3.0); 5]).unwrap();
        let candidates = Candidates::new(vec![chain.points()[..1].to_vec(); 5]);
        let looks = FurtherLooks { again: vec![chain], turned: chain };
        let evidence = FilmEvidence::new(&chain, &candidates, &looks, 64).unwrap();
        let values = evidence.of_view().into_iter().chain(evidence.of_points());
        assert!(values.into_iter().all(f64::is_finite), "{evidence:?}");
    }
}
