//! Every subject's film as each image variant shows it.

use crate::Error;
use crate::films::picture_store::PictureStore;
use crate::films::variant_pictures::{FilmToRender, PictureSink, VariantPictures, render_all};
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

/// Renders the variants of every film with these keypoints, in px of the films, into memory.
pub(crate) fn render(
    context: Context<'_>,
    variants: &[ImageVariant],
    keypoints: &[VertebraKeypoints],
    observer: &mut Observer<'_>,
) -> Result<Vec<VariantPictures>, Error> {
    let films = films_to_render(context, keypoints);
    let sinks = variants.iter().map(|_| PictureSink::Memory(Vec::new())).collect();
    observer.stage("rendering image variants", Some(films.len()));
    render_all(&films, variants, &context.config.picture, sinks, &mut |n| observer.done(n))
}

/// The same in files of the work folder, where an earlier call, or another share, may have put them
/// already; `content` says what is in the films' files. Into memory where there is no work folder.
pub(crate) fn render_kept(
    context: Context<'_>,
    variants: &[ImageVariant],
    (keypoints, content): (&[VertebraKeypoints], &str),
    observer: &mut Observer<'_>,
) -> Result<Vec<VariantPictures>, Error> {
    let Some(folder) = context.work.pictures() else {
        return render(context, variants, keypoints, observer);
    };
    let (films, config) = (films_to_render(context, keypoints), &context.config.picture);
    let store = PictureStore::new(folder, (&films, content), variants, config);
    observer.stage("rendering image variants", Some(films.len()));
    context.work.alone("pictures", || {
        match store.open() {
            Ok(Some(pictures)) => return Ok(pictures),
            Ok(None) => {}
            Err(damaged) => observer.note(format!("{damaged}; the pictures are made anew")),
        }
        let sinks = store.sinks()?;
        let pictures = render_all(&films, variants, config, sinks, &mut |n| observer.done(n))?;
        store.finish(&pictures)?;
        Ok(pictures)
    })
}

fn films_to_render<'a>(
    context: Context<'a>,
    keypoints: &'a [VertebraKeypoints],
) -> Vec<FilmToRender<'a>> {
    let film = |(i, keypoints)| film_to_render(context, i, keypoints);
    keypoints.iter().enumerate().map(film).collect()
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
    use crate::Progress;
    use crate::code_name::code_name;
    use crate::test_data::{Scene, moved};
    use crate::work_folder::WorkFolder;
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
    fn kept_pictures_are_those_in_memory_and_damaged_ones_are_named_and_made_anew() {
        let scene = Scene::new();
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::open(folder.path(), "a").unwrap();
        let context = Context { work: &work, ..scene.context() };
        let (keypoints, variants) = (scene.annotated(), [L1L5, Patches]);
        let in_memory = render(context, &variants, &keypoints, &mut |_| {}).unwrap();
        let kept = |keypoints: &[VertebraKeypoints], content| {
            let (mut notes, mut steps) = (Vec::new(), 0);
            let mut hear = |message| match message {
                Progress::Note(note) => notes.push(note),
                Progress::Step(done) => steps = done,
                Progress::Stage { .. } => {}
            };
            let pictures = render_kept(context, &variants, (keypoints, content), &mut hear);
            let pictures = pictures.unwrap();
            for (kept, held) in pictures.iter().zip(&in_memory) {
                assert_eq!(kept.facing, held.facing);
                if *keypoints == scene.annotated() {
                    assert_eq!(kept.images.to_vec().unwrap(), held.images.to_vec().unwrap());
                    let matrices = |v: &VariantPictures| serde_json::to_string(&v.alignments);
                    assert_eq!(matrices(kept).unwrap(), matrices(held).unwrap());
                }
            }
            (notes, steps as usize)
        };
        let n = scene.data.n();
        assert_eq!(kept(&keypoints, "films"), (vec![], n));
        assert_eq!(kept(&keypoints, "films"), (vec![], 0), "read, not rendered");
        let (notes, steps) = kept(&keypoints, "other films");
        assert!(notes[0].contains("geometry.json: expected the places of the"), "{notes:?}");
        assert!(notes[0].ends_with("got those of others; the pictures are made anew"));
        assert_eq!(steps, n);
        let (notes, _) = kept(&moved(&keypoints, 1.0), "other films");
        assert_eq!(notes.len(), 1, "the points are part of the key");
        assert_eq!(kept(&keypoints, "films").0.len(), 1);

        let file = |name: &str| work.pictures().unwrap().join(name);
        let patches = file(&format!("{}.safetensors", code_name(Patches.label())));
        let whole = std::fs::read(&patches).unwrap();
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        for damaged in [&altered, &whole[..whole.len() - 1]] {
            std::fs::write(&patches, damaged).unwrap();
            let (notes, steps) = kept(&keypoints, "films");
            assert!(notes[0].contains(".safetensors: expected "), "{notes:?}");
            assert_eq!((notes.len(), steps), (1, n));
            assert_eq!(std::fs::read(&patches).unwrap(), whole);
        }
        std::fs::write(file("geometry.json"), "{").unwrap();
        assert_eq!(kept(&keypoints, "films").0.len(), 1);
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
