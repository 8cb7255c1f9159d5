//! The modality LUT: stored values to the modality's own units (PS3.3 C.11.1).

use super::file::Header;
use super::layout::Layout;
use super::lut::Lut;
use super::tag;
use crate::{Error, ModalityLut, Warning};

/// The modality transformation of a file.
#[derive(Debug, Clone)]
pub(crate) enum Modality {
    Identity,
    Rescale { slope: f64, intercept: f64 },
    Table(Lut),
}

impl Modality {
    pub(crate) fn read(
        header: &Header<'_>,
        layout: &Layout,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let slope = header.number(tag::RESCALE_SLOPE)?;
        let intercept = header.number(tag::RESCALE_INTERCEPT)?;
        if let Some(item) = header.items(tag::MODALITY_LUT_SEQUENCE)?.first() {
            if slope.is_some() || intercept.is_some() {
                warnings.push(Warning::IgnoredRescale);
            }
            return Ok(Self::Table(Lut::read(item, layout.signed)?));
        }
        match (slope.unwrap_or(1.0), intercept.unwrap_or(0.0)) {
            (0.0, _) => Err(Error::invalid(tag::RESCALE_SLOPE.name, "not zero", 0)),
            (1.0, 0.0) => Ok(Self::Identity),
            (slope, intercept) => Ok(Self::Rescale { slope, intercept }),
        }
    }

    /// The modality value of a stored value.
    pub(crate) fn apply(&self, stored: i64) -> f64 {
        match self {
            Self::Identity => stored as f64,
            Self::Rescale { slope, intercept } => stored as f64 * slope + intercept,
            Self::Table(lut) => f64::from(lut.at(stored)),
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
