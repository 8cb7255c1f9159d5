//! Drawn pictures that are no lateral lumbar films, to teach a detector what to refuse: other parts
//! of the body and other views, roughly as radiographs show them, and pictures of other kinds.

mod canvas;
mod pictures;
mod views;

use canvas::Canvas;
use rand::RngExt;
use std::fmt;
use vertebra_raster::Image;
use vertebra_run::Seed;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the documentation
pub enum OtherFilm {
    FrontalSpine,
    Chest,
    Cervical,
    LateralThoracic,
    Hand,
    Limb,
    SkullOrPelvis,
    Slice,
    Noise,
    Blank,
    Text,
    Texture,
    Things,
}

impl OtherFilm {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::FrontalSpine,
        Self::Chest,
        Self::Cervical,
        Self::LateralThoracic,
        Self::Hand,
        Self::Limb,
        Self::SkullOrPelvis,
        Self::Slice,
        Self::Noise,
        Self::Blank,
        Self::Text,
        Self::Texture,
        Self::Things,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::FrontalSpine => "frontal spine",
            Self::Chest => "chest",
            Self::Cervical => "cervical spine",
            Self::LateralThoracic => "lateral thoracic spine",
            Self::Hand => "hand",
            Self::Limb => "limb",
            Self::SkullOrPelvis => "skull, pelvis",
            Self::Slice => "slice (CT, MR)",
            Self::Noise => "noise",
            Self::Blank => "blank",
            Self::Text => "text",
            Self::Texture => "texture",
            Self::Things => "things",
        }
    }

    /// One picture of this height and of 55 to 120 % of it in width, bone bright.
    #[must_use]
    pub fn draw(self, height: usize, seed: Seed) -> Image {
        let mut dice = seed.generator();
        let width = (height as f64 * (0.55 + 0.65 * dice.random::<f64>())) as usize;
        let mut canvas = Canvas::new([height, width], dice);
        match self {
            Self::FrontalSpine => views::frontal_spine(&mut canvas),
            Self::Chest => views::chest(&mut canvas),
            Self::Cervical => views::cervical(&mut canvas),
            Self::LateralThoracic => views::lateral_thoracic(&mut canvas),
            Self::Hand => views::hand(&mut canvas),
            Self::Limb => views::limb(&mut canvas),
            Self::SkullOrPelvis => views::skull_or_pelvis(&mut canvas),
            Self::Slice => views::slice(&mut canvas),
            Self::Noise => pictures::noise(&mut canvas),
            Self::Blank => pictures::blank(&mut canvas),
            Self::Text => pictures::text(&mut canvas),
            Self::Texture => pictures::texture(&mut canvas),
            Self::Things => pictures::things(&mut canvas),
        }
        canvas.developed()
    }
}

impl fmt::Display for OtherFilm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_picture_of_its_own_and_a_function_of_the_seed() {
        for kind in OtherFilm::ALL {
            let draw = |seed: u64| kind.draw(96, Seed::new(seed));
            let picture = draw(3);
            picture.as_film().check_finite().unwrap_or_else(|e| panic!("{kind}: {e}"));
            assert_eq!(picture, draw(3), "{kind}");
            assert_ne!(picture.pixels, draw(4).pixels, "{kind}");
            assert!((52..=116).contains(&picture.width), "{kind}: {}", picture.width);
        }
    }
}
