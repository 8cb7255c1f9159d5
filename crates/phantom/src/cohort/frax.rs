//! Stand-ins for densitometry and FRAX columns.
//!
//! FRAX is a licensed calculator with unpublished coefficients; nothing here computes it. The
//! surrogate exists so that a program's way of importing such columns can be exercised: it has the
//! right inputs and a believable range, and no other claim.

use crate::cohort::hazard::Profile;
use crate::dice::Dice;
use vertebra_cohort::{FraxPercent, Sex};

/// A femoral-neck T-score correlated 0.6 with the latent density, and four percentages that rise
/// with age, female sex, glucocorticoids and secondary osteoporosis and fall with BMI and T-score.
pub(crate) fn surrogate(profile: &Profile, dice: &mut Dice) -> (Option<f64>, FraxPercent) {
    let z = 0.6 * profile.density + dice.normal_within(0.0, 0.8, 2.5);
    let tscore = round(-1.2 + 1.0 * z, 10.0);
    let flag = |b: bool| f64::from(u8::from(b));
    let clinical = 0.065 * (profile.age - 60.0)
        + 0.5 * flag(profile.sex == Sex::Female)
        + 0.45 * flag(profile.glucocorticoids)
        + 0.25 * flag(profile.rheumatoid_arthritis)
        + 0.25 * flag(profile.secondary_osteoporosis)
        - 0.03 * (profile.bmi - 24.0);
    let percent = |base: f64, logit: f64| round(100.0 / (1.0 + (-(base + logit)).exp()), 10.0);
    let bone = -0.5 * (tscore + 1.2);
    let mut frax = FraxPercent::default();
    frax.mof_bmd = Some(percent(-3.0, clinical + bone));
    frax.hip_bmd = Some(percent(-4.6, 1.4 * clinical + 1.8 * bone));
    frax.mof = Some(percent(-2.9, clinical));
    frax.hip = Some(percent(-4.4, 1.4 * clinical));
    (Some(tscore), frax)
}

fn round(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}
