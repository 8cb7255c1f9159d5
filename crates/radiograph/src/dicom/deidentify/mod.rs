//! De-identification by PS3.15 annex E, the Basic Application Confidentiality Profile, and
//! stricter: anything not known to be safe is removed.
//!
//! Only attributes of the groups of an image and its acquisition stay (0008, 0018, 0020, 0028,
//! 2050, 7FE0; and name, ID, sex and birth date of the patient, emptied or replaced), and of those
//! no names, no free text, no dates, no private attributes, no overlays. To what is left the
//! standard's table applies ([`profile`]). UIDs that are not the standard's own are replaced, the
//! same by the same. Items of sequences are treated like the data set.

mod action;
mod copies;
mod dates;
mod fragments;
mod output;
mod pixels;
mod profile;
mod rewrite;
mod scrub;
mod values;

use super::file::{self, Header};
use super::syntax;
use crate::{Error, ReadOptions, Warning};
use copies::write_new;
use output::meta;
use pixels::write_pixels;
use std::collections::BTreeMap;
use std::path::Path;

/// Removes from DICOM files what could identify a person.
///
/// The key makes pseudonyms: files treated with the same key keep their connections (the same
/// subject, study and series), and without the key nobody can compute them.
///
/// # Examples
/// ```
/// use vertebra_radiograph::{Deidentifier, DicomImage, encode_dicom};
/// let image = DicomImage { patient_id: "1234567", ..DicomImage::new(1, 2, &[0, 9], 12) };
/// let (bytes, report) = Deidentifier::new(b"a long secret").bytes(&encode_dicom(&image)?)?;
/// assert!(!bytes.windows(7).any(|w| w == b"1234567"));
/// assert_eq!(report.replaced_uids, 3);
/// # Ok::<(), vertebra_radiograph::Error>(())
/// ```
#[derive(Clone)]
pub struct Deidentifier {
    key: Vec<u8>,
    date_shift_days: Option<i32>,
    keep_characteristics: bool,
}

/// What was done to a file; tags and counts, no values.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct DeidentificationReport {
    /// Attributes removed, as `gggg,eeee`, with how often.
    pub removed: BTreeMap<String, usize>,
    /// Attributes emptied, or replaced by a pseudonym or by a value that says nothing.
    pub emptied: BTreeMap<String, usize>,
    /// UIDs replaced.
    pub replaced_uids: usize,
    /// Dates shifted.
    pub shifted_dates: usize,
    /// What remains to be looked at by a person.
    pub warnings: Vec<Warning>,
}

impl Deidentifier {
    /// Removes dates and the subject's characteristics; pseudonyms are made with the key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: key.to_vec(), date_shift_days: None, keep_characteristics: false }
    }

    /// Shifts dates by the given number of days instead of removing them, so that intervals stay.
    #[must_use]
    pub fn with_date_shift(mut self, days: i32) -> Self {
        self.date_shift_days = Some(days);
        self
    }

    /// Keeps Patient's Sex and Patient's Age (ages above 89 years are removed).
    #[must_use]
    pub fn with_characteristics(mut self, keep: bool) -> Self {
        self.keep_characteristics = keep;
        self
    }

    /// Reads one file and writes another, which may not exist yet.
    ///
    /// # Errors
    /// [`Error::File`] around what happened, with the path it happened to.
    pub fn file(
        &self,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
    ) -> Result<DeidentificationReport, Error> {
        let input = input.as_ref();
        let limit = ReadOptions::default().limits.bytes;
        let read = crate::read::read_bounded(input, limit).map_err(|e| e.at(input))?;
        let (bytes, report) = self.bytes(&read).map_err(|e| e.at(input))?;
        write_new(output.as_ref(), &bytes)?;
        Ok(report)
    }

    /// De-identifies a file in memory into another, which may not exist yet.
    ///
    /// # Errors
    /// What [`bytes`](Self::bytes) refuses; [`Error::File`] where the file exists or cannot be
    /// written.
    pub fn bytes_to_file(
        &self,
        bytes: &[u8],
        output: impl AsRef<Path>,
    ) -> Result<DeidentificationReport, Error> {
        let (bytes, report) = self.bytes(bytes)?;
        write_new(output.as_ref(), &bytes)?;
        Ok(report)
    }

    fn check_key(&self) -> Result<(), Error> {
        if self.key.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::invalid("key of the pseudonyms", "a secret", "nothing"));
        }
        Ok(())
    }

    /// De-identifies a file in memory. The encoding of pixels stays as it is, but comments in
    /// codestreams, bytes behind the last pixel and overlays in unused bits go; a deflated data set
    /// is written inflated.
    ///
    /// # Errors
    /// What [`ReadOptions::read_bytes`] refuses, truncated pixel data, and an empty key, by which
    /// anyone could compute the pseudonyms.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(Vec<u8>, DeidentificationReport), Error> {
        if !file::has_prefix(bytes) {
            return Err(Error::UnknownFormat {
                expected: "\"DICM\" at byte 128 (DICOM)",
                got: crate::read::first_bytes(bytes),
            });
        }
        self.check_key()?;
        let data_set = file::open(bytes, &ReadOptions::default())?;
        let header = Header::read(&data_set.bytes, data_set.syntax)?;
        let syntax = if data_set.syntax.deflated { syntax::EXPLICIT_LE } else { data_set.syntax };
        let mut report = DeidentificationReport::default();
        warn(&header, &mut report);
        let mut kept = self.elements(header.elements(), &mut report)?;
        kept.extend(self.marks(syntax));
        kept.sort_by_key(|e| e.tag);
        let mut body = Vec::with_capacity(data_set.bytes.len());
        kept.iter().for_each(|e| e.write(&mut body, syntax.big_endian));
        write_pixels(&header, &mut body, syntax, &mut report)?;
        let mut out = meta(&kept, syntax)?;
        out.extend(body);
        Ok((out, report))
    }
}

impl std::fmt::Debug for Deidentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deidentifier").finish_non_exhaustive() // the key is a secret
    }
}

fn warn(header: &Header<'_>, report: &mut DeidentificationReport) {
    match header.text(super::tag::BURNED_IN_ANNOTATION) {
        Some("NO") => {}
        Some("YES") => report.warnings.push(Warning::BurnedInAnnotation),
        _ => report.warnings.push(Warning::Guessed {
            what: "Burned In Annotation (0028,0301) is absent: look for text in the pixels".into(),
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::profile::Rule;
    use super::*;
    use crate::dicom::encode;
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
    use dicom_core::{Tag, VR};
    use dicom_dictionary_std::StandardDataDictionary;

    fn element(out: &mut Vec<u8>, (group, element): (u16, u16), vr: [u8; 2], value: &[u8]) {
        encode::header(out, (group, element), Some(vr), value.len() as u32, false);
        out.extend(value);
    }

    /// A value of a VR that must not be found again.
    fn secret(vr: VR) -> Vec<u8> {
        let text = match vr {
            VR::DA => "19380712",
            VR::DT => "19380712193807",
            VR::TM => "193807",
            VR::UI => "1.2.3.19380712",
            VR::IS | VR::DS => "19380712",
            VR::AS => "073Y",
            VR::SQ => {
                let mut content = Vec::new();
                element(&mut content, (0x0008, 0x1050), *b"PN", b"SECRET");
                element(&mut content, (0x0008, 0x1155), *b"UI", b"1.2.3.19380712");
                let mut item = Vec::new();
                encode::header(&mut item, (0xFFFE, 0xE000), None, content.len() as u32, false);
                item.extend(content);
                return item;
            }
            _ => "SECRET^SECRET^SE", // as long as numbers of any width take
        };
        text.as_bytes().to_vec()
    }

    /// A file with every attribute of the standard's table: of each at least what its rule asks
    /// for.
    #[test]
    fn the_standards_table_is_kept_to() {
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        element(&mut file, (0x0002, 0x0010), *b"UI", b"1.2.840.10008.1.2.1\0");
        let lists = [&profile::REMOVE[..], &profile::EMPTY, &profile::DUMMY, &profile::UID];
        let mut table: Vec<u32> = [lists.concat(), profile::REFERENCES.to_vec()].concat();
        table.sort_unstable();
        let mut written = BTreeMap::new();
        for &tag in &table {
            let tag = ((tag >> 16) as u16, tag as u16);
            let entry = StandardDataDictionary.by_tag(Tag(tag.0, tag.1));
            let vr = entry.map_or(VR::LO, |entry| entry.vr().relaxed());
            let value = secret(vr);
            // Groups before 0008 are of the file, not of the data set.
            if tag.0 >= 0x0008 {
                element(&mut file, tag, vr.to_bytes(), &value);
                written.insert(tag, value);
            }
        }
        assert!(written.len() > 600 && written.len() + 5 > table.len());
        let (after, _) = Deidentifier::new(b"key").bytes(&file).unwrap();
        for secret in ["SECRET", "19380712", "193807", "073Y", "1.2.3."] {
            let found = after.windows(secret.len()).position(|w| w == secret.as_bytes());
            assert_eq!(found, None, "{secret}");
        }
        let data_set = file::open(&after, &ReadOptions::default()).unwrap();
        let header = Header::read(&data_set.bytes, data_set.syntax).unwrap();
        for e in header.elements() {
            let tag = (e.group, e.element);
            let Some(before) = written.get(&tag) else { continue };
            match profile::rule(tag.0, tag.1) {
                Some(Rule::Remove) => panic!("{tag:04x?} is still there"),
                // A pseudonym is allowed in place of nothing (PS3.15 E.1.1, Z).
                Some(Rule::Empty) if tag != (0x0010, 0x0020) => assert!(e.value.is_empty()),
                _ => assert_ne!(e.value, &before[..], "{tag:04x?}"),
            }
        }
        // Options: dates by a number of days, and never the birth date.
        let shifted = Deidentifier::new(b"key").with_date_shift(1).bytes(&file).unwrap().0;
        let found = |text: &str| shifted.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(found("19380713") && found("19380713193807") && !found("19380712"));
        assert!(found("113107") && found("113100") && !found("113108"));
    }
}
