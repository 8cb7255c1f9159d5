//! Films for training a detector: more varied than a cohort's.

use crate::Error;
use crate::anatomy::fracture::Fracture;
use crate::cohort::hazard::Profile;
use crate::dice::Dice;
use crate::imaging::exposure::{Exposure, Rendering};
use crate::imaging::film::{PhantomFilm, render_film};
use crate::tissues::anatomy::Anatomy;
use vertebra_run::Seed;

/// A film of a person drawn from the cohort's population, for training a detector: varied exposure
/// ([`Exposure::sample_varied`]) on a film of that height and of 45 to 100 % of that width, a
/// fractured vertebra in every third, bones from thin to dense, discs from high to narrow, slipped
/// and curved spines, bony lips, rarely a lumbosacral transition ([`crate::Transition`]), sacrum
/// and hips in detail. On projections three of four spines are worn, their bodies thin between
/// standing end plates, their joints dense and irregular; on other films the posterior elements are
/// fainter than the bodies.
///
/// # Errors
/// [`Error::InvalidSetting`] for a film smaller than 64 px.
///
/// # Examples
/// ```
/// let film = vertebra_phantom::sample_training_film([96, 80], 1)?;
/// assert_eq!(film.image.height, 96);
/// assert_eq!(film.annotation.keypoints.points().len(), 5);
/// # Ok::<(), vertebra_phantom::Error>(())
/// ```
pub fn sample_training_film(size: [usize; 2], seed: u64) -> Result<PhantomFilm, Error> {
    film(size, seed, false)
}

/// The training film of that seed with little contrast, as many clinics' films have it: scatter
/// and a veil leave bodies hardly brighter than what lies around them, 10 to 50 % of an eight-bit
/// scale is used, and the film is taken from up to a quarter farther away.
///
/// # Errors
/// [`Error::InvalidSetting`] for a film smaller than 64 px.
pub fn sample_faint_film(size: [usize; 2], seed: u64) -> Result<PhantomFilm, Error> {
    film(size, seed, true)
}

fn film([height, width]: [usize; 2], seed: u64, faint: bool) -> Result<PhantomFilm, Error> {
    let mut dice = Dice::new(Seed::new(seed).at(&[0x7a17]));
    let profile = Profile::sample(&mut dice);
    let density = profile.density + dice.normal_within(0.0, 0.7, 2.0);
    let mut anatomy = Anatomy::sample(profile.sex, profile.age, profile.bmi, density, seed);
    while dice.chance(0.3) {
        anatomy.spine = anatomy.spine.with_fracture(&Fracture::sample(&mut dice));
    }
    anatomy.spine.broaden(dice.uniform(1.0, 1.11), dice.uniform(0.95, 1.15));
    anatomy.vary(&mut dice);
    let narrowed = (width as f64 * dice.uniform(0.45, 1.0)).round() as usize;
    let size = [height, narrowed.max(width.min(64))];
    let seed_of_film = Seed::new(seed).at(&[0xac9]).value();
    let mut exposure = Exposure::sample_varied(&anatomy.spine, size, seed_of_film);
    if faint {
        exposure.fade(&mut Dice::new(Seed::new(seed).at(&[0xfade])));
    }
    match exposure.rendering {
        Rendering::Radiograph => anatomy.bone.fade_behind(&mut dice),
        Rendering::LineIntegral => anatomy.bone.wear(&mut dice),
    }
    render_film(&anatomy, &exposure, &format!("{seed}.dcm"), seed)
}
