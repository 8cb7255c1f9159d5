//! Osteoporotic fractures: a body loses height, and the spine above follows it.
//!
//! Forms after Genant et al., J Bone Miner Res 1993;8(9):1137: wedge (front), biconcave (middle),
//! crush (all three heights).

use crate::anatomy::body::VertebralBody;
use crate::anatomy::spine::{FIRST_LUMBAR, Spine};
use crate::dice::Dice;
use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Form of a fracture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FractureKind {
    /// The front is lost.
    Wedge,
    /// The middle of both end plates is lost.
    Biconcave,
    /// The whole body is lower.
    Crush,
}

/// One fractured vertebra.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fracture {
    /// Which vertebra.
    pub level: Level,
    /// Form.
    pub kind: FractureKind,
    /// Fraction of the most affected height that is lost.
    pub loss: f64,
}

/// How often each lumbar level is the one that breaks: most often at the thoracolumbar junction.
const LEVEL_WEIGHTS: [f64; 5] = [0.40, 0.22, 0.14, 0.14, 0.10];
/// Smallest and largest loss: beyond the 3 SD rule of every ratio, up to Genant grade 3.
const LOSS: [f64; 2] = [0.28, 0.55];

impl Fracture {
    /// A fracture that takes the fraction `loss` of the most affected height.
    #[must_use]
    pub fn new(level: Level, kind: FractureKind, loss: f64) -> Self {
        Self { level, kind, loss }
    }

    pub(crate) fn sample(dice: &mut Dice) -> Self {
        let kind = match dice.uniform(0.0, 1.0) {
            u if u < 0.5 => FractureKind::Wedge,
            u if u < 0.8 => FractureKind::Biconcave,
            _ => FractureKind::Crush,
        };
        // Losses near the lower end are the most frequent.
        let loss = LOSS[0] + (LOSS[1] - LOSS[0]) * dice.uniform(0.0, 1.0).powf(1.6);
        Self { level: sample_level(dice), kind, loss }
    }
}

fn sample_level(dice: &mut Dice) -> Level {
    let mut u = dice.uniform(0.0, LEVEL_WEIGHTS.iter().sum());
    for (level, weight) in Level::ALL.into_iter().zip(LEVEL_WEIGHTS) {
        u -= weight;
        if u < 0.0 {
            return level;
        }
    }
    Level::L5
}

impl Spine {
    /// The same spine after a fracture: the body is deformed, its superior end plate taking most
    /// of the loss, and everything above sinks and tips forward with it.
    #[must_use]
    pub fn with_fracture(&self, fracture: &Fracture) -> Self {
        let mut spine = self.clone();
        let broken = spine.lumbar_mut(fracture.level);
        let before = *broken;
        deform(broken, fracture);
        let after = *broken;
        let index = FIRST_LUMBAR + fracture.level.index();
        settle(&mut spine.bodies[..index], &before, &after);
        spine
    }
}

fn deform(body: &mut VertebralBody, fracture: &Fracture) {
    let h = body.heights();
    let [front, middle, back] = match fracture.kind {
        FractureKind::Wedge => [fracture.loss, 0.55 * fracture.loss, 0.08 * fracture.loss],
        FractureKind::Biconcave => [0.25 * fracture.loss, fracture.loss, 0.08 * fracture.loss],
        FractureKind::Crush => [fracture.loss, fracture.loss, 0.92 * fracture.loss],
    };
    let lost = [front * h.anterior, middle * h.middle, back * h.posterior];
    let sunk = lost[1] - 0.5 * (lost[0] + lost[2]); // beyond what the corners lose
    let share = if fracture.kind == FractureKind::Biconcave { 0.5 } else { 0.75 };
    body.superior.anterior += share * lost[0];
    body.superior.posterior += share * lost[2];
    body.superior.concavity += share * sunk;
    body.inferior.anterior -= (1.0 - share) * lost[0];
    body.inferior.posterior -= (1.0 - share) * lost[2];
    body.inferior.concavity += (1.0 - share) * sunk;
    body.sclerosis = body.sclerosis.max(0.7);
    body.waist += 0.8;
}

/// Moves the bodies above as one with the middle of the broken body's superior end plate.
fn settle(above: &mut [VertebralBody], before: &VertebralBody, after: &VertebralBody) {
    let middle = |body: &VertebralBody| {
        let plate = &body.superior;
        body.to_patient((0.0, 0.5 * (plate.anterior + plate.posterior)))
    };
    let slope = |body: &VertebralBody| {
        let plate = &body.superior;
        (plate.anterior - plate.posterior).atan2(plate.length)
    };
    // Discs and posture take up part of the wedge.
    let angle = 0.7 * (slope(after) - slope(before));
    let (from, to) = (middle(before), middle(after));
    let (sin, cos) = angle.sin_cos();
    for body in above {
        let (x, y) = (body.centre.0 - from.0, body.centre.1 - from.1);
        body.centre = (to.0 + x * cos - y * sin, to.1 + x * sin + y * cos);
        body.tilt += angle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_cohort::Sex;
    use vertebra_run::Seed;

    fn broken(kind: FractureKind) -> (Spine, Spine) {
        let spine = Spine::sample(&mut Dice::new(Seed::new(5)), Sex::Female, 70.0);
        let fracture = Fracture { level: Level::L2, kind, loss: 0.4 };
        (spine.clone(), spine.with_fracture(&fracture))
    }

    #[test]
    fn each_form_loses_the_height_it_is_named_after() {
        for kind in [FractureKind::Wedge, FractureKind::Biconcave, FractureKind::Crush] {
            let (before, after) = broken(kind);
            let (b, a) = (before.heights()[1], after.heights()[1]);
            let kept = match kind {
                FractureKind::Wedge => a.anterior / b.anterior,
                FractureKind::Biconcave => a.middle / b.middle,
                FractureKind::Crush => a.posterior / b.posterior,
            };
            let expected = if kind == FractureKind::Crush { 1.0 - 0.92 * 0.4 } else { 0.6 };
            assert!((kept - expected).abs() < 0.01, "{kind:?} keeps {kept}");
        }
    }

    #[test]
    fn what_lies_above_sinks_and_what_lies_below_stays() {
        let (before, after) = broken(FractureKind::Wedge);
        assert!(after.lumbar(Level::L1).centre.1 > before.lumbar(Level::L1).centre.1 + 2.0);
        assert!(after.lumbar(Level::L1).tilt > before.lumbar(Level::L1).tilt + 0.05);
        assert_eq!(after.lumbar(Level::L3), before.lumbar(Level::L3));
        assert_eq!(after.sacrum, before.sacrum);
    }
}
