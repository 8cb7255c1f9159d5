//! Reads a folder of films in parallel.

use crate::{Error, FilmHeader, Radiograph, ReadOptions};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of a folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct FolderReport<T> {
    /// What was made of each film, in the order of the paths.
    pub films: Vec<(PathBuf, T)>,
    /// Files that are films but could not be read, and why.
    pub failures: Vec<(PathBuf, Error)>,
    /// Files of other formats.
    pub skipped: Vec<PathBuf>,
}

/// Reads all films under a folder, in parallel, and makes something of each while it is in memory.
///
/// `each` gets the path and the film; `progress` is told how many files are done and how many there
/// are. The result does not depend on the number of threads.
///
/// # Errors
/// [`Error::File`] where a folder cannot be listed; a film that cannot be read is one of the
/// [`failures`](FolderReport::failures).
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
    walk(folder.as_ref(), |path| options.read(path).map(|film| each(path, film)), progress)
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
    walk(folder.as_ref(), |path| options.read_header(path), progress)
}

/// Does the same with every file under a folder, in parallel.
pub(crate) fn walk<T: Send>(
    folder: &Path,
    each: impl Fn(&Path) -> Result<T, Error> + Sync,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<FolderReport<T>, Error> {
    let paths = files_under(folder)?;
    let (done, total) = (AtomicUsize::new(0), paths.len());
    let results: Vec<_> = paths
        .par_iter()
        .map(|path| {
            let result = each(path);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            result
        })
        .collect();
    let (mut films, mut failures, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    for (path, result) in paths.into_iter().zip(results) {
        match result {
            Ok(made) => films.push((path, made)),
            Err(error) if is_other_format(&error) => skipped.push(path),
            Err(error) => failures.push((path, error)),
        }
    }
    Ok(FolderReport { films, failures, skipped })
}

fn is_other_format(error: &Error) -> bool {
    matches!(error, Error::File { reason, .. } if matches!(**reason, Error::UnknownFormat { .. }))
}

/// All files under a folder, sorted; links to folders are not followed.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let at = |e: std::io::Error| Error::from(e).at(&folder);
        for entry in std::fs::read_dir(&folder).map_err(at)? {
            let entry = entry.map_err(at)?;
            let kind = entry.file_type().map_err(at)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}
