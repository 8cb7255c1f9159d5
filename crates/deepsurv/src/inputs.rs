//! What a risk model looks at: covariates, images, or both, one entry per subject.
use crate::Error;
use crate::image_file::StoredImages;
use std::borrow::Cow;
use std::sync::Arc;

/// Grey images of `n` subjects, the same number of the same size for each; held in memory, or in an
/// [`ImageFile`](crate::ImageFile) from which they are read when they are needed. Clones and subsets
/// share the pixels.
///
/// One image per subject is a crop of the whole lumbar spine; five are patches of L1 to L5.
///
/// # Shapes
/// - `pixels`: `[n, images_per_subject, height, width]`, row-major, finite; usually in `[0, 1]`
#[derive(Debug, Clone)]
pub struct ImageSet {
    pixels: Pixels,
    shape: [usize; 3],
    /// Places of the subjects among those that are held or stored.
    subjects: Arc<[usize]>,
    /// For each image of each of these subjects whether it is missing; `None` where all are there.
    missing: Option<Arc<[bool]>>,
}

#[derive(Debug, Clone)]
enum Pixels {
    Held(Arc<Vec<f32>>),
    Stored(Arc<StoredImages>),
}

impl ImageSet {
    /// Images in memory. Checks once that `pixels` fills `shape` = `[images per subject, height,
    /// width]` a whole number of times and is finite.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::PixelNotFinite`].
    pub fn new(pixels: Vec<f32>, shape: [usize; 3]) -> Result<Self, Error> {
        let per_subject: usize = shape.iter().product();
        if per_subject == 0 || !pixels.len().is_multiple_of(per_subject) {
            let expected = pixels.len().div_ceil(per_subject.max(1)) * per_subject;
            let got = pixels.len();
            return Err(Error::LengthMismatch { name: "images", unit: "pixels", expected, got });
        }
        match pixels.iter().position(|p| !p.is_finite()) {
            Some(i) => Err(Error::PixelNotFinite {
                subject: i / per_subject,
                image: i % per_subject / (shape[1] * shape[2]),
                value: pixels[i],
            }),
            None => {
                let subjects = (0..pixels.len() / per_subject).collect();
                let pixels = Pixels::Held(Arc::new(pixels));
                Ok(Self { pixels, shape, subjects, missing: None })
            }
        }
    }

    /// Images in a file that was checked.
    pub(crate) fn stored(images: StoredImages, shape: [usize; 3]) -> Self {
        let subjects = (0..images.n_subjects).collect();
        Self { pixels: Pixels::Stored(Arc::new(images)), shape, subjects, missing: None }
    }

    /// Says which images are missing, e.g. of vertebrae that lie outside of the film: one flag for
    /// each image, those of one subject after each other. The pixels in the place of a missing image
    /// must be finite, e.g. 0, as all are, and are not used otherwise. Only a model whose configuration
    /// says so ([`with_missing_images`](crate::RiskModelConfig::with_missing_images)) reads such a set.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], or [`Error::NoImages`] for a subject without any.
    pub fn with_missing(mut self, missing: impl Into<Vec<bool>>) -> Result<Self, Error> {
        let missing = missing.into();
        let (expected, got) = (self.n_subjects() * self.shape[0], missing.len());
        if expected != got {
            let (name, unit) = ("missing", "flags");
            return Err(Error::LengthMismatch { name, unit, expected, got });
        }
        let of_subjects = missing.chunks(self.shape[0]).enumerate();
        for (subject, missing) in of_subjects {
            if missing.iter().all(|&missing| missing) {
                return Err(Error::NoImages { subject, n: self.shape[0] });
            }
        }
        self.missing = missing.contains(&true).then(|| missing.into());
        Ok(self)
    }

    /// True if some image of some subject is missing.
    #[must_use]
    pub fn has_missing(&self) -> bool {
        self.missing.is_some()
    }

    /// For each image of subject `subject` whether it is missing; `None` where the whole set has no
    /// missing image.
    ///
    /// # Panics
    /// As [`of_subject`](Self::of_subject).
    #[must_use]
    pub fn missing_of(&self, subject: usize) -> Option<&[bool]> {
        let per_subject = self.shape[0];
        self.missing.as_ref().map(|missing| &missing[subject * per_subject..][..per_subject])
    }

    /// Number of subjects.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.subjects.len()
    }

    /// `[images per subject, height, width]`.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The pixels of subject `subject`, `[images per subject, height, width]` row-major.
    ///
    /// # Errors
    /// [`Error::Io`] for images in a file that cannot be read any more.
    ///
    /// # Panics
    /// If `subject` is not below [`n_subjects`](Self::n_subjects), as slice indexing does.
    pub fn of_subject(&self, subject: usize) -> Result<Cow<'_, [f32]>, Error> {
        let (place, size) = (self.subjects[subject], self.per_subject());
        match &self.pixels {
            Pixels::Held(pixels) => Ok(Cow::Borrowed(&pixels[place * size..][..size])),
            Pixels::Stored(images) => images.read(place).map(Cow::Owned),
        }
    }

    /// All pixels, `[n, images per subject, height, width]` row-major.
    ///
    /// # Errors
    /// As [`of_subject`](Self::of_subject).
    pub fn to_vec(&self) -> Result<Vec<f32>, Error> {
        let mut pixels = Vec::with_capacity(self.n_subjects() * self.per_subject());
        for subject in 0..self.n_subjects() {
            pixels.extend_from_slice(&self.of_subject(subject)?);
        }
        Ok(pixels)
    }

    /// The pixels of those images of a subject that are there.
    ///
    /// # Errors
    /// As [`of_subject`](Self::of_subject).
    pub(crate) fn there(&self, subject: usize) -> Result<Cow<'_, [f32]>, Error> {
        let pixels = self.of_subject(subject)?;
        let Some(missing) = self.missing_of(subject) else { return Ok(pixels) };
        let images = pixels.chunks_exact(self.per_image()).zip(missing);
        Ok(images.filter(|(_, missing)| !**missing).flat_map(|(image, _)| image).copied().collect())
    }

    /// How many images of a subject are there.
    pub(crate) fn n_there(&self, subject: usize) -> usize {
        let all = self.shape[0];
        let missing = |flags: &[bool]| flags.iter().filter(|missing| **missing).count();
        all - self.missing_of(subject).map_or(0, missing)
    }

    pub(crate) fn per_subject(&self) -> usize {
        self.shape.iter().product()
    }

    pub(crate) fn per_image(&self) -> usize {
        self.shape[1] * self.shape[2]
    }

    fn subset(&self, subjects: &[usize]) -> Self {
        let missing = self.missing.as_ref().and_then(|_| {
            let flags = subjects.iter().filter_map(|&s| self.missing_of(s));
            let flags: Arc<[bool]> = flags.flatten().copied().collect();
            flags.contains(&true).then_some(flags)
        });
        let subjects = subjects.iter().map(|&s| self.subjects[s]).collect();
        Self { subjects, missing, ..self.clone() }
    }
}

/// The inputs of `n` subjects: covariates in their natural units (the model standardises them
/// itself), images, or both.
#[derive(Debug, Clone)]
pub struct RiskInputs {
    n_subjects: usize,
    covariates: Vec<Vec<f32>>,
    images: Option<ImageSet>,
}

impl RiskInputs {
    /// Covariates alone, one row per subject, every row of the same length.
    ///
    /// NaN is accepted here and refused, by name, where a model uses it.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for rows of different length, [`Error::NoInputs`] for no columns.
    pub fn from_covariates(rows: Vec<Vec<f32>>) -> Result<Self, Error> {
        let columns = rows.first().map_or(0, Vec::len);
        if columns == 0 {
            return Err(Error::NoInputs);
        }
        match rows.iter().find(|row| row.len() != columns) {
            Some(row) => {
                let (name, unit, expected, got) = ("a row", "covariates", columns, row.len());
                Err(Error::LengthMismatch { name, unit, expected, got })
            }
            None => Ok(Self { n_subjects: rows.len(), covariates: rows, images: None }),
        }
    }

    /// Images alone.
    #[must_use]
    pub fn from_images(images: ImageSet) -> Self {
        let n_subjects = images.n_subjects();
        Self { n_subjects, covariates: vec![Vec::new(); n_subjects], images: Some(images) }
    }

    /// Adds images to covariates.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there are as many subjects with images as rows.
    pub fn with_images(mut self, images: ImageSet) -> Result<Self, Error> {
        if images.n_subjects() != self.n_subjects {
            let (expected, got) = (self.n_subjects, images.n_subjects());
            return Err(Error::LengthMismatch { name: "images", unit: "subjects", expected, got });
        }
        self.images = Some(images);
        Ok(self)
    }

    /// Number of subjects.
    #[must_use]
    pub fn n_subjects(&self) -> usize {
        self.n_subjects
    }

    /// Number of covariates, 0 for images alone.
    #[must_use]
    pub fn n_covariates(&self) -> usize {
        self.covariates.first().map_or(0, Vec::len)
    }

    /// The covariates as given, one row per subject.
    #[must_use]
    pub fn covariates(&self) -> &[Vec<f32>] {
        &self.covariates
    }

    /// The images, if any.
    #[must_use]
    pub fn images(&self) -> Option<&ImageSet> {
        self.images.as_ref()
    }

    /// The inputs of the subjects at `subjects`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`n_subjects`](Self::n_subjects), as slice indexing does.
    #[must_use]
    pub fn subset(&self, subjects: &[usize]) -> Self {
        Self {
            n_subjects: subjects.len(),
            covariates: subjects.iter().map(|&s| self.covariates[s].clone()).collect(),
            images: self.images.as_ref().map(|images| images.subset(subjects)),
        }
    }
}
