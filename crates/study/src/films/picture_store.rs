//! The pictures of every subject in every variant, kept in a folder so that memory holds a batch of
//! them alone.
//!
//! Each variant has a [`vertebra_deepsurv::ImageFile`]; `geometry.json`, written last, says where
//! on their films the pictures lie. All hold one key: the digest of what the pictures depend on.

use crate::Error;
use crate::code_name::code_name;
use crate::config::PictureConfig;
use crate::films::variant_pictures::{FilmToRender, PictureSink, VariantPictures, shape};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_alignment::{Alignment, ImageVariant};
use vertebra_deepsurv::ImageFile;
use vertebra_keypoints::VertebraKeypoints;
use vertebra_radiograph::Facing;
use vertebra_run::{Digest, write_whole};

/// Changes when the same films and settings give other pictures.
const VERSION: u32 = 1;

/// What is kept of the films besides the pictures.
#[derive(Debug, Serialize, Deserialize)]
struct Geometry {
    key: String,
    facing: Vec<Option<Facing>>,
    /// By variant, by subject, by picture.
    alignments: Vec<Vec<Vec<Alignment>>>,
}

/// A folder for the pictures of some films.
pub(crate) struct PictureStore<'a> {
    folder: PathBuf,
    key: String,
    n_subjects: usize,
    variants: &'a [ImageVariant],
    config: &'a PictureConfig,
}

impl<'a> PictureStore<'a> {
    /// `content` says what is in the files of the films.
    pub(crate) fn new(
        folder: PathBuf,
        (films, content): (&[FilmToRender<'_>], &str),
        variants: &'a [ImageVariant],
        config: &'a PictureConfig,
    ) -> Self {
        let key = key(films, content, variants, config);
        Self { folder, key, n_subjects: films.len(), variants, config }
    }

    /// The pictures that were kept before; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::RiskModel`] for files that are damaged or were made from
    /// something else.
    pub(crate) fn open(&self) -> Result<Option<Vec<VariantPictures>>, Error> {
        let path = self.geometry();
        if !path.exists() {
            return Ok(None);
        }
        let malformed = |got: String| {
            let expected = "the places of the pictures of these films and settings".to_owned();
            Error::Malformed { path: path.clone(), expected, got }
        };
        let text = std::fs::read(&path).map_err(Error::io(&path))?;
        let geometry: Geometry =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if geometry.key != self.key {
            return Err(malformed("those of others".to_owned()));
        }
        let images = self.variants.iter().map(|&variant| Ok(self.file(variant).open()?));
        let images: Vec<_> = images.collect::<Result<_, Error>>()?;
        let pairs = self.variants.iter().zip(images).zip(geometry.alignments);
        let pictures = pairs.map(|((&variant, images), alignments)| VariantPictures {
            variant,
            images,
            facing: geometry.facing.clone(),
            alignments,
        });
        Ok(Some(pictures.collect()))
    }

    /// Where the pictures of each variant go.
    pub(crate) fn sinks(&self) -> Result<Vec<PictureSink>, Error> {
        std::fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        let sink = |&variant| Ok(PictureSink::File(Box::new(self.file(variant).create()?)));
        self.variants.iter().map(sink).collect()
    }

    /// Keeps where the pictures lie, after they are written.
    pub(crate) fn finish(&self, pictures: &[VariantPictures]) -> Result<(), Error> {
        let geometry = Geometry {
            key: self.key.clone(),
            facing: pictures.first().map(|v| v.facing.clone()).unwrap_or_default(),
            alignments: pictures.iter().map(|v| v.alignments.clone()).collect(),
        };
        let path = self.geometry();
        let text = serde_json::to_vec(&geometry).map_err(|e| Error::io(&path)(e.into()))?;
        Ok(write_whole(&path, text)?)
    }

    fn geometry(&self) -> PathBuf {
        self.folder.join("geometry.json")
    }

    fn file(&self, variant: ImageVariant) -> ImageFile {
        let path = self.folder.join(code_name(variant.label())).with_extension("safetensors");
        ImageFile::new(path, &*self.key, self.n_subjects, shape(variant, self.config))
    }
}

/// The digest of all that the pictures depend on.
fn key(
    films: &[FilmToRender<'_>],
    content: &str,
    variants: &[ImageVariant],
    config: &PictureConfig,
) -> String {
    let mut text = format!("{VERSION}\n{content}\n{variants:?}\n{config:?}\n");
    for FilmToRender { path, read, keypoints, annotation } in films {
        let name = path.file_name().unwrap_or_default();
        let points = VertebraKeypoints::points(keypoints);
        let outlines = annotation.map(|film| film.polygons());
        text += &format!("{name:?} {read:?} {points:?} {outlines:?}\n");
    }
    Digest::of(text.as_bytes()).to_string()
}
