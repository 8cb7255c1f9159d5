//! The de-identified file: elements, items, pixel data, and the marks of what was done.

use super::Deidentifier;
use crate::Error;
use crate::dicom::encode;
use crate::dicom::syntax::TransferSyntax;
use crate::dicom::write::encode_error;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::FileMetaTableBuilder;

impl Deidentifier {
    /// Says in the file what was done (PS3.15 E.1.1, step 7).
    pub(super) fn marks(&self, syntax: TransferSyntax) -> [Kept; 4] {
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
pub(super) struct Kept {
    pub(super) tag: Tag,
    pub(super) vr: Option<[u8; 2]>,
    pub(super) value: Vec<u8>,
}

impl Kept {
    pub(super) fn write(&self, out: &mut Vec<u8>, big_endian: bool) {
        let tag = (self.tag.group(), self.tag.element());
        encode::header(out, tag, self.vr, self.value.len() as u32, big_endian);
        out.extend(&self.value);
    }
}

pub(super) fn write_item(kept: &[Kept], out: &mut Vec<u8>, big_endian: bool) {
    let mut content = Vec::new();
    kept.iter().for_each(|e| e.write(&mut content, big_endian));
    encode::header(out, (0xFFFE, 0xE000), None, content.len() as u32, big_endian);
    out.extend(content);
}

/// Preamble and file meta group.
pub(super) fn meta(kept: &[Kept], syntax: TransferSyntax) -> Result<Vec<u8>, Error> {
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
