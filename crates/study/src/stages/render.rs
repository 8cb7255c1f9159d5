//! Every subject's film as each image variant shows it.

use crate::Error;
use crate::films::variant_pictures::{FilmToRender, VariantPictures, render_all};
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use vertebra_alignment::ImageVariant;
use vertebra_keypoints::VertebraKeypoints;

/// Variants that every film allows: those with masks need every vertebra's outline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PossibleVariants {
    pub(crate) variants: Vec<ImageVariant>,
    /// How many of the variants asked for were left out, and why.
    pub(crate) notes: Vec<String>,
}

impl PossibleVariants {
    /// # Errors
    /// [`Error::InvalidSetting`] where none is left.
    pub(crate) fn of(context: Context<'_>) -> Result<Self, Error> {
        let asked = &context.config.variants;
        let without = (0..context.data.n()).filter(|&i| !is_outlined(context, i)).count();
        let possible = |v: &ImageVariant| without == 0 || !v.is_masked();
        let variants: Vec<_> = asked.iter().copied().filter(possible).collect();
        if variants.is_empty() {
            return Err(Error::InvalidSetting {
                name: "variants".to_owned(),
                expected: "one without masks, as some films lack outlines of vertebrae",
                got: "masked ones only".to_owned(),
            });
        }
        let left_out = asked.len() - variants.len();
        let note = format!(
            "{without} films lack outlines of vertebrae: {left_out} variants with masks were left \
             out."
        );
        Ok(Self { variants, notes: (left_out > 0).then_some(note).into_iter().collect() })
    }
}

fn is_outlined(context: Context<'_>, subject: usize) -> bool {
    let film = context.data.annotation(subject);
    film.is_some_and(|film| film.polygons().iter().all(Option::is_some))
}

/// Renders the variants of every film with these keypoints, in px of the films.
pub(crate) fn render(
    context: Context<'_>,
    variants: &[ImageVariant],
    keypoints: &[VertebraKeypoints],
    observer: &mut Observer<'_>,
) -> Result<Vec<VariantPictures>, Error> {
    let film = |(i, keypoints)| film_to_render(context, i, keypoints);
    let films: Vec<FilmToRender<'_>> = keypoints.iter().enumerate().map(film).collect();
    observer.stage("rendering image variants", Some(films.len()));
    render_all(&films, variants, &context.config.picture, &mut |n| observer.done(n))
}

/// A subject's film with these keypoints.
pub(crate) fn film_to_render<'a>(
    context: Context<'a>,
    subject: usize,
    keypoints: &'a VertebraKeypoints,
) -> FilmToRender<'a> {
    FilmToRender {
        path: context.film_path(subject),
        read: context.data.read_options(subject),
        keypoints,
        annotation: context.data.annotation(subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::Scene;
    use vertebra_alignment::ImageVariant::{L1L5, Patches, PatchesMasked};

    fn without_outline(scene: &mut Scene) {
        let name = scene.data.films[0].clone();
        let films = &mut scene.data.annotations.films;
        films.iter_mut().find(|film| film.file_name == name).unwrap().vertebrae.clear();
    }

    #[test]
    fn masks_need_the_outlines_of_every_film() {
        let mut scene = Scene::new();
        let all = PossibleVariants::of(scene.context()).unwrap();
        assert_eq!(all.variants, [L1L5, Patches, PatchesMasked]);
        assert!(all.notes.is_empty());
        without_outline(&mut scene);
        let some = PossibleVariants::of(scene.context()).unwrap();
        assert_eq!(some.variants, [L1L5, Patches]);
        let note = "1 films lack outlines of vertebrae: 1 variants with masks were left out.";
        assert_eq!(some.notes, [note]);
    }

    #[test]
    fn masked_variants_alone_without_outlines_are_an_error() {
        let mut scene = Scene::new();
        without_outline(&mut scene);
        scene.config.variants = vec![PatchesMasked];
        let error = PossibleVariants::of(scene.context()).unwrap_err().to_string();
        assert!(error.contains("variants: expected one without masks"), "{error}");
    }

    #[test]
    fn every_subject_is_rendered_in_the_size_of_the_variant() {
        let scene = Scene::new();
        let keypoints = scene.annotated();
        let variants = [L1L5, Patches];
        let rendered = render(scene.context(), &variants, &keypoints, &mut |_| {}).unwrap();
        let shapes: Vec<_> = rendered.iter().map(|v| v.images.shape()).collect();
        assert_eq!(shapes, [[1, 32, 32], [5, 32, 32]]);
        for (pictures, variant) in rendered.iter().zip(variants) {
            assert_eq!(pictures.variant, variant);
            assert_eq!(pictures.images.n_subjects(), scene.data.n());
            assert!(pictures.alignments.iter().all(|a| a.len() == variant.n_images()));
        }
    }
}
