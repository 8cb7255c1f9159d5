//! Copies of the films of a folder, in a folder of their own.

use super::{DeidentificationReport, Deidentifier};
use crate::dicom::file::{self, Header};
use crate::dicom::write::uid;
use crate::dicom::{kind, tag};
use crate::folder::{self, Entry, FolderReport, Listing};
use crate::read::write_file;
use crate::{Error, ReadOptions};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

impl Deidentifier {
    /// De-identifies all DICOM pictures under a folder, or of what stands for one, in parallel,
    /// into another folder, which is made. The new files are named after their new SOP Instance
    /// UIDs, since names of files and folders may be names of persons; the report says which file
    /// became which. Nothing is overwritten: of several films of one SOP Instance UID, in the order
    /// of their paths, those after the first get a number behind it, and one that is the same again
    /// is a failure.
    ///
    /// `progress` is told how many files are done and how many there are.
    ///
    /// # Errors
    /// [`Error::File`] where a folder cannot be listed or made, [`Error::InvalidValue`] where the
    /// new one lies in the old one; a file that cannot be treated is one of the
    /// [`failures`](FolderReport::failures), and nothing of it is written.
    pub fn folder(
        &self,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<FolderReport<(PathBuf, DeidentificationReport)>, Error> {
        self.check_key()?;
        let (input, output) = (input.as_ref(), output.as_ref());
        let listing = Listing::of(input)?;
        apart(input, output)?;
        std::fs::create_dir_all(output).map_err(|e| Error::from(e).at(output))?;
        let limit = ReadOptions::default().limits.bytes;
        let each = |entry: &Entry| {
            let original = entry.bytes(limit)?;
            check_picture(&original)?;
            let (bytes, report) = self.bytes(&original)?;
            let name = self.name(&bytes)?;
            let place = unfinished(output, entry.path());
            write_new(&place, &bytes)?;
            Ok((place, name, report))
        };
        let done = folder::walk(listing, each, progress)?;
        let (mut films, mut failures) = (Vec::new(), done.failures);
        let mut names = Names { folder: output, given: BTreeMap::new() };
        for (path, (place, name, report)) in done.films {
            match names.give(&place, name) {
                Ok(new) => films.push((path, (new, report))),
                Err(error) => {
                    let _ = std::fs::remove_file(place); // the first error is the one that counts
                    failures.push((path.clone(), error.at(&path)));
                }
            }
        }
        failures.sort_by(|a, b| a.0.cmp(&b.0));
        let (not_pictures, skipped) = (done.not_pictures, done.skipped);
        Ok(FolderReport { films, failures, not_pictures, skipped })
    }

    /// The SOP Instance UID of a file that was written here, or one made of its content.
    fn name(&self, bytes: &[u8]) -> Result<String, Error> {
        let data_set = file::open(bytes, &ReadOptions::default())?;
        let header = Header::read(&data_set.bytes, data_set.syntax)?;
        let plain = |uid: &&str| uid.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let uid = header.text(tag::SOP_INSTANCE_UID).filter(plain);
        Ok(uid.map_or_else(|| uid_of_content(bytes), str::to_string))
    }
}

/// Refuses what is no picture, of which nothing would be left.
fn check_picture(bytes: &[u8]) -> Result<(), Error> {
    let Ok(data_set) = file::open(bytes, &ReadOptions::default()) else { return Ok(()) };
    kind::check(&Header::read(&data_set.bytes, data_set.syntax)?)
}

/// Refuses to write copies among the originals.
fn apart(input: &Path, output: &Path) -> Result<(), Error> {
    let whole = |path: &Path| path.canonicalize().map_err(|e| Error::from(e).at(path));
    let from = whole(input)?;
    // What does not exist yet lies in what does.
    let output = std::path::absolute(output)?;
    let to = whole(output.ancestors().find(|path| path.exists()).unwrap_or(&output))?;
    if to.starts_with(&from) {
        let got = format!("{}, in {}", output.display(), input.display());
        return Err(Error::invalid("folder of the copies", "one apart from the films", got));
    }
    Ok(())
}

/// Where the copy of a file stands until it has its name: files are treated in parallel, and which
/// of several of one name gets it must not depend on that.
fn unfinished(folder: &Path, original: &Path) -> PathBuf {
    folder.join(format!(".{}.part", uid_of_content(original.as_os_str().as_encoded_bytes())))
}

/// The names given to copies in a folder, and how many copies have each.
struct Names<'f> {
    folder: &'f Path,
    given: BTreeMap<String, usize>,
}

impl Names<'_> {
    /// Gives an unfinished copy its name: a further one of a UID gets a number behind it, if it is
    /// not the same again.
    fn give(&mut self, place: &Path, name: String) -> Result<PathBuf, Error> {
        let numbered = |n: usize| match n {
            1 => self.folder.join(format!("{name}.dcm")),
            n => self.folder.join(format!("{name}-{n}.dcm")),
        };
        let before = self.given.get(&name).copied().unwrap_or(0);
        let bytes = if before > 0 { std::fs::read(place)? } else { Vec::new() };
        for other in (1..=before).map(numbered) {
            if std::fs::read(&other)? == bytes {
                let got = format!("one that became {} already", other.display());
                return Err(Error::invalid("film", "another than those before", got));
            }
        }
        let new = numbered(before + 1);
        let named = File::create_new(&new).and_then(|_| std::fs::rename(place, &new));
        named.map_err(|e| Error::from(e).at(&new))?;
        self.given.insert(name, before + 1);
        Ok(new)
    }
}

/// Writes a file that does not exist yet.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // Whoever makes the empty file owns the name; it is replaced by the whole file.
    File::create_new(path).map_err(|e| Error::from(e).at(path))?;
    write_file(path, bytes).inspect_err(|_| {
        let _ = std::fs::remove_file(path); // the first error is the one that counts
    })
}

fn uid_of_content(bytes: &[u8]) -> String {
    uid(&[b"content", bytes])
}
