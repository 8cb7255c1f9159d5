//! Decoded and reduced films, kept on disk between runs.
//!
//! An entry is found by the SHA-256 of the film's file and by how the film was prepared, so a
//! changed file or setting never meets an old entry. It holds the reduced pixels as they were
//! computed (about 1 MB for 576 rows), and its own SHA-256: an entry that is cut short or altered
//! is made anew. Entries appear whole or not at all, so that several runs may share a folder.
//! Nothing is ever removed: the folder grows by one entry per film and setting, and may be deleted
//! at any time.

use crate::{DecodedFilm, Error};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use vertebra_radiograph::{Radiograph, ReadOptions};
use vertebra_raster::{ReducedFilm, Reduction};
use vertebra_run::{Digest, write_whole};

/// First bytes of an entry; the number changes when readers or reductions give other pixels.
const MAGIC: &[u8; 8] = b"VFILM\x00\x02\n";
const DIGEST: usize = 32;

/// What an entry holds besides the pixels.
#[derive(Serialize, Deserialize)]
struct Header {
    reduction: Reduction,
    original_size: [usize; 2],
    warnings: Vec<String>,
}

/// A folder of decoded films, or none.
///
/// # Examples
/// ```
/// use vertebra_raster::{Film, ReducedFilm};
/// use vertebra_study::{DecodedFilm, FilmCache};
/// let folder = std::env::temp_dir().join("vertebra-film-cache-example");
/// let file = folder.join("film.png");
/// # std::fs::create_dir_all(&folder)?;
/// # let spacing = vertebra_radiograph::Spacing {
/// #     row_mm: 1.0, col_mm: 1.0, kind: vertebra_radiograph::SpacingKind::Detector };
/// # let pixels = (0..64).map(|i| i as f32 / 63.0).collect();
/// # let film = vertebra_radiograph::Radiograph::new(8, 8, pixels, spacing)?;
/// # vertebra_radiograph::write_png16(&file, &film)?;
/// let cache = FilmCache::new(Some(folder.join("cache")));
/// let small = ReducedFilm::new(&Film::from(&film), [4, 4])?;
/// let (film, digest) =
///     cache.film(&file, "4 x 4 px", |film| Ok(DecodedFilm::new(small, film)))?;
/// let (again, _) = cache.film(&file, "4 x 4 px", |_| unreachable!("it is in the cache"))?;
/// assert_eq!((film, digest.len()), (again, 64));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilmCache {
    folder: Option<PathBuf>,
    read: ReadOptions,
}

impl FilmCache {
    /// Keeps films in `folder`, which is made when the first is written; `None` keeps none.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, read: ReadOptions::default() }
    }

    /// How files are read that are not in the cache; a film that was read otherwise is another
    /// entry.
    #[must_use]
    pub(crate) fn with_read(self, read: ReadOptions) -> Self {
        Self { read, ..self }
    }

    /// The film of a file prepared by `prepare`, from the cache where it is, and the SHA-256 of the
    /// file. `settings` names all that `prepare` depends on.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Radiograph`], or what `prepare` returns.
    pub fn film(
        &self,
        file: &Path,
        settings: &str,
        prepare: impl FnOnce(&Radiograph) -> Result<DecodedFilm, Error>,
    ) -> Result<(DecodedFilm, String), Error> {
        let digest = Digest::of_file(file)?.to_string();
        if let Some(film) = self.kept(&digest, settings) {
            return Ok((film, digest));
        }
        let film = prepare(&self.read.read(file)?)?;
        if let Some(path) = self.entry(&digest, settings) {
            let bytes = encode(&film).map_err(|e| Error::io(&path)(e.into()))?;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
            }
            write_whole(&path, &bytes)?;
        }
        Ok((film, digest))
    }

    /// The film of a file with this digest, where it is in the cache.
    pub(crate) fn kept(&self, digest: &str, settings: &str) -> Option<DecodedFilm> {
        decode(&std::fs::read(self.entry(digest, settings)?).ok()?)
    }

    /// Where the film of a file with this digest is kept.
    fn entry(&self, digest: &str, settings: &str) -> Option<PathBuf> {
        let settings = match self.read == ReadOptions::default() {
            true => settings.to_owned(),
            false => format!("{settings}, {:?}", self.read),
        };
        let settings = Digest::of(settings.as_bytes()).to_string();
        Some(self.folder.as_ref()?.join(format!("{digest}-{}.film", &settings[..16])))
    }
}

/// Magic, length of the header (u32), header as JSON, pixels (f32, little-endian), SHA-256 of all.
fn encode(film: &DecodedFilm) -> Result<Vec<u8>, serde_json::Error> {
    let header = serde_json::to_vec(&Header {
        reduction: film.film.reduction(),
        original_size: film.original_size,
        warnings: film.warnings.clone(),
    })?;
    let pixels = &film.film.image().pixels;
    let mut bytes = Vec::with_capacity(header.len() + 4 * pixels.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&header);
    pixels.iter().for_each(|v| bytes.extend_from_slice(&v.to_le_bytes()));
    let digest = Digest::of(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    Ok(bytes)
}

/// `None` for anything but a whole and unaltered entry.
fn decode(bytes: &[u8]) -> Option<DecodedFilm> {
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    let rest = content.strip_prefix(MAGIC)?;
    if Digest::of(content).as_bytes() != digest {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (header, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let Header { reduction, original_size, warnings } = serde_json::from_slice(header).ok()?;
    let (values, odd) = rest.as_chunks::<4>();
    let pixels = values.iter().map(|v| f32::from_le_bytes(*v)).collect();
    let film = ReducedFilm::from_parts(reduction, pixels).ok()?;
    odd.is_empty().then_some(DecodedFilm { film, original_size, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use vertebra_radiograph::{Film, Spacing, SpacingKind};

    struct Folder {
        folder: tempfile::TempDir,
        decoded: Cell<usize>,
    }

    impl Folder {
        fn new() -> Self {
            let made = Self { folder: tempfile::tempdir().unwrap(), decoded: Cell::new(0) };
            made.write(0.5);
            made
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("film.png")
        }

        fn write(&self, grey: f32) {
            let spacing = Spacing { row_mm: 0.2, col_mm: 0.1, kind: SpacingKind::Detector };
            let mut pixels = vec![grey; 12 * 9];
            (pixels[0], pixels[1]) = (0.0, 1.0);
            let film = Radiograph::new(12, 9, pixels, spacing).unwrap();
            vertebra_radiograph::write_png16(self.file(), &film).unwrap();
        }

        /// The film, and whether it had to be decoded.
        fn open(&self, settings: &str) -> (DecodedFilm, bool) {
            let before = self.decoded.get();
            let cache = FilmCache::new(Some(self.folder.path().join("cache")));
            let (film, _) = cache
                .film(&self.file(), settings, |film| {
                    self.decoded.set(self.decoded.get() + 1);
                    Ok(DecodedFilm::new(ReducedFilm::new(&Film::from(film), [6, 9]).unwrap(), film))
                })
                .unwrap();
            (film, self.decoded.get() > before)
        }

        fn entries(&self) -> Vec<PathBuf> {
            let entries = std::fs::read_dir(self.folder.path().join("cache")).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        }
    }

    #[test]
    fn a_film_is_decoded_once_per_content_and_setting() {
        let folder = Folder::new();
        let (film, decoded) = folder.open("a");
        assert!(decoded);
        assert_eq!(folder.open("a"), (film.clone(), false));
        assert!(folder.open("b").1);
        folder.write(0.25);
        let (other, decoded) = folder.open("a");
        assert!(decoded && other != film);
        assert_eq!(folder.entries().len(), 3, "no partial file is left");
    }

    #[test]
    fn a_damaged_entry_is_made_anew() {
        let folder = Folder::new();
        let (film, _) = folder.open("a");
        let entry = folder.entries().remove(0);
        let whole = std::fs::read(&entry).unwrap();
        let mut altered = whole.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        for damaged in [&[][..], &whole[..40], &whole[..whole.len() - 1], &altered] {
            std::fs::write(&entry, damaged).unwrap();
            assert_eq!(folder.open("a"), (film.clone(), true));
            assert_eq!(std::fs::read(&entry).unwrap(), whole);
        }
        assert_eq!(folder.open("a"), (film, false));
    }

    #[test]
    fn no_folder_keeps_nothing_and_a_file_in_its_place_is_named() {
        let folder = Folder::new();
        let film = |film: &Radiograph| {
            Ok(DecodedFilm::new(ReducedFilm::new(&Film::from(film), [1, 1]).unwrap(), film))
        };
        FilmCache::default().film(&folder.file(), "a", film).unwrap();
        assert!(!folder.folder.path().join("cache").exists());
        let error = FilmCache::new(Some(folder.file())).film(&folder.file(), "a", film);
        assert!(error.unwrap_err().to_string().contains("film.png"));
    }
}
