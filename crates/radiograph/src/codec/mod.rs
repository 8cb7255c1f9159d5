//! Decoders of compressed frames. Nothing here knows DICOM: bytes and the expected size go in,
//! samples come out, and nothing larger than the expected size is ever allocated.

mod htj2k;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
#[cfg(feature = "jpeg-xl")]
mod jpeg_xl;
mod rle;

pub(crate) use jpeg::{
    decode as decode_jpeg, orientation as jpeg_orientation, size as jpeg_size, tiff_orientation,
};
pub(crate) use jpeg_ls::decode as decode_jpeg_ls;
#[cfg(feature = "jpeg-xl")]
pub(crate) use jpeg_xl::decode as decode_jpeg_xl;
pub(crate) use jpeg2000::decode as decode_jpeg2000;
pub(crate) use rle::{decode as decode_rle, unpack as unpack_bits};

/// Damaged or unsupported compressed data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) codec: &'static str,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(codec: &'static str, reason: impl Into<String>) -> Self {
        Self { codec, reason: reason.into() }
    }
}

impl From<Fault> for crate::Error {
    fn from(fault: Fault) -> Self {
        Self::codec(fault.codec, fault.reason)
    }
}

/// The size that a frame must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) components: usize,
}

impl Size {
    pub(crate) fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Compares with what a codestream says.
    fn check(self, codec: &'static str, got: Self) -> Result<(), Fault> {
        if self == got {
            return Ok(());
        }
        let show = |s: Self| format!("{} x {} x {}", s.height, s.width, s.components);
        let reason =
            format!("expected rows x columns x samples of {}; got {}", show(self), show(got));
        Err(Fault::new(codec, reason))
    }
}

/// A decoded frame; components interleaved.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) samples: FrameSamples,
    /// Bits of a sample, by the codestream.
    pub(crate) precision: u16,
    /// Rows that could be decoded; fewer than the height only where the data end early.
    pub(crate) rows: usize,
    /// Whether values are approximate, so that some may lie outside the range of the original.
    pub(crate) lossy: bool,
    /// What three components are.
    pub(crate) colour: FrameColour,
}

/// What the components of a frame are, as far as the codestream says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameColour {
    /// It does not say.
    Unsaid,
    Rgb,
    /// Luma and two colour differences.
    Ycc,
}

/// Samples of up to 8, 16 or 32 bits.
#[derive(Debug, Clone)]
pub(crate) enum FrameSamples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    /// 16 bits of one component, the high bytes apart from the low ones.
    Planes([Vec<u8>; 2]),
    Longs(Vec<u32>),
}

impl FrameSamples {
    /// The samples as numbers.
    pub(crate) fn values(&self) -> Vec<f64> {
        match self {
            Self::Bytes(v) => v.iter().map(|&v| f64::from(v)).collect(),
            Self::Words(v) => v.iter().map(|&v| f64::from(v)).collect(),
            Self::Longs(v) => v.iter().map(|&v| f64::from(v)).collect(),
            Self::Planes([high, low]) => {
                let word = |(h, l): (&u8, &u8)| f64::from(u16::from_be_bytes([*h, *l]));
                high.iter().zip(low).map(word).collect()
            }
        }
    }
}
