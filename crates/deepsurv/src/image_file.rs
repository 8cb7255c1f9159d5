//! Images of many subjects in a file, for cohorts that do not fit in memory.
//!
//! The file is in the safetensors format (a JSON header, then the numbers, little-endian), so other
//! programs read it too:
//! - `images`, F32 `[n, images per subject, height, width]`: what training reads, in the order of
//!   its batches, a subject at a time at its place in the file, from the system's page cache;
//! - `sha256`, U8 `[n, 32]`: the digest of each subject's bytes in `images`;
//! - the metadatum `key`: whatever the images depend on, in the words of who made them.
//!
//! The header follows from number, shape and key. A file is taken for what it should be where its
//! header is that one, byte for byte, its length is right, and every digest is.

use crate::{Error, ImageSet};
use serde_json::json;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vertebra_run::{Digest, WholeFile};

/// Bytes of a digest.
const DIGEST: usize = 32;
/// Bytes read at once; they stay in the processor's cache until they are numbers.
const PIECE: usize = 1 << 16;

/// Where the images of a cohort are kept, and what they are.
///
/// # Examples
/// ```
/// use vertebra_deepsurv::{Error, ImageFile, RiskInputs};
/// let path = std::env::temp_dir().join("vertebra-images-example.safetensors");
/// let file = ImageFile::new(&path, "drawn for this example", 3, [1, 2, 2]);
/// let mut writer = file.create()?;
/// for subject in 0..3 {
///     writer.push(&[subject as f32; 4])?;
/// }
/// let images = writer.finish()?;
/// let again = file.open()?; // in another process, perhaps
/// assert_eq!(again.of_subject(2)?, images.of_subject(2)?);
/// let inputs = RiskInputs::from_images(images); // takes no more memory than a batch at a time
/// assert_eq!(inputs.n_subjects(), 3);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImageFile {
    path: PathBuf,
    key: String,
    n_subjects: usize,
    shape: [usize; 3],
}

impl ImageFile {
    /// A file of `n_subjects` subjects with images of `shape` = `[images per subject, height,
    /// width]`; `key` names whatever else the pixels depend on.
    #[must_use]
    pub fn new(
        path: impl Into<PathBuf>,
        key: impl Into<String>,
        n_subjects: usize,
        shape: [usize; 3],
    ) -> Self {
        Self { path: path.into(), key: key.into(), n_subjects, shape }
    }

    /// Begins the file; what is there stays until the new one is finished.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::NoInputs`] for images of no pixels.
    pub fn create(&self) -> Result<ImageFileWriter, Error> {
        if self.per_subject() == 0 {
            return Err(Error::NoInputs);
        }
        let mut file = WholeFile::create(&self.path)?;
        file.write_all(&self.header()).map_err(Error::io(&self.path))?;
        Ok(ImageFileWriter { of: self.clone(), file, digests: Vec::new() })
    }

    /// The images of a file that was finished before. All of it is read once, to see that nothing
    /// in it was altered.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] where the file was made from something else, was cut, or
    /// was altered.
    pub fn open(&self) -> Result<ImageSet, Error> {
        let stored = self.stored()?;
        let header = self.header();
        let expected = (header.len() + self.n_subjects * (self.bytes() + DIGEST)) as u64;
        let length = stored.file.metadata().map_err(Error::io(&self.path))?.len();
        let mut found = vec![0; header.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        stored.bytes_at(0, &mut found)?;
        if found != header {
            let expected = format!("images made from {}", self.key);
            return Err(Error::malformed(&self.path, expected, "another header"));
        }
        if length != expected {
            let expected = format!("{expected} bytes");
            return Err(Error::malformed(&self.path, expected, length));
        }
        self.check_digests(&stored)?;
        Ok(ImageSet::stored(stored, self.shape))
    }

    fn check_digests(&self, stored: &StoredImages) -> Result<(), Error> {
        let (mut bytes, mut digest) = (vec![0; self.bytes()], [0; DIGEST]);
        let digests = stored.first + (self.n_subjects * self.bytes()) as u64;
        for subject in 0..self.n_subjects {
            stored.bytes_at(stored.place(subject), &mut bytes)?;
            stored.bytes_at(digests + (subject * DIGEST) as u64, &mut digest)?;
            if Digest::of(&bytes).as_bytes() != &digest {
                let got = format!("other ones for subject {subject}");
                return Err(Error::malformed(&self.path, "unaltered images", got));
            }
        }
        Ok(())
    }

    fn stored(&self) -> Result<StoredImages, Error> {
        Ok(StoredImages {
            path: self.path.clone(),
            file: File::open(&self.path).map_err(Error::io(&self.path))?,
            first: self.header().len() as u64,
            per_subject: self.per_subject(),
            n_subjects: self.n_subjects,
        })
    }

    fn per_subject(&self) -> usize {
        self.shape.iter().product()
    }

    /// Of one subject's images.
    fn bytes(&self) -> usize {
        self.per_subject() * size_of::<f32>()
    }

    /// The length of the JSON (u64), and the JSON, filled up with blanks to a multiple of eight.
    fn header(&self) -> Vec<u8> {
        let (n, [images, height, width]) = (self.n_subjects, self.shape);
        let (end, all) = (n * self.bytes(), n * (self.bytes() + DIGEST));
        let pixels = json!({
            "dtype": "F32", "shape": [n, images, height, width], "data_offsets": [0, end]
        });
        let digests = json!({ "dtype": "U8", "shape": [n, DIGEST], "data_offsets": [end, all] });
        let key = json!({ "key": self.key });
        let json = json!({ "__metadata__": key, "images": pixels, "sha256": digests });
        let mut text = json.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut header = (text.len() as u64).to_le_bytes().to_vec();
        header.append(&mut text);
        header
    }
}

/// Writes the images of one subject after the other.
///
/// The file appears when it is [finished](Self::finish); dropped before, nothing is left of it.
#[derive(Debug)]
pub struct ImageFileWriter {
    of: ImageFile,
    file: WholeFile,
    digests: Vec<u8>,
}

impl ImageFileWriter {
    /// Adds the next subject's images.
    ///
    /// # Shapes
    /// - `pixels`: `[images per subject, height, width]`, row-major, finite
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::PixelNotFinite`], [`Error::Io`].
    pub fn push(&mut self, pixels: &[f32]) -> Result<(), Error> {
        let (subject, shape) = (self.digests.len() / DIGEST, self.of.shape);
        let (expected, got) = (self.of.per_subject(), pixels.len());
        if expected != got {
            return Err(Error::LengthMismatch { name: "images", unit: "pixels", expected, got });
        }
        if let Some(i) = pixels.iter().position(|p| !p.is_finite()) {
            let image = i / (shape[1] * shape[2]);
            return Err(Error::PixelNotFinite { subject, image, value: pixels[i] });
        }
        let bytes: Vec<u8> = pixels.iter().flat_map(|p| p.to_le_bytes()).collect();
        self.digests.extend_from_slice(Digest::of(&bytes).as_bytes());
        self.file.write_all(&bytes).map_err(Error::io(&self.of.path))
    }

    /// Ends the file and gives its images.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless every subject's images were added; [`Error::Io`].
    pub fn finish(mut self) -> Result<ImageSet, Error> {
        let (expected, got) = (self.of.n_subjects, self.digests.len() / DIGEST);
        if expected != got {
            return Err(Error::LengthMismatch { name: "images", unit: "subjects", expected, got });
        }
        self.file.write_all(&self.digests).map_err(Error::io(&self.of.path))?;
        self.file.finish()?;
        Ok(ImageSet::stored(self.of.stored()?, self.of.shape))
    }
}

/// Images that are read from a file when they are needed.
#[derive(Debug)]
pub(crate) struct StoredImages {
    path: PathBuf,
    file: File,
    /// Place of the first image, bytes.
    first: u64,
    per_subject: usize,
    pub(crate) n_subjects: usize,
}

impl StoredImages {
    /// The pixels of one subject.
    ///
    /// # Errors
    /// [`Error::Io`], also where the file was cut since it was opened.
    pub(crate) fn read(&self, subject: usize) -> Result<Vec<f32>, Error> {
        let mut pixels = Vec::with_capacity(self.per_subject);
        let mut piece = vec![0; PIECE.min(self.per_subject * size_of::<f32>())];
        let mut place = self.place(subject);
        while pixels.len() < self.per_subject {
            let left = (self.per_subject - pixels.len()) * size_of::<f32>();
            let part = &mut piece[..left.min(PIECE)];
            self.bytes_at(place, part)?;
            place += part.len() as u64;
            pixels.extend(part.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        }
        Ok(pixels)
    }

    fn place(&self, subject: usize) -> u64 {
        self.first + (subject * self.per_subject * size_of::<f32>()) as u64
    }

    fn bytes_at(&self, place: u64, bytes: &mut [u8]) -> Result<(), Error> {
        read_at(&self.file, &self.path, place, bytes).map_err(Error::io(&self.path))
    }
}

/// Reads at a place of a file that others may be reading elsewhere.
#[cfg(unix)]
fn read_at(file: &File, _: &Path, place: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, place)
}

/// The same where the system has no such call, or one that moves the file's own position: by a
/// handle of its own.
#[cfg(not(unix))]
fn read_at(_: &File, path: &Path, place: u64, bytes: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RiskInputs;

    const SHAPE: [usize; 3] = [2, 130, 80];

    /// Longer than a piece, and no multiple of it.
    fn pixels(subject: usize) -> Vec<f32> {
        (0..SHAPE.iter().product()).map(|i| (i * 31 % 97) as f32 / (subject + 1) as f32).collect()
    }

    fn written(folder: &Path) -> (ImageFile, ImageSet) {
        let file = ImageFile::new(folder.join("images.safetensors"), "a \"test\"", 4, SHAPE);
        let mut writer = file.create().unwrap();
        (0..4).for_each(|subject| writer.push(&pixels(subject)).unwrap());
        let images = writer.finish().unwrap();
        (file, images)
    }

    #[test]
    fn images_come_back_bit_by_bit_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let (file, images) = written(folder.path());
        let held = ImageSet::new((0..4).flat_map(pixels).collect(), SHAPE).unwrap();
        for images in [images, file.open().unwrap()] {
            assert_eq!((images.n_subjects(), images.shape()), (4, SHAPE));
            assert_eq!(images.to_vec().unwrap(), held.to_vec().unwrap());
            let some = RiskInputs::from_images(images).subset(&[3, 0, 3]).subset(&[2, 1]);
            let some = some.images().unwrap();
            assert_eq!(some.n_subjects(), 2);
            assert_eq!(some.to_vec().unwrap(), [pixels(3), pixels(0)].concat());
        }
    }

    #[test]
    fn other_programs_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = written(folder.path());
        let bytes = std::fs::read(&file.path).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let images = tensors.tensor("images").unwrap();
        assert_eq!(images.shape(), [4, 2, 130, 80]);
        let last: Vec<u8> = pixels(3).iter().flat_map(|p| p.to_le_bytes()).collect();
        assert!(images.data().ends_with(&last));
        let digests = tensors.tensor("sha256").unwrap();
        assert!(digests.data().ends_with(Digest::of(&last).as_bytes()));
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["key"], "a \"test\"");
    }

    #[test]
    fn a_file_that_is_not_the_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = written(folder.path());
        let whole = std::fs::read(&file.path).unwrap();
        let refused = |file: &ImageFile| file.open().unwrap_err().to_string();
        let other = ImageFile { key: "more".to_owned(), ..file.clone() };
        let found = refused(&other);
        assert!(
            found.ends_with("s: expected images made from more, got another header"),
            "{found}"
        );
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        for (bytes, expected) in [
            (&altered[..], "expected unaltered images, got other ones for subject 1"),
            (&whole[..whole.len() - 1], "bytes, got "),
            (&whole[..20], "got another header"),
            (&[], "got another header"),
        ] {
            std::fs::write(&file.path, bytes).unwrap();
            let error = refused(&file);
            assert!(error.contains("images.safetensors: expected "), "{error}");
            assert!(error.contains(expected), "{error}");
        }
        std::fs::remove_file(&file.path).unwrap();
        assert!(matches!(file.open(), Err(Error::Io { .. })));
    }

    #[test]
    fn a_file_that_is_cut_while_it_is_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (file, images) = written(folder.path());
        let whole = std::fs::read(&file.path).unwrap();
        std::fs::write(&file.path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(images.of_subject(0).unwrap(), pixels(0));
        let error = images.of_subject(3).unwrap_err().to_string();
        assert!(error.contains("images.safetensors: "), "{error}");
    }

    #[test]
    fn only_whole_and_finite_subjects_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = ImageFile::new(folder.path().join("a"), "", 2, [1, 1, 2]);
        let mut writer = file.create().unwrap();
        writer.push(&[0.0, 1.0]).unwrap();
        let error = writer.push(&[0.0]).unwrap_err().to_string();
        assert_eq!(error, "images: expected 2 pixels, got 1");
        let error = writer.push(&[0.0, f32::NAN]).unwrap_err();
        assert!(matches!(error, Error::PixelNotFinite { subject: 1, image: 0, .. }), "{error}");
        let error = writer.finish().unwrap_err().to_string();
        assert_eq!(error, "images: expected 2 subjects, got 1");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is left");
    }
}
