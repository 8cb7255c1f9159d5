//! One film of one subject: rendered, and annotated from the same geometry.

use crate::anatomy::spine::Spine;
use crate::anatomy::variation::Transition;
use crate::dice::Dice;
use crate::error::Error;
use crate::imaging::detector::develop;
use crate::imaging::exposure::Exposure;
use crate::imaging::integrals::LineIntegrals;
use crate::tissues::anatomy::Anatomy;
use crate::tissues::projection::Projection;
use vertebra_keypoints::{FilmAnnotation, Level, SixPoints, VertebraAnnotation, VertebraKeypoints};
use vertebra_raster::{Film, Image};
use vertebra_run::Seed;

/// A rendered film.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PhantomFilm {
    /// 12 bits, bone bright.
    pub image: Image<u16>,
    /// Detector spacing `[row, col]`, mm.
    pub spacing_mm: [f64; 2],
    /// Centres, outlines and six points of L1..L5, exact.
    pub annotation: FilmAnnotation,
    /// Centres of the bodies of T12 and S1, px, on the film or beyond it, where they are known.
    pub neighbours: Option<[(f64, f64); 2]>,
    /// A vertebra between lumbar and sacral, if there is one.
    pub transition: Option<Transition>,
}

impl PhantomFilm {
    /// The picture without its annotation, borrowed.
    #[must_use]
    pub fn as_film(&self) -> Film<'_, u16> {
        Film { spacing_mm: Some(self.spacing_mm), ..self.image.as_film() }
    }
}

/// Renders a film and annotates it exactly; `file_name` goes into the annotation. The same
/// arguments give the same film.
///
/// # Errors
/// [`Error::InvalidSetting`] for an exposure whose detector is smaller than 64 px or whose
/// numbers are not finite and positive.
pub fn render_film(
    anatomy: &Anatomy,
    exposure: &Exposure,
    file_name: &str,
    seed: u64,
) -> Result<PhantomFilm, Error> {
    exposure.check()?;
    let projection = exposure.projection(&anatomy.spine);
    let mut dice = Dice::new(Seed::new(seed).at(&[0xf11a]));
    let integrals = LineIntegrals::of(anatomy, exposure, &projection, &mut dice);
    let pixels = develop(&integrals, exposure, &mut dice);
    Ok(PhantomFilm {
        image: Image { pixels, height: exposure.height, width: exposure.width },
        spacing_mm: [exposure.pitch_mm; 2],
        annotation: annotate(&anatomy.spine, exposure, &projection, file_name)?,
        neighbours: Some(anatomy.spine.lumbar_neighbours().map(|p| projection.to_film(p))),
        transition: anatomy.transition,
    })
}

fn annotate(
    spine: &Spine,
    exposure: &Exposure,
    projection: &Projection,
    file_name: &str,
) -> Result<FilmAnnotation, Error> {
    let vertebrae: Vec<VertebraAnnotation> = Level::ALL
        .into_iter()
        .map(|level| {
            let body = spine.lumbar(level);
            let film = |p: (f64, f64)| projection.to_film(body.to_patient(p));
            VertebraAnnotation::new(level)
                .with_six_points(SixPoints::from(body.six_points().map(film)))
                .with_polygon(body.outline().into_iter().map(film).collect())
        })
        .collect();
    let centres = Level::ALL.map(|level| {
        let points = spine.lumbar(level).six_points();
        let film = points.map(|p| projection.to_film(spine.lumbar(level).to_patient(p)));
        SixPoints::from(film).centre()
    });
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    let size = [exposure.height, exposure.width];
    Ok(FilmAnnotation::new(file_name, size, keypoints, vertebrae))
}
