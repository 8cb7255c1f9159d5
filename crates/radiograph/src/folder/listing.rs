//! The files of a folder, of an archive or of a DICOMDIR.

use super::archive::Archive;
use super::directory;
use crate::Error;
use crate::read::read_bounded;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files to look at, sorted, and what could not be listed.
#[derive(Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    pub(crate) failures: Vec<(PathBuf, Error)>,
    /// What is no file: sockets, devices, pipes.
    pub(crate) skipped: Vec<PathBuf>,
}

/// A file to look at.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    path: PathBuf,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Disk,
    Member(Archive, usize),
}

/// Whether [`read_folder`](crate::read_folder) takes a path: a folder, a zip archive or a DICOMDIR.
#[must_use]
pub fn is_folder(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    path.is_dir() || (path.is_file() && kind(path).is_ok_and(|kind| kind != Kind::Other))
}

#[derive(PartialEq)]
enum Kind {
    Zip,
    DicomDir,
    Other,
}

/// What a file is, by its first bytes.
fn kind(path: &Path) -> Result<Kind, Error> {
    const ENOUGH: u64 = 64 << 10;
    let mut first = Vec::new();
    File::open(path)?.take(ENOUGH).read_to_end(&mut first)?;
    if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    Ok(if crate::dicom::is_directory(&first) { Kind::DicomDir } else { Kind::Other })
}

impl Listing {
    /// The files of a folder or of what stands for one; a film stands for itself.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let at = |e: Error| e.at(path);
        let kind = if path.is_file() { kind(path).map_err(at)? } else { Kind::Other };
        let mut listing = match kind {
            Kind::Zip => Self::of_archive(path).map_err(at)?,
            Kind::DicomDir => {
                let files = directory::files(path).map_err(at)?;
                Self { entries: files.into_iter().map(Entry::on_disk).collect(), ..Self::default() }
            }
            Kind::Other if path.is_file() => {
                Self { entries: vec![Entry::on_disk(path.into())], ..Self::default() }
            }
            Kind::Other => Self::of_folder(path).map_err(at)?,
        };
        listing.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }

    fn of_archive(path: &Path) -> Result<Self, Error> {
        let (archive, names) = Archive::open(path)?;
        let member = |(index, name): (usize, PathBuf)| Entry {
            path: path.join(name),
            place: Place::Member(archive.clone(), index),
        };
        Ok(Self { entries: names.into_iter().map(member).collect(), ..Self::default() })
    }

    fn of_folder(folder: &Path) -> Result<Self, Error> {
        let mut listing = Self::default();
        let mut folders = listing.add(folder)?;
        while let Some(folder) = folders.pop() {
            match listing.add(&folder) {
                Ok(more) => folders.extend(more),
                Err(error) => listing.failures.push((folder.clone(), error.at(&folder))),
            }
        }
        Ok(listing)
    }

    /// Adds the files of one folder; returns the folders in it. Links to folders are not followed,
    /// as they may lead in circles.
    fn add(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            match std::fs::symlink_metadata(&path).and_then(|link| {
                let target = std::fs::metadata(&path)?;
                Ok((link.is_dir(), target))
            }) {
                Ok((true, _)) => folders.push(path),
                Ok((false, target)) if target.is_file() => self.entries.push(Entry::on_disk(path)),
                Ok((false, target)) if target.is_dir() => {}
                Ok(_) => self.skipped.push(path),
                Err(error) => {
                    let error = Error::from(error).at(&path);
                    self.failures.push((path, error));
                }
            }
        }
        Ok(folders)
    }
}

impl Entry {
    pub(super) fn on_disk(path: PathBuf) -> Self {
        Self { path, place: Place::Disk }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn into_path(self) -> PathBuf {
        self.path
    }

    /// The whole file, which may not be longer than `limit`.
    pub(crate) fn bytes(&self, limit: u64) -> Result<Vec<u8>, Error> {
        match &self.place {
            Place::Disk => read_bounded(&self.path, limit),
            Place::Member(archive, index) => archive.bytes(*index, limit),
        }
    }

    /// Reads as much of the file as `each` takes.
    pub(crate) fn read<T>(
        &self,
        limit: u64,
        each: impl FnOnce(&mut dyn Read) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.place {
            Place::Disk => each(&mut File::open(&self.path)?),
            Place::Member(..) => each(&mut self.bytes(limit)?.as_slice()),
        }
    }
}
