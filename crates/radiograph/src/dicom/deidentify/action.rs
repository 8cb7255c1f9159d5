//! What becomes of an attribute.

use super::Deidentifier;
use super::profile::{self, Rule};
use super::values::{are_common_ages, is_plain_name, is_sex, keeps_to, reads_as_text};
use crate::dicom::element::Element;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

/// What becomes of an attribute.
pub(super) enum Action {
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
    /// A value that is none of its VR, and that the pixels depend on.
    RefuseValue,
}

impl Deidentifier {
    pub(super) fn action(&self, element: &Element<'_>) -> Action {
        let tag = Tag(element.group, element.element);
        let known = matches!(tag.group(), 0x0008 | 0x0018 | 0x0020 | 0x0028 | 0x2050 | 0x7FE0);
        self.by_name(tag, element).unwrap_or_else(|| {
            if !known {
                return Action::Remove;
            }
            let vr = vr(element);
            let broken = vr.is_some_and(|vr| !keeps_to(element, vr));
            let rule = profile::rule(element.group, element.element);
            let action = self.by_nesting(element, vr, rule);
            match action.unwrap_or_else(|| by_rule(tag, vr, rule)) {
                Action::Keep if broken && makes_grey(tag, element) => Action::RefuseValue,
                Action::Keep if broken => Action::Remove,
                action => action,
            }
        })
    }

    /// The attributes that have a treatment of their own.
    fn by_name(&self, tag: Tag, element: &Element<'_>) -> Option<Action> {
        match tag {
            tags::PATIENT_ID => Some(Action::Pseudonym),
            // Group lengths would be those of before; the mark is written anew.
            Tag(_, 0) | tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED => Some(Action::Remove),
            tags::PATIENT_AGE if self.keep_characteristics => {
                Some(kept_if(are_common_ages(element)))
            }
            tags::PATIENT_SEX if self.keep_characteristics => Some(kept_if(is_sex(element))),
            tags::PATIENT_NAME
            | tags::PATIENT_BIRTH_DATE
            | tags::PATIENT_SEX
            | tags::ACCESSION_NUMBER
            | tags::REFERRING_PHYSICIAN_NAME
            | tags::STUDY_ID => Some(Action::Empty),
            tags::RESCALE_TYPE | tags::MANUFACTURER | tags::MANUFACTURER_MODEL_NAME => {
                Some(kept_if(is_plain_name(element)))
            }
            tags::ICON_IMAGE_SEQUENCE | tags::DIGITAL_SIGNATURES_SEQUENCE => Some(Action::Remove),
            _ => None,
        }
    }

    /// Attributes that are a sequence in the file alone or in the dictionary alone, and dates to be
    /// shifted.
    fn by_nesting(
        &self,
        element: &Element<'_>,
        vr: Option<VR>,
        rule: Option<Rule>,
    ) -> Option<Action> {
        let is_sequence = element.vr == Some(*b"SQ");
        let may_be = matches!(element.vr, None | Some([b'U', b'N']));
        match (vr, rule) {
            (Some(VR::SQ), _) if is_sequence || may_be => None,
            (Some(VR::SQ), Some(Rule::Remove)) => Some(Action::Remove),
            (Some(VR::SQ), _) => Some(Action::Refuse),
            (Some(_), Some(Rule::Remove)) if is_sequence => Some(Action::Remove),
            (Some(_), _) if is_sequence => Some(Action::Refuse),
            (Some(VR::DA | VR::DT), _) if self.date_shift_days.is_some() => Some(Action::ShiftDate),
            (Some(VR::TM), _) if self.date_shift_days.is_some() => Some(Action::Keep),
            _ => None,
        }
    }
}

fn kept_if(may_stay: bool) -> Action {
    if may_stay { Action::Keep } else { Action::Remove }
}

/// Whether grey values are computed from the attribute, so that without it they would be others,
/// and no reader would notice. Words in place of the numbers of the layout are not such: by them no
/// film can be read.
fn makes_grey(tag: Tag, element: &Element<'_>) -> bool {
    let layout = matches!(
        tag.element(),
        0x0002 | 0x0004 | 0x0006 | 0x0008 | 0x0010 | 0x0011 | 0x0100..=0x0103 | 0x0120 | 0x0121
    );
    let tables = matches!(tag.element(), 0x1052 | 0x1053 | 0x3002 | 0x3006);
    tag.group() == 0x0028 && (tables || (layout && !reads_as_text(element.value)))
}

/// By the standard's table, and where it is silent by the kind of value.
fn by_rule(tag: Tag, vr: Option<VR>, rule: Option<Rule>) -> Action {
    match (rule, vr) {
        (Some(Rule::Remove), _) => Action::Remove,
        (Some(Rule::Empty), _) => Action::Empty,
        (Some(Rule::Dummy), _) => Action::Dummy,
        (Some(Rule::Uid), _) => Action::Uid,
        (_, Some(VR::SQ)) => Action::Clean,
        (_, Some(VR::UI)) => Action::Uid,
        (
            _,
            Some(VR::CS | VR::IS | VR::DS | VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD),
        ) => Action::Keep,
        (_, Some(VR::OB | VR::OW | VR::OV | VR::OF | VR::OD))
            if tag.group() == 0x7FE0 || is_table(tag) =>
        {
            Action::Keep
        }
        _ => Action::Remove,
    }
}

/// The VR of an element, by the standard's dictionary; what is not in there is not known.
///
/// The reader knows attributes by tag too: a Rescale Slope stored as `LO` must stay, and a name
/// stored as `CS` must not.
pub(super) fn vr(element: &Element<'_>) -> Option<VR> {
    let tag = Tag(element.group, element.element);
    StandardDataDictionary.by_tag(tag).map(|entry| entry.vr().relaxed())
}

fn is_table(tag: Tag) -> bool {
    tag == tags::LUT_DATA || (tag.group() == 0x0028 && (0x1201..=0x1223).contains(&tag.element()))
}
