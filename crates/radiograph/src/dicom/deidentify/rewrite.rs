//! Attributes as they are written: kept, emptied, replaced or left out.

use super::action::{Action, vr};
use super::dates::shift_all;
use super::output::{Kept, write_item};
use super::{DeidentificationReport, Deidentifier};
use crate::Error;
use crate::dicom::element::Element;
use crate::dicom::write::uid;
use dicom_core::{Tag, VR};
use sha2::{Digest, Sha256};

impl Deidentifier {
    pub(super) fn elements(
        &self,
        elements: &[Element<'_>],
        report: &mut DeidentificationReport,
    ) -> Result<Vec<Kept>, Error> {
        let mut kept = Vec::new();
        for element in elements {
            let element = &fitted(element, elements);
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
        let value = match self.action(element) {
            Action::Keep => Some(element.value.to_vec()),
            Action::Remove => None,
            Action::Empty => {
                *report.emptied.entry(name.clone()).or_default() +=
                    usize::from(!element.value.is_empty());
                Some(Vec::new())
            }
            Action::Pseudonym => {
                *report.emptied.entry(name.clone()).or_default() += 1;
                let id = element.text().map_or(element.value, str::as_bytes);
                Some(padded(&self.pseudonym(id), b' '))
            }
            Action::Dummy => dummy(vr(element)).map(|dummy| {
                *report.emptied.entry(name.clone()).or_default() += 1;
                padded(dummy, b' ')
            }),
            Action::Uid => Some(self.uids(element, report)),
            Action::ShiftDate => self.shifted(element, report),
            Action::Clean => Some(self.items(element, report)?),
            Action::Refuse => {
                return Err(Error::invalid(
                    format!("the VR of ({name})"),
                    "SQ for a sequence and for nothing else",
                    String::from_utf8_lossy(&element.vr.unwrap_or_default()),
                ));
            }
            Action::RefuseValue => {
                let expected = "a value of its VR, as the pixels depend on it";
                return Err(Error::invalid(format!("({name})"), expected, "another value"));
            }
        };
        if value.is_none() {
            *report.removed.entry(name).or_default() += 1;
        }
        Ok(value.map(|value| Kept { tag, vr: element.vr, value }))
    }

    /// UIDs that are not the standard's own, replaced, the same by the same.
    fn uids(&self, element: &Element<'_>, report: &mut DeidentificationReport) -> Vec<u8> {
        let Some(text) = element.text() else {
            return Vec::new();
        };
        let replace = |u: &str| if is_standard(u) { u.to_string() } else { self.uid(u) };
        let uids = || text.split('\\').map(|u| u.trim_matches(['\0', ' ']));
        report.replaced_uids += uids().filter(|u| !is_standard(u)).count();
        padded(&uids().map(replace).collect::<Vec<_>>().join("\\"), 0)
    }

    fn shifted(
        &self,
        element: &Element<'_>,
        report: &mut DeidentificationReport,
    ) -> Option<Vec<u8>> {
        let days = self.date_shift_days.unwrap_or(0);
        let Some(text) = element.text() else {
            // Empty, or no text at all.
            return element.value.is_empty().then(Vec::new);
        };
        let date = shift_all(text, days)?;
        report.shifted_dates += 1;
        Some(padded(&date, b' '))
    }

    /// The items of a sequence, each treated like the data set.
    fn items(
        &self,
        element: &Element<'_>,
        report: &mut DeidentificationReport,
    ) -> Result<Vec<u8>, Error> {
        let mut value = Vec::new();
        for item in element.items()? {
            let kept = self.elements(&item.elements, report)?;
            // Within UN all is little endian (PS3.5 6.2.2, note 2).
            let big_endian = element.big_endian && element.vr != Some(*b"UN");
            write_item(&kept, &mut value, big_endian);
        }
        Ok(value)
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
}

/// Text of an even number of bytes.
fn padded(text: &str, pad: u8) -> Vec<u8> {
    let mut value = text.as_bytes().to_vec();
    value.extend(std::iter::repeat_n(pad, value.len() % 2));
    value
}

/// Whether a UID is one of the standard's own, of which none has more than three digits in a part:
/// a longer one may be a date or a number of a person.
fn is_standard(uid: &str) -> bool {
    let part =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let standard = |rest: &str| uid.len() <= 36 && rest.split('.').all(part);
    uid.is_empty() || uid.strip_prefix("1.2.840.10008.").is_some_and(standard)
}

/// A table without bytes behind its last entry, of which its descriptor says how many it has; no
/// table where there is none.
fn fitted<'a>(element: &Element<'a>, siblings: &[Element<'a>]) -> Element<'a> {
    let descriptor = match (element.group, element.element) {
        (0x0028, 0x3006) => 0x3002,
        (0x0028, data @ (0x1201..=0x1203 | 0x1211..=0x1213 | 0x1221..=0x1223)) => {
            0x1100 | (data & 0x0003) | if data & 0x0030 == 0x0010 { 0x0010 } else { 0 }
        }
        (0x0028, 0x1200..=0x12FF) => 0x0000,
        _ => return *element,
    };
    let is_segmented = element.group == 0x0028 && element.element & 0xFFF0 == 0x1220;
    let words = siblings.iter().find(|e| (e.group, e.element) == (0x0028, descriptor));
    let entries = match words.and_then(Element::words).as_deref() {
        Some([_, ..]) if is_segmented => usize::MAX / 2,
        Some([0, ..]) => 1 << 16,
        Some([entries, ..]) => usize::from(*entries),
        _ => 0,
    };
    // The reader takes two bytes an entry, but where there is just one each.
    let len = element.value.len();
    let size = if len == entries.next_multiple_of(2) { len } else { 2 * entries };
    Element { value: &element.value[..len.min(size)], ..*element }
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
