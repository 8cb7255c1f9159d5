//! Every subject's baseline film as each image variant shows it.

use crate::Error;
use crate::config::PictureConfig;
use crate::films::film::check_annotated;
use rayon::prelude::*;
use vertebra_alignment::{
    Alignment, Field, Film, ImageVariant, VariantImages, VariantOptions, VertebraMasks,
};
use vertebra_deepsurv::{ImageFileWriter, ImageSet};
use vertebra_keypoints::{DecidedFacing, FilmAnnotation, VertebraKeypoints, facing};
use vertebra_radiograph::{Facing, Radiograph, ReadOptions};
use vertebra_raster::Image;

/// What is needed to render one film.
pub(crate) struct FilmToRender<'a> {
    pub(crate) path: std::path::PathBuf,
    pub(crate) read: ReadOptions,
    pub(crate) keypoints: &'a VertebraKeypoints,
    pub(crate) annotation: Option<&'a FilmAnnotation>,
}

/// One variant of every subject's film.
pub(crate) struct VariantPictures {
    pub(crate) variant: ImageVariant,
    pub(crate) images: ImageSet,
    /// Which way each subject faces on the film, where that is known.
    pub(crate) facing: Vec<Option<Facing>>,
    /// One per picture of each subject.
    pub(crate) alignments: Vec<Vec<Alignment>>,
}

/// One film in every variant.
pub(crate) struct Rendered {
    pub(crate) images: Vec<VariantImages>,
    /// Which way its subject faces.
    pub(crate) facing: Option<Facing>,
}

/// The renderer's settings for one film.
pub(crate) fn options(config: &PictureConfig, facing: Option<Facing>) -> VariantOptions {
    VariantOptions::default()
        .with_size(config.size)
        .with_patch_size(config.patch_size)
        .with_mode(config.mode)
        .with_margin(config.margin)
        .with_flip(facing == Some(Facing::Right))
}

/// Which way the subject of a film with these points faces.
pub(crate) fn decided_facing(
    film: &Radiograph,
    keypoints: &VertebraKeypoints,
) -> Option<DecidedFacing> {
    let picture = || film.estimate_facing().ok().map(|estimate| estimate.log_odds_right());
    facing(film.facing(), keypoints, film.spacing().mm(), picture)
}

/// Renders the variants of one decoded film; anterior comes out on the left.
pub(crate) fn render_film(
    film: &Radiograph,
    keypoints: &VertebraKeypoints,
    masks: Option<&VertebraMasks>,
    variants: &[ImageVariant],
    config: &PictureConfig,
) -> Result<Rendered, vertebra_alignment::Error> {
    let facing = decided_facing(film, keypoints).map(|decided| decided.facing);
    let valid = film.valid();
    let film = Film::from(film);
    let options = options(config, facing).with_field(Field::exposed(&film, valid)?);
    let images = variants.iter().map(|&v| options.render(&film, keypoints, masks, v));
    Ok(Rendered { images: images.collect::<Result<_, _>>()?, facing })
}

/// Where the pictures of one variant go, subject by subject.
pub(crate) enum PictureSink {
    Memory(Vec<f32>),
    File(Box<ImageFileWriter>),
}

impl PictureSink {
    fn push(&mut self, images: &[Image]) -> Result<(), Error> {
        match self {
            Self::Memory(pixels) => {
                images.iter().for_each(|image| pixels.extend_from_slice(&image.pixels));
            }
            Self::File(file) => {
                let pixels: Vec<f32> = images.iter().flat_map(|i| &i.pixels).copied().collect();
                file.push(&pixels)?;
            }
        }
        Ok(())
    }

    fn finish(self, shape: [usize; 3]) -> Result<ImageSet, Error> {
        Ok(match self {
            Self::Memory(pixels) => ImageSet::new(pixels, shape)?,
            Self::File(file) => file.finish()?,
        })
    }
}

/// Renders every variant of every film into a sink of its own, films in parallel; `on_film` is told
/// after each chunk how many are done.
pub(crate) fn render_all(
    films: &[FilmToRender<'_>],
    variants: &[ImageVariant],
    config: &PictureConfig,
    mut sinks: Vec<PictureSink>,
    on_film: &mut dyn FnMut(usize),
) -> Result<Vec<VariantPictures>, Error> {
    let mut alignments: Vec<Vec<Vec<Alignment>>> = variants.iter().map(|_| Vec::new()).collect();
    let (mut done, mut facing) = (0, Vec::with_capacity(films.len()));
    for chunk in films.chunks(32) {
        let part: Result<Vec<_>, Error> =
            chunk.par_iter().map(|film| render_one(film, variants, config)).collect();
        for film in part? {
            facing.push(film.facing);
            for (k, images) in film.images.into_iter().enumerate() {
                sinks[k].push(&images.images)?;
                alignments[k].push(images.alignments);
            }
        }
        done += chunk.len();
        on_film(done);
    }
    let pictures = variants.iter().zip(sinks).zip(alignments);
    let pictures = pictures.map(|((&variant, sink), alignments)| {
        let images = sink.finish(shape(variant, config))?;
        Ok(VariantPictures { variant, images, facing: facing.clone(), alignments })
    });
    pictures.collect()
}

/// `[images per subject, height, width]` of a variant.
pub(crate) fn shape(variant: ImageVariant, config: &PictureConfig) -> [usize; 3] {
    let side = if variant.n_images() == 1 { config.size } else { config.patch_size };
    [variant.n_images(), side, side]
}

/// Renders variants of one film.
pub(crate) fn render_one(
    film: &FilmToRender<'_>,
    variants: &[ImageVariant],
    config: &PictureConfig,
) -> Result<Rendered, Error> {
    let radiograph = film.read.read(&film.path)?;
    let masks = match film.annotation {
        Some(annotation) => {
            let size = [radiograph.height(), radiograph.width()];
            check_annotated(&film.path, size, annotation)?;
            Some(
                VertebraMasks::from_polygons(annotation.polygons())
                    .map_err(Error::alignment(&film.path))?,
            )
        }
        None => None,
    };
    render_film(&radiograph, film.keypoints, masks.as_ref(), variants, config)
        .map_err(Error::alignment(&film.path))
}
