//! Members of a zip archive, read where they stand: nothing is unpacked to disk.

use crate::Error;
use crate::read::stream_bounded;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;
use zip::result::ZipError;

/// An archive whose list of members is read; clones share the list.
#[derive(Debug, Clone)]
pub(super) struct Archive(ZipArchive<Opened>);

impl Archive {
    /// The archive, and the files in it by their number and name.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<(usize, PathBuf)>), Error> {
        let archive = ZipArchive::new(Opened::new(path)).map_err(fault)?;
        let name = |index: usize| {
            let name = archive.name_for_index(index)?.ok()?;
            (!name.ends_with(['/', '\\'])).then(|| (index, inside(&name)))
        };
        let names = (0..archive.len()).filter_map(name).collect();
        Ok((Self(archive), names))
    }

    /// A member, of which the archive says itself how long it is: neither is believed beyond
    /// `limit`.
    pub(super) fn bytes(&self, index: usize, limit: u64) -> Result<Vec<u8>, Error> {
        let mut archive = self.0.clone();
        let file = archive.by_index(index).map_err(fault)?;
        if file.size() > limit {
            let (allowed, got) = (limit, file.size());
            return Err(Error::LimitExceeded { name: "bytes of the file", allowed, got });
        }
        stream_bounded(file, limit)
    }
}

fn fault(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => error.into(),
        other => Error::codec("zip", other.to_string()),
    }
}

/// A member's name as a path that stays inside the archive.
fn inside(name: &str) -> PathBuf {
    let name = name.replace('\\', "/");
    let normal = |part: &Component<'_>| matches!(part, Component::Normal(_));
    Path::new(&name).components().filter(normal).collect()
}

/// A file opened again for every clone, so that each has its own place in it.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    file: Option<File>,
}

impl Opened {
    fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        match &mut self.file {
            Some(file) => Ok(file),
            closed => Ok(closed.insert(File::open(&self.path)?)),
        }
    }
}

impl Clone for Opened {
    fn clone(&self) -> Self {
        Self::new(&self.path)
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(buffer)
    }
}

impl Seek for Opened {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_archive() {
        for (name, path) in [("a/b.dcm", "a/b.dcm"), ("../../b", "b"), ("/etc/x", "etc/x")] {
            assert_eq!(inside(name), Path::new(path));
        }
        assert_eq!(inside("..\\a\\b"), Path::new("a/b"));
    }
}
