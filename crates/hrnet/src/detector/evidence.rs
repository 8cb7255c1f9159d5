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

/// What one chain shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only a detector makes one
pub struct ChainEvidence {
    /// Heat at each point, L1 first.
    pub heat: [f64; 5],
    /// Heat of T12 above the chain and of S1 below it; 0.05 where nothing is seen of them, or the
    /// detector does not know them.
    pub beside: [f64; 2],
    /// Squared Mahalanobis distance of the shape from real spines.
    pub shape: f64,
    /// Log likelihood ratio of labels that are off, by the shape.
    pub shift: f64,
}

/// The evidence of one film.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only a detector makes one
pub struct FilmEvidence {
    /// The chain on the film as it is.
    pub seen: ChainEvidence,
    /// The chain that a look at the film upside down finds.
    pub turned: ChainEvidence,
    /// Share of the heat of all vertebrae found, whatever their level, that lies on the five.
    pub share: f64,
    /// By how much the chain fits better than the same chain one vertebra up or down.
    pub margins: LevelMargins,
    /// Greatest distance of a point from where further looks at the same film, turned a little and
    /// scaled, find it, in distances of neighbours.
    pub change: f64,
    /// The same of the chains that the whole film and its picture with local contrast equalised
    /// show; 0 for a detector that does not look at the latter.
    pub apart: f64,
}

/// What further looks at a film find.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FurtherLooks {
    /// Chains of the film turned a little and scaled, in px of the input.
    pub(crate) again: Vec<VertebraKeypoints>,
    /// The chain of the film upside down.
    pub(crate) turned: ChainEvidence,
    /// See [`FilmEvidence::apart`].
    pub(crate) apart: f64,
}

impl ChainEvidence {
    /// Of a chain chosen from candidates.
    pub(crate) fn new(chain: &VertebraKeypoints, candidates: &Candidates) -> Self {
        let score = SpineShape::new(chain, None).ok().map(|shape| ShapeScore::new(&shape));
        let greatest = |v: f64| v.min(GREATEST_SHAPE);
        Self {
            heat: chain.points().map(|p| p.confidence),
            beside: candidates.beside(chain),
            shape: score.map_or(GREATEST_SHAPE, |score| greatest(score.squared_distance)),
            shift: score.map_or(0.0, |score| score.shift_log_ratio),
        }
    }

    fn mean_heat(&self) -> f64 {
        self.heat.iter().map(|heat| log_heat(*heat)).sum::<f64>() / 5.0
    }

    fn odd_shape(&self) -> f64 {
        (1.0 + self.shape).ln()
    }

    fn odd_levels(&self) -> f64 {
        self.shift.clamp(-GREATEST_SHIFT, GREATEST_SHIFT)
    }
}

impl FilmEvidence {
    /// Of a chain in px of the input, chosen from candidates of L1..L5.
    pub(crate) fn new(
        chain: &VertebraKeypoints,
        candidates: &Candidates,
        looks: &FurtherLooks,
    ) -> Result<Self, Error> {
        Ok(Self {
            seen: ChainEvidence::new(chain, candidates),
            turned: looks.turned,
            share: share(chain, &candidates.lumbar),
            margins: candidates.margins(chain)?,
            change: looks.again.iter().map(|other| change(chain, other)).fold(0.0, f64::max),
            apart: looks.apart,
        })
    }

    /// The numbers that tell a lateral lumbar film from others: mean heat, its share on the chain,
    /// shape, change between looks, disagreement of pictures.
    #[must_use]
    pub fn of_view(&self) -> [f64; 5] {
        [self.seen.mean_heat(), self.share, self.seen.odd_shape(), self.change, self.apart]
    }

    /// The numbers that tell right points from wrong ones: mean and least heat, that of the ends of
    /// the chain, shape, what the shape says of the levels, change between looks, disagreement of
    /// pictures.
    ///
    /// The margins are not among them: on films where they are small, the rest has told already.
    #[must_use]
    pub fn of_points(&self) -> [f64; 8] {
        let chain = &self.seen;
        let ln = chain.heat.map(log_heat);
        let least = ln.iter().copied().fold(0.0, f64::min);
        let (shape, shift) = (chain.odd_shape(), chain.odd_levels());
        [chain.mean_heat(), least, ln[0], ln[4], shape, shift, self.change, self.apart]
    }

    /// The numbers that tell an upright film from one upside down, of the film as it is, then of
    /// the film turned: mean heat, that of L1, L5, T12 and S1, shape, what the shape says of the
    /// levels. A spine is much alike both ways; what lies beyond its ends is not.
    #[must_use]
    pub fn of_uprightness(&self) -> [f64; 14] {
        let of = |chain: &ChainEvidence| {
            let [l1, .., l5] = chain.heat.map(log_heat);
            let [t12, s1] = chain.beside.map(log_heat);
            [chain.mean_heat(), l1, l5, t12, s1, chain.odd_shape(), chain.odd_levels()]
        };
        let (seen, turned) = (of(&self.seen), of(&self.turned));
        std::array::from_fn(|i| if i < 7 { seen[i] } else { turned[i - 7] })
    }
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
pub(super) fn change(chain: &VertebraKeypoints, other: &VertebraKeypoints) -> f64 {
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

    fn at((x, y): (f64, f64)) -> Keypoint {
        Keypoint { x, y, confidence: HEAT }
    }

    fn chain() -> VertebraKeypoints {
        VertebraKeypoints::new(SPINE.map(at)).unwrap()
    }

    fn evidence(other: Option<Keypoint>, again: &[VertebraKeypoints]) -> FilmEvidence {
        let level = |p: (f64, f64)| std::iter::once(at(p)).chain(other).collect();
        let candidates = Candidates::new(SPINE.map(level).to_vec());
        let turned = ChainEvidence::new(&chain(), &candidates);
        let looks = FurtherLooks { again: again.to_vec(), turned, apart: 0.0 };
        FilmEvidence::new(&chain(), &candidates, &looks).unwrap()
    }

    #[test]
    fn a_sacrum_below_the_chain_is_evidence_of_the_chain_that_it_belongs_to() {
        let alone = evidence(None, &[]);
        assert_eq!((alone.seen.beside, alone.seen), ([0.05; 2], alone.turned));
        let mut levels: Vec<Vec<Keypoint>> = SPINE.map(|p| vec![at(p)]).to_vec();
        levels.extend([vec![], vec![at((52.0, 190.0))]]);
        let seen = ChainEvidence::new(&chain(), &Candidates::new(levels));
        assert_eq!(seen.beside, [0.05, HEAT]);
        let turned = FilmEvidence { turned: seen, ..alone }.of_uprightness();
        let differs = |i: &usize| turned[*i] != alone.of_uprightness()[*i];
        assert_eq!((0..14).filter(differs).collect::<Vec<_>>(), [11]);
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
        let turned = ChainEvidence::new(&chain, &candidates);
        let looks = FurtherLooks { again: vec![chain], turned, apart: 0.0 };
        let evidence = FilmEvidence::new(&chain, &candidates, &looks).unwrap();
        let values = evidence.of_view().into_iter().chain(evidence.of_points());
        let values = values.chain(evidence.of_uprightness());
        assert!(values.into_iter().all(f64::is_finite), "{evidence:?}");
    }
}
