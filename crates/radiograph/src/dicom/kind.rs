//! What a DICOM file is that is no picture.

use super::cursor::Cursor;
use super::file::{self, Header};
use super::tag::{self, Tag};
use crate::{Error, ReadOptions};

const DIRECTORY_RECORDS: Tag =
    Tag { group: 0x0004, element: 0x1220, name: "Directory Record Sequence (0004,1220)" };
const IN_USE: Tag = Tag { group: 0x0004, element: 0x1410, name: "Record In-use Flag (0004,1410)" };
const FILE_ID: Tag = Tag { group: 0x0004, element: 0x1500, name: "Referenced File ID (0004,1500)" };

/// SOP classes that are no pictures, by how their UIDs begin (PS3.4 B.5), and modalities.
const CLASSES: [(&str, &str); 17] = [
    ("1.2.840.10008.1.3.10", "a directory (DICOMDIR)"),
    ("1.2.840.10008.5.1.4.1.1.88.59", "a key object selection (KO)"),
    ("1.2.840.10008.5.1.4.1.1.88.", "a structured report (SR)"),
    ("1.2.840.10008.5.1.4.1.1.11.", "a presentation state (PR)"),
    ("1.2.840.10008.5.1.4.1.1.104.", "an encapsulated document"),
    ("1.2.840.10008.5.1.4.1.1.481.", "an object of radiotherapy"),
    ("1.2.840.10008.5.1.4.1.1.66", "raw data or a registration"),
    ("1.2.840.10008.5.1.4.1.1.67", "a mapping of values"),
    ("1.2.840.10008.5.1.4.1.1.68.", "a surface"),
    ("1.2.840.10008.5.1.4.1.1.78.", "measurements of an eye"),
    ("1.2.840.10008.5.1.4.1.1.79.", "measurements of an eye"),
    ("1.2.840.10008.5.1.4.1.1.80.", "measurements of an eye"),
    ("1.2.840.10008.5.1.4.1.1.9.", "a waveform"),
    ("1.2.840.10008.5.1.4.34.", "a work item or a plan"),
    ("1.2.840.10008.5.1.4.38.", "a hanging protocol"),
    ("1.2.840.10008.5.1.4.39.", "a colour palette"),
    ("1.2.840.10008.5.1.4.43.", "an implant template"),
];
const MODALITIES: [(&str, &str); 4] = [
    ("SR", "a structured report (SR)"),
    ("PR", "a presentation state (PR)"),
    ("KO", "a key object selection (KO)"),
    ("DOC", "an encapsulated document"),
];

/// Refuses by name a data set without rows and pixels that says itself that it is no picture.
///
/// # Errors
/// [`Error::NotAPicture`].
pub(crate) fn check(header: &Header<'_>) -> Result<(), Error> {
    if header.pixels.is_some() || header.element(tag::ROWS).is_some() {
        return Ok(());
    }
    let class = header.text(tag::SOP_CLASS_UID);
    let by_class = CLASSES.iter().find(|(start, _)| class.is_some_and(|c| c.starts_with(start)));
    let modality = header.text(tag::MODALITY);
    let by_modality = MODALITIES.iter().find(|(name, _)| modality == Some(name));
    let directory = header.element(DIRECTORY_RECORDS).map(|_| &CLASSES[0]);
    match directory.or(by_class).or(by_modality) {
        Some((_, what)) => Err(Error::NotAPicture { what: (*what).into() }),
        None => Ok(()),
    }
}

/// Whether the first bytes of a file are those of a DICOMDIR.
pub(crate) fn is_directory(first: &[u8]) -> bool {
    if !file::has_prefix(first) {
        return false;
    }
    let Ok(data_set) = file::open(first, &ReadOptions::default()) else { return false };
    let (explicit, big_endian) = (data_set.syntax.explicit, data_set.syntax.big_endian);
    Cursor::new(&data_set.bytes, explicit, big_endian).next_group() == Some(0x0004)
}

/// The files of the records of a DICOMDIR that are in use, as the parts of their paths.
///
/// # Errors
/// What [`file::open`] and the walk refuse; [`Error::InvalidValue`] for a file outside the folder.
pub(crate) fn directory_records(bytes: &[u8]) -> Result<Vec<Vec<String>>, Error> {
    let data_set = file::open(bytes, &ReadOptions::default())?;
    let header = Header::read(&data_set.bytes, data_set.syntax)?;
    let mut files = Vec::new();
    for record in header.items(DIRECTORY_RECORDS)? {
        let parts = record.texts(FILE_ID);
        if parts.is_empty() || record.word(IN_USE)? == Some(0) {
            continue;
        }
        let leads_out = |part: &&str| {
            part.is_empty() || matches!(*part, "." | "..") || part.contains(['/', ':'])
        };
        if parts.iter().any(leads_out) {
            return Err(Error::invalid(FILE_ID.name, "names within the folder", parts.join("\\")));
        }
        files.push(parts.into_iter().map(str::to_string).collect());
    }
    Ok(files)
}
