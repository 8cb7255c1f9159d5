//! Reads a folder of films, or what stands for one, in parallel.

mod archive;
mod directory;
mod listing;

pub use listing::is_folder;
pub(crate) use listing::{Entry, Listing};

use crate::{Error, FilmHeader, Radiograph, ReadOptions};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of a folder. Each list is in the order of the paths.
#[derive(Debug)]
#[non_exhaustive]
pub struct FolderReport<T> {
    /// What was made of each film.
    pub films: Vec<(PathBuf, T)>,
    /// Films that could not be read and folders that could not be listed, and why.
    pub failures: Vec<(PathBuf, Error)>,
    /// DICOM files that are no pictures, and what they are: reports, presentation states, key
    /// objects and the like.
    pub not_pictures: Vec<(PathBuf, String)>,
    /// Files of other formats.
    pub skipped: Vec<PathBuf>,
}

/// Reads all films under a folder, in parallel, and makes something of each while it is in memory.
///
/// A zip archive and a DICOMDIR stand for a folder: that of the members, and that of the files
/// which the directory names. In a folder, links to other folders and archives are not followed.
///
/// `each` gets the path and the film; `progress` is told how many files are done and how many there
/// are. The result does not depend on the number of threads.
///
/// # Errors
/// [`Error::File`] where the folder cannot be listed; a film that cannot be read and a folder
/// within that cannot be listed are [`failures`](FolderReport::failures).
///
/// # Examples
/// ```
/// use vertebra_radiograph::{DicomImage, ReadOptions, read_folder, write_dicom};
/// let folder = tempfile::tempdir()?;
/// write_dicom(folder.path().join("a.dcm"), &DicomImage::new(1, 2, &[0, 9], 12))?;
/// let report = read_folder(folder.path(), &ReadOptions::default(), |_, film| film.width(), |_, _| {})?;
/// assert_eq!(report.films[0].1, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_folder<T: Send>(
    folder: impl AsRef<Path>,
    options: &ReadOptions,
    each: impl Fn(&Path, Radiograph) -> T + Sync,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<FolderReport<T>, Error> {
    let read = |entry: &Entry| {
        let film = options.read_bytes(&entry.bytes(options.limits.bytes)?)?;
        Ok(each(entry.path(), film))
    };
    walk(Listing::of(folder.as_ref())?, read, progress)
}

/// Reads the headers of all DICOM files under a folder, in parallel, as
/// [`ReadOptions::read_header`] does: to look through an archive before reading it.
///
/// # Errors
/// As [`read_folder`].
pub fn read_headers(
    folder: impl AsRef<Path>,
    options: &ReadOptions,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<FolderReport<FilmHeader>, Error> {
    let read = |entry: &Entry| entry.read(options.limits.bytes, |file| options.header_of(file));
    walk(Listing::of(folder.as_ref())?, read, progress)
}

/// Finds the films under a folder without reading them: pictures by their first bytes, DICOM files
/// by their headers. One that cannot be opened, or whose header is damaged, is among the films, so
/// that reading it says why.
///
/// # Errors
/// As [`read_folder`].
///
/// # Examples
/// ```
/// use vertebra_radiograph::{DicomImage, ReadOptions, find_films, write_dicom};
/// let folder = tempfile::tempdir()?;
/// write_dicom(folder.path().join("a.dcm"), &DicomImage::new(1, 2, &[0, 9], 12))?;
/// let options = ReadOptions::default();
/// let report = find_films(folder.path(), &options)?;
/// let (path, film) = &report.films[0];
/// assert!(path.ends_with("a.dcm"));
/// assert_eq!(film.read(&options)?.width(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_films(
    folder: impl AsRef<Path>,
    options: &ReadOptions,
) -> Result<FolderReport<FilmFile>, Error> {
    let find = |entry: &Entry| {
        let header = || entry.read(options.limits.bytes, |file| crate::read::film(file, options));
        match header() {
            Err(error @ (Error::UnknownFormat { .. } | Error::NotAPicture { .. })) => Err(error),
            _ => Ok(FilmFile(entry.clone())),
        }
    };
    walk(Listing::of(folder.as_ref())?, find, |_, _| {})
}

/// A film on disk or in an archive, to be read.
#[derive(Debug, Clone)]
pub struct FilmFile(Entry);

impl FilmFile {
    /// A film on disk.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(Entry::on_disk(path))
    }

    /// Where it is; within an archive, the path of the archive and that inside it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Error::File`] around what happened.
    pub fn read(&self, options: &ReadOptions) -> Result<Radiograph, Error> {
        let bytes = self.0.bytes(options.limits.bytes);
        bytes.and_then(|bytes| options.read_bytes(&bytes)).map_err(|e| e.at(self.path()))
    }
}

/// Does the same with every file of a folder, in parallel.
pub(crate) fn walk<T: Send>(
    listing: Listing,
    each: impl Fn(&Entry) -> Result<T, Error> + Sync,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<FolderReport<T>, Error> {
    let Listing { entries, mut failures, mut skipped } = listing;
    let (done, total) = (AtomicUsize::new(0), entries.len());
    let results: Vec<_> = entries
        .par_iter()
        .map(|entry| {
            let result = each(entry);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            result
        })
        .collect();
    let (mut films, mut not_pictures) = (Vec::new(), Vec::new());
    for (entry, result) in entries.into_iter().zip(results) {
        let path = entry.into_path();
        match result {
            Ok(made) => films.push((path, made)),
            Err(Error::UnknownFormat { .. }) => skipped.push(path),
            Err(Error::NotAPicture { what }) => not_pictures.push((path, what)),
            Err(error @ Error::File { .. }) => failures.push((path, error)),
            Err(error) => failures.push((path.clone(), error.at(&path))),
        }
    }
    failures.sort_by(|a, b| a.0.cmp(&b.0));
    skipped.sort();
    Ok(FolderReport { films, failures, not_pictures, skipped })
}
