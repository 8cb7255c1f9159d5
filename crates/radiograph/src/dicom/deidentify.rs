//! De-identification by PS3.15 annex E, the Basic Application Confidentiality Profile, and stricter:
//! what is not known to be harmless goes.
//!
//! Only attributes of the groups of an image and its acquisition stay (0008, 0018, 0020, 0028, 2050,
//! 7FE0; and name, ID, sex and birth date of the patient, emptied or replaced), and of those no
//! names, no free text, no dates, no private attributes, no overlays. To what is left the standard's
//! table applies ([`profile`]). UIDs that are not the standard's own are replaced, the same by the
//! same. Items of sequences are treated like the data set.

use super::cursor::PixelElement;
use super::element::Element;
use super::file::{self, Header};
use super::profile::{self, Rule};
use super::syntax::{self, TransferSyntax};
use super::write::{encode_error, uid};
use super::{encode, tag};
use crate::folder::{self, FolderReport};
use crate::{Error, ReadOptions, Warning};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::FileMetaTableBuilder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

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

/// What becomes of an attribute.
enum Action {
    Keep,
    Remove,
    Empty,
    Pseudonym,
    Dummy,
    Uid,
    ShiftDate,
    Clean,
    /// Not known what it is: neither to be kept nor, as the pixels may depend on it, to be removed.
    Refuse,
}

impl Deidentifier {
    /// Removes dates and the subject's characteristics; pseudonyms are made with the key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: key.to_vec(), date_shift_days: None, keep_characteristics: false }
    }

    /// Shifts dates by so many days instead of removing them, so that intervals stay.
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

    /// Reads one file and writes another.
    ///
    /// # Errors
    /// [`Error::File`] around what happened, with the path it happened to.
    pub fn file(
        &self,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
    ) -> Result<DeidentificationReport, Error> {
        let (input, output) = (input.as_ref(), output.as_ref());
        let limit = ReadOptions::default().limits.bytes;
        let read = || self.bytes(&crate::read::read_bounded(input, limit)?);
        let (bytes, report) = read().map_err(|e| e.at(input))?;
        std::fs::write(output, bytes).map_err(|e| Error::from(e).at(output))?;
        Ok(report)
    }

    /// De-identifies all DICOM files under a folder, in parallel, into another, which is made. The new
    /// files are named after their new SOP Instance UIDs, since names of files and folders may be
    /// names of persons; the report says which file became which. Nothing is overwritten.
    ///
    /// `progress` is told how many files are done and how many there are.
    ///
    /// # Errors
    /// [`Error::File`] where a folder cannot be listed or made; a file that cannot be treated is one of
    /// the [`failures`](FolderReport::failures), and nothing of it is written.
    pub fn folder(
        &self,
        input: impl AsRef<Path>,
        output: impl AsRef<Path>,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<FolderReport<(PathBuf, DeidentificationReport)>, Error> {
        let output = output.as_ref();
        std::fs::create_dir_all(output).map_err(|e| Error::from(e).at(output))?;
        let limit = ReadOptions::default().limits.bytes;
        let each = |path: &Path| {
            let read = || self.bytes(&crate::read::read_bounded(path, limit)?);
            let (bytes, report) = read().map_err(|e| e.at(path))?;
            let new = output.join(format!("{}.dcm", self.name(&bytes)?));
            let mut file = File::create_new(&new).map_err(|e| Error::from(e).at(&new))?;
            file.write_all(&bytes).map_err(|e| Error::from(e).at(&new))?;
            Ok((new, report))
        };
        folder::walk(input.as_ref(), each, progress)
    }

    /// The SOP Instance UID of a file that was written here, or one made of its content.
    fn name(&self, bytes: &[u8]) -> Result<String, Error> {
        let data_set = file::open(bytes, &ReadOptions::default())?;
        let header = Header::read(&data_set.bytes, data_set.syntax)?;
        let plain = |uid: &&str| uid.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let uid = header.text(tag::SOP_INSTANCE_UID).filter(plain);
        Ok(uid.map_or_else(|| uid_of_content(bytes), str::to_string))
    }

    /// De-identifies a file in memory. Pixel data and their encoding stay as they are; a deflated
    /// data set is written inflated.
    ///
    /// # Errors
    /// What [`ReadOptions::read_bytes`] refuses, and truncated pixel data.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(Vec<u8>, DeidentificationReport), Error> {
        if !file::has_prefix(bytes) {
            return Err(Error::UnknownFormat {
                expected: "\"DICM\" at byte 128 (DICOM)",
                got: crate::read::first_bytes(bytes),
            });
        }
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
        write_pixels(&header, &mut body, syntax)?;
        let mut out = meta(&kept, syntax)?;
        out.extend(body);
        Ok((out, report))
    }

    fn elements(
        &self,
        elements: &[Element<'_>],
        report: &mut DeidentificationReport,
    ) -> Result<Vec<Kept>, Error> {
        let mut kept = Vec::new();
        for element in elements {
            kept.extend(self.element(element, report)?);
        }
        Ok(kept)
    }

    fn element(
        &self,
        element: &Element<'_>,
        report: &mut DeidentificationReport,
    ) -> Result<Option<Kept>, Error> {
        let tag = Tag(element.group, element.element);
        let name = format!("{:04X},{:04X}", tag.group(), tag.element());
        let keep = |value: Vec<u8>| Some(Kept { tag, vr: element.vr, value });
        let put = |text: &str, pad: u8| {
            let mut value = text.as_bytes().to_vec();
            value.extend(std::iter::repeat_n(pad, value.len() % 2));
            keep(value)
        };
        let mut remove = || {
            *report.removed.entry(name.clone()).or_default() += 1;
            Ok(None)
        };
        Ok(match (self.action(element), element.text()) {
            (Action::Keep, _) => keep(element.value.to_vec()),
            (Action::Remove, _) => return remove(),
            (Action::Empty, _) => {
                *report.emptied.entry(name).or_default() += usize::from(!element.value.is_empty());
                keep(Vec::new())
            }
            (Action::Pseudonym, text) => {
                *report.emptied.entry(name).or_default() += 1;
                put(&self.pseudonym(text.map_or(element.value, str::as_bytes)), b' ')
            }
            (Action::Dummy, _) => {
                let Some(dummy) = dummy(vr(element)) else { return remove() };
                *report.emptied.entry(name).or_default() += 1;
                put(dummy, b' ')
            }
            (Action::Uid, None) => keep(Vec::new()),
            (Action::Uid, Some(text)) => {
                let replace = |u: &str| if is_standard(u) { u.to_string() } else { self.uid(u) };
                report.replaced_uids += text.split('\\').filter(|u| !is_standard(u)).count();
                put(&text.split('\\').map(replace).collect::<Vec<_>>().join("\\"), 0)
            }
            (Action::ShiftDate, text) => {
                match shift_start(text.unwrap_or_default(), self.date_shift_days.unwrap_or(0)) {
                    Some(date) => {
                        report.shifted_dates += 1;
                        put(&date, b' ')
                    }
                    None => return remove(),
                }
            }
            (Action::Clean, _) => {
                let mut value = Vec::new();
                for item in element.items()? {
                    let kept = self.elements(&item.elements, report)?;
                    // Within UN all is little endian (PS3.5 6.2.2, note 2).
                    let big_endian = element.big_endian && element.vr != Some(*b"UN");
                    write_item(&kept, &mut value, big_endian);
                }
                keep(value)
            }
            (Action::Refuse, _) => {
                return Err(Error::invalid(
                    format!("the VR of ({name})"),
                    "SQ for a sequence and for nothing else",
                    String::from_utf8_lossy(&element.vr.unwrap_or_default()),
                ));
            }
        })
    }

    fn action(&self, element: &Element<'_>) -> Action {
        let tag = Tag(element.group, element.element);
        match tag {
            tags::PATIENT_ID => return Action::Pseudonym,
            tags::PATIENT_SEX | tags::PATIENT_AGE if self.keep_characteristics => {
                let old = element.text().is_some_and(|age| age > "089Y" && age.contains('Y'));
                return if old { Action::Remove } else { Action::Keep };
            }
            tags::PATIENT_NAME
            | tags::PATIENT_BIRTH_DATE
            | tags::PATIENT_SEX
            | tags::ACCESSION_NUMBER
            | tags::REFERRING_PHYSICIAN_NAME
            | tags::STUDY_ID => return Action::Empty,
            tags::RESCALE_TYPE | tags::MANUFACTURER | tags::MANUFACTURER_MODEL_NAME => {
                return Action::Keep;
            }
            tags::ICON_IMAGE_SEQUENCE | tags::DIGITAL_SIGNATURES_SEQUENCE => return Action::Remove,
            _ => {}
        }
        let known = matches!(tag.group(), 0x0008 | 0x0018 | 0x0020 | 0x0028 | 0x2050 | 0x7FE0);
        if !known {
            return Action::Remove;
        }
        let vr = vr(element);
        let is_sequence = element.vr == Some(*b"SQ");
        let may_be = matches!(element.vr, None | Some([b'U', b'N']));
        let rule = profile::rule(element.group, element.element);
        match (vr, rule) {
            (Some(VR::SQ), _) if is_sequence || may_be => {}
            (Some(VR::SQ), Some(Rule::Remove)) => return Action::Remove,
            (Some(VR::SQ), _) => return Action::Refuse,
            (Some(_), Some(Rule::Remove)) if is_sequence => return Action::Remove,
            (Some(_), _) if is_sequence => return Action::Refuse,
            (Some(VR::DA | VR::DT), _) if self.date_shift_days.is_some() => {
                return Action::ShiftDate;
            }
            (Some(VR::TM), _) if self.date_shift_days.is_some() => return Action::Keep,
            _ => {}
        }
        match rule {
            Some(Rule::Remove) => return Action::Remove,
            Some(Rule::Empty) => return Action::Empty,
            Some(Rule::Dummy) => return Action::Dummy,
            Some(Rule::Uid) => return Action::Uid,
            Some(Rule::References) | None => {}
        }
        match vr {
            Some(VR::SQ) => Action::Clean,
            Some(VR::UI) => Action::Uid,
            Some(
                VR::CS | VR::IS | VR::DS | VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD,
            ) => Action::Keep,
            Some(VR::OB | VR::OW | VR::OV) if is_pixel_or_table(tag) => Action::Keep,
            _ => Action::Remove,
        }
    }

    fn uid(&self, original: &str) -> String {
        uid(&[b"deidentified", &self.key, original.as_bytes()])
    }

    fn pseudonym(&self, id: &[u8]) -> String {
        let mut hasher = Sha256::new();
        hasher.update((self.key.len() as u64).to_le_bytes());
        hasher.update(&self.key);
        hasher.update(id);
        hasher.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Says in the file what was done (PS3.15 E.1.1, step 7).
    fn marks(&self, syntax: TransferSyntax) -> [Kept; 4] {
        let temporal = if self.date_shift_days.is_some() { "MODIFIED" } else { "REMOVED " };
        let text = |tag, vr: [u8; 2], value: &str| Kept {
            tag,
            vr: syntax.explicit.then_some(vr),
            value: value.as_bytes().to_vec(),
        };
        let mut codes = vec![("113100", "Basic Application Confidentiality Profile ")];
        if self.date_shift_days.is_some() {
            codes
                .push(("113107", "Retain Longitudinal Temporal Information Modified Dates Option"));
        }
        if self.keep_characteristics {
            codes.push(("113108", "Retain Patient Characteristics Option "));
        }
        let mut items = Vec::new();
        for (code, meaning) in codes {
            let item = [
                text(tags::CODE_VALUE, *b"SH", code),
                text(tags::CODING_SCHEME_DESIGNATOR, *b"SH", "DCM "),
                text(tags::CODE_MEANING, *b"LO", meaning),
            ];
            write_item(&item, &mut items, syntax.big_endian);
        }
        [
            text(tags::PATIENT_IDENTITY_REMOVED, *b"CS", "YES "),
            text(
                tags::DEIDENTIFICATION_METHOD,
                *b"LO",
                "vertebra-radiograph, PS3.15 E.1 and stricter",
            ),
            Kept {
                tag: tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
                vr: syntax.explicit.then_some(*b"SQ"),
                value: items,
            },
            text(tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, *b"CS", temporal),
        ]
    }
}

/// An element to be written.
struct Kept {
    tag: Tag,
    vr: Option<[u8; 2]>,
    value: Vec<u8>,
}

impl Kept {
    fn write(&self, out: &mut Vec<u8>, big_endian: bool) {
        let tag = (self.tag.group(), self.tag.element());
        encode::header(out, tag, self.vr, self.value.len() as u32, big_endian);
        out.extend(&self.value);
    }
}

fn write_item(kept: &[Kept], out: &mut Vec<u8>, big_endian: bool) {
    let mut content = Vec::new();
    kept.iter().for_each(|e| e.write(&mut content, big_endian));
    encode::header(out, (0xFFFE, 0xE000), None, content.len() as u32, big_endian);
    out.extend(content);
}

/// Pixel data as they were.
fn write_pixels(
    header: &Header<'_>,
    out: &mut Vec<u8>,
    syntax: TransferSyntax,
) -> Result<(), Error> {
    let pixel_data = (0x7FE0, 0x0010);
    let ob = syntax.explicit.then_some(*b"OB");
    match &header.pixels {
        None => {}
        Some(PixelElement::Native { bytes, announced, vr }) => {
            if (bytes.len() as u64) < *announced {
                let (expected, got) = (*announced, bytes.len() as u64);
                return Err(Error::Truncated { what: tag::PIXEL_DATA.name.into(), expected, got });
            }
            encode::header(out, pixel_data, *vr, bytes.len() as u32, syntax.big_endian);
            out.extend(*bytes);
        }
        Some(PixelElement::Encapsulated { items, truncated }) => {
            if *truncated {
                return Err(Error::Missing("the end of Pixel Data (7FE0,0010)"));
            }
            encode::header(out, pixel_data, ob, u32::MAX, syntax.big_endian);
            for item in items {
                encode::header(out, (0xFFFE, 0xE000), None, item.len() as u32, false);
                out.extend(*item);
            }
            encode::header(out, (0xFFFE, 0xE0DD), None, 0, false);
        }
    }
    Ok(())
}

/// Preamble and file meta group.
fn meta(kept: &[Kept], syntax: TransferSyntax) -> Result<Vec<u8>, Error> {
    let text = |tag: Tag| {
        let value = kept.iter().find(|e| e.tag == tag).map(|e| e.value.as_slice());
        let text = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        text.trim_end_matches(['\0', ' ']).to_string()
    };
    let table = FileMetaTableBuilder::new()
        .transfer_syntax(syntax.uid)
        .media_storage_sop_class_uid(text(tags::SOP_CLASS_UID))
        .media_storage_sop_instance_uid(text(tags::SOP_INSTANCE_UID))
        .build()
        .map_err(encode_error)?;
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    table.write(&mut out).map_err(encode_error)?;
    Ok(out)
}

/// The VR of an element, by the standard's dictionary and, for what is not in there, by the file.
///
/// The reader knows attributes by tag too: a Rescale Slope stored as `LO` must stay, and a name stored
/// as `CS` must not.
fn vr(element: &Element<'_>) -> Option<VR> {
    let tag = Tag(element.group, element.element);
    match StandardDataDictionary.by_tag(tag) {
        Some(entry) => Some(entry.vr().relaxed()),
        None => VR::from_binary(element.vr?),
    }
}

impl std::fmt::Debug for Deidentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deidentifier").finish_non_exhaustive() // the key is a secret
    }
}

fn uid_of_content(bytes: &[u8]) -> String {
    uid(&[b"content", bytes])
}

fn is_standard(uid: &str) -> bool {
    uid.starts_with("1.2.840.10008.") || uid.is_empty()
}

fn is_pixel_or_table(tag: Tag) -> bool {
    tag.group() == 0x7FE0
        || matches!(tag, tags::LUT_DATA)
        || (tag.group() == 0x0028 && (0x1201..=0x1223).contains(&tag.element()))
}

fn warn(header: &Header<'_>, report: &mut DeidentificationReport) {
    match header.text(tag::BURNED_IN_ANNOTATION) {
        Some("NO") => {}
        Some("YES") => report.warnings.push(Warning::BurnedInAnnotation),
        _ => report.warnings.push(Warning::Guessed {
            what: "Burned In Annotation (0028,0301) is absent: look for text in the pixels".into(),
        }),
    }
}

/// A value that says nothing, for what may not be empty.
fn dummy(vr: Option<VR>) -> Option<&'static str> {
    match vr? {
        VR::DA => Some("19000101"),
        VR::DT => Some("19000101000000"),
        VR::TM => Some("000000"),
        VR::IS | VR::DS => Some("0"),
        VR::AS => Some("000Y"),
        VR::AE | VR::CS | VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT => {
            Some("REMOVED")
        }
        _ => None,
    }
}

/// A date, or a date and time, whose date is so many days later.
fn shift_start(text: &str, days: i32) -> Option<String> {
    let (date, rest) = text.split_at_checked(8)?;
    Some(shift(date, days)? + rest)
}

/// A date `YYYYMMDD` so many days later; `None` where it is no date.
fn shift(date: &str, days: i32) -> Option<String> {
    let digits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return None;
    }
    let (y, m, d) = (date[..4].parse().ok()?, date[4..6].parse().ok()?, date[6..].parse().ok()?);
    if !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return None;
    }
    let (y, m, d) = civil(day_number(y, m, d).checked_add(i64::from(days))?);
    (0..=9999).contains(&y).then(|| format!("{y:04}{m:02}{d:02}"))
}

/// Days since 1 March of year 0, in the proleptic Gregorian calendar.
fn day_number(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let month = (m + 9) % 12; // from March
    365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * month + 2) / 5 + d
        - 1
}

/// The inverse of [`day_number`].
fn civil(day: i64) -> (i64, i64, i64) {
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let d = of_year - (153 * month + 2) / 5 + 1;
    let m = if month < 10 { month + 3 } else { month - 9 };
    (year + 400 * era + i64::from(m <= 2), m, d)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::file::Header;
    use super::*;

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

    /// A file with every attribute of the standard's table: of each at least what its rule asks for.
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
        // Options: dates by so many days, and never the birth date.
        let shifted = Deidentifier::new(b"key").with_date_shift(1).bytes(&file).unwrap().0;
        let found = |text: &str| shifted.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(found("19380713") && found("19380713193807") && !found("19380712"));
        assert!(found("113107") && found("113100") && !found("113108"));
    }

    #[test]
    fn dates_shift_over_leap_days_and_back() {
        assert_eq!(shift("20240228", 2).as_deref(), Some("20240301"));
        assert_eq!(shift("20230228", 1).as_deref(), Some("20230301"));
        assert_eq!(shift("20000101", -1).as_deref(), Some("19991231"));
        assert_eq!(shift("19991301", 1), None);
        assert_eq!(shift("2024", 1), None);
        for day in -5000..5000 {
            let later = shift("19840615", day).unwrap();
            assert_eq!(shift(&later, -day).as_deref(), Some("19840615"), "{day}");
        }
    }
}
