//! The modality LUT: stored values to the modality's own units (PS3.3 C.11.1).

use super::file::Header;
use super::layout::Layout;
use super::lut::{self, Lut};
use super::tag;
use crate::{Error, ModalityLut, Warning};

/// The modality transformation of a file.
#[derive(Debug, Clone)]
pub(crate) enum Modality {
    Identity,
    Rescale { slope: f64, intercept: f64 },
    Table(Lut),
}

/// X-Ray Angiographic, X-Ray Radiofluoroscopic and Biplane Image Storage.
fn is_angiogram(header: &Header<'_>) -> bool {
    match header.text(tag::SOP_CLASS_UID) {
        Some(class) => class.strip_prefix(ANGIOGRAMS).is_some_and(|last| last.len() == 1),
        None => matches!(header.text(tag::MODALITY), Some("XA" | "RF")),
    }
}

/// The enhanced ones, of which each frame may have a rescale that is for display.
fn is_enhanced_angiogram(header: &Header<'_>) -> bool {
    let class = header.text(tag::SOP_CLASS_UID).and_then(|class| class.strip_prefix(ANGIOGRAMS));
    class.is_some_and(|last| last.len() > 1)
}

const ANGIOGRAMS: &str = "1.2.840.10008.5.1.4.1.1.12.";

impl Modality {
    pub(crate) fn read(
        header: &Header<'_>,
        layout: &Layout,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let slope = header.number(tag::RESCALE_SLOPE)?;
        let intercept = header.number(tag::RESCALE_INTERCEPT)?;
        let items = header.items(tag::MODALITY_LUT_SEQUENCE)?;
        if items.first().is_some_and(lut::is_empty) {
            let what = format!("{}: its item is empty", tag::MODALITY_LUT_SEQUENCE.name);
            warnings.push(Warning::Ignored { what });
        }
        if let Some(item) = items.first().filter(|item| !lut::is_empty(item)) {
            if slope.is_some() || intercept.is_some() {
                warnings.push(Warning::IgnoredRescale);
            }
            return Ok(Self::Table(Lut::read(item, layout.signed, warnings)?));
        }
        match (slope.unwrap_or(1.0), intercept.unwrap_or(0.0)) {
            (0.0, _) => Err(Error::invalid(tag::RESCALE_SLOPE.name, "not zero", 0)),
            (1.0, 0.0) => Ok(Self::Identity),
            (slope, intercept) => Ok(Self::Rescale { slope, intercept }),
        }
    }

    /// What of it is for display: the modality LUT of an angiogram or of fluoroscopy, a table or a
    /// rescale, makes values linear to the intensity of X-rays, for measurements (PS3.3
    /// C.8.7.1.1.2); DCMTK leaves both out, too.
    pub(crate) fn for_display(self, header: &Header<'_>, warnings: &mut Vec<Warning>) -> Self {
        let name = match &self {
            Self::Table(_) if is_angiogram(header) || is_enhanced_angiogram(header) => {
                tag::MODALITY_LUT_SEQUENCE.name
            }
            Self::Rescale { .. } if is_angiogram(header) => tag::RESCALE_SLOPE.name,
            _ => return self,
        };
        let what = format!("{name} of an XA or RF film is not for display (PS3.3 C.8.7.1.1.2)");
        warnings.push(Warning::Ignored { what });
        Self::Identity
    }

    /// The modality value of a stored value.
    pub(crate) fn apply(&self, stored: i64) -> f64 {
        match self {
            Self::Identity => stored as f64,
            Self::Rescale { slope, intercept } => stored as f64 * slope + intercept,
            Self::Table(lut) => f64::from(lut.at(stored)),
        }
    }

    /// The modality value of a stored float; a table has none for it.
    pub(crate) fn apply_to(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => stored * slope + intercept,
            _ => stored,
        }
    }

    /// Whether values below zero can come out.
    pub(crate) fn can_be_negative(&self, layout: &Layout) -> bool {
        match self {
            Self::Identity => layout.signed,
            Self::Rescale { slope, intercept } => layout.signed || *intercept < 0.0 || *slope < 0.0,
            Self::Table(_) => false,
        }
    }

    pub(crate) fn record(&self) -> ModalityLut {
        match self {
            Self::Identity => ModalityLut::None,
            Self::Rescale { slope, intercept } => {
                ModalityLut::Rescale { slope: *slope, intercept: *intercept }
            }
            Self::Table(lut) => ModalityLut::Sequence {
                entries: lut.entries.len() as u32,
                first: lut.first,
                bits: lut.bits,
            },
        }
    }
}
